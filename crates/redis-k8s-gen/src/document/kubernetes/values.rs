//! What the texts and numbers at fields must be: the schemas call them strings and integers, the API server knows better.
//!
//! From [validation.go](https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go) and its
//! siblings. What depends on other fields is in the module of its part; what tags say of a field is in the table.

use std::net::IpAddr;

use redis_k8s::{LabelKey, LabelValue, Rule};

use super::name;
use super::network_policy::Block;
use super::rules::{
    ADDRESS_UNUSUAL, INVALID_ADDRESS, INVALID_KEY, INVALID_LABEL, INVALID_NAME, INVALID_PATH, INVALID_VALUE,
    INVALID_VARIABLE, OBJECT_OUT_OF_RANGE, broken,
};
use crate::document::fault::Fault;
use crate::document::node::{Kind, Node, shorten};
use crate::document::scalar::Meaning;

/// Whether something has to stand at a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// An empty text is none at all.
    Optional,
    /// The field may be left out, but if it is there it is read.
    Read,
    /// The field must be there and not empty; the schema does not say so.
    Required,
}

/// What stands there, or is each item of the list there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// An address, as the API server of today reads it.
    Address,
    /// A block of addresses, with spaces around it if need be.
    Block,
    /// A path from the root.
    AbsolutePath,
    /// Any text.
    Any,
    /// The key of a ConfigMap or Secret.
    DataKey,
    /// A DNS name that may hold underscores, with a dot at its end if need be.
    Domain,
    /// The name of a driver of volumes.
    Driver,
    /// The name of a header of HTTP.
    Header,
    /// The name of a target of iSCSI.
    Iqn,
    /// A key of labels.
    Key,
    /// A DNS label.
    Label,
    /// A value of labels.
    LabelText,
    /// A path without `..`.
    PathWithoutParent,
    /// A DNS name.
    Name,
    /// A DNS name, or the beginning of one.
    NamePrefix,
    /// A relative path without `..`.
    RelativePath,
    /// A relative path whose name does not begin with `..`.
    ProjectedPath,
    /// The name of a sysctl.
    Sysctl,
    /// The name of a variable.
    Variable,
    /// A number of a range.
    Within(i64, i64),
}

use Presence::{Optional, Read, Required};
use Value::{
    AbsolutePath, Address, Any, Block as Cidr, DataKey, Domain, Driver, Header, Iqn, Key, Label, Name, NamePrefix,
    PathWithoutParent, ProjectedPath, RelativePath, Sysctl, Variable, Within,
};

const COUNT: Value = Within(0, i32::MAX as i64);
const MODE: Value = Within(0, 0o777);
const ID: Value = Within(0, i32::MAX as i64);

/// Type, field, whether it must be there, and what; sorted by type and field.
const VALUES: &[(&str, &str, Presence, Value)] = &[
    ("AWSElasticBlockStoreVolumeSource", "partition", Optional, Within(0, 255)),
    ("CSIVolumeSource", "driver", Optional, Driver),
    ("ClusterTrustBundleProjection", "path", Optional, ProjectedPath),
    ("ConfigMapEnvSource", "name", Required, NamePrefix),
    ("ConfigMapKeySelector", "key", Optional, DataKey),
    ("ConfigMapKeySelector", "name", Required, Name),
    ("ConfigMapProjection", "name", Required, Any),
    ("ConfigMapVolumeSource", "defaultMode", Optional, MODE),
    ("ConfigMapVolumeSource", "name", Required, Any),
    ("DeploymentSpec", "minReadySeconds", Optional, COUNT),
    ("DeploymentSpec", "progressDeadlineSeconds", Optional, COUNT),
    ("DeploymentSpec", "replicas", Optional, COUNT),
    ("DeploymentSpec", "revisionHistoryLimit", Optional, COUNT),
    ("DownwardAPIVolumeFile", "mode", Optional, MODE),
    ("DownwardAPIVolumeFile", "path", Optional, ProjectedPath),
    ("DownwardAPIVolumeSource", "defaultMode", Optional, MODE),
    ("EnvFromSource", "prefix", Optional, Variable),
    ("EphemeralVolumeSource", "volumeClaimTemplate", Required, Any),
    ("ExecAction", "command", Required, Any),
    ("FileKeySelector", "key", Optional, Variable),
    ("FileKeySelector", "path", Optional, ProjectedPath),
    ("GCEPersistentDiskVolumeSource", "partition", Optional, Within(0, 255)),
    ("GitRepoVolumeSource", "directory", Optional, RelativePath),
    ("HTTPHeader", "name", Optional, Header),
    ("HostAlias", "hostnames", Read, Name),
    ("HostAlias", "ip", Optional, Address),
    ("HostPathVolumeSource", "path", Optional, PathWithoutParent),
    ("ISCSIVolumeSource", "initiatorName", Read, Iqn),
    ("ISCSIVolumeSource", "iqn", Optional, Iqn),
    ("ISCSIVolumeSource", "lun", Optional, Within(0, 255)),
    ("KeyToPath", "mode", Optional, MODE),
    ("KeyToPath", "path", Optional, ProjectedPath),
    ("LabelSelectorRequirement", "key", Optional, Key),
    ("LabelSelectorRequirement", "values", Read, Value::LabelText),
    ("NFSVolumeSource", "path", Optional, AbsolutePath),
    ("PersistentVolumeClaim", "spec", Required, Any),
    ("PersistentVolumeClaimSpec", "accessModes", Required, Any),
    ("PersistentVolumeClaimSpec", "storageClassName", Optional, Name),
    ("PersistentVolumeClaimSpec", "volumeAttributesClassName", Optional, Name),
    ("Pod", "spec", Required, Any),
    ("PodAffinityTerm", "namespaces", Read, Label),
    ("PodDNSConfig", "nameservers", Read, Address),
    ("PodDNSConfig", "searches", Read, Domain),
    ("PodDNSConfigOption", "name", Required, Any),
    ("PodReadinessGate", "conditionType", Optional, Key),
    ("PodResourceClaim", "name", Optional, Label),
    ("PodResourceClaim", "resourceClaimName", Read, Name),
    ("PodResourceClaim", "resourceClaimTemplateName", Read, Name),
    ("PodSchedulingGate", "name", Optional, Key),
    ("PodSecurityContext", "fsGroup", Optional, ID),
    ("PodSecurityContext", "runAsGroup", Optional, ID),
    ("PodSecurityContext", "runAsUser", Optional, ID),
    ("PodSecurityContext", "supplementalGroups", Optional, ID),
    ("PodSpec", "activeDeadlineSeconds", Optional, Within(1, i32::MAX as i64)),
    ("PodSpec", "hostnameOverride", Read, Name),
    ("PodSpec", "nodeName", Optional, Name),
    ("PodSpec", "priorityClassName", Optional, Name),
    ("PodSpec", "runtimeClassName", Read, Name),
    ("PodSpec", "serviceAccount", Optional, Name),
    ("PodSpec", "serviceAccountName", Optional, Name),
    ("PodTemplateSpec", "spec", Required, Any),
    ("ProjectedVolumeSource", "defaultMode", Optional, MODE),
    ("ReplicationController", "spec", Required, Any),
    ("ReplicationControllerSpec", "template", Required, Any),
    ("ResourceClaim", "request", Optional, Label),
    ("RollingUpdateStatefulSetStrategy", "partition", Optional, COUNT),
    ("SecretEnvSource", "name", Required, NamePrefix),
    ("SecretKeySelector", "key", Optional, DataKey),
    ("SecretKeySelector", "name", Required, Name),
    ("SecretProjection", "name", Required, Any),
    ("SecretVolumeSource", "defaultMode", Optional, MODE),
    ("SecretVolumeSource", "secretName", Required, Any),
    ("SecurityContext", "runAsGroup", Optional, ID),
    ("SecurityContext", "runAsUser", Optional, ID),
    ("ServiceAccountTokenProjection", "expirationSeconds", Optional, Within(600, 1 << 32)),
    ("ServiceAccountTokenProjection", "path", Optional, ProjectedPath),
    ("ServicePort", "appProtocol", Read, Key),
    ("ServiceSpec", "loadBalancerClass", Read, Key),
    ("ServiceSpec", "loadBalancerSourceRanges", Read, Cidr),
    ("StatefulSetOrdinals", "start", Optional, COUNT),
    ("StatefulSetSpec", "minReadySeconds", Optional, COUNT),
    ("StatefulSetSpec", "replicas", Optional, COUNT),
    ("StorageOSVolumeSource", "volumeName", Required, Label),
    ("StorageOSVolumeSource", "volumeNamespace", Optional, Label),
    ("Sysctl", "name", Optional, Sysctl),
    ("VolumeDevice", "devicePath", Optional, PathWithoutParent),
    ("WindowsSecurityContextOptions", "gmsaCredentialSpecName", Read, Name),
];

/// What the field of a type must hold, if more than its shape.
pub(super) fn of(type_name: &str, field: &str) -> Option<(Presence, Value)> {
    let place = VALUES.binary_search_by_key(&(type_name, field), |(name, field, ..)| (*name, *field)).ok()?;
    Some((VALUES[place].2, VALUES[place].3))
}

/// Holds a value, or the items of a list, against what the field must hold.
pub(super) fn check(
    (presence, value): (Presence, Value),
    field: &str,
    node: &Node<'_>,
    minor: u8,
    report: &mut dyn FnMut(Fault),
) {
    if let Kind::Sequence(items) = &node.kind {
        for (index, item) in items.iter().enumerate() {
            if let Some(fault) = value.fault(field, item, minor) {
                report(fault.under(index.into()));
            }
        }
    } else if (presence == Read || node.as_text() != Some(""))
        && let Some(fault) = value.fault(field, node, minor)
    {
        report(fault);
    }
}

impl Value {
    /// What a tag of the table asks for, beside another.
    pub(super) fn tagged(other: Option<(Presence, Self)>, tag: &str, text: &str) -> Option<Self> {
        let (least, most) = match other {
            Some((_, Within(least, most))) => (least, most),
            _ => (i64::MIN, i64::MAX),
        };
        match (tag, text) {
            ("minimum", least) => Some(Within(least.parse().ok()?, most)),
            ("maximum", most) => Some(Within(least, most.parse().ok()?)),
            ("format", "k8s-label-key") => Some(Key),
            _ => None,
        }
    }

    fn fault(self, field: &str, node: &Node<'_>, minor: u8) -> Option<Fault> {
        if let Within(least, most) = self {
            let Some(Meaning::Int(Some(number))) = node.meaning() else { return None };
            return (!(i128::from(least)..=i128::from(most)).contains(&number)).then(|| {
                broken(
                    &OBJECT_OUT_OF_RANGE,
                    format!("{field} is {number}, but takes {}", range(least, most, number > i128::from(most))),
                )
            });
        }
        let text = node.as_text().or(node.is_null().then_some(""))?;
        let (rule, what): (&Rule, &str) = match self {
            Self::Any | Within(..) => return None,
            Self::Key => return text.parse::<LabelKey>().err().map(|e| broken(&INVALID_LABEL, e.to_string())),
            Self::LabelText => return text.parse::<LabelValue>().err().map(|e| broken(&INVALID_LABEL, e.to_string())),
            Self::Address | Self::Block if self.takes(text, minor) => return unusual(text),
            _ if self.takes(text, minor) => return None,
            Self::Address => (&INVALID_ADDRESS, "an address such as 192.0.2.1 or 2001:db8::1"),
            Self::Block => (&INVALID_ADDRESS, "a block of addresses such as 192.0.2.0/24"),
            Self::DataKey => (&INVALID_KEY, DATA_KEY),
            Self::Domain => (&INVALID_NAME, "a domain: lower-case letters, digits, '_' or '-', with dots between"),
            Self::Driver => (
                &INVALID_NAME,
                "the name of a driver: 1 to 63 letters, digits, '-' or '.', with a letter or digit at both ends",
            ),
            Self::Header => (&INVALID_VALUE, "the name of a header: letters, digits or '-'"),
            Self::Iqn => (&INVALID_VALUE, "a name of iSCSI, such as iqn.2026-01.com.example:disk"),
            Self::Label => (&INVALID_NAME, LABEL),
            Self::Name | Self::NamePrefix => (&INVALID_NAME, NAME),
            Self::AbsolutePath => (&INVALID_PATH, "a path that starts with '/'"),
            Self::PathWithoutParent => (&INVALID_PATH, "a path without `..`"),
            Self::RelativePath => (&INVALID_PATH, "a relative path without `..`"),
            Self::ProjectedPath => {
                (&INVALID_PATH, "a path below the volume: without `/` at its start and without `..`")
            }
            Self::Sysctl => (
                &INVALID_VALUE,
                "the name of a sysctl: lower-case letters, digits, '-' or '_', with dots or slashes between",
            ),
            Self::Variable => (&INVALID_VARIABLE, "a name of variables: printable ASCII characters but '='"),
        };
        Some(broken(rule, format!("\"{}\" is not {what}", shorten(text))))
    }

    fn takes(self, text: &str, minor: u8) -> bool {
        match self {
            Self::Any | Self::Key | Self::LabelText | Within(..) => true,
            Self::Address => is_address(text),
            Self::Block => Block::parse(text.trim(), minor).is_some(),
            Self::DataKey => name::is_data_key(text),
            Self::Domain => {
                let domain = text.strip_suffix('.').unwrap_or(text);
                text == "." || name::is_dns_subdomain(&domain.replace('_', "a"))
            }
            Self::Driver => text.len() <= 63 && is_domain(text),
            Self::Header => !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
            Self::Iqn => is_iqn(text),
            Self::Label => name::is_dns_label(text),
            Self::Name => name::is_dns_subdomain(text),
            // an end that more follows
            Self::NamePrefix => name::is_dns_subdomain(text.strip_suffix('-').unwrap_or(text)),
            Self::AbsolutePath => text.starts_with('/'),
            Self::PathWithoutParent => !has_parent(text),
            Self::RelativePath => is_below(text),
            Self::ProjectedPath => is_below(text) && !text.starts_with(".."),
            Self::Sysctl => is_sysctl(text),
            Self::Variable => name::is_variable(text),
        }
    }
}

pub(super) const LABEL: &str =
    "a DNS label: 1 to 63 lower-case letters, digits or '-', with a letter or digit at both ends";
const NAME: &str = "a name of an object: 1 to 253 lower-case letters, digits, '-' or '.', with a letter or digit at both ends of every part";
const DATA_KEY: &str = "a key: 1 to 253 letters, digits, '-', '_' or '.', not '.' and not starting with '..'";

fn range(least: i64, most: i64, is_above: bool) -> String {
    match most {
        0o777 => "0 to 511, which is 0777".to_owned(),
        _ if most < i64::from(i32::MAX) => format!("{least} to {most}"),
        _ if is_above => format!("at most {most}"),
        _ => format!("{least} or more"),
    }
}

/// An address without zeros before its numbers, and no IPv4 address written as one of IPv6.
pub(super) fn is_address(text: &str) -> bool {
    match text.parse() {
        Ok(IpAddr::V4(_)) => true,
        Ok(IpAddr::V6(address)) => address.to_ipv4_mapped().is_none(),
        Err(_) => false,
    }
}

/// Warns of an address or block of IPv6 that is not written as RFC 5952 has it.
pub(super) fn unusual(text: &str) -> Option<Fault> {
    let (address, length) =
        text.trim().split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let IpAddr::V6(address) = address.parse().ok()? else { return None };
    let usual = address.to_string() + &length.map(|length| format!("/{length}")).unwrap_or_default();
    (usual != text.trim()).then(|| {
        let message = format!("{} is an address in an unusual form", shorten(text));
        broken(&ADDRESS_UNUSUAL, message).help(format!("write {usual}"))
    })
}

fn has_parent(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}

/// A relative path without `..`: it leads out of nothing.
pub(super) fn is_below(path: &str) -> bool {
    !path.starts_with('/') && !has_parent(path)
}

/// A DNS name in letters of either case.
pub(super) fn is_domain(text: &str) -> bool {
    name::is_dns_subdomain(&text.to_ascii_lowercase())
}

fn is_iqn(text: &str) -> bool {
    let of = |text: &str, length| text.chars().count() == length && text.chars().all(char::is_alphanumeric);
    if let Some(rest) = text.strip_prefix("iqn.") {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let Some((date, rest)) = rest.split_once('.') else { return false };
        let is_date = date.len() == 7
            && date.split_once('-').is_some_and(|(year, month)| year.len() == 4 && digits(year) && digits(month));
        let (authority, own) = rest.split_once(':').unwrap_or((rest, ""));
        let is_authority =
            !authority.is_empty() && authority.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
        return is_date
            && is_authority
            && !own.is_empty()
            && !own.contains([',', ';', '*', '&', '$', '|', ' ', '\t', '\n']);
    }
    text.strip_prefix("eui.").is_some_and(|rest| of(rest, 16))
        || text.strip_prefix("naa.").is_some_and(|rest| of(rest, 32))
}

fn is_sysctl(text: &str) -> bool {
    let is_end = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        bytes.first().is_some_and(is_end)
            && bytes.last().is_some_and(is_end)
            && bytes.iter().all(|b| is_end(b) || b"-_".contains(b))
    };
    text.len() <= 253 && text.split(['.', '/']).all(is_part)
}

#[cfg(test)]
mod tests {
    use super::super::types::{Shape, Types};
    use super::*;

    #[test]
    fn the_fields_are_there_and_hold_what_is_checked() {
        assert!(VALUES.is_sorted_by_key(|(name, field, ..)| (*name, *field)));
        for (name, field, _, value) in VALUES {
            let known = Types::get().named(name).unwrap_or_else(|| panic!("no type {name}"));
            let shape = &known.field(field).unwrap_or_else(|| panic!("no field {name}.{field}")).shape;
            let shape = match shape {
                Shape::List(item, _) => item,
                shape => shape,
            };
            let fits = match value {
                Value::Any => true,
                Within(..) => matches!(shape, Shape::Integer(_)),
                _ => matches!(shape, Shape::Text),
            };
            assert!(fits, "{name}.{field}: {shape:?}");
        }
    }

    #[test]
    fn forms_are_told_apart() {
        for (value, good, bad) in [
            (Value::Address, &["192.0.2.1", "::1"][..], &["", "192.0.2.01", "x", "::ffff:192.0.2.1"][..]),
            (Value::Block, &[" 192.0.2.0/24 ", "::/0"], &["192.0.2.0", "192.0.2.1/24"]),
            (Value::Domain, &["a.b", "a_b.c.", "."], &["", "-a", "a..b"]),
            (Value::Driver, &["csi.Example.com"], &["a_", ""]),
            (Value::Header, &["X-A"], &["", "a b"]),
            (Value::Iqn, &["iqn.2026-01.com.example:disk", "eui.0123456789abcdef"], &["x", "iqn.2026-01.com", "eui.1"]),
            (Value::NamePrefix, &["a", "a-"], &["", "a_"]),
            (Value::ProjectedPath, &["a/b", "a..b"], &["/a", "a/../b", "..a"]),
            (Value::Sysctl, &["net.core.somaxconn", "a/b"], &["A.b", "a b", "a..b", ""]),
        ] {
            for text in good {
                assert!(value.takes(text, 36), "{value:?} {text}");
            }
            for text in bad {
                assert!(!value.takes(text, 36), "{value:?} {text}");
            }
        }
        assert!(Value::Block.takes("192.0.2.1/24", 35), "before 1.36 the bits behind the length are no matter");
    }
}
