//! Renderings with one change each, made anew from a seed: what the schemas of Kubernetes refuse, `validate` must not call fine.

use std::collections::BTreeMap;
use std::process::Command;

use redis_k8s::{ApiVersion, KubernetesVersion};
use redis_k8s_gen::document::{Source, validate};
use serde_json::{Value, json};

use crate::renderings::{Rendering, repository};
use crate::tools::Tool;

const MUTANTS: usize = 1000;
/// The release both sides judge for.
const RELEASE: &str = "1.33";

/// What the schema requires, and the API server takes the absence of for an empty one, as later schemas say.
const NOT_REQUIRED: &str = "'podSelector' is a required property";

/// Numbers that are the same for a seed (xorshift of 64 bits).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
    }
}

/// JSON pointers of all values but those that say what an object is.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    let entries: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        _ => return,
    };
    for (key, value) in entries {
        let below = format!("{here}/{key}");
        if !matches!(&*below, "/apiVersion" | "/kind" | "/metadata" | "/metadata/name") {
            found.push(below.clone());
        }
        places(value, &below, found);
    }
}

/// Changes one value, and says how.
fn mutate(object: &mut Value, numbers: &mut Numbers) -> String {
    let mut found = Vec::new();
    places(object, "", &mut found);
    let place = found[numbers.below(found.len())].clone();
    let (parent, key) = place.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    let values = [
        json!("x"),
        json!(""),
        json!("5"),
        json!(5),
        json!(-1),
        json!(1.5),
        json!(1_u64 << 40),
        json!(true),
        json!([]),
        json!(["x"]),
        json!([5]),
        json!([{}]),
        json!({}),
        json!({"x": "y"}),
        json!({"x": 5}),
    ];
    let value = values[numbers.below(values.len())].clone();
    let parent = object.pointer_mut(parent).unwrap();
    match (parent, numbers.below(4)) {
        (Value::Object(map), 0) => {
            map.remove(&key);
            format!("without {place}")
        }
        (Value::Object(map), 1) => {
            let value = map.remove(&key).unwrap();
            map.insert(format!("{key}X"), value);
            format!("{place} renamed")
        }
        (parent, _) => {
            let old = match parent {
                Value::Object(map) => &mut map[&key],
                parent => &mut parent[key.parse::<usize>().unwrap()],
            };
            *old = value;
            format!("{place} is {old}")
        }
    }
}

#[test]
fn nothing_the_schemas_refuse_is_called_fine() {
    let Some(python) = Tool::Python.find() else { return };
    let seed = std::env::var("MUTANTS_SEED").map_or(2015, |seed| seed.parse().unwrap());
    let mut numbers = Numbers(seed);
    let renderings = Rendering::all().into_iter().filter(|rendering| rendering.target == "apps/v1");
    let objects: Vec<Value> = renderings.flat_map(|rendering| rendering.objects()).collect();
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(python);
    command.arg(repository().join("tools/validate_renderings.py")).arg("--repository").arg(repository());
    let release: KubernetesVersion = RELEASE.parse().unwrap();
    let mut passed = BTreeMap::new();
    for number in 0..MUTANTS {
        let mut object = objects[numbers.below(objects.len())].clone();
        let change = mutate(&mut object, &mut numbers);
        let name = format!("{number}.json");
        let file = directory.path().join(&name);
        std::fs::write(&file, object.to_string()).unwrap();
        command.arg(&file).arg(&file);
        let report = validate(vec![Source::new(&*name, object.to_string())], &[], ApiVersion::AppsV1, &release).report;
        if !report.has_errors() {
            passed.insert(name, format!("{} {change}", object["kind"]));
        }
    }
    let output = command.output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains(&format!("{MUTANTS} objects in")), "{report}{}", String::from_utf8_lossy(&output.stderr));
    let refused = report.lines().filter(|line| line.contains(&format!(": Kubernetes {RELEASE}: ")));
    let refused: BTreeMap<&str, &str> = refused.filter_map(|line| line.split_once(": ")).collect();
    let missed: Vec<String> = refused
        .iter()
        .filter(|(_, problem)| !problem.ends_with(NOT_REQUIRED))
        .filter_map(|(name, problem)| Some(format!("{}: {problem}", passed.get(*name)?)))
        .collect();
    assert!(missed.is_empty(), "seed {seed}:\n{}", missed.join("\n"));
    assert!(
        refused.len() > MUTANTS / 3 && passed.len() > MUTANTS / 20,
        "{} refused, {} passed",
        refused.len(),
        passed.len()
    );
}
