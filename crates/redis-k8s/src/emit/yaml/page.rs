//! What is written so far, and long texts that were written before.

use std::ops::{Deref, DerefMut};

/// Texts shorter than this are written as fast as they are found.
const LONG: usize = 1024;

/// As many are remembered: a manifest has less than a dozen.
const MOST: usize = 16;

/// Long texts as they were written: the manifests of a fleet have the same scripts, which need to be laid out only once.
///
/// The output is the same with it and without.
///
/// ```
/// use redis_k8s::emit::Blocks;
/// use redis_k8s::{ApiVersion, Redis};
///
/// let (mut text, mut blocks) = (String::new(), Blocks::default());
/// for name in ["cache", "queue"] {
///     Redis::new(name.parse()?).render(ApiVersion::AppsV1)?.write_yaml(&mut text, Some(&mut blocks));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Blocks(Vec<Block>);

#[derive(Debug)]
struct Block {
    text: String,
    column: usize,
    written: String,
}

/// The output of a serializer.
pub(super) struct Page {
    pub(super) text: String,
    pub(super) blocks: Option<Blocks>,
}

impl Page {
    /// Appends a text as it was written at this column before; false if it was not.
    pub(super) fn repeat(&mut self, text: &str, column: usize) -> bool {
        let Some(blocks) = self.blocks.as_ref().filter(|_| text.len() >= LONG) else { return false };
        let known = blocks.0.iter().find(|block| block.column == column && block.text == text);
        known.is_some_and(|block| {
            self.text.push_str(&block.written);
            true
        })
    }

    /// Remembers that what stands from `start` on is a text at this column.
    pub(super) fn remember(&mut self, text: &str, column: usize, start: usize) {
        if let Some(blocks) = &mut self.blocks
            && text.len() >= LONG
            && blocks.0.len() < MOST
        {
            blocks.0.push(Block { text: text.to_owned(), column, written: self.text[start..].to_owned() });
        }
    }
}

impl Deref for Page {
    type Target = String;

    fn deref(&self) -> &String {
        &self.text
    }
}

impl DerefMut for Page {
    fn deref_mut(&mut self) -> &mut String {
        &mut self.text
    }
}
