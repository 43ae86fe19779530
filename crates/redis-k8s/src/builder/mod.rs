//! A builder for each object of the tutorial and what takes its place on apps/v1: what it can be told, and what it gives.

#[cfg(feature = "tutorial")]
mod master_pod;
mod redis_controller;
mod sentinel_controller;
mod sentinel_service;

#[cfg(feature = "tutorial")]
pub use master_pod::MasterPod;
pub use redis_controller::RedisController;
pub use sentinel_controller::SentinelController;
pub use sentinel_service::SentinelService;

/// Makes a builder: a plain struct over the document that takes itself and returns itself.
///
/// What a builder is told changes its own copy of the document, so the targets read one source only. For each target listed the
/// object is made, once the document is checked, by the function named there.
macro_rules! builder {
    ($(#[$doc:meta])* $name:ident { $($(#[$object_doc:meta])* $method:ident($target:ident) -> $object:ty = $make:path;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[must_use]
        pub struct $name<'a> {
            redis: std::borrow::Cow<'a, $crate::model::Redis>,
        }

        impl<'a> $name<'a> {
            /// The object as this document asks for it.
            pub fn new(redis: &'a $crate::model::Redis) -> Self {
                Self { redis: std::borrow::Cow::Borrowed(redis) }
            }

            $(
                $(#[$object_doc])*
                ///
                /// # Errors
                ///
                /// [`Refused`](crate::Refused), with every problem of the document for this target.
                pub fn $method(&self) -> Result<$object, $crate::Refused> {
                    self.redis.require_sound($crate::ApiVersion::$target)?;
                    Ok($make(&self.redis))
                }
            )*

            /// In this namespace.
            pub fn namespace(mut self, namespace: $crate::value::Namespace) -> Self {
                self.redis.to_mut().metadata.namespace = Some(namespace);
                self
            }

            /// With one label more; those that selectors need stay as they are.
            pub fn label(mut self, key: $crate::value::LabelKey, value: $crate::value::LabelValue) -> Self {
                self.redis.to_mut().metadata.labels.insert(key, value);
                self
            }

            /// With one annotation more.
            pub fn annotation(mut self, key: $crate::value::LabelKey, value: impl Into<String>) -> Self {
                self.redis.to_mut().metadata.annotations.insert(key, value.into());
                self
            }
        }

        impl<'a> From<&'a $crate::model::Redis> for $name<'a> {
            fn from(redis: &'a $crate::model::Redis) -> Self {
                Self::new(redis)
            }
        }
    };
}
use builder;
