//! The API versions a document can be rendered for, and what each can express.

pub(crate) mod capability;
pub mod v1beta3;

use std::fmt;
use std::str::FromStr;

/// Which objects a document becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ApiVersion {
    /// The four objects of the 2015 tutorial, to the letter.
    V1Beta3,
    /// The same four on a cluster of today, with a ConfigMap for the start logic.
    V1,
    /// StatefulSets and everything around them: bootstraps itself.
    #[default]
    AppsV1,
}

impl ApiVersion {
    /// All of them, oldest first.
    pub const ALL: [Self; 3] = [Self::V1Beta3, Self::V1, Self::AppsV1];

    /// As users write it: `v1beta3`, `v1` or `apps/v1`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1Beta3 => "v1beta3",
            Self::V1 => "v1",
            Self::AppsV1 => "apps/v1",
        }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no API version this crate renders.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an API version this tool renders: v1beta3, v1 or apps/v1")]
pub struct UnknownApiVersion(String);

impl FromStr for ApiVersion {
    type Err = UnknownApiVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|version| version.as_str() == text).ok_or_else(|| UnknownApiVersion(text.to_owned()))
    }
}
