//! What holds for every input: no panic, no document without a reason, and what was written is what is read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use redis_k8s::model::{
    Auth, DisruptionBudget, EnvVar, Metadata, NetworkPolicy, Peer, Persistence, Redis, RedisSpec, ResourceList,
    Resources, Scheduling, Sentinel, Spread, Storage, Toleration,
};
use redis_k8s::{ApiVersion, ConfigKey, ConfigValue, Duration, LabelKey, LabelValue, Quantity};
use redis_k8s_gen::diagnostic::Place;
use redis_k8s_gen::document::{Loaded, Override, Source, load, read};

const GOOD: [&str; 4] = [
    "apiVersion: redis-k8s-gen.dev/v1alpha1\nkind: Redis\nmetadata:\n  name: cache\n  labels: {team: shop}\nspec:\n  \
     replicas: 3 # comment\n  image: \"redis:8.2\"\n  persistence: both\n  config:\n    maxmemory-policy: allkeys-lru\n    save: [3600 1, '300 100']\n",
    "---\napiVersion: redis-k8s-gen.dev/v1alpha1\nkind: Redis\nmetadata: &m\n  name: a\nspec: {}\n---\n\
     apiVersion: redis-k8s-gen.dev/v1alpha1\nkind: Redis\nmetadata:\n  name: b\n  annotations:\n    note: |\n      two\n\n      \
     lines\nspec:\n  podLabels: &l {a: b}\n  podAnnotations: *l\n",
    "{\"apiVersion\": \"redis-k8s-gen.dev/v1alpha1\", \"kind\": \"Redis\", \"metadata\": {\"name\": \"\\u0061\"},\n\
     \t\"spec\": {\"env\": [{\"name\": \"TZ\", \"value\": \"UTC\"}], \"port\": 6380}}\n",
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: redis-k8s-gen.dev/v1alpha1\n  kind: Redis\n  metadata:\n    name: c\n  \
     spec:\n    sentinel: !!map\n      <<: {quorum: 2}\n      downAfter: 5s\n",
];

/// Loads and checks what must hold for anything.
fn load_sound(bytes: &[u8], overrides: &[Override]) -> Loaded {
    let loaded = load(vec![Source::new("input", bytes)], overrides, ApiVersion::AppsV1);
    let report = &loaded.report;
    assert!(
        report.has_errors() || loaded.documents.len() == report.documents(),
        "a document is missing without an error"
    );
    assert!(report.has_errors() || report.documents() > 0, "neither a document nor an error");
    assert!(loaded.documents.len() <= report.documents());
    assert!(report.diagnostics().len() <= report.errors() + report.warnings());
    for diagnostic in report.diagnostics() {
        if let Place::Text { source, start, end } = diagnostic.place {
            assert_eq!(source, 0);
            assert!(start <= end && end as usize <= bytes.len(), "{diagnostic:?}");
        }
        // A number may end with a point where a message may not.
        let stops = diagnostic.message.ends_with('.') && !diagnostic.message.contains("found the number");
        assert!(!diagnostic.message.is_empty() && !stops, "{diagnostic:?}");
    }
    for color in [false, true] {
        let mut text = Vec::new();
        report.print(&mut text, color).unwrap();
        assert_eq!(text.is_empty(), report.is_empty());
        let text = String::from_utf8(text).unwrap();
        let steers = |c: char| c.is_control() && c != '\n' && !(color && c == '\u{1b}');
        assert!(!text.contains(steers), "{text:?}");
    }
    assert_eq!(report.to_json().as_array().unwrap().len(), report.diagnostics().len());
    loaded
}

#[test]
fn the_good_documents_are_good() {
    for text in GOOD {
        let loaded = load_sound(text.as_bytes(), &[]);
        let mut problems = Vec::new();
        loaded.report.print(&mut problems, false).unwrap();
        assert!(!loaded.report.has_errors(), "{}", String::from_utf8_lossy(&problems));
    }
}

/// A piece of text that a YAML parser has to think about.
fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "---",
            "...",
            "\n",
            "\r",
            "\r\n",
            "\t",
            "  ",
            "- ",
            "? ",
            ": ",
            "#",
            "|",
            ">",
            "|+2\n",
            "&a ",
            "*a",
            "!!str ",
            "!<x> ",
            "!",
            "%TAG ! x\n",
            "{",
            "}",
            "[",
            "]",
            ",",
            "\"",
            "'",
            "\\",
            "\\u",
            "\\xZZ",
            "<<: ",
            "~",
            "null",
            "0x",
            "1e9",
            ".nan",
            "\u{feff}",
            "\u{85}",
            "\u{2028}",
            "é",
            "𝄞",
            "spec:",
            "replicas:",
            "metadata:",
            "name:",
            "-1",
            "kind: List\n",
            "items:",
            "@",
            "`",
            "{{ x }}",
        ])
        .prop_map(str::to_owned),
        "[ -~\n]{0,6}",
        any::<char>().prop_map(String::from),
    ]
}

/// A good document after some accidents.
fn mutant() -> impl Strategy<Value = Vec<u8>> {
    let accident = (any::<prop::sample::Index>(), 0..20_usize, fragment());
    (select(GOOD.to_vec()), vec(accident, 1..6), any::<bool>()).prop_map(|(text, accidents, cut)| {
        let mut bytes = text.as_bytes().to_vec();
        for (place, length, fragment) in accidents {
            let start = place.index(bytes.len() + 1);
            let end = (start + length).min(bytes.len());
            let removed = if cut { start..end } else { start..start };
            bytes.splice(removed, fragment.into_bytes());
        }
        bytes
    })
}

fn set_argument() -> impl Strategy<Value = String> {
    let key = select(vec![
        "spec",
        "replicas",
        "env",
        "[0]",
        "[1]",
        "[9]",
        "name",
        "metadata",
        "labels",
        "\"a.b/c\"",
        "['x']",
        "config",
        "save",
        "",
        "\\.",
        "x",
    ]);
    let value = select(vec!["", "3", "null", "{a: b}", "[x", "\"x\"", "yes", "-1", "{}", "[]", "'", "{a: {b: [c]}}"]);
    (vec(key, 0..4), value, any::<bool>()).prop_map(|(keys, value, has_value)| {
        let path = keys.join(".").replace(".[", "[");
        if has_value { format!("{path}={value}") } else { path }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        load_sound(&bytes, &[]);
    }

    #[test]
    fn any_fragments_are_read_or_refused(fragments in vec(fragment(), 0..30)) {
        load_sound(fragments.concat().as_bytes(), &[]);
    }

    #[test]
    fn mutants_are_read_or_refused(bytes in mutant()) {
        load_sound(&bytes, &[]);
    }

    #[test]
    fn any_flags_are_taken_or_refused(text in select(GOOD.to_vec()), arguments in vec(set_argument(), 1..4)) {
        let overrides: Vec<Override> = arguments.into_iter().map(Override::set).collect();
        load_sound(text.as_bytes(), &overrides);
    }

    #[test]
    fn what_is_written_is_what_is_read(documents in vec(redis(), 1..4)) {
        let documents: Vec<Redis> = documents
            .into_iter()
            .enumerate()
            .map(|(number, mut redis)| {
                redis.metadata.name = format!("{}-{number}", redis.metadata.name).parse().unwrap();
                redis
            })
            .collect();
        let yaml: Vec<String> = documents.iter().map(|redis| redis_k8s::emit::to_yaml(redis).unwrap()).collect();
        let json: Vec<String> = documents.iter().map(|redis| serde_json::to_string(redis).unwrap()).collect();
        let pretty: Vec<String> = documents.iter().map(|redis| serde_json::to_string_pretty(redis).unwrap()).collect();
        let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": documents}).to_string();
        for text in [yaml.join("---\n"), escaped(&json.join("\n---\n")), escaped(&pretty.join("\n---\n")), escaped(&list)] {
            prop_assert_eq!(&read_all(&text), &documents, "{}", text);
        }
    }
}

/// JSON with escapes for the characters YAML does not take as they are; `serde_json` leaves them bare.
fn escaped(json: &str) -> String {
    json.chars().fold(String::new(), |mut escaped, c| {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                std::fmt::Write::write_fmt(&mut escaped, format_args!("\\u{:04x}", u32::from(c))).unwrap();
            }
            c => escaped.push(c),
        }
        escaped
    })
}

/// The documents of a text that has nothing wrong in it; what they mean is not asked.
fn read_all(text: &str) -> Vec<Redis> {
    let loaded = read(vec![Source::new("input", text)], &[]);
    let mut problems = Vec::new();
    loaded.report.print(&mut problems, false).unwrap();
    assert!(problems.is_empty(), "{}", String::from_utf8_lossy(&problems));
    loaded.documents
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        fragment(),
        select(vec![
            "yes",
            "0x1F",
            "1_000",
            "1e3",
            "",
            " ",
            "null",
            "-",
            "a: b",
            "# x",
            "\n",
            " a\n\n b \n",
            "'\"'",
            "\u{7f}"
        ])
        .prop_map(str::to_owned),
    ]
}

fn labels() -> impl Strategy<Value = std::collections::BTreeMap<LabelKey, LabelValue>> {
    let key = prop_oneof!["[a-z][a-z0-9]{0,8}", "example\\.com/[A-Za-z][a-z]{0,5}", "[0-9]{1,3}", "y|on|null|true"];
    let value = prop_oneof!["[a-z0-9]{0,10}", "[0-9]\\.[0-9]", "y|on|null|true|0x1"];
    btree_map(key.prop_map(|k| k.parse().unwrap()), value.prop_map(|v| v.parse().unwrap()), 0..4)
}

fn config() -> impl Strategy<Value = std::collections::BTreeMap<ConfigKey, ConfigValue>> {
    let line = || text().prop_map(|line| line.replace(['\n', '\r', '\0'], ""));
    let value = prop_oneof![line().prop_map(ConfigValue::One), vec(line(), 0..3).prop_map(ConfigValue::Many)];
    btree_map(select(vec!["save", "maxmemory", "loglevel", "hz"]).prop_map(|key| key.parse().unwrap()), value, 0..3)
}

fn duration() -> impl Strategy<Value = Duration> {
    (0_u32..30_000_000).prop_map(Duration::from_secs)
}

fn quantity() -> impl Strategy<Value = Quantity> {
    select(vec!["1", "500m", "1.5", "8Gi", "1e3", "0", "1024Mi", "7Ei", "10G"]).prop_map(|text| text.parse().unwrap())
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let name = "[a-z][a-z0-9]{0,9}";
    let annotations = btree_map("[a-z]{1,5}".prop_map(|key| key.parse().unwrap()), text(), 0..3);
    (name, option::of("[a-z]{1,8}|[0-9]{1,3}"), labels(), annotations).prop_map(
        |(name, namespace, labels, annotations)| Metadata {
            namespace: namespace.map(|text| text.parse().unwrap()),
            labels,
            annotations,
            ..Metadata::new(name.parse().unwrap())
        },
    )
}

fn sentinel() -> impl Strategy<Value = Sentinel> {
    (option::of(1_u32..9), option::of(1_u32..5), option::of(duration()), option::of(config())).prop_map(
        |(replicas, quorum, down_after, config)| Sentinel {
            replicas,
            quorum,
            down_after,
            config,
            ..Sentinel::default()
        },
    )
}

fn resources() -> impl Strategy<Value = Resources> {
    let list = || {
        (option::of(quantity()), option::of(quantity())).prop_map(|(cpu, memory)| ResourceList {
            cpu,
            memory,
            ..ResourceList::default()
        })
    };
    (option::of(list()), option::of(list())).prop_map(|(requests, limits)| Resources { requests, limits })
}

fn scheduling() -> impl Strategy<Value = Scheduling> {
    let toleration =
        (option::of(select(vec!["dedicated", "spot"])), option::of(duration())).prop_map(|(key, period)| Toleration {
            key: key.map(|key| key.parse().unwrap()),
            toleration_period: period,
            ..Toleration::default()
        });
    let spread = select(vec![Spread::None, Spread::Preferred, Spread::Required]);
    (option::of(labels()), option::of(vec(toleration, 0..3)), option::of(spread)).prop_map(
        |(node_selector, tolerations, spread_nodes)| Scheduling {
            node_selector,
            tolerations,
            spread_nodes,
            ..Scheduling::default()
        },
    )
}

prop_compose! {
    fn spec()(
        replicas in option::of(0_u32..70),
        image in option::of(select(vec!["redis:8.2", "valkey/valkey:9", "localhost:5000/a/b:1.0"])),
        port in option::of(1_u16..),
        config in option::of(config()),
        persistence in option::of(select(vec![Persistence::Aof, Persistence::None, Persistence::Both])),
        size in option::of(quantity()),
        sentinel in option::of(sentinel()),
        resources in option::of(resources()),
        scheduling in option::of(scheduling()),
        env in option::of(vec(("[A-Z]{1,5}", text()), 0..3)),
        clients in option::of(vec(option::of(labels()), 0..3)),
        enabled in option::of(any::<bool>()),
    ) -> RedisSpec {
        RedisSpec {
            replicas,
            image: image.map(|image| image.parse().unwrap()),
            port: port.and_then(std::num::NonZeroU16::new),
            config,
            persistence,
            storage: size.map(|size| Box::new(Storage { size: Some(size), ..Storage::default() })),
            sentinel: sentinel.map(Box::new),
            resources: resources.map(Box::new),
            scheduling: scheduling.map(Box::new),
            env: env.map(|env| {
                env.into_iter().map(|(name, value)| EnvVar { name: name.parse().unwrap(), value, value_from: None }).collect()
            }),
            network_policy: clients.map(|clients| Box::new(NetworkPolicy {
                clients: Some(clients.into_iter().map(|pods| Peer { pods, ..Peer::default() }).collect()),
                ..NetworkPolicy::default()
            })),
            disruption_budget: enabled.map(|enabled| {
                Box::new(DisruptionBudget { enabled: Some(enabled), ..DisruptionBudget::default() })
            }),
            auth: enabled.map(|_| Box::new(Auth::default())),
            ..RedisSpec::default()
        }
    }
}

fn redis() -> impl Strategy<Value = Redis> {
    (metadata(), spec()).prop_map(|(metadata, spec)| {
        let mut redis = Redis::new(metadata.name.clone());
        redis.metadata = metadata;
        redis.spec = spec;
        redis
    })
}
