//! Environment variables of the server container.

use super::rule::rules;
use super::{Check, control_in};
use crate::api_version::ApiVersion;
use crate::check::at::At;
use crate::model::{EnvSource, POD_FIELDS};
use crate::value::LabelKey;

/// Longest string the kernel hands to a process, name, `=` and NUL included (`MAX_ARG_STRLEN`).
const MOST_BYTES: usize = 128 * 1024;
/// Environment and arguments of a process together may have 2 MiB with the usual stack limit; this leaves plenty.
const MOST_BYTES_TOGETHER: usize = 1024 * 1024;

rules! { RULES;
    ENV_TWICE = Error "env-twice", "`spec.env` names a variable twice",
        "server-side apply refuses a list that holds a key twice";
    ENV_SOURCE = Error "env-source", "a variable comes from no place or from two, or its place is not said in full",
        "the API server refuses it, or the pods never start";
    ENV_RESERVED = Error "env-reserved", "a variable is set that the scripts, the shell or the client rely on",
        "the scripts would start a server with the wrong name, address or password, or not at all";
    ENV_HOLDS_CONTROL = Error "env-holds-control", "the value of a variable holds NUL or one of U+007F to U+009F, U+FFFE and U+FFFF",
        "no environment can hold a NUL; the others kubectl sends as they are, and the API server refuses them or takes U+0085 for a space";
    ENV_TOO_LARGE = Error "env-too-large", "a variable has 128 KiB or more, or all of them more than 1 MiB",
        "the kernel refuses to start a process with it";
}

/// Why a variable may not be set, if it may not.
fn reserved(name: &str, target: ApiVersion) -> Option<&'static str> {
    match name {
        "REDISCLI_AUTH" | "VALKEYCLI_AUTH" => Some("the scripts pass the password in it"),
        "PATH" | "LD_PRELOAD" | "LD_LIBRARY_PATH" | "IFS" | "ENV" | "HOME" => {
            Some("the shell and the programs of the image rely on it")
        }
        "MASTER" | "SENTINEL" if target.is_tutorial() => Some("the start logic tells the roles of the tutorial by it"),
        name if name.starts_with("REDIS_SENTINEL_SERVICE_") && target.is_tutorial() => {
            Some("the start logic finds the sentinels by it")
        }
        name if name.starts_with("RK_") => Some("variables of that prefix belong to the scripts"),
        name if name.starts_with("POD_") => {
            Some("the pod's name and address are passed to the scripts in such variables")
        }
        _ => None,
    }
}

pub(super) fn check(check: &mut Check) {
    for (place, from) in check.spec.env_from.iter().flatten().enumerate() {
        let list = At::root("spec.envFrom");
        let path = list.index(place);
        let sources = [("secretRef", &from.secret_ref), ("configMapRef", &from.config_map_ref)];
        one_source(
            check,
            &path,
            sources.iter().filter(|(_, source)| source.is_some()).count(),
            "secretRef or configMapRef",
        );
        for (field, source) in sources {
            needs(check, &path.field(field), source.as_ref().map(|source| [("name", source.name.is_some())]));
        }
    }
    let Some(variables) = &check.spec.env else { return };
    let mut together = 0;
    for (place, variable) in variables.iter().enumerate() {
        let env = At::root("spec.env");
        let path = env.index(place);
        let name = variable.name.as_str();
        if variables[..place].iter().any(|other| other.name == variable.name) {
            check.report(
                ENV_TWICE
                    .at(path.field("name"), format!("{name} stands twice"))
                    .help("keep one of the two: it is not said which would win"),
            );
        }
        if let Some(why) = reserved(name, check.target) {
            check.report(
                ENV_RESERVED
                    .at(path.field("name"), format!("{name} is not for the document to set: {why}"))
                    .help("use another name"),
            );
        }
        if let Some(control) = control_in(&variable.value) {
            check.report(
                ENV_HOLDS_CONTROL
                    .at(path.field("value"), format!("the value of {name} holds the character {control}"))
                    .help("remove it, or write binary values in base64"),
            );
        }
        if let Some(from) = variable.value_from.as_deref() {
            source(check, &path, from, !variable.value.is_empty());
        }
        let bytes = name.len() + variable.value.len() + 2;
        together += bytes;
        if bytes > MOST_BYTES {
            check.report(
                ENV_TOO_LARGE
                    .at(
                        path.field("value"),
                        format!("{name} has {bytes} bytes: the kernel starts no process with more than {MOST_BYTES}"),
                    )
                    .help("put large texts into a file"),
            );
        }
    }
    if together > MOST_BYTES_TOGETHER {
        check.report(
            ENV_TOO_LARGE
                .at("spec.env", format!("{together} bytes of variables: at most {MOST_BYTES_TOGETHER} leave the process room for its arguments"))
                .help("put large texts into a file"),
        );
    }
}

/// Where a value comes from.
fn source(check: &mut Check, path: &At, from: &EnvSource, has_value: bool) {
    let path = path.field("valueFrom");
    if has_value {
        check.report(
            ENV_SOURCE.at(path, "a variable has a value or takes it from elsewhere").help("leave out one of the two"),
        );
    }
    let keys = [("secretKeyRef", &from.secret_key_ref), ("configMapKeyRef", &from.config_map_key_ref)];
    let count = keys.iter().filter(|(_, key)| key.is_some()).count() + usize::from(from.field_ref.is_some());
    one_source(check, &path, count, "secretKeyRef, configMapKeyRef or fieldRef");
    for (field, key) in keys {
        let said = key.as_ref().map(|key| [("name", key.name.is_some()), ("key", key.key.is_some())]);
        needs(check, &path.field(field), said);
    }
    let Some(field) = &from.field_ref else { return };
    let asked = field.field_path.as_deref().unwrap_or_default();
    let is_of_map = |map: &str| {
        let key = asked.strip_prefix(map).and_then(|rest| rest.strip_prefix("['")?.strip_suffix("']"));
        key.is_some_and(|key| key.parse::<LabelKey>().is_ok())
    };
    if !POD_FIELDS.contains(&asked) && !is_of_map("metadata.labels") && !is_of_map("metadata.annotations") {
        let at = path.field("fieldRef");
        check.report(
            ENV_SOURCE
                .at(at.field("fieldPath"), format!("{asked:?} is no field of a pod that a variable can have"))
                .help(format!("use one of {}, or metadata.labels['KEY']", POD_FIELDS.join(", "))),
        );
    }
}

fn one_source(check: &mut Check, path: &At, count: usize, which: &str) {
    if count != 1 {
        let found = if count == 0 { "no source" } else { "more than one source" };
        check.report(ENV_SOURCE.at(*path, format!("{found} of the value is named")).help(format!("name one: {which}")));
    }
}

fn needs<const N: usize>(check: &mut Check, path: &At, said: Option<[(&str, bool); N]>) {
    for (field, _) in said.into_iter().flatten().filter(|(_, is_said)| !is_said) {
        check.report(
            ENV_SOURCE
                .at(path.field(field), format!("it has no {field}, and the API server refuses that"))
                .help("name the Secret or ConfigMap, and of a single variable the key"),
        );
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "env-twice",
            "spec.env[1].name",
            "spec: {env: [{name: TZ, value: UTC}, {name: TZ, value: CET}]}",
            "spec: {env: [{name: TZ, value: UTC}, {name: tz, value: CET}]}",
        ),
        case(
            "env-source",
            "spec.env[0].valueFrom",
            "spec: {env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]}",
            "spec: {env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]}",
        ),
        case(
            "env-source",
            "spec.env[0].valueFrom.secretKeyRef.key",
            "spec: {env: [{name: A, valueFrom: {secretKeyRef: {name: b}}}]}",
            "spec: {env: [{name: A, valueFrom: {secretKeyRef: {name: b, key: c}}}]}",
        ),
        case(
            "env-source",
            "spec.env[0].valueFrom.fieldRef.fieldPath",
            "spec: {env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.labels}}}]}",
            "spec: {env: [{name: A, valueFrom: {fieldRef: {fieldPath: 'metadata.labels[''app'']'}}}]}",
        ),
        case(
            "env-source",
            "spec.envFrom[0]",
            "spec: {envFrom: [{secretRef: {name: a}, configMapRef: {name: a}}]}",
            "spec: {envFrom: [{secretRef: {name: a}}, {configMapRef: {name: a}}]}",
        ),
        case(
            "env-source",
            "spec.envFrom[0].secretRef.name",
            "spec: {envFrom: [{secretRef: {}}]}",
            "spec: {envFrom: [{prefix: A_, secretRef: {name: a, optional: true}}]}",
        ),
        case(
            "env-reserved",
            "spec.env[0].name",
            "spec: {env: [{name: REDISCLI_AUTH, value: x}]}",
            "spec: {env: [{name: REDISCLI_HISTFILE, value: x}]}",
        ),
        case(
            "env-reserved",
            "spec.env[0].name",
            "spec: {env: [{name: RK_NAME, value: x}]}",
            "spec: {env: [{name: RKNAME, value: x}]}",
        ),
        case(
            "env-reserved",
            "spec.env[0].name",
            "spec: {env: [{name: POD_IP, value: x}]}",
            "spec: {env: [{name: TRIPOD_IP, value: x}]}",
        ),
        case(
            "env-reserved",
            "spec.env[0].name",
            "spec: {env: [{name: MASTER, value: x}]}",
            "spec: {env: [{name: MASTERS, value: x}]}",
        )
        .on(ApiVersion::V1Beta3),
        case(
            "env-holds-control",
            "spec.env[0].value",
            "spec: {env: [{name: A, value: \"a\\0b\"}]}",
            "spec: {env: [{name: A, value: \"a\\nb\"}]}",
        ),
        case(
            "env-holds-control",
            "spec.env[0].value",
            "spec: {env: [{name: A, value: \"a\\x85b\"}]}",
            "spec: {env: [{name: A, value: \"a\\x1F\\xA0\\u2028\\uFEFFb\"}]}",
        ),
        case(
            "env-too-large",
            "spec.env[0].value",
            "spec: {env: [{name: A, value: LONG(131070)}]}",
            "spec: {env: [{name: A, value: LONG(131069)}]}",
        ),
        case(
            "env-too-large",
            "spec.env",
            "spec: {env: [{name: A, value: LONG(131000)}, {name: B, value: LONG(131000)}, {name: C, value: LONG(131000)}, {name: D, value: LONG(131000)}, {name: E, value: LONG(131000)}, {name: F, value: LONG(131000)}, {name: G, value: LONG(131000)}, {name: H, value: LONG(131000)}, {name: I, value: LONG(131000)}]}",
            "spec: {env: [{name: A, value: LONG(131000)}, {name: B, value: LONG(131000)}]}",
        ),
    ]
};
