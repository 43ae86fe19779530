//! Changes for people.

use std::fmt::Write as _;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::compare::{Difference, text_of};
use super::effect::Outcome;
use super::{Change, Diff};
use crate::document::shorten;

/// Changed lines of a text that are shown; of more there is their number.
const LINES: usize = 30;

impl Diff {
    /// Objects with their fields, then what happens.
    #[must_use]
    pub fn to_text(&self, color: bool) -> String {
        let mut out = Text { text: String::new(), color };
        for (name, found) in &self.documents {
            out.line(Shade::Bold, &format!("Redis {name}"));
            out.differences(found);
        }
        for object in &self.objects {
            let title = in_namespace(&object.title, &object.namespace);
            match &object.change {
                Change::Added => out.line(Shade::Added, &format!("+ {title}")),
                Change::Removed => out.line(Shade::Removed, &format!("- {title}")),
                Change::Changed(found) => {
                    out.line(Shade::Bold, &title);
                    out.differences(found);
                }
            }
        }
        if !self.effects.is_empty() {
            out.text.push('\n');
        }
        for effect in &self.effects {
            let (word, shade) = match effect.outcome {
                Outcome::Danger => ("danger", Shade::Removed),
                Outcome::Refused => ("refused", Shade::Removed),
                Outcome::Restart => ("restart", Shade::Bold),
                Outcome::Scale => ("scale", Shade::Bold),
                Outcome::Live => ("live", Shade::Added),
                Outcome::Left => ("left", Shade::Bold),
            };
            let object = in_namespace(&effect.object, &effect.namespace);
            out.line(shade, &format!("{word}: {object}: {}", effect.text));
            for step in &effect.run_book {
                out.line(Shade::None, &format!("    {step}"));
            }
        }
        out.text
    }
}

fn in_namespace(object: &str, namespace: &str) -> String {
    if namespace.is_empty() { object.to_owned() } else { format!("{object} in {namespace}") }
}

#[derive(Clone, Copy)]
enum Shade {
    None,
    Bold,
    Added,
    Removed,
}

struct Text {
    text: String,
    color: bool,
}

impl Text {
    fn line(&mut self, shade: Shade, line: &str) {
        let code = match shade {
            Shade::None => "",
            Shade::Bold => "1",
            Shade::Added => "32",
            Shade::Removed => "31",
        };
        // Writing to a string cannot fail.
        let _ = if self.color && !code.is_empty() {
            writeln!(self.text, "\x1b[{code}m{line}\x1b[0m")
        } else {
            writeln!(self.text, "{line}")
        };
    }

    fn differences(&mut self, found: &[Difference]) {
        for difference in found {
            self.difference(difference);
        }
    }

    fn difference(&mut self, difference: &Difference) {
        let Difference { path, old, new } = difference;
        if let (Some(Value::String(old)), Some(Value::String(new))) = (old, new)
            && (old.contains('\n') || new.contains('\n'))
        {
            self.line(Shade::None, &format!("  {path}:"));
            return self.lines(old, new);
        }
        let shown = |value: &Option<Value>| value.as_ref().map(|value| shorten(&text_of(value)).into_owned());
        match (shown(old), shown(new)) {
            (None, Some(new)) => self.line(Shade::Added, &format!("  + {path}: {new}")),
            (Some(old), None) => self.line(Shade::Removed, &format!("  - {path}: {old}")),
            (old, new) => {
                let text = |it: Option<String>| it.unwrap_or_default();
                self.line(Shade::None, &format!("  {path}: {} -> {}", text(old), text(new)));
            }
        }
    }

    fn lines(&mut self, old: &str, new: &str) {
        let diff = TextDiff::from_lines(old, new);
        let changed: Vec<_> = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal).collect();
        if changed.len() > LINES {
            let gone = changed.iter().filter(|change| change.tag() == ChangeTag::Delete).count();
            return self.line(Shade::None, &format!("    {gone} lines go, {} come", changed.len() - gone));
        }
        for change in changed {
            let (sign, shade) =
                if change.tag() == ChangeTag::Delete { ('-', Shade::Removed) } else { ('+', Shade::Added) };
            self.line(shade, &format!("    {sign} {}", shorten(change.value().trim_end())));
        }
    }
}
