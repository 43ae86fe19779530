//! Strings that writers of YAML get wrong, and trees made of them.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

/// Each of these is read as something else by some reader when it is written carelessly.
#[rustfmt::skip] // One to a line they would fill five pages.
pub(crate) const STRINGS: &[&str] = &[
    // Null, booleans, merge and value keys.
    "", "~", "null", "Null", "NULL", "true", "True", "false", "FALSE", "yes", "Yes", "no", "NO", "on", "On", "off",
    "OFF", "y", "Y", "n", "N", "=", "<<", "-y", "-no",
    // Numbers of every version.
    "0", "-0", "+1", "1_000", "1__0", "_1", "0x1F", "0X1f", "-0x1F", "0x_1", "0o17", "017", "0b11", "-0b1", "089",
    "1.", "1.5", ".5", "-.5", "+.5", ".", "..", "-", "+", "1e3", "1E3", "1e+3", "1.e3", "1_0.5e-1", "e3", ".e3",
    "-e3", "0x", "0b", "12:30:45", "190:20:30.15", "1:2", "10.0.0.1", "::1", "fe80::1", "1,000",
    "123456789012345678901234567890", "8Gi", "1E", "7Ei", "500m", "1e", "0.1.2", "8.2", "7.2.4-alpine", "12e03",
    "1e1000", "0777", "08", "1_", "١٢", ".inf", ".Inf", "-.inf", "+.INF", "inf", "-inf", "Infinity", ".nan", ".NaN",
    "nan", "NaN", "-nan",
    // Dates and times.
    "2001-01-01", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5", "2001-12-15 2:59:43.10", "2001-1-1",
    "12:30",
    // What begins something else.
    "- a", "-", "--", "---", "--- a", "...", "... a", "...quit", "... quit", "-c", "-1c", "--save", "---a", "? a", "?", "?a", ": a", ":",
    ":a", "#", "# a", "a #b", "a#b", "a: b", "a:", "a:b", "a : b", " a", "a ", " ", "\t", "\ta", "a\t", "a\tb",
    "&a", "*a", "*/5 * * * *", "!a", "!!str a", "|", "|-", ">", ">+", "%a", "%YAML 1.2", "@a", "`a", "'a'", "\"a\"",
    "'", "\"", "\\", "\\n", "a\\", "[a]", "[]", "{a}", "{}", "a, b", "{{ x }}", "${A}", "$(A)", "a]", "a}", ",",
    ", a", "(a)", "/a", "_a", ".a", "a\"b", "a'b",
    // Line breaks of all kinds, and what some take for one.
    "\n", "\n\n", "a\n", "a\n\n", "a\n\n\n", "\na", "\n\na\n", "a\nb", "a\n\nb\n", " a\nb\n", "\ta\nb\n", "a\n b\n",
    "a\n\tb\n", "a\n \n", "a\n\t\n", "a\n  ", "a \nb \n", "a\n---\nb\n", "a\n...\n", "#!/bin/sh\nexit\n",
    "# a\n# b", "- a\n- b\n", "a: b\nc: d\n", "%a\nb\n", "\n \n", " \n", " \na\n", "\t\n", "a\r\nb\r\n", "\r",
    "a\rb", "\r\n", "a\u{85}b", "\u{85}", "a\u{2028}b", "a\u{2029}b\n", "a\nb\u{2028}", "a\nb\u{85}\n",
    "a\n\u{feff}b\n", "\u{feff}", "\u{feff}a", "a\u{feff}", "a\u{a0}b", "\u{a0}\n\u{a0}\n", "\u{3000}a\n\u{3000}b",
    // What may not stand unescaped.
    "\0", "a\0b", "\u{1}", "\u{7}", "\u{8}", "\u{b}", "\u{c}", "\u{1b}[0m", "\u{1f}", "\u{7f}", "a\n\u{7f}\n",
    "a\nb\0\n", "\u{80}", "\u{9f}", "\u{fffe}", "\u{ffff}", "a\n\u{ffff}\n", "\u{fffd}", "\u{d7ff}", "\u{e000}",
    "\u{1fffe}", "\u{10ffff}",
    // Beyond ASCII, and fit to be read.
    "é", "naïve\ncafé\n", "日本語", "日本語\n日本語\n", "🦀", "🦀\n🦀", "👩\u{200d}👧", "e\u{301}", "\u{200b}", "\u{202e}a",
    "Ω: ω", "ß #ß", "redis-cli -p 6379 PING | grep -q PONG", "save 900 1\nsave 300 10\n", "MAXMEMORY=1gb",
    "https://example.org:6379/0?a=b#c",
];

const PIECES: &[&str] = &[
    "a", "b", "Z", "0", "1", "9", "_", "x", "e", "E", "T", ".", "..", "-", "+", ":", "::", ",", ";", "=", "~", "#",
    "?", "!", "&", "*", "@", "`", "%", "|", ">", "<", "'", "\"", "\\", "/", "$", "(", "{", "}", "[", "]", " ", "  ",
    "   ", "\t", "\n", "\n\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}", "\u{feff}", "\u{7f}", "\u{a0}", "\0",
    "\u{1b}", "\u{9b}", "\u{ffff}", "é", "日", "🦀", "\u{301}", "---", "...", "- ", "? ", ": ", " #", "<<", "yes",
    "no", "on", "null", "0x", ".inf",
];

/// Any string, with a liking for those above.
pub(crate) fn string() -> impl Strategy<Value = String> {
    let pieces = vec(select(PIECES), 0..10).prop_map(|pieces| pieces.concat());
    let number = "[+-]?[0-9.]?[0-9a-fA-FxXobeETtZzny_:,. +-]{0,10}";
    // One in a hundred beyond the length of a simple key.
    let long = prop_oneof![
        (select(STRINGS), 980_usize..1040).prop_map(|(text, len)| format!("{}{text}", "k".repeat(len))),
        (select(STRINGS), 150_usize..260).prop_map(|(text, len)| format!("{text}{}", "\u{7f}\n!k".repeat(len)))
    ];
    prop_oneof![
        30 => select(STRINGS).prop_map(str::to_owned),
        30 => pieces,
        30 => lines(),
        20 => number.prop_map(|text| text),
        10 => any::<String>(),
        1 => long,
    ]
}

/// Several lines, indented and not, with empty lines before, between and after.
fn lines() -> impl Strategy<Value = String> {
    let line = (
        select(&["", "", "", " ", "  ", "\t", " \t"][..]),
        vec(select(PIECES), 0..4),
        select(&["", "", "", " ", "\t"][..]),
    )
        .prop_map(|(before, pieces, after)| format!("{before}{}{after}", pieces.concat()));
    let plain_line = "[a-z][a-z =:#\"'-]{0,20}";
    (0..3_usize, vec(prop_oneof![line, plain_line.prop_map(|text| text)], 1..6), 0..4_usize)
        .prop_map(|(before, lines, after)| format!("{}{}{}", "\n".repeat(before), lines.join("\n"), "\n".repeat(after)))
}

/// Any tree that JSON can hold, without floats.
pub(crate) fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        8 => string().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map(string(), inner, 0..5).prop_map(|map| map.into_iter().collect()),
        ]
    })
}
