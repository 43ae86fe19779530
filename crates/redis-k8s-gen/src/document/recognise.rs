//! Which trees are documents of this tool.

use redis_k8s::PathStep;
use redis_k8s::model::{DocumentApiVersion, DocumentKind};

use super::fault::Fault;
use super::node::{Entry, Kind, Node, shorten};

const API_VERSION: &str = DocumentApiVersion::V1Alpha1.as_str();
const KIND: &str = DocumentKind::Redis.as_str();

/// A tree and its path in what was read: none, or `items[3]` of a `List`.
pub(super) type Root<'t> = (Vec<PathStep>, Node<'t>);

/// The items of a `List`, as `kubectl get -o yaml` makes them; else the tree itself.
pub(super) fn unfold(root: Node<'_>) -> Vec<Root<'_>> {
    let is_list = root.get("kind").and_then(Node::as_text) == Some("List")
        && root.get("apiVersion").and_then(Node::as_text) == Some("v1")
        && matches!(root.get("items"), Some(Node { kind: Kind::Sequence(_), .. }));
    if !is_list {
        return vec![(Vec::new(), root)];
    }
    let Kind::Mapping(entries) = root.kind else { return Vec::new() };
    let Some(Kind::Sequence(items)) =
        entries.into_iter().find(|entry| entry.key == "items").map(|entry| entry.value.kind)
    else {
        return Vec::new();
    };
    items.into_iter().enumerate().map(|(index, item)| (item_path(index), item)).collect()
}

/// The path of an item of a `List`.
pub(super) fn item_path(index: usize) -> Vec<PathStep> {
    vec!["items".into(), index.into()]
}

/// Judges `apiVersion` and `kind`, and sets them right for reading if this seems to be a document of this tool.
///
/// The error is for a tree that is something else: nothing more is to be said of it.
pub(super) fn recognise(root: &mut Node<'_>) -> Result<Vec<Fault>, Fault> {
    if !matches!(root.kind, Kind::Mapping(_)) {
        return Err(Fault::new(
            "not-a-document",
            format!("expected a mapping with apiVersion, kind, metadata and spec, found {}", root.description()),
        )
        .at(root.origin)
        .help("`redis-k8s-gen init` prints a document to start from"));
    }
    let field =
        |name: &str| root.get(name).map(|node| node.as_text().map(str::to_owned).ok_or_else(|| node.description()));
    let (api_version, kind) = (field("apiVersion"), field("kind"));
    if api_version.as_ref().and_then(|text| text.as_deref().ok()) == Some(API_VERSION)
        && kind.as_ref().and_then(|text| text.as_deref().ok()) == Some(KIND)
    {
        return Ok(Vec::new());
    }
    let text = |field: &Option<Result<String, String>>| field.as_ref().and_then(|text| text.clone().ok());
    let seems_ours = text(&api_version).is_none_or(|text| text.starts_with("redis-k8s-gen"))
        || text(&kind).is_none_or(|text| text.eq_ignore_ascii_case(KIND));
    if !seems_ours {
        let (api_version, kind) = (text(&api_version).unwrap_or_default(), text(&kind).unwrap_or_default());
        let message = format!("{} of {} is not a document of this tool", shorten(&kind), shorten(&api_version));
        return Err(Fault::new("unknown-kind", message)
            .at(root.locate(&[PathStep::Field("kind".to_owned())]))
            .under(PathStep::Field("kind".to_owned()))
            .help(format!("documents are of apiVersion {API_VERSION} and kind {KIND}")));
    }
    let mut faults = Vec::new();
    for (name, found, wanted, rule) in
        [("apiVersion", api_version, API_VERSION, "unknown-api-version"), ("kind", kind, KIND, "unknown-kind")]
    {
        let step = PathStep::Field(name.to_owned());
        let origin = root.locate(std::slice::from_ref(&step));
        match found {
            Some(Ok(found)) if found == wanted => continue,
            Some(found) => {
                let found = found.map_or_else(|found| found, |text| format!("\"{}\"", shorten(&text)));
                let message = format!("expected `{wanted}`, found {found}");
                faults.push(Fault::new(rule, message).at(origin).under(step).help(format!("write `{name}: {wanted}`")));
            }
            None => faults.push(
                Fault::missing(name)
                    .ending(" at the top of the document")
                    .at(root.origin)
                    .under(step)
                    .help(format!("add `{name}: {wanted}`")),
            ),
        }
        let (key_origin, value) = (root.origin, Node::text(wanted, root.origin));
        if let Kind::Mapping(entries) = &mut root.kind {
            entries.retain(|entry| entry.key != name);
            entries.push(Entry { key: name.into(), key_origin, value });
        }
    }
    Ok(faults)
}
