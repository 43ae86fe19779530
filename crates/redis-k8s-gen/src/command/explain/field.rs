//! A field as the schema of the document has it.

use serde_json::{Map, Value};

/// A part of the document's schema, with the schema it is a part of.
#[derive(Clone, Copy)]
pub struct Field<'s> {
    root: &'s Value,
    /// As it stands under its parent: with the description of this use of its type.
    node: &'s Value,
}

impl<'s> Field<'s> {
    /// The document.
    #[must_use]
    pub fn root(schema: &'s Value) -> Self {
        Self { root: schema, node: schema }
    }

    /// The field of this name, if this one has fields. Items of a list are looked through.
    #[must_use]
    pub fn child(self, name: &str) -> Option<Self> {
        self.properties()?.get(name).map(|node| Self { node, ..self })
    }

    /// Its fields, by name.
    pub fn children(self) -> impl Iterator<Item = (&'s str, Self)> {
        let properties = self.properties().into_iter().flatten();
        properties.map(move |(name, node)| (name.as_str(), Self { node, ..self }))
    }

    /// True if a document must have it under this field.
    #[must_use]
    pub fn requires(self, child: &str) -> bool {
        let required = self.fields_of().get("required").and_then(Value::as_array);
        required.is_some_and(|required| required.iter().any(|name| name == child))
    }

    /// What is said about it, and what it is when it is absent.
    #[must_use]
    pub fn description(self) -> &'s str {
        description(self.node).or_else(|| description(self.target())).unwrap_or_default()
    }

    /// What is said about it, without its default.
    #[must_use]
    pub fn meaning(self) -> &'s str {
        without_default(self.description())
    }

    /// What its type is said to be, if that is more than its description: of a part of the document both begin alike.
    #[must_use]
    pub fn type_description(self) -> Option<&'s str> {
        let text = without_default(description(self.fields_of())?);
        if type_name(self.target()) == "object" {
            return text.split_once("\n\n").map(|(_, more)| more);
        }
        (!self.meaning().starts_with(text.trim_end_matches('.'))).then_some(text)
    }

    /// The values it can have and what they do, if they can be listed.
    #[must_use]
    pub fn choices(self) -> Vec<(&'s str, &'s str)> {
        let choices = self.fields_of().get("oneOf").and_then(Value::as_array);
        let text = |choice: &'s Value, key| choice.get(key).and_then(Value::as_str).unwrap_or_default();
        choices.into_iter().flatten().map(|choice| (text(choice, "const"), text(choice, "description"))).collect()
    }

    /// Its type in a word: `integer`, `duration`, `list of object`.
    #[must_use]
    pub fn kind(self) -> String {
        let target = self.target();
        if target.get("oneOf").is_some() {
            return "choice".to_owned();
        }
        if let Some(title) = target.get("title").and_then(Value::as_str)
            && target.get("properties").is_none()
        {
            return title.to_owned();
        }
        match type_name(target) {
            "array" => format!("list of {}", self.items().map_or_else(String::new, Self::kind)),
            "object" if target.get("properties").is_none() => "map".to_owned(),
            name => name.to_owned(),
        }
    }

    /// Where its fields stand: itself, or the items of a list.
    fn fields_of(self) -> &'s Value {
        match self.items() {
            Some(items) => items.target(),
            None => self.target(),
        }
    }

    fn items(self) -> Option<Self> {
        let target = self.target();
        (type_name(target) == "array").then(|| target.get("items").map(|node| Self { node, ..self })).flatten()
    }

    fn properties(self) -> Option<&'s Map<String, Value>> {
        self.fields_of().get("properties")?.as_object()
    }

    /// The schema that says what it is: behind the reference, and behind "or null".
    fn target(self) -> &'s Value {
        let mut node = self.node;
        if let Some(choices) = node.get("anyOf").and_then(Value::as_array) {
            node = choices.iter().find(|choice| type_name(choice) != "null").unwrap_or(node);
        }
        let name = node.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/$defs/"));
        name.and_then(|name| self.root.get("$defs")?.get(name)).unwrap_or(node)
    }
}

fn without_default(text: &str) -> &str {
    text.split_once("\n\nDefault: ").map_or(text, |(meaning, _)| meaning)
}

fn description(node: &Value) -> Option<&str> {
    node.get("description").and_then(Value::as_str)
}

/// The type of a schema, the first one if it has several.
fn type_name(node: &Value) -> &str {
    match node.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => names.first().and_then(Value::as_str).unwrap_or_default(),
        _ => "",
    }
}
