//! Links between the files of the repository lead somewhere.

use std::path::{Path, PathBuf};

use crate::repository;

/// Markdown files that are read in the repository, rather than by a test of commands.
fn pages(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory that can be read") {
        let path = entry.expect("an entry of a directory").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// What stands in the round brackets of Markdown links, without addresses outside.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    after.filter(|target| !target.contains("://") && !target.contains(' '))
}

#[test]
fn links_lead_somewhere() {
    let mut found = Vec::new();
    pages(&repository(), &mut found);
    assert!(found.len() > 3, "{found:?}");
    let mut broken = Vec::new();
    for page in found {
        let text = std::fs::read_to_string(&page).expect("a page in UTF-8");
        for target in targets(&text) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().expect("a directory").join(file) };
            let headings = std::fs::read_to_string(&path).unwrap_or_default();
            if !path.exists() || !(anchor.is_empty() || headings.lines().any(|line| is_heading(line, anchor))) {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// True if a line is the heading GitHub gives this anchor.
fn is_heading(line: &str, anchor: &str) -> bool {
    let Some(text) = line.strip_prefix('#') else { return false };
    let text = text.trim_start_matches('#').trim().to_lowercase();
    let kept: String = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).collect();
    kept.replace(' ', "-") == anchor
}

#[test]
fn anchors_are_made_as_github_makes_them() {
    assert!(is_heading("## `spec.storage`", "specstorage"));
    assert!(is_heading("# How it compares", "how-it-compares"));
    assert!(!is_heading("How it compares", "how-it-compares"));
    assert_eq!(targets("[a](b.md) [c](https://d) `e(f)`").collect::<Vec<_>>(), ["b.md"]);
}
