//! users.sh: who the users are, what a server is told of them, and how pods of before come to know ours.

use crate::container::{Container, in_each_shell};

const HUNTER: &str = "#f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7";
const SECRET: &str = "#2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

const LINES: &str = "app app-password ~app:* +@read\nmetrics - #00 +info\n";

/// An instance whose servers have the password hunter2, and the user app the same.
fn with_users(container: &mut Container, lines: &str) {
    container.topology("auth", "1");
    container.users(lines);
    container.secret("server", "hunter2");
    container.secret("app-password", "hunter2\n");
}

fn lines(container: &Container, script: &str, text: &str) -> Vec<String> {
    container.call(script, text).lines().iter().map(ToString::to_string).collect()
}

#[test]
fn users_are_those_of_the_document_and_of_the_file() {
    in_each_shell(|container| {
        with_users(container, LINES);
        let app = format!("user app reset on ~app:* +@read {HUNTER} ");
        let metrics = "user metrics reset on #00 +info ".to_owned();
        assert_eq!(lines(container, "common.sh", "of_document"), [app.clone(), metrics.clone()]);
        // Both passwords while they change.
        container.secret("previous-app-password", "secret");
        assert_eq!(
            lines(container, "common.sh", "of_document")[0],
            format!("user app reset on ~app:* +@read {HUNTER} {SECRET} ")
        );
        std::fs::remove_file(container.path("etc/redis-k8s-auth/previous-app-password")).unwrap();
        container.users(&format!("default - off\n{LINES}late late-password +@all\n"));
        assert_eq!(
            lines(container, "common.sh", "of_document 2>&1")[2..],
            ["user late has no password: there is no key late-password in the Secret", "user late reset on +@all ",]
        );
        container.users(LINES);
        assert!(lines(container, "common.sh", "of_file").is_empty());
        std::fs::create_dir_all(container.path("etc/redis-k8s-auth/acl")).unwrap();
        container.write(
            "etc/redis-k8s-auth/acl/file",
            "user default on nopass ~* +@all\nuser redis-k8s on >hunter2 +@all\n\n# a note\nuser app off\n\
             user batch on >hunter2 <hunter2 ~batch:* &* (~a +get)\r\nuser odd on ~a\"b +get\nuser last on #00 ~x*?[a] +get",
        );
        let batch = format!("user batch reset on {HUNTER} ~batch:* &* (~a +get)");
        let last = "user last reset on #00 ~x*?[a] +get".to_owned();
        assert_eq!(
            lines(container, "common.sh", "of_file 2>&1"),
            [
                "the file's user default is not taken: the name is ours",
                "the file's user redis-k8s is not taken: the name is ours",
                "user app reset off",
                &batch,
                "the file's user odd is not taken: there are quotes or a backslash in its rules",
                &last,
            ]
        );
        let everyone = [app, metrics, batch, last].map(|line| line.trim_end().to_owned());
        assert_eq!(lines(container, "common.sh", "everyone 2>/dev/null"), everyone);
    });
}

#[test]
fn a_configuration_has_users_a_server_has_taken_and_the_default_one_while_somebody_is_it() {
    in_each_shell(|container| {
        with_users(container, LINES);
        let users =
            |container: &Container, script: &str, what: &str| lines(container, script, &format!("users {what}"));
        let start = |container: &Container| users(container, "server-start.sh", "server");
        let on = format!("user default on ~* &* +@all {HUNTER} ");
        let off = format!("user default off ~* &* +@all {HUNTER} ");
        let given = start(container);
        assert_eq!(given[0], on);
        assert!(
            given[1].starts_with("user redis-k8s on resetkeys resetchannels &__sentinel__:hello -@all +"),
            "{given:?}"
        );
        assert!(given[1].ends_with(&format!(" {HUNTER} ")) && given.len() == 2, "{given:?}");
        let metrics = "user metrics reset on #00 +info";
        container.write("run/redis-k8s/users", &format!("{metrics}\n\n"));
        assert_eq!(start(container)[2..], [metrics]);
        assert_eq!(lines(container, "server-watch.sh", "always server resetpass")[0], on.replace('#', "resetpass #"));
        container.users(&format!("default - off\n{LINES}"));
        assert_eq!(start(container)[0], off);
        container.write("run/redis-k8s/open", "");
        assert_eq!(start(container)[0], on);
        std::fs::remove_file(container.path("run/redis-k8s/open")).unwrap();
        // Sentinels have theirs, and what ours may there is all.
        container.secret("sentinel", "secret");
        container.sentinel_users("");
        let all = [on.replace(HUNTER, SECRET), on.replace(HUNTER, SECRET).replace("default", "redis-k8s")];
        assert_eq!(users(container, "sentinel-start.sh", "sentinel"), all);
        // Whoever runs on while the document has no users any more is the default one again.
        let user = "password server; echo $user";
        assert_eq!(lines(container, "common.sh", user), ["redis-k8s"]);
        std::fs::remove_file(container.path("etc/redis-k8s/users.conf")).unwrap();
        assert_eq!(lines(container, "common.sh", user), ["default"]);
        assert_eq!(start(container)[0], on);
    });
}

#[test]
fn a_running_server_is_given_its_users_and_keeps_no_others() {
    in_each_shell(|container| {
        with_users(container, LINES);
        let stubs = "order() { case $* in *metrics*) answer='ERR no'; false ;; *) echo \"orders $*\" >&2 ;; esac; }\n\
                     ask() { case $* in *USERS) printf '%s\\n' default app ap redis-k8s ;; *) echo \"asks $*\" >&2 ;; esac; }\n";
        let grants = |kind: &str| format!("{stubs}grant {kind} 2>&1; echo taken; cat \"$run/users\"");
        let told = lines(container, "server-watch.sh", &grants("server"));
        let app = format!("user app reset on ~app:* +@read {HUNTER}");
        assert_eq!(told[0], format!("orders ACL SETuser default on {HUNTER}"));
        assert!(told[1].starts_with("orders ACL SETuser redis-k8s on resetkeys "), "{told:?}");
        assert_eq!(
            told[2..5],
            [
                format!("orders ACL SET{app}"),
                "user metrics is not taken: ERR no".to_owned(),
                "asks server 127.0.0.1 ACL DELUSER ap".to_owned(),
            ]
        );
        assert!(
            told[5..].contains(&app) && told.iter().filter(|line| line.contains("metrics")).count() == 1,
            "{told:?}"
        );
        // One that stops may have no failover any more, and is not given it back.
        container.secret("sentinel", "secret");
        container.sentinel_users("default - off\napp app-password &* +ping\n");
        let told = lines(container, "sentinel-watch.sh", &grants("sentinel resetpass"));
        let app = format!("user app reset on &* +ping {HUNTER}");
        let taken = |name: &str, state: &str| format!("user {name} {state} resetpass {SECRET} ");
        let [default, own] = [taken("default", "off"), taken("redis-k8s", "on")];
        let orders = [&default, &own, &app].map(|line| format!("orders ACL SET{}", line.trim_end()));
        let others = ["asks sentinel 127.0.0.1 ACL DELUSER ap", "taken"].map(str::to_owned);
        assert_eq!(told[..5], [&orders[..], &others].concat());
        let users = lines(container, "sentinel-start.sh", "users sentinel");
        assert_eq!(users[0], format!("user default off ~* &* +@all {SECRET} "));
        assert_eq!(users[2..], [app]);
        // It is the default user, as those of after are, once that one is on again.
        for list in ["users.conf", "sentinel-users.conf"] {
            std::fs::remove_file(container.path(&format!("etc/redis-k8s/{list}"))).unwrap();
        }
        let user = "password sentinel; echo $user";
        assert_eq!(lines(container, "common.sh", user), ["redis-k8s"]);
        let grant = format!("{stubs}grant sentinel 2>/dev/null; {user}");
        assert_eq!(lines(container, "sentinel-watch.sh", &grant).last().map(String::as_str), Some("default"));
    });
}

#[test]
fn a_pod_of_before_is_taught_who_we_are() {
    in_each_shell(|container| {
        with_users(container, LINES);
        let unaware = |container: &Container, answer: &str, kind: &str| {
            let _ = std::fs::remove_file(container.path("run/redis-k8s/open"));
            let ask = format!(
                "ask() {{ if [ $# -gt 2 ]; then printf '%b' '{answer}'; else echo \"as ${{as:-ours}}: $(cut_short)\" >&2; fi; }}"
            );
            let short = "cut_short() { sed 's/ on .*//'; }";
            let ran = format!("{short}\n{ask}\nunaware 10.0.0.12 {kind} 2>&1; [ ! -e \"$run/open\" ] || echo open");
            lines(container, "common.sh", &ran)
        };
        for (answer, kind) in [("masteruser\\nredis-k8s\\n", "server"), ("sentinel-user\\nredis-k8s\\n", "sentinel")] {
            assert_eq!(unaware(container, answer, kind), [answer.replace("\\n", " ")]);
        }
        assert_eq!(unaware(container, "masteruser\\ndefault\\n", "server"), ["masteruser default ", "open"]);
        let refused = "AUTH failed: WRONGPASS\\nNOAUTH\\n";
        let taught = "as default: ACL SETuser redis-k8s";
        assert_eq!(unaware(container, refused, "server"), [taught, "AUTH failed: WRONGPASS NOAUTH ", "open"]);
        assert_eq!(unaware(container, "Could not connect to Redis", "server"), ["Could not connect to Redis"]);
        // One that was busy just then we teach when it is asked next.
        let ask = "ask() { cat >\"$SCRATCH/taught\"; }; view() { echo refused wrong password; }; role() { view; }";
        for kind in ["view", "role"] {
            let ran = format!(
                "{ask}\necho 2 10.0.0.12 | at_once {kind}; sed 's| on .*||' \"$SCRATCH/taught\"; : >\"$SCRATCH/taught\""
            );
            let told = ["2 10.0.0.12 refused wrong password", "ACL SETuser redis-k8s"];
            assert_eq!(lines(container, "common.sh", &ran), told);
        }
        assert_eq!(unaware(container, "", "sentinel"), [""]);
    });
}
