//! What a scenario's fault works with.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis_k8s_gen::diff::{Diff, Outcome};
use serde_json::Value;

use crate::caller::{Caller, Service};
use crate::health::Examiner;
use crate::kube::cluster::{Cluster, wait_until};
use crate::kube::pod::Pod;
use crate::kube::settings::Random;
use crate::writer::{Promise, Written};

/// How much longer than the bound a cluster is given, to tell slow from never.
pub(crate) const OVERTIME: Duration = Duration::from_secs(45);

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
    pub(crate) reader: &'a Caller,
    pub(crate) searcher: &'a Caller,
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

    /// Changes the document at a path, null for nothing there, and applies the new rendering. Gives what `diff` says of it.
    fn change(&mut self, path: &str, value: Value) -> io::Result<Diff> {
        let before = self.examiner.instance.document.clone();
        let (parents, field) = path.rsplit_once('.').map_or((None, path), |(parents, field)| (Some(parents), field));
        let mut at = &mut self.examiner.instance.document;
        for step in parents.into_iter().flat_map(|parents| parents.split('.')) {
            at = &mut at[step];
        }
        at[field] = value;
        if let Some(parent) = at.as_object_mut().filter(|parent| parent[field].is_null()) {
            parent.remove(field);
        }
        let said = Diff::of_documents(&before, &self.examiner.instance.document);
        self.cluster.apply(self.examiner.instance.objects()?);
        Ok(said)
    }

    /// The same. Gives the sets that `diff` says restart.
    pub(crate) fn render_with(&mut self, path: &str, value: Value) -> io::Result<Vec<String>> {
        let said = self.change(path, value)?;
        let restarts = said.effects().iter().filter(|effect| effect.outcome == Outcome::Restart);
        Ok(restarts.filter_map(|effect| Some(effect.object.split_once(' ')?.1.to_owned())).collect())
    }

    /// Changes something that `diff` says no pod restarts for; what happens then is the scenario's to look at.
    pub(crate) fn render_live(&mut self, path: &str, value: Value) -> io::Result<()> {
        let restart = self.render_with(path, value)?;
        if restart.is_empty() { Ok(()) } else { Err(io::Error::other(format!("diff says that {restart:?} restart"))) }
    }

    /// Changes something that `diff` warns of.
    pub(crate) fn render_in_spite(&mut self, path: &str, value: Value) -> io::Result<()> {
        let said = self.change(path, value)?;
        let warns = said.effects().iter().any(|effect| effect.outcome == Outcome::Danger);
        if warns { Ok(()) } else { Err(io::Error::other("diff does not warn of it")) }
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
