//! The tables of docs/failover-results.md and docs/benchmarks.md.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::idle;
use crate::scenario::{self, Run, Scenario};

/// Between these two lines the table stands.
const MARKERS: (&str, &str) = ("<!-- table: made by `cargo run -p failover -- report` -->", "<!-- end of table -->");

/// And between these the one of what instances cost while nobody uses them.
const COST_MARKERS: (&str, &str) =
    ("<!-- costs: made by `cargo run -p failover -- report` -->", "<!-- end of costs -->");

/// Where that stands.
const COSTS: &str = "docs/benchmarks.md";

/// All rounds of a scenario with one server.
type Rounds = Vec<Value>;

/// Results by server and machine, then by scenario.
type Runs = BTreeMap<String, BTreeMap<String, Rounds>>;

/// Puts the tables of these results between the markers of this file and of docs/benchmarks.md, as far as there are results.
pub(crate) fn write(results: &[PathBuf], file: &Path) -> io::Result<()> {
    let runs = read(results)?;
    let (mut table, mut costs) = (String::new(), String::new());
    for (head, rounds) in &runs {
        section(&mut table, head, rounds);
        cost_section(&mut costs, head, rounds);
    }
    if !table.is_empty() {
        put(file, MARKERS, &table)?;
    }
    if !costs.is_empty() {
        put(Path::new(COSTS), COST_MARKERS, &costs)?;
    }
    Ok(())
}

fn read(results: &[PathBuf]) -> io::Result<Runs> {
    let mut runs = Runs::new();
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
    Ok(runs)
}

fn put(file: &Path, (first, last): (&str, &str), table: &str) -> io::Result<()> {
    let text = std::fs::read_to_string(file)?;
    let parts = text.split_once(first).and_then(|(before, rest)| Some((before, rest.split_once(last)?.1)));
    let Some((before, after)) = parts else {
        return Err(io::Error::other(format!("{} has not the lines\n{first}\n{last}", file.display())));
    };
    std::fs::write(file, format!("{before}{first}\n{table}\n{last}{after}"))
}

fn heading(head: &str) -> String {
    head.replacen("redis", "Redis", 1).replacen("valkey", "Valkey", 1)
}

/// A scenario as tables name it.
fn title(scenario: &Scenario) -> String {
    format!("`{}`: {}", scenario.name, scenario.title)
}

fn verdict(rounds: &Rounds) -> String {
    match rounds.iter().filter(|run| run["measured"]["pass"] != true).count() {
        0 => "holds".to_owned(),
        failed => format!("{failed} failed"),
    }
}

fn is_idle(scenario: &Scenario) -> bool {
    matches!(scenario.run, Run::Idle(_))
}

fn cost_section(table: &mut String, head: &str, rounds: &BTreeMap<String, Rounds>) {
    let rows: Vec<(Scenario, &Rounds)> = scenario::all()
        .into_iter()
        .filter(is_idle)
        .filter_map(|scenario| {
            let own = rounds.get(&scenario.name)?;
            Some((scenario, own))
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(table, "\n### {}\n", heading(head));
    table.push_str("Most of all runs. In parentheses the bound.\n\n");
    table.push_str("| what happens | runs | millicores | with probes | plain | times plain | process starts/s | exec probes/s | MiB beside a server | |\n");
    table.push_str("|---|---|---|---|---|---|---|---|---|---|\n");
    for (scenario, rounds) in rows {
        let most = |of: &str, key: &str, name: &str, value: &str| -> Option<f64> {
            let lists = rounds.iter().filter_map(|run| run["measured"][of].as_array());
            let found = lists.filter_map(|list| list.iter().find(|one| one[key] == name)?[value].as_f64());
            found.reduce(f64::max)
        };
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.1}"));
        let cost = |line: &str, figure: &str| number(most("costs", "pod", line, figure));
        let note = |what: &str| match (most("notes", "what", what, "value"), most("notes", "what", what, "bound")) {
            (Some(value), Some(bound)) => format!("{value:.2} ({bound})"),
            _ => String::new(),
        };
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            title(&scenario),
            rounds.len(),
            cost(idle::WHOLE, "millicores"),
            cost(idle::WHOLE, "withProbes"),
            cost(idle::FLOOR, "millicores"),
            note(idle::OF_PLAIN),
            note(idle::ALL_STARTS),
            note(idle::ALL_PROBES),
            note(idle::MOST_MEMORY),
            verdict(rounds),
        );
    }
}

fn section(table: &mut String, head: &str, rounds: &BTreeMap<String, Rounds>) {
    let others = || scenario::all().into_iter().filter(|scenario| !is_idle(scenario));
    if !others().any(|scenario| rounds.contains_key(&scenario.name)) {
        return;
    }
    let _ = writeln!(table, "\n### {}\n", heading(head));
    table.push_str("Worst of all runs. In parentheses the bound.\n\n");
    table.push_str("| scenario | runs | s without an accepted write | acknowledged writes lost: plain, WAIT 1 | healthy after s | moves | |\n");
    table.push_str("|---|---|---|---|---|---|---|\n");
    for scenario in others() {
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
        let lost = if scenario.run == Run::Start {
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
        let moves =
            worst("moves").filter(|_| scenario.run != Run::Start).map(|moves| moves.to_string()).unwrap_or_default();
        let _ = writeln!(
            table,
            "| {} | {} | {} | {lost} | {} | {moves} | {} |",
            title(&scenario),
            rounds.len(),
            cell(worst("gap"), scenario.bounds.gap),
            cell(worst("healthy"), scenario.bounds.healthy),
            verdict(rounds),
        );
    }
}
