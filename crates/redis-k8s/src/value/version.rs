//! Versions of Kubernetes.

use super::validated;

validated! {
    /// A minor version of Kubernetes, `1.33` to `1.37`: the releases this tool knows.
    KubernetesVersion, "Kubernetes version",
    pattern "^1\\.3[3-7]$", example "1.33",
    |text| {
        if (Self::OLDEST..=Self::NEWEST).any(|minor| text == format!("1.{minor}")) {
            Ok(text.to_owned())
        } else {
            Err("a supported minor version in quotes, \"1.33\" to \"1.37\"")
        }
    }
}

impl KubernetesVersion {
    const OLDEST: u8 = 33;
    const NEWEST: u8 = 37;

    /// The oldest release this tool knows, and what a document without a version is rendered for.
    #[must_use]
    pub fn oldest() -> Self {
        Self(format!("1.{}", Self::OLDEST))
    }

    /// The minor version: 34 for `1.34`.
    #[must_use]
    pub fn minor(&self) -> u8 {
        self.as_str().rsplit('.').next().and_then(|minor| minor.parse().ok()).unwrap_or(Self::OLDEST)
    }
}
