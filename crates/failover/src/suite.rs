//! Runs scenarios one after another and shows what they gave.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use crate::ablation;
use crate::args::How;
use crate::ground::Ground;
use crate::idle;
use crate::kube::cluster::Cluster;
use crate::kube::kubelet;
use crate::kube::settings::{Random, Settings};
use crate::machine;
use crate::run::{self, Measured};
use crate::sandbox::STATE;
use crate::scenario::{Run, Scenario};
use crate::tutorial;

/// Where logs of runs go.
const KEPT: &str = "target/failover";

/// Runs scenarios as often as asked; true if all passed.
pub(crate) fn run(scenarios: &[Scenario], how: &How) -> io::Result<bool> {
    ablation::check(&how.without)?;
    let flavour = how.image;
    let seed = how.seed.unwrap_or_else(Random::seed);
    let random = Random::new(seed);
    let cluster = Cluster::start(Settings::new(seed), &Path::new(STATE).join("logs"), kubelet::look_after)?;
    let mut table = Table::open(how, seed)?;
    let mut ground: Option<Ground> = None;
    for scenario in scenarios {
        if scenario.kind.has_tls() && !flavour.has_tls() {
            say(&format!("{:<34} left out: {} here was built without TLS", scenario.name, flavour.name()))?;
            continue;
        }
        let (mut round, mut again) = (1, how.again);
        while round <= how.times {
            let stands = matches!(scenario.run, Run::Fault | Run::Idle(_));
            let fits = |ground: &Ground| ground.kind == scenario.kind && stands;
            let mut standing = ground.take().filter(fits);
            let measured = match (scenario.run, &mut standing) {
                (Run::Book, _) => tutorial::run(scenario, &cluster, flavour)?,
                (Run::Idle(idle), Some(standing)) => idle::run(scenario, idle, standing),
                (_, Some(standing)) => run::run(scenario, standing, &random),
                (_, none) => {
                    let raised = none.insert(Ground::raise(&cluster, scenario.kind, how)?);
                    match &raised.ready_after {
                        Ok(seconds) if scenario.run == Run::Start => started(*seconds, scenario),
                        Ok(_) if let Run::Idle(idle) = scenario.run => idle::run(scenario, idle, raised),
                        Ok(_) => run::run(scenario, raised, &random),
                        Err(wrong) => {
                            let failures = vec![format!("does not become healthy at all: {wrong}")];
                            Measured { failures, ..Measured::default() }
                        }
                    }
                }
            };
            let passed = measured.passed();
            if !passed || how.keep {
                table.keep_logs(&cluster, scenario, round)?;
            }
            let repeated = measured.failures.is_empty() && !passed && again > 0;
            table.row(scenario, round, &measured, repeated)?;
            ground = standing.filter(|_| passed && !scenario.spoils);
            if repeated { again -= 1 } else { round += 1 }
        }
    }
    table.end()
}

fn started(seconds: f64, scenario: &Scenario) -> Measured {
    let mut measured = Measured { healthy: Some(seconds), ..Measured::default() };
    if let Some(bound) = scenario.bounds.healthy.filter(|bound| seconds > *bound) {
        measured.late.push(format!("seconds until healthy: {seconds:.1}, not more than {bound} allowed"));
    }
    measured
}

/// The table on the screen and the lines for machines.
pub(crate) struct Table {
    json: std::fs::File,
    head: Value,
    /// When the last row was added.
    since: Instant,
    passed: usize,
    failed: Vec<String>,
}

impl Table {
    /// Opens the file of results and prints the head of the table.
    pub(crate) fn open(how: &How, seed: u64) -> io::Result<Self> {
        let (json, flavour) = (&how.json, how.image);
        if let Some(dir) = json.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(json)?;
        let versions = machine::describe(flavour)?;
        let head = json!({"image": flavour.name(), "seed": seed, "machine": versions, "without": how.without});
        let without = how.without.iter().fold(String::new(), |all, name| all + ", without " + name);
        say(&format!(
            "{} on {}, seed {seed}{without}",
            versions["server"].as_str().unwrap_or(""),
            versions["machine"].as_str().unwrap_or("")
        ))?;
        say(&format!(
            "{:<34} {:>14} {:>13} {:>13} {:>14} {:>5}  ",
            "scenario", "no writes (s)", "lost plain", "lost WAIT", "healthy (s)", "moves"
        ))?;
        Ok(Self { json: file, head, since: Instant::now(), passed: 0, failed: Vec::new() })
    }

    /// Copies a run's logs to where they outlive it.
    pub(crate) fn keep_logs(&self, cluster: &Arc<Cluster>, scenario: &Scenario, round: u32) -> io::Result<()> {
        let dir =
            Path::new(KEPT).join(format!("{}-{}-{round}", scenario.name, self.head["image"].as_str().unwrap_or("")));
        let _ = std::fs::remove_dir_all(&dir);
        cluster.journal.copy(&dir)
    }

    /// Adds a run; one that is repeated counts for nothing.
    pub(crate) fn row(
        &mut self,
        scenario: &Scenario,
        round: u32,
        measured: &Measured,
        repeated: bool,
    ) -> io::Result<()> {
        let bounds = &scenario.bounds;
        let of = |value: Option<f64>, bound: Option<f64>| match (value, bound) {
            (Some(value), Some(bound)) => format!("{value:.1} of {bound}"),
            (Some(value), None) => format!("{value:.1}"),
            (None, _) => "-".to_owned(),
        };
        let lost =
            |lost: Option<(usize, usize)>| lost.map_or_else(|| "-".to_owned(), |(lost, of)| format!("{lost} of {of}"));
        let verdict = match (measured.passed(), repeated) {
            (true, _) => "PASS",
            (false, true) => "LATE, once more",
            (false, false) => "FAIL",
        };
        let mut lines = vec![format!(
            "{:<34} {:>14} {:>13} {:>13} {:>14} {:>5}  {verdict}",
            scenario.name,
            of(measured.gap, bounds.gap),
            lost(measured.lost_plain),
            lost(measured.lost_wait),
            of(measured.healthy, bounds.healthy),
            measured.moves,
        )];
        lines.extend(idle::table(&measured.costs));
        let notes = measured.notes.iter();
        lines.extend(notes.map(|note| format!("    {}: {:.2} of {}", note.what, note.value, note.bound)));
        lines.extend(measured.complaints().map(|failure| format!("    {failure}")));
        // At once, since other lanes print to the same screen.
        say(&lines.join("\n"))?;
        let mut line = self.head.clone();
        line["scenario"] = json!(scenario.name);
        line["round"] = json!(round);
        line["bounds"] = json!({"gap": bounds.gap, "healthy": bounds.healthy, "moves": bounds.moves});
        line["measured"] = measured.json();
        // With the ground, where one was raised for it: what the row costs whoever runs the table.
        line["took"] = json!(std::mem::replace(&mut self.since, Instant::now()).elapsed().as_secs());
        writeln!(self.json, "{line}")?;
        if measured.passed() {
            self.passed += 1;
        } else if !repeated {
            self.failed.push(scenario.name.clone());
        }
        Ok(())
    }

    /// Prints the sum; true if all passed.
    pub(crate) fn end(self) -> io::Result<bool> {
        if self.failed.is_empty() {
            say(&format!("{} passed", self.passed))?;
        } else {
            say(&format!("{} passed, {} failed: {}", self.passed, self.failed.len(), self.failed.join(" ")))?;
            say(&format!("their logs are in {KEPT}"))?;
        }
        Ok(self.failed.is_empty())
    }
}

/// Prints a line at once.
pub(crate) fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
