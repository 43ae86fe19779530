//! From the parts of a document, in the order they were written, to its tree.

use std::borrow::Cow;
use std::collections::HashMap;

use redis_k8s::PathStep;

use super::fault::Fault;
use super::node::{Entry, Kind, Node, Origin, Style, shorten};
use super::older;
use super::scalar::Meaning;

/// Collections inside collections. The deepest document of this tool has 7 levels.
pub(super) const MAX_DEPTH: usize = 64;
/// What aliases may copy in one document, in bytes as [`cost`] counts them: a few lines must not become gigabytes.
const MAX_COPIED: usize = 4 << 20;
/// From here on a mapping's keys are found by hash.
const MANY_KEYS: usize = 16;

#[derive(Debug)]
pub(super) struct Document<'t> {
    pub(super) root: Node<'t>,
    /// Problems that leave a tree to look at: duplicate keys, unknown tags.
    pub(super) faults: Vec<Fault>,
}

/// A tree of which parts are still to come.
#[derive(Default)]
pub(super) struct Tree<'t> {
    open: Vec<Open<'t>>,
    root: Option<Node<'t>>,
    pub(super) faults: Vec<Fault>,
    /// What is no mistake, but not for kubectl; of all documents.
    pub(super) older: Vec<Fault>,
    anchors: HashMap<usize, Node<'t>>,
    copied: usize,
}

/// A collection whose end was not seen yet.
struct Open<'t> {
    /// What begins it.
    origin: Origin,
    anchor: usize,
    items: Items<'t>,
}

enum Items<'t> {
    Sequence(Vec<Node<'t>>),
    Mapping { entries: Entries<'t>, key: Option<Key<'t>>, merged: Vec<Node<'t>> },
}

#[derive(Default)]
struct Entries<'t> {
    list: Vec<Entry<'t>>,
    /// Their places in the list by their keys; empty while they are few.
    places: HashMap<Cow<'t, str>, usize>,
}

impl<'t> Entries<'t> {
    fn find(&self, key: &str) -> Option<&Entry<'t>> {
        if self.places.is_empty() {
            return self.list.iter().find(|entry| entry.key == key);
        }
        self.places.get(key).map(|place| &self.list[*place])
    }

    fn push(&mut self, entry: Entry<'t>) {
        if !self.places.is_empty() {
            self.places.insert(entry.key.clone(), self.list.len());
        }
        self.list.push(entry);
        if self.list.len() == MANY_KEYS {
            self.places = self.list.iter().enumerate().map(|(place, entry)| (entry.key.clone(), place)).collect();
        }
    }
}

struct Key<'t> {
    text: Cow<'t, str>,
    origin: Origin,
    fate: Fate,
}

/// What becomes of the value of a key.
#[derive(Clone, Copy)]
enum Fate {
    Kept,
    Merged,
    /// The key was there already, which was reported.
    Passed,
}

impl<'t> Tree<'t> {
    /// The document that ends here, if anything stood in it.
    pub(super) fn take(&mut self) -> Option<Document<'t>> {
        let faults = std::mem::take(&mut self.faults);
        self.anchors.clear();
        self.copied = 0;
        Some(Document { root: self.root.take()?, faults })
    }

    /// Begins a list; `anchor` is the number of its name, or 0.
    pub(super) fn start_sequence(&mut self, origin: Origin, anchor: usize) -> Result<(), Fault> {
        self.start(origin, anchor, Items::Sequence(Vec::new()))
    }

    /// Begins a mapping; `anchor` is the number of its name, or 0.
    pub(super) fn start_mapping(&mut self, origin: Origin, anchor: usize) -> Result<(), Fault> {
        self.start(origin, anchor, Items::Mapping { entries: Entries::default(), key: None, merged: Vec::new() })
    }

    fn start(&mut self, origin: Origin, anchor: usize, items: Items<'t>) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(origin));
        }
        self.open.push(Open { origin, anchor, items });
        Ok(())
    }

    /// Ends the innermost collection where `end` ends.
    pub(super) fn end(&mut self, end: Origin) -> Result<(), Fault> {
        let Some(Open { origin, anchor, items }) = self.open.pop() else { return Ok(()) };
        let kind = match items {
            Items::Sequence(items) => Kind::Sequence(items),
            Items::Mapping { mut entries, merged, .. } => {
                for node in merged {
                    self.merge(&mut entries, node);
                }
                Kind::Mapping(entries.list)
            }
        };
        self.add(Node { origin: origin.up_to(end), kind }, anchor)
    }

    /// Puts a finished node where it belongs: the root, an item, a key or a value; `anchor` is the number of its name, or 0.
    pub(super) fn add(&mut self, node: Node<'t>, anchor: usize) -> Result<(), Fault> {
        if anchor > 0 {
            self.spend(cost(&node), node.origin)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::Sequence(items)) => items.push(node),
            Some(Items::Mapping { key: None, .. }) => return self.add_key(node),
            Some(Items::Mapping { entries, key: pending, merged }) => {
                let Some(Key { text, origin, fate }) = pending.take() else { return Ok(()) };
                match fate {
                    Fate::Passed => {}
                    Fate::Merged => merged.push(node),
                    Fate::Kept => entries.push(Entry { key: text, key_origin: origin, value: node }),
                }
            }
        }
        Ok(())
    }

    fn add_key(&mut self, node: Node<'t>) -> Result<(), Fault> {
        let origin = node.origin;
        let (text, style) = match node.kind {
            Kind::Scalar(text, style) => (text, style),
            kind => {
                let found = Node { origin, kind };
                let message = format!("a key must be a text, found {}", found.description());
                let fault = Fault::new("invalid-key", message).at(origin);
                return Err(match found.kind {
                    Kind::Mapping(_) => fault.help("a text that starts with `{{` must be in quotes"),
                    _ => fault,
                });
            }
        };
        if style == Style::Plain
            && Meaning::of(&text) == Meaning::Null
            && let Origin::Text { start, end } = origin
        {
            let (start, end) = (start as usize, end as usize);
            self.older.push(older::fault(start, end, "kubectl takes no key that is null", "put it in quotes"));
        }
        let Some(Open { items: Items::Mapping { entries, key: pending, .. }, .. }) = self.open.last_mut() else {
            return Ok(());
        };
        let mut fate = if style == Style::Plain && text == "<<" { Fate::Merged } else { Fate::Kept };
        let mut duplicate = None;
        if let Some(first) = entries.find(&text) {
            fate = Fate::Passed;
            duplicate = Some(
                Fault::new("duplicate-key", format!("the key `{}` stands here a second time", shorten(&text)))
                    .at(origin)
                    .and_at(first.key_origin, "first given here")
                    .help("keep one of the two"),
            );
        }
        *pending = Some(Key { text, origin, fate });
        if let Some(duplicate) = duplicate {
            let path = self.path();
            self.faults.push(duplicate.under_all(&path));
        }
        Ok(())
    }

    /// Adds what `<<` brings: keys that are there already win (the merge key of YAML 1.1, which kubectl knows).
    fn merge(&mut self, entries: &mut Entries<'t>, node: Node<'t>) {
        match node.kind {
            Kind::Mapping(brought) => {
                for entry in brought {
                    if entries.find(&entry.key).is_none() {
                        entries.push(entry);
                    }
                }
            }
            Kind::Sequence(nodes) if nodes.iter().all(|node| matches!(node.kind, Kind::Mapping(_))) => {
                for node in nodes {
                    self.merge(entries, node);
                }
            }
            _ => self.faults.push(
                Fault::new(
                    "invalid-merge",
                    format!("`<<` takes a mapping or a list of them, found {}", node.description()),
                )
                .at(node.origin),
            ),
        }
    }

    /// Adds what an alias stands for, by the number of its name.
    pub(super) fn add_alias(&mut self, anchor: usize, origin: Origin) -> Result<(), Fault> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(Fault::new("invalid-alias", "the alias stands inside what it names").at(origin));
        };
        if self.open.len() + depth(node) > MAX_DEPTH {
            return Err(too_deep(origin));
        }
        let copy = node.clone();
        self.spend(cost(&copy), origin)?;
        self.add(copy, 0)
    }

    fn spend(&mut self, bytes: usize, origin: Origin) -> Result<(), Fault> {
        self.copied = self.copied.saturating_add(bytes);
        if self.copied <= MAX_COPIED {
            return Ok(());
        }
        Err(Fault::new("too-many-aliases", "the aliases of this document stand for more than 4 MiB").at(origin))
    }

    /// The path of the node that comes next, or of the value whose key came last.
    pub(super) fn path(&self) -> Vec<PathStep> {
        self.open
            .iter()
            .filter_map(|open| match &open.items {
                Items::Sequence(items) => Some(PathStep::Index(items.len())),
                Items::Mapping { key, .. } => key.as_ref().map(|key| PathStep::Field(key.text.clone().into_owned())),
            })
            .collect()
    }
}

fn too_deep(origin: Origin) -> Fault {
    Fault::new("too-deep", format!("collections are nested deeper than {MAX_DEPTH} levels")).at(origin)
}

/// The bytes a copy takes, roughly: texts count even if the tree borrows them, since the model will not.
fn cost(node: &Node<'_>) -> usize {
    const NODE: usize = 64;
    NODE + match &node.kind {
        Kind::Scalar(text, _) => text.len(),
        Kind::Sequence(items) => items.iter().map(cost).sum(),
        Kind::Mapping(entries) => entries.iter().map(|entry| NODE + entry.key.len() + cost(&entry.value)).sum(),
        Kind::Dropped => 0,
    }
}

fn depth(node: &Node<'_>) -> usize {
    match &node.kind {
        Kind::Scalar(..) | Kind::Dropped => 0,
        Kind::Sequence(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Kind::Mapping(entries) => 1 + entries.iter().map(|entry| depth(&entry.value)).max().unwrap_or(0),
    }
}
