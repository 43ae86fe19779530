//! Proves the proving ground: small hand-made pods must meet what Kubernetes would give them.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::kube::cluster::{Cluster, wait_until};
use crate::kube::kubelet;
use crate::kube::meter::{self, Reading};
use crate::kube::objects::Objects;
use crate::kube::settings::Settings;
use crate::net::fabric::PodNet;
use crate::net::lookup::look_up;
use crate::net::rules;
use crate::resp::{Access, Connection};
use crate::sandbox::STATE;
use crate::suite::say;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// A server that keeps its data in an emptyDir, counts its starts there and in a claim, and leaves word when told to stop.
const RUN: &str =
    "echo x >>/data/starts; echo x >>/claim/starts; exec redis-server --protected-mode no --dir /data --save ''";

/// A shell that has no trap: as process 1 it does not notice SIGTERM.
const DEAF: &str = "while :; do sleep 1; done";

/// A server that begins to listen when it is told to.
const LISTENER: &str =
    "while ! test -e /data/listen; do sleep 0.1; done; exec redis-server --protected-mode no --dir /data --save ''";

/// Starts ten processes a second for a moment each, works itself as well, and keeps account of both.
const KNOWN_LOAD: &str = "started=0; while :; do
    /usr/bin/true; sleep 0.18; started=$((started + 2))
    i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done
    echo $started >/data/started; times >/data/main
done";

/// A probe that works and adds to an account of that.
const KNOWN_PROBE: &str =
    "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; echo x >>/data/probes; times >>/data/probed";

/// A check and what it proves.
type Check = (&'static str, fn(&Bench) -> io::Result<()>);

const CHECKS: &[Check] = &[
    ("names and addresses", names_and_addresses),
    ("a container's restart keeps emptyDir and claim", restart),
    ("a pod's deletion keeps the claim only, and changes its address", deletion),
    ("a pod that is not ready is found only where it is published", readiness),
    ("a probe connects to a port by number or name, and a success of startup asks readiness at once", connecting),
    ("a Deployment replaces one pod at a time, once the one before says over HTTP that it is ready", deployment),
    ("a meter counts all that a pod starts and uses, probes and processes that are over too", metering),
    ("a Service without pods refuses at once", refusal),
    ("cuts work one way, both ways, and heal", cuts),
    ("policies refuse, and it is noticed", policy),
    ("files of a ConfigMap change under a running pod", files),
    ("a roll goes from the highest pod down, one at a time", roll),
    ("process 1 without a handler ends only by SIGKILL, after its stop hook", deaf),
];

struct Bench {
    cluster: Arc<Cluster>,
    client: Arc<PodNet>,
}

/// Runs all checks; true if all hold.
pub(crate) fn run() -> io::Result<bool> {
    let mut settings = Settings::new(1);
    settings.back_off = Duration::from_secs(1);
    settings.refresh = (500, 500);
    let cluster = Cluster::start(settings, &Path::new(STATE).join("logs"), kubelet::look_after)?;
    let client = cluster.stranger("default", &[("app", "client")])?;
    let bench = Bench { cluster, client };
    bench.apply(&[set(3, RUN, &json!({})), service("all", true, true), service("ready", false, false), config("1")])?;
    bench.ready(3)?;
    let mut held = true;
    for (what, check) in CHECKS {
        match check(&bench) {
            Ok(()) => say(&format!("ok    {what}"))?,
            Err(error) => {
                held = false;
                say(&format!("FAIL  {what}: {error}"))?;
            }
        }
    }
    if !held {
        let kept = Path::new("target/failover/selftest");
        bench.cluster.journal.copy(kept)?;
        say(&format!("logs are in {}", kept.display()))?;
    }
    Ok(held)
}

fn names_and_addresses(bench: &Bench) -> io::Result<()> {
    bench.known()?;
    let all = bench.client.enter(|| look_up("all.default.svc.cluster.local"))??;
    ensure(all.len() == 3, "the headless name gives three addresses")?;
    let one = bench.client.enter(|| look_up("s-1.all.default.svc.cluster.local"))??;
    ensure(Some(one[0]) == bench.ip("s-1"), "a pod's name gives its address")?;
    let none = bench.client.enter(|| look_up("nobody.default.svc.cluster.local"))?;
    ensure(
        none.is_err_and(|error| error.kind() == io::ErrorKind::NotFound),
        "an unknown name is denied, not left open",
    )?;
    let vip = bench.client.enter(|| look_up("ready.default.svc.cluster.local"))??;
    ensure(vip.len() == 1 && !all.contains(&vip[0]), "a Service has an address of its own")?;
    ensure(bench.ping(vip[0]).is_ok(), "which leads to a pod")?;
    let inside = bench
        .execute("s-0", "getent hosts s-2.all ready && hostname && redis-cli -h ready ping && test ! -w / && id -u")?;
    ensure(
        inside.contains("PONG") && inside.contains("s-0") && inside.contains("999"),
        &format!("a pod finds others and itself: {inside}"),
    )
}

fn restart(bench: &Bench) -> io::Result<()> {
    let before = bench.ip("s-0");
    for starts in 2..=3 {
        let began = Instant::now();
        bench.cluster.signal("s-0", Signal::SIGKILL)?;
        until("it is not ready", || !bench.is_ready("s-0"))?;
        until("it is ready again", || bench.is_ready("s-0"))?;
        let counted = bench.execute("s-0", "cat /data/starts /claim/starts | wc -l")?;
        ensure(counted.trim() == (2 * starts).to_string(), &format!("starts in both volumes: {counted}"))?;
        let waited = began.elapsed() >= Duration::from_secs(1);
        ensure(starts == 2 || waited, "the second crash is held back")?;
    }
    ensure(bench.ip("s-0") == before, "the address stays")
}

fn deletion(bench: &Bench) -> io::Result<()> {
    for force in [false, true] {
        let before = (bench.ip("s-1"), bench.uid("s-1"));
        if force {
            bench.cluster.delete_forced("s-1");
        } else {
            bench.cluster.delete("s-1");
        }
        until("it is replaced", || bench.uid("s-1").is_some_and(|uid| Some(uid) != before.1) && bench.is_ready("s-1"))?;
        ensure(bench.ip("s-1") != before.0, "the address is new")?;
        let counted = bench.execute("s-1", "wc -l </data/starts && wc -l </claim/starts")?;
        let wanted = if force { "1 3" } else { "1 2" };
        ensure(
            counted.split_whitespace().collect::<Vec<_>>().join(" ") == wanted,
            &format!("starts counted: {counted}"),
        )?;
    }
    Ok(())
}

fn readiness(bench: &Bench) -> io::Result<()> {
    bench.known()?;
    bench.execute("s-2", "touch /data/hidden")?;
    until("it is not ready", || !bench.is_ready("s-2"))?;
    let ip = bench.ip("s-2");
    let hidden = || bench.backends("ready").is_ok_and(|backends| !backends.iter().any(|backend| Some(*backend) == ip));
    until("the Service leaves it out", hidden)?;
    let all = bench.client.enter(|| look_up("all.default.svc.cluster.local"))??;
    ensure(all.len() == 3, "the publishing one does not")?;
    bench.execute("s-2", "rm /data/hidden")?;
    until("it is ready again", || bench.is_ready("s-2"))
}

fn connecting(bench: &Bench) -> io::Result<()> {
    let probe =
        |port: Value, period: u32| json!({"tcpSocket": {"port": port}, "periodSeconds": period, "failureThreshold": 1});
    let mut one = set(1, LISTENER, &json!({"terminationGracePeriodSeconds": 1}));
    one["metadata"]["name"] = json!("c");
    one["spec"]["template"]["metadata"]["labels"] = json!({"app": "connecting"});
    let container = &mut one["spec"]["template"]["spec"]["containers"][0];
    container["startupProbe"] = probe(json!(6379), 1);
    container["startupProbe"]["failureThreshold"] = json!(1_000);
    container["livenessProbe"] = probe(json!("redis"), 1);
    container["livenessProbe"]["failureThreshold"] = json!(1_000);
    // By itself it would come after half a minute on the average.
    container["readinessProbe"] = probe(json!("redis"), 60);
    bench.apply(&[one])?;
    until("the container runs", || bench.execute("c-0", "true").is_ok())?;
    std::thread::sleep(Duration::from_secs(2));
    ensure(!bench.is_ready("c-0"), "nobody listens yet, so it is not ready")?;
    bench.execute("c-0", "touch /data/listen")?;
    let began = Instant::now();
    until("it is ready", || bench.is_ready("c-0"))?;
    let took = began.elapsed();
    bench.cluster.scale("c", 0);
    until("it is gone", || bench.cluster.pod("c-0").is_none())?;
    ensure(
        took < Duration::from_secs(4),
        &format!("readiness was asked with the success of startup, not after {took:?}"),
    )
}

fn deployment(bench: &Bench) -> io::Result<()> {
    let config = "defaults\n mode http\n timeout client 1s\nfrontend health\n bind :8404\n monitor-uri /ready\n";
    let probe = json!({"httpGet": {"path": "/ready", "port": "health"}, "periodSeconds": 1, "failureThreshold": 1});
    let of = |word: &str| {
        let container = json!({
            "name": "main", "image": "haproxy:3.2", "command": ["haproxy", "-db", "-f", "/config/cfg"], "readinessProbe": probe,
            "ports": [{"name": "health", "containerPort": 8404}], "volumeMounts": [{"name": "config", "mountPath": "/config"}],
        });
        let pods = json!({
            "metadata": {"labels": {"app": "proxy", "word": word}},
            "spec": {
                "containers": [container], "terminationGracePeriodSeconds": 1,
                "volumes": [{"name": "config", "configMap": {"name": "proxy"}}],
            },
        });
        json!({"kind": "Deployment", "metadata": {"name": "d"}, "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "proxy"}}, "template": pods,
            "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
        }})
    };
    let ready = |word: &str| {
        let pods = bench.cluster.pods_of("d");
        pods.iter().filter(|pod| pod.healthy() && pod.labels.get("word").is_some_and(|own| own == word)).count()
    };
    bench.apply(&[json!({"kind": "ConfigMap", "metadata": {"name": "proxy"}, "data": {"cfg": config}}), of("old")])?;
    until("both are ready", || ready("old") == 2)?;
    bench.apply(&[of("new")])?;
    let mut least = 2;
    until("both are new", || {
        least = least.min(ready("old") + ready("new"));
        ready("new") == 2
    })?;
    bench.cluster.scale("d", 0);
    until("they are gone", || bench.cluster.pods_of("d").is_empty())?;
    ensure(least == 1, &format!("{least} were ready at the least"))
}

fn metering(bench: &Bench) -> io::Result<()> {
    let mut one = set(1, KNOWN_LOAD, &json!({"terminationGracePeriodSeconds": 0}));
    one["metadata"]["name"] = json!("m");
    one["spec"]["template"]["metadata"]["labels"] = json!({"app": "metering"});
    let container = &mut one["spec"]["template"]["spec"]["containers"][0];
    container["readinessProbe"] =
        json!({"exec": {"command": ["sh", "-c", KNOWN_PROBE]}, "periodSeconds": 1, "timeoutSeconds": 10});
    bench.apply(&[one])?;
    until("it runs", || bench.is_ready("m-0"))?;
    let pod = bench.cluster.pod("m-0").ok_or(io::ErrorKind::NotFound)?;
    let read = |file: &str| std::fs::read_to_string(pod.dir.join("volumes/data").join(file)).unwrap_or_default();
    let account = || {
        let started: f64 = read("started").trim().parse().unwrap_or(0.0);
        (started, count_lines(&read("probes")), seconds(&read("main")) + seconds(&read("probed")))
    };
    let (first, before) = (Reading::of(&pod)?, account());
    std::thread::sleep(Duration::from_secs(8));
    let (last, after) = (Reading::of(&pod)?, account());
    let used = last.since(&first);
    let memory = meter::beside_server(&pod)?;
    bench.cluster.scale("m", 0);
    until("it is gone", || bench.cluster.pod("m-0").is_none())?;
    let near = |what: &str, metered: f64, known: f64, slack: f64| {
        let text = format!("{what}: metered {metered:.2}, known {known:.2}");
        bench.cluster.journal.event(&text);
        ensure((metered - known).abs() <= slack, &text)
    };
    let (probes, processor) = (after.1 - before.1, after.2 - before.2);
    near("seconds", used.time.as_secs_f64(), 8.0, 2.0)?;
    // A loop or a probe that is under way belongs to one account and not yet to the other.
    near("probes", whole(used.probes), probes, 2.0)?;
    near("starts", whole(used.starts), after.0 - before.0 + probes, 6.0)?;
    // To fork this program and become the probe costs some, too.
    near("seconds of processor time", used.processor.as_secs_f64(), processor, 0.15 + 0.15 * processor)?;
    ensure(processor > 0.3, &format!("it worked for {processor} s only"))?;
    ensure((10_000..4_000_000).contains(&memory), &format!("{memory} bytes of memory for a shell and what it runs"))
}

/// The sum of what the shell's `times` printed: its own time and that of its children.
fn seconds(times: &str) -> f64 {
    let words = times.split_whitespace().filter_map(|word| word.strip_suffix('s')?.split_once('m'));
    words
        .filter_map(|(minutes, seconds)| Some(60.0 * minutes.parse::<f64>().ok()? + seconds.parse::<f64>().ok()?))
        .sum()
}

fn count_lines(text: &str) -> f64 {
    whole(text.lines().count() as u64)
}

fn whole(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn refusal(bench: &Bench) -> io::Result<()> {
    let mut nobody = service("nobody", false, false);
    nobody["spec"]["selector"] = json!({"app": "nobody"});
    bench.apply(&[nobody])?;
    std::thread::sleep(Duration::from_secs(1));
    let vip = bench.client.enter(|| look_up("nobody.default.svc.cluster.local"))??[0];
    let began = Instant::now();
    let refused = bench.ping(vip).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    ensure(refused && began.elapsed() < Duration::from_millis(500), "the client is refused within half a second")
}

fn cuts(bench: &Bench) -> io::Result<()> {
    let ip = bench.ip("s-0").ok_or(io::ErrorKind::NotFound)?;
    let mut open = bench.dial(ip)?;
    for (sending, receiving) in [(true, true), (true, false), (false, true)] {
        bench.cluster.cut(&[ip], sending, receiving)?;
        ensure(bench.ping(ip).is_err(), "no new connection")?;
        let silent = bench.client.enter(|| open.call(&["PING"]).is_err())?;
        ensure(silent, "nor one that was open")?;
        let inside = bench.execute("s-0", "timeout 1 redis-cli -h s-2.all ping || echo cut")?;
        ensure(inside.contains("cut"), "nor from inside")?;
        bench.cluster.heal()?;
        ensure(bench.ping(ip).is_ok(), "healed")?;
        open = bench.dial(ip)?;
    }
    Ok(())
}

fn policy(bench: &Bench) -> io::Result<()> {
    rules::forget_denied()?;
    let peers = json!([{"from": [{"podSelector": {"matchLabels": {"app": "test"}}}], "ports": [{"port": "redis"}]}]);
    let spec = json!({"podSelector": {"matchLabels": {"app": "test"}}, "policyTypes": ["Ingress"], "ingress": peers});
    bench.apply(&[json!({"kind": "NetworkPolicy", "metadata": {"name": "own"}, "spec": spec})])?;
    std::thread::sleep(Duration::from_millis(300));
    let ip = bench.ip("s-0").ok_or(io::ErrorKind::NotFound)?;
    ensure(bench.ping(ip).is_err(), "a stranger does not get in")?;
    ensure(rules::denied()?.contains(&(bench.client.ip, ip, 6379)), "it is written down")?;
    let inside = bench.execute("s-1", "timeout 1 redis-cli -h s-0.all ping || echo refused")?;
    ensure(inside.contains("PONG"), &format!("a peer does: {inside}"))?;
    let open = json!({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]});
    bench.apply(&[json!({"kind": "NetworkPolicy", "metadata": {"name": "own"}, "spec": open})])?;
    until("the policy is open", || bench.ping(ip).is_ok())
}

fn files(bench: &Bench) -> io::Result<()> {
    bench.apply(&[config("2")])?;
    let read = || bench.execute("s-0", "cat /config/value").unwrap_or_default();
    until("the file changes", || read() == "2")
}

fn roll(bench: &Bench) -> io::Result<()> {
    bench.apply(&[set(3, RUN, &json!({"terminationGracePeriodSeconds": 5}))])?;
    let before: Vec<Option<u64>> = (0..3).map(|ordinal| bench.uid(&format!("s-{ordinal}"))).collect();
    let mut order = Vec::new();
    let mut least = 3;
    let done = wait_until(Duration::from_secs(40), || {
        for (ordinal, old) in before.iter().enumerate() {
            if bench.uid(&format!("s-{ordinal}")) != *old && !order.contains(&ordinal) {
                order.push(ordinal);
            }
        }
        least = least.min(bench.cluster.pods().iter().filter(|pod| pod.healthy()).count());
        order.len() == 3 && bench.cluster.pods().iter().all(|pod| pod.healthy())
    });
    ensure(done && order == [2, 1, 0], &format!("the order was {order:?}"))?;
    ensure(least == 2, &format!("at least {least} were ready"))
}

fn deaf(bench: &Bench) -> io::Result<()> {
    let hook = json!({"preStop": {"exec": {"command": ["sh", "-c", "echo hook >>/claim/hook"]}}});
    let mut deaf = set(1, DEAF, &json!({"terminationGracePeriodSeconds": 2}));
    deaf["metadata"]["name"] = json!("d");
    let container = &mut deaf["spec"]["template"]["spec"]["containers"][0];
    container["lifecycle"] = hook;
    container["readinessProbe"] = Value::Null;
    bench.apply(&[deaf])?;
    until("it runs", || bench.is_ready("d-0"))?;
    let (began, uid) = (Instant::now(), bench.uid("d-0"));
    bench.cluster.delete("d-0");
    until("it is gone", || bench.uid("d-0") != uid)?;
    let took = began.elapsed();
    ensure(took >= Duration::from_secs(2), &format!("it took the whole grace period, not {took:?}"))?;
    until("it runs again", || bench.is_ready("d-0"))?;
    let hook = bench.execute("d-0", "cat /claim/hook")?;
    ensure(hook == "hook\n", "the hook had run once")
}

impl Bench {
    fn apply(&self, items: &[Value]) -> io::Result<()> {
        self.cluster.apply(Objects::read(&json!({"kind": "List", "items": items}).to_string())?);
        Ok(())
    }

    fn ready(&self, count: usize) -> io::Result<()> {
        until("all pods are ready", || self.cluster.pods().iter().filter(|pod| pod.healthy()).count() == count)
    }

    /// Waits until Services know of the pods as they are.
    fn known(&self) -> io::Result<()> {
        until("Services know all pods", || self.backends("ready").is_ok_and(|backends| backends.len() == 3))
    }

    fn ip(&self, pod: &str) -> Option<std::net::Ipv4Addr> {
        self.cluster.pod(pod).and_then(|pod| pod.ip())
    }

    fn uid(&self, pod: &str) -> Option<u64> {
        self.cluster.pod(pod).map(|pod| pod.uid)
    }

    fn is_ready(&self, pod: &str) -> bool {
        self.cluster.pod(pod).is_some_and(|pod| pod.healthy())
    }

    /// The pods a Service leads to, found by connecting often.
    fn backends(&self, service: &str) -> io::Result<Vec<std::net::Ipv4Addr>> {
        let vip = self.client.enter(|| look_up(&format!("{service}.default.svc.cluster.local")))??[0];
        let mut found = Vec::new();
        for _ in 0..25 {
            let id = self.client.enter(|| Access::default().connect(vip, 6379, "")?.info("server"))??;
            let id = id.into_iter().find(|(key, _)| key == "run_id").map(|(_, value)| value).unwrap_or_default();
            for pod in self.cluster.pods() {
                let Some(ip) = pod.ip() else { continue };
                let own =
                    self.client.enter(|| Access::default().connect(ip, 6379, "")?.info("server"))?.unwrap_or_default();
                if own.iter().any(|(key, value)| key == "run_id" && *value == id) && !found.contains(&ip) {
                    found.push(ip);
                }
            }
        }
        Ok(found)
    }

    fn dial(&self, ip: std::net::Ipv4Addr) -> io::Result<Connection> {
        self.client.enter(|| Access::default().connect(ip, 6379, ""))?
    }

    fn ping(&self, ip: std::net::Ipv4Addr) -> io::Result<()> {
        self.client.enter(|| Access::default().connect(ip, 6379, "")?.call(&["PING"]).map(drop))?
    }

    fn execute(&self, pod: &str, script: &str) -> io::Result<String> {
        let (pid, spec) = self.cluster.pod(pod).and_then(|pod| pod.main()).ok_or(io::ErrorKind::NotFound)?;
        let words = ["sh", "-c", script].map(str::to_owned);
        Ok(spec.execute(pid, &words, Duration::from_secs(10))?.output)
    }
}

fn until(what: &str, holds: impl FnMut() -> bool) -> io::Result<()> {
    ensure(wait_until(PATIENCE, holds), &format!("in vain awaited: {what}"))
}

fn ensure(holds: bool, what: &str) -> io::Result<()> {
    if holds { Ok(()) } else { Err(io::Error::other(what.to_owned())) }
}

fn set(replicas: u32, script: &str, more: &Value) -> Value {
    let probe = json!({"exec": {"command": ["sh", "-c", "test ! -e /data/hidden && redis-cli ping"]}, "periodSeconds": 1, "failureThreshold": 1});
    let mounts = json!([
        {"name": "data", "mountPath": "/data"}, {"name": "claim", "mountPath": "/claim"}, {"name": "config", "mountPath": "/config"}
    ]);
    let container = json!({
        "name": "main", "image": "redis:8.2", "command": ["sh", "-c", script], "readinessProbe": probe, "volumeMounts": mounts,
        "ports": [{"name": "redis", "containerPort": 6379}], "securityContext": {"readOnlyRootFilesystem": true},
    });
    let mut spec = json!({
        "containers": [container], "securityContext": {"runAsUser": 999, "runAsGroup": 999, "fsGroup": 999},
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "config", "configMap": {"name": "config"}}],
    });
    if let (Some(spec), Some(more)) = (spec.as_object_mut(), more.as_object()) {
        spec.extend(more.clone());
    }
    json!({"kind": "StatefulSet", "metadata": {"name": "s"}, "spec": {
        "replicas": replicas, "serviceName": "all", "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": {"app": "test"}},
        "template": {"metadata": {"labels": {"app": "test"}}, "spec": spec},
        "volumeClaimTemplates": [{"metadata": {"name": "claim"}, "spec": {}}],
    }})
}

fn service(name: &str, headless: bool, publish: bool) -> Value {
    let mut spec = json!({
        "selector": {"app": "test"}, "ports": [{"name": "redis", "port": 6379, "targetPort": "redis"}],
        "publishNotReadyAddresses": publish,
    });
    if headless {
        spec["clusterIP"] = json!("None");
    }
    json!({"kind": "Service", "metadata": {"name": name}, "spec": spec})
}

fn config(value: &str) -> Value {
    json!({"kind": "ConfigMap", "metadata": {"name": "config"}, "data": {"value": value}})
}
