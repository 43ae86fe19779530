//! Values of the command line, laid over every document of a run.

use redis_k8s::PathStep;

use super::fault::Fault;
use super::node::{Entry, Kind, Node, Origin, Style};
use super::overlay_path::{self, display};
use super::parse;

/// One value of the command line: `--set path=value`, or a flag that stands for a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// As messages name it: `--set spec.replicas=5`, `--name cache`.
    shown: String,
    form: Form,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// `path=value`, read when documents are.
    Set(String),
    /// A path of plain keys and the text that stands there.
    Flag(&'static str, String),
}

impl Override {
    /// The argument of a `--set`: `spec.replicas=5`. Its syntax is judged with the documents.
    #[must_use]
    pub fn set(argument: impl Into<String>) -> Self {
        let argument = argument.into();
        Self { shown: format!("--set {argument}"), form: Form::Set(argument) }
    }

    /// A flag and the field it stands for: `Override::flag("--name", "metadata.name", "cache")`.
    #[must_use]
    pub fn flag(flag: &str, path: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        Self { shown: format!("{flag} {value}"), form: Form::Flag(path, value) }
    }

    /// As messages name it.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// The change it makes to a document; `number` is its place among the overrides.
    pub(super) fn edit(&self, number: u32) -> Result<Edit<'_>, Fault> {
        let origin = Origin::Override(number);
        match &self.form {
            Form::Flag(path, value) => {
                let steps = path.split('.').map(|key| PathStep::Field(key.to_owned())).collect();
                Ok(Edit {
                    steps,
                    value: Some(Node { origin, kind: Kind::Scalar(value.into(), Style::Quoted) }),
                    origin,
                })
            }
            Form::Set(argument) => {
                let (steps, value) = overlay_path::read(argument).map_err(|fault| fault.at(origin))?;
                Ok(Edit { steps, value: read_value(value, origin)?, origin })
            }
        }
    }
}

/// The value of a `--set`: JSON or YAML in brackets or quotes, else the text as it stands; `None` removes.
fn read_value(text: &str, origin: Origin) -> Result<Option<Node<'_>>, Fault> {
    if !text.starts_with(['{', '[', '"', '\'']) {
        let node = Node { origin, kind: Kind::Scalar(text.into(), Style::Bare) };
        return Ok((text.is_empty() || !node.is_null()).then(|| quoted_if_empty(node)));
    }
    let mut parsed = parse::parse(text, 0);
    let document = parsed.documents.pop();
    let first_fault = document.as_ref().and_then(|document| document.faults.first().cloned());
    match (parsed.stopped.or(first_fault), document) {
        (None, Some(document)) if parsed.documents.is_empty() => Ok(Some(as_given(document.root, origin))),
        (None, _) => Err(Fault::new("invalid-set", "expected one value").at(origin)),
        (Some(fault), _) => Err(Fault::new("invalid-set", format!("the value cannot be read: {fault}"))
            .at(origin)
            .help("quote the argument for the shell: --set 'spec.config={maxmemory: 1gb}'")),
    }
}

/// `path=` sets an empty text; only `path=null` removes.
fn quoted_if_empty(mut node: Node<'_>) -> Node<'_> {
    if let Kind::Scalar(text, style) = &mut node.kind
        && text.is_empty()
    {
        *style = Style::Quoted;
    }
    node
}

/// Makes every part come from the command line.
fn as_given(mut node: Node<'_>, origin: Origin) -> Node<'_> {
    node.origin = origin;
    node.kind = match node.kind {
        Kind::Scalar(text, Style::Plain) => Kind::Scalar(text, Style::Bare),
        Kind::Sequence(items) => Kind::Sequence(items.into_iter().map(|item| as_given(item, origin)).collect()),
        Kind::Mapping(entries) => Kind::Mapping(
            entries
                .into_iter()
                .map(|entry| Entry { key_origin: origin, value: as_given(entry.value, origin), ..entry })
                .collect(),
        ),
        other => other,
    };
    node
}

/// A change to a document.
#[derive(Debug)]
pub(super) struct Edit<'o> {
    steps: Vec<PathStep>,
    value: Option<Node<'o>>,
    origin: Origin,
}

impl<'o> Edit<'o> {
    /// Changes the document, or says why it cannot.
    pub(super) fn apply(&self, root: &mut Node<'o>) -> Result<(), Fault> {
        self.apply_at(root, 0)
    }

    fn apply_at(&self, node: &mut Node<'o>, depth: usize) -> Result<(), Fault> {
        let is_last = depth + 1 == self.steps.len();
        let Some(step) = self.steps.get(depth) else { return Ok(()) };
        if node.is_null() || matches!(node.kind, Kind::Dropped) {
            if self.value.is_none() {
                return Ok(());
            }
            let kind = match step {
                PathStep::Field(_) => Kind::Mapping(Vec::new()),
                PathStep::Index(_) => Kind::Sequence(Vec::new()),
            };
            *node = Node { origin: self.origin, kind };
        }
        match (&mut node.kind, step) {
            (Kind::Mapping(entries), PathStep::Field(key)) => {
                let place = entries.iter().position(|entry| entry.key == *key);
                match (place, &self.value) {
                    (Some(place), None) if is_last => {
                        entries.remove(place);
                    }
                    (Some(place), Some(value)) if is_last => {
                        entries[place].key_origin = self.origin;
                        entries[place].value = value.clone();
                    }
                    (Some(place), _) => self.apply_at(&mut entries[place].value, depth + 1)?,
                    (None, None) => {}
                    (None, Some(value)) => {
                        let mut value = if is_last { value.clone() } else { Node::mapping(self.origin) };
                        if !is_last {
                            value.kind = Kind::Dropped;
                            self.apply_at(&mut value, depth + 1)?;
                        }
                        entries.push(Entry { key: key.clone().into(), key_origin: self.origin, value });
                    }
                }
                Ok(())
            }
            (Kind::Sequence(items), PathStep::Index(index)) => {
                let count = items.len();
                match (items.get_mut(*index), &self.value) {
                    (Some(_), None) if is_last => {
                        items.remove(*index);
                        Ok(())
                    }
                    (Some(item), Some(value)) if is_last => {
                        *item = value.clone();
                        Ok(())
                    }
                    (Some(item), _) => self.apply_at(item, depth + 1),
                    (None, None) => Ok(()),
                    (None, Some(value)) if *index == count => {
                        let mut item = value.clone();
                        if !is_last {
                            item.kind = Kind::Dropped;
                            self.apply_at(&mut item, depth + 1)?;
                        }
                        items.push(item);
                        Ok(())
                    }
                    (None, Some(_)) => Err(self
                        .refused(format!(
                            "`{}` is beyond the end of the list, which has {count} items",
                            display(&self.steps[..=depth])
                        ))
                        .help(format!("the next free place is [{count}]"))),
                }
            }
            (_, step) => {
                let parent = match display(&self.steps[..depth]) {
                    path if path.is_empty() => "the document".to_owned(),
                    path => format!("`{path}`"),
                };
                let wanted = match step {
                    PathStep::Field(_) => "a mapping",
                    PathStep::Index(_) => "a list",
                };
                Err(self.refused(format!("{parent} is {}, not {wanted}", node.description())))
            }
        }
    }

    fn refused(&self, message: String) -> Fault {
        Fault::new("invalid-set", message).at(self.origin).under_all(&self.steps)
    }
}
