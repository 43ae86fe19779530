//! One pod and what is known of it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Container, PodSpec};

use super::container::Spec;
use super::meter::Meter;
use super::volume::Files;
use crate::lock::lock;
use crate::net::fabric::PodNet;

/// A pod of the API and its life on the node.
#[derive(Debug)]
pub(crate) struct Pod {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) uid: u64,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) spec: PodSpec,
    /// The controller that owns it, as kind and name; changed only by adoption.
    owner: Mutex<Option<String>>,
    /// The revision of its template.
    pub(crate) revision: String,
    /// Its volumes and writable layers.
    pub(crate) dir: PathBuf,
    pub(crate) meter: Meter,
    state: Mutex<PodState>,
}

/// What changes in a pod's life.
#[derive(Debug, Default)]
pub(crate) struct PodState {
    pub(crate) net: Option<Arc<PodNet>>,
    pub(crate) ready_since: Option<Instant>,
    pub(crate) deletion: Option<Deletion>,
    pub(crate) containers: BTreeMap<String, ContainerState>,
    /// Files written into its ConfigMap and Secret volumes.
    pub(crate) files: BTreeMap<String, Files>,
    /// Nothing of it runs any more.
    pub(crate) over: bool,
}

/// A wish that the pod ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deletion {
    pub(crate) since: Instant,
    pub(crate) grace: Duration,
    /// Killed at once, no hook.
    pub(crate) force: bool,
}

/// A container as others see it.
#[derive(Debug, Default)]
pub(crate) struct ContainerState {
    pub(crate) running: Option<(i32, Arc<Spec>)>,
    /// Ends since the back-off was last forgotten.
    pub(crate) crashes: u32,
    pub(crate) restarts: u32,
}

/// What makes a pod.
#[derive(Debug)]
pub(crate) struct Birth {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) uid: u64,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) spec: PodSpec,
    pub(crate) owner: Option<String>,
    pub(crate) revision: String,
}

impl Pod {
    /// A new pod whose files are to be below this directory.
    pub(crate) fn new(birth: Birth, pods: &Path) -> Self {
        let Birth { name, namespace, uid, labels, annotations, spec, owner, revision } = birth;
        let dir = pods.join(format!("{name}-{uid}"));
        let meter = Meter::new(&format!("{name}-{uid}"));
        let owner = Mutex::new(owner);
        let state = Mutex::new(PodState::default());
        Self { name, namespace, uid, labels, annotations, spec, owner, revision, dir, meter, state }
    }

    /// Its state, locked.
    pub(crate) fn state(&self) -> MutexGuard<'_, PodState> {
        lock(&self.state)
    }

    /// Its address, once it has one.
    pub(crate) fn ip(&self) -> Option<Ipv4Addr> {
        self.state().net.as_ref().map(|net| net.ip)
    }

    /// Its UID as the API shows it.
    pub(crate) fn unique_id(&self) -> String {
        let part = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, self.uid, &self.name).hash(&mut hasher);
            hasher.finish()
        };
        let (first, last) = (part(1), part(2));
        let (high, middle, low) = (first >> 32, first >> 16 & 0xffff, first & 0xfff);
        format!("{high:08x}-{middle:04x}-4{low:03x}-8{:03x}-{:012x}", last >> 48 & 0xfff, last & 0xffff_ffff_ffff)
    }

    /// The name it calls itself.
    pub(crate) fn host_name(&self) -> &str {
        self.spec.hostname.as_deref().unwrap_or(&self.name)
    }

    /// True if all its containers are ready.
    pub(crate) fn ready(&self) -> bool {
        self.state().ready_since.is_some()
    }

    /// True if it is to end.
    pub(crate) fn terminating(&self) -> bool {
        self.state().deletion.is_some()
    }

    /// Ready and not about to end.
    pub(crate) fn healthy(&self) -> bool {
        let state = self.state();
        state.ready_since.is_some() && state.deletion.is_none()
    }

    /// Its containers' named ports.
    pub(crate) fn ports(&self) -> BTreeMap<String, u16> {
        let all = self.spec.init_containers.iter().flatten().chain(&self.spec.containers);
        let ports = all.flat_map(|container| container.ports.iter().flatten());
        ports.filter_map(|port| Some((port.name.clone()?, u16::try_from(port.container_port).ok()?))).collect()
    }

    /// Process 1 of its first container, and how to run something beside it.
    pub(crate) fn main(&self) -> Option<(i32, Arc<Spec>)> {
        let first = self.spec.containers.first()?;
        self.state().containers.get(&first.name)?.running.clone()
    }

    /// Gives it to a controller unless another owns it; true if it is that controller's now.
    pub(crate) fn adopt(&self, controller: &str) -> bool {
        let mut owner = lock(&self.owner);
        owner.get_or_insert_with(|| controller.to_owned()) == controller
    }

    /// The controller that owns it.
    pub(crate) fn owner(&self) -> Option<String> {
        lock(&self.owner).clone()
    }

    /// The seconds it may take to end, as rendered.
    pub(crate) fn grace(&self) -> Duration {
        let seconds = self.spec.termination_grace_period_seconds.unwrap_or(30);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }

    /// The user and group of a container's processes; the image's own user is root.
    pub(crate) fn identity(&self, container: &Container) -> (u32, u32) {
        let pod = self.spec.security_context.as_ref();
        let own = container.security_context.as_ref();
        let user = own.and_then(|own| own.run_as_user).or_else(|| pod.and_then(|pod| pod.run_as_user));
        let group = own.and_then(|own| own.run_as_group).or_else(|| pod.and_then(|pod| pod.run_as_group));
        let number = |id: Option<i64>| id.and_then(|id| u32::try_from(id).ok()).unwrap_or(0);
        (number(user), number(group))
    }

    /// The group that owns its volumes.
    pub(crate) fn volume_group(&self) -> Option<u32> {
        self.spec.security_context.as_ref()?.fs_group.and_then(|group| u32::try_from(group).ok())
    }
}
