//! The API versions a document can be rendered for.

use std::fmt;
use std::str::FromStr;

/// Which objects a document becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ApiVersion {
    /// The four objects of the 2015 tutorial, to the letter.
    #[cfg(feature = "tutorial")]
    V1Beta3,
    /// The same four on a cluster of today, with a ConfigMap for the start logic.
    #[cfg(feature = "tutorial")]
    V1,
    /// StatefulSets and everything around them: bootstraps itself.
    #[default]
    AppsV1,
}

impl ApiVersion {
    /// All of them, oldest first.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "tutorial")]
        Self::V1Beta3,
        #[cfg(feature = "tutorial")]
        Self::V1,
        Self::AppsV1,
    ];

    /// As users write it: `v1beta3`, `v1` or `apps/v1`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            #[cfg(feature = "tutorial")]
            Self::V1Beta3 => "v1beta3",
            #[cfg(feature = "tutorial")]
            Self::V1 => "v1",
            Self::AppsV1 => "apps/v1",
        }
    }

    /// True where pods start as in the tutorial: one of each, to be resized to three.
    pub(crate) const fn is_tutorial(self) -> bool {
        !matches!(self, Self::AppsV1)
    }

    /// True where the image holds configuration and scripts.
    pub(crate) const fn is_v1beta3(self) -> bool {
        match self {
            #[cfg(feature = "tutorial")]
            Self::V1Beta3 => true,
            _ => false,
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
#[error("{0:?} is not an API version this tool renders: {all}", all = ApiVersion::ALL.iter().map(|version| version.as_str()).collect::<Vec<_>>().join(", "))]
pub struct UnknownApiVersion(String);

impl FromStr for ApiVersion {
    type Err = UnknownApiVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|version| version.as_str() == text)
            .ok_or_else(|| UnknownApiVersion(text.to_owned()))
    }
}
