//! The Pod Security Standard "restricted", baseline included, from
//! <https://kubernetes.io/docs/concepts/security/pod-security-standards/>.

use k8s_openapi::api::core::v1::{
    AppArmorProfile, Container, LifecycleHandler, PodSpec, Probe, SELinuxOptions, SeccompProfile, Volume,
};
use redis_k8s::Manifest;

use crate::tree::workloads;

pub(crate) fn restricted(manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    for workload in workloads(manifest) {
        match serde_json::from_value(workload.spec) {
            Ok(spec) => lines.extend(pod(&spec).into_iter().map(|line| format!("{}: {line}", workload.owner))),
            Err(error) => lines.push(format!("{}: no pod: {error}", workload.owner)),
        }
    }
    lines
}

fn pod(spec: &PodSpec) -> Vec<String> {
    let mut lines = Vec::new();
    let mut forbid = |bad: bool, what: &str| {
        if bad {
            lines.push(what.to_owned());
        }
    };
    for (host, what) in [(spec.host_network, "hostNetwork"), (spec.host_pid, "hostPID"), (spec.host_ipc, "hostIPC")] {
        forbid(host == Some(true), what);
    }
    let context = spec.security_context.clone().unwrap_or_default();
    forbid(context.windows_options.is_some(), "windowsOptions");
    forbid(!selinux_ok(context.se_linux_options.as_ref()), "seLinuxOptions");
    forbid(!app_armor_ok(context.app_armor_profile.as_ref()), "appArmorProfile");
    forbid(context.run_as_user == Some(0), "runAsUser 0");
    let sysctls = context.sysctls.unwrap_or_default();
    forbid(sysctls.iter().any(|sysctl| !SAFE_SYSCTLS.contains(&sysctl.name.as_str())), "unsafe sysctls");
    for volume in spec.volumes.iter().flatten() {
        forbid(!volume_ok(volume), &format!("volume {}", volume.name));
    }
    forbid(spec.ephemeral_containers.is_some(), "ephemeral containers");
    for container in spec.init_containers.iter().flatten().chain(&spec.containers) {
        let inherited = Inherited {
            non_root: context.run_as_non_root == Some(true),
            seccomp: seccomp_ok(context.seccomp_profile.as_ref()),
        };
        for what in container_problems(container, &inherited) {
            forbid(true, &format!("{}: {what}", container.name));
        }
    }
    lines
}

/// What containers take over from their pod.
struct Inherited {
    non_root: bool,
    seccomp: bool,
}

/// The sysctls that touch nothing but the pod.
const SAFE_SYSCTLS: [&str; 10] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
];

fn container_problems(container: &Container, inherited: &Inherited) -> Vec<String> {
    let mut lines = Vec::new();
    let mut forbid = |bad: bool, what: &str| {
        if bad {
            lines.push(what.to_owned());
        }
    };
    let context = container.security_context.clone().unwrap_or_default();
    forbid(context.privileged == Some(true), "privileged");
    forbid(context.allow_privilege_escalation != Some(false), "allowPrivilegeEscalation");
    forbid(context.proc_mount.is_some_and(|kind| kind != "Default"), "procMount");
    forbid(context.windows_options.is_some(), "windowsOptions");
    forbid(!selinux_ok(context.se_linux_options.as_ref()), "seLinuxOptions");
    forbid(!app_armor_ok(context.app_armor_profile.as_ref()), "appArmorProfile");
    forbid(context.run_as_user == Some(0), "runAsUser 0");
    forbid(!context.run_as_non_root.unwrap_or(inherited.non_root), "runAsNonRoot");
    let seccomp = context.seccomp_profile.as_ref().map_or(inherited.seccomp, |profile| seccomp_ok(Some(profile)));
    forbid(!seccomp, "seccompProfile");
    let capabilities = context.capabilities.unwrap_or_default();
    forbid(!capabilities.drop.unwrap_or_default().iter().any(|name| name == "ALL"), "capabilities kept");
    forbid(capabilities.add.unwrap_or_default().iter().any(|name| name != "NET_BIND_SERVICE"), "capabilities added");
    forbid(container.ports.iter().flatten().any(|port| port.host_port.is_some_and(|port| port != 0)), "hostPort");
    let probes = [&container.liveness_probe, &container.readiness_probe, &container.startup_probe];
    forbid(probes.into_iter().flatten().any(probe_names_host), "a probe names a host");
    let hooks = container.lifecycle.iter().flat_map(|lifecycle| [&lifecycle.post_start, &lifecycle.pre_stop]);
    forbid(hooks.flatten().any(hook_names_host), "a hook names a host");
    lines
}

fn probe_names_host(probe: &Probe) -> bool {
    probe.http_get.as_ref().is_some_and(|get| get.host.is_some())
        || probe.tcp_socket.as_ref().is_some_and(|tcp| tcp.host.is_some())
}

fn hook_names_host(hook: &LifecycleHandler) -> bool {
    hook.http_get.as_ref().is_some_and(|get| get.host.is_some())
        || hook.tcp_socket.as_ref().is_some_and(|tcp| tcp.host.is_some())
}

fn seccomp_ok(profile: Option<&SeccompProfile>) -> bool {
    profile.is_some_and(|profile| ["RuntimeDefault", "Localhost"].contains(&profile.type_.as_str()))
}

fn app_armor_ok(profile: Option<&AppArmorProfile>) -> bool {
    profile.is_none_or(|profile| ["RuntimeDefault", "Localhost"].contains(&profile.type_.as_str()))
}

fn selinux_ok(options: Option<&SELinuxOptions>) -> bool {
    const TYPES: [&str; 5] = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
    options.is_none_or(|options| {
        options.user.is_none()
            && options.role.is_none()
            && TYPES.contains(&options.type_.as_deref().unwrap_or_default())
    })
}

fn volume_ok(volume: &Volume) -> bool {
    volume.config_map.is_some()
        || volume.csi.is_some()
        || volume.downward_api.is_some()
        || volume.empty_dir.is_some()
        || volume.ephemeral.is_some()
        || volume.persistent_volume_claim.is_some()
        || volume.projected.is_some()
        || volume.secret.is_some()
}

#[test]
fn each_control_is_found_when_it_is_missing() {
    let good = serde_json::json!({
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "volumes": [{"name": "data", "emptyDir": {}}],
        "containers": [{"name": "a", "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
    });
    let problems = |path: &str, value: serde_json::Value| {
        let mut spec = good.clone();
        let (parent, key) = path.rsplit_once('/').unwrap();
        spec.pointer_mut(parent).unwrap()[key] = value;
        pod(&serde_json::from_value(spec).unwrap())
    };
    assert_eq!(problems("/nodeName", "n".into()), [""; 0]);
    for (path, value, expected) in [
        ("/hostNetwork", true.into(), "hostNetwork"),
        ("/hostPID", true.into(), "hostPID"),
        ("/hostIPC", true.into(), "hostIPC"),
        ("/securityContext/runAsNonRoot", serde_json::Value::Null, "a: runAsNonRoot"),
        ("/securityContext/runAsUser", 0.into(), "runAsUser 0"),
        ("/securityContext/seccompProfile", serde_json::Value::Null, "a: seccompProfile"),
        (
            "/securityContext/sysctls",
            serde_json::json!([{"name": "vm.overcommit_memory", "value": "1"}]),
            "unsafe sysctls",
        ),
        ("/volumes", serde_json::json!([{"name": "h", "hostPath": {"path": "/"}}]), "volume h"),
        ("/containers/0/securityContext/privileged", true.into(), "a: privileged"),
        ("/containers/0/securityContext/allowPrivilegeEscalation", true.into(), "a: allowPrivilegeEscalation"),
        ("/containers/0/securityContext/capabilities", serde_json::json!({}), "a: capabilities kept"),
        ("/containers/0/securityContext/runAsNonRoot", false.into(), "a: runAsNonRoot"),
        (
            "/containers/0/securityContext/seccompProfile",
            serde_json::json!({"type": "Unconfined"}),
            "a: seccompProfile",
        ),
        ("/containers/0/ports", serde_json::json!([{"containerPort": 1, "hostPort": 1}]), "a: hostPort"),
        (
            "/containers/0/livenessProbe",
            serde_json::json!({"tcpSocket": {"host": "h", "port": 1}}),
            "a: a probe names a host",
        ),
    ] {
        assert_eq!(problems(path, value), [expected], "{path}");
    }
}
