//! Files that are made from the sources and checked in, so that readers and editors find them.

use std::path::{Path, PathBuf};

use crate::{Outcome, kubernetes, reference, repository};

/// Arguments of `generate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if a file is not as it would be written
    #[arg(long)]
    check: bool,
}

/// Path below the root and content of every generated file whose sources are there.
fn files(root: &Path) -> Vec<(&'static str, String)> {
    let schema = redis_k8s_gen::document_schema();
    let mut files = vec![
        ("schemas/redis-k8s-gen.schema.json", format!("{schema:#}\n")),
        ("docs/reference.md", reference::page(&schema)),
    ];
    match kubernetes::table(root) {
        Some(table) => files.push((kubernetes::PATH, table)),
        None => println!("left alone: {}; tools/install gets the schemas it is made from", kubernetes::PATH),
    }
    files
}

/// The files that are not as they would be written.
fn outdated(root: &Path) -> Vec<(PathBuf, String)> {
    let differs = |(path, content): (&str, String)| {
        let path = root.join(path);
        let same = std::fs::read_to_string(&path).is_ok_and(|present| present == content);
        (!same).then_some((path, content))
    };
    files(root).into_iter().filter_map(differs).collect()
}

pub(crate) fn run(args: &Args) -> Outcome {
    let outdated = outdated(&repository());
    if args.check && !outdated.is_empty() {
        let names: Vec<_> = outdated.iter().map(|(path, _)| path.display().to_string()).collect();
        return Err(format!("not as generated: {}; run `just schemas`", names.join(", ")).into());
    }
    for (path, content) in outdated {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        std::fs::write(&path, content)?;
        println!("wrote {}", path.display());
    }
    Ok(())
}

#[test]
fn generated_files_are_up_to_date() {
    let root = repository();
    let has_all = kubernetes::table(&root).is_some();
    assert!(has_all || std::env::var_os("CI").is_none(), "the schemas of Kubernetes are missing: see tools/install");
    let names: Vec<_> = outdated(&root).into_iter().map(|(path, _)| path).collect();
    assert!(names.is_empty(), "not as generated: {names:?}; run `just schemas`");
}
