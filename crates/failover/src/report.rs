//! The table of docs/failover.md.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::scenario;

/// Between these two lines the table stands.
const MARKERS: (&str, &str) = ("<!-- table: made by `cargo run -p failover -- report` -->", "<!-- end of table -->");

/// All rounds of a scenario with one server.
type Rounds = Vec<Value>;

/// Puts the table of these results between the markers of a file.
pub(crate) fn write(results: &[PathBuf], file: &Path) -> io::Result<()> {
    let mut runs: BTreeMap<String, BTreeMap<String, Rounds>> = BTreeMap::new();
    for path in results {
        for line in std::fs::read_to_string(path)?.lines() {
            let run: Value = serde_json::from_str(line)?;
            // What scripts that lack something do says nothing of those that are rendered.
            if run["without"].as_array().is_some_and(|names| !names.is_empty()) {
                continue;
            }
            let text = |pointer: &str| run.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            let head = format!("{} on {}", text("/machine/server"), text("/machine/machine"));
            runs.entry(head).or_default().entry(text("/scenario")).or_default().push(run);
        }
    }
    let mut table = String::new();
    for (head, rounds) in &runs {
        section(&mut table, head, rounds);
    }
    let text = std::fs::read_to_string(file)?;
    let parts = text.split_once(MARKERS.0).and_then(|(before, rest)| Some((before, rest.split_once(MARKERS.1)?.1)));
    let Some((before, after)) = parts else {
        return Err(io::Error::other(format!("{} has not the lines\n{}\n{}", file.display(), MARKERS.0, MARKERS.1)));
    };
    std::fs::write(file, format!("{before}{}\n{table}\n{}{after}", MARKERS.0, MARKERS.1))
}

fn section(table: &mut String, head: &str, rounds: &BTreeMap<String, Rounds>) {
    let head = head.replacen("redis", "Redis", 1).replacen("valkey", "Valkey", 1);
    let _ = writeln!(table, "\n### {head}\n");
    table.push_str("Worst of all runs. In parentheses the bound.\n\n");
    table.push_str("| scenario | runs | s without an accepted write | acknowledged writes lost: plain, WAIT 1 | healthy after s | moves | |\n");
    table.push_str("|---|---|---|---|---|---|---|\n");
    for scenario in scenario::all() {
        let Some(rounds) = rounds.get(&scenario.name) else { continue };
        let worst = |key: &str| {
            let values = rounds.iter().filter_map(|run| run["measured"][key].as_f64());
            values.fold(None, |worst: Option<f64>, value| Some(worst.map_or(value, |worst| worst.max(value))))
        };
        let sum =
            |key: &str, part: &str| rounds.iter().filter_map(|run| run["measured"][key][part].as_u64()).sum::<u64>();
        let cell = |value: Option<f64>, bound: Option<f64>| match (value, bound) {
            (Some(value), Some(bound)) => format!("{value:.1} ({bound})"),
            (Some(value), None) => format!("{value:.1}"),
            (None, _) => String::new(),
        };
        let lost = if scenario.run == scenario::Run::Start {
            String::new()
        } else {
            format!(
                "{} of {}, {} of {}",
                sum("plain", "lost"),
                sum("plain", "of"),
                sum("wait", "lost"),
                sum("wait", "of")
            )
        };
        let failed = rounds.iter().filter(|run| run["measured"]["pass"] != true).count();
        let moves = worst("moves")
            .filter(|_| scenario.run != scenario::Run::Start)
            .map(|moves| moves.to_string())
            .unwrap_or_default();
        let ground = if scenario.kind == crate::ground::Kind::Default {
            String::new()
        } else {
            format!(" ({})", scenario.kind.word())
        };
        let _ = writeln!(
            table,
            "| {}{ground} | {} | {} | {lost} | {} | {moves} | {} |",
            scenario.title,
            rounds.len(),
            cell(worst("gap"), scenario.bounds.gap),
            cell(worst("healthy"), scenario.bounds.healthy),
            if failed == 0 { "holds".to_owned() } else { format!("{failed} failed") },
        );
    }
}
