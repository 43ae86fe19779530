//! Environment variables of the server container.

use super::rule::rules;
use super::{Check, control_in};
use crate::api_version::ApiVersion;
use crate::check::at::At;

/// Longest string the kernel hands to a process, name, `=` and NUL included (`MAX_ARG_STRLEN`).
const MOST_BYTES: usize = 128 * 1024;
/// Environment and arguments of a process together may have 2 MiB with the usual stack limit; this leaves plenty.
const MOST_BYTES_TOGETHER: usize = 1024 * 1024;

rules! { RULES;
    ENV_TWICE = Error "env-twice", "`spec.env` names a variable twice",
        "server-side apply refuses a list that holds a key twice";
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
