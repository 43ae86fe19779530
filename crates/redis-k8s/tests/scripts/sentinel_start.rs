//! sentinel.sh: how a sentinel starts, with what it knew before.

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

/// What Sentinel itself keeps in its file, with the identity, the timers, passwords and address of some last start.
const KEPT: &str = "\
include /etc/redis-k8s/sentinel.conf
sentinel myid aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
sentinel announce-ip 10.0.1.99
sentinel monitor mymaster 10.0.0.11 7000 2
sentinel down-after-milliseconds mymaster 1
sentinel failover-timeout mymaster 2
sentinel auth-pass mymaster old
sentinel config-epoch mymaster 8
sentinel leader-epoch mymaster 9
sentinel known-replica mymaster 10.0.0.10 7000
sentinel known-sentinel mymaster 10.0.1.11 27000 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
sentinel current-epoch 9
latency-tracking-info-percentiles 50 99 99.9
user default on nopass sanitize-payload ~* &* +@all
";

/// What every start writes. The identity is the SHA-1 of shop/redis-sentinel-0.
const BEGINNING: &str = "\
include /etc/redis-k8s/sentinel.conf
sentinel myid ca00af4e858d47dabbcc80228efb974d7f81fadd
sentinel announce-ip 10.0.1.10
sentinel announce-port 26379
";

const TIMERS: &str = "\
sentinel down-after-milliseconds mymaster 5000
sentinel failover-timeout mymaster 30000
sentinel parallel-syncs mymaster 1
";

const ELECTIONS: &str = "\
sentinel config-epoch mymaster 8
sentinel leader-epoch mymaster 9
sentinel known-replica mymaster 10.0.0.10 6379
sentinel known-sentinel mymaster 10.0.1.11 26379 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
sentinel current-epoch 9
";

const MONITOR: &str = "sentinel monitor mymaster 10.0.0.11 6379 2\n";

/// What was said, and what is in the file then.
fn configured(container: &mut Container) -> (String, String) {
    container.set("POD_NAME", "redis-sentinel-0");
    let ran = container.call("sentinel.sh", "configure");
    assert!(ran.succeeded(), "{}", ran.out);
    assert!(container.is_private("data/sentinel.conf"));
    assert!(!container.has("data/sentinel.conf.new"));
    (ran.lines().join("\n"), container.file("data/sentinel.conf"))
}

#[test]
fn an_identity_is_the_pods_for_good() {
    in_each_shell(|container| {
        let id = |container: &Container| container.call("sentinel.sh", "own_id").out;
        container.set("POD_NAME", "redis-sentinel-0");
        assert_eq!(id(container), "ca00af4e858d47dabbcc80228efb974d7f81fadd\n");
        container.set("POD_NAME", "redis-sentinel-1");
        assert_eq!(id(container), "d1496ae1579d52a205cc8d4757e644ada04eeb2a\n");
        container.set("POD_NAMESPACE", "another");
        assert_ne!(id(container), "d1496ae1579d52a205cc8d4757e644ada04eeb2a\n");
    });
}

#[test]
fn a_first_start_knows_nobody() {
    in_each_shell(|container| {
        assert_eq!(configured(container), (String::new(), BEGINNING.to_owned()));
        // Nor does one that knew no master, or the master of another name.
        for kept in
            ["sentinel current-epoch 9\n", "sentinel monitor othermaster 10.0.0.11 6379 2\nsentinel current-epoch 9\n"]
        {
            container.write("data/sentinel.conf", kept);
            assert_eq!(configured(container), (String::new(), BEGINNING.to_owned()), "{kept}");
        }
    });
}

#[test]
fn elections_are_remembered_and_all_else_is_of_today() {
    in_each_shell(|container| {
        container.write("data/sentinel.conf", KEPT);
        let expected = format!("{BEGINNING}{MONITOR}{TIMERS}{ELECTIONS}");
        assert_eq!(configured(container).1, expected);
        // And again, from what it wrote itself.
        assert_eq!(configured(container).1, expected);
        container.topology("down_after", 7000);
        assert!(configured(container).1.contains("\nsentinel down-after-milliseconds mymaster 7000\n"));
    });
}

#[test]
fn passwords_of_today_replace_those_of_the_last_start() {
    in_each_shell(|container| {
        container.write("data/sentinel.conf", KEPT);
        container.secret("server", "hunter2");
        container.secret("sentinel", "secret");
        container.secret("sentinel-previous", "hunter2");
        let users = "user default on ~* &* +@all \
                     #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b \
                     #f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7\n";
        let secret = "sentinel sentinel-pass \"\\x73\\x65\\x63\\x72\\x65\\x74\"\n";
        let hunter = "sentinel auth-pass mymaster \"\\x68\\x75\\x6e\\x74\\x65\\x72\\x32\"\n";
        let expected = format!("{BEGINNING}{users}{secret}{MONITOR}{TIMERS}{hunter}{ELECTIONS}");
        assert_eq!(configured(container).1, expected);
    });
}

#[test]
fn a_master_at_an_address_that_is_not_ours_any_more_is_forgotten() {
    in_each_shell(|container| {
        let kept = KEPT.replace("mymaster 10.0.0.11 7000 2", "mymaster 10.0.0.99 7000 2");
        container.write("data/sentinel.conf", &kept);
        let (said, configuration) = configured(container);
        assert_eq!(said, "the Services have new addresses: forgetting 10.0.0.99");
        assert_eq!(configuration, BEGINNING);
        // While a Service has no address yet it may be that one.
        container.write("data/sentinel.conf", &kept);
        container.name("redis-announce-2", &[]);
        let (said, configuration) = configured(container);
        assert_eq!(said, "");
        assert!(configuration.contains("sentinel monitor mymaster 10.0.0.99 6379 2\n"), "{configuration}");
    });
}

#[test]
fn without_names_it_starts_all_the_same() {
    in_each_shell(|container| {
        container.write("data/sentinel.conf", KEPT);
        container.without_names();
        let expected = format!("{BEGINNING}{MONITOR}{TIMERS}{ELECTIONS}").replace("10.0.1.10", "10.1.0.10");
        assert_eq!(configured(container), (String::new(), expected));
    });
}

#[test]
fn a_sentinel_waits_for_nothing_but_its_password() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-sentinel-0");
        container.set("PATIENCE", "4");
        let exec = "exec redis-server /data/sentinel.conf --sentinel";
        let run = |container: &Container| {
            container.write("sleeps", "0\n");
            let ran = container.run("sentinel.sh", &[]);
            // The watch goes on beside the server, and ends with the patience of this test.
            let mut lines: Vec<String> = ran.lines().iter().map(|line| (*line).to_owned()).collect();
            lines.retain(|line| line != "still waiting");
            lines
        };
        assert_eq!(run(container), ["starting, knowing no master", exec]);
        assert_eq!(container.read("run/redis-k8s/state"), "running\n");
        container.write("data/sentinel.conf", KEPT);
        assert_eq!(run(container), [&format!("starting, {}", MONITOR.trim_end()), exec]);

        container.set("RK_AUTH", "1");
        container.plan(2, "echo hunter2 >\"$SCRATCH/etc/redis-k8s-auth/server\"");
        assert_eq!(run(container), ["waiting for the password", &format!("starting, {}", MONITOR.trim_end()), exec]);
        assert!(container.file("data/sentinel.conf").contains("\nsentinel auth-pass mymaster \"\\x68"));
    });
}

#[test]
fn a_sentinel_talks_to_itself_where_it_listens() {
    in_each_shell(|container| {
        container.at("127.0.0.1:26379", &Peer::blank());
        let ran = container.call("sentinel.sh", "echo PING | tell");
        assert_eq!((ran.out.as_str(), container.calls()), ("", vec!["127.0.0.1:26379 PING".to_owned()]));
    });
}
