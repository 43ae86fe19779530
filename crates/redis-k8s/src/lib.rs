//! Typed Kubernetes manifests for a reliable, scalable Redis: master, replicas and Sentinel.

mod check;
pub mod emit;
mod error;
mod instance;
mod manifest;
pub mod model;
pub mod object;
mod runtime;
mod steps;
pub mod target;
pub mod value;

pub use check::{RULES, Rule};
pub use error::{FieldPath, PathStep, Problem, Refused, Severity};
pub use manifest::{Manifest, Object, TypedObject};
pub use model::Redis;
pub use steps::steps;
pub use target::ApiVersion;
pub use value::{
    ConfigKey, ConfigValue, Duration, EnvName, Image, InvalidValue, KubernetesVersion, LabelKey, LabelValue,
    MasterName, Namespace, Quantity, ResourceName, SecretKey,
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
        let problems = self.check(target);
        if problems.iter().any(Problem::is_error) {
            return Err(Refused { problems });
        }
        Ok(match target {
            ApiVersion::V1Beta3 => object::tutorial::v1beta3(self),
            ApiVersion::V1 => object::tutorial::v1(self),
            ApiVersion::AppsV1 => object::production::build(self).into_iter().collect(),
        })
    }
}
