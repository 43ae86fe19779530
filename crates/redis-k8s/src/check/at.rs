//! Where a check stands in the document, without building a path until something is wrong.

use crate::error::FieldPath;

/// A place in the document: a step further than its parent, or a dotted path from the root.
///
/// Most documents are fine, and a fleet has thousands of them: a [`FieldPath`] is only made for a problem.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Dotted(&'a str),
    Field(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    /// A dotted path of plain keys from the root of the document.
    pub(super) const fn root(path: &'a str) -> Self {
        Self { parent: None, step: Step::Dotted(path) }
    }

    pub(super) const fn field(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Field(name) }
    }

    pub(super) const fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }
}

impl From<At<'_>> for FieldPath {
    fn from(at: At<'_>) -> Self {
        let path = at.parent.map_or_else(Self::default, |parent| Self::from(*parent));
        match at.step {
            Step::Dotted(dotted) => Self::from(dotted),
            Step::Field(name) => path.field(name),
            Step::Index(index) => path.index(index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::PathStep;

    #[test]
    fn becomes_the_path_it_stands_for() {
        let root = At::root("spec.networkPolicy");
        let peer = root.field("clients");
        let labels = peer.index(2);
        let path = FieldPath::from(labels.field("a.b/c"));
        assert_eq!(path.to_string(), "spec.networkPolicy.clients[2][\"a.b/c\"]");
        assert_eq!(path.steps().last(), Some(&PathStep::Field("a.b/c".to_owned())));
    }
}
