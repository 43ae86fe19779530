//! What a ConfigMap or a Secret holds.

use super::form::Form;
use super::metadata::entries;
use super::name::is_data_key;
use super::part::text;
use super::rules::{DATA_TOO_LARGE, INVALID_KEY, NOT_A_CERTIFICATE, SECRET_WITHOUT_KEY, broken};
use crate::document::node::{Node, shorten};

/// `MaxSecretSize` of the API server, and the same for a ConfigMap.
const MAX_DATA: usize = 1 << 20;

/// How PEM begins: as it is, and in base64 after a number of bytes that three divides with each rest.
const BEGIN: [&str; 4] = ["-----BEGIN ", "LS0tLS1CRUdJTi", "0tLS0tQkVHSU4g", "tLS0tLUJFR0lOI"];

pub(super) fn check(object: &Node<'_>, form: &mut Form<'_, '_>) {
    let mut size = 0;
    for field in ["data", "binaryData", "stringData"] {
        for entry in entries(object, field) {
            let length = entry.value.as_text().map_or(0, str::len);
            let is_text = field == "stringData" || (field == "data" && object.get("type").is_none());
            // base64 has four characters for three bytes
            size += if is_text { length } else { length / 4 * 3 };
            let step = |fault: crate::document::fault::Fault| fault.under((&*entry.key).into()).under(field.into());
            if !is_data_key(&entry.key) {
                let message = format!(
                    "\"{}\" is not a key: 1 to 253 letters, digits, '-', '_' or '.', not '.' and not starting with '..'",
                    shorten(&entry.key)
                );
                form.report(step(broken(&INVALID_KEY, message).at(entry.key_origin)));
            }
            if field == "binaryData" && entries(object, "data").iter().any(|other| other.key == entry.key) {
                let message = format!("the key `{}` is in data, too", shorten(&entry.key));
                form.report(step(broken(&INVALID_KEY, message).at(entry.key_origin).help("keep one of the two")));
            }
        }
    }
    check_type(object, form);
    if size > MAX_DATA {
        let message = format!("the data has {size} bytes, and {MAX_DATA} is the most one object may hold");
        form.report(broken(&DATA_TOO_LARGE, message).under("data".into()));
    }
}

/// A Secret of a type of Kubernetes has the keys of this type.
fn check_type(secret: &Node<'_>, form: &mut Form<'_, '_>) {
    let Some(kind) = text(secret, "type") else { return };
    let value = |key: &str| {
        let at = |field| entries(secret, field).iter().find(|entry| entry.key == key).map(|entry| &entry.value);
        at("stringData").or_else(|| at("data"))
    };
    if kind == "kubernetes.io/service-account-token" {
        const ACCOUNT: &str = "kubernetes.io/service-account.name";
        let metadata = secret.get("metadata").map(|metadata| entries(metadata, "annotations")).unwrap_or_default();
        let account = metadata.iter().find(|entry| entry.key == ACCOUNT).and_then(|entry| entry.value.as_text());
        if account.unwrap_or_default().is_empty() {
            let message = format!("a Secret of the type {kind} says whose token it is");
            form.broken(
                &SECRET_WITHOUT_KEY,
                &["metadata", "annotations", ACCOUNT],
                message,
                "add the annotation, with the name of a ServiceAccount",
            );
        }
        return;
    }
    let (keys, is_enough): (&[&str], bool) = match kind {
        "kubernetes.io/basic-auth" => (&["username", "password"], true),
        "kubernetes.io/dockercfg" => (&[".dockercfg"], false),
        "kubernetes.io/dockerconfigjson" => (&[".dockerconfigjson"], false),
        "kubernetes.io/ssh-auth" => (&["ssh-privatekey"], false),
        "kubernetes.io/tls" => (&["tls.crt", "tls.key"], false),
        _ => return,
    };
    if is_enough && keys.iter().any(|key| value(key).is_some()) {
        return;
    }
    for key in keys.iter().filter(|_| kind == "kubernetes.io/tls") {
        let is_pem = |text: &str| BEGIN.iter().any(|begin| text.contains(begin));
        if value(key).and_then(Node::as_text).is_some_and(|text| !is_pem(text)) {
            let is_text = entries(secret, "stringData").iter().any(|entry| entry.key == *key);
            let steps = [if is_text { "stringData" } else { "data" }, key];
            let message = format!("{key} does not begin as PEM does, with -----BEGIN");
            form.broken(&NOT_A_CERTIFICATE, &steps, message, "write what cert-manager or openssl gives");
        }
    }
    for key in keys {
        let is_empty =
            |value: &Node<'_>| kind == "kubernetes.io/ssh-auth" && value.as_text().unwrap_or_default().is_empty();
        if value(key).is_none_or(is_empty) {
            let message = format!("a Secret of the type {kind} has the key {key}");
            form.broken(&SECRET_WITHOUT_KEY, &["data", key], message, "add it, or leave the type out");
        }
    }
}
