//! Writing documents to standard output in their order, rendered in parallel, a bounded part at a time.

use std::cell::RefCell;

use rayon::prelude::*;
use redis_k8s::emit::Blocks;
use redis_k8s::{Manifest, Redis};

use super::progress::{Progress, grouped};
use super::{Failure, Rendering, Session};

/// How manifests become text that can be written part by part.
pub(super) trait Format: Sync {
    /// What stands before the first manifest.
    const BEFORE: &'static str = "";
    /// What stands between two manifests that hold something.
    const BETWEEN: &'static str = "";
    /// What stands after the last.
    const AFTER: &'static str = "";

    /// Appends one manifest; a format may remember long texts for the next.
    fn append(&self, manifest: &Manifest, text: &mut String, blocks: Option<&mut Blocks>);
}

/// A stream of YAML documents.
pub(super) struct Yaml;

impl Format for Yaml {
    fn append(&self, manifest: &Manifest, text: &mut String, blocks: Option<&mut Blocks>) {
        manifest.write_yaml(text, blocks);
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

thread_local! {
    /// The scripts as this thread wrote them: they are the same in every document, and stay in its cache.
    static BLOCKS: RefCell<Blocks> = RefCell::default();
}

/// Writes all documents.
///
/// One document, or a handful, is rendered on this thread: starting others takes longer than that. So is a fleet where there
/// is no other core: one buffer and one copy of the scripts stay in the cache, the buffers for several threads do not.
pub(super) fn write<F: Format>(
    documents: &[Redis],
    rendering: &Rendering,
    format: &F,
    session: &mut Session<'_, '_>,
) -> Result<(), Failure> {
    let mut output = Output { progress: Progress::new(documents.len(), session), session, wrote: false };
    output.session.data(F::BEFORE.as_bytes())?;
    let result = if documents.len() <= A_HANDFUL || rayon::current_num_threads() == 1 {
        on_this_thread(documents, rendering, format, &mut output)
    } else {
        in_parallel(documents, rendering, format, &mut output)
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
    format: &F,
    output: &mut Output<'_, '_, '_>,
) -> Result<(), Failure> {
    let mut buffer = Buffer::default();
    // For a handful remembering takes longer than writing.
    let mut blocks = (documents.len() > A_HANDFUL).then(Blocks::default);
    for some in documents.chunks(IN_A_BUFFER) {
        buffer.fill(some, rendering, format, blocks.as_mut());
        output.write::<F>(&buffer)?;
    }
    Ok(())
}

/// Renders the next part while the last one is written.
fn in_parallel<F: Format>(
    documents: &[Redis],
    rendering: &Rendering,
    format: &F,
    output: &mut Output<'_, '_, '_>,
) -> Result<(), Failure> {
    let (mut ready, mut next) = (Vec::new(), Vec::new());
    for part in documents.chunks(IN_A_BUFFER * BUFFERS) {
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| fill_all(&mut next, part, rendering, format));
            output.write_all::<F>(&ready)
        })?;
        std::mem::swap(&mut ready, &mut next);
    }
    output.write_all::<F>(&ready)
}

/// Renders a part into as many buffers as it takes.
fn fill_all<F: Format>(buffers: &mut Vec<Buffer>, part: &[Redis], rendering: &Rendering, format: &F) {
    let tasks = part.par_chunks(IN_A_BUFFER);
    buffers.resize_with(tasks.len(), Buffer::default);
    tasks.zip(buffers).for_each(|(some, buffer)| {
        BLOCKS.with_borrow_mut(|blocks| buffer.fill(some, rendering, format, Some(blocks)));
    });
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
    fn fill<F: Format>(
        &mut self,
        documents: &[Redis],
        rendering: &Rendering,
        format: &F,
        mut blocks: Option<&mut Blocks>,
    ) {
        self.text.clear();
        self.text.reserve(documents.len() * TEXT_OF_ONE);
        self.documents = documents.len();
        let append = |document| self.append(document, rendering, format, blocks.as_deref_mut());
        self.refused = documents.iter().try_for_each(append).err();
    }

    fn append<F: Format>(
        &mut self,
        document: &Redis,
        rendering: &Rendering,
        format: &F,
        blocks: Option<&mut Blocks>,
    ) -> Result<(), Failure> {
        let manifest = rendering.manifest(document)?;
        if manifest.is_empty() {
            return Ok(());
        }
        if !self.text.is_empty() {
            self.text.push_str(F::BETWEEN);
        }
        format.append(&manifest, &mut self.text, blocks);
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
