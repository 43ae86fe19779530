//! Two values side by side: where they differ, as far down as both have something.

use std::collections::BTreeSet;
use std::fmt;

use redis_k8s::Quantity;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// A step of a path in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// A key of a mapping.
    Key(String),
    /// An item of a list, by what tells it apart.
    Item(String),
}

/// Where something stands in an object: `spec.template.spec.containers[redis].image`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

impl Path {
    fn with(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// The keys on the way to it.
    pub(super) fn keys(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item(_) => None,
        })
    }

    /// True if an amount of something stands there.
    fn is_amount(&self) -> bool {
        let keys = ["cpu", "memory", "storage", "ephemeral-storage", "sizeLimit"];
        self.keys().next_back().is_some_and(|key| keys.contains(&key))
    }

    /// True if it is at or below a path of plain keys.
    pub(super) fn is_below(&self, path: &str) -> bool {
        let mut steps = self.0.iter();
        path.split('.').all(|key| matches!(steps.next(), Some(Step::Key(found)) if found == key))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if key.contains(['.', '/']) => write!(f, "[{key}]")?,
                Step::Key(key) if place == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Item(name) => write!(f, "[{name}]")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A place where two values differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The field; an item of a list by its name where items have names.
    pub path: Path,
    /// What stood there.
    pub old: Option<Value>,
    /// What stands there.
    pub new: Option<Value>,
}

/// By what Kubernetes tells the items of its lists apart, the first that all items have.
const MERGE_KEYS: [&str; 6] = ["/mountPath", "/name", "/metadata/name", "/containerPort", "/port", "/topologyKey"];

/// Where two values differ. What only the old one has is no difference where `ignore` says so of its path.
pub(crate) fn differences(old: &Value, new: &Value, ignore: &dyn Fn(&Path) -> bool) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&Path::default(), Some(old), Some(new), ignore, &mut found);
    found
}

fn compare(
    path: &Path,
    old: Option<&Value>,
    new: Option<&Value>,
    ignore: &dyn Fn(&Path) -> bool,
    found: &mut Vec<Difference>,
) {
    match (old, new) {
        _ if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                compare(&path.with(Step::Key(key.clone())), old.get(key), new.get(key), ignore, found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => match merge_key(old, new) {
            Some(key) => {
                let item =
                    |list: &[Value], name: &Value| list.iter().find(|item| item.pointer(key) == Some(name)).cloned();
                let mut names: Vec<&Value> = old.iter().filter_map(|item| item.pointer(key)).collect();
                names.extend(new.iter().filter_map(|item| item.pointer(key)).filter(|name| item(old, name).is_none()));
                for name in names {
                    let path = path.with(Step::Item(text_of(name)));
                    compare(&path, item(old, name).as_ref(), item(new, name).as_ref(), ignore, found);
                }
                let order = |list: &[Value], other: &[Value]| -> Vec<Value> {
                    let names = list.iter().filter_map(|item| item.pointer(key));
                    names.filter(|name| item(other, name).is_some()).cloned().collect()
                };
                let (before, after) = (order(old, new), order(new, old));
                if before != after {
                    found.push(Difference { path: path.clone(), old: Some(before.into()), new: Some(after.into()) });
                }
            }
            // Applied as a whole.
            None => {
                for place in 0..old.len().max(new.len()) {
                    let path = path.with(Step::Item(place.to_string()));
                    compare(&path, old.get(place), new.get(place), &|other| other.0 != path.0 && ignore(other), found);
                }
            }
        },
        (Some(_), None) if ignore(path) => {}
        (Some(old), Some(new)) if path.is_amount() && amount(old).is_some() && amount(old) == amount(new) => {}
        (old, new) => found.push(Difference { path: path.clone(), old: old.cloned(), new: new.cloned() }),
    }
}

/// An amount as the API server writes it.
fn amount(value: &Value) -> Option<String> {
    text_of(value).parse::<Quantity>().ok().map(|amount| amount.to_string())
}

/// The key that tells the items of both lists apart, if there is one.
fn merge_key(old: &[Value], new: &[Value]) -> Option<&'static str> {
    let tells = |list: &[Value], key: &str| {
        let names: Vec<_> = list.iter().filter_map(|item| item.pointer(key)).map(text_of).collect();
        names.len() == list.len() && names.iter().collect::<BTreeSet<_>>().len() == names.len()
    };
    MERGE_KEYS.into_iter().find(|key| tells(old, key) && tells(new, key))
}

/// A value in a few words.
pub(crate) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value without its nulls, which say no more than that nothing is there.
pub(super) fn pruned(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            kept.map(|(key, value)| (key, pruned(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.into_iter().map(pruned).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[allow(clippy::needless_pass_by_value, reason = "json! makes values")]
    fn paths(old: Value, new: Value) -> Vec<String> {
        differences(&old, &new, &|_| false).into_iter().map(|it| it.path.to_string()).collect()
    }

    #[test]
    fn items_are_told_apart_by_what_kubernetes_tells_them_apart_by() {
        let list =
            |port: u16| json!({"containers": [{"name": "a"}, {"name": "redis", "ports": [{"containerPort": port}]}]});
        assert_eq!(paths(list(1), list(2)), ["containers[redis].ports[1]", "containers[redis].ports[2]"]);
        assert_eq!(
            paths(json!({"env": [{"name": "a"}, {"name": "b"}]}), json!({"env": [{"name": "b"}, {"name": "a"}]})),
            ["env"]
        );
        let claim = |size: &str| json!({"claims": [{"metadata": {"name": "data"}, "spec": {"size": size}}]});
        assert_eq!(paths(claim("1Gi"), claim("2Gi")), ["claims[data].spec.size"]);
        assert_eq!(paths(json!({"args": ["a", "b"]}), json!({"args": ["a", "c", "d"]})), ["args[1]", "args[2]"]);
    }

    #[test]
    fn amounts_are_compared_as_amounts() {
        let limits = |cpu: &str, memory: &str| json!({"limits": {"cpu": cpu, "memory": memory}});
        assert_eq!(paths(limits("1000m", "1024Mi"), limits("1", "1Gi")), [""; 0]);
        assert_eq!(paths(limits("1", "1Gi"), limits("2", "1G")), ["limits.cpu", "limits.memory"]);
    }

    #[test]
    fn what_only_one_has_is_a_difference_unless_it_is_ignored() {
        let (old, new) = (json!({"a": 1, "b": {"c": 2}}), json!({"b": {}, "d": 3}));
        assert_eq!(paths(old.clone(), new.clone()), ["a", "b.c", "d"]);
        assert_eq!(differences(&old, &new, &|path| path.to_string() != "a").len(), 2);
    }
}
