//! Problems for other programs: each form is one that editors, forges or build servers read already.

use std::borrow::Cow;
use std::fmt::Write;

use redis_k8s::Severity;
use serde_json::{Value, json};

use super::print::Shown;
use super::{Diagnostic, Place};
use crate::document;

/// One problem with its places in lines and columns, or what is left of those of a rule.
pub(super) struct Finding<'r> {
    severity: Severity,
    rule: &'static str,
    message: Cow<'r, str>,
    help: Option<&'r str>,
    /// The field, as people write it.
    path: Option<String>,
    at: Option<At<'r>>,
    related: Vec<(At<'r>, &'r str)>,
    /// How many there are, if it stands for several.
    more: Option<usize>,
}

/// A place as others count it.
enum At<'r> {
    File {
        name: &'r str,
        line: usize,
        column: usize,
    },
    /// The command line.
    Override(&'r str),
}

impl<'r> Finding<'r> {
    pub(super) fn new(diagnostic: &'r Diagnostic, sources: &[Option<Shown<'r>>]) -> Self {
        Self {
            severity: diagnostic.severity,
            rule: diagnostic.rule,
            message: Cow::Borrowed(&diagnostic.message),
            help: diagnostic.help.as_deref(),
            path: Some(diagnostic.path.to_string()),
            at: At::of(&diagnostic.place, sources),
            related: diagnostic
                .related
                .iter()
                .filter_map(|(place, why)| Some((At::of(place, sources)?, why.as_str())))
                .collect(),
            more: None,
        }
    }

    /// Those of a rule that are counted and not shown.
    pub(super) fn more(severity: Severity, rule: &'static str, count: usize) -> Self {
        let message = Cow::Owned(format!("and {count} more of {rule}"));
        Self { severity, rule, message, help: None, path: None, at: None, related: Vec::new(), more: Some(count) }
    }

    fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    fn level(&self) -> &'static str {
        if self.is_error() { "error" } else { "warning" }
    }

    /// Message, field and help in one text.
    fn words(&self) -> String {
        let mut words = self.message.to_string();
        if let Some(path) = self.path.as_ref().filter(|path| !path.is_empty()) {
            let _ = write!(words, " ({path})");
        }
        if let Some(At::Override(given)) = self.at {
            let _ = write!(words, ", from {given}");
        }
        if let Some(help) = self.help {
            let _ = write!(words, "\n{help}");
        }
        words
    }
}

impl<'r> At<'r> {
    fn of(place: &'r Place, sources: &[Option<Shown<'r>>]) -> Option<Self> {
        match place {
            Place::Override(given) => Some(Self::Override(given)),
            Place::Text { source, start, .. } => {
                let Shown { name, lines } = sources.get(usize::try_from(*source).ok()?)?.as_ref()?;
                let (line, column) = lines.position(*start);
                Some(Self::File { name, line, column })
            }
        }
    }
}

/// A list of objects, in names of our own.
pub(super) fn json(findings: &[Finding<'_>]) -> Value {
    let place = |at: &At<'_>, object: &mut Value| match at {
        At::Override(given) => object["override"] = json!(given),
        At::File { name, line, column } => {
            object["file"] = json!(name);
            object["line"] = json!(line);
            object["column"] = json!(column);
        }
    };
    let one = |finding: &Finding<'_>| {
        let mut object = json!({"severity": finding.severity, "rule": finding.rule, "message": finding.message});
        for (name, value) in
            [("path", json!(finding.path)), ("help", json!(finding.help)), ("more", json!(finding.more))]
        {
            if !value.is_null() {
                object[name] = value;
            }
        }
        if let Some(at) = &finding.at {
            place(at, &mut object);
        }
        if !finding.related.is_empty() {
            object["related"] = finding
                .related
                .iter()
                .map(|(at, why)| {
                    let mut object = json!({"message": why});
                    place(at, &mut object);
                    object
                })
                .collect();
        }
        object
    };
    findings.iter().map(one).collect()
}

/// [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), which code scanning reads.
pub(super) fn sarif(findings: &[Finding<'_>]) -> Value {
    let location = |at: &At<'_>, path: Option<&str>| {
        let mut location = json!({});
        if let At::File { name, line, column } = at {
            location["physicalLocation"] = json!({
                "artifactLocation": {"uri": uri(name)},
                "region": {"startLine": line, "startColumn": column},
            });
        }
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            location["logicalLocations"] = json!([{"fullyQualifiedName": path}]);
        }
        location
    };
    let mut ids: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
    ids.sort_unstable();
    ids.dedup();
    let results = findings.iter().map(|finding| {
        let mut result = json!({
            "ruleId": finding.rule,
            "level": finding.level(),
            "message": {"text": finding.words()},
        });
        if let Some(at) = &finding.at {
            result["locations"] = json!([location(at, finding.path.as_deref())]);
        }
        if !finding.related.is_empty() {
            let related = finding.related.iter().map(|(at, why)| {
                let mut location = location(at, None);
                location["message"] = json!({"text": why});
                location
            });
            result["relatedLocations"] = related.collect();
        }
        result
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "redis-k8s-gen",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": ids.into_iter().map(|id| match document::rules().find(|rule| rule.id == id) {
                    Some(rule) => json!({
                        "id": id,
                        "shortDescription": {"text": rule.summary},
                        "fullDescription": {"text": rule.reason},
                    }),
                    None => json!({"id": id}),
                }).collect::<Value>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Value>(),
        }],
    })
}

/// A path as a reference of RFC 3986.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// [Commands](https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands) that put a note at the line in question.
pub(super) fn github(findings: &[Finding<'_>]) -> String {
    let mut text = String::new();
    for finding in findings {
        let _ = write!(text, "::{} ", finding.level());
        if let Some(At::File { name, line, column }) = finding.at {
            let _ = write!(text, "file={},line={line},col={column},", property(name));
        }
        let _ = writeln!(text, "title={}::{}", finding.rule, data(&finding.words()));
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The XML of `JUnit`, which build servers read: a test that failed for each problem, or one that passed for all that was read.
///
/// A warning passes unless `is_strict`, and says what it has to say as output.
pub(super) fn junit(findings: &[Finding<'_>], read: &str, is_strict: bool) -> String {
    let fails = |finding: &Finding<'_>| is_strict || finding.is_error();
    let failures = findings.iter().filter(|finding| fails(finding)).count();
    let counts = format!("tests=\"{}\" failures=\"{failures}\"", findings.len().max(1));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n<testsuite name=\"redis-k8s-gen validate\" {counts}>\n"
    );
    if findings.is_empty() {
        let _ = writeln!(text, "<testcase classname=\"redis-k8s-gen\" name=\"{}\"/>", xml(read));
    }
    for finding in findings {
        let (class, name) = match finding.at {
            Some(At::File { name, line, column }) => (name, format!("{} at {line}:{column}", finding.rule)),
            Some(At::Override(given)) => (given, finding.rule.to_owned()),
            None => ("redis-k8s-gen", finding.rule.to_owned()),
        };
        let (class, name, words) = (xml(class), xml(&name), xml(&finding.words()));
        let _ = write!(text, "<testcase classname=\"{class}\" name=\"{name}\">");
        let _ = if fails(finding) {
            let message = xml(&finding.message);
            writeln!(text, "<failure type=\"{}\" message=\"{message}\">{words}</failure></testcase>", finding.rule)
        } else {
            writeln!(text, "<system-out>{words}</system-out></testcase>")
        };
    }
    text + "</testsuite>\n</testsuites>\n"
}

fn xml(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut xml, c| {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            // XML 1.0 has no way to write the others
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => xml.push('\u{fffd}'),
            c => xml.push(c),
        }
        xml
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_written_as_each_form_wants_them() {
        assert_eq!(uri("a/b c%.yaml"), "a/b%20c%25.yaml");
        assert_eq!(uri("/a/<stdin>"), "file:///a/%3Cstdin%3E");
        assert_eq!(property("a,b:c\n%"), "a%2Cb%3Ac%0A%25");
        assert_eq!(xml("a<b>&\"\u{1}"), "a&lt;b&gt;&amp;&quot;\u{fffd}");
    }
}
