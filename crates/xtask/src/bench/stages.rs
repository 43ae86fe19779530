//! Inside the process: reading, checking, building objects, and writing text, each by itself.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use redis_k8s::{ApiVersion, Checked, Manifest};
use redis_k8s_gen::document::{Source, load};

use crate::repository;

/// What one stage took, per document.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) input: &'static str,
    pub(crate) name: &'static str,
    pub(crate) time: Duration,
    /// Bytes read or written, per document.
    pub(crate) bytes: usize,
}

pub(crate) fn measure(fleet: &Path) -> Result<Vec<Stage>, Box<dyn std::error::Error>> {
    let mut stages = Vec::new();
    let default = "apiVersion: redis-k8s-gen.dev/v1alpha1\nkind: Redis\nmetadata: {name: redis}\n".to_owned();
    let production = std::fs::read_to_string(repository().join("examples/production.yaml"))?;
    // A tenth of the fleet: enough to be out of the caches, and short.
    let fleet = std::fs::read_to_string(fleet)?.split_inclusive("---\n").take(1001).collect::<String>();
    for (input, text, rounds) in [("default", default, 2000), ("production", production, 1000), ("fleet", fleet, 5)] {
        one_input(input, &text, rounds, &mut stages)?;
    }
    Ok(stages)
}

fn one_input(
    input: &'static str,
    text: &str,
    rounds: u32,
    stages: &mut Vec<Stage>,
) -> Result<(), Box<dyn std::error::Error>> {
    let target = ApiVersion::AppsV1;
    let read = || load(vec![Source::new(input, text)], &[], target);
    let loaded = read();
    if loaded.report.has_errors() || loaded.documents.is_empty() {
        return Err(format!("the document {input} does not load").into());
    }
    let documents = &loaded.documents;
    let manifests: Vec<Manifest> = documents.iter().map(Checked::manifest).collect();
    let written = |write: fn(&Manifest) -> String| manifests.iter().map(|manifest| write(manifest).len()).sum();
    let mut stage = |name, bytes: usize, work: &mut dyn FnMut()| {
        let count = documents.len();
        let time = best_of(rounds, work) / u32::try_from(count).unwrap_or(u32::MAX);
        stages.push(Stage { input, name, time, bytes: bytes / count });
    };
    stage("read and check", text.len(), &mut || {
        black_box(read());
    });
    stage("check", 0, &mut || each(documents, |document| document.redis().check(target)));
    stage("build objects", 0, &mut || each(documents, Checked::manifest));
    stage("write YAML", written(Manifest::to_yaml), &mut || each(&manifests, Manifest::to_yaml));
    stage("build and write YAML", written(Manifest::to_yaml), &mut || {
        each(documents, |document| document.manifest().to_yaml());
    });
    stage("write JSON", written(Manifest::to_json), &mut || each(&manifests, Manifest::to_json));
    Ok(())
}

/// Does the work on each item, and lets nobody find out that its result is thrown away.
fn each<I, O>(items: &[I], work: impl Fn(&I) -> O) {
    for item in items {
        black_box(work(item));
    }
}

/// The shortest of many rounds: what is left when nothing else ran.
fn best_of(rounds: u32, work: &mut dyn FnMut()) -> Duration {
    let round = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..rounds).map(round).min().unwrap_or_default()
}
