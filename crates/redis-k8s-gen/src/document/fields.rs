//! Fields in the wrong place, or by the name another tool has for them: where they belong.

use redis_k8s::Redis;
use redis_k8s::model::Field;

/// Parts in which people look for any field.
const TOP: &[&str] = &["Redis", "Metadata", "RedisSpec"];

/// What charts, operators and Kubernetes call it, in which parts, and what to write here.
const ELSEWHERE: &[(&[&str], &[&str], &str)] = &[
    (TOP, &["replicaCount"], "write `spec.replicas`"),
    (TOP, &["affinity"], "write `spec.scheduling`: spreadNodes, spreadZones, nodeAffinity and podAffinity"),
    (TOP, &["topologySpreadConstraints"], "write `spec.scheduling.spreadZones`"),
    (TOP, &["priorityClassName"], "write `spec.scheduling.priorityClass`"),
    (TOP, &["schedulerName"], "write `spec.scheduling.scheduler`"),
    (TOP, &["runtimeClassName"], "write `spec.scheduling.runtimeClass`"),
    (
        TOP,
        &["password", "existingSecret", "usePassword", "requirepass"],
        "write `spec.auth.secret`: the name of a Secret with the password",
    ),
    (
        TOP,
        &["podSecurityContext", "securityContext", "containerSecurityContext"],
        "write `spec.security`: runAsUser, runAsGroup and fsGroup",
    ),
    (TOP, &["storageClass", "storageClassName"], "write `spec.storage.class`"),
    (
        TOP,
        &["volumeClaimTemplate", "volumeClaimTemplates", "persistentVolume", "persistentVolumeClaim"],
        "write `spec.storage`: size and class",
    ),
    (
        TOP,
        &["customConfig", "redisConfig", "configuration", "commonConfiguration"],
        "write `spec.config`: directives and their values",
    ),
    (TOP, &["extraEnv", "extraEnvVars"], "write `spec.env`"),
    (TOP, &["acl", "aclUsers"], "write `spec.auth.users`, or `spec.auth.aclFileSecret`"),
    (TOP, &["externalAccess", "useExternalDNS"], "write `spec.services.external`"),
    (
        TOP,
        &["exporter", "redisExporter", "serviceMonitor", "podMonitor", "prometheusRule"],
        "write `spec.metrics`: enabled, monitor, alerts and dashboard",
    ),
    (TOP, &["registry"], "write `spec.imageRegistry`"),
    (TOP, &["extraEnvVarsSecret", "extraEnvVarsCM", "extraEnvFrom"], "write `spec.envFrom`"),
    (TOP, &["sidecars", "extraContainers"], "write `spec.extension.containers`"),
    (TOP, &["extraInitContainers"], "write `spec.extension.initContainers`"),
    (TOP, &["extraVolumes"], "write `spec.extension.volumes`"),
    (TOP, &["extraVolumeMounts"], "write `spec.extension.volumeMounts`"),
    (TOP, &["commonLabels"], "write `metadata.labels`"),
    (TOP, &["commonAnnotations"], "write `metadata.annotations`"),
    (TOP, &["fullnameOverride", "nameOverride"], "write `metadata.name`"),
    (TOP, &["serviceAccountName"], "write `spec.serviceAccount.name`"),
    (TOP, &["terminationGracePeriodSeconds"], "write `spec.terminationGracePeriod`, as in 60s"),
    (TOP, &["podDisruptionBudget", "pdb"], "write `spec.disruptionBudget`"),
    (TOP, &["livenessProbe", "readinessProbe", "startupProbe"], "write `spec.probes`: liveness, readiness and startup"),
    (TOP, &["limits", "requests"], "write `spec.resources`: requests and limits"),
    (TOP, &["service"], "write `spec.services`: sentinel, read and master"),
    (TOP, &["haproxy", "proxy", "masterService"], "write `spec.services.master`: an address that follows the master"),
    (TOP, &["master", "slave"], "servers are alike: write `spec.replicas`, `spec.storage` and so on for all of them"),
    (TOP, &["maxmemory"], "write it in `spec.config`, or leave it out: three quarters of the memory limit"),
    (TOP, &["hardAntiAffinity"], "write `spec.scheduling.spreadNodes`, required"),
    (TOP, &["redisPort"], "write `spec.port`"),
    (TOP, &["clusterSize"], "write `spec.replicas`"),
    (TOP, &["redisSecret"], "write `spec.auth.secret`: the name of a Secret with the password"),
    (TOP, &["downAfterMilliseconds"], "write `spec.sentinel.downAfter`, as in 4s"),
    (TOP, &["masterSet", "masterGroupName"], "write `spec.sentinel.masterName`"),
    (TOP, &["version", "tag", "imageTag"], "write `spec.image`, as in redis:8.2"),
    (&["Auth", "Tls"], &["enabled"], "leave it out: what has a `secret` is on"),
    (&["Auth", "Tls"], &["existingSecret", "secretName", "secretRef"], "write `secret`"),
    (&["Auth"], &["password", "passwordSecret"], "write `secret`: the name of a Secret with the password"),
    (&["Storage"], &["enabled"], "leave it out: what has a `size` is a claim"),
    (&["Storage", "SentinelStorage"], &["storageClass", "storageClassName", "className"], "write `class`"),
    (
        &["External", "MasterService", "ServiceOptions"],
        &["externalIPs"],
        "leave it out: Kubernetes deprecates it from 1.36 on; write `type: LoadBalancer`, or NodePort",
    ),
    (&["External"], &["nodePort", "nodePorts"], "write `serverNodePort` and `sentinelNodePort`"),
    (&["Sentinel"], &["enabled"], "leave it out: there are always sentinels"),
    (&["Sentinel"], &["masterSet", "masterGroupName"], "write `masterName`"),
    (&["Sentinel"], &["downAfterMilliseconds"], "write `downAfter`, as in 4s"),
];

/// Where a field that a part of the document does not have may belong.
pub(super) fn advice(key: &str, found_in: &str) -> Option<String> {
    let known_elsewhere =
        |(parts, names, _): &&(&[&str], &[&str], &str)| parts.contains(&found_in) && names.contains(&key);
    if let Some((_, _, advice)) = ELSEWHERE.iter().find(known_elsewhere) {
        return Some((*advice).to_owned());
    }
    let home = TOP.contains(&found_in).then(|| home_of(key)).flatten()?;
    Some(format!("it belongs in {home}: `{home}.{key}`"))
}

/// What to write where a part of the document has something other than a mapping.
pub(super) fn short_form(part: &str, known: &[&str], found: &str, is_boolean: bool) -> Option<String> {
    let field = match part {
        "Auth" | "Tls" => "secret",
        "Storage" | "SentinelStorage" => "size",
        "Metadata" | "ServiceAccount" => "name",
        "Sentinel" => "replicas",
        "DisruptionBudget" => "maxUnavailable",
        _ => "",
    };
    match (is_boolean, field) {
        (true, _) if known.contains(&"enabled") => Some(format!("write `{{enabled: {found}}}`")),
        (true, _) if found == "false" => Some("leave it out".to_owned()),
        (_, "") => None,
        (true, field) => Some(format!("write `{{{field}: …}}`, or leave it out")),
        (false, field) => Some(format!("write `{{{field}: {found}}}`")),
    }
}

/// The part of the document that has a field of this name: the one part, or the one that is nearest to the top.
fn home_of(key: &str) -> Option<String> {
    fn look(fields: &[Field], path: &str, depth: usize, key: &str, homes: &mut Vec<(usize, String)>) {
        for field in fields {
            let name = field.key();
            if name == key && depth > 0 {
                homes.push((depth, path.to_owned()));
            }
            let path = if path.is_empty() { name } else { format!("{path}.{name}") };
            look(field.fields(), &path, depth + 1, key, homes);
        }
    }
    let mut homes = Vec::new();
    look(Redis::fields(), "", 0, key, &mut homes);
    homes.sort();
    match homes.as_slice() {
        [(near, _), (other, _), ..] if near == other => None,
        [(_, home), ..] => Some(home.clone()),
        [] => None,
    }
}

/// What the model says of the field to which these keys lead.
pub(crate) fn field_at<'k>(keys: impl Iterator<Item = &'k str>) -> Option<&'static Field> {
    let (mut fields, mut found) = (Redis::fields(), None);
    for key in keys {
        let field = fields.iter().find(|field| field.key() == key)?;
        (fields, found) = (field.fields(), Some(field));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page that names a field nobody has sends people looking; the published crate has no docs/ beside it.
    #[test]
    fn pages_name_fields_that_exist() {
        let Ok(pages) = std::fs::read_dir("../../docs") else { return };
        let (mut named, mut wrong) = (0, Vec::new());
        for page in pages.map(|entry| entry.unwrap().path()) {
            let text = std::fs::read_to_string(&page).unwrap();
            for word in text.split('`').skip(1).step_by(2).filter(|word| word.starts_with("spec.")) {
                let path = word.split([' ', ':']).next().unwrap_or_default().replace("[]", "");
                let is_a_map = |end: usize| field_at(path[..end].split('.')).map(|field| field.fields().is_empty());
                // What is below a map is free: `spec.config.maxmemory`.
                let below_a_map = path.match_indices('.').any(|(dot, _)| dot > 4 && is_a_map(dot) == Some(true));
                if is_a_map(path.len()).is_none() && !below_a_map {
                    wrong.push(format!("{}: {word}", page.display()));
                }
                named += 1;
            }
        }
        assert_eq!(wrong, Vec::<String>::new(), "no document has these");
        assert!(named > 150, "{named} are not all");
    }

    #[test]
    fn knows_where_a_field_belongs() {
        for (key, found_in, home) in [
            ("replicas", "Redis", Some("spec")),
            ("imagePullPolicy", "Redis", Some("spec")),
            ("name", "Redis", Some("metadata")),
            ("namespace", "RedisSpec", Some("metadata")),
            ("replicas", "Metadata", Some("spec")),
            ("quorum", "Redis", Some("spec.sentinel")),
            ("nodeSelector", "RedisSpec", Some("spec.scheduling")),
            ("size", "RedisSpec", Some("spec.storage")),
            ("enabled", "RedisSpec", None),
            ("replicas", "Storage", None),
        ] {
            let advice = advice(key, found_in);
            assert_eq!(advice, home.map(|home| format!("it belongs in {home}: `{home}.{key}`")), "{key}");
        }
    }

    #[test]
    fn names_of_other_tools_lead_to_fields_there_are() {
        for (parts, names, advice) in ELSEWHERE {
            for name in *names {
                assert_eq!(super::advice(name, parts[0]).as_deref(), Some(*advice), "{name} stands twice");
                let is_ours = home_of(name).is_some_and(|home| home == "spec" || home == "metadata");
                assert!(!is_ours || !parts.contains(&"RedisSpec"), "{name} is ours");
            }
            let Some(path) = advice.split('`').nth(1).filter(|path| path.contains('.')) else { continue };
            assert!(field_at(path.split('.')).is_some(), "{path}");
        }
    }
}
