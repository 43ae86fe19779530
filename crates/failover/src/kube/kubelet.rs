//! The kubelet: one thread that leads a pod through its life.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Container;
use nix::sys::signal::Signal;

use super::cluster::Cluster;
use super::container::{Mounted, Spec, Started, signal};
use super::environment::{expand, variables};
use super::objects::Objects;
use super::pod::Pod;
use super::probe::{self, Health};
use super::volume;
use crate::image;
use crate::net::fabric::{NAME_SERVICE, PodNet};

/// How often it looks.
const TICK: Duration = Duration::from_millis(10);

/// The longest wait between two restarts of a container.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(300);

/// Starts looking after a pod.
pub(crate) fn look_after(cluster: &Arc<Cluster>, pod: Arc<Pod>) {
    let kubelet = Kubelet { cluster: Arc::clone(cluster), pod };
    thread::spawn(move || {
        if let Err(error) = kubelet.live() {
            kubelet.say(&format!("given up: {error}"));
        }
        kubelet.bury();
    });
}

struct Kubelet {
    cluster: Arc<Cluster>,
    pod: Arc<Pod>,
}

/// A container the kubelet keeps running.
struct Kept<'a> {
    container: &'a Container,
    phase: Phase,
    runs: u32,
}

enum Phase {
    Waiting { until: Instant },
    Running { child: Child, pid: i32, health: Arc<Health>, spec: Arc<Spec> },
    Ended,
}

impl Kept<'_> {
    fn has_started(&self) -> bool {
        matches!(&self.phase, Phase::Running { health, .. } if health.started.load(Ordering::Acquire))
    }
}

impl Kubelet {
    fn live(&self) -> io::Result<()> {
        let settings = &self.cluster.settings;
        if self.rest(settings.draw(settings.schedule)) {
            return Ok(());
        }
        while self.cluster.holds(&self.pod.name) {
            if self.rest(Duration::from_millis(500)) {
                return Ok(());
            }
        }
        let net = Arc::new(self.cluster.fabric.attach()?);
        self.pod.state().net = Some(Arc::clone(&net));
        self.say(&format!("has address {}", net.ip));
        // A network plugin lets the policies know an address before anything runs at it.
        self.cluster.install()?;
        // A pod that must wait for a Secret or ConfigMap tries again and again.
        let mut last = String::new();
        while let Err(error) = self.make_volumes() {
            if error.to_string() != last {
                self.say(&format!("cannot be prepared: {error}"));
                last = error.to_string();
            }
            if self.rest(Duration::from_secs(2)) {
                return Ok(());
            }
        }
        let kept = |container| Kept { container, phase: Phase::Waiting { until: Instant::now() }, runs: 0 };
        let mut all: Vec<Kept<'_>> = Vec::new();
        for container in self.pod.spec.init_containers.iter().flatten() {
            if container.restart_policy.as_deref() == Some("Always") {
                let mut sidecar = kept(container);
                while !sidecar.has_started() && !self.pod.terminating() {
                    self.tend(&mut sidecar, &net)?;
                    thread::sleep(TICK);
                }
                all.push(sidecar);
            } else if self.run_to_success(container, &net)? {
                break;
            }
        }
        let sidecars = all.len();
        all.extend(self.pod.spec.containers.iter().map(kept));
        while !self.pod.terminating() {
            for kept in &mut all {
                self.tend(kept, &net)?;
            }
            self.judge(&all);
            thread::sleep(TICK);
        }
        let (sidecars, all) = all.split_at_mut(sidecars);
        // Containers end side by side, as each may take the whole of the grace period.
        thread::scope(|scope| {
            let all: Vec<_> = all.iter_mut().map(|kept| scope.spawn(|| self.end(kept, None))).collect();
            while all.iter().any(|thread| !thread.is_finished()) {
                thread::sleep(TICK);
            }
        });
        // When nothing needs them any more, the last one first.
        for sidecar in sidecars.iter_mut().rev() {
            self.end(sidecar, None);
        }
        Ok(())
    }

    /// Sleeps, but not beyond the pod's end; true if that has come.
    fn rest(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while Instant::now() < until {
            if self.pod.terminating() {
                return true;
            }
            thread::sleep(TICK);
        }
        self.pod.terminating()
    }

    fn say(&self, what: &str) {
        self.cluster.journal.event(&format!("pod {} {what}", self.pod.name));
    }

    fn make_volumes(&self) -> io::Result<()> {
        let objects = self.cluster.objects();
        let dir = self.pod.dir.join("volumes");
        for volume in self.pod.spec.volumes.iter().flatten() {
            if let Some(claim) = &volume.persistent_volume_claim {
                volume::claim(&claim.claim_name, self.pod.volume_group())?;
            } else if !self.pod.state().files.contains_key(&volume.name) {
                volume::make(volume, &dir, &objects, self.pod.volume_group())?;
                let files = volume::files(volume, &objects)?.unwrap_or_default();
                self.pod.state().files.insert(volume.name.clone(), files);
            }
        }
        // A pod without volumes has no directory yet.
        std::fs::create_dir_all(&self.pod.dir)?;
        std::fs::write(self.pod.dir.join("resolv.conf"), self.resolver())?;
        std::fs::write(self.pod.dir.join("hosts"), self.hosts())?;
        std::fs::write(self.pod.dir.join("hostname"), format!("{}\n", self.pod.host_name()))
    }

    fn resolver(&self) -> String {
        let namespace = &self.pod.namespace;
        let search = format!("{namespace}.svc.cluster.local svc.cluster.local cluster.local");
        let mut options = String::from("ndots:5");
        let config = self.pod.spec.dns_config.as_ref();
        for option in config.and_then(|config| config.options.as_ref()).into_iter().flatten() {
            let value = option.value.as_ref().map(|value| format!(":{value}")).unwrap_or_default();
            let _ = write!(options, " {}{value}", option.name.as_deref().unwrap_or_default());
        }
        format!("nameserver {NAME_SERVICE}\nsearch {search}\noptions {options}\n")
    }

    fn hosts(&self) -> String {
        let ip = self.pod.ip().map(|ip| ip.to_string()).unwrap_or_default();
        let name = self.pod.host_name();
        let full = self
            .pod
            .spec
            .subdomain
            .as_ref()
            .map(|subdomain| format!("{name}.{subdomain}.{}.svc.cluster.local\t", self.pod.namespace));
        format!(
            "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n{ip}\t{}{name}\n",
            full.unwrap_or_default()
        )
    }

    /// Runs an init container until it succeeds; true if the pod has to end first.
    fn run_to_success(&self, container: &Container, net: &PodNet) -> io::Result<bool> {
        let mut run = 0;
        loop {
            let spec = self.spec(container, run)?;
            let Started { mut child, .. } = spec.start(net)?;
            self.follow(container, &mut child);
            let status = loop {
                if let Some(status) = child.try_wait()? {
                    break status;
                }
                if self.pod.terminating() {
                    child.kill()?;
                }
                thread::sleep(TICK);
            };
            if status.success() || self.pod.terminating() {
                return Ok(self.pod.terminating());
            }
            self.say(&format!("init container {} failed: {status}", container.name));
            run += 1;
            if self.rest(self.back_off(run)) {
                return Ok(true);
            }
        }
    }

    /// Starts a container whose time has come, notices ends, acts on failed probes.
    fn tend(&self, kept: &mut Kept<'_>, net: &PodNet) -> io::Result<()> {
        match &mut kept.phase {
            Phase::Waiting { until } if Instant::now() >= *until => {
                match self.start(kept.container, kept.runs, net) {
                    Ok(running) => kept.phase = running,
                    Err(error) => {
                        self.say(&format!("container {} cannot start: {error}", kept.container.name));
                        kept.phase = Phase::Waiting { until: Instant::now() + Duration::from_secs(2) };
                    }
                }
                kept.runs += 1;
            }
            Phase::Running { child, health, .. } => {
                if let Some(status) = child.try_wait()? {
                    health.over.store(true, Ordering::Release);
                    self.say(&format!("container {} ended: {status}", kept.container.name));
                    kept.phase = self.after_end(kept.container);
                } else if health.failed.load(Ordering::Acquire) {
                    self.say(&format!("container {} is restarted: a probe failed", kept.container.name));
                    let probe = kept.container.liveness_probe.as_ref();
                    let grace = probe.and_then(|probe| probe.termination_grace_period_seconds);
                    let grace = grace.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
                    self.end(kept, Some(grace.unwrap_or_else(|| self.pod.grace())));
                    kept.phase = self.after_end(kept.container);
                }
            }
            Phase::Waiting { .. } | Phase::Ended => {}
        }
        Ok(())
    }

    fn after_end(&self, container: &Container) -> Phase {
        let mut state = self.pod.state();
        let own = state.containers.entry(container.name.clone()).or_default();
        own.running = None;
        own.crashes += 1;
        let crashes = own.crashes;
        drop(state);
        let settings = &self.cluster.settings;
        let wait = settings.draw(settings.notice) + settings.restart_delay() + self.back_off(crashes);
        Phase::Waiting { until: Instant::now() + wait }
    }

    /// No wait after the first end, then one that doubles.
    fn back_off(&self, crashes: u32) -> Duration {
        let factor = crashes.checked_sub(2).map_or(0, |doublings| 1_u32 << doublings.min(8));
        (self.cluster.settings.back_off * factor).min(LONGEST_BACK_OFF)
    }

    fn start(&self, container: &Container, run: u32, net: &PodNet) -> io::Result<Phase> {
        let spec = Arc::new(self.spec(container, run)?);
        let Started { mut child, pid } = spec.start(net)?;
        self.say(&format!("container {} started, process {pid}", container.name));
        self.follow(container, &mut child);
        let Cluster { journal, settings, .. } = &*self.cluster;
        let health = probe::start(&self.pod, container, &spec, pid, journal, settings)?;
        let mut state = self.pod.state();
        let own = state.containers.entry(container.name.clone()).or_default();
        own.running = Some((pid, Arc::clone(&spec)));
        own.restarts = run;
        drop(state);
        Ok(Phase::Running { child, pid, health, spec })
    }

    fn follow(&self, container: &Container, child: &mut Child) {
        let name = format!("{}.{}", self.pod.name, container.name);
        if let Some(output) = child.stdout.take() {
            self.cluster.journal.follow(&name, output);
        }
        if let Some(output) = child.stderr.take() {
            self.cluster.journal.follow(&name, output);
        }
    }

    fn spec(&self, container: &Container, run: u32) -> io::Result<Spec> {
        let pod = &self.pod;
        let objects = self.cluster.objects();
        let environment = variables(pod, container, &objects, &self.cluster.addresses())?;
        let known = environment.iter().cloned().collect();
        let own =
            |words: &Option<Vec<String>>| words.iter().flatten().map(|word| expand(word, &known)).collect::<Vec<_>>();
        let reference = container.image.as_deref().unwrap_or_default();
        let mut command = own(&container.command);
        if command.is_empty() {
            command = image::start_command(reference, container.args.is_some());
        }
        command.extend(own(&container.args));
        let (user, group) = pod.identity(container);
        let must_not_be_root = |context: Option<bool>| context == Some(true) && user == 0;
        let context = pod.spec.security_context.as_ref();
        if must_not_be_root(context.and_then(|context| context.run_as_non_root)) {
            return Err(io::Error::other("container has runAsNonRoot and image will run as root"));
        }
        if pod.volume_group().is_some_and(|volumes| volumes != group) && user != 0 {
            return Err(io::Error::other(
                "the proving ground knows no supplementary groups: fsGroup must be runAsGroup",
            ));
        }
        let read_only_root =
            container.security_context.as_ref().and_then(|own| own.read_only_root_filesystem) == Some(true);
        Ok(Spec {
            host_name: pod.host_name().to_owned(),
            image: image::root(reference)?,
            layer: pod.dir.join("layers").join(format!("{}-{run}", container.name)),
            read_only_root,
            mounts: self.mounts(container, &objects)?,
            command,
            environment,
            directory: container.working_dir.clone().unwrap_or_else(|| "/data".to_owned()),
            user,
            group,
            shared_processes: pod.spec.share_process_namespace == Some(true),
            meter: pod.meter.group().map(PathBuf::from),
        })
    }

    fn mounts(&self, container: &Container, _objects: &Objects) -> io::Result<Vec<Mounted>> {
        let pod = &self.pod;
        let given = ["resolv.conf", "hosts", "hostname"];
        let mut mounts: Vec<Mounted> = given
            .iter()
            .map(|file| Mounted { source: pod.dir.join(file), path: format!("/etc/{file}"), read_only: false })
            .collect();
        for mount in container.volume_mounts.iter().flatten() {
            let volume = pod.spec.volumes.iter().flatten().find(|volume| volume.name == mount.name);
            let volume = volume.ok_or_else(|| io::Error::other(format!("no volume named {}", mount.name)))?;
            let mut source: PathBuf = match &volume.persistent_volume_claim {
                Some(claim) => volume::claim(&claim.claim_name, None)?,
                None => pod.dir.join("volumes").join(&volume.name),
            };
            if let Some(sub) = &mount.sub_path {
                // A file of a ConfigMap given alone is the one of this moment for ever.
                source = source.join(sub).canonicalize().or_else(|_| {
                    std::fs::create_dir_all(source.join(sub))?;
                    Ok::<_, io::Error>(source.join(sub))
                })?;
            }
            let files = volume.config_map.is_some() || volume.secret.is_some();
            mounts.push(Mounted {
                source,
                path: mount.mount_path.clone(),
                read_only: files || mount.read_only == Some(true),
            });
        }
        Ok(mounts)
    }

    /// Notes whether the pod is ready.
    fn judge(&self, all: &[Kept<'_>]) {
        let ready = all.iter().all(|kept| match &kept.phase {
            Phase::Running { health, .. } => kept.has_started() && health.ready.load(Ordering::Acquire),
            Phase::Waiting { .. } | Phase::Ended => false,
        });
        let mut state = self.pod.state();
        if ready != state.ready_since.is_some() {
            state.ready_since = ready.then(Instant::now);
            drop(state);
            self.say(if ready { "is ready" } else { "is not ready" });
        }
    }

    /// Ends a container: hook, SIGTERM, and when the grace period is over SIGKILL. With a grace period it is restarted after.
    fn end(&self, kept: &mut Kept<'_>, restart: Option<Duration>) {
        let Phase::Running { child, pid, health, spec } = &mut kept.phase else {
            kept.phase = Phase::Ended;
            return;
        };
        health.ending.store(true, Ordering::Release);
        let began = Instant::now();
        let name = &kept.container.name;
        let pid = *pid;
        let hook = kept
            .container
            .lifecycle
            .as_ref()
            .and_then(|lifecycle| lifecycle.pre_stop.as_ref()?.exec.as_ref()?.command.clone());
        let plan = || match (restart, self.pod.state().deletion) {
            (_, Some(deletion)) => (deletion.since + deletion.grace, deletion.force),
            (Some(grace), None) => (began + grace, false),
            (None, None) => (began + self.pod.grace(), false),
        };
        let mut running_hook: Option<JoinHandle<()>> = None;
        if let Some(command) = hook.filter(|_| !plan().1) {
            let (spec, cluster, label) =
                (Arc::clone(spec), Arc::clone(&self.cluster), format!("pod {} stop hook", self.pod.name));
            let limit = plan().0.saturating_duration_since(began);
            running_hook = Some(thread::spawn(move || {
                let line = match spec.execute(pid, &command, limit) {
                    Ok(outcome) => format!(
                        "{label} ended after {:.1} s: {:?} {}",
                        began.elapsed().as_secs_f64(),
                        outcome.code,
                        outcome.output.trim()
                    ),
                    Err(error) => format!("{label} failed: {error}"),
                };
                cluster.journal.event(&line);
            }));
        }
        let mut asked = None;
        loop {
            if let Ok(Some(status)) = child.try_wait() {
                self.say(&format!(
                    "container {name} ended: {status}, {:.1} s after it was asked to",
                    began.elapsed().as_secs_f64()
                ));
                break;
            }
            let (deadline, force) = plan();
            // After a hook that used the time up, there are two seconds more.
            let deadline = asked.map_or(deadline, |asked: Instant| deadline.max(asked + Duration::from_secs(2)));
            if force || (asked.is_some() && Instant::now() >= deadline) {
                let _ = signal(pid, Signal::SIGKILL);
            } else if asked.is_none() && running_hook.as_ref().is_none_or(JoinHandle::is_finished) {
                let _ = signal(pid, Signal::SIGTERM);
                asked = Some(Instant::now());
            }
            thread::sleep(Duration::from_millis(5));
        }
        health.over.store(true, Ordering::Release);
        kept.phase = Phase::Ended;
        self.pod.state().containers.entry(name.clone()).or_default().running = None;
        if restart.is_none() {
            self.pod.state().ready_since = None;
        }
    }

    /// Removes what the pod leaves behind.
    fn bury(&self) {
        let forced = self.pod.state().deletion.is_some_and(|deletion| deletion.force);
        let net = self.pod.state().net.take();
        drop(net);
        for volume in self.pod.spec.volumes.iter().flatten() {
            let _ =
                nix::mount::umount2(&self.pod.dir.join("volumes").join(&volume.name), nix::mount::MntFlags::MNT_DETACH);
        }
        let _ = std::fs::remove_dir_all(&self.pod.dir);
        self.pod.meter.remove();
        if !forced {
            let settings = &self.cluster.settings;
            thread::sleep(settings.draw(settings.forget));
        }
        self.pod.state().over = true;
        self.cluster.forget(&self.pod);
        self.say("is gone");
    }
}
