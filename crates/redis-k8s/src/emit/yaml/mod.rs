//! A serde serializer that writes block YAML straight into the output, with no tree in between.

mod collection;
mod key;
mod node;
mod scalar;

use serde::Serialize;

use super::error::Error;
use node::Node;

/// Appends `value` as one document with a final newline and no document marker.
pub(super) fn write<T: Serialize + ?Sized>(value: &T, out: &mut String) -> Result<(), Error> {
    value.serialize(Node::document(out))
}

/// Spaces for any depth that occurs in Kubernetes.
const SPACES: &str = "                                ";

fn indent(column: usize, out: &mut String) {
    if column > SPACES.len() {
        return out.push_str(&spaces(column));
    }
    // A copy of a fixed length takes two instructions, one of just these few a call.
    let end = out.len() + column;
    out.push_str(SPACES);
    out.truncate(end);
}

/// Spaces, without an allocation for a usual depth.
fn spaces(count: usize) -> std::borrow::Cow<'static, str> {
    SPACES.get(..count).map_or_else(|| " ".repeat(count).into(), Into::into)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serializer;
    use serde_json::{Value, json};

    use super::*;

    fn yaml(value: &(impl Serialize + ?Sized)) -> String {
        let mut out = String::new();
        write(value, &mut out).unwrap();
        out
    }

    #[derive(Serialize)]
    enum Shape {
        Unit,
        Newtype(u8),
        Tuple(u8, u8),
        Struct { a: u8, b: Option<u8> },
    }

    #[test]
    fn sequences_stand_at_the_column_of_their_key() {
        let value = json!({"a": {"list": [1, "b"], "map": {"c": true}}, "z": null});
        assert_eq!(yaml(&value), "a:\n  list:\n  - 1\n  - b\n  map:\n    c: true\nz: null\n");
    }

    #[test]
    fn collections_in_items_begin_on_the_line_of_the_dash() {
        let value = json!([{"a": 1, "b": [2]}, [[3, 4], [{"c": 5, "d": 6}]], "e"]);
        assert_eq!(yaml(&value), "- a: 1\n  b:\n  - 2\n- - - 3\n    - 4\n  - - c: 5\n      d: 6\n- e\n");
    }

    #[test]
    fn empty_collections_are_in_flow_style() {
        assert_eq!(yaml(&json!({})), "{}\n");
        assert_eq!(yaml(&json!([])), "[]\n");
        assert_eq!(yaml(&json!({"a": {}, "b": [{}, []]})), "a: {}\nb:\n- {}\n- []\n");
    }

    #[test]
    fn literal_blocks_are_two_columns_in() {
        assert_eq!(yaml("a\nb\n"), "|\n  a\n  b\n");
        let value = json!({"a": ["b\nc", {"d": "e\n", "f": "g\n\n"}], "h": "i\n"});
        let expected = "a:\n- |-\n  b\n  c\n- d: |\n    e\n  f: |+\n    g\n\nh: |\n  i\n";
        assert_eq!(yaml(&value), expected);
    }

    #[test]
    fn keys_follow_the_rules_of_strings_on_one_line() {
        let value = json!({"": 1, "a b": 2, "on": 3, "x\ny": 4, "é": 5});
        assert_eq!(yaml(&value), "\"\": 1\na b: 2\n\"on\": 3\n\"x\\ny\": 4\n\"é\": 5\n");
    }

    #[test]
    fn keys_beyond_the_simple_ones_are_explicit() {
        let key = "k".repeat(1001);
        let value = json!({"a": {key.clone(): {"b": [1]}}, "c": [{key.clone(): [2]}]});
        let expected = format!("a:\n  ? {key}\n  :\n    b:\n    - 1\nc:\n- ? {key}\n  :\n  - 2\n");
        assert_eq!(yaml(&value), expected);
        assert!(!yaml(&json!({"k".repeat(1000): 1})).starts_with('?'));
        assert!(yaml(&json!({"\0".repeat(250): 1})).starts_with('?'), "what counts is the written length");
    }

    #[test]
    fn keys_that_are_no_strings_are_quoted() {
        assert_eq!(yaml(&BTreeMap::from([(1, true), (2, false)])), "\"1\": true\n\"2\": false\n");
        assert_eq!(yaml(&BTreeMap::from([(true, -1)])), "\"true\": -1\n");
        assert_eq!(yaml(&BTreeMap::from([(Some('c'), 2.5)])), "c: 2.5\n");
    }

    #[test]
    fn keys_that_are_no_scalars_are_refused() {
        let rule = "a map key must be a string, a number or a boolean";
        let mut out = String::new();
        let refused = write(&BTreeMap::from([(vec![1], 1)]), &mut out).unwrap_err();
        assert_eq!(refused.to_string(), rule);
        assert!(write(&BTreeMap::from([((), 1)]), &mut out).is_err());
        assert!(write(&BTreeMap::from([(None::<u8>, 1)]), &mut out).is_err());
    }

    #[test]
    fn numbers_are_numbers_to_every_reader() {
        assert_eq!(
            yaml(&json!([0, -1, i64::MIN, u64::MAX])),
            "- 0\n- -1\n- -9223372036854775808\n- 18446744073709551615\n"
        );
        assert_eq!(yaml(&u128::MAX), "340282366920938463463374607431768211455\n");
        for (value, text) in [
            (1.0, "1.0\n"),
            (-0.5, "-0.5\n"),
            (1e300, "1.0e+300\n"),
            (1.5e-9, "1.5e-9\n"),
            (f64::NAN, ".nan\n"),
            (f64::INFINITY, ".inf\n"),
            (f64::NEG_INFINITY, "-.inf\n"),
        ] {
            assert_eq!(yaml(&value), text);
        }
        assert_eq!(yaml(&0.1_f32), "0.1\n");
    }

    #[test]
    fn variants_are_written_as_in_json() {
        let shapes = [Shape::Unit, Shape::Newtype(1), Shape::Tuple(2, 3), Shape::Struct { a: 4, b: None }];
        let expected = "- Unit\n- Newtype: 1\n- Tuple:\n  - 2\n  - 3\n- Struct:\n    a: 4\n    b: null\n";
        assert_eq!(yaml(&shapes), expected);
        assert_eq!(serde_yaml::from_str::<Value>(expected).unwrap(), serde_json::to_value(shapes).unwrap());
    }

    #[test]
    fn the_rest_of_the_data_model_is_written_as_in_json() {
        #[derive(Serialize)]
        struct Nothing;
        #[derive(Serialize)]
        struct Wrapped(Option<char>);
        struct Bytes;
        impl Serialize for Bytes {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(&[1, 255])
            }
        }
        assert_eq!(yaml(&(Nothing, Wrapped(Some('n')), Bytes, ())), "- null\n- \"n\"\n- - 1\n  - 255\n- null\n");
    }

    #[test]
    fn depth_has_no_bound_in_the_writer() {
        let mut value = json!("x\ny\n");
        for _ in 0..100 {
            value = json!({"a": [value]});
        }
        let text = yaml(&value);
        assert!(text.ends_with(&format!("\n{}x\n{}y\n", " ".repeat(200), " ".repeat(200))), "{text}");
    }
}
