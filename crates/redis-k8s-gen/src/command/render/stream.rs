//! Writing documents to standard output in their order, rendered in parallel, a bounded part at a time.

use rayon::prelude::*;
use redis_k8s::Redis;

use super::progress::{Progress, grouped};
use super::{Failure, Rendering, Session};

/// How documents become text that can be written part by part.
pub(super) trait Format {
    /// What stands before the first manifest.
    const BEFORE: &'static str = "";
    /// What stands between two manifests that hold something.
    const BETWEEN: &'static str = "";
    /// What stands after the last.
    const AFTER: &'static str = "";

    /// Appends what is rendered of one document.
    fn append(document: &Redis, rendering: &Rendering, text: &mut String) -> Result<(), Failure>;
}

/// A stream of YAML documents.
pub(super) struct Yaml;

impl Format for Yaml {
    fn append(document: &Redis, rendering: &Rendering, text: &mut String) -> Result<(), Failure> {
        rendering.append_yaml(document, text)
    }
}

/// Documents one task renders into one buffer: some 160 kB, so that a task is worth handing to a thread.
const IN_A_BUFFER: usize = 2;

/// Buffers rendered while the ones before them are written: 5 MB, with both halves, however long the output is. They are
/// filled again and again: memory fresh from the kernel took a sixth of the time of a fleet.
const BUFFERS: usize = 16;

/// What a document of three servers and three sentinels takes, with some to spare: texts that outgrow their memory are moved.
const TEXT_OF_ONE: usize = 96 * 1024;

/// As many documents are not worth a second thread.
const A_HANDFUL: usize = 8;

/// Writes all documents.
///
/// One document, or a handful, is rendered on this thread: starting others takes longer than that. So is a fleet where there
/// is no other core: one buffer stays in the cache, the buffers for several threads do not.
pub(super) fn write<F: Format>(
    documents: &[Redis],
    rendering: &Rendering,
    session: &mut Session<'_, '_>,
) -> Result<(), Failure> {
    let mut output = Output { progress: Progress::new(documents.len(), session), session, wrote: false };
    output.session.data(F::BEFORE.as_bytes())?;
    let result = if documents.len() <= A_HANDFUL || rayon::current_num_threads() == 1 {
        on_this_thread::<F>(documents, rendering, &mut output)
    } else {
        in_parallel::<F>(documents, rendering, &mut output)
    };
    output.progress.erase(output.session);
    result?;
    output.session.data(F::AFTER.as_bytes())?;
    let plural = if documents.len() == 1 { "" } else { "s" };
    output.session.verbose(&format!("rendered {} document{plural} for {}", grouped(documents.len()), rendering.target));
    Ok(())
}

fn on_this_thread<F: Format>(
    documents: &[Redis],
    rendering: &Rendering,
    output: &mut Output<'_, '_, '_>,
) -> Result<(), Failure> {
    let mut buffer = Buffer::default();
    for some in documents.chunks(IN_A_BUFFER) {
        buffer.fill::<F>(some, rendering);
        output.write::<F>(&buffer)?;
    }
    Ok(())
}

/// Renders the next part while the last one is written.
fn in_parallel<F: Format>(
    documents: &[Redis],
    rendering: &Rendering,
    output: &mut Output<'_, '_, '_>,
) -> Result<(), Failure> {
    let (mut ready, mut next) = (Vec::new(), Vec::new());
    for part in documents.chunks(IN_A_BUFFER * BUFFERS) {
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| fill_all::<F>(&mut next, part, rendering));
            output.write_all::<F>(&ready)
        })?;
        std::mem::swap(&mut ready, &mut next);
    }
    output.write_all::<F>(&ready)
}

/// Renders a part into as many buffers as it takes.
fn fill_all<F: Format>(buffers: &mut Vec<Buffer>, part: &[Redis], rendering: &Rendering) {
    let tasks = part.par_chunks(IN_A_BUFFER);
    buffers.resize_with(tasks.len(), Buffer::default);
    tasks.zip(buffers).for_each(|(some, buffer)| buffer.fill::<F>(some, rendering));
}

/// Some documents as text.
#[derive(Default)]
struct Buffer {
    text: String,
    documents: usize,
    /// What one of them was refused for.
    refused: Option<Failure>,
}

impl Buffer {
    /// Renders these documents in place of those before.
    fn fill<F: Format>(&mut self, documents: &[Redis], rendering: &Rendering) {
        self.text.clear();
        self.text.reserve(documents.len() * TEXT_OF_ONE);
        self.documents = documents.len();
        self.refused = documents.iter().try_for_each(|document| self.append::<F>(document, rendering)).err();
    }

    fn append<F: Format>(&mut self, document: &Redis, rendering: &Rendering) -> Result<(), Failure> {
        let before = self.text.len();
        if before > 0 {
            self.text.push_str(F::BETWEEN);
        }
        let start = self.text.len();
        F::append(document, rendering, &mut self.text)?;
        if self.text.len() == start {
            self.text.truncate(before);
        }
        Ok(())
    }
}

struct Output<'a, 's, 'io> {
    session: &'a mut Session<'s, 'io>,
    progress: Progress,
    wrote: bool,
}

impl Output<'_, '_, '_> {
    fn write_all<F: Format>(&mut self, buffers: &[Buffer]) -> Result<(), Failure> {
        buffers.iter().try_for_each(|buffer| self.write::<F>(buffer))
    }

    fn write<F: Format>(&mut self, buffer: &Buffer) -> Result<(), Failure> {
        if let Some(refused) = &buffer.refused {
            return Err(refused.clone());
        }
        if !buffer.text.is_empty() {
            if self.wrote {
                self.session.data(F::BETWEEN.as_bytes())?;
            }
            self.session.data(buffer.text.as_bytes())?;
            self.wrote = true;
        }
        self.progress.advance(buffer.documents, self.session);
        Ok(())
    }
}
