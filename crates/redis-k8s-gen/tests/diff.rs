//! What `diff` says of changes: which objects differ, and what happens when the new side is applied.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write;
use std::path::Path;

use redis_k8s::ApiVersion;
use redis_k8s_gen::diff::{Diff, Effect, Outcome};
use redis_k8s_gen::document::{Loaded, Source, load_with_objects};
use serde_json::{Value, json};

fn read(text: &str) -> Loaded {
    let loaded = load_with_objects(vec![Source::new("side", text)], &[], ApiVersion::AppsV1);
    assert!(!loaded.report.has_errors(), "{text}");
    loaded
}

fn document(spec: &str) -> String {
    format!("apiVersion: redis-k8s-gen.dev/v1alpha1\nkind: Redis\nmetadata: {{name: cache}}\nspec: {{{spec}}}\n")
}

fn rendered(spec: &str) -> String {
    read(&document(spec)).documents[0].manifest().to_yaml()
}

fn diff(old: &str, new: &str) -> Diff {
    Diff::new(read(old), read(new), "new.yaml", ApiVersion::AppsV1)
}

/// What somebody wants, a document before and after, what `diff` says of it, and the scenarios of the suite that made the change.
const CHANGES: &[(&str, &str, &str, &[&str], &str)] = &[
    ("nothing", "", "", &[], ""),
    ("more servers", "", "replicas: 5", &["scale cache", "live settings"], "scale-servers"),
    ("fewer servers", "replicas: 5", "", &["scale cache", "live settings", "left 2 objects"], "scale-servers"),
    ("servers that others scale", "", "omitReplicas: true", &["danger cache"], ""),
    (
        "servers that others scale, and another change",
        "",
        "omitReplicas: true, podAnnotations: {a: b}",
        &["danger cache", "restart cache", "restart cache-sentinel"],
        "",
    ),
    ("their number is in the document again", "omitReplicas: true", "", &["scale cache"], ""),
    (
        "a restart of servers that others scale",
        "omitReplicas: true",
        "omitReplicas: true, config: {databases: 4}",
        &["restart cache"],
        "",
    ),
    (
        "larger claims of servers that others scale",
        "omitReplicas: true, storage: {size: 1Gi}",
        "omitReplicas: true, storage: {size: 2Gi}",
        &["refused cache"],
        "",
    ),
    (
        "one server of three",
        "",
        "replicas: 1",
        &["scale cache", "live settings", "left 2 objects"],
        "scale-to-one cluster",
    ),
    (
        "one server, and a change that restarts it, without claims",
        "",
        "replicas: 1, podAnnotations: {a: b}",
        &["danger cache", "restart cache", "restart cache-sentinel", "scale cache", "left 2 objects"],
        "",
    ),
    (
        "a restart of the only server, without claims",
        "replicas: 1",
        "replicas: 1, config: {databases: 4}",
        &["danger cache", "restart cache"],
        "",
    ),
    (
        "a restart of the only server, with claims",
        "replicas: 1, storage: {size: 1Gi}",
        "replicas: 1, config: {databases: 4}, storage: {size: 1Gi}",
        &["restart cache"],
        "",
    ),
    (
        "a restart of the highest server alone, to see how it does",
        "",
        "updateStrategy: {partition: 2}, env: [{name: TZ, value: UTC}]",
        &["restart cache"],
        "",
    ),
    (
        "the others after it",
        "updateStrategy: {partition: 2}, env: [{name: TZ, value: UTC}]",
        "env: [{name: TZ, value: UTC}]",
        &["restart cache"],
        "",
    ),
    (
        "restarts only when somebody deletes the pods, from now on",
        "",
        "updateStrategy: {type: OnDelete}",
        &["refused cache"],
        "cluster",
    ),
    (
        "restarts when somebody deletes the pods",
        "updateStrategy: {type: OnDelete}",
        "updateStrategy: {type: OnDelete}, env: [{name: TZ, value: UTC}]",
        &["restart cache"],
        "",
    ),
    (
        "an instance put to sleep",
        "storage: {size: 1Gi}",
        "storage: {size: 1Gi}, suspend: true",
        &["scale cache", "scale cache-sentinel"],
        "zero-and-back@storage",
    ),
    (
        "and woken, with what it had",
        "storage: {size: 1Gi}, suspend: true",
        "storage: {size: 1Gi}",
        &["scale cache", "scale cache-sentinel"],
        "zero-and-back@storage",
    ),
    (
        "an instance put to sleep without claims",
        "",
        "suspend: true",
        &["danger cache", "scale cache", "scale cache-sentinel"],
        "",
    ),
    ("an address for clients without Sentinel", "", "services: {master: {enabled: true}}", &[], ""),
    ("no such address any more", "services: {master: {enabled: true}}", "", &["left 3 objects"], ""),
    (
        "another image of the proxies",
        "services: {master: {enabled: true}}",
        "services: {master: {enabled: true, image: 'haproxy:3.2-alpine'}}",
        &["restart cache-master"],
        "",
    ),
    (
        "more proxies",
        "services: {master: {enabled: true, replicas: 2}}",
        "services: {master: {enabled: true, replicas: 3}}",
        &["restart cache-master", "scale cache-master"],
        "",
    ),
    (
        "fewer servers behind such an address",
        "replicas: 5, services: {master: {enabled: true}}",
        "services: {master: {enabled: true}}",
        &["restart cache-master", "scale cache", "live settings", "left 2 objects"],
        "",
    ),
    (
        "addresses outside where there were none",
        "",
        "services: {external: {servers: ['cache-{index}.example.com'], sentinels: ['s-{index}.example.com']}}",
        &["danger cache"],
        "tls-off-and-on@tls-storage",
    ),
    (
        "more servers with addresses outside",
        "services: {external: {servers: ['cache-{index}.example.com'], sentinels: ['s-{index}.example.com']}}",
        "replicas: 5, services: {external: {servers: ['cache-{index}.example.com'], sentinels: ['s-{index}.example.com']}}",
        &["scale cache", "live settings"],
        "",
    ),
    (
        "another address outside for a server",
        "storage: {size: 1Gi}, services: {external: {servers: [192.0.2.1, 192.0.2.2, 192.0.2.3], sentinels: ['s-{index}.example.com']}}",
        "storage: {size: 1Gi}, services: {external: {servers: [192.0.2.1, 192.0.2.2, 192.0.2.4], sentinels: ['s-{index}.example.com']}}",
        &["danger cache"],
        "",
    ),
    (
        "more addresses outside than servers",
        "services: {external: {servers: [192.0.2.1, 192.0.2.2, 192.0.2.3], sentinels: ['s-{index}.example.com']}}",
        "services: {external: {servers: [192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4], sentinels: ['s-{index}.example.com']}}",
        &["restart cache", "restart cache-sentinel"],
        "",
    ),
    (
        "ports of nodes instead of load balancers",
        "services: {external: {servers: ['cache-{index}.example.com'], sentinels: ['s-{index}.example.com']}}",
        "services: {external: {type: NodePort, servers: ['cache-{index}.example.com'], serverNodePort: 30379, sentinels: ['s-{index}.example.com'], sentinelNodePort: 30479}}",
        &["danger cache"],
        "",
    ),
    (
        "other ports of nodes",
        "services: {external: {type: NodePort, servers: ['cache-{index}.example.com'], serverNodePort: 30379, sentinels: ['s-{index}.example.com'], sentinelNodePort: 30479}}",
        "services: {external: {type: NodePort, servers: ['cache-{index}.example.com'], serverNodePort: 30379, sentinels: ['s-{index}.example.com'], sentinelNodePort: 30480}}",
        &["danger cache"],
        "",
    ),
    (
        "more servers at ports of nodes",
        "services: {external: {type: NodePort, servers: ['cache-{index}.example.com'], serverNodePort: 30379, sentinels: ['s-{index}.example.com'], sentinelNodePort: 30479}}",
        "replicas: 5, services: {external: {type: NodePort, servers: ['cache-{index}.example.com'], serverNodePort: 30379, sentinels: ['s-{index}.example.com'], sentinelNodePort: 30479}}",
        &["scale cache", "live settings"],
        "",
    ),
    (
        "ports of nodes behind load balancers",
        "services: {external: {servers: ['cache-{index}.example.com'], sentinels: ['s-{index}.example.com']}}",
        "services: {external: {servers: ['cache-{index}.example.com'], serverNodePort: 30379, sentinels: ['s-{index}.example.com']}}",
        &[],
        "",
    ),
    (
        "another class of a load balancer",
        "services: {read: {type: LoadBalancer}}",
        "services: {read: {type: LoadBalancer, loadBalancerClass: example.com/internal}}",
        &["refused Service cache-read"],
        "",
    ),
    ("more sentinels", "", "sentinel: {replicas: 5}", &["scale cache-sentinel", "live settings"], "scale-sentinels"),
    (
        "fewer sentinels, a majority of those before",
        "sentinel: {replicas: 5}",
        "",
        &["scale cache-sentinel", "live settings", "left 2 objects"],
        "scale-sentinels",
    ),
    (
        "fewer sentinels than a majority of those before",
        "sentinel: {replicas: 5}",
        "sentinel: {replicas: 1}",
        &["scale cache-sentinel", "live settings", "left 4 objects"],
        "sentinels-to-one@five-sentinels cluster",
    ),
    (
        "timers, quorum, parallel syncs, replicas to wait for and their lag",
        "",
        "sentinel: {downAfter: 6s}",
        &["live settings"],
        "settings-live cluster",
    ),
    (
        "another port of servers or sentinels, or another name of the master",
        "",
        "port: 6380",
        &["restart cache", "restart cache-sentinel"],
        "addresses cluster",
    ),
    (
        "another name of the master and another port at once",
        "",
        "port: 6380, sentinel: {masterName: main}",
        &["danger cache"],
        "",
    ),
    (
        "a directive that CONFIG SET takes",
        "config: {slowlog-max-len: 128}",
        "config: {slowlog-max-len: 256}",
        &["live settings"],
        "config-live@tuned",
    ),
    ("a directive for the start alone", "", "config: {tcp-backlog: 200}", &["restart cache"], "roll-servers"),
    ("a directive that goes", "config: {slowlog-max-len: 128}", "", &["restart cache"], "directive-goes@tuned cluster"),
    ("a module more", "", "modules: image", &["restart cache"], ""),
    (
        "a module less",
        "config: {loadmodule: [/m/a.so x, /m/b.so]}",
        "config: {loadmodule: /n/a.so}",
        &["danger settings", "restart cache"],
        "",
    ),
    ("no modules any more", "modules: image", "", &["danger settings", "restart cache"], ""),
    (
        "a directive of sentinels",
        "",
        "sentinel: {config: {maxclients: 2000}}",
        &["restart cache-sentinel"],
        "roll-sentinels",
    ),
    (
        "labels, annotations, resources, scheduling, probes of the pods",
        "",
        "podAnnotations: {a: b}",
        &["restart cache", "restart cache-sentinel"],
        "roll-both",
    ),
    (
        "a newer image",
        "image: redis:8.0",
        "image: redis:8.2",
        &["restart cache", "restart cache-sentinel"],
        "roll-image",
    ),
    (
        "an image whose tag is no version",
        "image: redis:8.2",
        "image: redis:latest",
        &["restart cache", "restart cache-sentinel"],
        "",
    ),
    (
        "Redis 7.2 or older to Valkey",
        "image: redis:7.2",
        "image: valkey/valkey:8.1",
        &["restart cache", "restart cache-sentinel"],
        "",
    ),
    (
        "Redis 7.4 or newer to Valkey",
        "image: redis:8.2",
        "image: valkey/valkey:8.1",
        &["danger cache", "restart cache-sentinel"],
        "valkey-in-spite",
    ),
    (
        "Valkey 9 or newer to Redis",
        "image: valkey/valkey:9.0",
        "image: redis:8.2",
        &["danger cache", "restart cache-sentinel"],
        "",
    ),
    ("an older image", "image: redis:8.2", "image: redis:7.2", &["danger cache", "restart cache-sentinel"], ""),
    (
        "a password where there was none",
        "",
        "auth: {secret: a}",
        &["restart cache", "restart cache-sentinel"],
        "auth-on@unlocked cluster",
    ),
    (
        "no password where there was one",
        "auth: {secret: a}",
        "",
        &["restart cache", "restart cache-sentinel"],
        "auth-off@auth cluster",
    ),
    (
        "TLS where there was none",
        "auth: {secret: a}",
        "auth: {secret: a}, tls: {secret: b}",
        &["danger cache"],
        "cluster",
    ),
    (
        "no TLS where there was",
        "auth: {secret: a}, tls: {secret: b}",
        "auth: {secret: a}",
        &["danger cache"],
        "tls-off-in-spite@tls tls-off-and-on@tls-storage",
    ),
    (
        "certificates of another Secret",
        "auth: {secret: a}, tls: {secret: b}",
        "auth: {secret: a}, tls: {secret: c}",
        &["restart cache", "restart cache-sentinel"],
        "",
    ),
    (
        "snapshots instead of the append-only file, or back",
        "storage: {size: 1Gi}",
        "storage: {size: 1Gi}, persistence: rdb",
        &["restart cache", "live settings"],
        "persistence-roll@storage aof-to-rdb-stopped@storage rdb-to-aof-stopped@snapshots",
    ),
    (
        "claims where there were none",
        "",
        "storage: {size: 1Gi}",
        &["refused cache", "refused cache-sentinel", "live settings"],
        "tls-off-and-on@tls-storage cluster",
    ),
    (
        "no claims where there were",
        "storage: {size: 1Gi}",
        "",
        &["refused cache", "refused cache-sentinel", "live settings"],
        "cluster",
    ),
    ("larger claims", "storage: {size: 1Gi}", "storage: {size: 2Gi}", &["refused cache"], "cluster"),
    (
        "claims of another class, or smaller ones",
        "storage: {size: 2Gi}",
        "storage: {size: 2Gi, class: fast}",
        &["refused cache", "refused cache-sentinel"],
        "cluster",
    ),
    (
        "claims of another class, of the only server",
        "replicas: 1, storage: {size: 2Gi}",
        "replicas: 1, storage: {size: 2Gi, class: fast}",
        &["danger cache", "refused cache", "refused cache-sentinel"],
        "",
    ),
    (
        "larger claims and an older image at once",
        "storage: {size: 1Gi}",
        "storage: {size: 2Gi}, image: redis:7.2",
        &["danger cache", "refused cache", "restart cache-sentinel"],
        "",
    ),
    (
        "another first family of addresses",
        "services: {ipFamilies: [IPv4]}",
        "services: {ipFamilies: [IPv6]}",
        &["refused 8 Services"],
        "zero-and-back-elsewhere@storage",
    ),
    (
        "a second family of addresses",
        "services: {ipFamilies: [IPv4]}",
        "services: {ipFamilies: [IPv4, IPv6], ipFamilyPolicy: PreferDualStack}",
        &[],
        "cluster",
    ),
    ("a Service of another type", "", "services: {read: {type: NodePort}}", &[], "cluster"),
    ("a Service less", "", "services: {read: {enabled: false}}", &["left 1 object"], "cluster"),
];

/// Outcome and object of each effect, in short.
fn outcomes(diff: &Diff) -> Vec<String> {
    let told = |effect: &Effect| {
        let object = effect.object.trim_start_matches("StatefulSet ").trim_start_matches("Deployment ");
        let object = object.trim_start_matches("ConfigMap cache-");
        format!("{} {object}", word(effect))
    };
    diff.effects().iter().map(told).collect()
}

fn word(effect: &Effect) -> String {
    serde_json::to_value(effect.outcome).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn each_change_has_its_outcome() {
    for (title, old, new, expected, _) in CHANGES {
        assert_eq!(outcomes(&diff(&document(old), &document(new))), *expected, "{title}");
    }
}

/// What the API server of Kubernetes 1.36 said to each object of a change, as kubectl put it without addresses. Its cluster had both
/// families of addresses, IPv4 first; a change whose verdict would be another elsewhere is not among them.
const TRIED: &str = include_str!("api-server-changes.jsonl");

#[test]
fn what_the_api_server_refuses_is_said_to_be_refused_and_nothing_else() {
    let tried: Vec<Value> = TRIED.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for objects in tried.chunk_by(|a, b| a["title"] == b["title"]) {
        let text = |key: &str| objects[0][key].as_str().unwrap();
        let mut refused: Vec<String> = objects
            .iter()
            .filter(|object| object["verdict"] == "refused")
            .map(|object| object["object"].as_str().unwrap().replace('/', " "))
            .collect();
        // `diff` tells of several Services at once.
        let services = refused.iter().filter(|object| object.starts_with("Service ")).count();
        if services > 1 {
            refused.retain(|object| !object.starts_with("Service "));
            refused.push(format!("{services} Services"));
        }
        refused.sort();
        let diff = diff(&document(text("old")), &document(text("new")));
        let said = diff.effects().iter().filter(|effect| effect.outcome == Outcome::Refused);
        let mut said: Vec<_> = said.map(|effect| effect.object.clone()).collect();
        said.sort();
        assert_eq!(said, refused, "{}", text("title"));
    }
}

#[test]
fn the_document_of_changes_is_the_table() {
    let mut text = String::from(
        "# Changing a running instance\n\n\
         What happens when a document is changed and its rendering applied over the one before: what `redis-k8s-gen diff OLD NEW`\n\
         says, which a test compares with this table. The scenarios named made the change on real servers under clients that write\n\
         ([their figures](failover-results.md)), and fail where a pod is replaced that `diff` says goes on; *on a cluster*: made on three nodes of\n\
         Kubernetes 1.36 with Redis 8.0, by the run book where there is one, all 1,000 keys kept.\n\n\
         *live*: taken up by what runs. *scale*: pods come or go. *restart*: pods are replaced one after another. *refused*: by the API\n\
         server, and what runs stays as it is. *danger*: data is lost, or the change never ends. *left*: kubectl apply deletes nothing.\n\
         Run `diff` on your own documents: it names the pods, and for *refused* and *danger* prints the commands that get there.\n\n\
         | change | what happens | scenarios |\n| --- | --- | --- |\n",
    );
    for (title, old, new, _, scenarios) in CHANGES {
        let diff = diff(&document(old), &document(new));
        let told = diff.effects().iter().map(|effect| format!("*{}* {}: {}", word(effect), effect.object, effect.text));
        let named = |name| match name {
            "cluster" => "[on a cluster](adr-009-changes.md)".to_owned(),
            name => format!("`{name}`"),
        };
        let scenarios: Vec<_> = scenarios.split_whitespace().map(named).collect();
        writeln!(text, "| {title} | {} | {} |", told.collect::<Vec<_>>().join("<br>"), scenarios.join(" ")).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/changes.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    // The published crate has no docs/ beside it.
    if path.parent().is_some_and(Path::is_dir) {
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text, "docs/changes.md differs from the table: run the tests with UPDATE_DOCS=1");
    }
}

#[test]
fn claims_grow_in_place_and_are_otherwise_made_anew_pod_by_pod() {
    let book = |old: &str, new: &str| diff(&document(old), &document(new)).effects()[0].run_book.join("\n");
    let grow = book("storage: {size: 1Gi}", "storage: {size: 2Gi}");
    assert_eq!(grow.matches("kubectl patch pvc data-cache-").count(), 3);
    assert!(grow.contains("--cascade=orphan") && !grow.contains("delete pod"), "{grow}");
    let shrink = book("storage: {size: 2Gi}", "storage: {size: 1Gi}");
    assert_eq!(shrink.matches("kubectl delete pvc data-cache-").count(), 3);
    assert!(shrink.find("delete pod cache-0") < shrink.find("delete pod cache-1"), "{shrink}");
    let on = book("", "storage: {size: 1Gi}");
    assert!(on.contains("delete pod cache-2") && !on.contains("pvc"), "{on}");
    let off = book("storage: {size: 1Gi}", "");
    assert!(
        off.find("rollout status statefulset cache") < off.find("delete pvc data-cache-0 data-cache-1 data-cache-2"),
        "{off}"
    );
    assert!(!off.contains("delete pod"), "{off}");
    let at_once = "storage: {size: 1Gi, class: fast}, podAnnotations: {a: b}";
    assert_eq!(book("storage: {size: 1Gi}", at_once), "", "what rolls by itself gets no book that deletes pods");
}

#[test]
fn a_rendering_and_its_document_are_the_same() {
    for spec in ["", "replicas: 5, storage: {size: 1Gi}, auth: {secret: a}, tls: {secret: b}"] {
        for (old, new) in [(rendered(spec), document(spec)), (document(spec), rendered(spec))] {
            let diff = diff(&old, &new);
            assert!(diff.is_empty(), "{}", diff.to_text(false));
        }
    }
    assert_eq!(diff(&rendered(""), &document("replicas: 5")).effects().len(), 2);
}

/// The servers' set of a document as a cluster gives it: what the API server fills in, what it adds, and what others put there.
fn live(spec: &str, says_applied: bool) -> Value {
    let manifest = read(&document(spec)).documents[0].manifest();
    let mut set: Value = manifest.into_iter().find(|it| it.kind() == "StatefulSet").unwrap().into();
    let applied = set.to_string();
    set["status"] = json!({"replicas": 3});
    set["metadata"]["uid"] = json!("a");
    set["metadata"]["resourceVersion"] = json!("7");
    set["metadata"]["namespace"] = json!("shop");
    let template = &mut set["spec"]["template"];
    template["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = json!("2026-01-01T00:00:00Z");
    template["spec"]["restartPolicy"] = json!("Always");
    template["spec"]["containers"][0]["terminationMessagePath"] = json!("/dev/termination-log");
    if says_applied {
        set["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = applied.into();
    }
    set
}

/// What changes from objects of a cluster to a document, but for what is new.
fn from_live(objects: &[Value], spec: &str) -> Vec<Value> {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let changed = diff(&list, &document(spec)).to_json()["objects"].as_array().unwrap().clone();
    changed.into_iter().filter(|object| object["change"] != "added").collect()
}

#[test]
fn what_the_api_server_fills_in_is_no_difference() {
    for says_applied in [false, true] {
        assert_eq!(from_live(&[live("", says_applied)], ""), [Value::Null; 0]);
        let changed = from_live(&[live("", says_applied)], "replicas: 5");
        assert_eq!(changed[0]["fields"], json!([{"path": "spec.replicas", "old": 3, "new": 5}]));
        assert_eq!(changed[0]["namespace"], "shop");
    }
}

#[test]
fn a_cluster_is_as_it_is_and_not_as_it_was_applied() {
    let mut scaled = live("", true);
    scaled["spec"]["replicas"] = json!(0);
    let changed = from_live(&[scaled], "");
    assert_eq!(changed[0]["fields"], json!([{"path": "spec.replicas", "old": 0, "new": 3}]));
    // What was applied and is rendered no more goes; what others put there stays.
    let changed = from_live(&[live("podAnnotations: {a: b}", true)], "");
    let path = "spec.template.metadata.annotations.a";
    assert_eq!(changed[0]["fields"], json!([{"path": path, "old": "b", "new": null}]));
    assert!(diff(&live("", false).to_string(), &document("")).is_blind());
    assert!(!diff(&live("", true).to_string(), &document("")).is_blind());
}

#[test]
fn kubectl_takes_away_a_rolling_update_that_was_applied_alone() {
    for (spec, expected) in [("", &["refused cache"] as &[_]), ("updateStrategy: {partition: 2}", &[])] {
        let mut set = live(spec, true);
        set["spec"]["updateStrategy"] = json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 2}});
        assert_eq!(
            outcomes(&diff(&set.to_string(), &document("updateStrategy: {type: OnDelete}"))),
            *expected,
            "{spec}"
        );
    }
}

#[test]
fn what_this_tool_did_not_render_is_none_of_its_business() {
    let labels = json!({"app.kubernetes.io/managed-by": "redis-k8s-gen", "app.kubernetes.io/instance": "cache"});
    let of = |kind: &str, labels: &Value| json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "cache-x", "labels": labels}});
    let kept = [of("PersistentVolumeClaim", &labels), of("Secret", &labels), of("ConfigMap", &json!({}))];
    assert_eq!(from_live(&kept, ""), [Value::Null; 0]);
    assert_eq!(from_live(&[of("ConfigMap", &labels)], "")[0]["change"], "removed");
    let secret = |value: &str| {
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData: {{password: {value}}}\n")
    };
    let text = diff(&secret("hunter2"), &secret("swordfish")).to_text(false);
    assert!(text.contains("stringData.password: (hidden) -> (hidden)"), "{text}");
}

#[test]
fn the_books_of_the_tutorial_are_for_its_target() {
    let side = |spec: &str| load_with_objects(vec![Source::new("side", document(spec))], &[], ApiVersion::V1);
    let found = Diff::new(side(""), side("port: 6380"), "new.yaml", ApiVersion::V1);
    assert_eq!(outcomes(&found), ["left ReplicationController cache", "left ReplicationController cache-sentinel"]);
}

#[test]
fn a_book_can_be_pasted_whatever_the_file_is_called() {
    for (name, written) in [("my doc.yaml", "'my doc.yaml'"), ("a;b.yaml", "'a;b.yaml'"), ("-", "FILE")] {
        let found = Diff::new(read(&document("")), read(&document("storage: {size: 1Gi}")), name, ApiVersion::AppsV1);
        let book = found.effects()[0].run_book.join("\n");
        assert!(book.contains(&format!("render {written} | kubectl")), "{book}");
    }
}

#[test]
fn another_name_is_another_instance() {
    let renamed = document("").replace("name: cache", "name: cash");
    let diff = diff(&document(""), &renamed);
    assert!(diff.is_another_instance());
    assert_eq!(outcomes(&diff), ["danger cache"], "{}", diff.to_text(false));
    assert!(diff.effects()[0].run_book.is_empty());
}

#[test]
fn another_issuer_signs_anew() {
    let issued = |issuer: &str| {
        let spec = format!("auth: {{secret: a}}, tls: {{secret: b, certificate: {{issuer: {issuer}}}}}");
        document(&spec).replace("name: cache", "name: cache, namespace: shop")
    };
    assert_eq!(outcomes(&diff(&issued("one"), &issued("other"))), ["live Certificate cache"]);
}

#[test]
fn of_a_part_the_rest_is_neither_new_nor_gone() {
    let only = |kinds: &[&str]| {
        let all = read(&document("")).documents[0].manifest();
        let items: Vec<Value> = all.into_iter().filter(|it| kinds.contains(&it.kind())).map(Value::from).collect();
        json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
    };
    let sets = only(&["StatefulSet"]);
    for (old, new, side) in [(sets.clone(), document("replicas: 5"), "old"), (document("replicas: 5"), sets, "new")] {
        let found = diff(&old, &new);
        assert_eq!(found.to_json()["objects"].as_array().unwrap().len(), 1, "{}", found.to_text(false));
        assert_eq!(found.effects().len(), 1);
        let [told] = found.unseen() else { panic!("{:?}", found.unseen()) };
        assert!(told.starts_with(&format!("the {side} side has no ConfigMap and no Service of cache: ")), "{told}");
    }
    // A kind an instance may be without.
    let all = only(&["ConfigMap", "Service", "StatefulSet", "ServiceAccount", "NetworkPolicy"]);
    let found = diff(&document(""), &all);
    assert_eq!((outcomes(&found), found.unseen()), (vec!["left 2 objects".to_owned()], &[][..]));
    let other = document("").replace("name: cache", "name: other");
    assert_eq!(outcomes(&diff(&other, &only(&["Service"]))), ["danger other"]);
}

#[test]
fn instances_and_namespaces_are_told_apart() {
    let both = |a: &str, b: &str| {
        let of = |name: &str, spec: &str| document(spec).replace("name: cache", &format!("name: {name}"));
        format!("{}---\n{}", of("a", a), of("b", b))
    };
    let found = diff(&both("", ""), &both("image: redis:8.4", "sentinel: {downAfter: 9s}"));
    assert!(outcomes(&found).contains(&"live ConfigMap b-settings".to_owned()), "{}", found.to_text(false));
    let in_shop = json!({"apiVersion": "v1", "kind": "List", "items": [live("", true)]}).to_string();
    let book = diff(&in_shop, &document("storage: {size: 1Gi}")).effects()[0].run_book.join("\n");
    assert!(book.contains("redis-k8s-gen render new.yaml | kubectl apply -f - --namespace shop"), "{book}");
}

#[test]
fn a_scripts_change_is_counted_and_a_short_text_is_shown() {
    let old = rendered("").replace("min_replicas=1", "min_replicas=0");
    let text = diff(&old, &document("")).to_text(false);
    assert!(text.contains("    - min_replicas=0\n    + min_replicas=1\n"), "{text}");
    let old = rendered("").replace("  local", "    local").replace("done", "DONE").replace("esac", "ESAC");
    assert!(diff(&old, &document("")).to_text(false).contains("lines go, "), "a long one is counted");
}
