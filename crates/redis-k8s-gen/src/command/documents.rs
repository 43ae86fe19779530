//! The arguments that say which documents a run is about, and the reading of them.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use redis_k8s::{ApiVersion, Checked};

use super::{Failure, Session};
use crate::Input;
use crate::diagnostic::Report;
use crate::document::{self, Cluster, Loaded, Override, Source};
use crate::io::reason;

/// What is changed in every document, and how strictly it is checked.
#[derive(Debug, clap::Args)]
pub(crate) struct DocumentArgs {
    /// Name of the instance, in place of the document's
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Namespace of the objects, in place of the document's
    #[arg(short, long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Set a field of every document, as in `spec.replicas=5`; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Treat warnings as errors
    #[arg(long)]
    pub(crate) strict: bool,
}

pub(crate) fn api_version() -> impl TypedValueParser<Value = ApiVersion> {
    PossibleValuesParser::new(ApiVersion::ALL.iter().map(|version| version.as_str()))
        .try_map(|text| text.parse::<ApiVersion>())
}

impl DocumentArgs {
    /// Reads and checks the documents; without a file, the default instance.
    pub(crate) fn load(
        &self,
        files: &[PathBuf],
        target: ApiVersion,
        session: &mut Session<'_, '_>,
    ) -> Result<Loaded, Failure> {
        let sources = if files.is_empty() {
            require_nothing_to_read(session)?;
            vec![Source::default_instance()]
        } else {
            read_all(files, session)?
        };
        self.counted(document::load(sources, &self.overrides(), target))
    }

    /// Reads and checks documents and objects of Kubernetes, these for clusters of this kind.
    pub(crate) fn validate(
        &self,
        sources: Vec<Source>,
        target: ApiVersion,
        cluster: Cluster<'_>,
    ) -> Result<Loaded, Failure> {
        self.counted(document::validate(sources, &self.overrides(), target, cluster))
    }

    /// Fails if there is nothing, or more than the flags are meant for.
    fn counted(&self, loaded: Loaded) -> Result<Loaded, Failure> {
        let documents = loaded.report.documents();
        if let (Some(name), 2..) = (&self.name, documents) {
            return Err(Failure::Usage(format!(
                "--name {name} names one instance, but there are {documents} documents"
            )));
        }
        if documents == 0 && !loaded.report.has_errors() {
            if loaded.report.objects() == 0 {
                return Err(Failure::Input("there is no document in what was read".to_owned()));
            }
            if !self.overrides().is_empty() {
                let message = "--name, --namespace and --set change documents, and there are only objects";
                return Err(Failure::Usage(message.to_owned()));
            }
        }
        Ok(loaded)
    }

    /// Reads and checks the documents, reports what is wrong or hurts, and gives them if they are fine.
    pub(crate) fn checked(
        &self,
        files: &[PathBuf],
        target: ApiVersion,
        session: &mut Session<'_, '_>,
    ) -> Result<Vec<Checked>, Failure> {
        let loaded = self.load(files, target, session)?;
        session.report(&loaded.report);
        self.verdict(&loaded.report)?;
        Ok(loaded.documents)
    }

    /// Fails if the report holds an error, or a warning that counts as one.
    pub(crate) fn verdict(&self, report: &Report) -> Result<(), Failure> {
        if report.has_errors() {
            return Err(Failure::Reported);
        }
        if self.strict && report.warnings() > 0 {
            return Err(Failure::Input("there are warnings, and --strict makes them errors".to_owned()));
        }
        Ok(())
    }

    fn overrides(&self) -> Vec<Override> {
        let set = self.set.iter().map(Override::set);
        let name = self.name.as_ref().map(|name| Override::flag("--name", "metadata.name", name));
        let namespace = self.namespace.as_ref().map(|it| Override::flag("--namespace", "metadata.namespace", it));
        set.chain(name).chain(namespace).collect()
    }
}

/// Refuses standard input that nobody asked for: who pipes a document into a run that names none would get, and apply, the
/// default instance.
///
/// Reading it would be wrong as often as right: it may be the rest of a script that runs this command, or the list of a loop
/// around it, and a pipe that stays open without a word would never end. Nothing is taken from it, so they lose nothing.
pub(crate) fn require_nothing_to_read(session: &Session<'_, '_>) -> Result<(), Failure> {
    if session.io.stdin.may_hold_documents() {
        return Err(Failure::Usage(
            "no document is named, and standard input may hold one: name it `-` to read it, or add `< /dev/null` if it is \
             not meant"
                .to_owned(),
        ));
    }
    Ok(())
}

pub(crate) fn read_all(files: &[PathBuf], session: &mut Session<'_, '_>) -> Result<Vec<Source>, Failure> {
    if files.iter().filter(|file| is_stdin(file)).count() > 1 {
        return Err(Failure::Usage("standard input (-) can be read only once".to_owned()));
    }
    let (mut sources, mut failure, mut room) = (Vec::with_capacity(files.len()), None, HELD);
    for file in files {
        match read(file, session.io.stdin, &mut room) {
            Ok(source) => sources.push(source),
            Err(reason) => {
                // The last one ends the run; those before are told here.
                if let Some(earlier) = failure.replace(reason) {
                    session.say("error", &earlier.to_string());
                }
            }
        }
    }
    failure.map_or(Ok(sources), Err)
}

/// Bytes of files that are held from the start; of what is more, each is read when its turn comes.
const HELD: u64 = 8 << 20;

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == OsStr::new("-")
}

fn read(file: &Path, stdin: &mut dyn Input, room: &mut u64) -> Result<Source, Failure> {
    let cannot = |shown: &str, error: &io::Error| Failure::Usage(format!("cannot read {shown}: {}", reason(error)));
    let mut bytes = Vec::new();
    if is_stdin(file) {
        stdin.read_to_end(&mut bytes).map_err(|error| cannot("standard input", &error))?;
        return Ok(Source::new("<stdin>", bytes));
    }
    let shown = file.display().to_string();
    let source = File::open(file).and_then(|mut opened| {
        let metadata = opened.metadata()?;
        if metadata.is_file() && metadata.len() > *room {
            return Ok(Source::file(file));
        }
        *room = room.saturating_sub(metadata.len());
        opened.read_to_end(&mut bytes)?;
        Ok(Source::new(&shown, bytes))
    });
    source.map_err(|error| cannot(&shown, &error))
}
