//! keep.sh: what is killed comes back, what is stopped or ends does not.

use crate::container::{Container, Ran, in_each_shell};
use crate::shell::Shell;

/// Runs keep.sh with this in the place of server.sh; `$n` counts its runs.
fn keep(container: &Container, server: &str) -> Ran {
    let count = "n=$(($(cat \"$SCRATCH/runs\") + 1))\necho $n >\"$SCRATCH/runs\"\n";
    // Time passes only when a test says so.
    let live = "live() { echo $((1000000000 + $1 * 1000)) >\"$SCRATCH/clock\"; }\n";
    container.write("runs", "0\n");
    container.write("sleeps", "0\n");
    container.write("clock", "1000000000\n");
    container.write("etc/redis-k8s/server.sh", &format!("{count}{live}{server}\n"));
    container.run("keep.sh", &["server"])
}

#[test]
fn a_killed_server_comes_back_at_once() {
    in_each_shell(|container| {
        let ran = keep(container, "live $((n * n * 5))\n[ $n = 3 ] && exit 7\nkill -KILL $$");
        assert_eq!(ran.lines(), [5, 15].map(|lived| format!("killed after {lived} s: starting again")));
        assert_eq!((ran.code, container.read("runs").as_str()), (Some(7), "3\n"));
    });
}

#[test]
fn one_that_was_killed_early_ends_the_container() {
    in_each_shell(|container| {
        let ran = keep(container, "live 4\nkill -KILL $$");
        assert_eq!((ran.code, ran.out.as_str(), container.read("runs").as_str()), (Some(137), "", "1\n"));
    });
}

#[test]
fn one_that_ends_or_is_stopped_by_itself_ends_the_container() {
    in_each_shell(|container| {
        for (end, code) in [("exit 0", 0), ("exit 1", 1), ("kill -TERM $$; sleep 1", 143)] {
            let ran = keep(container, &format!("live 100\n{end}"));
            assert_eq!((ran.code, container.read("runs").as_str()), (Some(code), "1\n"), "{end}");
        }
    });
}

#[test]
fn stop_is_handed_on_and_waited_for() {
    in_each_shell(|container| {
        // It is told twice, and saves once.
        let server = "live 100\nstopped=\ntrap stopped=1 TERM\nkill -TERM $PPID\nwhile [ -z \"$stopped\" ]; do :; done\necho saved\nexit 3";
        let ran = keep(container, server);
        assert_eq!((ran.code, ran.out.as_str(), container.read("runs").as_str()), (Some(3), "saved\n", "1\n"));
        let ran = keep(container, "live 100\ntrap 'exit 0' TERM\nkill -TERM $PPID\nwhile :; do :; done");
        assert_eq!((ran.code, container.read("runs").as_str()), (Some(0), "1\n"));
        // Even if it has to be killed then, it does not come back.
        let ran = keep(container, "live 100\ntrap 'kill -KILL $$' TERM\nkill -TERM $PPID\nwhile :; do :; done");
        assert_eq!((ran.code, ran.out.as_str(), container.read("runs").as_str()), (Some(137), "", "1\n"));
    });
}

#[test]
fn what_ran_beside_a_killed_server_does_not_outlive_it() {
    in_each_shell(|container| {
        let server = "if [ $n = 2 ]; then case $(cat \"/proc/$(cat \"$SCRATCH/helper\")/stat\" 2>/dev/null) in ''|*') Z '*) exit 0 ;; esac; exit 1; fi\n\
            live 100\n(while :; do :; done) &\necho $! >\"$SCRATCH/helper\"\nkill -KILL $$";
        let ran = keep(container, server);
        assert_eq!((ran.code, container.read("runs").as_str()), (Some(0), "2\n"));
    });
}

#[test]
fn a_request_to_stop_is_never_lost() {
    in_each_shell(|container| {
        // It comes just before the server is started: then nothing is.
        let ran = container.call(
            "keep.sh",
            "kept='' stopped=''; trap stop TERM; kill -TERM $$; keep \"$etc/server.sh\"; echo not reached",
        );
        assert_eq!((ran.code, ran.out.as_str()), (Some(143), ""));
        // It comes while the server is being started, and may be swallowed: it is sent again.
        container.plan(1, "until [ -e \"$SCRATCH/swallowed\" ]; do :; done");
        let again = "trap \"echo stopped; exit 3\" TERM; : >\"$SCRATCH/swallowed\"";
        let ran = keep(container, &format!("trap '{again}' TERM\nkill -TERM $PPID\nwhile :; do :; done"));
        assert_eq!((ran.code, ran.out.as_str()), (Some(3), "stopped\n"));
    });
}

#[test]
fn a_crash_ends_the_container() {
    in_each_shell(|container| {
        let ran = keep(container, "live 100\nkill -SEGV $$");
        assert_eq!((ran.code, container.read("runs").as_str()), (Some(139), "1\n"));
    });
}

#[test]
fn without_sessions_the_script_is_the_container() {
    in_each_shell(|container| {
        if container.shell == Shell::Busybox {
            // It has the tool within.
            return;
        }
        std::fs::remove_file(container.path("bin/setsid")).unwrap();
        let ran = keep(container, "live 100\nkill -KILL $$");
        assert_eq!((ran.code, container.read("runs").as_str()), (None, "1\n"));
    });
}

#[test]
fn bury_kills_what_the_last_container_left_behind_and_nothing_else() {
    in_each_shell(|container| {
        for name in ["server.sh", "other"] {
            container.write(
                &format!("etc/redis-k8s/{name}"),
                "for _ in 1 2 3 4 5; do timeout 1 cat /dev/zero | read -r _; done\nexit 0\n",
            );
        }
        for (argument, code) in [("\"$etc/server.sh\"", Some(137)), ("\"$etc/other\"", Some(0))] {
            let lines = format!(
                "setsid sh {argument} 2>/dev/null & left=$!\necho $left >\"$run/kept\"\n\
                 until case $(tr '\\0' ' ' </proc/$left/cmdline) in *setsid*) false ;; *sh\\ {argument}\\ ) ;; *) false ;; esac\n\
                 do :; done\n\
                 bury server\nwait $left 2>/dev/null"
            );
            assert_eq!(container.call("keep.sh", &lines).code, code, "{argument}");
        }
        // A number that is nobody's.
        let ran = container.call("keep.sh", "echo 999999 >\"$run/kept\"; bury server; rm \"$run/kept\"; bury server");
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""));
    });
}
