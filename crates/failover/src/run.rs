//! One run of one scenario: clients at work, a fault, and what came of it.

use std::io;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::background::Background;
use crate::caller::{Caller, Service};
use crate::data;
use crate::ground::Ground;
use crate::health::Examiner;
use crate::idle::Cost;
use crate::kube::cluster::{Cluster, wait_until};
use crate::kube::settings::Random;
use crate::lock::lock;
use crate::machine;
use crate::net::rules;
use crate::scenario::{Lost, Scenario};
use crate::trial::{Note, OVERTIME, Trial};
use crate::writer::{Promise, Writer, Written};

/// How long clients work before the fault.
const RUN_UP: Duration = Duration::from_millis(1_500);

/// Processes that may be between their end and their burial at any moment.
const ZOMBIES: usize = 20;

/// What one run gave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    pub(crate) gap: Option<f64>,
    pub(crate) wait_gap: Option<f64>,
    pub(crate) read_gap: Option<f64>,
    pub(crate) lost_plain: Option<(usize, usize)>,
    pub(crate) lost_wait: Option<(usize, usize)>,
    pub(crate) healthy: Option<f64>,
    pub(crate) moves: usize,
    pub(crate) notes: Vec<Note>,
    /// What each pod cost, where that was measured.
    pub(crate) costs: Vec<Cost>,
    /// What must never happen, and did.
    pub(crate) failures: Vec<String>,
    /// What took longer than its bound.
    pub(crate) late: Vec<String>,
}

impl Measured {
    /// Whether everything held.
    pub(crate) fn passed(&self) -> bool {
        self.failures.is_empty() && self.late.is_empty()
    }

    /// Why it failed.
    pub(crate) fn complaints(&self) -> impl Iterator<Item = &String> {
        self.failures.iter().chain(&self.late)
    }

    /// For machines.
    pub(crate) fn json(&self) -> Value {
        let notes: Vec<Value> = self
            .notes
            .iter()
            .map(|note| json!({"what": note.what, "value": note.value, "bound": note.bound}))
            .collect();
        let lost = |lost: Option<(usize, usize)>| lost.map(|(lost, of)| json!({"lost": lost, "of": of}));
        json!({
            "gap": self.gap, "waitGap": self.wait_gap, "readGap": self.read_gap, "plain": lost(self.lost_plain),
            "wait": lost(self.lost_wait), "healthy": self.healthy, "moves": self.moves, "notes": notes,
            "costs": self.costs.iter().map(Cost::json).collect::<Vec<_>>(),
            "failures": self.complaints().collect::<Vec<_>>(), "pass": self.passed(),
        })
    }
}

/// Runs a scenario on a ground that stands and is healthy.
pub(crate) fn run(scenario: &Scenario, ground: &mut Ground, random: &Random) -> Measured {
    let mut measured = Measured::default();
    if let Err(error) = attempt(scenario, ground, random, &mut measured) {
        measured.failures.push(error.to_string());
    }
    measured
}

fn attempt(scenario: &Scenario, ground: &mut Ground, random: &Random, measured: &mut Measured) -> io::Result<()> {
    let cluster = Arc::clone(&ground.cluster);
    cluster.journal.event(&format!("=== scenario {}", scenario.name));
    cluster.forget_back_off();
    rules::forget_denied()?;
    let Examiner { net, clients, .. } = ground.examiner.clone();
    let instance = ground.examiner.instance.clone();
    let mut plain = Writer::start(&instance, &clients, "plain", Promise::Plain)?;
    let mut wait = Writer::start(&instance, &clients, "wait", Promise::Replicated)?;
    let reader = Caller::start(Service::Read, &instance, &net)?;
    let searcher = Caller::start(Service::Sentinel, &instance, &clients)?;
    let watch = Watch::start(&ground.examiner)?;
    let flowing = || plain.written().acknowledged.len() > 50 && wait.written().acknowledged.len() > 20;
    if !wait_until(Duration::from_secs(10), flowing) {
        return Err(io::Error::other(format!("clients cannot write: {:?}", last_error(&plain))));
    }
    thread::sleep(RUN_UP);

    let began = Instant::now();
    let mut trial = Trial {
        cluster: Arc::clone(&cluster),
        examiner: &mut ground.examiner,
        random,
        fault: began,
        mended: None,
        notes: Vec::new(),
        beside: Vec::new(),
        reader: &reader,
        searcher: &searcher,
    };
    cluster.journal.event("=== fault");
    let acted = (scenario.act)(&mut trial);
    let Trial { fault, mended, notes, beside, .. } = trial;
    measured.notes = notes;
    acted?;

    let bounds = &scenario.bounds;
    let limit = Duration::from_secs_f64(bounds.healthy.unwrap_or(30.0)) + OVERTIME;
    match ground.examiner.wait(limit) {
        Ok(since) => measured.healthy = Some((since.saturating_duration_since(mended.unwrap_or(fault))).as_secs_f64()),
        Err(wrong) => measured.failures.push(format!("not healthy: {}", wrong.join("; "))),
    }
    cluster.journal.event("=== healthy, or given up");
    let written = plain.written();
    if !wait_until(Duration::from_secs(10), || plain.written().acknowledged.len() > written.acknowledged.len() + 20) {
        measured.failures.push(format!("clients do not write any more: {:?}", last_error(&plain)));
    }
    let until = Instant::now();
    measured.gap = Some(plain.written().longest_gap(fault, until).as_secs_f64());
    measured.wait_gap = Some(wait.written().longest_gap(fault, until).as_secs_f64());
    measured.read_gap = Some(reader.longest_gap(fault).as_secs_f64());
    plain.stop();
    wait.stop();
    drop((reader, searcher));
    measured.moves = watch.moves();
    journal_errors(&cluster, &plain, fault);
    let written = [plain.written(), wait.written()];
    if measured.healthy.is_some() {
        if let Some(difference) = data::same(&ground.examiner, Duration::from_secs(10)) {
            measured.failures.push(difference);
        }
        let [plain, wait] = written;
        let of_promise = |promise, own: Written| -> io::Result<_> {
            let beside = beside.iter().filter(|(other, _)| *other == promise).map(|(_, written)| written);
            let all: Vec<&Written> = beside.chain([&own]).collect();
            let lost = data::lost(&ground.examiner, &all)?;
            Ok(Some((lost, all.iter().map(|written| written.acknowledged.len()).sum())))
        };
        measured.lost_plain = of_promise(Promise::Plain, plain)?;
        measured.lost_wait = of_promise(Promise::Replicated, wait)?;
        data::flush(&ground.examiner)?;
    }
    aftermath(&cluster, measured)?;
    judge(scenario, measured);
    Ok(())
}

/// Adds what nobody should have to see after any run.
pub(crate) fn aftermath(cluster: &Cluster, measured: &mut Measured) -> io::Result<()> {
    // Of pods that are gone the rules know nothing, so a last packet to one of them is no refusal.
    let pods = cluster.pods();
    let name = |ip| pods.iter().find(|pod| pod.ip() == Some(ip)).map(|pod| pod.name.clone());
    for (from, to, port) in rules::denied()? {
        if let (Some(from), Some(to)) = (name(from), name(to)) {
            measured.failures.push(format!("a network policy refused {from} to {to} port {port}"));
        }
    }
    let zombies = machine::zombies();
    if zombies > ZOMBIES {
        measured.failures.push(format!("{zombies} processes have ended and are not buried"));
    }
    measured.failures.extend(cluster.journal.complaints());
    Ok(())
}

/// Holds the figures against the bounds.
pub(crate) fn judge(scenario: &Scenario, measured: &mut Measured) {
    let bounds = &scenario.bounds;
    let mut hold = |what: &str, value: Option<f64>, bound: Option<f64>| {
        if let (Some(value), Some(bound)) = (value, bound)
            && value > bound
        {
            measured.late.push(format!("{what}: {value:.2}, not more than {bound} allowed"));
        }
    };
    hold("seconds without an accepted write", measured.gap, bounds.gap);
    hold("seconds until healthy", measured.healthy, bounds.healthy);
    for note in &measured.notes {
        hold(&note.what, Some(note.value), Some(note.bound));
    }
    // A machine that stands still for longer than downAfter has another master elected, and rightly so.
    if let Some(most) = bounds.moves.filter(|most| measured.moves > *most) {
        measured.late.push(format!("the master moved {} times, {most} allowed", measured.moves));
    }
    let lost = |lost: Option<(usize, usize)>| lost.map_or(0, |(lost, _)| lost);
    if bounds.lost == Lost::Nothing && lost(measured.lost_plain) > 0 {
        measured.failures.push(format!("{} acknowledged writes lost", lost(measured.lost_plain)));
    }
    if bounds.lost != Lost::Any && lost(measured.lost_wait) > 0 {
        measured.failures.push(format!("{} writes lost that a replica had acknowledged", lost(measured.lost_wait)));
    }
}

fn last_error(writer: &Writer) -> Option<String> {
    writer.errors().last().map(|(_, error)| error.clone())
}

/// Writes the first of each kind of error a client met to the journal.
fn journal_errors(cluster: &Cluster, writer: &Writer, fault: Instant) {
    let mut last = String::new();
    for (at, error) in writer.errors() {
        if error != last {
            let (sign, time) = if at < fault { ("-", fault - at) } else { ("+", at - fault) };
            cluster.journal.event(&format!("client, fault {sign}{:.2} s: {error}", time.as_secs_f64()));
            last = error;
        }
    }
}

/// Counts how often the master moves.
struct Watch {
    seen: Arc<Mutex<Vec<String>>>,
    watching: Background,
}

impl Watch {
    fn start(examiner: &Examiner) -> io::Result<Self> {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (examiner, list) = (examiner.clone(), Arc::clone(&seen));
        let watching = Background::start("watch", move |end| {
            while !end.has_come() {
                if let Some(master) = examiner.named() {
                    let mut list = lock(&list);
                    if list.last() != Some(&master) {
                        examiner.cluster.journal.event(&format!("a majority of sentinels names {master}"));
                        list.push(master);
                    }
                }
                thread::sleep(Duration::from_millis(150));
            }
        })?;
        Ok(Self { seen, watching })
    }

    fn moves(mut self) -> usize {
        self.watching.stop();
        lock(&self.seen).len().saturating_sub(1)
    }
}
