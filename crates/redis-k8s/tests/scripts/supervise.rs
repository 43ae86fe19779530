//! supervise.sh and probe.sh: what is killed comes back, what is stopped or ends does not; and what the kubelet is told.

use crate::container::{Container, Ran, in_each_shell};

/// Runs supervise.sh with this in the place of server-start.sh; `$n` counts its runs.
fn supervise(container: &Container, server: &str) -> Ran {
    let count = "n=$(($(cat \"$SCRATCH/runs\") + 1))\necho $n >\"$SCRATCH/runs\"\n";
    // Time passes only when a test says so.
    let live = "live() { echo $((1000000 + $1)).00 0.00 >\"$SCRATCH/uptime\"; }\n";
    container.write("runs", "0\n");
    container.rewind();
    container.write("etc/redis-k8s/server-start.sh", &format!("{count}{live}{server}\n"));
    container.run("supervise.sh", &["server"])
}

#[test]
fn a_killed_server_comes_back_at_once_and_each_time_is_told() {
    in_each_shell(|container| {
        let ran = supervise(container, "live $((n * 5))\n[ $n = 3 ] && exit 7\nkill -KILL $$");
        assert_eq!(ran.lines(), ["killed after 5 s: starting again"; 2]);
        assert_eq!((ran.code, container.read("runs").as_str()), (Some(7), "3\n"));
    });
}

#[test]
fn whatever_ends_otherwise_ends_the_container() {
    in_each_shell(|container| {
        for (title, end, code) in [
            ("killed early", "live 4; kill -KILL $$", 137),
            ("ended", "live 100; exit 0", 0),
            ("failed", "live 100; exit 1", 1),
            ("stopped by itself", "live 100; kill -TERM $$; sleep 1", 143),
            ("crashed", "live 100; kill -SEGV $$", 139),
        ] {
            let ran = supervise(container, end);
            assert_eq!(
                (ran.code, ran.out.as_str(), container.read("runs").as_str()),
                (Some(code), "", "1\n"),
                "{title}"
            );
        }
    });
}

#[test]
fn a_request_to_stop_is_handed_on_and_waited_for() {
    in_each_shell(|container| {
        // It is told twice, and saves once.
        let server = "live 100\nstopped=\ntrap stopped=1 TERM\nkill -TERM $PPID\nwhile [ -z \"$stopped\" ]; do :; done\necho saved\nexit 3";
        let ran = supervise(container, server);
        assert_eq!((ran.code, ran.out.as_str(), container.read("runs").as_str()), (Some(3), "saved\n", "1\n"));
        // Even if it has to be killed then, it does not come back.
        let ran = supervise(container, "live 100\ntrap 'kill -KILL $$' TERM\nkill -TERM $PPID\nwhile :; do :; done");
        assert_eq!((ran.code, ran.out.as_str(), container.read("runs").as_str()), (Some(137), "", "1\n"));
        // It comes while the server is being started, and may be swallowed: it is sent again.
        container.plan(1, "until [ -e \"$SCRATCH/swallowed\" ]; do :; done");
        let again = "trap \"echo stopped; exit 3\" TERM; : >\"$SCRATCH/swallowed\"";
        let ran = supervise(container, &format!("trap '{again}' TERM\nkill -TERM $PPID\nwhile :; do :; done"));
        assert_eq!((ran.code, ran.out.as_str()), (Some(3), "stopped\n"));
        // It comes before there is anything to stop.
        let ran = container.call("supervise.sh", "child='' stopped=''; stop; echo \"$stopped\"");
        assert_eq!((ran.out.as_str(), container.read("sleeps").as_str()), ("1\n", "1\n"));
    });
}

#[test]
fn what_ran_beside_a_killed_server_does_not_outlive_it() {
    in_each_shell(|container| {
        let server = "if [ $n = 2 ]; then case $(cat \"/proc/$(cat \"$SCRATCH/helper\")/stat\" 2>/dev/null) in ''|*') Z '*) exit 0 ;; esac; exit 1; fi\n\
            live 100\n(while :; do :; done) &\necho $! >\"$SCRATCH/helper\"\nkill -KILL $$";
        let ran = supervise(container, server);
        assert_eq!((ran.code, container.read("runs").as_str()), (Some(0), "2\n"));
    });
}

#[test]
fn probes_are_told_what_was_said_last_and_whether_it_is_still_said() {
    let waiting = "waiting: 1 of 3 sentinels answer";
    let late = "late: knows no master";
    in_each_shell(|container| {
        for (said, started, ready, live) in [
            ("ready", "", "", ""),
            ("waiting 1 of 3 sentinels answer", waiting, waiting, ""),
            ("late knows no master", late, late, ""),
        ] {
            assert!(container.call("common.sh", &format!("pulse {said}; echo $pulsed")).succeeded());
            // A minute old, and a tick more.
            for (uptime, stale) in [("1000000.00", false), ("1000060.99", false), ("1000061.00", true)] {
                container.write("uptime", &format!("{uptime} 0.00\n"));
                for (question, fresh) in [("started", started), ("ready", ready), ("live", live)] {
                    let ran = container.run("probe.sh", &[question]);
                    let out = ran.out.trim_end();
                    if stale {
                        let rest = said.split_once(' ').map_or("", |(_, why)| why);
                        let state = said.split(' ').next().unwrap();
                        assert_eq!(out, format!("nothing was heard for 61 s; at last: {state} {rest}").trim_end());
                        // Liveness alone decides, once it may.
                        assert_eq!(ran.succeeded(), question == "started", "{question} {said}");
                    } else {
                        assert_eq!((out, ran.succeeded()), (fresh, fresh.is_empty()), "{question} {said} {uptime}");
                    }
                }
            }
            container.rewind();
        }
        std::fs::remove_file(container.path("run/redis-k8s/pulse")).unwrap();
        for question in ["started", "ready", "live"] {
            assert_eq!(container.run_unchecked("probe.sh", &[question]).code, Some(1), "nothing was ever said");
        }
    });
}
