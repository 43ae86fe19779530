//! What happens when a field changes while its instance runs.

use super::sample::Sample;
use crate::diff::{Diff, Outcome};

/// What `diff` says of the example, in a few words.
pub(super) fn of(sample: &Sample) -> String {
    let diff = Diff::of_documents(&sample.without, &sample.with);
    let about = |outcome: Outcome| -> Vec<&str> {
        let found = diff.effects().iter().filter(|effect| effect.outcome == outcome);
        let whose = |object: &str| match object.split_once(' ') {
            Some(("Deployment", _)) => "proxies",
            Some((_, name)) if name.ends_with("-sentinel") => "sentinels",
            _ => "servers",
        };
        found.map(|effect| whose(&effect.object)).collect()
    };
    // Who says no namespace may mean the one that the other names.
    let [without, with] = [&sample.without, &sample.with].map(|document| document.pointer("/metadata/namespace"));
    if diff.is_another_instance() || without != with {
        return "another instance".to_owned();
    }
    let mut words = Vec::new();
    if !about(Outcome::Danger).is_empty() {
        words.push("danger".to_owned());
    }
    if !about(Outcome::Refused).is_empty() {
        words.push("refused by the API server".to_owned());
    }
    if !about(Outcome::Restart).is_empty() {
        words.push(format!("restarts {}", about(Outcome::Restart).join(" and ")));
    }
    if !about(Outcome::Scale).is_empty() {
        words.push("pods come or go".to_owned());
    }
    if words.is_empty() {
        words.push("live".to_owned());
    }
    words.join(", ")
}
