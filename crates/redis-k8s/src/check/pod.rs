//! Ids, the ServiceAccount and pull secrets of the pods.

use super::rule::rules;
use super::{Check, services};
use crate::check::at::At;
use crate::model::{ProfileType, SecurityProfile};

/// What the kernel and Kubernetes take.
const MOST_ID: u32 = i32::MAX as u32;

/// What a pod has of its own: IPC and network.
const NAMESPACED: [&str; 5] = ["kernel.sem", "kernel.shm", "kernel.msg", "fs.mqueue.", "net."];
/// What every kubelet takes, from
/// <https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/#safe-and-unsafe-sysctls>.
const SAFE: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

rules! { RULES;
    ID_OUT_OF_RANGE = Error "id-out-of-range", "a user id is not 1 to 2147483647, or a group id larger",
        "Pod Security restricted refuses user 0, and Kubernetes takes no larger number";
    PROFILE_INCOMPLETE = Error "profile-incomplete", "a security profile has no type, or `localhostProfile` without the type Localhost or the other way round",
        "the API server refuses it";
    SYSCTL_OF_NODE = Error "sysctl-of-node", "a sysctl is not one that a pod has of its own, as `vm.overcommit_memory`",
        "no kubelet takes it, and the pods would never start: only `kernel.sem`, `kernel.shm*`, `kernel.msg*`, `fs.mqueue.*` and `net.*` are namespaced";
    SYSCTL_UNSAFE = Warning "sysctl-unsafe", "a sysctl is not among those Kubernetes calls safe",
        "kubelets without `--allowed-unsafe-sysctls` start no such pod, and Pod Security baseline refuses it";
    IDS_ON_OPENSHIFT = Error "ids-on-openshift", "ids are set while `spec.security.openshift` is true",
        "OpenShift gives every namespace its own range of ids, and refuses pods that ask for others";
    SERVICE_ACCOUNT_DEFAULT = Error "service-account-default", "`spec.serviceAccount` would create the account `default`",
        "every namespace has it already: all its other pods would share what is applied here";
    ACCOUNT_NOT_CREATED = Warning "account-not-created", "`spec.serviceAccount.create` is false, and its name is that of the instance",
        "unless an account of this name is in the cluster already, no pod is made";
    PULL_SECRET_TWICE = Error "pull-secret-twice", "`spec.imagePullSecrets` names a Secret twice",
        "server-side apply refuses a list that holds a key twice";
}

pub(super) fn check(check: &mut Check) {
    security(check);
    if let Some(account) = check.spec.service_account.as_deref() {
        let path = At::root("spec.serviceAccount");
        let name = check.instance.service_account_name();
        if account.create == Some(false) {
            if account.annotations.is_some() {
                check.report(
                    services::SETTINGS_OF_DISABLED
                        .at(
                            path.field("annotations"),
                            format!("{name} is not created here, so the annotations have no effect"),
                        )
                        .help("annotate the account where it is created, or leave out create"),
                );
            }
            if name == check.instance.name() && name != "default" {
                check.report(
                    ACCOUNT_NOT_CREATED
                        .at(
                            path.field("create"),
                            format!("the account {name} must be there before the pods, and none is rendered"),
                        )
                        .help("name an account that exists in spec.serviceAccount.name, or leave out create"),
                );
            }
        } else if name == "default" {
            let at = if account.name.is_some() { path.field("name") } else { At::root("metadata.name") };
            default_account(check, at);
        }
    } else if check.redis.metadata.name.as_str() == "default" {
        default_account(check, At::root("metadata.name"));
    }
    for (place, secret) in check.spec.image_pull_secrets.iter().flatten().enumerate() {
        if check.spec.image_pull_secrets.iter().flatten().take(place).any(|other| other == secret) {
            check.report(
                PULL_SECRET_TWICE
                    .at(At::root("spec.imagePullSecrets").index(place), format!("{secret} stands twice"))
                    .help("name each Secret once"),
            );
        }
    }
}

fn default_account(check: &mut Check, at: At) {
    check.report(
        SERVICE_ACCOUNT_DEFAULT
            .at(at, "default is the account of every pod that names none: rendering it would change them all")
            .help("set spec.serviceAccount.name to another name, or create to false to use it as it is"),
    );
}

fn security(check: &mut Check) {
    let Some(security) = check.spec.security.as_deref() else { return };
    let path = At::root("spec.security");
    for (field, least, id) in [
        ("runAsUser", 1, security.run_as_user),
        ("runAsGroup", 0, security.run_as_group),
        ("fsGroup", 0, security.fs_group),
    ] {
        let Some(id) = id else { continue };
        if security.openshift == Some(true) {
            check.report(
                IDS_ON_OPENSHIFT
                    .at(path.field(field), format!("OpenShift chooses the ids of a namespace, and refuses {id}"))
                    .help("leave out the ids, or openshift"),
            );
        } else if !(least..=MOST_ID).contains(&id) {
            let why = if id == 0 { "root is refused by Pod Security restricted" } else { "no id is that large" };
            check.report(
                ID_OUT_OF_RANGE
                    .at(path.field(field), format!("{id} is not {least} to {MOST_ID}: {why}"))
                    .help("leave it out for 999, as the official images have it"),
            );
        }
    }
    for (place, id) in security.supplemental_groups.iter().flatten().enumerate().filter(|(_, id)| **id > MOST_ID) {
        check.report(
            ID_OUT_OF_RANGE
                .at(
                    path.field("supplementalGroups").index(place),
                    format!("{id} is not 0 to {MOST_ID}: no id is that large"),
                )
                .help("name the group by a number it can have"),
        );
    }
    for (field, profile) in
        [("seccompProfile", &security.seccomp_profile), ("appArmorProfile", &security.app_armor_profile)]
    {
        if let Some(asked) = profile {
            self::profile(check, &path.field(field), asked);
        }
    }
    for name in security.sysctls.iter().flat_map(std::collections::BTreeMap::keys) {
        let path = path.field("sysctls");
        let dotted = name.replace('/', ".");
        if !NAMESPACED.iter().any(|start| dotted.starts_with(start)) {
            check.report(
                SYSCTL_OF_NODE
                    .at(path.field(name), format!("{name} is of the node, not of a pod: no kubelet takes it"))
                    .help("set it on the nodes, as with /etc/sysctl.d or what tunes them in your cluster"),
            );
        } else if !SAFE.contains(&dotted.as_str()) {
            check.report(
                SYSCTL_UNSAFE
                    .at(
                        path.field(name),
                        format!(
                            "a kubelet takes {name} only with --allowed-unsafe-sysctls, and Pod Security baseline never"
                        ),
                    )
                    .help("allow it on the nodes these pods run on, and in what admits pods to the namespace"),
            );
        }
    }
}

fn profile(check: &mut Check, path: &At, profile: &SecurityProfile) {
    // One of seccomp is a path below the kubelet's, one of AppArmor a name: neither starts with a slash or leaves its directory.
    let is_name = |name: &String| {
        !name.is_empty() && name.trim() == name && !name.starts_with('/') && name.split('/').all(|part| part != "..")
    };
    let is_named = profile.localhost_profile.as_ref().is_some_and(is_name);
    let wrong = match (profile.r#type, profile.localhost_profile.is_some()) {
        (None, _) => ("type", "a profile has a type"),
        (Some(ProfileType::Localhost), _) if !is_named => {
            ("localhostProfile", "Localhost needs the name of a profile, or its path below the kubelet's")
        }
        (Some(ProfileType::RuntimeDefault), true) => ("localhostProfile", "only Localhost names a profile of the node"),
        _ => return,
    };
    check.report(
        PROFILE_INCOMPLETE
            .at(path.field(wrong.0), wrong.1)
            .help("write {type: RuntimeDefault}, or {type: Localhost, localhostProfile: NAME}"),
    );
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "id-out-of-range",
            "spec.security.runAsUser",
            "spec: {security: {runAsUser: 0}}",
            "spec: {security: {runAsUser: 1}}",
        ),
        case(
            "id-out-of-range",
            "spec.security.fsGroup",
            "spec: {security: {fsGroup: 2147483648}}",
            "spec: {security: {fsGroup: 2147483647}}",
        ),
        case(
            "id-out-of-range",
            "spec.security.runAsGroup",
            "spec: {security: {runAsGroup: 4294967295}}",
            "spec: {security: {runAsGroup: 0, fsGroup: 0}}",
        ),
        case(
            "id-out-of-range",
            "spec.security.supplementalGroups[1]",
            "spec: {security: {supplementalGroups: [0, 2147483648]}}",
            "spec: {security: {supplementalGroups: [0, 2147483647]}}",
        ),
        case(
            "profile-incomplete",
            "spec.security.seccompProfile.localhostProfile",
            "spec: {security: {seccompProfile: {type: Localhost, localhostProfile: ../redis.json}}}",
            "spec: {security: {seccompProfile: {type: Localhost, localhostProfile: profiles/redis.json}}}",
        ),
        case(
            "profile-incomplete",
            "spec.security.appArmorProfile.localhostProfile",
            "spec: {security: {appArmorProfile: {type: RuntimeDefault, localhostProfile: redis}}}",
            "spec: {security: {appArmorProfile: {type: RuntimeDefault}}}",
        ),
        case(
            "profile-incomplete",
            "spec.security.appArmorProfile.type",
            "spec: {security: {appArmorProfile: {localhostProfile: redis}}}",
            "spec: {security: {appArmorProfile: {type: Localhost, localhostProfile: redis}}}",
        ),
        case(
            "sysctl-of-node",
            "spec.security.sysctls[\"vm.overcommit_memory\"]",
            "spec: {security: {sysctls: {vm.overcommit_memory: '1'}}}",
            "spec: {security: {sysctls: {net.ipv4.tcp_keepalive_time: '600'}}}",
        ),
        case(
            "sysctl-unsafe",
            "spec.security.sysctls[\"net.core.somaxconn\"]",
            "spec: {security: {sysctls: {net.core.somaxconn: '1024'}}}",
            "spec: {security: {sysctls: {kernel.shm_rmid_forced: '1', net.ipv4.tcp_rmem: 4096 87380 6291456}}}",
        ),
        case(
            "ids-on-openshift",
            "spec.security.runAsGroup",
            "spec: {security: {openshift: true, runAsGroup: 999}}",
            "spec: {security: {openshift: true}}",
        ),
        case(
            "account-not-created",
            "spec.serviceAccount.create",
            "spec: {serviceAccount: {create: false}}",
            "spec: {serviceAccount: {create: false, name: shared}}",
        ),
        case(
            "service-account-default",
            "spec.serviceAccount.name",
            "spec: {serviceAccount: {name: default}}",
            "spec: {serviceAccount: {name: default, create: false}}",
        ),
        case(
            "service-account-default",
            "metadata.name",
            "metadata: {name: default}",
            "metadata: {name: default}\nspec: {serviceAccount: {name: redis}}",
        ),
        case(
            "settings-of-disabled",
            "spec.serviceAccount.annotations",
            "spec: {serviceAccount: {create: false, annotations: {a: b}}}",
            "spec: {serviceAccount: {annotations: {a: b}}}",
        ),
        case(
            "pull-secret-twice",
            "spec.imagePullSecrets[2]",
            "spec: {imagePullSecrets: [a, b, a]}",
            "spec: {imagePullSecrets: [a, b, c]}",
        ),
    ]
};
