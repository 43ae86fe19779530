//! The rendered set of objects, in order.

use std::fmt;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, ReplicationController, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::{Serialize, Serializer};

use crate::emit::{self, Text};
use crate::target::v1beta3;

/// Makes [`Object`] and everything that is the same for each of its kinds.
///
/// The order of the list is the order of a manifest: kustomize's legacy order
/// (<https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/builtins/SortOrderTransformer.go>),
/// in which what is needed comes before what needs it; kinds it does not name stand after, by name.
macro_rules! objects {
    ($($variant:ident($ty:ty) = $api_version:literal $kind:literal,)*) => {
        /// One Kubernetes object, typed.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        #[allow(clippy::large_enum_variant, reason = "a manifest holds a dozen of them, moved once")]
        pub enum Object {
            $(
                #[doc = concat!($kind, " of ", $api_version, ".")]
                $variant($ty),
            )*
        }

        impl Object {
            /// Its `apiVersion`.
            #[must_use]
            pub const fn api_version(&self) -> &'static str {
                match self { $(Self::$variant(_) => $api_version,)* }
            }

            /// Its `kind`.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind,)* }
            }

            /// Its name.
            #[must_use]
            pub fn name(&self) -> &str {
                match self { $(Self::$variant(object) => object.metadata.name.as_deref().unwrap_or_default(),)* }
            }

            /// Its namespace, if it says one.
            #[must_use]
            pub fn namespace(&self) -> Option<&str> {
                match self { $(Self::$variant(object) => object.metadata.namespace.as_deref(),)* }
            }

            /// Its place in a manifest.
            const fn rank(&self) -> Rank {
                match self { $(Self::$variant(_) => Rank::$variant,)* }
            }
        }

        /// The kinds in their order.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        enum Rank {
            $($variant,)*
        }

        impl Serialize for Object {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$variant(object) => object.serialize(serializer),)* }
            }
        }

        $(
            impl From<$ty> for Object {
                fn from(object: $ty) -> Self {
                    Self::$variant(object)
                }
            }

            impl TypedObject for $ty {
                fn of(object: &Object) -> Option<&Self> {
                    match object {
                        Object::$variant(object) => Some(object),
                        _ => None,
                    }
                }

                fn into_typed(object: Object) -> Option<Self> {
                    match object {
                        Object::$variant(object) => Some(object),
                        _ => None,
                    }
                }
            }
        )*
    };
}

/// A Kubernetes type an [`Object`] can hold.
pub trait TypedObject: Sized {
    /// The object, if it is of this type.
    fn of(object: &Object) -> Option<&Self>;

    /// The object by value, if it is of this type.
    fn into_typed(object: Object) -> Option<Self>;
}

objects! {
    ServiceAccount(ServiceAccount) = "v1" "ServiceAccount",
    ConfigMap(ConfigMap) = "v1" "ConfigMap",
    Service(Service) = "v1" "Service",
    ServiceV1Beta3(v1beta3::Service) = "v1beta3" "Service",
    StatefulSet(StatefulSet) = "apps/v1" "StatefulSet",
    PodDisruptionBudget(PodDisruptionBudget) = "policy/v1" "PodDisruptionBudget",
    NetworkPolicy(NetworkPolicy) = "networking.k8s.io/v1" "NetworkPolicy",
    Pod(Pod) = "v1" "Pod",
    PodV1Beta3(v1beta3::Pod) = "v1beta3" "Pod",
    ReplicationController(ReplicationController) = "v1" "ReplicationController",
    ReplicationControllerV1Beta3(v1beta3::ReplicationController) = "v1beta3" "ReplicationController",
}

impl Object {
    /// The name of its file: `<group>_<version>_<kind>_<name>.yaml` in lower case, as kustomize writes them.
    ///
    /// The core group has no name and leaves its part out: `v1_service_redis-read.yaml`.
    #[must_use]
    pub fn file_name(&self) -> String {
        let group_version = self.api_version().replace('/', "_");
        format!("{group_version}_{}_{}.yaml", self.kind(), self.name()).to_ascii_lowercase()
    }

    /// Its YAML, without a document marker.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut text = Text::default();
        emit::yaml(self, &mut text);
        text.into()
    }
}

/// An ordered set of objects: what one rendering gives.
///
/// ```
/// use k8s_openapi::api::apps::v1::StatefulSet;
/// use redis_k8s::{ApiVersion, Redis};
///
/// let manifest = Redis::new("cache".parse()?).render(ApiVersion::AppsV1)?;
/// let servers: &StatefulSet = manifest.get("cache").ok_or("no StatefulSet")?;
/// assert_eq!(servers.spec.as_ref().and_then(|spec| spec.replicas), Some(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifest(Vec<Object>);

impl Manifest {
    /// The objects by kind, then name.
    pub fn iter(&self) -> std::slice::Iter<'_, Object> {
        self.0.iter()
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object of a Kubernetes type with this name.
    #[must_use]
    pub fn get<T: TypedObject>(&self, name: &str) -> Option<&T> {
        self.iter().filter(|object| object.name() == name).find_map(T::of)
    }

    /// The object of this kind, in any case, with this name.
    #[must_use]
    pub fn find(&self, kind: &str, name: &str) -> Option<&Object> {
        self.iter().find(|object| object.kind().eq_ignore_ascii_case(kind) && object.name() == name)
    }

    /// All objects of a Kubernetes type.
    pub fn all<T: TypedObject + 'static>(&self) -> impl Iterator<Item = &T> {
        self.iter().filter_map(T::of)
    }

    /// The same manifest with only the objects that pass.
    #[must_use]
    pub fn filter(self, keep: impl Fn(&Object) -> bool) -> Self {
        Self(self.0.into_iter().filter(keep).collect())
    }

    /// YAML of all objects, each after a `---` line.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut text = Text::default();
        self.write_yaml(&mut text);
        text.into()
    }

    /// Appends the YAML of all objects, each after a `---` line.
    pub fn write_yaml(&self, text: &mut Text) {
        self.iter().for_each(|object| emit::yaml_document(object, text));
    }

    /// All objects as one JSON `List`, indented, with a final newline: what `kubectl apply -f -` reads.
    #[must_use]
    pub fn to_json(&self) -> String {
        emit::json_list(self)
    }

    /// Each object as a JSON value.
    #[must_use]
    pub fn to_values(&self) -> Vec<serde_json::Value> {
        self.iter().map(emit::value).collect()
    }

    /// Each object as a file: name and content.
    pub fn files(&self) -> impl Iterator<Item = (String, String)> {
        self.iter().map(|object| (object.file_name(), object.to_yaml()))
    }
}

impl FromIterator<Object> for Manifest {
    fn from_iter<I: IntoIterator<Item = Object>>(objects: I) -> Self {
        let mut objects: Vec<Object> = objects.into_iter().collect();
        objects.sort_by(|a, b| (a.rank(), a.name()).cmp(&(b.rank(), b.name())));
        Self(objects)
    }
}

impl IntoIterator for Manifest {
    type Item = Object;
    type IntoIter = std::vec::IntoIter<Object>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Manifest {
    type Item = &'a Object;
    type IntoIter = std::slice::Iter<'a, Object>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_yaml())
    }
}
