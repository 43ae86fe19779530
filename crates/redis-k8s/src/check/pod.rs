//! Ids, the ServiceAccount and pull secrets of the pods.

use super::rule::rules;
use super::{Check, services};
use crate::check::at::At;

/// What the kernel and Kubernetes take.
const MOST_ID: u32 = i32::MAX as u32;

rules! { RULES;
    ID_OUT_OF_RANGE = Error "id-out-of-range", "a user or group id is not 1 to 2147483647",
        "Pod Security restricted refuses user 0, and Kubernetes takes no larger number";
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
    for (field, id) in
        [("runAsUser", security.run_as_user), ("runAsGroup", security.run_as_group), ("fsGroup", security.fs_group)]
    {
        let Some(id) = id else { continue };
        if security.openshift == Some(true) {
            check.report(
                IDS_ON_OPENSHIFT
                    .at(path.field(field), format!("OpenShift chooses the ids of a namespace, and refuses {id}"))
                    .help("leave out the ids, or openshift"),
            );
        } else if !(1..=MOST_ID).contains(&id) {
            let why = if id == 0 { "root is refused by Pod Security restricted" } else { "no id is that large" };
            check.report(
                ID_OUT_OF_RANGE
                    .at(path.field(field), format!("{id} is not 1 to {MOST_ID}: {why}"))
                    .help("leave it out for 999, as the official images have it"),
            );
        }
    }
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
