//! The YAML that manifests are written in, read without a parser: ASCII, in blocks, whose scalars and brackets end on
//! their line, and literals; or JSON.
//!
//! Whatever is not of this kind, mistakes included, is left to the parser, which reads it from its start. Trees are the
//! same either way, places included: docs/adr-002-reading-documents.md says why it is worth it.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3};

use super::node::{Kind, Node, Origin, Style};
use super::tree::{Document, Tree};

/// Longer keys YAML takes with `?` only.
const LONGEST_KEY: usize = 1024;

/// The document of a piece that starts at byte `base` of its source; none if it takes the parser.
pub(super) fn read(text: &str, base: usize) -> Option<Document<'_>> {
    // a fold, since the compiler makes vectors only of what has no way out before its end
    let is_ascii = |bytes: &[u8]| bytes.iter().fold(true, |is, byte| is & matches!(byte, b' '..=b'~' | b'\n'));
    if !text.as_bytes().chunks(256).all(is_ascii) {
        return None;
    }
    let at = if text.starts_with("---\n") { 4 } else { 0 };
    let mut reader = Reader { text, base, at, open: Vec::new(), pending: Some(at), tree: Tree::default() };
    if text.starts_with('{') {
        reader.flow()?;
        reader.skip(0);
        reader.rest().is_empty().then_some(())?;
    } else {
        text.ends_with('\n').then_some(())?;
        while let Some(column) = reader.next_line() {
            reader.line(column)?;
        }
        reader.end()?;
    }
    let document = reader.tree.take()?;
    (document.faults.is_empty() && reader.tree.older.is_empty()).then_some(document)
}

/// Reads line by line; its methods return none if that takes the parser.
struct Reader<'t> {
    text: &'t str,
    base: usize,
    /// The byte that is read next.
    at: usize,
    /// Collections that may go on, the innermost last.
    open: Vec<Block>,
    /// Where the value of the last key or dash stands if it is null; none if it was read.
    pending: Option<usize>,
    tree: Tree<'t>,
}

#[derive(Clone, Copy)]
struct Block {
    /// Of its keys or dashes.
    column: usize,
    is_sequence: bool,
}

impl<'t> Reader<'t> {
    /// Passes over what is left of a line, empty lines and comments to the next; gives its column.
    fn next_line(&mut self) -> Option<usize> {
        loop {
            let column = self.spaces();
            self.at += column;
            match self.rest().first()? {
                b'\n' => self.at += 1,
                b'#' => self.at += memchr(b'\n', self.rest())? + 1,
                _ => return Some(column),
            }
        }
    }

    /// Reads a line whose text begins in this column.
    fn line(&mut self, mut column: usize) -> Option<()> {
        self.close(column)?;
        let mut is_item = false;
        while self.is_dash() {
            let dash = self.at;
            self.at += 1;
            let spaces = self.spaces();
            self.at += spaces;
            if self.pending.replace(self.at).is_some() {
                // the parser has a list that is no further in than its key begin behind its first dash
                let is_indented = self.open.last().is_none_or(|parent| parent.column < column);
                let start = if is_indented { dash } else { self.at };
                self.tree.start_sequence(self.origin(start, start), 0).ok()?;
                self.open.push(Block { column, is_sequence: true });
            }
            if self.rest().first() == Some(&b'\n') {
                return (spaces == 0).then_some(());
            }
            column += 1 + spaces;
            is_item = true;
        }
        let Some((key, colon)) = self.scalar(false).filter(|(_, end)| self.is_colon(*end)) else {
            self.pending.take().filter(|_| is_item)?;
            return self.value();
        };
        (colon - self.at <= LONGEST_KEY).then_some(())?;
        if self.pending.take().is_some() {
            self.tree.start_mapping(self.origin(self.at, self.at), 0).ok()?;
            self.open.push(Block { column, is_sequence: false });
        }
        self.tree.add(key, 0).ok()?;
        self.at = colon + 1;
        if self.rest().first() == Some(&b'\n') {
            self.pending = Some(colon);
            return Some(());
        }
        self.at += self.spaces();
        self.value()
    }

    /// Ends what a line in this column does not belong to.
    fn close(&mut self, column: usize) -> Option<()> {
        let is_dash = self.is_dash();
        while let Some(block) = self.open.last().copied() {
            if column > block.column || column == block.column && is_dash && !block.is_sequence {
                break;
            }
            if column == block.column && is_dash == block.is_sequence {
                return self.end_pending();
            }
            self.end_block()?;
        }
        self.pending.map(|_| ())
    }

    /// Ends everything.
    fn end(&mut self) -> Option<()> {
        while !self.open.is_empty() {
            self.end_block()?;
        }
        Some(())
    }

    fn end_block(&mut self) -> Option<()> {
        self.end_pending()?;
        self.open.pop()?;
        self.tree.end(self.origin(self.at, self.at)).ok()
    }

    fn end_pending(&mut self) -> Option<()> {
        match self.pending.take() {
            Some(at) => self.tree.add(self.node("~".into(), Style::Plain, at, at), 0).ok(),
            None => Some(()),
        }
    }

    /// Reads a value that ends with its line, or a literal.
    fn value(&mut self) -> Option<()> {
        match self.rest().first()? {
            b'|' => return self.literal(),
            b'[' | b'{' => self.flow()?,
            _ => self.add_scalar(false)?,
        }
        let spaces = self.spaces();
        let is_over = match self.rest().get(spaces)? {
            b'\n' => true,
            b'#' => spaces > 0,
            _ => false,
        };
        is_over.then_some(())
    }

    /// Reads a collection in brackets, which ends on its line unless it is the root.
    fn flow(&mut self) -> Option<()> {
        let opening = self.origin(self.at, self.at + 1);
        let closing = if self.rest().first() == Some(&b'[') { b']' } else { b'}' };
        match closing {
            b']' => self.tree.start_sequence(opening, 0).ok()?,
            _ => self.tree.start_mapping(opening, 0).ok()?,
        }
        self.skip(1);
        while self.rest().first() != Some(&closing) {
            if closing == b'}' {
                let (start, is_quoted) = (self.at, matches!(self.rest(), [b'"' | b'\'', ..]));
                self.add_scalar(true)?;
                let is_key = self.is_colon(self.at) || is_quoted && self.rest().first() == Some(&b':');
                (is_key && self.at - start <= LONGEST_KEY).then_some(())?;
                self.skip(1);
            }
            match self.rest().first()? {
                b'[' | b'{' => self.flow()?,
                _ => self.add_scalar(true)?,
            }
            self.skip(0);
            match self.rest().first()? {
                b',' => self.skip(1),
                byte => (*byte == closing).then_some(())?,
            }
        }
        self.at += 1;
        self.tree.end(self.origin(self.at - 1, self.at)).ok()
    }

    /// Passes over so many bytes and the spaces after them, and outside blocks over the ends of lines.
    fn skip(&mut self, bytes: usize) {
        self.at += bytes;
        let is_space = |byte: &u8| *byte == b' ' || *byte == b'\n' && self.open.is_empty();
        self.at += self.rest().iter().take_while(|byte| is_space(byte)).count();
    }

    fn add_scalar(&mut self, is_in_flow: bool) -> Option<()> {
        let (node, end) = self.scalar(is_in_flow)?;
        self.at = end;
        self.tree.add(node, 0).ok()
    }

    /// The scalar that comes next, and the byte after it.
    fn scalar(&self, is_in_flow: bool) -> Option<(Node<'t>, usize)> {
        let (text, style, end) = match self.rest().first()? {
            b'"' => self.double_quoted()?,
            b'\'' => self.single_quoted()?,
            _ => self.plain(is_in_flow)?,
        };
        Some((self.node(text, style, self.at, end), end))
    }

    /// The text without quotes that comes next: up to a colon that makes it a key, to a comment, or to the end of its line.
    fn plain(&self, is_in_flow: bool) -> Option<(Cow<'t, str>, Style, usize)> {
        let bytes = self.text.as_bytes();
        let mut end = self.at;
        loop {
            end += if is_in_flow {
                bytes[end..].iter().position(|byte| b":#\n,[]{}".contains(byte))?
            } else {
                memchr3(b':', b'#', b'\n', &bytes[end..])?
            };
            match bytes[end] {
                b':' if !(self.is_colon(end) || is_in_flow && b",[]{}".contains(bytes.get(end + 1)?)) => {}
                b'#' if !bytes[..end].ends_with(b" ") => {}
                _ => break,
            }
            end += 1;
        }
        let text = self.text[self.at..end].trim_end_matches(' ');
        let is_plain = match text.as_bytes() {
            [] | [b'-'] | [b'-', b' ', ..] | [b'-', b'-', b'-', ..] | [b'.', b'.', b'.', ..] => false,
            [first, ..] => !b"?:,[]{}#&*!|>'\"%@`".contains(first),
        };
        is_plain.then(|| (text.into(), Style::Plain, self.at + text.len()))
    }

    fn double_quoted(&self) -> Option<(Cow<'t, str>, Style, usize)> {
        let (mut start, mut text) = (self.at + 1, Cow::default());
        loop {
            let end = start + memchr3(b'"', b'\\', b'\n', self.text.as_bytes().get(start..)?)?;
            add_to(&mut text, &self.text[start..end]);
            match self.text.as_bytes()[end..] {
                [b'"', ..] => return Some((text, Style::Quoted, end + 1)),
                [b'\\', escaped, ..] => {
                    let meant = match escaped {
                        b'n' => '\n',
                        b't' => '\t',
                        b'"' | b'\\' => char::from(escaped),
                        b'u' => {
                            // how JSON is written for HTML
                            let code = self.text.get(end + 2..end + 6)?.strip_prefix("00")?;
                            char::from(u8::from_str_radix(code, 16).ok().filter(|code| matches!(code, b' '..=b'~'))?)
                        }
                        _ => return None,
                    };
                    text.to_mut().push(meant);
                    start = end + if escaped == b'u' { 6 } else { 2 };
                }
                _ => return None,
            }
        }
    }

    fn single_quoted(&self) -> Option<(Cow<'t, str>, Style, usize)> {
        let (mut start, mut text) = (self.at + 1, Cow::default());
        loop {
            let end = start + memchr2(b'\'', b'\n', self.text.as_bytes().get(start..)?)?;
            add_to(&mut text, &self.text[start..end]);
            match self.text.as_bytes()[end..] {
                [b'\'', b'\'', ..] => {
                    text.to_mut().push('\'');
                    start = end + 2;
                }
                [b'\'', ..] => return Some((text, Style::Quoted, end + 1)),
                _ => return None,
            }
        }
    }

    /// Reads a text of lines, whose indentation its first tells.
    fn literal(&mut self) -> Option<()> {
        let (keep, header) = match self.rest() {
            [b'|', b'\n', ..] => (Some(1), 2),
            [b'|', b'-', b'\n', ..] => (Some(0), 3),
            [b'|', b'+', b'\n', ..] => (None, 3),
            _ => return None,
        };
        self.at += header;
        let column = self.spaces();
        let start = self.at + column;
        let is_text = self.rest().get(column) != Some(&b'\n') && self.open.last()?.column < column;
        is_text.then_some(())?;
        let mut text = String::new();
        let end = loop {
            let spaces = self.spaces();
            match self.rest().get(spaces) {
                Some(b'\n') if spaces < column => {
                    text.push('\n');
                    self.at += spaces + 1;
                }
                Some(_) if spaces >= column => {
                    let end = memchr(b'\n', self.rest())? + 1;
                    text.push_str(&self.text[self.at + column..self.at + end]);
                    self.at += end;
                }
                _ => break self.at + spaces,
            }
        };
        if let Some(breaks) = keep {
            text.truncate(text.trim_end_matches('\n').len() + breaks);
        }
        self.tree.add(self.node(text.into(), Style::Quoted, start, end), 0).ok()
    }

    fn node(&self, text: Cow<'t, str>, style: Style, start: usize, end: usize) -> Node<'t> {
        Node { origin: self.origin(start, end), kind: Kind::Scalar(text, style) }
    }

    /// Whether a key ends at this byte.
    fn is_colon(&self, at: usize) -> bool {
        matches!(self.text.as_bytes()[at..], [b':', b' ' | b'\n', ..])
    }

    fn is_dash(&self) -> bool {
        matches!(self.rest(), [b'-', b' ' | b'\n', ..])
    }

    fn spaces(&self) -> usize {
        self.rest().iter().take_while(|byte| **byte == b' ').count()
    }

    fn rest(&self) -> &'t [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn origin(&self, start: usize, end: usize) -> Origin {
        Origin::text(self.base + start, self.base + end)
    }
}

/// A part of a text, borrowed if it is all of it.
fn add_to<'t>(text: &mut Cow<'t, str>, part: &'t str) {
    if text.is_empty() { *text = Cow::Borrowed(part) } else { text.to_mut().push_str(part) }
}

#[cfg(test)]
mod tests;
