//! The pods of a set that `render` made: what their scripts cannot do without, and what makes them worse.

use redis_k8s::{LabelKey, PathStep};

use super::super::form::Form;
use super::super::metadata::entries;
use super::super::part::{has, is_true, items, number, text};
use super::super::rules::{
    CLAIM_LABEL_CHANGES, GRACE_PERIOD_SHORT, HAND_OVER_MISSING, INSTANCE_RENAMED, NOT_MOUNTED, PODS_IN_ORDER,
    PROBE_OFF, SECURITY_LOWERED, VARIABLE_MISSING, broken,
};
use super::super::workload::{name_of, selected};
use super::security;
use crate::document::node::{Entry, Node, shorten};

/// Where the configuration and the scripts are mounted.
pub(super) const CONFIG_DIR: &str = "/etc/redis-k8s";
/// Where the passwords are mounted.
pub(super) const AUTH_DIR: &str = "/etc/redis-k8s-auth";
/// Where the data is.
pub(super) const DATA_DIR: &str = "/data";
/// What only those who run scripts need besides.
const OF_SCRIPTS: [&str; 2] = ["/run/redis-k8s", DATA_DIR];

/// Variables that come from fields of the pod, and those that are in every rendering.
const FIELDS: [(&str, &str); 3] =
    [("POD_NAME", "metadata.name"), ("POD_NAMESPACE", "metadata.namespace"), ("POD_IP", "status.podIP")];
pub(super) const VALUES: [&str; 4] = ["RK_INSTANCE", "RK_MASTER", "RK_PORT", "RK_SENTINEL_PORT"];

/// Seconds in which a server hands over and saves.
const ENOUGH_TO_STOP: i128 = 30;

/// One of the sets of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Server,
    Sentinel,
    Proxy,
}

impl Role {
    /// As scripts and labels name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Sentinel => "sentinel",
            Self::Proxy => "proxy",
        }
    }
}

/// The container of pods that `render` made, by what it runs, and which set it is of.
pub(super) fn container<'n, 't>(pods: &'n Node<'t>) -> Option<(usize, &'n Node<'t>, Role)> {
    items(pods, "containers").iter().enumerate().find_map(|(index, container)| {
        // a shell may be given them as one text: sh -c "exec sh /etc/redis-k8s/supervise.sh server"
        let words: Vec<&str> = ["command", "args"]
            .iter()
            .flat_map(|field| items(container, field))
            .filter_map(Node::as_text)
            .flat_map(|text| text.split([' ', '\t', '\n', ';', '"', '\'']).filter(|word| !word.is_empty()))
            .collect();
        let after = |file: &str| words.iter().position(|word| word.strip_prefix(CONFIG_DIR) == Some(file));
        let role = match after("/supervise.sh") {
            Some(place) => match *words.get(place + 1)? {
                "server" => Role::Server,
                "sentinel" => Role::Sentinel,
                _ => return None,
            },
            None => after("/haproxy.cfg").map(|_| Role::Proxy)?,
        };
        Some((index, container, role))
    })
}

/// The volume that is mounted at a path, if one is.
pub(super) fn mount<'n, 't>(container: &'n Node<'t>, path: &str) -> Option<&'n Node<'t>> {
    items(container, "volumeMounts")
        .iter()
        .find(|mount| text(mount, "mountPath").is_some_and(|at| at.trim_end_matches('/') == path))
}

/// The pods of a set, if `render` made them.
pub(in super::super) fn check(pods: &Node<'_>, form: &mut Form<'_, '_>) {
    let Some((index, container, role)) = container(pods) else { return };
    form.inside("containers", |form| {
        form.within(index.into(), |form| {
            if role != Role::Proxy {
                check_variables(container, form);
                check_life(container, role, form);
            }
            check_mounts(container, role, form);
        });
    });
    if let Some(grace) = number(pods, "terminationGracePeriodSeconds").filter(|_| role == Role::Server)
        && grace < ENOUGH_TO_STOP
    {
        let message = format!("a server has {grace} seconds to hand over and to save");
        let help = "write 30 or more";
        form.broken(&GRACE_PERIOD_SHORT, &["terminationGracePeriodSeconds"], message, help);
    }
    if let Some((level, reasons)) = security::below_restricted(pods) {
        let message = format!("the pods reach {level}, no longer restricted: {}", reasons.join(", "));
        let help = "take over what was rendered, or allow the namespace that level";
        form.report(broken(&SECURITY_LOWERED, message).help(help));
    }
}

fn check_variables(container: &Node<'_>, form: &mut Form<'_, '_>) {
    let env = items(container, "env");
    let of = |name: &str| env.iter().position(|variable| text(variable, "name") == Some(name));
    if let Some(place) = of("RK_INSTANCE")
        && let (Some(instance), Some(set)) = (text(&env[place], "value"), name_of(form.root()))
        && set != instance
        && set.strip_suffix("-sentinel") != Some(instance)
    {
        let message = format!("the scripts look for {}, and the set is {}", shorten(instance), shorten(set));
        let fault = broken(&INSTANCE_RENAMED, message)
            .help("name the instance in its document, or by `--name`, not by a prefix or suffix");
        form.report(fault.under_all(&["env".into(), place.into(), "value".into()]));
    }
    for (name, path) in FIELDS {
        let Some(place) = of(name) else { continue };
        let source = env[place].get("valueFrom");
        if source.and_then(|source| source.get("fieldRef")).and_then(|field| text(field, "fieldPath")) != Some(path) {
            let fault = broken(&VARIABLE_MISSING, format!("{name} is not the {path} of the pod"));
            let help = format!("write `valueFrom: {{fieldRef: {{fieldPath: {path}}}}}`");
            form.report(fault.help(help).under_all(&["env".into(), place.into()]));
        }
    }
    let names = FIELDS.iter().map(|(name, _)| *name).chain(VALUES);
    let missing: Vec<&str> = names.filter(|name| of(name).is_none()).collect();
    // others may come from there
    if !missing.is_empty() && items(container, "envFrom").is_empty() {
        let message = format!("the scripts are not told {}", missing.join(", "));
        form.broken(&VARIABLE_MISSING, &["env"], message, "take over the variables that were rendered");
    }
}

/// How it is asked, and how it stops.
fn check_life(container: &Node<'_>, role: Role, form: &mut Form<'_, '_>) {
    let script = format!("{}-stop.sh", role.name());
    let hook = container.get("lifecycle").and_then(|lifecycle| lifecycle.get("preStop")?.get("exec"));
    let is_kept = hook.is_some_and(|exec| {
        items(exec, "command").iter().filter_map(Node::as_text).any(|word| word.contains(&*script))
    });
    if !is_kept {
        let message = match role {
            Role::Server => "nothing hands over before a server stops",
            _ => "nothing ends the election before a sentinel stops",
        };
        let help = format!("have preStop run `sh {CONFIG_DIR}/{script}`");
        form.broken(&HAND_OVER_MISSING, &["lifecycle", "preStop"], message, help);
    }
    for (field, without) in [
        ("livenessProbe", "a process that hangs is not restarted"),
        ("readinessProbe", "clients are led to pods that cannot answer them"),
        ("startupProbe", "a roll goes on before a pod is in sync"),
    ] {
        if !has(container, field) {
            form.broken(&PROBE_OFF, &[field], format!("there is no {field}: {without}"), "take over what was rendered");
        }
    }
}

fn check_mounts(container: &Node<'_>, role: Role, form: &mut Form<'_, '_>) {
    let paths = std::iter::once(CONFIG_DIR).chain(OF_SCRIPTS.into_iter().filter(|_| role != Role::Proxy));
    for path in paths {
        let (message, help) = match mount(container, path) {
            None => (format!("nothing is mounted at {path}"), "take over the mounts that were rendered"),
            Some(mount) if path != CONFIG_DIR && is_true(mount, "readOnly") => {
                (format!("nothing can be written to {path}"), "remove readOnly")
            }
            Some(_) => continue,
        };
        form.broken(&NOT_MOUNTED, &["volumeMounts"], message, help);
    }
}

/// What a set says besides its pods.
pub(in super::super) fn check_set(set: &Node<'_>, form: &mut Form<'_, '_>) {
    let pods = set.get("template").and_then(|template| template.get("spec"));
    let Some((_, _, Role::Server | Role::Sentinel)) = pods.and_then(container) else { return };
    if text(set, "podManagementPolicy") != Some("Parallel") {
        let message = "each pod is started when the one before is ready, which waits for those after it";
        form.broken(&PODS_IN_ORDER, &["podManagementPolicy"], message, "write `podManagementPolicy: Parallel`");
    }
    check_claims(set, form);
}

/// Labels that a tool gave to everything, or that are others with the next release: the claims of a set stay as they are.
fn check_claims(set: &Node<'_>, form: &mut Form<'_, '_>) {
    let own = form.root().get("metadata").map(|metadata| entries(metadata, "labels")).unwrap_or_default();
    let (selector, _) = selected(set);
    for (index, claim) in items(set, "volumeClaimTemplates").iter().enumerate() {
        let Some(metadata) = claim.get("metadata") else { continue };
        for label in entries(metadata, "labels") {
            let is_in = |labels: &[Entry<'_>]| {
                labels.iter().any(|other| other.key == label.key && other.value.as_text() == label.value.as_text())
            };
            let changes = || label.key.parse().is_ok_and(|key: LabelKey| key.changes_with_releases());
            if !is_in(selector) && (is_in(own) || changes()) {
                let message = format!("the label {} of the claims can never be another", shorten(&label.key));
                let steps: [PathStep; 5] = [
                    "volumeClaimTemplates".into(),
                    index.into(),
                    "metadata".into(),
                    "labels".into(),
                    (&*label.key).into(),
                ];
                let help = "keep it off the claims: in kustomize by `labels` without `includeTemplates`";
                form.report(broken(&CLAIM_LABEL_CHANGES, message).help(help).under_all(&steps));
            }
        }
    }
}
