//! Writing documents to standard output in their order, rendered in parallel, a bounded part at a time.

use rayon::prelude::*;
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

    /// Appends one manifest.
    fn append(&self, manifest: &Manifest, text: &mut String);
}

/// A stream of YAML documents.
pub(super) struct Yaml;

impl Format for Yaml {
    fn append(&self, manifest: &Manifest, text: &mut String) {
        manifest.write_yaml(text);
    }
}

/// Documents one task renders into one buffer: some 300 kB, so that a task is worth handing to a thread.
const IN_A_BUFFER: usize = 8;

/// Buffers rendered while the ones before them are written: 5 MB, with both halves, however long the output is.
const BUFFERS: usize = 8;

/// Writes all documents.
///
/// One document, or a handful, is rendered on this thread: starting others takes longer than that.
pub(super) fn write<F: Format>(
    documents: &[Redis],
    rendering: &Rendering,
    format: &F,
    session: &mut Session<'_, '_>,
) -> Result<(), Failure> {
    let mut output = Output { progress: Progress::new(documents.len(), session), session, wrote: false };
    output.session.data(F::BEFORE.as_bytes())?;
    let result = if documents.len() <= IN_A_BUFFER {
        let buffer = render(documents, rendering, format);
        output.write::<F>(std::slice::from_ref(&buffer))
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

/// Renders the next part while the last one is written.
fn in_parallel<F: Format>(
    documents: &[Redis],
    rendering: &Rendering,
    format: &F,
    output: &mut Output<'_, '_, '_>,
) -> Result<(), Failure> {
    let render_part = |part: &[Redis], buffers: &mut Vec<Buffer>| {
        part.par_chunks(IN_A_BUFFER).map(|some| render(some, rendering, format)).collect_into_vec(buffers);
    };
    let (mut ready, mut next) = (Vec::new(), Vec::new());
    for part in documents.chunks(IN_A_BUFFER * BUFFERS) {
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| render_part(part, &mut next));
            output.write::<F>(&ready)
        })?;
        std::mem::swap(&mut ready, &mut next);
    }
    output.write::<F>(&ready)
}

/// Some documents as text, or what one of them was refused for.
type Buffer = Result<(String, usize), Failure>;

fn render<F: Format>(documents: &[Redis], rendering: &Rendering, format: &F) -> Buffer {
    let mut text = String::new();
    for document in documents {
        let manifest = rendering.manifest(document)?;
        if manifest.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push_str(F::BETWEEN);
        }
        format.append(&manifest, &mut text);
    }
    Ok((text, documents.len()))
}

struct Output<'a, 's, 'io> {
    session: &'a mut Session<'s, 'io>,
    progress: Progress,
    wrote: bool,
}

impl Output<'_, '_, '_> {
    fn write<F: Format>(&mut self, buffers: &[Buffer]) -> Result<(), Failure> {
        for buffer in buffers {
            let (text, documents) = match buffer {
                Ok(buffer) => buffer,
                Err(failure) => return Err(failure.clone()),
            };
            if !text.is_empty() {
                if self.wrote {
                    self.session.data(F::BETWEEN.as_bytes())?;
                }
                self.session.data(text.as_bytes())?;
                self.wrote = true;
            }
            self.progress.advance(*documents, self.session);
        }
        Ok(())
    }
}
