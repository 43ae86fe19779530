//! The environment of a container: image, Services, and what the pod says.

use std::collections::BTreeMap;
use std::io;

use k8s_openapi::api::core::v1::{Container, EnvVarSource, ObjectFieldSelector};

use super::endpoints::Addresses;
use super::objects::Objects;
use super::pod::Pod;

/// The variables a container starts with.
pub(crate) fn variables(
    pod: &Pod,
    container: &Container,
    objects: &Objects,
    services: &Addresses,
) -> io::Result<Vec<(String, String)>> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    all.insert("PATH".into(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into());
    all.insert("HOSTNAME".into(), pod.host_name().to_owned());
    all.insert("HOME".into(), "/".into());
    all.insert("KUBERNETES_SERVICE_HOST".into(), "10.96.0.1".into());
    all.insert("KUBERNETES_SERVICE_PORT".into(), "443".into());
    if pod.spec.enable_service_links != Some(false) {
        for (name, object) in &objects.services {
            let (Some(ip), Some(spec)) = (services.get(name), &object.spec) else { continue };
            let prefix = name.to_uppercase().replace('-', "_");
            all.insert(format!("{prefix}_SERVICE_HOST"), ip.to_string());
            for (index, port) in spec.ports.iter().flatten().enumerate() {
                let number = port.port;
                if index == 0 {
                    all.insert(format!("{prefix}_SERVICE_PORT"), number.to_string());
                    all.insert(format!("{prefix}_PORT"), format!("tcp://{ip}:{number}"));
                }
                all.insert(format!("{prefix}_PORT_{number}_TCP"), format!("tcp://{ip}:{number}"));
                all.insert(format!("{prefix}_PORT_{number}_TCP_ADDR"), ip.to_string());
                all.insert(format!("{prefix}_PORT_{number}_TCP_PORT"), number.to_string());
                all.insert(format!("{prefix}_PORT_{number}_TCP_PROTO"), "tcp".to_owned());
                if let Some(port) = &port.name {
                    all.insert(
                        format!("{prefix}_SERVICE_PORT_{}", port.to_uppercase().replace('-', "_")),
                        number.to_string(),
                    );
                }
            }
        }
    }
    if container.env_from.as_ref().is_some_and(|list| !list.is_empty()) {
        return Err(io::Error::other("the proving ground does not know envFrom"));
    }
    for variable in container.env.iter().flatten() {
        let value = match (&variable.value, &variable.value_from) {
            (Some(value), _) => expand(value, &all),
            (None, Some(source)) => match from(source, pod, objects)? {
                Some(value) => value,
                None => continue,
            },
            (None, None) => String::new(),
        };
        all.insert(variable.name.clone(), value);
    }
    Ok(all.into_iter().collect())
}

fn from(source: &EnvVarSource, pod: &Pod, objects: &Objects) -> io::Result<Option<String>> {
    if let Some(ObjectFieldSelector { field_path, .. }) = &source.field_ref {
        return field(field_path, pod).map(Some);
    }
    let (value, optional, what) = if let Some(key) = &source.secret_key_ref {
        let data = objects.secrets.get(&key.name).and_then(|secret| secret.data.as_ref()?.get(&key.key));
        (
            data.map(|bytes| String::from_utf8_lossy(&bytes.0).into_owned()),
            key.optional,
            format!("{}/{}", key.name, key.key),
        )
    } else if let Some(key) = &source.config_map_key_ref {
        let data = objects.config_maps.get(&key.name).and_then(|map| map.data.as_ref()?.get(&key.key).cloned());
        (data, key.optional, format!("{}/{}", key.name, key.key))
    } else {
        return Err(io::Error::other("the proving ground does not know this source of a variable"));
    };
    match value {
        None if optional != Some(true) => Err(io::Error::new(io::ErrorKind::NotFound, format!("{what} not found"))),
        value => Ok(value),
    }
}

fn field(path: &str, pod: &Pod) -> io::Result<String> {
    let quoted = |prefix: &str| path.strip_prefix(prefix)?.strip_suffix("']").map(str::to_owned);
    Ok(match path {
        "metadata.name" => pod.name.clone(),
        "metadata.namespace" => pod.namespace.clone(),
        "metadata.uid" => pod.unique_id(),
        "status.podIP" | "status.podIPs" => pod.ip().map(|ip| ip.to_string()).unwrap_or_default(),
        "status.hostIP" => "169.254.1.1".to_owned(),
        "spec.nodeName" => "node".to_owned(),
        "spec.serviceAccountName" => pod.spec.service_account_name.clone().unwrap_or_else(|| "default".to_owned()),
        _ => {
            if let Some(key) = quoted("metadata.labels['") {
                pod.labels.get(&key).cloned().unwrap_or_default()
            } else if let Some(key) = quoted("metadata.annotations['") {
                pod.annotations.get(&key).cloned().unwrap_or_default()
            } else {
                return Err(io::Error::other(format!("the proving ground does not know the field {path}")));
            }
        }
    })
}

/// Puts values for `$(NAME)`; unknown ones stay, and `$$` is one dollar.
pub(crate) fn expand(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("$$") {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix("$(").and_then(|inner| inner.split_once(')')) {
            match known.get(name) {
                Some(value) => out.push_str(value),
                None => out.push_str(&rest[..name.len() + 3]),
            }
            rest = after;
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_expanded_as_kubernetes_does() {
        let known = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        assert_eq!(expand("$(A) $$(A) $(B) $ $A", &known), "1 $(A) $(B) $ $A");
    }
}
