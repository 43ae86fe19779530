//! Writing documents to standard output in their order, rendered in parallel, a bounded part at a time.

use rayon::prelude::*;
use redis_k8s::{Checked, Manifest};

use super::progress::{Progress, grouped};
use super::{Failure, Selection, Session};

/// How documents become text that can be written part by part.
pub(super) trait Format {
    /// What stands before the first manifest.
    const BEFORE: &'static str = "";
    /// What stands between two manifests that hold something.
    const BETWEEN: &'static str = "";
    /// What stands after the last.
    const AFTER: &'static str = "";

    /// Appends what is rendered of one document.
    fn append(manifest: &Manifest, text: &mut String);

    /// Appends a document all of which is rendered.
    fn append_whole(document: &Checked, text: &mut String) {
        Self::append(&document.manifest(), text);
    }
}

/// A stream of YAML documents.
pub(super) struct Yaml;

impl Format for Yaml {
    fn append(manifest: &Manifest, text: &mut String) {
        manifest.write_yaml(text);
    }

    fn append_whole(document: &Checked, text: &mut String) {
        document.write_yaml(text);
    }
}

/// Documents rendered while the ones before them are written: 5 MB, with both halves, however long the output is. Their
/// buffers are filled again and again: memory fresh from the kernel took a sixth of the time of a fleet.
const AT_A_TIME: usize = 32;

/// The text of a document of three servers and three sentinels, with some to spare: texts that outgrow their memory are moved.
const USUAL: usize = 72 * 1024;

/// Documents that are worth handing to a thread.
const A_TASK: usize = 2;

/// As many documents are not worth a second thread.
const A_HANDFUL: usize = 8;

/// Writes all documents.
///
/// One document, or a handful, is rendered on this thread: starting others takes longer than that. So is a fleet where there
/// is no other core: one buffer stays in the cache, the buffers for several threads do not.
pub(super) fn write<F: Format>(
    documents: &[Checked],
    selection: &Selection,
    session: &mut Session<'_, '_>,
) -> Result<(), Failure> {
    let mut output = Output { progress: Progress::new(documents.len(), session), session, wrote: false };
    output.session.data(F::BEFORE.as_bytes())?;
    let result = if documents.len() <= A_HANDFUL || rayon::current_num_threads() == 1 {
        on_this_thread::<F>(documents, selection, &mut output)
    } else {
        in_parallel::<F>(documents, selection, &mut output)
    };
    output.progress.erase(output.session);
    result?;
    output.session.data(F::AFTER.as_bytes())?;
    if let [first, ..] = documents {
        let plural = if documents.len() == 1 { "" } else { "s" };
        let count = grouped(documents.len());
        output.session.verbose(&format!("rendered {count} document{plural} for {}", first.target()));
    }
    Ok(())
}

fn on_this_thread<F: Format>(
    documents: &[Checked],
    selection: &Selection,
    output: &mut Output<'_, '_, '_>,
) -> Result<(), Failure> {
    let mut buffer = String::new();
    documents.iter().try_for_each(|document| {
        fill::<F>(&mut buffer, document, selection);
        output.write::<F>(&buffer)
    })
}

/// Renders the next part while the last one is written.
fn in_parallel<F: Format>(
    documents: &[Checked],
    selection: &Selection,
    output: &mut Output<'_, '_, '_>,
) -> Result<(), Failure> {
    let (mut ready, mut next) = (Vec::new(), Vec::new());
    for part in documents.chunks(AT_A_TIME) {
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| fill_all::<F>(&mut next, part, selection));
            output.write_all::<F>(&ready)
        })?;
        std::mem::swap(&mut ready, &mut next);
    }
    output.write_all::<F>(&ready)
}

/// Renders a part into as many buffers as it has documents.
fn fill_all<F: Format>(buffers: &mut Vec<String>, part: &[Checked], selection: &Selection) {
    buffers.resize_with(part.len(), String::new);
    let tasks = part.par_iter().zip(buffers).with_min_len(A_TASK);
    tasks.for_each(|(document, buffer)| fill::<F>(buffer, document, selection));
}

/// Renders a document in place of the one before.
fn fill<F: Format>(buffer: &mut String, document: &Checked, selection: &Selection) {
    buffer.clear();
    buffer.reserve(USUAL);
    if selection.selectors().is_empty() {
        F::append_whole(document, buffer);
    } else {
        F::append(&selection.manifest(document), buffer);
    }
}

struct Output<'a, 's, 'io> {
    session: &'a mut Session<'s, 'io>,
    progress: Progress,
    wrote: bool,
}

impl Output<'_, '_, '_> {
    fn write_all<F: Format>(&mut self, buffers: &[String]) -> Result<(), Failure> {
        buffers.iter().try_for_each(|buffer| self.write::<F>(buffer))
    }

    fn write<F: Format>(&mut self, buffer: &str) -> Result<(), Failure> {
        if !buffer.is_empty() {
            if self.wrote {
                self.session.data(F::BETWEEN.as_bytes())?;
            }
            self.session.data(buffer.as_bytes())?;
            self.wrote = true;
        }
        self.progress.advance(self.session);
        Ok(())
    }
}
