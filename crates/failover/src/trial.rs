//! One run of one scenario: clients at work, a fault, and what came of it.

use std::io;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use redis_k8s::ApiVersion;
use redis_k8s_gen::diff::{Diff, Outcome};
use redis_k8s_gen::document::{self, Loaded, Source};
use serde_json::{Value, json};

use crate::background::Background;
use crate::caller::{Caller, Service};
use crate::data;
use crate::ground::Ground;
use crate::health::Examiner;
use crate::idle::Cost;
use crate::kube::cluster::{Cluster, wait_until};
use crate::kube::pod::Pod;
use crate::kube::settings::Random;
use crate::lock::lock;
use crate::machine;
use crate::net::rules;
use crate::scenario::{Lost, Scenario};
use crate::writer::{Promise, Writer, Written};

/// How long clients work before the fault.
const RUN_UP: Duration = Duration::from_millis(1_500);

/// How much longer than the bound a cluster is given, to tell slow from never.
const OVERTIME: Duration = Duration::from_secs(45);

/// Processes that may be between their end and their burial at any moment.
const ZOMBIES: usize = 20;

/// A figure a scenario measures besides the usual ones.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) bound: f64,
}

/// What a scenario's fault works with.
pub(crate) struct Trial<'a> {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) examiner: &'a mut Examiner,
    pub(crate) random: &'a Random,
    /// When the fault began.
    pub(crate) fault: Instant,
    /// From when on the time to health counts; the fault, unless said.
    pub(crate) mended: Option<Instant>,
    pub(crate) notes: Vec<Note>,
    /// What clients wrote that only the fault has.
    pub(crate) beside: Vec<(Promise, Written)>,
    reader: &'a Caller,
    searcher: &'a Caller,
}

impl Trial<'_> {
    /// The server that is master.
    pub(crate) fn master(&self) -> io::Result<Arc<Pod>> {
        self.examiner.master()
    }

    /// A server that is not master, by chance.
    pub(crate) fn replica(&self) -> io::Result<Arc<Pod>> {
        let master = self.master()?;
        let mut others = self.servers();
        others.retain(|pod| pod.name != master.name);
        self.random.pick(&others).cloned().ok_or_else(|| io::Error::other("there is no replica"))
    }

    /// All servers.
    pub(crate) fn servers(&self) -> Vec<Arc<Pod>> {
        self.examiner.servers()
    }

    /// All sentinels.
    pub(crate) fn sentinels(&self) -> Vec<Arc<Pod>> {
        self.examiner.sentinels()
    }

    /// A sentinel by chance.
    pub(crate) fn sentinel(&self) -> io::Result<Arc<Pod>> {
        self.random.pick(&self.sentinels()).cloned().ok_or_else(|| io::Error::other("there is no sentinel"))
    }

    /// The fault begins now.
    pub(crate) fn begin(&mut self) {
        self.fault = Instant::now();
    }

    /// Time to health counts from now.
    pub(crate) fn mend(&mut self) {
        self.mended = Some(Instant::now());
    }

    /// Changes the document at a path and applies the new rendering. Gives the sets that `diff` says restart.
    pub(crate) fn render_with(&mut self, path: &str, value: Value) -> io::Result<Vec<String>> {
        let before = self.examiner.instance.document.clone();
        let mut at = &mut self.examiner.instance.document;
        for step in path.split('.') {
            at = &mut at[step];
        }
        *at = value;
        let said = Diff::new(side(&before), side(&self.examiner.instance.document));
        self.cluster.apply(self.examiner.instance.objects()?);
        let restarts = said.effects().iter().filter(|effect| effect.outcome == Outcome::Restart);
        Ok(restarts.filter_map(|effect| Some(effect.object.strip_prefix("StatefulSet ")?.to_owned())).collect())
    }

    /// Changes something that `diff` says no pod restarts for; what happens then is the scenario's to look at.
    pub(crate) fn render_live(&mut self, path: &str, value: Value) -> io::Result<()> {
        let restart = self.render_with(path, value)?;
        if restart.is_empty() { Ok(()) } else { Err(io::Error::other(format!("diff says that {restart:?} restart"))) }
    }

    /// How many pods of a set are none of those before, and how many there are.
    pub(crate) fn replaced(&self, set: &str, before: &[u64]) -> (usize, usize) {
        let pods = self.cluster.pods_of(set);
        (pods.iter().filter(|pod| !before.contains(&pod.uid)).count(), pods.len())
    }

    /// Waits until every pod of a set is ready and of the newest template; an error after a minute and a half.
    pub(crate) fn rolled(&self, sets: &[String], before: &[u64]) -> io::Result<()> {
        let done = wait_until(Duration::from_secs(120), || {
            sets.iter().all(|set| {
                let pods = self.cluster.pods_of(set);
                pods.len() == self.cluster.replicas(set)
                    && pods.iter().all(|pod| pod.healthy() && !before.contains(&pod.uid))
            })
        });
        if done { Ok(()) } else { Err(io::Error::other(format!("{sets:?} did not roll within 120 s"))) }
    }

    /// Waits for health in the middle of a scenario and notes how long it took.
    pub(crate) fn settle(&mut self, what: &str, bound: f64) -> io::Result<()> {
        let began = Instant::now();
        match self.examiner.wait(Duration::from_secs_f64(bound) + OVERTIME) {
            Ok(since) => {
                self.note(what, (since - began).as_secs_f64(), bound);
                Ok(())
            }
            Err(wrong) => Err(io::Error::other(format!("{what}: {}", wrong.join("; ")))),
        }
    }

    /// Notes how many connections of clients a Service has led to pods that refuse them, or answer nothing: none is allowed.
    pub(crate) fn note_refused(&mut self, service: Service) {
        let (what, caller) = match service {
            Service::Read => ("connections the read Service led nowhere", self.reader),
            Service::Sentinel => ("connections the sentinel Service led nowhere", self.searcher),
        };
        self.note(what, f64::from(caller.refused(self.fault)), 0.0);
    }

    /// Notes a figure that must not exceed a bound.
    pub(crate) fn note(&mut self, what: &str, value: f64, bound: f64) {
        self.notes.push(Note { what: what.to_owned(), value, bound });
    }
}

/// A document as a side of `diff`.
fn side(document: &Value) -> Loaded {
    document::load_with_objects(vec![Source::new("document", document.to_string())], &[], ApiVersion::AppsV1)
}

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
    let net = Arc::clone(&ground.examiner.net);
    let instance = ground.examiner.instance.clone();
    let mut plain = Writer::start(&instance, &net, "plain", Promise::Plain)?;
    let mut wait = Writer::start(&instance, &net, "wait", Promise::Replicated)?;
    let reader = Caller::start(Service::Read, &instance, &net)?;
    let searcher = Caller::start(Service::Sentinel, &instance, &net)?;
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
    if let Some(most) = bounds.moves
        && measured.moves > most
    {
        measured.failures.push(format!("the master moved {} times, {most} allowed", measured.moves));
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
