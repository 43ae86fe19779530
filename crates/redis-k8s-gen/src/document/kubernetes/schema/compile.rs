//! Makes of a schema what objects are held against.

use std::borrow::Cow;

use redis_k8s::PathStep;
use regex_lite::Regex;

use super::limit::{Format, Limit, Measure};
use super::{Schema, invalid};
use crate::document::fault::Fault;
use crate::document::kubernetes::part::{has, is_true, items, text};
use crate::document::kubernetes::rules::{PATTERN_NOT_CHECKED, broken};
use crate::document::kubernetes::types::{Field, Shape, Type, Unique};
use crate::document::node::{Kind, Node, shorten};
use crate::document::scalar::Meaning;

/// What a schema may leave unsaid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A value has the fields that are named, and no others.
    Structure,
    /// Inside `allOf`, `anyOf`, `oneOf` or `not`, which name the fields they are about.
    Condition,
}

/// Reads the schemas of one tree.
#[derive(Debug)]
pub(super) struct Compiler {
    path: Vec<PathStep>,
    /// False for JSON Schema, where an object without properties may have any.
    is_definition: bool,
    pub(super) faults: Vec<Fault>,
}

impl Compiler {
    /// One for the tree at a path of its source.
    pub(super) fn new(path: Vec<PathStep>) -> Self {
        Self { path, is_definition: true, faults: Vec::new() }
    }

    /// Takes a fault, whose path starts where the schema does that is read.
    pub(super) fn report(&mut self, fault: Fault) {
        self.faults.push(fault.under_all(&self.path));
    }

    /// Reads what stands at a path below.
    pub(super) fn inside<T>(&mut self, steps: &[PathStep], read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.extend_from_slice(steps);
        let found = read(self);
        self.path.truncate(length);
        found
    }

    /// What a whole object is held against.
    pub(super) fn object_of(&mut self, node: &Node<'_>, is_definition: bool) -> Shape {
        self.is_definition = is_definition;
        let mut schema = self.schema(node, Place::Structure);
        if let Shape::Own(known) = &mut schema.shape {
            known.name = "CustomResource";
            self.add_fields_of_objects(known, node, false);
        }
        Shape::Schema(Box::new(schema))
    }

    /// What every object has, whatever its schema says of it.
    fn add_fields_of_objects(&mut self, known: &mut Type, node: &Node<'_>, is_required: bool) {
        // it was read as one of the fields already, and what is wrong with it told
        let told = self.faults.len();
        let metadata = node.get("properties").and_then(|fields| fields.get("metadata"));
        let said = metadata.map(|metadata| {
            self.inside(&["properties".into(), "metadata".into()], |compiler| {
                compiler.schema(metadata, Place::Condition)
            })
        });
        self.faults.truncate(told);
        let limits = said.into_iter().map(|schema| Limit::All(vec![schema])).collect();
        let metadata = Schema { shape: Shape::Type("ObjectMeta"), is_nullable: false, limits };
        for (name, is_required, shape) in [
            ("apiVersion", is_required, Shape::Text),
            ("kind", is_required, Shape::Text),
            ("metadata", false, Shape::Schema(Box::new(metadata))),
        ] {
            known.fields.retain(|field| field.name != name);
            known.fields.push(field(name, is_required, shape));
        }
        known.fields.sort_by(|a, b| a.name.cmp(&b.name));
    }

    fn below(&mut self, node: &Node<'_>, steps: &[PathStep], place: Place) -> Schema {
        self.inside(steps, |compiler| compiler.schema(node, place))
    }

    fn schema(&mut self, node: &Node<'_>, place: Place) -> Schema {
        if !matches!(node.kind, Kind::Mapping(_)) {
            if node.meaning() != Some(Meaning::Bool(true)) {
                let message = format!("expected a schema, found {}", node.description());
                self.report(invalid(message).at(node.origin));
            }
            return Schema { shape: Shape::Any, is_nullable: true, limits: Vec::new() };
        }
        if let Some(reference) = node.entry("$ref") {
            let fault = invalid("`$ref` is not followed").at(reference.key_origin).under("$ref".into());
            self.report(fault.help("give a schema that has everything in its place"));
        }
        let mut types = match node.get("type") {
            Some(Node { kind: Kind::Sequence(types), .. }) => types.iter().filter_map(Node::as_text).collect(),
            Some(one) => one.as_text().into_iter().collect(),
            None if is_int_or_string(node) => vec!["int-or-string"],
            None if ["properties", "required", "additionalProperties"].iter().any(|field| has(node, field)) => {
                vec!["object"]
            }
            None => Vec::new(),
        };
        let all = types.len();
        types.retain(|name| *name != "null");
        let is_nullable = is_true(node, "nullable") || types.len() < all || types.is_empty();
        let mut limits = Vec::new();
        let shape = match types.as_slice() {
            [] => Shape::Any,
            [one] => self.shape(one, node, place),
            several => {
                let alternatives = several.iter().map(|name| {
                    let shape = self.shape(name, node, place);
                    Schema { shape, is_nullable: false, limits: Vec::new() }
                });
                limits.push(Limit::Any(alternatives.collect()));
                Shape::Any
            }
        };
        self.add_limits(node, &mut limits);
        Schema { shape, is_nullable, limits }
    }

    fn shape(&mut self, name: &str, node: &Node<'_>, place: Place) -> Shape {
        match name {
            "string" | "integer" if is_int_or_string(node) => Shape::IntOrString(64),
            "int-or-string" => Shape::IntOrString(64),
            "string" => Shape::Text,
            "boolean" => Shape::Boolean,
            "integer" if text(node, "format") == Some("int32") => Shape::Integer(32),
            "integer" => Shape::Integer(64),
            "number" => Shape::Number,
            "array" => {
                let items = match node.get("items") {
                    Some(items) => Shape::Schema(Box::new(self.below(items, &["items".into()], place))),
                    None => Shape::Any,
                };
                Shape::List(Box::new(items), unique(node))
            }
            "object" => Shape::Own(Box::new(self.fields(node, place))),
            other => {
                let message = format!("there is no type {}", shorten(other));
                let origin = node.locate(&["type".into()]);
                self.report(invalid(message).at(origin).under("type".into()));
                Shape::Any
            }
        }
    }

    /// The fields of an object.
    fn fields(&mut self, node: &Node<'_>, place: Place) -> Type {
        let required: Vec<&str> = items(node, "required").iter().filter_map(Node::as_text).collect();
        let mut known = Type { name: "", fields: Vec::new(), others: None };
        let properties = match node.get("properties").map(|node| &node.kind) {
            Some(Kind::Mapping(entries)) => &**entries,
            _ => &[],
        };
        for entry in properties {
            let steps = ["properties".into(), (&*entry.key).into()];
            let schema = self.below(&entry.value, &steps, place);
            // the API server fills in what has a default before it looks
            let is_required = required.contains(&&*entry.key) && entry.value.entry("default").is_none();
            known.fields.push(field(entry.key.to_string(), is_required, Shape::Schema(Box::new(schema))));
        }
        for name in required {
            if known.fields.iter().all(|field| field.name != name) {
                let any = Schema { shape: Shape::Any, is_nullable: false, limits: Vec::new() };
                known.fields.push(field(name.to_owned(), true, Shape::Schema(Box::new(any))));
            }
        }
        known.others = match node.get("additionalProperties") {
            _ if is_true(node, "x-kubernetes-preserve-unknown-fields") || place == Place::Condition => Some(Shape::Any),
            Some(others) if matches!(others.kind, Kind::Mapping(_)) => {
                let schema = self.below(others, &["additionalProperties".into()], place);
                Some(Shape::Schema(Box::new(schema)))
            }
            Some(others) => (others.meaning() == Some(Meaning::Bool(true))).then_some(Shape::Any),
            None => (known.fields.is_empty() && !self.is_definition).then_some(Shape::Any),
        };
        if is_true(node, "x-kubernetes-embedded-resource") {
            self.add_fields_of_objects(&mut known, node, true);
        }
        known.fields.sort_by(|a, b| a.name.cmp(&b.name));
        known
    }

    fn add_limits(&mut self, node: &Node<'_>, limits: &mut Vec<Limit>) {
        let choices = match items(node, "enum") {
            [] => node.get("const").map(|node| vec![node.to_value()]).unwrap_or_default(),
            choices => choices.iter().map(Node::to_value).collect(),
        };
        if !choices.is_empty() {
            limits.push(Limit::Choices(choices));
        }
        if let Some(pattern) = node.get("pattern") {
            match pattern.as_text().map(Regex::new) {
                Some(Ok(pattern)) => limits.push(Limit::Pattern(pattern)),
                _ => self.report(
                    broken(&PATTERN_NOT_CHECKED, "this pattern cannot be read, and nothing is held against it")
                        .at(node.locate(&["pattern".into()]))
                        .under("pattern".into())
                        .help("the API server takes patterns of RE2"),
                ),
            }
        }
        limits.extend(text(node, "format").and_then(Format::named).map(Limit::Format));
        let number = |field: &str| node.get(field)?.as_text()?.parse::<f64>().ok();
        for (field, exclusive, is_least) in
            [("minimum", "exclusiveMinimum", true), ("maximum", "exclusiveMaximum", false)]
        {
            // a boolean beside the bound in OpenAPI, a bound of its own in newer JSON Schema
            let bounds =
                [number(field).map(|bound| (bound, is_true(node, exclusive))), number(exclusive).map(|it| (it, true))];
            limits.extend(bounds.into_iter().flatten().map(|(bound, is_exclusive)| Limit::Bound {
                bound,
                is_exclusive,
                is_least,
            }));
        }
        limits.extend(number("multipleOf").filter(|step| *step > 0.0).map(Limit::Multiple));
        let count = |field: &str| node.get(field)?.as_text()?.parse::<usize>().ok();
        for (measure, least, most) in [
            (Measure::Characters, "minLength", "maxLength"),
            (Measure::Items, "minItems", "maxItems"),
            (Measure::Fields, "minProperties", "maxProperties"),
        ] {
            if let (Some(_), _) | (_, Some(_)) = (count(least), count(most)) {
                limits.push(Limit::Size(measure, count(least).unwrap_or(0)..=count(most).unwrap_or(usize::MAX)));
            }
        }
        for (field, make) in
            [("allOf", Limit::All as fn(Vec<Schema>) -> Limit), ("anyOf", Limit::Any), ("oneOf", Limit::One)]
        {
            let schemas = items(node, field).iter().enumerate().map(|(index, node)| {
                let steps = [PathStep::from(field), index.into()];
                self.below(node, &steps, Place::Condition)
            });
            let schemas: Vec<Schema> = schemas.collect();
            if !schemas.is_empty() {
                limits.push(make(schemas));
            }
        }
        if let Some(excluded) = node.get("not") {
            let schema = self.below(excluded, &["not".into()], Place::Condition);
            limits.push(Limit::Not(Box::new(schema)));
        }
    }
}

fn field(name: impl Into<Cow<'static, str>>, is_required: bool, shape: Shape) -> Field {
    Field { name: name.into(), is_required, minors: None, shape, words: None, value: None, gate: None }
}

fn is_int_or_string(node: &Node<'_>) -> bool {
    is_true(node, "x-kubernetes-int-or-string") || text(node, "format") == Some("int-or-string")
}

/// What no two items of a list have alike.
fn unique(node: &Node<'_>) -> Unique {
    match text(node, "x-kubernetes-list-type") {
        Some("map") => {
            let keys = items(node, "x-kubernetes-list-map-keys").iter().filter_map(Node::as_text);
            Unique::Fields(keys.map(|key| key.to_owned().into()).collect())
        }
        Some("set") => Unique::Item,
        _ if is_true(node, "uniqueItems") => Unique::Item,
        _ => Unique::No,
    }
}
