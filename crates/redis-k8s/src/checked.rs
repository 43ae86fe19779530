//! A document after its check.

use crate::api_version::ApiVersion;
use crate::error::{Problem, Refused};
use crate::instance::Instance;
use crate::manifest::Manifest;
use crate::model::Redis;
use crate::object;

/// A document that was checked for a target and can be rendered for it.
///
/// ```
/// use redis_k8s::{ApiVersion, Redis};
///
/// let checked = Redis::new("cache".parse()?).checked(ApiVersion::AppsV1)?;
/// assert!(checked.warnings().is_empty());
/// assert_eq!(checked.manifest().to_yaml(), checked.redis().render(ApiVersion::AppsV1)?.to_yaml());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    redis: Redis,
    target: ApiVersion,
    warnings: Vec<Problem>,
}

impl Checked {
    /// The document.
    #[must_use]
    pub const fn redis(&self) -> &Redis {
        &self.redis
    }

    /// What it was checked for.
    #[must_use]
    pub const fn target(&self) -> ApiVersion {
        self.target
    }

    /// What hurts in it.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The names and IP addresses by which clients and pods of `apps/v1` reach its servers and sentinels: what their certificate
    /// must hold. Where the document says no namespace they say `NAMESPACE`.
    #[must_use]
    pub fn certificate_names(&self) -> Vec<String> {
        Instance::new(&self.redis, self.target).certificate_names()
    }

    /// Its objects.
    #[must_use]
    pub fn manifest(&self) -> Manifest {
        manifest(&self.redis, self.target)
    }

    /// Appends the YAML of its manifest, and keeps no object of it, which is faster for many documents.
    pub fn write_yaml(&self, text: &mut String) {
        if self.target == ApiVersion::AppsV1 {
            object::production::each(&self.redis, |part| part.write_yaml(text));
        } else {
            self.manifest().write_yaml(text);
        }
    }
}

impl AsRef<Redis> for Checked {
    fn as_ref(&self) -> &Redis {
        &self.redis
    }
}

impl AsRef<Self> for Redis {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl From<Checked> for Redis {
    fn from(checked: Checked) -> Self {
        checked.redis
    }
}

impl Redis {
    /// Everything that is wrong with the document for this target, or that hurts; empty if it is fine.
    #[must_use]
    pub fn check(&self, target: ApiVersion) -> Vec<Problem> {
        crate::check::check(self, target)
    }

    /// The document as one that can be rendered.
    ///
    /// # Errors
    ///
    /// [`Refused`], with every problem, if [`check`](Self::check) finds an error.
    pub fn checked(self, target: ApiVersion) -> Result<Checked, Refused> {
        let warnings = self.require_sound(target)?;
        Ok(Checked { redis: self, target, warnings })
    }

    /// The objects of this document.
    ///
    /// # Errors
    ///
    /// [`Refused`], with every problem, if [`check`](Self::check) finds an error.
    pub fn render(&self, target: ApiVersion) -> Result<Manifest, Refused> {
        self.require_sound(target)?;
        Ok(manifest(self, target))
    }

    /// What hurts in a document without an error.
    pub(crate) fn require_sound(&self, target: ApiVersion) -> Result<Vec<Problem>, Refused> {
        let problems = self.check(target);
        if problems.iter().any(Problem::is_error) { Err(Refused { problems }) } else { Ok(problems) }
    }
}

fn manifest(redis: &Redis, target: ApiVersion) -> Manifest {
    match target {
        #[cfg(feature = "tutorial")]
        ApiVersion::V1Beta3 => crate::tutorial::objects_v1beta3::manifest(redis),
        #[cfg(feature = "tutorial")]
        ApiVersion::V1 => crate::tutorial::objects_v1::manifest(redis),
        ApiVersion::AppsV1 => {
            let mut manifest = Manifest::default();
            object::production::each(redis, |part| manifest.push_last(part.into_object()));
            manifest
        }
    }
}
