//! Holds the parts of each instance against each other.

use std::collections::{HashMap, HashSet};

use redis_k8s::PathStep;

use super::policy::{self, Policy, Way};
use super::{CHECKSUM, Configuration, ContainerPort, Part, Pods, Role, Service, Target};
use crate::document::kubernetes::rules::{
    ANNOUNCES_ANOTHER, CHECKSUM_STALE, MIN_REPLICAS_OF_TWO, MIN_REPLICAS_TOO_HIGH, NOT_PUBLISHED, PASSWORD_IN_HALF,
    PORT_CLOSED, PORT_CLOSED_TO_CLIENTS, PORT_NOT_SERVED, QUORUM_EXCEEDS_SENTINELS, QUORUM_OF_MINORITY,
    SERVICE_MISSING, SETS_DISAGREE, STORAGE_OTHER_THAN_SAID, broken,
};
use crate::document::kubernetes::set::{Faulty, Object, Place, alone, placed};
use crate::document::node::shorten;

/// Objects of a kind by namespace and name.
type Named<'a, T> = HashMap<(&'a str, &'a str), (usize, &'a T)>;

/// The sets of an instance, with the objects they are.
type Sets<'a> = [Option<(usize, &'a Object, &'a Pods)>; 3];

/// Policies, each with the object it is.
type Policies<'a> = Vec<(usize, &'a Policy)>;

/// All parts of instances among the objects given.
#[derive(Default)]
struct Parts<'a> {
    configurations: Named<'a, Configuration>,
    services: Named<'a, Service>,
    /// Namespaces of Services.
    served: HashSet<&'a str>,
    /// By their namespace, and the instance they are for if they say it.
    policies: HashMap<(&'a str, Option<&'a str>), Policies<'a>>,
}

/// No set is rendered with more pods, whatever a configuration says afterwards.
const MOST_PODS: i64 = 64;

/// The label that says which instance a pod is of.
const INSTANCE: &str = "app.kubernetes.io/instance";

/// Judges the instances among all objects of a run.
pub(in crate::document::kubernetes) fn judge(objects: &[&Object]) -> Vec<Faulty> {
    let mut parts = Parts::default();
    let mut instances: Vec<Sets<'_>> = Vec::new();
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    for (number, object) in objects.iter().copied().enumerate() {
        let name = (&*object.namespace, &*object.name);
        match &object.part {
            Some(Part::Configuration(part)) => {
                parts.configurations.insert(name, (number, part));
            }
            Some(Part::Service(part)) => {
                parts.services.insert(name, (number, part));
                parts.served.insert(name.0);
            }
            Some(Part::Policy(part)) => {
                let bucket = (name.0, part.label(INSTANCE));
                parts.policies.entry(bucket).or_default().push((number, part));
            }
            Some(Part::Pods(pods)) => {
                let instance = match pods.role {
                    Role::Proxy => name.1.strip_suffix("-master"),
                    _ => pods.variable("RK_INSTANCE"),
                };
                let place = *known.entry((name.0, instance.unwrap_or(name.1))).or_insert_with(|| {
                    instances.push(Sets::default());
                    instances.len() - 1
                });
                instances[place][pods.role as usize].get_or_insert((number, object, pods));
            }
            None => {}
        }
    }
    let mut faults = Vec::new();
    let mut told = HashSet::new();
    for sets in &instances {
        for (number, object, pods) in sets.iter().flatten().copied() {
            Judged { number, object, pods, sets, parts: &parts, faults: &mut faults, told: &mut told }.judge();
        }
    }
    faults
}

/// A set under examination.
struct Judged<'a, 'f> {
    number: usize,
    object: &'a Object,
    pods: &'a Pods,
    sets: &'f Sets<'a>,
    parts: &'f Parts<'a>,
    faults: &'f mut Vec<Faulty>,
    /// Ways of policies of which something was told: that of one port is enough.
    told: &'f mut HashSet<(usize, Way)>,
}

impl<'a> Judged<'a, '_> {
    fn judge(mut self) {
        let configuration = self.configuration();
        if self.mounted().next().is_some() {
            self.faults.extend(self.pods.faults.iter().map(|fault| alone(self.number, fault.clone())));
        }
        self.judge_checksum();
        if self.pods.role == Role::Proxy {
            return;
        }
        if let Some(configuration) = configuration {
            match self.pods.role {
                Role::Server => self.judge_writes(configuration),
                _ => self.judge_quorum(configuration),
            }
            self.judge_passwords(configuration);
            self.judge_storage(configuration);
            self.judge_names(configuration);
        }
        if self.pods.role == Role::Sentinel {
            self.judge_agreement();
        }
        self.judge_policies();
    }

    /// Reports something at a place of the set.
    fn report(&mut self, place: &Place, fault: crate::document::fault::Fault) {
        self.faults.push(alone(self.number, placed(fault, place)));
    }

    fn mounted(&self) -> impl Iterator<Item = &'a Configuration> {
        let names = self.pods.config.into_iter().flat_map(|volume| self.object.config_maps(volume));
        names.filter_map(|name| Some(self.parts.configurations.get(&(&*self.object.namespace, name))?.1))
    }

    /// The configuration that says how many there are.
    fn configuration(&self) -> Option<&'a Configuration> {
        self.mounted().find(|part| part.file("topology.env").is_some())
    }

    fn judge_checksum(&mut self) {
        let role = self.pods.role;
        let scripts = match role {
            // it runs none
            Role::Proxy => redis_k8s::scripts_fingerprint(role.name(), |_| None),
            _ => self.mounted().find_map(|part| part.scripts[role as usize]),
        };
        let mounted: Vec<_> = self.mounted().collect();
        let file = |name: &str| mounted.iter().find_map(|part| part.file(name));
        let right = scripts.and_then(|scripts| redis_k8s::config_checksum(role.name(), scripts, file));
        let (Some(right), Some((found, origin))) = (right, &self.pods.checksum) else { return };
        // who writes another kind of checksum takes care of it
        let is_ours = found.len() == right.len() && found.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_ours && **found != *right {
            let message = "the checksum of the pods is not that of their configuration and scripts";
            let help = format!("write \"{right}\", or render again");
            let steps = ["spec", "template", "metadata", "annotations", CHECKSUM].map(PathStep::from);
            let fault = broken(&CHECKSUM_STALE, message).help(help).at(*origin).under_all(&steps);
            self.faults.push(alone(self.number, fault));
        }
    }

    fn judge_writes(&mut self, configuration: &Configuration) {
        let (Some(servers), Some(least)) = (self.pods.replicas, configuration.number("min_replicas")) else { return };
        if servers == 0 || least <= (servers - 2).max(0) {
            return;
        }
        let fault = if (servers, least) == (2, 1) {
            broken(
                &MIN_REPLICAS_OF_TWO,
                "a write needs the other of two servers: while one is away, nothing is written",
            )
        } else {
            let message = format!("a write needs {least} replicas, and of {servers} servers a failover leaves fewer");
            broken(&MIN_REPLICAS_TOO_HIGH, message)
        };
        let help = "render the document with these replicas, or lower `min_replicas` in topology.env";
        self.report(&self.pods.at.replicas, fault.help(help));
    }

    fn judge_quorum(&mut self, configuration: &Configuration) {
        let Some(sentinels) = self.pods.replicas.filter(|sentinels| *sentinels > 0) else { return };
        let Some(quorum) = configuration.number("quorum") else { return };
        // those that were rendered count, whether they are there or not
        let all = configuration.number("sentinels").unwrap_or(sentinels).max(sentinels);
        let needed = quorum.max(all / 2 + 1);
        let fault = if sentinels < needed {
            let message = format!("there are {sentinels} sentinels, and {needed} must agree: no failover ever starts");
            broken(&QUORUM_EXCEEDS_SENTINELS, message)
        } else if quorum <= sentinels / 2 {
            let message = format!("{quorum} of {sentinels} sentinels hold a master for down, and they are no majority");
            broken(&QUORUM_OF_MINORITY, message)
        } else {
            return;
        };
        let help = "render the document with these sentinels, or write the quorum for them into topology.env";
        self.report(&self.pods.at.replicas, fault.help(help));
    }

    fn judge_passwords(&mut self, configuration: &Configuration) {
        let message = match (configuration.number("auth"), self.pods.has_passwords) {
            (Some(0), true) => "passwords are mounted, and topology.env has `auth=0`: nobody is asked for them",
            (Some(1), false) => "topology.env has `auth=1`, and no passwords are mounted: nobody is asked for any",
            _ => return,
        };
        let help = "render the document with `spec.auth`, or without";
        self.report(&self.pods.at.container, broken(&PASSWORD_IN_HALF, message).help(help));
    }

    fn judge_storage(&mut self, configuration: &Configuration) {
        let message = match (configuration.number("claims"), self.pods.has_claims) {
            _ if self.pods.role == Role::Sentinel => return,
            (Some(0), true) => {
                "the data is on claims, and topology.env has `claims=0`: the scripts take it for lost with a pod"
            }
            (Some(1), false) => {
                "topology.env has `claims=1`, and the data dies with a pod: the scripts wait for what never comes back"
            }
            _ => return,
        };
        let help = "render the document with `spec.storage`, or write `claims` as it is";
        self.report(&self.pods.at.container, broken(&STORAGE_OTHER_THAN_SAID, message).help(help));
    }

    /// The Services by whose names and addresses pods find each other.
    fn judge_names(&mut self, configuration: &Configuration) {
        let (Some(instance), role) = (self.pods.variable("RK_INSTANCE"), self.pods.role) else { return };
        let (set, port, rendered) = match role {
            Role::Server => (instance.to_owned(), "RK_PORT", "servers"),
            _ => (format!("{instance}-sentinel"), "RK_SENTINEL_PORT", "sentinels"),
        };
        let namespace = &*self.object.namespace;
        // a set under another name is told as that, and of Services there may be none
        if *self.object.name != *set || !self.parts.served.contains(namespace) {
            return;
        }
        let port = self.pods.port(port);
        let count = configuration.number(rendered).unwrap_or_default().min(MOST_PODS);
        let pods = (0..count).map(|ordinal| (format!("{set}-announce-{ordinal}"), Some(format!("{set}-{ordinal}"))));
        let mut missing = Vec::new();
        for (name, pod) in std::iter::once((format!("{set}-headless"), None)).chain(pods) {
            let Some((number, service)) = self.parts.services.get(&(namespace, &*name)).copied() else {
                missing.push(name);
                continue;
            };
            let mut report = |fault: crate::document::fault::Fault| {
                self.faults.push(alone(number, fault.at(service.at).under("spec".into())));
            };
            if !service.publishes_not_ready {
                let message = "pods are not found by this Service before they are ready, and are not ready before";
                report(broken(&NOT_PUBLISHED, message).help("write `publishNotReadyAddresses: true`"));
            }
            let Some(pod) = pod else { continue };
            if service.pod.as_deref() != Some(&pod) {
                let message =
                    format!("the scripts take this Service for the pod {}, which it does not select", shorten(&pod));
                report(broken(&ANNOUNCES_ANOTHER, message).help(format!("select `{}: {pod}`", super::POD_NAME)));
            }
            if let Some(port) = port.filter(|port| !service.leads_to(*port, self.pods)) {
                let message = format!("the pod announces the port {port} of this Service, which does not lead to it");
                report(broken(&PORT_NOT_SERVED, message).help("take over the ports that were rendered"));
            }
        }
        if let [first, others @ ..] = &missing[..] {
            let more = if others.is_empty() { String::new() } else { format!(", nor {} more", others.len()) };
            let message = format!("there is no Service {}{more}, by which the scripts find pods", shorten(first));
            let help = "take over the Services that were rendered, by the names they had";
            self.report(&self.pods.at.env, broken(&SERVICE_MISSING, message).help(help));
        }
    }

    /// Both sets must know the same names and ports.
    fn judge_agreement(&mut self) {
        let Some((other, _, servers)) = self.sets[Role::Server as usize] else { return };
        for name in ["RK_MASTER", "RK_PORT", "RK_SENTINEL_PORT"] {
            if let (Some(own), Some(theirs)) = (self.pods.variable(name), servers.variable(name))
                && own != theirs
            {
                let message = format!("{name} is {} here, and {} of the servers", shorten(own), shorten(theirs));
                let fault =
                    placed(broken(&SETS_DISAGREE, message).help("write one value in both sets"), &self.pods.at.env);
                self.faults.push(Faulty { object: self.number, fault, other: Some((other, servers.at.env.origin)) });
            }
        }
    }

    /// What policies close for pods that need each other.
    fn judge_policies(&mut self) {
        let Some(own) = &self.object.pods else { return };
        let port = match self.pods.role {
            Role::Server => self.pods.port("RK_PORT"),
            _ => self.pods.port("RK_SENTINEL_PORT"),
        };
        let Some(port) = port else { return };
        let listed = self.pods.ports.iter().map(ContainerPort::target);
        let own_port = policy::Target { number: port, name: None, protocol: "TCP" };
        let target = listed.clone().find(|one| one.number == port).unwrap_or(own_port);
        let peers = self.sets[..2].iter().flatten().filter_map(|(_, object, _)| Some((object, object.pods.as_ref()?)));
        let mut closed = Vec::new();
        for (peer, labels) in peers {
            let ways = [
                (self.policies(self.object, Way::In), Way::In, labels),
                (self.policies(peer, Way::Out), Way::Out, own),
            ];
            for (policies, way, with) in ways {
                if !policies.is_empty() && !policies.iter().any(|(_, policy)| policy.lets(way, with, target)) {
                    let message = format!("the pods of {} do not reach port {port} of {}", peer.name, self.object.name);
                    closed.push((
                        policies[0],
                        way,
                        broken(&PORT_CLOSED, message).help("allow the pods of the instance every port"),
                    ));
                }
            }
        }
        let out = self.policies(self.object, Way::Out);
        // it may listen on any port
        if !out.is_empty() && !out.iter().any(|(_, policy)| policy.has_others(Way::Out)) {
            let message =
                format!("the pods of {} reach no name service, by which they find each other", self.object.name);
            closed.push((out[0], Way::Out, broken(&PORT_CLOSED, message).help("allow port 53 of UDP and TCP")));
        }
        let into = self.policies(self.object, Way::In);
        let has_clients = into.iter().any(|(_, policy)| policy.has_others(Way::In));
        let is_closed =
            |target: &policy::Target<'_>| !into.iter().any(|(_, policy)| policy.lets_others(Way::In, *target));
        if let Some(closed_port) = [target].into_iter().chain(listed).find(is_closed).filter(|_| has_clients) {
            let number = closed_port.number;
            let message = format!("clients reach other ports, and not {number} of {}", self.object.name);
            let fault = broken(&PORT_CLOSED_TO_CLIENTS, message).help(format!("allow port {number}"));
            closed.push((into[0], Way::In, fault));
        }
        for ((number, policy), way, fault) in closed {
            if self.told.insert((number, way)) {
                let path = ["spec".into(), way.field().into()];
                self.faults.push(alone(number, fault.at(policy.origin(way)).under_all(&path)));
            }
        }
    }

    /// The policies that close a way of the pods of a set.
    fn policies(&self, set: &Object, way: Way) -> Policies<'a> {
        let Some(labels) = &set.pods else { return Vec::new() };
        let namespace = &*set.namespace;
        let instance = labels.get(INSTANCE);
        let buckets = [Some(None), instance.map(Some)].into_iter().flatten();
        let found = buckets.filter_map(|bucket| self.parts.policies.get(&(namespace, bucket))).flatten().copied();
        found.filter(|(_, policy)| policy.selects(labels) && policy.closes(way)).collect()
    }
}

impl Service {
    /// True if a port of this number leads to the same of the pods.
    fn leads_to(&self, port: i64, pods: &Pods) -> bool {
        self.ports.iter().any(|own| {
            own.number == port
                && match &own.target {
                    None => true,
                    Some(Target::Number(number)) => *number == port,
                    Some(Target::Name(name)) => {
                        pods.ports.iter().any(|own| own.name.as_ref() == Some(name) && own.number == port)
                    }
                }
        })
    }
}
