//! What an instance costs while nobody uses it, beside a plain one at the same time on the same machine.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::ground::{Ground, Kind};
use crate::health::Examiner;
use crate::kube::cluster::Cluster;
use crate::kube::meter::{self, Reading};
use crate::kube::pod::Pod;
use crate::net::rules;
use crate::plain::Plain;
use crate::run::{Measured, aftermath, judge};
use crate::scenario::{Idle, Scenario};
use crate::trial::Note;

/// How long it is measured.
const WINDOW: Duration = Duration::from_secs(40);

/// How often memory is looked at within that time.
const LOOKS: u32 = 10;

/// How long a healthy instance is given to find that it is.
const SETTLE: Duration = Duration::from_secs(20);

/// How long one that is not, to look less and less often.
const BACK_OFF: Duration = Duration::from_secs(60);

/// Processor time that the runtime and kubelet of a real node spend on a probe that runs a command, measured on containerd:
/// it makes a process that makes the command's, and waits for both.
const MILLISECONDS_OF_A_PROBE: f64 = 25.0;

/// Most processes a whole instance may start in a second, whatever its state.
const STARTS: f64 = 8.0;

/// Most probes a second that run a command in any of its pods.
const PROBES: f64 = 0.5;

/// Most MiB that scripts and clients of a pod may hold.
const MEMORY: f64 = 8.0;

/// The names of the figures that have bounds.
pub(crate) const OF_PLAIN: &str = "times the cost of a plain instance";
pub(crate) const MOST_MEMORY: &str = "MiB beside a server, in the pod that has most";
pub(crate) const ALL_STARTS: &str = "process starts a second";
pub(crate) const ALL_PROBES: &str = "exec probes a second";

/// The lines of a table that hold sums.
pub(crate) const WHOLE: &str = "instance";
pub(crate) const FLOOR: &str = "plain instance";

/// What a pod, or several, cost each second.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cost {
    pub(crate) pod: String,
    pub(crate) millicores: f64,
    pub(crate) starts: f64,
    pub(crate) probes: f64,
    /// Most MiB of anonymous memory beside the server.
    pub(crate) memory: f64,
}

impl Cost {
    /// Of all these together; memory is that of the one that has most.
    fn sum(pod: &str, of: &[Self]) -> Self {
        let start = Self { pod: pod.to_owned(), ..Self::default() };
        of.iter().fold(start, |sum, one| Self {
            pod: sum.pod,
            millicores: sum.millicores + one.millicores,
            starts: sum.starts + one.starts,
            probes: sum.probes + one.probes,
            memory: sum.memory.max(one.memory),
        })
    }

    /// With what its probes cost the node.
    pub(crate) fn with_probes(&self) -> f64 {
        self.millicores + self.probes * MILLISECONDS_OF_A_PROBE
    }

    /// For machines.
    pub(crate) fn json(&self) -> Value {
        let Self { pod, millicores, starts, probes, memory } = self;
        json!({
            "pod": pod, "millicores": millicores, "withProbes": self.with_probes(), "startsPerSecond": starts,
            "execProbesPerSecond": probes, "memory": memory,
        })
    }
}

/// A table for people.
pub(crate) fn table(costs: &[Cost]) -> Vec<String> {
    if costs.is_empty() {
        return Vec::new();
    }
    let head = ("pod", "millicores", "with probes", "starts/s", "exec probes/s", "MiB beside");
    let head = format!("    {:<20} {:>10} {:>11} {:>9} {:>13} {:>10}", head.0, head.1, head.2, head.3, head.4, head.5);
    let line = |cost: &Cost| {
        let Cost { pod, millicores, starts, probes, memory } = cost;
        let all = cost.with_probes();
        format!("    {pod:<20} {millicores:>10.1} {all:>11.1} {starts:>9.2} {probes:>13.2} {memory:>10.1}")
    };
    [head].into_iter().chain(costs.iter().map(line)).collect()
}

/// Brings an instance into a state, leaves it alone and measures.
pub(crate) fn run(scenario: &Scenario, idle: Idle, ground: &Ground) -> Measured {
    let mut measured = Measured::default();
    if let Err(error) = attempt(scenario, idle, ground, &mut measured) {
        measured.failures.push(error.to_string());
    }
    measured
}

fn attempt(scenario: &Scenario, idle: Idle, ground: &Ground, measured: &mut Measured) -> io::Result<()> {
    let Ground { cluster, examiner, .. } = ground;
    cluster.journal.event(&format!("=== scenario {}", scenario.name));
    rules::forget_denied()?;
    match idle {
        Idle::Healthy => {}
        Idle::ReplicaDown => lose_replica(cluster, examiner)?,
        Idle::Scaled => {
            for set in ["redis".to_owned(), examiner.instance.sentinel_set()] {
                cluster.scale(&set, 5);
            }
            examiner.wait(Duration::from_secs(60)).map_err(|wrong| io::Error::other(wrong.join("; ")))?;
        }
    }
    let plain = Plain::start(cluster, &examiner.net, examiner.instance.image())?;
    let before = examiner.named();
    cluster.journal.event("=== left alone");
    thread::sleep(if idle == Idle::ReplicaDown { BACK_OFF } else { SETTLE });

    let own: Vec<Arc<Pod>> =
        examiner.servers().into_iter().chain(examiner.sentinels()).filter(|pod| pod.main().is_some()).collect();
    let all: Vec<Arc<Pod>> = own.iter().chain(plain.pods()).cloned().collect();
    cluster.journal.event("=== measured from here");
    let mut costs = measure(&all)?;
    cluster.journal.event("=== to here");
    let floor = Cost::sum(FLOOR, &costs.split_off(own.len()));
    let whole = Cost::sum(WHOLE, &costs);

    let is_healthy = idle != Idle::ReplicaDown;
    if is_healthy {
        measured.failures.extend(examiner.complaints());
    }
    measured.moves = usize::from(examiner.named() != before);
    aftermath(cluster, measured)?;
    let mut note = |what: &str, value, bound| measured.notes.push(Note { what: what.to_owned(), value, bound });
    if is_healthy {
        note(OF_PLAIN, whole.with_probes() / floor.millicores, most_of_plain(ground.kind, idle));
        note(MOST_MEMORY, whole.memory, MEMORY);
    }
    note(ALL_STARTS, whole.starts, STARTS);
    note(ALL_PROBES, whole.probes, PROBES);
    costs.extend([whole, floor]);
    measured.costs = costs;
    judge(scenario, measured);
    Ok(())
}

/// How many times the cost of a plain instance of three and three a healthy one may cost.
fn most_of_plain(kind: Kind, idle: Idle) -> f64 {
    match (kind, idle) {
        // 2.5 times plain Redis 8, which costs twice as much as Redis 7, the one server here that was built with TLS.
        (Kind::AuthTls, _) => 5.0,
        (_, Idle::Scaled) => 3.5,
        _ => 2.0,
    }
}

/// Loses a replica with its node, and no other takes its successor.
fn lose_replica(cluster: &Cluster, examiner: &Examiner) -> io::Result<()> {
    let master = examiner.master()?;
    let replica = examiner.servers().into_iter().rfind(|pod| pod.name != master.name);
    let replica = replica.ok_or_else(|| io::Error::other("there is no replica"))?;
    cluster.hold(&replica.name);
    cluster.lose(&replica.name)
}

/// What each of these costs.
fn measure(pods: &[Arc<Pod>]) -> io::Result<Vec<Cost>> {
    let first = pods.iter().map(|pod| Reading::of(pod)).collect::<io::Result<Vec<_>>>()?;
    let mut memory = vec![0; pods.len()];
    for _ in 0..LOOKS {
        thread::sleep(WINDOW / LOOKS);
        for (most, pod) in memory.iter_mut().zip(pods) {
            *most = meter::beside_server(pod)?.max(*most);
        }
    }
    let cost = |((pod, first), memory): ((&Arc<Pod>, &Reading), u64)| -> io::Result<Cost> {
        let used = Reading::of(pod)?.since(first);
        let seconds = used.time.as_secs_f64();
        let each_second = |count: u64| number(count) / seconds;
        Ok(Cost {
            pod: pod.name.clone(),
            millicores: 1_000.0 * used.processor.as_secs_f64() / seconds,
            starts: each_second(used.starts),
            probes: each_second(used.probes),
            memory: number(memory / 1024) / 1024.0,
        })
    };
    pods.iter().zip(&first).zip(memory).map(cost).collect()
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
