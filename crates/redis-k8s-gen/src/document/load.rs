//! Loads everything a run names.

use std::borrow::Cow;
use std::collections::HashMap;

use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;
use redis_k8s::{ApiVersion, Checked, KubernetesVersion, PathStep, Problem, Redis, Severity};
use serde_json::Value;

use super::fault::Fault;
use super::kubernetes::{self, Faulty, Schemas};
use super::node::{Node, Origin};
use super::overlay::{Edit, Override};
use super::parse;
use super::recognise::{item_path, recognise, unfold};
use super::repair;
use super::stream::{self, Piece};
use super::tree::Document;
use super::twins::{self, NameTag, Twins};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::source::{Part, Source};

/// Less text is read faster than threads start.
const WORTH_THREADS: usize = 128 << 10;
/// Pieces a thread takes at a time; fewer if there are few, so that no thread waits long for the others.
const BATCH: usize = 64;
const BATCHES: usize = 32;

/// What became of everything that was read.
#[derive(Debug)]
pub struct Loaded<D = Checked> {
    /// The documents without an error, in the order of the sources and of the documents in them.
    pub documents: Vec<D>,
    /// Objects of Kubernetes as they were read; only [`load_with_objects`] keeps them.
    pub objects: Vec<Value>,
    /// Every problem found, of syntax, type and meaning; render nothing if it [has errors](Report::has_errors).
    pub report: Report,
}

/// Reads every document of the sources, lays the overrides over each, and checks them for `target`.
///
/// Documents are read in parallel when there are many; the result does not depend on it.
#[must_use]
pub fn load(sources: Vec<Source>, overrides: &[Override], target: ApiVersion) -> Loaded {
    load_for(sources, overrides, &|redis| judge(redis, target), Objects::Refused)
}

/// What objects of Kubernetes are checked for.
#[derive(Debug, Clone, Copy)]
pub struct Cluster<'c> {
    /// The oldest release of the clusters they are for.
    pub release: &'c KubernetesVersion,
    /// Kinds of which nothing is said, known or not.
    pub ignored_kinds: &'c [String],
    /// Kinds that are checked beside those of Kubernetes.
    pub schemas: &'c Schemas,
}

impl<'c> From<&'c KubernetesVersion> for Cluster<'c> {
    fn from(release: &'c KubernetesVersion) -> Self {
        Self { release, ignored_kinds: &[], schemas: Schemas::NONE }
    }
}

/// As [`load`], but objects of Kubernetes are welcome among the documents, and checked for clusters of this kind.
///
/// The overrides are laid over documents alone.
#[must_use]
pub fn validate<'c>(
    sources: Vec<Source>,
    overrides: &[Override],
    target: ApiVersion,
    cluster: impl Into<Cluster<'c>>,
) -> Loaded {
    load_for(sources, overrides, &|redis| judge(redis, target), Objects::Checked(cluster.into()))
}

/// As [`load`], but objects of Kubernetes are welcome among the documents, and given as they are.
#[must_use]
pub fn load_with_objects(sources: Vec<Source>, overrides: &[Override], target: ApiVersion) -> Loaded {
    load_for(sources, overrides, &|redis| judge(redis, target), Objects::Kept)
}

/// As [`load`], but leaves what the documents mean unjudged: for those who change documents rather than render them.
#[must_use]
pub fn read(sources: Vec<Source>, overrides: &[Override]) -> Loaded<Redis> {
    load_for(sources, overrides, &|redis| (Some(redis), Vec::new()), Objects::Refused)
}

/// What is made of objects of Kubernetes.
#[derive(Debug, Clone, Copy)]
enum Objects<'r> {
    /// They are no documents.
    Refused,
    /// They are checked for clusters of this kind.
    Checked(Cluster<'r>),
    /// They are given as they are.
    Kept,
}

/// Says what a document means: as what it goes on, if it does, and every problem.
type Judge<'j, D> = &'j (dyn Fn(Redis) -> (Option<D>, Vec<Problem>) + Sync);

fn judge(redis: Redis, target: ApiVersion) -> (Option<Checked>, Vec<Problem>) {
    match redis.checked(target) {
        Ok(checked) => {
            let warnings = checked.warnings().to_vec();
            (Some(checked), warnings)
        }
        Err(refused) => (None, refused.problems),
    }
}

fn load_for<D: AsRef<Redis> + Send>(
    sources: Vec<Source>,
    overrides: &[Override],
    judge: Judge<'_, D>,
    objects: Objects<'_>,
) -> Loaded<D> {
    let mut all = Batch::default();
    let mut run = Run { overrides, edits: Vec::with_capacity(overrides.len()), judge, objects };
    for (number, given) in (0_u32..).zip(overrides) {
        match given.edit(number) {
            Ok(edit) => run.edits.push(edit),
            Err(fault) => all.report.add(run.diagnostic(fault, 0, Origin::Override(number))),
        }
    }
    let (mut parts, mut read) = (Vec::new(), 0);
    for (number, source) in (0_u32..).zip(&sources) {
        for part in source.parts() {
            match part {
                Ok(part) => {
                    read += if let Cow::Owned(bytes) = &part.bytes { bytes.len() } else { 0 };
                    parts.push((number, part));
                }
                Err(error) => run.stop(stream::unreadable(&error), number, &mut all),
            }
            // what is not held is let go once it is judged
            if read >= Source::PART {
                run.read_all(&parts, &mut all);
                parts.clear();
                read = 0;
            }
        }
    }
    run.read_all(&parts, &mut all);
    drop(parts);
    run.finish(sources, all)
}

/// An object of Kubernetes, and where it was read.
struct Manifest {
    source: u32,
    /// Its path in what was read.
    path: Vec<PathStep>,
    object: kubernetes::Object,
}

/// What was read of some pieces, in their order.
struct Batch<D> {
    documents: Vec<D>,
    names: Vec<NameTag>,
    #[expect(clippy::vec_box, reason = "in place they would be there twice while batches become one")]
    objects: Vec<Box<Manifest>>,
    kept: Vec<Value>,
    /// Objects of which too little is known to judge the others by.
    unknown_objects: usize,
    report: Report,
    /// Sources in which something stands, right or wrong.
    filled: Vec<u32>,
}

impl<D> Default for Batch<D> {
    fn default() -> Self {
        Self {
            documents: Vec::new(),
            names: Vec::new(),
            objects: Vec::new(),
            kept: Vec::new(),
            unknown_objects: 0,
            report: Report::default(),
            filled: Vec::new(),
        }
    }
}

impl<D> Batch<D> {
    fn append(&mut self, mut other: Self) {
        self.documents.append(&mut other.documents);
        self.names.append(&mut other.names);
        self.objects.append(&mut other.objects);
        self.kept.append(&mut other.kept);
        self.unknown_objects += other.unknown_objects;
        self.report.append(other.report);
        self.filled.append(&mut other.filled);
        self.filled.dedup();
    }

    fn fill(&mut self, source: u32) {
        if self.filled.last() != Some(&source) {
            self.filled.push(source);
        }
    }
}

/// What holds for every document of a run.
struct Run<'o, D> {
    overrides: &'o [Override],
    edits: Vec<Edit<'o>>,
    judge: Judge<'o, D>,
    objects: Objects<'o>,
}

impl<D: AsRef<Redis> + Send> Run<'_, D> {
    /// Reads parts of sources, each with the number of its source.
    fn read_all(&self, parts: &[(u32, Part<'_>)], all: &mut Batch<D>) {
        let mut pieces = Vec::new();
        for (number, part) in parts {
            match stream::pieces(*number, part) {
                Ok(found) => pieces.extend(found),
                Err(fault) => self.stop(fault, *number, all),
            }
        }
        // Growing would hold the models of a fleet twice for a moment.
        all.documents.reserve_exact(pieces.len());
        all.names.reserve_exact(pieces.len());
        if pieces.iter().map(|piece| piece.text.len()).sum::<usize>() < WORTH_THREADS {
            for piece in &pieces {
                self.read(piece, all);
            }
            return;
        }
        let batches: Vec<Batch<D>> = pieces
            .par_chunks(pieces.len().div_ceil(BATCHES).min(BATCH))
            .map(|pieces| {
                let mut batch = Batch::default();
                for piece in pieces {
                    self.read(piece, &mut batch);
                }
                batch
            })
            .collect();
        for batch in batches {
            all.append(batch);
        }
    }

    /// Reports what is wrong with a source as a whole.
    fn stop(&self, fault: Fault, number: u32, batch: &mut Batch<D>) {
        batch.report.add(self.diagnostic(fault, number, Origin::Text { start: 0, end: 0 }));
        batch.fill(number);
    }

    fn read(&self, piece: &Piece<'_>, batch: &mut Batch<D>) {
        let parsed = parse::parse(piece.text, piece.base);
        // kubectl looks at a piece as a whole: this is said of the first manifest in it
        let mut older = if piece.is_json { Vec::new() } else { parsed.older };
        older.extend(piece.no_json.as_ref().map(|no_json| no_json.fault(piece.base)));
        for Document { root, faults } in parsed.documents {
            batch.fill(piece.source);
            let is_spoilt = !faults.is_empty();
            let mut faults = Some(faults);
            let roots = match piece.item {
                Some(index) => vec![(item_path(index), root)],
                None => unfold(root),
            };
            for (path, root) in roots {
                let mut faults = faults.take().unwrap_or_default();
                match self.objects {
                    Objects::Checked(cluster) if kubernetes::is_manifest(&root) => {
                        faults.append(&mut older);
                        self.read_object(path, &root, cluster, faults, piece, batch);
                    }
                    Objects::Kept if kubernetes::is_manifest(&root) => {
                        batch.report.count_object();
                        batch.kept.push(root.to_value());
                        self.report_in_order(faults, piece.source, root.origin, batch);
                    }
                    _ => self.read_document(&path, root, is_spoilt, faults, piece, batch),
                }
            }
        }
        if let Some(fault) = parsed.stopped {
            batch.fill(piece.source);
            batch.report.count_document();
            let end = piece.base + piece.text.len();
            batch.report.add(self.diagnostic(fault, piece.source, Origin::text(end, end)));
        }
    }

    /// Reads one document; `faults` are those of its text, and `is_spoilt` says that it has some even if they are not given.
    fn read_document(
        &self,
        path: &[PathStep],
        root: Node<'_>,
        is_spoilt: bool,
        mut faults: Vec<Fault>,
        piece: &Piece<'_>,
        batch: &mut Batch<D>,
    ) {
        let (source, length) = (piece.source, piece.text.len());
        batch.report.count_document();
        let mut root = root;
        let mut refused = Vec::new();
        for edit in &self.edits {
            refused.extend(edit.apply(&mut root).err());
        }
        let mut document = None;
        match recognise(&mut root) {
            Err(foreign) => faults.push(foreign.under_all(path)),
            Ok(found) => {
                faults.extend(found.into_iter().chain(refused).map(|fault| fault.under_all(path)));
                let mut reading = repair::read(&mut root, length);
                let problems;
                (document, problems) = reading.redis.take().map_or_else(Default::default, self.judge);
                batch.report.add_hidden(Severity::Error, "unknown-field", reading.more_unknown);
                if reading.is_cut {
                    batch.report.cut();
                }
                // Where each of ten thousand stands costs ten thousand times a walk through the document.
                let mut placed_of = HashMap::new();
                let mut meant = Vec::new();
                for problem in problems.into_iter().filter(|problem| !reading.is_doubtful(problem.path.steps())) {
                    let count = placed_of.entry(problem.rule).or_insert(0);
                    *count += 1;
                    if *count <= Report::KEPT {
                        meant.push(placed(Fault::from(problem), &root).under_all(path));
                    } else {
                        batch.report.add_hidden(problem.severity, problem.rule, 1);
                    }
                }
                faults.extend(reading.faults.into_iter().map(|fault| fault.under_all(path)));
                faults.extend(meant);
            }
        }
        let is_good = !is_spoilt && !faults.iter().any(Fault::is_error);
        let name = root.locate(&name_path());
        if let Some(document) = document.filter(|_| is_good) {
            batch.documents.push(document);
            batch.names.push(NameTag { source, origin: name });
        }
        self.report_in_order(faults, source, root.origin, batch);
    }

    /// Reads one object of Kubernetes; `faults` are those of its text.
    fn read_object(
        &self,
        path: Vec<PathStep>,
        root: &Node<'_>,
        cluster: Cluster<'_>,
        mut faults: Vec<Fault>,
        piece: &Piece<'_>,
        batch: &mut Batch<D>,
    ) {
        batch.report.count_object();
        let kind = root.get("kind").and_then(Node::as_text);
        let (found, object) = if kind.is_some_and(|kind| cluster.ignored_kinds.iter().any(|ignored| ignored == kind)) {
            (Vec::new(), None)
        } else {
            kubernetes::check(root, cluster.release, cluster.schemas)
        };
        faults.extend(found.into_iter().map(|fault| fault.under_all(&path)));
        match object {
            Some(object) => {
                batch.unknown_objects += usize::from(object.is_foreign);
                batch.objects.push(Box::new(Manifest { source: piece.source, path, object }));
            }
            None => batch.unknown_objects += 1,
        }
        self.report_in_order(faults, piece.source, root.origin, batch);
    }

    /// Reports the faults of one document: those of the command line first, then as they stand in the text.
    fn report_in_order(&self, mut faults: Vec<Fault>, source: u32, otherwise: Origin, batch: &mut Batch<D>) {
        faults.sort_by_key(|fault| match fault.origin() {
            None => (0, 0),
            Some(Origin::Override(number)) => (1, number),
            Some(Origin::Text { start, .. }) => (2, start),
        });
        for fault in faults {
            batch.report.add(self.diagnostic(fault, source, otherwise));
        }
    }

    fn diagnostic(&self, fault: Fault, source: u32, otherwise: Origin) -> Diagnostic {
        fault.into_diagnostic(otherwise, |origin| self.place(source, origin))
    }

    fn place(&self, source: u32, origin: Origin) -> Place {
        match origin {
            Origin::Text { start, end } => Place::Text { source, start, end },
            Origin::Override(number) => {
                let given = usize::try_from(number).ok().and_then(|number| self.overrides.get(number));
                Place::Override(given.map(|given| given.shown().to_owned()).unwrap_or_default())
            }
        }
    }

    /// Judges the run as a whole.
    fn finish(&self, mut sources: Vec<Source>, mut all: Batch<D>) -> Loaded<D> {
        for Twins { fault, second, first } in twins::find(&all.documents, &all.names) {
            let mut diagnostic = self.diagnostic(fault, second.source, second.origin);
            let other = self.place(first.source, first.origin);
            if other == diagnostic.place {
                diagnostic.help = Some("a flag that names the instance goes with one document".to_owned());
            } else {
                diagnostic.related.push((other, "the other document".to_owned()));
            }
            all.report.add(diagnostic);
        }
        self.judge_objects(&mut all);
        for number in (0_u32..).take(sources.len()).filter(|number| !all.filled.contains(number)) {
            let fault = Fault::new("no-document", "there is no document in this file")
                .help("`redis-k8s-gen init` prints one; `redis-k8s-gen render` without a file needs none");
            all.report.add(self.diagnostic(fault, number, Origin::Text { start: 0, end: 0 }));
        }
        if let Objects::Checked(Cluster { schemas, .. }) = self.objects {
            for (source, faults) in schemas.faulty() {
                let number = u32::try_from(sources.len()).unwrap_or(u32::MAX);
                sources.push(source.clone());
                self.report_in_order(faults.clone(), number, Origin::Text { start: 0, end: 0 }, &mut all);
            }
        }
        all.report.finish(sources);
        Loaded { documents: all.documents, objects: all.kept, report: all.report }
    }
}

impl<D: AsRef<Redis> + Send> Run<'_, D> {
    /// Judges objects by each other.
    fn judge_objects(&self, all: &mut Batch<D>) {
        let objects: Vec<&kubernetes::Object> = all.objects.iter().map(|manifest| &manifest.object).collect();
        for Faulty { object, fault, other } in kubernetes::judge(&objects, all.unknown_objects == 0) {
            let Some(manifest) = all.objects.get(object) else { continue };
            let fault = fault.under_all(&manifest.path);
            let mut diagnostic = self.diagnostic(fault, manifest.source, Origin::Text { start: 0, end: 0 });
            if let Some((other, origin)) = other
                && let Some(manifest) = all.objects.get(other)
            {
                diagnostic.related.push((self.place(manifest.source, origin), "the other object".to_owned()));
            }
            all.report.add(diagnostic);
        }
    }
}

fn name_path() -> [PathStep; 2] {
    ["metadata", "name"].map(|key| PathStep::Field(key.to_owned()))
}

/// Rules about a key rather than its value.
fn is_about_key(rule: &str) -> bool {
    rule.starts_with("config-key-") || matches!(rule, "label-reserved" | "annotation-reserved")
}

/// Says where a problem of meaning stands; one that comes from the command line also says in which document.
fn placed(fault: Fault, root: &Node<'_>) -> Fault {
    let path = fault.path();
    let origin = if is_about_key(fault.rule()) { root.locate_key(&path) } else { root.locate(&path) };
    let name = root.locate(&name_path());
    match (origin, name) {
        (Origin::Override(_), Origin::Text { .. }) => fault.at(origin).and_at(name, "in this document"),
        _ => fault.at(origin),
    }
}
