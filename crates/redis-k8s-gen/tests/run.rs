//! `run` as a program that links it sees it: streams, exit codes, nothing left behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{self, Write};

use redis_k8s_gen::{Environment, Io, run};

/// What a run wrote, and its exit code.
struct Ran {
    code: u8,
    out: String,
    err: String,
}

fn command(args: &[&str]) -> Ran {
    with_stdin(args, b"")
}

fn with_stdin(args: &[&str], mut stdin: &[u8]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut stdin, stdout: &mut out, stderr: &mut err, environment: Environment::default() };
    let code = run(["redis-k8s-gen"].iter().chain(args), &mut io);
    Ran { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn document(name: &str, spec: &str) -> String {
    format!("---\napiVersion: redis-k8s-gen.dev/v1alpha1\nkind: Redis\nmetadata: {{name: {name}}}\nspec: {spec}\n")
}

fn fleet(size: usize) -> String {
    (0..size).map(|number| document(&format!("fleet-{number}"), "{storage: {size: 1Gi}}")).collect()
}

#[test]
fn a_second_run_is_as_the_first() {
    let first = command(&["render"]);
    let second = command(&["render"]);
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(first.out.starts_with("---\napiVersion: v1\n"), "{}", first.out);
    assert_eq!(first.out, second.out);
}

#[test]
fn standard_input_is_read_only_when_asked_for() {
    let cache = document("cache", "{}");
    let asked = with_stdin(&["render", "-", "-o", "name"], cache.as_bytes());
    assert!(asked.out.contains("statefulset.apps/cache\n"), "{}", asked.out);
    for command in ["render", "steps", "secret"] {
        let not_asked = with_stdin(&[command], cache.as_bytes());
        assert_eq!((not_asked.code, not_asked.out.as_str()), (2, ""), "{command}");
        assert!(not_asked.err.contains("name it `-` to read it"), "{}", not_asked.err);
    }
    assert_eq!(with_stdin(&["secret", "--secret", "cache-auth"], cache.as_bytes()).code, 0);
    assert_eq!(with_stdin(&["render", "-", "-"], b"").code, 2);
}

/// A reader that has gone away after so many bytes.
struct Closing(usize);

impl Write for Closing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_pipe_is_fine_and_silent() {
    for args in [&["render", "-q"][..], &["render", "-q", "-o", "json"], &["schema"], &["man"], &["--help"]] {
        for open_for in [0, 100] {
            let mut err = Vec::new();
            let mut io = Io {
                stdin: &mut io::empty(),
                stdout: &mut Closing(open_for),
                stderr: &mut err,
                environment: Environment::default(),
            };
            assert_eq!(run(["redis-k8s-gen"].iter().chain(args), &mut io), 0, "{args:?}");
            assert_eq!(String::from_utf8_lossy(&err), "", "{args:?}");
        }
    }
}

/// A disk that is full.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_of_the_environment() {
    let mut err = Vec::new();
    let mut io =
        Io { stdin: &mut io::empty(), stdout: &mut Full, stderr: &mut err, environment: Environment::default() };
    assert_eq!(run(["redis-k8s-gen", "render", "-q"], &mut io), 2);
    assert!(String::from_utf8_lossy(&err).starts_with("error: cannot write to standard output: "));
}

#[test]
fn nothing_is_written_when_one_document_of_a_thousand_is_wrong() {
    let mut documents = fleet(1000);
    documents.push_str(&document("last", "{replicas: many}"));
    for form in ["yaml", "json", "name"] {
        let ran = with_stdin(&["render", "-", "-o", form], documents.as_bytes());
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.err);
        assert!(ran.err.contains("spec.replicas"), "{}", ran.err);
    }
}

#[test]
fn a_fleet_is_its_instances_one_after_the_other() {
    let ran = with_stdin(&["render", "-", "-q"], fleet(150).as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let one_by_one: String = (0..150)
        .map(|number| {
            let one = document(&format!("fleet-{number}"), "{storage: {size: 1Gi}}");
            with_stdin(&["render", "-", "-q"], one.as_bytes()).out
        })
        .collect();
    assert!(ran.out == one_by_one, "in parallel and one by one the bytes differ");
}

#[test]
fn the_json_of_a_fleet_is_one_list() {
    let ran = with_stdin(&["render", "-", "-q", "-o", "json"], fleet(100).as_bytes());
    let list: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(list["kind"], "List");
    let items = list["items"].as_array().unwrap();
    let names = with_stdin(&["render", "-", "-q", "-o", "name"], fleet(100).as_bytes()).out;
    assert_eq!(items.len(), names.lines().count());
    assert_eq!(items.iter().filter(|item| item["kind"] == "StatefulSet").count(), 200);
}

#[test]
fn selected_objects_are_the_only_ones() {
    let ran = command(&["render", "-q", "-o", "name", "--only", "sts", "--only", "cm/redis-settings"]);
    assert_eq!(ran.out, "configmap/redis-settings\nstatefulset.apps/redis\nstatefulset.apps/redis-sentinel\n");
    let of_the_last = with_stdin(&["render", "-", "-q", "-o", "name", "--only", "sts/fleet-99"], fleet(100).as_bytes());
    assert_eq!(of_the_last.out, "statefulset.apps/fleet-99\n");
    let json = with_stdin(&["render", "-", "-q", "-o", "json", "--only", "sts/fleet-99"], fleet(100).as_bytes());
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json.out).unwrap()["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_selection_of_nothing_is_refused_before_anything_is_written() {
    let ran = with_stdin(&["render", "-", "-q", "--only", "sts", "--only", "deployment"], fleet(3).as_bytes());
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("--only deployment matches nothing"), "{}", ran.err);
    assert!(ran.err.contains("statefulset.apps/fleet-0"), "{}", ran.err);
}

#[test]
fn files_hold_what_the_stream_holds() {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("new/manifests");
    let ran = command(&["render", "-v", "--output-dir", to.to_str().unwrap()]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let names = command(&["render", "-q", "-o", "name"]).out;
    let files: Vec<_> = std::fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files.len(), names.lines().count(), "{files:?}");
    assert!(ran.err.contains(&format!("wrote {} files", files.len())), "{}", ran.err);
    let set = std::fs::read_to_string(to.join("apps_v1_statefulset_redis.yaml")).unwrap();
    assert_eq!(command(&["render", "-q", "--only", "sts/redis"]).out, format!("---\n{set}"));
}

#[test]
fn files_of_the_same_name_leave_the_directory_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().to_str().unwrap();
    std::fs::write(dir.path().join("mine.txt"), "mine").unwrap();
    let in_namespace = |namespace: &str| {
        document("cache", "{}").replace("{name: cache}", &format!("{{name: cache, namespace: {namespace}}}"))
    };
    let both = in_namespace("a") + &in_namespace("b");
    let ran = with_stdin(&["render", "-", "--output-dir", to], both.as_bytes());
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("two objects would be written to the file"), "{}", ran.err);
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["mine.txt"]);
    let new = dir.path().join("new");
    assert_eq!(with_stdin(&["render", "-", "--output-dir", new.to_str().unwrap()], both.as_bytes()).code, 1);
    assert!(!new.exists());
}

#[test]
fn a_directory_in_the_place_of_a_file_leaves_everything_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().to_str().unwrap();
    std::fs::create_dir(dir.path().join("v1_service_redis-read.yaml")).unwrap();
    let ran = command(&["render", "--output-dir", to]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("v1_service_redis-read.yaml: it is a directory, not a file"), "{}", ran.err);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn files_that_are_no_longer_rendered_are_told_and_stay() {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().to_str().unwrap();
    let write = |args: &[&str]| command(&[&["render", "--output-dir", to], args].concat());
    assert_eq!(write(&["--set", "spec.replicas=5"]).code, 0);
    assert_eq!(write(&["--name", "other", "--only", "sts"]).code, 0);
    std::fs::write(dir.path().join("v1_configmap_mine.yaml"), "metadata:\n  name: mine\n").unwrap();
    let secret = command(&["secret", "--secret", "redis-auth"]).out + "    app.kubernetes.io/instance: redis\n";
    std::fs::write(dir.path().join("v1_secret_redis-auth.yaml"), secret).unwrap();
    let told = write(&[]).err;
    let left = "v1_service_redis-announce-3.yaml, v1_service_redis-announce-4.yaml;";
    assert!(told.contains(&format!("still in {to}: {left}")), "{told}");
    assert!(dir.path().join("v1_service_redis-announce-4.yaml").exists());
    assert!(!write(&["--only", "sts"]).err.contains("still in"), "a part says nothing of the rest");
}

#[test]
fn a_directory_that_cannot_be_one_is_an_error_of_the_environment() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let ran = command(&["render", "--output-dir", path.to_str().unwrap()]);
        assert_eq!(ran.code, 2, "{}", ran.err);
    }
    assert_eq!(command(&["render", "--output-dir", "/proc/nowhere"]).code, 2);
}

#[test]
fn a_secret_is_fresh_every_time_and_has_the_keys_the_document_names() {
    let auth = document("cache", "{auth: {secret: cache-auth, key: servers, sentinelKey: sentinels}}");
    let secret = || with_stdin(&["secret", "-"], auth.as_bytes()).out;
    let (one, other) = (secret(), secret());
    assert_ne!(one, other);
    for line in ["kind: Secret", "  name: cache-auth", "    app.kubernetes.io/instance: cache", "type: Opaque"] {
        assert!(one.lines().any(|it| it == line), "{line} in {one}");
    }
    let password = |key: &str| {
        let line = one.lines().find_map(|line| line.trim_start().strip_prefix(key)).unwrap();
        line.trim_matches('"').to_owned()
    };
    assert_eq!((password("servers: ").len(), password("sentinels: ").len()), (32, 32));
    assert_ne!(password("servers: "), password("sentinels: "));
}

#[test]
fn a_document_without_auth_has_no_secret() {
    let ran = with_stdin(&["secret", "-"], document("cache", "{}").as_bytes());
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("set spec.auth.secret"), "{}", ran.err);
}

#[test]
fn documents_to_start_from_take_a_name_and_a_namespace() {
    for profile in ["minimal", "production", "tutorial"] {
        // Words of the other one in each of them.
        let (name, namespace) = ("shop-cache", "cache-shop");
        let text = command(&["init", "--profile", profile, "--name", name, "--namespace", namespace]).out;
        let names = with_stdin(&["render", "-", "-q", "--only", "sts"], text.as_bytes()).out;
        assert!(names.contains("  name: shop-cache-sentinel\n  namespace: cache-shop\n"), "{names}");
        let left = text.replace(name, "").replace(namespace, "");
        assert!(!left.contains("cache-") && !left.contains("shop"), "{left}");
    }
}

#[test]
fn documents_to_start_from_are_fine_and_stay_so_under_strict() {
    for profile in ["minimal", "production", "tutorial"] {
        let text = command(&["init", "--profile", profile]).out;
        let checked = with_stdin(&["validate", "--strict", "-"], text.as_bytes());
        assert_eq!(checked.code, 0, "{profile}: {}", checked.err);
    }
}
