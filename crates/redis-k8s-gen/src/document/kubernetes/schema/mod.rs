//! Kinds that are not in the table, by the schemas people give: a `CustomResourceDefinition`, or a JSON Schema of one kind.
//!
//! `compile` makes of a schema what `form` walks by, and `limit` is what a schema says of a value beyond its shape.

mod compile;
mod limit;

use std::path::Path;

use redis_k8s::PathStep;

use self::compile::Compiler;
use self::limit::Limit;
use super::form::Form;
use super::part::{is_false, items, text};
use super::rules::{SCHEMA_INVALID, broken};
use super::types::{Known, Shape};
use crate::document::fault::Fault;
use crate::document::node::{Kind, Node, Origin, shorten};
use crate::document::parse;
use crate::document::recognise::{item_path, unfold};
use crate::document::stream::{self, Piece};
use crate::document::tree::Document;
use crate::source::Source;

/// Kinds that are checked beside those of Kubernetes, from the schemas that were given.
#[derive(Debug)]
pub struct Schemas {
    kinds: Vec<Known>,
    /// What is wrong with the schemas, by where they come from.
    faulty: Vec<(Source, Vec<Fault>)>,
}

/// What a schema says of a value.
#[derive(Debug)]
pub(super) struct Schema {
    shape: Shape,
    pub(super) is_nullable: bool,
    limits: Vec<Limit>,
}

impl Schema {
    /// Reports what is wrong with a value.
    pub(super) fn check(&self, node: &Node<'_>, form: &mut Form<'_, '_>) {
        if matches!(node.kind, Kind::Dropped) || self.is_nullable && node.is_null() {
            return;
        }
        let before = form.count();
        form.value(node, &self.shape);
        // nothing more is said of a value of another type, but of what holds a wrong value
        let may_hold = match &node.kind {
            Kind::Mapping(_) => matches!(self.shape, Shape::Own(_) | Shape::Type(_)),
            Kind::Sequence(_) => matches!(self.shape, Shape::List(..)),
            _ => false,
        };
        if may_hold || form.count() == before {
            for limit in &self.limits {
                limit.check(node, form);
            }
        }
    }
}

impl Schemas {
    /// Nothing but what Kubernetes has.
    pub const NONE: &'static Self = &Self { kinds: Vec::new(), faulty: Vec::new() };

    /// Reads the schemas; what is wrong with them is told with what they are used for.
    #[must_use]
    pub fn read(sources: Vec<Source>) -> Self {
        let mut schemas = Self { kinds: Vec::new(), faulty: Vec::new() };
        for source in sources {
            let faults = schemas.add(&source).unwrap_or_else(|fault| vec![fault]);
            if !faults.is_empty() {
                schemas.faulty.push((source, faults));
            }
        }
        schemas
    }

    pub(super) fn kinds(&self) -> &[Known] {
        &self.kinds
    }

    /// The sources in which something is wrong, and what.
    pub(in crate::document) fn faulty(&self) -> &[(Source, Vec<Fault>)] {
        &self.faulty
    }

    /// Adds the kinds of a source; gives what is wrong with it.
    fn add(&mut self, source: &Source) -> Result<Vec<Fault>, Fault> {
        let known = self.kinds.len();
        let (mut faults, mut foreign) = (Vec::new(), None);
        for part in source.parts() {
            let part = part.map_err(|error| stream::unreadable(&error))?;
            for piece in stream::pieces(0, &part)? {
                self.add_piece(&piece, &source.name, &mut faults, &mut foreign);
            }
        }
        // a release has its definitions among all that belongs to it
        if self.kinds.len() == known && faults.is_empty() {
            let nothing = || invalid("there is no schema in this file").at(Origin::Text { start: 0, end: 0 });
            faults.push(foreign.unwrap_or_else(nothing));
        }
        Ok(faults)
    }

    /// Adds the kinds of a piece; `foreign` is the first object that is no schema.
    fn add_piece(&mut self, piece: &Piece<'_>, name: &str, faults: &mut Vec<Fault>, foreign: &mut Option<Fault>) {
        let parsed = parse::parse(piece.text, piece.base);
        faults.extend(parsed.stopped);
        for Document { root, faults: of_text } in parsed.documents {
            faults.extend(of_text);
            let roots = match piece.item {
                Some(index) => vec![(item_path(index), root)],
                None => unfold(root),
            };
            for (path, root) in roots {
                let mut compiler = Compiler::new(path);
                match (text(&root, "apiVersion"), text(&root, "kind")) {
                    (Some("apiextensions.k8s.io/v1"), Some("CustomResourceDefinition")) => {
                        self.add_definition(&root, &mut compiler);
                    }
                    (None, None) if matches!(root.kind, Kind::Mapping(_)) => {
                        self.add_plain(&root, name, &mut compiler);
                    }
                    (api_version, kind) => {
                        foreign.get_or_insert_with(|| {
                            let what = match (api_version, kind) {
                                (Some(api_version), Some(kind)) => {
                                    format!("{} of {}", shorten(kind), shorten(api_version))
                                }
                                _ => root.description(),
                            };
                            invalid(format!("{what} is no schema")).at(root.locate(&["kind".into()]))
                        });
                    }
                }
                faults.append(&mut compiler.faults);
            }
        }
    }

    /// Adds the served versions of a `CustomResourceDefinition`.
    fn add_definition(&mut self, root: &Node<'_>, compiler: &mut Compiler) {
        let path = |steps: &[&str]| steps.iter().map(|step| PathStep::from(*step)).collect::<Vec<_>>();
        let said = |steps: &[&str]| steps.iter().try_fold(root, |node, step| node.get(step)).and_then(Node::as_text);
        let mut wanted = |steps: &[&str]| {
            let found = said(steps);
            if found.is_none() {
                let message = format!("the definition has no {}", steps.join("."));
                let origin = root.locate(&path(steps));
                compiler.report(invalid(message).at(origin).under_all(&path(steps)));
            }
            found
        };
        let (Some(group), Some(kind)) = (wanted(&["spec", "group"]), wanted(&["spec", "names", "kind"])) else {
            return;
        };
        let versions = root.get("spec").map(|spec| items(spec, "versions")).unwrap_or_default();
        for (index, version) in versions.iter().enumerate().filter(|(_, version)| !is_false(version, "served")) {
            let schema = version.get("schema").and_then(|schema| schema.get("openAPIV3Schema"));
            let steps = ["spec".into(), "versions".into(), index.into()];
            match (text(version, "name"), schema) {
                (Some(name), Some(schema)) => {
                    let steps = [&steps[..], &path(&["schema", "openAPIV3Schema"])].concat();
                    let shape = compiler.inside(&steps, |compiler| compiler.object_of(schema, true));
                    self.kinds.push(Known {
                        api_version: format!("{group}/{name}").into(),
                        kind: kind.to_owned().into(),
                        is_folded: false,
                        shape,
                    });
                }
                (None, _) => compiler.report(invalid("the version has no name").at(version.origin).under_all(&steps)),
                (_, None) => {
                    compiler.report(invalid("the version has no schema").at(version.origin).under_all(&steps));
                }
            }
        }
        if versions.is_empty() {
            let steps = path(&["spec", "versions"]);
            compiler.report(invalid("the definition has no versions").at(root.locate(&steps)).under_all(&steps));
        }
    }

    /// Adds the kind of a JSON Schema, which says it, or whose name does.
    fn add_plain(&mut self, root: &Node<'_>, name: &str, compiler: &mut Compiler) {
        let Some((api_version, kind, is_folded)) = kind_of(root, name) else {
            return compiler.report(invalid("nothing says of which kind this schema is").at(root.origin).help(
                "name it GROUP/KIND_VERSION.json, as in monitoring.coreos.com/servicemonitor_v1.json, or give a \
                 CustomResourceDefinition",
            ));
        };
        let shape = compiler.object_of(root, false);
        self.kinds.push(Known { api_version: api_version.into(), kind: kind.into(), is_folded, shape });
    }
}

/// The `apiVersion` and kind of a JSON Schema, and if the kind is known in lower case alone.
fn kind_of(root: &Node<'_>, name: &str) -> Option<(String, String, bool)> {
    let api_version = |group: &str, version: &str| match group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    };
    if let [said, ..] = items(root, "x-kubernetes-group-version-kind") {
        let api_version = api_version(text(said, "group").unwrap_or_default(), text(said, "version")?);
        return Some((api_version, text(said, "kind")?.to_owned(), false));
    }
    let only = |field: &str| {
        let field = root.get("properties")?.get(field)?;
        match items(field, "enum") {
            [one] => one.as_text(),
            _ => text(field, "const"),
        }
    };
    if let (Some(api_version), Some(kind)) = (only("apiVersion"), only("kind")) {
        return Some((api_version.to_owned(), kind.to_owned(), false));
    }
    let (path, file) = (Path::new(name), Path::new(name).file_stem()?.to_str()?);
    let (kind, version) = file.split_once('_')?;
    let group = path.parent()?.file_name()?.to_str()?;
    Some((api_version(group, version), kind.to_owned(), true))
}

/// Something that is no schema.
fn invalid(message: impl Into<String>) -> Fault {
    broken(&SCHEMA_INVALID, message).help(
        "give a CustomResourceDefinition of apiextensions.k8s.io/v1, as `kubectl get crd -o yaml` prints it, or a JSON Schema of one kind",
    )
}
