//! The renderings the tools are shown: every example for every target that takes it, and what needs no document.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// One document for one target.
#[derive(Debug, Clone)]
pub(crate) struct Rendering {
    pub(crate) target: &'static str,
    name: String,
    document: Option<PathBuf>,
}

impl Rendering {
    /// All of them, written once per run of the tests.
    pub(crate) fn all() -> Vec<Self> {
        static ALL: OnceLock<Vec<Rendering>> = OnceLock::new();
        ALL.get_or_init(|| {
            let mut documents: Vec<_> = std::fs::read_dir(repository().join("examples"))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
                .map(Some)
                .collect();
            documents.sort();
            documents.push(None);
            let each = |document: &Option<PathBuf>| {
                let name = document
                    .as_ref()
                    .map_or("none".into(), |path| path.file_stem().unwrap().to_str().unwrap().to_owned());
                ["v1beta3", "v1", "apps/v1"].map(|target| Self {
                    target,
                    name: name.clone(),
                    document: document.clone(),
                })
            };
            documents.iter().flat_map(each).filter(Self::write).collect()
        })
        .clone()
    }

    pub(crate) fn title(&self) -> String {
        format!("{} as {}", self.name, self.target)
    }

    fn path(&self, extension: &str) -> PathBuf {
        static DIRECTORY: OnceLock<TempDir> = OnceLock::new();
        let directory = DIRECTORY.get_or_init(|| tempfile::tempdir().unwrap());
        directory.path().join(format!("{}-{}.{extension}", self.target.replace('/', "-"), self.name))
    }

    /// A file with its YAML.
    pub(crate) fn yaml(&self) -> PathBuf {
        self.path("yaml")
    }

    /// A file with its JSON.
    pub(crate) fn json(&self) -> PathBuf {
        self.path("json")
    }

    /// Its objects, as our JSON has them.
    pub(crate) fn objects(&self) -> Vec<Value> {
        let mut list: Value = serde_json::from_slice(&std::fs::read(self.json()).unwrap()).unwrap();
        match list["items"].take() {
            Value::Array(items) => items,
            _ => vec![list],
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redis-k8s-gen"));
        command.args(["render", "--quiet", "--api-version", self.target]).args(&self.document);
        command
    }

    /// Renders it; false where the target refuses the document.
    fn write(&self) -> bool {
        for format in ["yaml", "json"] {
            let output = self.command().args(["--output", format]).output().unwrap();
            if output.status.code() == Some(1) {
                assert_ne!(self.target, "apps/v1", "{}: {}", self.title(), String::from_utf8_lossy(&output.stderr));
                return false;
            }
            assert!(output.status.success(), "{}: {}", self.title(), String::from_utf8_lossy(&output.stderr));
            std::fs::write(self.path(format), output.stdout).unwrap();
        }
        true
    }

    /// A directory with one file per object.
    pub(crate) fn files(&self) -> TempDir {
        let directory = tempfile::tempdir().unwrap();
        let output = self.command().arg("--output-dir").arg(directory.path()).output().unwrap();
        assert!(output.status.success(), "{}: {}", self.title(), String::from_utf8_lossy(&output.stderr));
        directory
    }
}
