//! What happens when the new side is applied over the old one.

use std::collections::BTreeMap;

use redis_k8s::{Image, Quantity};
use serde_json::Value;

use super::compare::{Difference, text_of};
use super::side::Item;
use super::{Change, ObjectChange};

/// How something arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// Data is lost, or the change never ends, unless it is made in another way.
    Danger,
    /// The API server refuses it; what runs stays as it is.
    Refused,
    /// Pods are replaced, one after another.
    Restart,
    /// Pods come or go, and no other pod restarts.
    Scale,
    /// Taken up by what runs.
    Live,
    /// No longer rendered, and left in the cluster.
    Left,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Effect {
    /// How it arrives.
    pub outcome: Outcome,
    /// The object it is about: `StatefulSet redis`.
    pub object: String,
    /// What happens.
    pub text: String,
    /// Commands that get there all the same, in order.
    pub run_book: Vec<String>,
}

/// What a StatefulSet lets change; the API server refuses all else
/// (<https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/>, its validation in 1.33 to 1.37).
const MUTABLE: [&str; 7] = [
    "replicas",
    "template",
    "updateStrategy",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
    "ordinals",
    "revisionHistoryLimit",
];

/// Where the label stands that says which set it is.
const COMPONENT: &str = "/metadata/labels/app.kubernetes.io~1component";

/// Everything that happens, worst first.
pub(super) fn of(changes: &[ObjectChange<'_>]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for change in changes.iter().filter(|change| matches!(change.change, Change::Changed(_))) {
        match change.kind() {
            "StatefulSet" => of_set(change, &mut effects),
            "Service" if change.changes("spec.clusterIP") => effects.push(effect(
                Outcome::Refused,
                change,
                "the address of a Service cannot change",
                vec![format!("kubectl delete {}{}", change.id(), in_namespace(change)), APPLY.to_owned()],
            )),
            "ConfigMap" => of_settings(change, changes, &mut effects),
            _ => {}
        }
    }
    effects.extend(left(changes));
    effects.sort_by_key(|effect| effect.outcome);
    effects
}

/// What is no longer rendered, by namespace.
fn left(changes: &[ObjectChange<'_>]) -> Vec<Effect> {
    let mut gone: BTreeMap<&str, Vec<&ObjectChange<'_>>> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.change == Change::Removed) {
        gone.entry(change.namespace()).or_default().push(change);
    }
    let left = gone.into_values().map(|gone| {
        let ids: Vec<_> = gone.iter().map(|change| change.id().replace(' ', "/")).collect();
        let (it, one) = if gone.len() == 1 { ("it", "object") } else { ("them", "objects") };
        Effect {
            outcome: Outcome::Left,
            object: format!("{} {one}", gone.len()),
            text: format!("no longer rendered, but kubectl apply leaves {it} in the cluster"),
            run_book: vec![format!("kubectl delete {}{}", ids.join(" "), in_namespace(gone[0]))],
        }
    });
    left.collect()
}

const APPLY: &str = "redis-k8s-gen render NEW | kubectl apply -f -";

fn effect(outcome: Outcome, change: &ObjectChange<'_>, text: impl Into<String>, run_book: Vec<String>) -> Effect {
    Effect { outcome, object: change.title(), text: text.into(), run_book }
}

fn in_namespace(change: &ObjectChange<'_>) -> String {
    match change.namespace() {
        "" => String::new(),
        namespace => format!(" --namespace {namespace}"),
    }
}

/// A set of pods before and after.
struct Set<'a> {
    old: &'a Item,
    new: &'a Item,
}

impl Set<'_> {
    fn of<'a>(change: &'a ObjectChange<'_>) -> Option<Set<'a>> {
        Some(Set { old: change.old?, new: change.new? })
    }

    fn replicas(item: &Item) -> u64 {
        item.value.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1)
    }

    fn has_claims(item: &Item) -> bool {
        item.value
            .pointer("/spec/volumeClaimTemplates")
            .and_then(Value::as_array)
            .is_some_and(|claims| !claims.is_empty())
    }

    fn image(item: &Item) -> Option<Image> {
        item.text("/spec/template/spec/containers/0/image").parse().ok()
    }

    fn has_tls(item: &Item) -> bool {
        let mounts = item.value.pointer("/spec/template/spec/containers/0/volumeMounts").and_then(Value::as_array);
        mounts.is_some_and(|mounts| mounts.iter().any(|mount| mount["mountPath"] == "/etc/redis-k8s-tls"))
    }

    fn is_servers(&self) -> bool {
        self.new.text(COMPONENT) == "server"
    }
}

fn of_set(change: &ObjectChange<'_>, effects: &mut Vec<Effect>) {
    let Some(set) = Set::of(change) else { return };
    let (before, after) = (Set::replicas(set.old), Set::replicas(set.new));
    let fixed: Vec<&Difference> = change.differences().iter().filter(|it| is_fixed(it)).collect();
    if !fixed.is_empty() {
        effects.push(refused(change, &set, &fixed));
        return;
    }
    if Set::has_tls(set.old) != Set::has_tls(set.new) {
        // The book of the servers is for both sets.
        effects.extend(set.is_servers().then(|| tls(change, &set)));
        return;
    }
    if let Some(text) = set.is_servers().then(|| image(&set)).flatten() {
        effects.push(effect(Outcome::Danger, change, text, Vec::new()));
        return;
    }
    let restarts = change.changes("spec.template");
    if set.is_servers() && restarts && before.min(after) == 1 && !Set::has_claims(set.new) {
        // Whether others come or go meanwhile: nobody has the data when it restarts.
        let text = "a server that is alone restarts, and its volume goes with it: all data is lost";
        let steps = if before < after {
            vec![
                format!("kubectl scale statefulset {} --replicas={after}{}", change.name(), in_namespace(change)),
                format!("kubectl rollout status statefulset {}{}", change.name(), in_namespace(change)),
                APPLY.to_owned(),
            ]
        } else {
            Vec::new()
        };
        effects.push(effect(Outcome::Danger, change, text, steps));
    }
    if !set.is_servers() && after <= before / 2 {
        let text = format!(
            "{after} of {before} sentinels are no majority: until those that go are forgotten nobody can be elected"
        );
        let step = before / 2 + 1;
        let steps = vec![
            format!("kubectl scale statefulset {} --replicas={step}{}", change.name(), in_namespace(change)),
            "wait a minute, until SENTINEL CKQUORUM answers OK".to_owned(),
            APPLY.to_owned(),
        ];
        effects.push(effect(Outcome::Danger, change, text, steps));
    }
    if restarts {
        effects.push(effect(Outcome::Restart, change, roll(&set, before.min(after), change), Vec::new()));
    }
    if before != after {
        effects.push(effect(Outcome::Scale, change, scale(&set, change, before, after), Vec::new()));
    }
}

fn is_fixed(difference: &Difference) -> bool {
    let mut keys = difference.path.keys();
    keys.next() == Some("spec") && keys.next().is_some_and(|field| !MUTABLE.contains(&field))
}

/// What a rolling update does.
fn roll(set: &Set<'_>, pods: u64, change: &ObjectChange<'_>) -> String {
    let name = change.name();
    let order = match pods {
        0 => return "no pod is there to be replaced".to_owned(),
        1 => format!("replaces {name}-0"),
        2 => format!("replaces {name}-1, then {name}-0"),
        _ => format!("replaces {name}-{} to {name}-0, highest first, each when the one before is ready", pods - 1),
    };
    let strategy = set.new.text("/spec/updateStrategy/type");
    let order = if strategy == "OnDelete" { format!("{order}, once you delete them") } else { order };
    match (set.is_servers(), pods) {
        (true, 1) => format!("{order}: no writes until it is back"),
        (true, _) => format!("{order}; the master hands over once or twice, up to 2 s without writes each time"),
        (false, _) => order,
    }
}

fn scale(set: &Set<'_>, change: &ObjectChange<'_>, before: u64, after: u64) -> String {
    let name = change.name();
    let named = |from: u64, to: u64| match to - from {
        1 => format!("{name}-{from}"),
        _ => format!("{name}-{from} to {name}-{}", to - 1),
    };
    if after > before {
        return format!("starts {}", named(before, after));
    }
    let claims = if !Set::has_claims(set.old) {
        ""
    } else if set.new.text("/spec/persistentVolumeClaimRetentionPolicy/whenScaled") == "Delete" {
        ", and deletes their claims"
    } else {
        "; their claims stay"
    };
    let moves = match after {
        1.. if set.is_servers() => "; a master among them hands over first",
        _ => "",
    };
    // The new number of replicas to wait for comes with topology.env.
    let closed = match (set.is_servers(), before >= 3, after) {
        (true, true, 1) => "; no writes until the one that stays is handed topology.env, up to 90 s",
        _ => "",
    };
    format!("stops {}{claims}{moves}{closed}", named(after, before))
}

/// Why servers with the new image might not read the data of the old one.
///
/// Valkey began with Redis 7.2; since then each has versions of the RDB format the other does not read (Redis 7.4: 12, Valkey 9: 80),
/// and no server reads that of a newer one.
fn image(set: &Set<'_>) -> Option<String> {
    let (old, new) = (Set::image(set.old)?, Set::image(set.new)?);
    let ((old_major, old_minor), (new_major, new_minor)) = (old.version()?, new.version()?);
    let is_valkey = |image: &Image| image.name().contains("valkey");
    let reads = match (is_valkey(&old), is_valkey(&new)) {
        (false, true) => (old_major, old_minor.unwrap_or(u32::MAX)) <= (7, 2),
        (true, false) => old_major < 9,
        _ => match (old_minor, new_minor) {
            (Some(old_minor), Some(new_minor)) => (new_major, new_minor) >= (old_major, old_minor),
            _ => new_major >= old_major,
        },
    };
    (!reads).then(|| {
        format!("{new} cannot read what {old} writes: the first new server never gets in sync; copy the data with a client instead")
    })
}

fn tls(change: &ObjectChange<'_>, set: &Set<'_>) -> Effect {
    let (word, other) = if Set::has_tls(set.new) { ("with", "without") } else { ("without", "with") };
    let namespace = in_namespace(change);
    let data = if Set::has_claims(set.old) { "" } else { "   # without claims all data is lost" };
    let steps = vec![
        format!("kubectl scale statefulset {name} {name}-sentinel --replicas=0{namespace}{data}", name = change.name()),
        format!(
            "kubectl wait --for=delete pod --selector app.kubernetes.io/instance={}{namespace}",
            instance_of(set.new)
        ),
        APPLY.to_owned(),
    ];
    let text = format!(
        "pods {word} TLS do not talk to those {other}: the rollout stops at the first new pod, and the rest goes on as it was"
    );
    effect(Outcome::Danger, change, text, steps)
}

fn instance_of(item: &Item) -> &str {
    item.text("/metadata/labels/app.kubernetes.io~1instance")
}

fn refused(change: &ObjectChange<'_>, set: &Set<'_>, fixed: &[&Difference]) -> Effect {
    let fields: Vec<String> = fixed.iter().map(|it| it.path.to_string()).collect();
    let text = format!("the API server refuses the whole of it: {} cannot change", fields.join(", "));
    let is_claims = fixed.iter().all(|it| it.path.is_below("spec.volumeClaimTemplates"));
    effect(Outcome::Refused, change, text, if is_claims { claims(change, set) } else { Vec::new() })
}

/// How to get other claims. Pods go on while their set is made anew. A controller cannot give a running pod another volume, and tries the
/// lowest first (`UpdateStatefulPod`), so that is the one to be deleted first; each copies the data from the master.
fn claims(change: &ObjectChange<'_>, set: &Set<'_>) -> Vec<String> {
    let (name, namespace) = (change.name(), in_namespace(change));
    let size = |item: &Item| {
        let size = item.value.pointer("/spec/volumeClaimTemplates/0/spec/resources/requests/storage");
        size.map(text_of).and_then(|size| size.parse::<Quantity>().ok())
    };
    let pods = 0..Set::replicas(set.old).min(Set::replicas(set.new));
    let anew = [format!("kubectl delete statefulset {name} --cascade=orphan{namespace}"), APPLY.to_owned()];
    let same_but_size = {
        let without_size = |item: &Item| {
            let mut claims = item.value.pointer("/spec/volumeClaimTemplates").cloned().unwrap_or_default();
            if let Some(size) = claims.pointer_mut("/0/spec/resources/requests/storage") {
                *size = Value::Null;
            }
            claims
        };
        without_size(set.old) == without_size(set.new)
    };
    match (size(set.old), size(set.new)) {
        (Some(old), Some(new)) if same_but_size && new.units() > old.units() => {
            let patch = format!("{{\"spec\":{{\"resources\":{{\"requests\":{{\"storage\":\"{new}\"}}}}}}}}");
            let grow = |pod| format!("kubectl patch pvc data-{name}-{pod}{namespace} --patch '{patch}'");
            pods.map(grow).chain(anew).collect()
        }
        (old, _) => {
            let replace = pods.flat_map(|pod| {
                let claim =
                    old.is_some().then(|| format!("kubectl delete pvc data-{name}-{pod} --wait=false{namespace}"));
                claim.into_iter().chain([
                    format!("kubectl delete pod {name}-{pod}{namespace}"),
                    format!("kubectl wait pod {name}-{pod} --for=create --timeout=1m{namespace}"),
                    format!("kubectl wait pod {name}-{pod} --for=condition=Ready --timeout=10m{namespace}"),
                ])
            });
            anew.into_iter().chain(replace).collect()
        }
    }
}

/// Settings that running processes take up, where their set does not restart anyway.
fn of_settings(change: &ObjectChange<'_>, changes: &[ObjectChange<'_>], effects: &mut Vec<Effect>) {
    let restarts = |component: &str| {
        changes.iter().any(|other| {
            let is_set = other.kind() == "StatefulSet" && other.namespace() == change.namespace();
            let set = other.item().map(|item| item.text(COMPONENT));
            is_set && set == Some(component) && other.changes("spec.template")
        })
    };
    // live.conf is the servers', topology.env everybody's.
    let (servers, sentinels) = (!restarts("server"), !restarts("sentinel"));
    let live: Vec<&str> = [("live.conf", servers), ("topology.env", servers || sentinels)]
        .into_iter()
        .filter(|(key, goes_on)| *goes_on && change.has_key(key))
        .map(|(key, _)| key)
        .collect();
    if !live.is_empty() {
        let text = format!("{}: running pods take it up within about 90 s", live.join(" and "));
        effects.push(effect(Outcome::Live, change, text, Vec::new()));
    }
}
