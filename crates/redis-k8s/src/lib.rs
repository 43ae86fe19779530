//! Typed Kubernetes manifests for a reliable, scalable Redis: master, replicas and Sentinel.

pub mod api_version;
mod check;
pub mod emit;
mod error;
mod instance;
mod manifest;
pub mod model;
pub mod object;
mod runtime;
mod steps;
pub mod value;

/// The types of the objects, in the version this library was built with.
pub use k8s_openapi;

pub use api_version::ApiVersion;
pub use check::{RULES, Rule};
pub use error::{FieldPath, PathStep, Problem, Refused, Severity};
pub use manifest::{Manifest, Object, TypedObject};
pub use model::Redis;
pub use steps::steps;
pub use value::{
    ConfigKey, ConfigValue, Duration, EnvName, Image, InstanceName, InvalidValue, KubernetesVersion, LabelKey,
    LabelValue, MasterName, Namespace, ObjectName, Quantity, SecretKey,
};

/// Documents, problems and renderings may be sent to other threads.
const _: () = {
    const fn assert_send_sync<T: Send + Sync>() {}
    assert_send_sync::<(Redis, Problem, Refused, Manifest, InvalidValue)>();
};

impl Redis {
    /// Everything that is wrong with the document for this target, or that hurts; empty if it is fine.
    #[must_use]
    pub fn check(&self, target: ApiVersion) -> Vec<Problem> {
        check::check(self, target)
    }

    /// The objects of this document.
    ///
    /// # Errors
    ///
    /// [`Refused`], with every problem, if [`check`](Self::check) finds an error.
    pub fn render(&self, target: ApiVersion) -> Result<Manifest, Refused> {
        self.require_sound(target)?;
        Ok(match target {
            ApiVersion::V1Beta3 => object::tutorial::v1beta3(self),
            ApiVersion::V1 => object::tutorial::v1(self),
            ApiVersion::AppsV1 => {
                let mut objects = Vec::new();
                object::production::render(self, &mut objects);
                objects.into_iter().collect()
            }
        })
    }

    /// Appends the YAML of this document's objects: what [`render`](Self::render) and [`Manifest::write_yaml`] give, faster,
    /// since no object outlives its text.
    ///
    /// ```
    /// use redis_k8s::emit::Text;
    /// use redis_k8s::{ApiVersion, Redis};
    ///
    /// let mut text = Text::default();
    /// for name in ["cache", "queue"] {
    ///     Redis::new(name.parse()?).render_yaml(ApiVersion::AppsV1, &mut text)?;
    /// }
    /// let mut written = Vec::new();
    /// text.write_to(&mut written)?;
    /// assert!(written.starts_with(b"---\napiVersion: v1\nkind: ServiceAccount\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refused`], as in [`render`](Self::render).
    pub fn render_yaml(&self, target: ApiVersion, text: &mut emit::Text) -> Result<(), Refused> {
        if target == ApiVersion::AppsV1 {
            self.require_sound(target)?;
            object::production::render(self, &mut object::production::Stream(text));
        } else {
            self.render(target)?.write_yaml(text);
        }
        Ok(())
    }

    pub(crate) fn require_sound(&self, target: ApiVersion) -> Result<(), Refused> {
        let problems = self.check(target);
        if problems.iter().any(Problem::is_error) { Err(Refused { problems }) } else { Ok(()) }
    }
}
