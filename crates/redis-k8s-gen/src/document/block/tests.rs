use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::read;
use crate::document::node::Kind;
use crate::document::parse::parse_any;

/// Whether it was read here; if so, as the parser reads it.
fn is_read(text: &str) -> bool {
    let Some(document) = read(text, 7) else { return false };
    let parsed = parse_any(text, 7);
    assert!(parsed.stopped.is_none() && parsed.older.is_empty(), "{text}\n{:?}", parsed.stopped);
    assert_eq!(format!("{:#?}", [document]), format!("{:#?}", parsed.documents), "{text}");
    true
}

fn renderings() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../snapshots/apps-v1");
    let mut pieces = Vec::new();
    // The published crate has no snapshots/ beside it.
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(path).unwrap();
            pieces.extend(text.split_inclusive("\n---\n").map(|piece| piece.trim_end_matches("---\n").to_owned()));
        }
    }
    pieces
}

#[test]
fn renderings_are_read_here() {
    for piece in renderings() {
        assert!(is_read(&piece), "{piece}");
    }
    assert!(is_read(TEXT) && is_read(JSON));
}

#[test]
fn the_border_is_where_it_is_meant_to_be() {
    let key = |length| "k".repeat(length);
    for text in [&format!("{}: a\n", key(1024)), &format!("a: {{{}: b}}\n", key(1024)), "a: \"\\t\"\n"] {
        assert!(is_read(text), "{text}");
    }
    let not_here = [
        "~\n",
        "~: a\n",
        "a: >\n",
        "--- a: b\n",
        "... a: b\n",
        "- a\n#",
        "a: |\n ",
        "a: \"\\u+041\"\n",
        "a: \"\\u0000\"\n",
        "a: \u{e9}\n",
    ];
    for text in not_here.into_iter().chain([&*format!("{}: a\n", key(1025)), &format!("a: {{{}: b}}\n", key(1025))]) {
        assert!(!is_read(text), "{text}");
    }
}

/// It takes half a minute, instead of two seconds, if each of 40,000 is looked for among all others.
#[test]
fn keys_are_found_however_many_there_are() {
    for count in [14, 15, 16, 17, 40_000] {
        let lines =
            |key, value| (0..count).map(|number| format!("{key}{number}: {value}\n")).collect::<Vec<_>>().concat();
        let own = lines("k", "own");
        let text = format!("<<:\n  k0: lost\n{}{own}", lines("  m", "brought"));
        let Kind::Mapping(entries) = read(&text, 0).unwrap().root.kind else { panic!("{text}") };
        let values = entries.iter().map(|entry| (&entry.key[..1], entry.value.description()));
        let expected = [("k", "the string \"own\""), ("m", "the string \"brought\"")];
        let expected = expected.iter().flat_map(|(key, value)| vec![(*key, (*value).to_owned()); count]);
        assert!(values.eq(expected), "{count}");
        let twice = own.repeat(2);
        assert!(read(&twice, 0).is_none());
        assert_eq!(parse_any(&twice, 0).documents[0].faults.len(), count);
    }
}

/// A change of a text: where, and what to do there.
#[derive(Debug, Clone)]
enum Edit {
    Insert(&'static str),
    Remove(usize),
    RemoveLine,
    RepeatLine,
}

fn edit() -> impl Strategy<Value = Edit> {
    let inserted = select(vec![
        " ",
        "  ",
        "\n",
        "\n\n",
        "-",
        "- ",
        "---",
        "...",
        ":",
        ": ",
        ":\n",
        "#",
        " #",
        "# ",
        "\"",
        "'",
        "''",
        "\\",
        "\\n",
        "\\x",
        "|",
        "|-\n",
        "|+\n",
        " |\n",
        ">\n",
        "{}",
        "[]",
        "{",
        "[",
        "]",
        "}",
        ",",
        "&a ",
        "*a",
        "!",
        "!!str ",
        "%",
        "?",
        "? ",
        "@",
        "`",
        "~",
        "null",
        "<<: ",
        "\t",
        "\r",
        "\u{7f}",
        "a: b\n",
        "- a\n",
        "  - a\n",
        "a",
        "0",
        ", ",
        "{a: b}",
        "[a]",
        "[",
        "\"a\"",
        "{\"a\":b}",
    ]);
    prop_oneof![
        4 => inserted.prop_map(Edit::Insert),
        2 => (1..5_usize).prop_map(Edit::Remove),
        1 => Just(Edit::RemoveLine),
        1 => Just(Edit::RepeatLine),
    ]
}

fn edited(mut text: String, edits: Vec<(Index, bool, Edit)>) -> String {
    for (at, is_at_line, edit) in edits {
        let mut at = at.index(text.len() + 1);
        if is_at_line {
            at = text[..at].rfind('\n').map_or(0, |end| end + 1);
            at += text[at..].len() - text[at..].trim_start_matches(' ').len();
        }
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1)
            ..text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
        match edit {
            Edit::Insert(inserted) => text.insert_str(at, inserted),
            Edit::Remove(length) => text.replace_range(at..(at + length).min(text.len()), ""),
            Edit::RemoveLine => text.replace_range(line, ""),
            Edit::RepeatLine => text.insert_str(line.end, &text.clone()[line]),
        }
    }
    text
}

/// Something of everything that is read here.
const TEXT: &str = r#"---
# c
a:
  b: "x\n\"y"
  'c': 'q''t'

# d
e:
- name: x
  v: 1
# f
- - y
  -
  - |
    lit
     more

    z
-
- {}
-
  g:
    - h
    -  i:
       j: -k
e2: |-
  t


f: |+
  u


g: []
h:
i: ""
j: |
  last
 
k.l/m: a:b#c # o
"n": {a: b, "c": [], d: {}, e.f/g: 'h', i j: k:l } # m
o: ["p", -q, [r s,t], {u: 1}]
p: 'q' # r
"#;

const JSON: &str = r#"{"a": {
    "b": [1,"c\u0026\n", -2.5e3, true , null],
  "d":"\"", "e": [
    {"f": []}, {}
  ]
}, "g":{"h":[[], [ ]]}
}

"#;

/// All texts of up to four of these, behind what they may go on.
#[test]
fn short_texts_are_read_as_the_parser_reads_them() {
    const PARTS: [&str; 16] =
        ["a: ", "- ", "\n", " ", "  ", "|\n", "|+\n", "# c\n", "b", ":\n", "-\n", "'q'", "[c, ", "]", "{e: ", "}"];
    for start in ["", "d:\n", "d:\n- e: f\n  g:", "d: |\n"] {
        let mut read = 0;
        for number in 0..PARTS.len().pow(4) {
            let parts = (0..4).map(|place| PARTS[number >> (4 * place) & 15]);
            read += usize::from(is_read(&format!("{start}{}\n", parts.collect::<String>())));
        }
        assert!(read > 1000, "{start} {read}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_here_is_read_as_the_parser_reads_it(edits in vec((any::<Index>(), any::<bool>(), edit()), 0..4)) {
        is_read(&edited(TEXT.to_owned(), edits.clone()));
        is_read(&edited(JSON.to_owned(), edits));
    }
}
