//! What the scripts use, and what they let others see.

use std::fs;

use crate::container::{SCRIPTS, TESTS, USERS, function_name, in_each_shell, script};
use crate::peer::Peer;
use crate::shell::{Shell, TOOLS};

/// The words of a text.
fn words(text: &str) -> Vec<&str> {
    text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_' && character != '-').collect()
}

#[test]
fn every_function_is_named_by_a_test() {
    let tests: String = fs::read_dir(TESTS)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    // An end of line inside a piece of shell is written with a letter.
    let tests = tests.replace("\\n", "\n");
    let tested = words(&tests);
    let mut functions = 0;
    for name in SCRIPTS.iter().chain([&USERS]) {
        for function in script(name).lines().filter_map(function_name) {
            assert!(tested.contains(&function), "{function} of {name} has no test");
            functions += 1;
        }
    }
    assert!(functions > 60, "{functions} functions are not all");
}

/// Lines of docs/troubleshooting.md that no script says would send people looking; the published crate has no docs/ beside it.
#[test]
fn the_page_of_what_pods_say_has_their_words() {
    let Ok(page) = fs::read_to_string("../../docs/troubleshooting.md") else { return };
    let scripts: String = SCRIPTS.iter().chain([&USERS, &"topology.env"]).map(|name| script(name)).collect();
    let mut told = 0;
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let said = row.split('|').nth(1).unwrap_or_default();
        for words in said.split('`').skip(1).step_by(2) {
            assert!(scripts.contains(words), "no script says {words}");
            told += 1;
        }
    }
    assert!(told > 25, "{told} are not all");
}

#[test]
fn the_list_of_tools_holds_no_more_than_what_is_used() {
    let code = |name: &&str| -> String {
        script(name).lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
    };
    let scripts: Vec<String> = SCRIPTS.iter().chain([&USERS]).map(code).collect();
    for tool in TOOLS {
        assert!(scripts.iter().any(|text| words(text).contains(&tool)), "nothing uses {tool}");
    }
}

#[test]
fn a_tool_that_is_not_on_the_list_is_not_there() {
    in_each_shell(|container| {
        // Busybox is all of its tools, on PATH or not.
        let ran = container.call("common.sh", "perl 2>/dev/null; echo $?");
        assert_eq!(ran.out, "127\n");
    });
}

#[test]
fn no_here_document_runs_a_program() {
    // Busybox's timeout leaves a process behind that holds what it inherited for up to a second: here the pipe of the document.
    for name in SCRIPTS.iter().chain([&USERS]) {
        let text = script(name);
        let mut documents = text.lines().zip(text.lines().skip(1)).filter(|(line, _)| line.contains("<<"));
        assert!(documents.all(|(_, next)| next.starts_with('$') && !next.contains("$(")), "{name}");
    }
}

#[test]
fn no_program_gets_a_secret_as_an_argument() {
    in_each_shell(|container| {
        if container.shell == Shell::Busybox {
            // It runs its own tools without PATH, and so without a record.
            return;
        }
        container.record_arguments();
        // What a shell would do something with, and two that begin alike.
        for (name, secret) in [
            ("server", "hunter2 $(id) ' * "),
            ("server-previous", "hunter1 `id` \" \\ "),
            ("sentinel", "fisher2 ${HOME} # "),
            ("sentinel-previous", "fisher1 %s \\x41 "),
        ] {
            container.secret(name, secret);
        }
        container.mount("auth");
        container.set("PATIENCE", "3");
        container.topology("auth", "1");
        let peer = |peer: Peer| peer.but("PING", "PONG");
        container.server(1, &peer(Peer::master()));
        container.at(
            "127.0.0.1:6379",
            &peer(Peer::master()).but("INFO replication", "# Replication\nrole:master\nrepl_backlog_histlen:0"),
        );
        container.at("127.0.0.1:26379", &peer(Peer::naming("10.0.0.11", 7)));
        for ordinal in 0..3 {
            container.sentinel(ordinal, &peer(Peer::naming("10.0.0.11", 7)));
        }
        container.write("data/sentinel.conf", "sentinel monitor mymaster 10.0.0.11 6379 2\n");
        container.write("etc/redis-k8s/live.conf", "maxmemory 1mb\n");
        for watch in ["server", "sentinel"] {
            container.write(&format!("etc/redis-k8s/{watch}-watch.sh"), "");
        }
        // Each run is searched for them: see `Container::run`.
        assert!(container.run("server-start.sh", &[]).out.contains("exec redis-server"));
        container.run("server-stop.sh", &[]);
        container.call("server-watch.sh", "most=2; listen; sample <&4; apply resetpass; exec 5>&-; wait");
        let masterauth = "CONFIG SET masterauth \"\\x68\\x75\\x6e\\x74\\x65\\x72\\x31";
        assert!(!container.calls_to("127.0.0.1:6379", masterauth).is_empty());
        container.sentinels(&[Peer::blank(), Peer::blank(), Peer::blank()]);
        container.call(
            "server-start.sh",
            "survey; register_everywhere 10.0.0.11; stamp=0 waited=0 post_next=0; post; read_board",
        );
        container.set("POD_NAME", "redis-sentinel-0");
        assert!(container.run("sentinel-start.sh", &[]).out.contains("--sentinel"));
        container.call(
            "sentinel-watch.sh",
            "applied='' calm='' own=10.0.0.11 teller=''; apply; look_at_self; listen; read -r _ <&4; close 10.0.0.11",
        );
        container.run("sentinel-stop.sh", &[]);
        // The record is one of everything.
        let arguments = container.read("arguments");
        for program in ["redis-cli ", "redis-server ", "od ", "sha256sum", "sed ", "timeout "] {
            assert!(arguments.lines().any(|line| line.starts_with(program)), "{program}: {arguments}");
        }
    });
}
