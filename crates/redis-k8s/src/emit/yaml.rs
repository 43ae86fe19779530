//! stub
use serde::Serialize;
pub(super) fn write<T: Serialize + ?Sized>(value: &T, text: &mut String) {
    text.push_str(&serde_json::to_string_pretty(value).unwrap_or_default());
    text.push('\n');
}
