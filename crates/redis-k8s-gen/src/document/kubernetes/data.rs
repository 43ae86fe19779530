//! What a ConfigMap or a Secret holds.

use super::form::Form;
use super::metadata::entries;
use super::name::is_data_key;
use super::rules::{DATA_TOO_LARGE, INVALID_KEY, broken};
use crate::document::node::{Node, shorten};

/// `MaxSecretSize` of the API server, and the same for a ConfigMap.
const MAX_DATA: usize = 1 << 20;

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
    if size > MAX_DATA {
        let message = format!("the data has {size} bytes, and {MAX_DATA} is the most one object may hold");
        form.report(broken(&DATA_TOO_LARGE, message).under("data".into()));
    }
}
