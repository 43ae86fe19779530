//! Security contexts, and what pods share with their node.

use super::form::Form;
use super::part::{Way, has, is_false, is_true, items, text};
use super::rules::{FIELDS_CONTRADICT, INVALID_PATH, INVALID_VALUE, TWICE_IN_LIST, broken};
use super::{pod, values};
use crate::document::fault::Fault;
use crate::document::node::{Node, shorten};

/// The longest name of a profile: that of a path.
const MAX_PROFILE: usize = 4095;
/// What no pod or container of Windows has, in each of the two contexts and in the pod itself.
const LINUX_OF_POD: [&str; 4] = ["hostIPC", "hostPID", "hostUsers", "shareProcessNamespace"];
const LINUX_OF_CONTEXT: [&str; 16] = [
    "allowPrivilegeEscalation",
    "appArmorProfile",
    "capabilities",
    "fsGroup",
    "fsGroupChangePolicy",
    "privileged",
    "procMount",
    "readOnlyRootFilesystem",
    "runAsGroup",
    "runAsUser",
    "seLinuxChangePolicy",
    "seLinuxOptions",
    "seccompProfile",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "sysctls",
];

/// The context of a container.
pub(super) fn check_container(context: &Node<'_>, form: &mut Form<'_, '_>) {
    if !is_false(context, "allowPrivilegeEscalation") {
        return;
    }
    let message =
        |what: &str| format!("`allowPrivilegeEscalation` is false, and {what} gives all that it could escalate to");
    if is_true(context, "privileged") {
        form.broken(&FIELDS_CONTRADICT, &["privileged"], message("`privileged`"), "remove one of the two");
    }
    let added = context.get("capabilities").map(|capabilities| items(capabilities, "add")).unwrap_or_default();
    if added.iter().any(|capability| capability.as_text() == Some("CAP_SYS_ADMIN")) {
        form.broken(&FIELDS_CONTRADICT, &["capabilities", "add"], message("CAP_SYS_ADMIN"), "remove one of the two");
    }
}

/// A profile of seccomp: one of the node's needs its path, the others have none.
pub(super) fn check_seccomp(profile: &Node<'_>, form: &mut Form<'_, '_>) {
    check_profile(profile, form);
    if let Some(path) = text(profile, "localhostProfile").filter(|path| !values::is_below(path)) {
        let message = format!("\"{}\" is not a path below the profiles of the node", shorten(path));
        form.broken(
            &INVALID_PATH,
            &["localhostProfile"],
            message,
            "write it without `/` at its start and without `..`",
        );
    }
}

/// A profile of `AppArmor`, by its name on the node.
pub(super) fn check_apparmor(profile: &Node<'_>, form: &mut Form<'_, '_>) {
    check_profile(profile, form);
    let is_bad = |name: &&str| name.trim() != *name || name.is_empty() || name.len() > MAX_PROFILE;
    if let Some(name) = text(profile, "localhostProfile").filter(is_bad) {
        let message = format!(
            "\"{}\" is not the name of a profile: at most {MAX_PROFILE} characters, without spaces around them",
            shorten(name)
        );
        form.broken(&INVALID_VALUE, &["localhostProfile"], message, "write the name the profile has on the nodes");
    }
}

fn check_profile(profile: &Node<'_>, form: &mut Form<'_, '_>) {
    match (text(profile, "type"), has(profile, "localhostProfile")) {
        (Some("Localhost"), false) => {
            form.report(
                Fault::missing("localhostProfile").ending(" with the type Localhost").under("localhostProfile".into()),
            );
        }
        (Some(kind), true) if kind != "Localhost" => form.broken(
            &FIELDS_CONTRADICT,
            &["localhostProfile"],
            format!("a profile of the type {} has no path", shorten(kind)),
            "remove it, or write `type: Localhost`",
        ),
        _ => {}
    }
}

/// What the contexts of a pod and of its containers have to do with each other and with the node.
pub(super) fn check_pod(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    if is_false(spec, "hostUsers") {
        for field in ["hostNetwork", "hostPID", "hostIPC"].into_iter().filter(|field| is_true(spec, field)) {
            let message = format!("with `hostUsers: false` a pod has users of its own, and cannot have `{field}`");
            form.broken(&FIELDS_CONTRADICT, &[field], message, "remove one of the two");
        }
    }
    if is_true(spec, "shareProcessNamespace") && is_true(spec, "hostPID") {
        let message = "the containers see the processes of each other, or with `hostPID` all of the node, not both";
        form.broken(&FIELDS_CONTRADICT, &["shareProcessNamespace"], message, "remove one of the two");
    }
    for (list, index, container) in pod::containers(spec) {
        let context = container.get("securityContext");
        if !is_false(spec, "hostUsers") && context.and_then(|context| text(context, "procMount")) == Some("Unmasked") {
            let way = [list.into(), index.into(), "securityContext".into(), "procMount".into()];
            let fault = broken(&FIELDS_CONTRADICT, "`procMount: Unmasked` goes with users of the pod's own alone");
            form.report(fault.under_all(&way).help("write `hostUsers: false` in the pod, or remove procMount"));
        }
    }
    if let Some(context) = spec.get("securityContext") {
        form.inside("securityContext", |form| check_sysctls(context, spec, form));
    }
    check_windows(spec, form);
}

fn check_sysctls(context: &Node<'_>, spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let mut seen = Vec::new();
    for (index, sysctl) in items(context, "sysctls").iter().enumerate() {
        let Some(name) = text(sysctl, "name") else { continue };
        let way: Way = vec!["sysctls".into(), index.into(), "name".into()];
        if seen.contains(&name) {
            let fault = broken(&TWICE_IN_LIST, format!("{} stands here a second time", shorten(name)));
            form.report(fault.under_all(&way).help("keep one of the two"));
        }
        seen.push(name);
        let dotted = name.replace('/', ".");
        let is_ipc =
            ["kernel.sem", "kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|start| dotted.starts_with(start));
        for (field, is_of) in [("hostNetwork", dotted.starts_with("net.")), ("hostIPC", is_ipc)] {
            if is_of && is_true(spec, field) {
                let message = format!("with `{field}` the pod has no {} of its own", shorten(name));
                let fault = broken(&FIELDS_CONTRADICT, message).help("remove it, or set it on the nodes");
                form.report(fault.under_all(&way));
            }
        }
    }
}

/// What only pods of Linux, or only pods of Windows, have.
fn check_windows(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let own = spec.get("securityContext");
    let mut contexts: Vec<(Way, &Node<'_>)> =
        own.map(|own| (vec!["securityContext".into()], own)).into_iter().collect();
    contexts.extend(pod::containers(spec).filter_map(|(list, index, container)| {
        Some((vec![list.into(), index.into(), "securityContext".into()], container.get("securityContext")?))
    }));
    let system = spec.get("os").and_then(|os| text(os, "name"));
    let mut refuse = |way: &[redis_k8s::PathStep], field: &str, system: &str| {
        let fault =
            broken(&FIELDS_CONTRADICT, format!("a pod of {system} has no `{field}`")).help("remove it, or change `os`");
        form.report(fault.under(field.into()).under_all(way));
    };
    if system == Some("windows") {
        for field in LINUX_OF_POD {
            // the server cannot tell false from nothing in these two
            if if matches!(field, "hostIPC" | "hostPID") { is_true(spec, field) } else { has(spec, field) } {
                refuse(&[], field, "Windows");
            }
        }
    }
    for (way, context) in &contexts {
        let is_set = |field: &&str| has(context, field) && (*field != "sysctls" || !items(context, field).is_empty());
        match system {
            Some("linux") if has(context, "windowsOptions") => refuse(way, "windowsOptions", "Linux"),
            Some("windows") => {
                for field in LINUX_OF_CONTEXT.iter().filter(|field| is_set(field)) {
                    refuse(way, field, "Windows");
                }
            }
            _ => {}
        }
    }
    check_host_process(spec, form);
}

/// Containers that are processes of a Windows node: all of a pod or none.
fn check_host_process(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let said = |node: &Node<'_>| {
        let options = node.get("securityContext")?.get("windowsOptions")?;
        has(options, "hostProcess").then(|| is_true(options, "hostProcess"))
    };
    let of_pod = said(spec);
    let all: Vec<Option<bool>> = pod::containers(spec).map(|(_, _, container)| said(container)).collect();
    let count = all.iter().filter(|own| own.or(of_pod) == Some(true)).count();
    let message = if all.iter().any(|own| matches!((own, of_pod), (Some(own), Some(pod)) if *own != pod)) {
        "a container says otherwise than its pod whether it is a process of the node"
    } else if count > 0 && count != all.len() {
        "either all containers of a pod are processes of the node, or none"
    } else if count > 0 && !is_true(spec, "hostNetwork") {
        "containers that are processes of the node need `hostNetwork: true`"
    } else {
        return;
    };
    form.broken(
        &FIELDS_CONTRADICT,
        &[],
        message,
        "see https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/",
    );
}

/// Options of Windows.
pub(super) fn check_windows_options(options: &Node<'_>, form: &mut Form<'_, '_>) {
    for field in ["gmsaCredentialSpec", "runAsUserName"] {
        let is_bad =
            |text: &&str| text.is_empty() || text.len() > 64 << 10 || (field == "runAsUserName" && !is_user(text));
        if let Some(value) = text(options, field).filter(is_bad) {
            let message = format!("\"{}\" is not what {field} takes", shorten(value));
            form.broken(&INVALID_VALUE, &[field], message, "write it as Windows does, such as DOMAIN\\USER");
        }
    }
}

fn is_user(name: &str) -> bool {
    let mut parts = name.split('\\');
    let (Some(first), second, None) = (parts.next(), parts.next(), parts.next()) else { return false };
    let (domain, user) = second.map_or((None, first), |user| (Some(first), user));
    let is_domain = |domain: &str| {
        let is_netbios = (1..=15).contains(&domain.chars().count())
            && !domain.starts_with('.')
            && !domain.contains(['/', ':', '*', '?', '"', '<', '>', '|']);
        is_netbios || (domain.len() < 256 && values::is_domain(domain))
    };
    !name.chars().any(|c| c.is_ascii_control())
        && domain.is_none_or(is_domain)
        && (1..=104).contains(&user.len())
        && !user.trim_matches(['.', ' ']).is_empty()
        && !user.contains(['"', '/', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']'])
}

#[cfg(test)]
mod tests {
    use super::is_user;

    #[test]
    fn users_of_windows_are_told() {
        for good in ["Administrator", "CORP\\redis", "corp.example.com\\redis"] {
            assert!(is_user(good), "{good}");
        }
        for bad in ["", "a\\b\\c", "\\a", "a\\", "..", "a:b", "a\nb"] {
            assert!(!is_user(bad), "{bad}");
        }
    }
}
