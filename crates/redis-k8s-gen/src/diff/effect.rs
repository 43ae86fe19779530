//! What happens when the new side is applied over the old one.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use redis_k8s::{Image, Quantity};
use serde_json::Value;

use super::compare::{Difference, text_of};
use super::side::{INSTANCE, Item};
use super::{Change, ObjectChange};

/// How something arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// Data is lost, or the change never ends, unless it is made in another way.
    Danger,
    /// The API server refuses it; that set stays as it is, while the other objects are applied.
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
    /// Its namespace, if either side says one.
    pub namespace: String,
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

/// Where the label stands that says which of the sets of an instance an object is of.
const COMPONENT: &str = "/metadata/labels/app.kubernetes.io~1component";

/// What is known of all changes together.
struct Run<'a> {
    changes: &'a [ObjectChange<'a>],
    /// The sets whose pods are replaced.
    replaced: HashSet<Member<'a>>,
    /// How the new side is applied.
    apply: &'a str,
    effects: Vec<Effect>,
}

/// Everything that happens, worst first. `apply` is the command that applies the new side.
pub(super) fn of(changes: &[ObjectChange<'_>], apply: &str) -> Vec<Effect> {
    let is_replaced = |change: &&ObjectChange<'_>| {
        change.kind() == "StatefulSet" && change.changes("spec.template") && !is_refused(change)
    };
    let replaced = changes.iter().filter(is_replaced).map(|set| member(set, set.text(COMPONENT))).collect();
    let mut run = Run { changes, replaced, apply, effects: Vec::new() };
    for change in changes.iter().filter(|change| matches!(change.change, Change::Changed(_))) {
        match change.kind() {
            "StatefulSet" => run.of_set(change),
            "Deployment" => run.of_proxies(change),
            "Service" if change.changes("spec.clusterIP") => run.anew(change, "the address of a Service cannot change"),
            // From ValidateServiceUpdate of 1.33 to 1.37.
            "Service" if change.changes("spec.loadBalancerClass") && !change.changes("spec.type") => {
                run.anew(change, "the class of a load balancer cannot change");
            }
            "ConfigMap" => run.of_settings(change),
            "Certificate" if change.changes("spec.issuerRef") => {
                let text = "cert-manager has it signed anew at once, and running pods take it up within about 90 s: unless they trust the \
                            authorities of both, in spec.tls.authority, those that have it and those that do not refuse new connections of \
                            each other meanwhile";
                run.add(Outcome::Live, change, text.to_owned(), Vec::new());
            }
            "ReplicationController" if change.changes("spec.template") => {
                let text = "pods that run stay as they are: delete them one by one, the master last, each when the one before is ready";
                run.add(Outcome::Left, change, text.to_owned(), Vec::new());
            }
            _ => {}
        }
    }
    run.families();
    run.left();
    run.effects.sort_by_key(|effect| effect.outcome);
    run.effects
}

/// A part of an instance: namespace, instance and component.
type Member<'a> = [&'a str; 3];

fn member<'a>(change: &'a ObjectChange<'_>, component: &'a str) -> Member<'a> {
    [change.namespace(), change.text(INSTANCE), component]
}

/// The servers and sentinels of an instance, as kubectl selects them; proxies go on.
fn of_sets(instance: &str) -> String {
    format!("--selector 'app.kubernetes.io/instance={instance},app.kubernetes.io/component in (server,sentinel)'")
}

/// The changes of which this holds.
fn by_namespace<'a, 'i>(
    changes: &'a [ObjectChange<'i>],
    holds: impl Fn(&ObjectChange<'_>) -> bool,
) -> BTreeMap<&'a str, Vec<&'a ObjectChange<'i>>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for change in changes.iter().filter(|change| holds(change)) {
        found.entry(change.namespace()).or_default().push(change);
    }
    found
}

fn in_namespace(change: &ObjectChange<'_>) -> String {
    match change.namespace() {
        "" => String::new(),
        namespace => format!(" --namespace {namespace}"),
    }
}

/// A number of pods that others say on both sides: it stays, as far as is known here, and is not one.
const OF_OTHERS: u64 = u64::MAX;

/// A set of pods before and after.
struct Set<'a> {
    old: &'a Item,
    new: &'a Item,
}

impl<'a> Set<'a> {
    fn of(change: &'a ObjectChange<'_>) -> Option<Self> {
        Some(Self { old: change.old?, new: change.new? })
    }

    /// How many pods; none where others scale it.
    fn replicas(item: &Item) -> Option<u64> {
        item.value.pointer("/spec/replicas").and_then(Value::as_u64)
    }

    fn claims(item: &Item) -> &[Value] {
        item.value.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// True if pods are replaced when somebody deletes them.
    fn is_on_delete(item: &Item) -> bool {
        item.text("/spec/updateStrategy/type") == "OnDelete"
    }

    /// True if the API server set `rollingUpdate` itself: kubectl apply takes away what was applied alone, and beside `OnDelete` it is refused.
    fn keeps_rolling_update(&self) -> bool {
        let applied = if self.old.is_live { self.old.applied.as_ref() } else { Some(&self.old.value) };
        let is_applied = applied.is_some_and(|set| set.pointer("/spec/updateStrategy/rollingUpdate").is_some());
        Self::is_on_delete(self.new) && !Self::is_on_delete(self.old) && !is_applied
    }

    /// How many pods stay as they are, from the lowest on.
    fn held_back(item: &Item) -> u64 {
        item.value.pointer("/spec/updateStrategy/rollingUpdate/partition").and_then(Value::as_u64).unwrap_or(0)
    }

    fn has_claims(item: &Item) -> bool {
        !Self::claims(item).is_empty()
    }

    /// The container of a server or sentinel; others may stand beside it.
    fn container(item: &Item) -> Option<&Value> {
        let containers = item.value.pointer("/spec/template/spec/containers")?.as_array()?;
        containers.iter().find(|container| ["redis", "sentinel"].iter().any(|name| container["name"] == *name))
    }

    fn image(item: &Item) -> Option<Image> {
        Self::container(item)?.get("image")?.as_str()?.parse().ok()
    }

    fn has_tls(item: &Item) -> bool {
        let mounts = Self::container(item).and_then(|container| container.get("volumeMounts")?.as_array());
        mounts.is_some_and(|mounts| mounts.iter().any(|mount| mount["mountPath"] == "/etc/redis-k8s-tls"))
    }

    /// The Secret with the certificates of its pods, and where the authority's is.
    fn certificates(item: &Item) -> Vec<&str> {
        let volumes = item.value.pointer("/spec/template/spec/volumes").and_then(Value::as_array);
        let Some(volume) = volumes.into_iter().flatten().find(|volume| volume["name"] == "tls") else {
            return Vec::new();
        };
        let parts = volume["projected"]["sources"].as_array().into_iter().flatten();
        let names = parts.flat_map(|part| [&part["secret"]["name"], &part["configMap"]["name"]]);
        names.chain([&volume["secret"]["secretName"]]).filter_map(Value::as_str).collect()
    }

    /// The value of an environment variable of the container.
    fn variable<'i>(item: &'i Item, name: &str) -> Option<&'i str> {
        let variables = Self::container(item)?.get("env")?.as_array()?;
        variables.iter().find(|one| one["name"] == name)?.get("value")?.as_str()
    }

    /// True if an environment variable of the container is another.
    fn changes(&self, variable: &str) -> bool {
        Self::variable(self.old, variable) != Self::variable(self.new, variable)
    }

    /// True if pods that are there are known by another address outside, by one where they had none, or by none where they had one.
    fn moves(&self) -> bool {
        ["RK_SERVERS", "RK_SENTINELS"].into_iter().any(|name| {
            let words = |item| Self::variable(item, name).map(|all| all.split(' ').collect::<Vec<_>>());
            match (words(self.old), words(self.new)) {
                (Some(old), Some(new)) => !old.starts_with(&new) && !new.starts_with(&old),
                (old, new) => old != new,
            }
        })
    }

    fn is_servers(&self) -> bool {
        self.new.text(COMPONENT) == "server"
    }

    /// Seconds to wait for pods that stop.
    fn patience(&self) -> u64 {
        let grace = self.old.value.pointer("/spec/template/spec/terminationGracePeriodSeconds").and_then(Value::as_u64);
        grace.unwrap_or(30) + 60
    }
}

fn is_fixed(difference: &Difference) -> bool {
    let mut keys = difference.path.keys();
    keys.next() == Some("spec") && keys.next().is_some_and(|field| !MUTABLE.contains(&field))
}

/// True if a change of a set is one the API server refuses.
fn is_refused(change: &ObjectChange<'_>) -> bool {
    change.differences().iter().any(is_fixed)
}

impl Run<'_> {
    fn add(&mut self, outcome: Outcome, change: &ObjectChange<'_>, text: String, run_book: Vec<String>) {
        let (object, namespace) = (change.title(), change.namespace().to_owned());
        self.effects.push(Effect { outcome, object, namespace, text, run_book });
    }

    /// The command that applies the new side, in the namespace of the object.
    fn apply(&self, change: &ObjectChange<'_>) -> String {
        let says_one = change.new.is_some_and(|item| !item.namespace().is_empty());
        format!("{}{}", self.apply, if says_one { String::new() } else { in_namespace(change) })
    }

    /// A Service that must be made anew.
    fn anew(&mut self, change: &ObjectChange<'_>, text: &str) {
        let steps = vec![format!("kubectl delete {}{}", change.id(), in_namespace(change)), self.apply(change)];
        self.add(Outcome::Refused, change, text.to_owned(), steps);
    }

    fn of_set(&mut self, change: &ObjectChange<'_>) {
        let Some(set) = Set::of(change) else { return };
        let (before, after) = (Set::replicas(set.old), Set::replicas(set.new));
        match (before, after) {
            (Some(_), None) => self.omitted(change),
            (None, Some(after)) => {
                let text = format!("sets the number of its pods to {after}, whatever it is");
                self.add(Outcome::Scale, change, text, Vec::new());
            }
            _ => {}
        }
        let [before, after] = [before.or(after), after.or(before)].map(|count| count.unwrap_or(OF_OTHERS));
        let encrypts = Set::has_tls(set.old) != Set::has_tls(set.new);
        let unreadable = if set.is_servers() { unreadable(&set) } else { None };
        // The book of the servers is for both sets.
        if encrypts && set.is_servers() {
            let text = tls_text(&set);
            self.add(Outcome::Danger, change, text, self.anew_book(change, &set));
        }
        let moves = set.moves();
        if moves && !encrypts && set.is_servers() {
            let text = "pods known by addresses outside the cluster do not get on with those known by others: the rollout stops at the \
                        first new pod, and the rest goes on as it was";
            self.add(Outcome::Danger, change, text.to_owned(), self.anew_book(change, &set));
        }
        let is_readable = unreadable.is_none();
        let is_renamed = set.changes("RK_MASTER") && (set.changes("RK_PORT") || set.changes("RK_SENTINEL_PORT"));
        if is_renamed && set.is_servers() {
            let text = "sentinels that know a master by its new name know no replica at its old port, so nobody may be elected and the \
                        rollout may stop: change the name and the ports one after the other";
            self.add(Outcome::Danger, change, text.to_owned(), Vec::new());
        }
        if let Some(text) = unreadable {
            self.add(Outcome::Danger, change, text, Vec::new());
        }
        if is_refused(change) {
            // Where claims stay claims the set rolls out a changed template by itself.
            let rolls = change.changes("spec.template") && Set::has_claims(set.old) && Set::has_claims(set.new);
            let alone = !encrypts && !moves && is_readable && before == after && !rolls;
            self.refused(change, &set, alone);
            return;
        }
        if set.keeps_rolling_update() {
            let text = "the API server refuses the whole of it: it keeps the rollingUpdate it has set; other objects are applied";
            let patch = r#"{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}"#;
            let (name, namespace) = (change.name(), in_namespace(change));
            let steps =
                vec![format!("kubectl patch statefulset {name}{namespace} --patch '{patch}'"), self.apply(change)];
            self.add(Outcome::Refused, change, text.to_owned(), steps);
        }
        let restarts = change.changes("spec.template") && !encrypts && !moves && !is_renamed && is_readable;
        if set.is_servers() && change.changes("spec.template") && before.min(after) == 1 && !Set::has_claims(set.new) {
            // Whether others come or go meanwhile: nobody has the data when it restarts.
            let text = "a server that is alone restarts, and its volume goes with it: all data is lost".to_owned();
            let steps = if before < after {
                vec![
                    format!("kubectl scale statefulset {} --replicas={after}{}", change.name(), in_namespace(change)),
                    format!("kubectl rollout status statefulset {}{}", change.name(), in_namespace(change)),
                    self.apply(change),
                ]
            } else {
                Vec::new()
            };
            self.add(Outcome::Danger, change, text, steps);
        }
        if restarts {
            self.add(Outcome::Restart, change, roll(&set, before.min(after), change), Vec::new());
        }
        let freed = Set::is_on_delete(set.old) || Set::held_back(set.new) < Set::held_back(set.old);
        if freed && !Set::is_on_delete(set.new) && !change.changes("spec.template") {
            let text = "replaces the pods that were held back, if any is of an older template, highest first";
            self.add(Outcome::Restart, change, text.to_owned(), Vec::new());
        }
        if before != after {
            let is_deleted = set.new.text("/spec/persistentVolumeClaimRetentionPolicy/whenScaled") == "Delete";
            if after == 0 && set.is_servers() && (is_deleted || !Set::has_claims(set.new)) {
                let text = "stops all servers, and their volumes go with them: all data is lost";
                self.add(Outcome::Danger, change, text.to_owned(), Vec::new());
            }
            self.add(Outcome::Scale, change, scale(&set, change, before, after), Vec::new());
        }
    }

    /// Pods that keep nothing and come in no order.
    fn of_proxies(&mut self, change: &ObjectChange<'_>) {
        let Some(set) = Set::of(change) else { return };
        let [before, after] = [set.old, set.new].map(|item| Set::replicas(item).unwrap_or(1));
        if change.changes("spec.selector") {
            let text = "the API server refuses the whole of it: spec.selector cannot change; other objects are applied";
            return self.add(Outcome::Refused, change, text.to_owned(), Vec::new());
        }
        if change.changes("spec.template") {
            let text = "replaces its pods, one after another; the clients of each connect anew".to_owned();
            self.add(Outcome::Restart, change, text, Vec::new());
        }
        if before != after {
            let (word, meanwhile) =
                if before < after { ("starts", "") } else { ("stops", "; the clients of those connect anew") };
            self.add(Outcome::Scale, change, format!("{word} {}{meanwhile}", before.abs_diff(after)), Vec::new());
        }
    }

    /// The number of pods is left to others: whoever applies a number no more takes it away, unless it is not known that it was theirs.
    fn omitted(&mut self, change: &ObjectChange<'_>) {
        let text = "kubectl apply takes the number of its pods away with what it no longer says, and the API server makes it 1";
        if !change.differences().iter().all(|it| it.path.is_below("spec.replicas")) {
            let text = format!("{text}. Leave the number out in a step of its own first");
            return self.add(Outcome::Danger, change, text, Vec::new());
        }
        let (id, namespace) = (change.id(), in_namespace(change));
        let book = vec![
            format!("kubectl annotate {id} kubectl.kubernetes.io/last-applied-configuration-{namespace}"),
            self.apply(change),
        ];
        self.add(Outcome::Danger, change, text.to_owned(), book);
    }

    /// All pods stop, and start as the new side has them.
    fn anew_book(&self, change: &ObjectChange<'_>, set: &Set<'_>) -> Vec<String> {
        let (name, namespace) = (change.name(), in_namespace(change));
        let pods = format!("{}{namespace}", of_sets(set.new.text(INSTANCE)));
        let lost = if Set::has_claims(set.old) { "" } else { "   # without claims all data is lost" };
        vec![
            format!("kubectl scale statefulset {name} {name}-sentinel --replicas=0{namespace}{lost}"),
            format!("kubectl wait --for=delete pod {pods} --timeout={}s", set.patience()),
            self.apply(change),
        ]
    }

    /// `alone`: nothing else changes that a book for claims would bring along.
    fn refused(&mut self, change: &ObjectChange<'_>, set: &Set<'_>, alone: bool) {
        let fixed: Vec<&Difference> = change.differences().iter().filter(|it| is_fixed(it)).collect();
        let fields: Vec<String> = fixed.iter().map(|it| it.path.to_string()).collect();
        let text = format!(
            "the API server refuses the whole of it: {} cannot change; other objects are applied",
            fields.join(", ")
        );
        if !fixed.iter().all(|it| it.path.is_below("spec.volumeClaimTemplates")) {
            return self.add(Outcome::Refused, change, text, Vec::new());
        }
        if !alone {
            let text = format!("{text}. Change the claims in a step of their own first");
            return self.add(Outcome::Refused, change, text, Vec::new());
        }
        let Some(pods) = Set::replicas(set.old) else {
            let text = format!("{text}. The objects of the cluster say how many claims there are: compare with them");
            return self.add(Outcome::Refused, change, text, Vec::new());
        };
        let book = self.claims_book(change, set, &fixed, 0..pods);
        self.add(Outcome::Refused, change, text, book);
    }

    /// How to get other claims. Pods go on while their set is made anew. A controller cannot give a running pod another volume, and tries
    /// the lowest first (`UpdateStatefulPod`), so that is the one to be deleted first; each copies the data from the master.
    fn claims_book(
        &mut self,
        change: &ObjectChange<'_>,
        set: &Set<'_>,
        fixed: &[&Difference],
        pods: Range<u64>,
    ) -> Vec<String> {
        let (name, namespace) = (change.name(), in_namespace(change));
        let anew = [format!("kubectl delete statefulset {name} --cascade=orphan{namespace}"), self.apply(change)];
        let has = Set::has_claims(set.old) && Set::has_claims(set.new);
        let only = |field: &str| has && fixed.iter().all(|it| it.path.keys().any(|key| key == field));
        if only("metadata") {
            return anew.into();
        }
        if let Some(size) = larger(fixed).filter(|_| only("storage")) {
            let patch = format!("{{\"spec\":{{\"resources\":{{\"requests\":{{\"storage\":\"{size}\"}}}}}}}}");
            // Or a set would ask for more than its claims have, and nobody say so.
            let unless = "   # if refused, stop: the class grows no claims";
            let grow = |pod| format!("kubectl patch pvc data-{name}-{pod}{namespace} --patch '{patch}'{unless}");
            return pods.map(grow).chain(anew).collect();
        }
        if pods.end < 2 {
            if set.is_servers() {
                let text = "the only copy of the data is in the pod that would be replaced: have two servers first";
                self.add(Outcome::Danger, change, text.to_owned(), Vec::new());
            }
            return Vec::new();
        }
        if !Set::has_claims(set.new) {
            // Nothing holds the set's own rollout then; pods deleted beside it would be two at a time.
            let claims: Vec<_> = pods.map(|pod| format!("data-{name}-{pod}")).collect();
            let rest = [
                format!("kubectl rollout status statefulset {name}{namespace}"),
                format!("kubectl delete pvc {}{namespace}", claims.join(" ")),
            ];
            return anew.into_iter().chain(rest).collect();
        }
        let replace = pods.flat_map(|pod| {
            let claim = Set::has_claims(set.old)
                .then(|| format!("kubectl delete pvc data-{name}-{pod} --wait=false{namespace}"));
            claim.into_iter().chain([
                format!("kubectl delete pod {name}-{pod}{namespace}"),
                format!("kubectl wait pod {name}-{pod} --for=create --timeout=1m{namespace}"),
                format!("kubectl wait pod {name}-{pod} --for=condition=Ready --timeout=10m{namespace}"),
            ])
        });
        anew.into_iter().chain(replace).collect()
    }

    /// Modules that go, and settings that running processes take up, where their set does not restart anyway.
    fn of_settings(&mut self, change: &ObjectChange<'_>) {
        let stay = modules(change.new);
        let gone: Vec<_> = modules(change.old).into_iter().filter(|module| !stay.contains(module)).collect();
        if !gone.is_empty() {
            // Redis: "The RDB file contains module data I can't load".
            let text = format!(
                "a server without {} reads no data of its types, neither from its volume nor from the master: while there is any, the \
                 rollout stops at the first new pod, and the rest goes on as it was; delete it first",
                gone.join(", ")
            );
            self.add(Outcome::Danger, change, text, Vec::new());
        }
        let goes_on = |component| !self.replaced.contains(&member(change, component));
        // topology.env is everybody's.
        let (servers, sentinels) = (goes_on("server"), goes_on("sentinel"));
        let files = [
            ("live.conf", servers),
            ("sentinel-users.conf", sentinels),
            ("topology.env", (servers || sentinels) && topology(change.old) != topology(change.new)),
            ("users.conf", servers),
        ];
        let live: Vec<&str> =
            files.into_iter().filter(|(key, goes_on)| *goes_on && change.has_key(key)).map(|(key, _)| key).collect();
        if !live.is_empty() {
            let text = format!("{}: running pods take it up within about 90 s", live.join(" and "));
            self.add(Outcome::Live, change, text, Vec::new());
        }
    }

    /// Services whose first family of addresses is another, by namespace: they must be made anew, at other addresses.
    fn families(&mut self) {
        fn first(item: Option<&Item>) -> &str {
            item.map_or("", |item| item.text("/spec/ipFamilies/0"))
        }
        // One that is said no more stays as it is; a Service without an address of its own may have any.
        let is_refused = |change: &ObjectChange<'_>| {
            change.kind() == "Service"
                && change.text("/spec/clusterIP") != "None"
                && change.changes("spec.ipFamilies")
                && !["", first(change.old)].contains(&first(change.new))
        };
        for services in by_namespace(self.changes, is_refused).into_values() {
            let (one, namespace) = (services[0], in_namespace(services[0]));
            let object = if services.len() == 1 { one.title() } else { format!("{} Services", services.len()) };
            let names: Vec<_> = services.iter().map(|service| service.name()).collect();
            let text = "the API server refuses another first family of addresses, if it is not the one the Service has";
            let pods = format!("{}{namespace}", of_sets(one.text(INSTANCE)));
            let anew = vec![
                format!("kubectl scale statefulset {pods} --replicas=0   # without claims all data is lost"),
                format!("kubectl wait --for=delete pod {pods} --timeout=120s"),
                format!("kubectl delete service {}{namespace}", names.join(" ")),
                self.apply(one),
            ];
            self.effects.push(Effect {
                outcome: Outcome::Refused,
                object,
                namespace: one.namespace().to_owned(),
                text: text.to_owned(),
                run_book: anew,
            });
        }
    }

    /// What is no longer rendered, by namespace. Sets that go are an instance that goes on, and whose data nobody moves.
    fn left(&mut self) {
        for (namespace, gone) in by_namespace(self.changes, |change| change.change == Change::Removed) {
            if let Some(set) = gone.iter().find(|change| change.kind() == "StatefulSet") {
                let text = "no longer rendered, but it goes on; an instance of another name or namespace starts empty"
                    .to_owned();
                self.add(Outcome::Danger, set, text, Vec::new());
                continue;
            }
            let ids: Vec<_> = gone.iter().map(|change| change.id().replace(' ', "/")).collect();
            let (it, one) = if gone.len() == 1 { ("it", "object") } else { ("them", "objects") };
            self.effects.push(Effect {
                outcome: Outcome::Left,
                object: format!("{} {one}", gone.len()),
                namespace: namespace.to_owned(),
                text: format!("no longer rendered, but kubectl apply leaves {it} in the cluster"),
                run_book: vec![format!("kubectl delete {}{}", ids.join(" "), in_namespace(gone[0]))],
            });
        }
    }
}

/// What running pods take up of `topology.env`: modules are compared at a start alone.
fn topology(settings: Option<&Item>) -> &str {
    let text = settings.map_or("", |item| item.text("/data/topology.env"));
    text.split_once("# compare ").map_or(text, |(taken, _)| taken)
}

/// The files of the modules a configuration has servers load; the same may be elsewhere in another image.
fn modules(settings: Option<&Item>) -> Vec<&str> {
    let text = settings.map_or("", |item| item.text("/data/redis.conf"));
    let paths = text.lines().filter_map(|line| line.strip_prefix("loadmodule ")?.split_whitespace().next());
    paths.filter_map(|path| path.rsplit('/').next()).collect()
}

/// The size a claim is to have, if it is larger than the one it has.
fn larger(fixed: &[&Difference]) -> Option<Quantity> {
    let size = |value: &Option<Value>| value.as_ref().map(text_of)?.parse::<Quantity>().ok();
    let [only] = fixed else { return None };
    let (old, new) = (size(&only.old)?, size(&only.new)?);
    (new.units() > old.units()).then_some(new)
}

/// What a rolling update does.
fn roll(set: &Set<'_>, pods: u64, change: &ObjectChange<'_>) -> String {
    let name = change.name();
    let lowest = Set::held_back(set.new);
    let order = match pods.saturating_sub(lowest) {
        0 if pods > 0 => return format!("replaces none: partition {lowest} holds all back"),
        0 => return "no pod is there to be replaced".to_owned(),
        1 => format!("replaces {name}-{lowest}"),
        2 => format!("replaces {name}-{}, then {name}-{lowest}", pods - 1),
        _ => {
            let each = match set.new.value.pointer("/spec/updateStrategy/rollingUpdate/maxUnavailable") {
                Some(most) if most != 1 => format!("up to {} at a time", text_of(most)),
                _ => "each when the one before is ready".to_owned(),
            };
            let all = match pods {
                OF_OTHERS => format!("its pods down to {name}-{lowest}"),
                _ => format!("{name}-{} to {name}-{lowest}", pods - 1),
            };
            format!("replaces {all}, highest first, {each}")
        }
    };
    let order = match lowest {
        0 => order,
        1 => format!("{order}; partition holds {name}-0 back"),
        _ => format!("{order}; partition holds {name}-{} to {name}-0 back", lowest - 1),
    };
    let order = if Set::is_on_delete(set.new) { format!("{order}, once you delete them") } else { order };
    let order = match (Set::image(set.old), Set::image(set.new)) {
        (Some(old), Some(new)) if old != new && (old.version().is_none() || new.version().is_none()) => {
            format!("{order}; no version says whether {new} reads what {old} writes")
        }
        _ => order,
    };
    let [before, after] = [set.old, set.new].map(Set::certificates);
    let order = if set.is_servers() && before != after && !before.is_empty() && !after.is_empty() {
        format!(
            "{order}; if another authority signed what is there now, it stops at the first new pod, unless old and new pods trust both \
             (spec.tls.authority)"
        )
    } else {
        order
    };
    match (set.is_servers(), pods) {
        (true, 1) => format!("{order}: no writes until it is back"),
        (true, _) if ["RK_PORT", "RK_SENTINEL_PORT", "RK_MASTER"].into_iter().any(|it| set.changes(it)) => format!(
            "{order}; the master cannot hand over to those who know each other otherwise: up to downAfter and 6 s without writes, for \
             clients of before until they know the new address or name, and what was written just before may be lost"
        ),
        (true, _) => {
            format!("{order}; the master hands over at most once for each, up to 2 s without writes each time")
        }
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
    let meanwhile = match (set.is_servers(), after) {
        (_, 0) => "",
        // The new number of replicas to wait for comes with topology.env.
        (true, 1) if before >= 3 => {
            "; a master among them hands over first, and takes no writes until it is handed topology.env, up to 90 s"
        }
        (true, _) => "; a master among them hands over first",
        (false, _) if after <= before / 2 => "; until those that go are forgotten nobody can be elected",
        (false, _) => "",
    };
    format!("stops {}{claims}{meanwhile}", named(after, before))
}

/// Why servers with the new image might not read the data of the old one.
///
/// Valkey began with Redis 7.2; since then each has versions of the RDB format the other does not read (Redis 7.4: 12, Valkey 9: 80),
/// and no server reads that of a newer one.
fn unreadable(set: &Set<'_>) -> Option<String> {
    let (old, new) = (Set::image(set.old)?, Set::image(set.new)?);
    let ((old_major, old_minor), (new_major, new_minor)) = (old.version()?, new.version()?);
    let is_valkey = |image: &Image| image.name().contains("valkey");
    let reads = match (is_valkey(&old), is_valkey(&new)) {
        (false, true) => (old_major, old_minor.unwrap_or(u32::MAX)) <= (7, 2),
        (true, false) => old_major < 9 && (new_major, new_minor.unwrap_or(u32::MAX)) >= (7, 2),
        _ => match (old_minor, new_minor) {
            (Some(old_minor), Some(new_minor)) => (new_major, new_minor) >= (old_major, old_minor),
            _ => new_major >= old_major,
        },
    };
    (!reads).then(|| {
        format!("{new} is not made to read what {old} writes: a new server may never get in sync; copy the data with a client instead")
    })
}

fn tls_text(set: &Set<'_>) -> String {
    let (word, other) = if Set::has_tls(set.new) { ("with", "without") } else { ("without", "with") };
    format!(
        "pods {word} TLS do not talk to those {other}: the rollout stops at the first new pod, and the rest goes on as it was"
    )
}
