//! The rendered set of objects, in order.

use std::fmt;

use k8s_openapi::Metadata;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServiceAccount};
#[cfg(feature = "tutorial")]
use k8s_openapi::api::core::v1::{Pod, ReplicationController};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Serialize, Serializer};

use crate::cert_manager::Certificate;
use crate::emit;
use crate::monitoring::{PodMonitor, PrometheusRule, ServiceMonitor};
#[cfg(feature = "tutorial")]
use crate::tutorial::v1beta3;

mod sealed {
    /// No other type is an object of a manifest.
    pub trait Sealed {}
}

/// Metadata, where it is Kubernetes' own type.
trait Described {
    fn described(&self) -> Option<&ObjectMeta> {
        None
    }

    fn described_mut(&mut self) -> Option<&mut ObjectMeta> {
        None
    }
}

impl<T: Metadata<Ty = ObjectMeta>> Described for T {
    fn described(&self) -> Option<&ObjectMeta> {
        Some(self.metadata())
    }

    fn described_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(self.metadata_mut())
    }
}

#[cfg(feature = "tutorial")]
impl Described for v1beta3::Service {}
#[cfg(feature = "tutorial")]
impl Described for v1beta3::Pod {}
#[cfg(feature = "tutorial")]
impl Described for v1beta3::ReplicationController {}

/// Makes [`Object`] and everything that is the same for each of its kinds.
///
/// The order of the list is the order of a manifest: kustomize's legacy order
/// (<https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/builtins/SortOrderTransformer.go>),
/// in which what is needed comes before what needs it; kinds it does not name stand after, by name.
macro_rules! objects {
    ($($(#[$cfg:meta])* $variant:ident($ty:ty) = $api_version:literal $kind:literal $plural:literal,)*) => {
        /// One Kubernetes object, typed.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        #[allow(clippy::large_enum_variant, reason = "a manifest holds a dozen of them, moved once")]
        pub enum Object {
            $(
                $(#[$cfg])*
                #[doc = concat!($kind, " of ", $api_version, ".")]
                $variant($ty),
            )*
        }

        impl Object {
            /// Its `apiVersion`.
            #[must_use]
            pub const fn api_version(&self) -> &'static str {
                match self { $($(#[$cfg])* Self::$variant(_) => $api_version,)* }
            }

            /// Its `kind`.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self { $($(#[$cfg])* Self::$variant(_) => $kind,)* }
            }

            /// Its kind as paths of the API have it: `statefulsets`.
            #[must_use]
            pub const fn plural(&self) -> &'static str {
                match self { $($(#[$cfg])* Self::$variant(_) => $plural,)* }
            }

            /// Its name.
            #[must_use]
            pub fn name(&self) -> &str {
                match self { $($(#[$cfg])* Self::$variant(object) => object.metadata.name.as_deref().unwrap_or_default(),)* }
            }

            /// Its namespace, if it says one.
            #[must_use]
            pub fn namespace(&self) -> Option<&str> {
                match self { $($(#[$cfg])* Self::$variant(object) => object.metadata.namespace.as_deref(),)* }
            }

            /// Its metadata; none for `v1beta3`, whose objects have fields of their own for it.
            #[must_use]
            pub fn metadata(&self) -> Option<&ObjectMeta> {
                match self { $($(#[$cfg])* Self::$variant(object) => object.described(),)* }
            }

            /// Its metadata to change: labels, annotations, owner references. A name that changes leaves the object where it is in its
            /// manifest.
            pub fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
                match self { $($(#[$cfg])* Self::$variant(object) => object.described_mut(),)* }
            }

            /// The place of its kind in a manifest.
            const fn rank(&self) -> Rank {
                match self { $($(#[$cfg])* Self::$variant(_) => Rank::$variant,)* }
            }
        }

        /// The kinds in their order.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        enum Rank {
            $($(#[$cfg])* $variant,)*
        }

        impl Serialize for Object {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $($(#[$cfg])* Self::$variant(object) => object.serialize(serializer),)* }
            }
        }

        $(
            $(#[$cfg])*
            impl From<$ty> for Object {
                fn from(object: $ty) -> Self {
                    Self::$variant(object)
                }
            }

            $(#[$cfg])*
            impl sealed::Sealed for $ty {}

            $(#[$cfg])*
            impl TypedObject for $ty {
                fn of(object: &Object) -> Option<&Self> {
                    match object {
                        Object::$variant(object) => Some(object),
                        _ => None,
                    }
                }

                fn of_mut(object: &mut Object) -> Option<&mut Self> {
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
pub trait TypedObject: Sized + sealed::Sealed {
    /// The object, if it is of this type.
    fn of(object: &Object) -> Option<&Self>;

    /// The object to change, if it is of this type.
    fn of_mut(object: &mut Object) -> Option<&mut Self>;

    /// The object by value, if it is of this type.
    fn into_typed(object: Object) -> Option<Self>;
}

objects! {
    ServiceAccount(ServiceAccount) = "v1" "ServiceAccount" "serviceaccounts",
    ConfigMap(ConfigMap) = "v1" "ConfigMap" "configmaps",
    Service(Service) = "v1" "Service" "services",
    #[cfg(feature = "tutorial")]
    ServiceV1Beta3(v1beta3::Service) = "v1beta3" "Service" "services",
    Deployment(Deployment) = "apps/v1" "Deployment" "deployments",
    StatefulSet(StatefulSet) = "apps/v1" "StatefulSet" "statefulsets",
    PodDisruptionBudget(PodDisruptionBudget) = "policy/v1" "PodDisruptionBudget" "poddisruptionbudgets",
    Certificate(Certificate) = "cert-manager.io/v1" "Certificate" "certificates",
    NetworkPolicy(NetworkPolicy) = "networking.k8s.io/v1" "NetworkPolicy" "networkpolicies",
    PodMonitor(PodMonitor) = "monitoring.coreos.com/v1" "PodMonitor" "podmonitors",
    PrometheusRule(PrometheusRule) = "monitoring.coreos.com/v1" "PrometheusRule" "prometheusrules",
    ServiceMonitor(ServiceMonitor) = "monitoring.coreos.com/v1" "ServiceMonitor" "servicemonitors",
    #[cfg(feature = "tutorial")]
    Pod(Pod) = "v1" "Pod" "pods",
    #[cfg(feature = "tutorial")]
    PodV1Beta3(v1beta3::Pod) = "v1beta3" "Pod" "pods",
    #[cfg(feature = "tutorial")]
    ReplicationController(ReplicationController) = "v1" "ReplicationController" "replicationcontrollers",
    #[cfg(feature = "tutorial")]
    ReplicationControllerV1Beta3(v1beta3::ReplicationController) = "v1beta3" "ReplicationController" "replicationcontrollers",
}

impl Object {
    /// Its place in a manifest: by kind, then name.
    fn place(&self) -> (Rank, &str) {
        (self.rank(), self.name())
    }

    /// The group of its `apiVersion`: `apps`; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.api_version().split_once('/').map_or("", |(group, _)| group)
    }

    /// The version of its `apiVersion`: `v1`.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.api_version().rsplit('/').next().unwrap_or_default()
    }

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
        let mut text = String::new();
        emit::yaml(self, &mut text);
        text
    }
}

impl From<Object> for serde_json::Value {
    fn from(object: Object) -> Self {
        value(&object)
    }
}

/// An ordered set of objects: what one rendering gives.
///
/// It is yours to change before it is applied:
///
/// ```
/// use k8s_openapi::api::apps::v1::StatefulSet;
/// use k8s_openapi::api::core::v1::Container;
/// use redis_k8s::{ApiVersion, Redis};
///
/// let mut manifest = Redis::new("cache".parse()?).render(ApiVersion::AppsV1)?;
/// for metadata in manifest.iter_mut().filter_map(|object| object.metadata_mut()) {
///     metadata.annotations.get_or_insert_default().insert("example.com/team".to_owned(), "checkout".to_owned());
/// }
/// let servers: &mut StatefulSet = manifest.get_mut("cache").ok_or("no StatefulSet")?;
/// let pod = servers.spec.as_mut().and_then(|spec| spec.template.spec.as_mut()).ok_or("no pods")?;
/// pod.containers.push(Container { name: "sidecar".to_owned(), ..Container::default() });
/// manifest.retain(|object| object.kind() != "NetworkPolicy");
/// assert!(manifest.to_yaml().contains("name: sidecar"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

    /// The objects to change, by kind, then name.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Object> {
        self.0.iter_mut()
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

    /// The object of a Kubernetes type with this name, to change.
    #[must_use]
    pub fn get_mut<T: TypedObject>(&mut self, name: &str) -> Option<&mut T> {
        self.iter_mut().filter(|object| object.name() == name).find_map(T::of_mut)
    }

    /// Adds an object at its place in the order.
    pub fn push(&mut self, object: impl Into<Object>) {
        self.extend([object.into()]);
    }

    /// Adds an object that comes after all the others.
    pub(crate) fn push_last(&mut self, object: Object) {
        debug_assert!(
            self.0.last().is_none_or(|last| last.place() < object.place()),
            "{} is out of order",
            object.name()
        );
        self.0.push(object);
    }

    /// Keeps the objects that pass.
    pub fn retain(&mut self, keep: impl FnMut(&Object) -> bool) {
        self.0.retain(keep);
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

    /// YAML of all objects, each after a `---` line.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut text = String::new();
        self.write_yaml(&mut text);
        text
    }

    /// Appends the YAML of all objects, each after a `---` line.
    pub fn write_yaml(&self, text: &mut String) {
        self.iter().for_each(|object| emit::yaml_document(object, text));
    }

    /// All objects as one JSON `List`, indented, with a final newline: what `kubectl apply -f -` reads.
    #[must_use]
    pub fn to_json(&self) -> String {
        json_list(self)
    }

    /// Each object as a JSON value.
    #[must_use]
    pub fn to_values(&self) -> Vec<serde_json::Value> {
        self.iter().map(value).collect()
    }

    /// Each object as a file: name and content.
    pub fn files(&self) -> impl Iterator<Item = (String, String)> {
        self.iter().map(|object| (object.file_name(), object.to_yaml()))
    }
}

impl FromIterator<Object> for Manifest {
    fn from_iter<I: IntoIterator<Item = Object>>(objects: I) -> Self {
        let mut manifest = Self::default();
        manifest.extend(objects);
        manifest
    }
}

impl Extend<Object> for Manifest {
    fn extend<I: IntoIterator<Item = Object>>(&mut self, objects: I) {
        self.0.extend(objects);
        self.0.sort_by(|a, b| a.place().cmp(&b.place()));
    }
}

impl<'a> IntoIterator for &'a mut Manifest {
    type Item = &'a mut Object;
    type IntoIter = std::slice::IterMut<'a, Object>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
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

/// An object as a JSON value.
fn value(object: &Object) -> serde_json::Value {
    serde_json::to_value(object).unwrap_or_default()
}

/// A manifest as one JSON `List`, indented, with a final newline.
fn json_list(manifest: &Manifest) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct List<'m> {
        api_version: &'static str,
        kind: &'static str,
        items: Vec<&'m Object>,
    }

    let list = List { api_version: "v1", kind: "List", items: manifest.iter().collect() };
    let mut text = serde_json::to_string_pretty(&list).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> ObjectMeta {
        ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }
    }

    fn manifest() -> Manifest {
        let config = ConfigMap {
            metadata: named("cache-config"),
            data: Some([("redis.conf".to_owned(), "save \"\"\nport 6379\n".to_owned())].into()),
            ..ConfigMap::default()
        };
        let account = ServiceAccount { metadata: named("cache"), ..ServiceAccount::default() };
        [config.into(), account.into()].into_iter().collect()
    }

    #[test]
    fn yaml_of_a_manifest_marks_each_document() {
        assert_eq!(
            manifest().to_yaml(),
            concat!(
                "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: cache\n",
                "---\napiVersion: v1\nkind: ConfigMap\ndata:\n  redis.conf: |\n    save \"\"\n    port 6379\n",
                "metadata:\n  name: cache-config\n",
            )
        );
    }

    #[test]
    fn json_is_one_list_in_the_order_of_the_manifest() {
        let text = manifest().to_json();
        assert!(text.starts_with(
            "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [\n    {\n      \"apiVersion\""
        ));
        assert!(text.ends_with("  ]\n}\n"));
        let list: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(list["items"].as_array(), Some(&manifest().to_values()));
        assert_eq!(list["items"][0]["kind"], "ServiceAccount");
        assert_eq!(list["items"][1]["data"]["redis.conf"], "save \"\"\nport 6379\n");
    }
}
