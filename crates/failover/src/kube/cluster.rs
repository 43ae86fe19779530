//! The cluster: what was applied, what runs, and the hands of whoever operates or breaks it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Service;
use nix::sys::signal::Signal;

use super::container::{self, signal};
use super::deployment;
use super::endpoints::{self, Addresses, Endpoints};
use super::journal::Journal;
use super::objects::Objects;
use super::pod::{Birth, Deletion, Pod};
use super::replication_controller;
use super::settings::Settings;
use super::stateful_set::{self, Action, Progress};
use super::volume;
use crate::lock::lock;
use crate::net::dns::{self, NameService};
use crate::net::fabric::{Fabric, NAME_SERVICE, PodNet};
use crate::net::policy::{Policed, Subject};
use crate::net::rules::{Cuts, Rules, Virtual};
use crate::sandbox::STATE;

/// How often controllers look: often enough to be quick, seldom enough to leave the processors to what is measured.
const TICK: Duration = Duration::from_millis(50);

/// Runs a pod until it is gone.
pub(crate) type Kubelet = fn(&Arc<Cluster>, Arc<Pod>);

/// A running cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    kubelet: Kubelet,
    pub(crate) settings: Arc<Settings>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) fabric: Fabric,
    pub(crate) names: Arc<NameService>,
    name_pod: PodNet,
    state: Mutex<State>,
    ended: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    objects: Objects,
    addresses: Addresses,
    balancers: Addresses,
    pods: BTreeMap<String, Arc<Pod>>,
    /// Pods deleted by force whose processes may still be ending.
    ghosts: Vec<Arc<Pod>>,
    progress: BTreeMap<String, Option<Progress>>,
    /// Pods that were applied and have yet to be made.
    orphans: Vec<k8s_openapi::api::core::v1::Pod>,
    lose_claims: Vec<String>,
    /// Names of pods that no node takes.
    held: BTreeSet<String>,
    /// Pods that are no object of the cluster: clients.
    strangers: Vec<Subject>,
    /// Clients outside the cluster.
    outside: BTreeSet<Ipv4Addr>,
    cuts: Cuts,
    computed: Endpoints,
    coming: VecDeque<(Instant, Endpoints)>,
    known: Endpoints,
    installed: Option<Rules>,
    refresh: VecDeque<Instant>,
    last_uid: u64,
}

impl Cluster {
    /// An empty cluster whose logs go to this directory.
    pub(crate) fn start(settings: Settings, logs: &Path, kubelet: Kubelet) -> io::Result<Arc<Self>> {
        let fabric = Fabric::new()?;
        let name_pod = fabric.attach()?;
        let names = NameService::start(&name_pod)?;
        let cluster = Arc::new(Self {
            settings: Arc::new(settings),
            kubelet,
            journal: Journal::open(logs)?,
            fabric,
            names,
            name_pod,
            state: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let controller = Arc::clone(&cluster);
        thread::Builder::new().name("controllers".to_owned()).spawn(move || {
            while !controller.ended.load(Ordering::Acquire) {
                if let Err(error) = controller.reconcile() {
                    controller.journal.event(&format!("controllers: {error}"));
                }
                thread::sleep(TICK);
            }
        })?;
        Ok(cluster)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Everything that was applied.
    pub(crate) fn objects(&self) -> Objects {
        self.state().objects.clone()
    }

    /// The Services' virtual addresses.
    pub(crate) fn addresses(&self) -> Addresses {
        self.state().addresses.clone()
    }

    /// Applies objects as `kubectl apply` does.
    pub(crate) fn apply(&self, mut objects: Objects) {
        let mut guard = self.state();
        let state = &mut *guard;
        let files_change = state.objects.config_maps != objects.config_maps || !objects.secrets.is_empty();
        for (name, service) in &objects.services {
            if !headless(service) && !state.addresses.contains_key(name) {
                let address = self.fabric.service_address();
                state.addresses.insert(name.clone(), address);
            }
            match balancer(service, || self.fabric.balancer_address()) {
                Some(address) => {
                    state.balancers.entry(name.clone()).or_insert(address);
                }
                None => drop(state.balancers.remove(name)),
            }
        }
        // A pod is made once and then goes its own way.
        let pods = std::mem::take(&mut objects.pods);
        state.orphans.extend(pods.into_values().filter(|pod| {
            let name = pod.metadata.name.as_deref().unwrap_or_default();
            !state.pods.contains_key(name)
        }));
        state.objects.apply(objects);
        if files_change {
            state.refresh.push_back(Instant::now() + self.settings.draw(self.settings.refresh));
        }
        self.journal.event("objects applied");
    }

    /// Deletes every Service and makes it anew, at another address.
    pub(crate) fn renew_services(&self) {
        for address in self.state().addresses.values_mut() {
            *address = self.fabric.service_address();
        }
        self.journal.event("Services made anew");
    }

    /// Sets the replicas of a StatefulSet, Deployment or ReplicationController as `kubectl scale` does.
    pub(crate) fn scale(&self, name: &str, replicas: i32) {
        let objects = &mut self.state().objects;
        if let Some(spec) = objects.stateful_sets.get_mut(name).and_then(|set| set.spec.as_mut()) {
            spec.replicas = Some(replicas);
        }
        if let Some(spec) = objects.deployments.get_mut(name).and_then(|one| one.spec.as_mut()) {
            spec.replicas = Some(replicas);
        }
        if let Some(spec) = objects.replication_controllers.get_mut(name).and_then(|one| one.spec.as_mut()) {
            spec.replicas = Some(replicas);
        }
        self.journal.event(&format!("{name} scaled to {replicas}"));
    }

    /// The pod of this name.
    pub(crate) fn pod(&self, name: &str) -> Option<Arc<Pod>> {
        self.state().pods.get(name).cloned()
    }

    /// All pods, by name.
    pub(crate) fn pods(&self) -> Vec<Arc<Pod>> {
        self.state().pods.values().cloned().collect()
    }

    /// The pods of a StatefulSet or Deployment, by name.
    pub(crate) fn pods_of(&self, set: &str) -> Vec<Arc<Pod>> {
        let owners = ["StatefulSet", "Deployment"].map(|kind| Some(format!("{kind}/{set}")));
        self.state().pods.values().filter(|pod| owners.contains(&pod.owner())).cloned().collect()
    }

    /// The replicas a StatefulSet, Deployment or ReplicationController is to have.
    pub(crate) fn replicas(&self, name: &str) -> usize {
        let Objects { stateful_sets, deployments, replication_controllers, .. } = &self.state().objects;
        let replicas = stateful_sets.get(name).and_then(|set| set.spec.as_ref()?.replicas);
        let replicas = replicas.or_else(|| deployments.get(name)?.spec.as_ref()?.replicas);
        let replicas = replicas.or_else(|| replication_controllers.get(name)?.spec.as_ref()?.replicas);
        usize::try_from(replicas.unwrap_or(1)).unwrap_or(0)
    }

    /// Deletes a pod, giving it the time it was rendered with.
    pub(crate) fn delete(&self, name: &str) {
        if let Some(pod) = self.pod(name) {
            self.journal.event(&format!("pod {name} deleted"));
            let deletion = Deletion { since: Instant::now(), grace: pod.grace(), force: false };
            pod.state().deletion.get_or_insert(deletion);
        }
    }

    /// Lets no node take pods of this name from now on, until they are released or everything is removed.
    pub(crate) fn hold(&self, name: &str) {
        self.state().held.insert(name.to_owned());
        self.journal.event(&format!("no node takes {name} any more"));
    }

    /// Lets nodes take pods of this name again.
    pub(crate) fn release(&self, name: &str) {
        self.state().held.remove(name);
    }

    /// Whether no node takes pods of this name.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.state().held.contains(name)
    }

    /// Deletes a pod by force: killed without its hook, forgotten at once.
    pub(crate) fn delete_forced(&self, name: &str) {
        let removed = self.state().pods.remove(name);
        if let Some(pod) = removed {
            self.journal.event(&format!("pod {name} deleted by force"));
            if let Some((pid, _)) = pod.main() {
                let _ = signal(pid, Signal::SIGKILL);
            }
            pod.state().deletion = Some(Deletion { since: Instant::now(), grace: Duration::ZERO, force: true });
            self.state().ghosts.push(pod);
        }
    }

    /// Deletes pods at once.
    pub(crate) fn delete_all(&self, pods: &[Arc<Pod>]) {
        for pod in pods {
            self.delete(&pod.name);
        }
    }

    /// Deletes pods at once by force.
    pub(crate) fn delete_all_forced(&self, pods: &[Arc<Pod>]) {
        for pod in pods {
            self.delete_forced(&pod.name);
        }
    }

    /// Loses a pod with its node: it falls silent without a last packet, then it is deleted by force.
    pub(crate) fn lose(&self, name: &str) -> io::Result<()> {
        let ip = self.pod(name).and_then(|pod| pod.ip());
        self.cut(ip.as_slice(), true, true)?;
        self.delete_forced(name);
        Ok(())
    }

    /// Sends a signal to the server or sentinel of a pod.
    pub(crate) fn signal(&self, name: &str, what: Signal) -> io::Result<()> {
        let pid = container::server(self.main(name)?);
        self.journal.event(&format!("{what} sent to process {pid} of pod {name}"));
        signal(pid, what)
    }

    /// Kills the container of a pod, with all that runs in it.
    pub(crate) fn kill_container(&self, name: &str) -> io::Result<()> {
        let pid = self.main(name)?;
        self.journal.event(&format!("container of pod {name} killed"));
        signal(pid, Signal::SIGKILL)
    }

    fn main(&self, name: &str) -> io::Result<i32> {
        let main = self.pod(name).and_then(|pod| pod.main());
        main.map(|(pid, _)| pid).ok_or_else(|| io::Error::other(format!("nothing runs in pod {name}")))
    }

    /// Cuts addresses off from all others, whichever way; they still reach each other.
    pub(crate) fn cut(&self, ips: &[Ipv4Addr], sending: bool, receiving: bool) -> io::Result<()> {
        let mut state = self.state();
        if sending {
            state.cuts.sending.extend(ips);
        }
        if receiving {
            state.cuts.receiving.extend(ips);
        }
        drop(state);
        self.journal.event(&format!("cut off {ips:?}, sending {sending}, receiving {receiving}"));
        self.install()
    }

    /// Heals all cuts.
    pub(crate) fn heal(&self) -> io::Result<()> {
        self.state().cuts = Cuts::default();
        self.journal.event("cuts healed");
        self.install()
    }

    /// Lets every container be restarted at once again, as after ten quiet minutes.
    pub(crate) fn forget_back_off(&self) {
        for pod in self.pods() {
            for container in pod.state().containers.values_mut() {
                container.crashes = 0;
            }
        }
    }

    /// A network for a client, which policies see as a pod with these labels.
    pub(crate) fn stranger(&self, namespace: &str, labels: &[(&str, &str)]) -> io::Result<Arc<PodNet>> {
        let net = self.fabric.attach()?;
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let subject = Subject { ip: net.ip, namespace: namespace.to_owned(), labels, ports: BTreeMap::new() };
        self.state().strangers.push(subject);
        self.install()?;
        Ok(Arc::new(net))
    }

    /// A network for a client outside the cluster.
    pub(crate) fn outsider(&self) -> io::Result<Arc<PodNet>> {
        let net = self.fabric.attach_outside()?;
        self.state().outside.insert(net.ip);
        self.install()?;
        Ok(Arc::new(net))
    }

    /// Removes everything and waits until nothing runs.
    pub(crate) fn clear(&self) {
        self.state().objects = Objects::default();
        let pods = self.pods();
        for pod in &pods {
            self.delete_forced(&pod.name);
        }
        while !self.state().ghosts.is_empty() {
            thread::sleep(TICK);
        }
        let mut state = self.state();
        state.addresses.clear();
        state.balancers.clear();
        state.progress.clear();
        state.held.clear();
        state.cuts = Cuts::default();
        state.refresh.clear();
        // Whoever comes next must not find the addresses of those who were here.
        state.computed = Endpoints::default();
        state.known = Endpoints::default();
        state.coming.clear();
        self.names.publish(BTreeMap::new());
        let _ = std::fs::remove_dir_all(Path::new(STATE).join("claims"));
        drop(state);
        self.names.forget();
        self.names.stop(false);
        self.names.slow(Duration::ZERO);
        self.names.cache(dns::USUALLY_KEPT);
    }

    /// Takes a pod off the list, if it is still this one.
    pub(crate) fn forget(&self, pod: &Arc<Pod>) {
        let mut state = self.state();
        if state.pods.get(&pod.name).is_some_and(|known| known.uid == pod.uid) {
            state.pods.remove(&pod.name);
        }
        state.ghosts.retain(|ghost| ghost.uid != pod.uid);
    }

    fn reconcile(self: &Arc<Self>) -> io::Result<()> {
        let mut born = Vec::new();
        let mut wanted = Vec::new();
        let mut state = self.state();
        let sets: Vec<_> = state.objects.stateful_sets.iter().map(|(name, set)| (name.clone(), set.clone())).collect();
        for (name, set) in sets {
            let mut progress = state.progress.remove(&name).flatten();
            let actions = stateful_set::reconcile(&set, &mut progress, &state.pods);
            state.progress.insert(name, progress);
            wanted.extend(actions);
        }
        for deployment in state.objects.deployments.values() {
            wanted.extend(deployment::reconcile(deployment, &state.pods, self.settings.random()));
        }
        let controllers: Vec<_> = state.objects.replication_controllers.values().cloned().collect();
        for controller in controllers {
            let actions = replication_controller::reconcile(&controller, &state.pods, self.settings.random());
            wanted.extend(actions);
            // What it starts must be seen by the next one, which may have the same selector.
            born.extend(self.carry_out(&mut state, std::mem::take(&mut wanted)));
        }
        born.extend(self.carry_out(&mut state, wanted));
        for pod in std::mem::take(&mut state.orphans) {
            born.push(self.create(&mut state, orphan(pod)));
        }
        self.lose_claims(&mut state)?;
        self.propagate(&mut state);
        self.refresh(&mut state)?;
        drop(state);
        for pod in born {
            (self.kubelet)(self, pod);
        }
        self.install()
    }

    /// Does what controllers want; the pods to look after.
    fn carry_out(&self, state: &mut State, actions: Vec<Action>) -> Vec<Arc<Pod>> {
        let mut born = Vec::new();
        for action in actions {
            match action {
                Action::Create(birth) => born.push(self.create(state, *birth)),
                Action::Delete(name) => {
                    if let Some(pod) = state.pods.get(&name) {
                        self.journal.event(&format!("pod {name} deleted by its controller"));
                        let deletion = Deletion { since: Instant::now(), grace: pod.grace(), force: false };
                        pod.state().deletion.get_or_insert(deletion);
                    }
                }
                Action::LoseClaims(pod) => state.lose_claims.push(pod),
            }
        }
        born
    }

    fn create(&self, state: &mut State, birth: Birth) -> Arc<Pod> {
        state.last_uid += 1;
        let birth = Birth { uid: state.last_uid, ..birth };
        self.journal.event(&format!("pod {} created, revision {}", birth.name, birth.revision));
        let pod = Arc::new(Pod::new(birth, &Path::new(STATE).join("pods")));
        state.pods.insert(pod.name.clone(), Arc::clone(&pod));
        pod
    }

    fn lose_claims(&self, state: &mut State) -> io::Result<()> {
        let State { lose_claims, pods, objects, .. } = state;
        let mut gone = Vec::new();
        lose_claims.retain(|pod| {
            let there = pods.contains_key(pod);
            if !there {
                gone.push(pod.clone());
            }
            there
        });
        for pod in gone {
            for set in objects.stateful_sets.values() {
                for claim in set.spec.iter().flat_map(|spec| spec.volume_claim_templates.iter().flatten()) {
                    let claim = format!("{}-{pod}", claim.metadata.name.as_deref().unwrap_or_default());
                    self.journal.event(&format!("claim {claim} deleted by its retention policy"));
                    volume::lose_claim(&claim)?;
                }
            }
        }
        Ok(())
    }

    /// Lets Services and names learn of changes after a while.
    fn propagate(&self, state: &mut State) {
        let namespace = state.objects.stateful_sets.values().find_map(|set| set.metadata.namespace.clone());
        let namespace = namespace.unwrap_or_else(|| "default".to_owned());
        let now =
            endpoints::work_out(&namespace, &state.objects.services, (&state.addresses, &state.balancers), &state.pods);
        if now != state.computed {
            // The name of a Service is known as soon as it has an address; only what stands behind it comes later.
            let mut names = state.known.names.clone();
            names.extend(
                now.names
                    .iter()
                    .filter(|(_, ips)| {
                        state.addresses.values().chain(state.balancers.values()).any(|ip| ips.contains(ip))
                    })
                    .map(|(name, ips)| (name.clone(), ips.clone())),
            );
            self.names.publish(names);
            state.computed = now.clone();
            let due = Instant::now() + self.settings.draw(self.settings.propagation);
            // A later change never overtakes an earlier one.
            let due = state.coming.back().map_or(due, |(last, _)| due.max(*last));
            state.coming.push_back((due, now));
        }
        while state.coming.front().is_some_and(|(due, _)| Instant::now() >= *due) {
            if let Some((_, endpoints)) = state.coming.pop_front() {
                self.names.publish(endpoints.names.clone());
                state.known = endpoints;
            }
        }
    }

    /// Brings changed `ConfigMaps` and Secrets to the files of running pods.
    fn refresh(&self, state: &mut State) -> io::Result<()> {
        if state.refresh.front().is_none_or(|due| Instant::now() < *due) {
            return Ok(());
        }
        state.refresh.pop_front();
        for pod in state.pods.values() {
            for volume in pod.spec.volumes.iter().flatten() {
                let Ok(Some(files)) = volume::files(volume, &state.objects) else { continue };
                let mut own = pod.state();
                if own.files.get(&volume.name).is_some_and(|written| *written != files) {
                    volume::write(&pod.dir.join("volumes").join(&volume.name), &files, pod.volume_group())?;
                    own.files.insert(volume.name.clone(), files);
                    self.journal.event(&format!("pod {} sees new files in volume {}", pod.name, volume.name));
                }
            }
        }
        Ok(())
    }

    /// Puts the packet rules in force that follow from the state, if they changed.
    pub(crate) fn install(&self) -> io::Result<()> {
        let mut state = self.state();
        let rules = self.rules(&state);
        if state.installed.as_ref() != Some(&rules) {
            rules.install()?;
            state.installed = Some(rules);
        }
        Ok(())
    }

    fn rules(&self, state: &State) -> Rules {
        let mut subjects = state.strangers.clone();
        subjects.push(Subject {
            ip: self.name_pod.ip,
            namespace: "kube-system".to_owned(),
            labels: BTreeMap::from([("k8s-app".to_owned(), "kube-dns".to_owned())]),
            ports: BTreeMap::from([("dns".to_owned(), 53), ("dns-tcp".to_owned(), 53)]),
        });
        for pod in state.pods.values().chain(&state.ghosts) {
            if let Some(ip) = pod.ip() {
                let Pod { namespace, labels, .. } = &**pod;
                subjects.push(Subject { ip, namespace: namespace.clone(), labels: labels.clone(), ports: pod.ports() });
            }
        }
        let mut virtuals = state.known.virtuals.clone();
        let names = vec![(self.name_pod.ip, 53)];
        let (sources, masquerade) = (Vec::new(), false);
        virtuals.push(Virtual { ip: NAME_SERVICE, protocol: "udp", port: 53, backends: names, sources, masquerade });
        Rules {
            virtuals,
            policed: Policed::work_out(state.objects.policies.values(), &subjects),
            cuts: state.cuts.clone(),
            pods: subjects.iter().map(|subject| subject.ip).collect(),
            outside: state.outside.clone(),
        }
    }
}

/// A pod nobody owns, as it was applied.
fn orphan(pod: k8s_openapi::api::core::v1::Pod) -> Birth {
    Birth {
        name: pod.metadata.name.unwrap_or_default(),
        namespace: pod.metadata.namespace.unwrap_or_else(|| "default".to_owned()),
        uid: 0,
        labels: pod.metadata.labels.unwrap_or_default(),
        annotations: pod.metadata.annotations.unwrap_or_default(),
        spec: pod.spec.unwrap_or_default(),
        owner: None,
        revision: String::new(),
    }
}

fn headless(service: &Service) -> bool {
    service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()) == Some("None")
}

/// The address a provider gives a Service that asks for a load balancer.
fn balancer(service: &Service, any: impl FnOnce() -> Ipv4Addr) -> Option<Ipv4Addr> {
    let spec = service.spec.as_ref().filter(|spec| spec.type_.as_deref() == Some("LoadBalancer"))?;
    Some(spec.load_balancer_ip.as_ref().and_then(|ip| ip.parse().ok()).unwrap_or_else(any))
}

/// Waits until something holds; false if it did not within this time.
pub(crate) fn wait_until(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    loop {
        if holds() {
            return true;
        }
        if began.elapsed() >= limit {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
}
