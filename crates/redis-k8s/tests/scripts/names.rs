//! common.sh: who is there, by name and address.

use crate::container::in_each_shell;
use crate::peer::Peer;

#[test]
fn addresses_are_sorted_and_each_is_there_once() {
    in_each_shell(|container| {
        container.name("many", &["10.0.0.9", "10.0.0.10", "10.0.0.8"]);
        assert_eq!(container.call("common.sh", "addresses many").lines(), ["10.0.0.10", "10.0.0.8", "10.0.0.9"]);
        assert_eq!(container.call("common.sh", "addresses none").out, "");
        let ran = container.call(
            "common.sh",
            "name_service && echo yes; rm \"$SCRATCH/names/redis-sentinel\"; name_service || echo no",
        );
        assert_eq!(ran.lines(), ["yes", "no"]);
    });
}

#[test]
fn lookup_remembers_for_the_time_without_a_name_service() {
    in_each_shell(|container| {
        let lookup =
            |container: &crate::container::Container| container.call("common.sh", "lookup redis-announce-1").out;
        assert_eq!(lookup(container), "10.0.0.11\n");
        assert_eq!(container.read("data/names/redis-announce-1"), "10.0.0.11\n");
        container.name("redis-announce-1", &["10.0.0.91"]);
        assert_eq!(lookup(container), "10.0.0.91\n");
        // A name that is gone while others are there is gone: the pod was scaled away.
        container.name("redis-announce-1", &[]);
        assert_eq!(lookup(container), "");
        container.without_names();
        assert_eq!(lookup(container), "10.0.0.91\n");
        assert_eq!(container.call("common.sh", "lookup redis-announce-2").out, "");
        // Nothing half written is left, which a member's name could be taken for.
        let remembered: Vec<_> = std::fs::read_dir(container.path("data/names")).unwrap().collect();
        assert_eq!(remembered.len(), 1);
    });
}

#[test]
fn recall_tells_the_last_known_address_or_none() {
    in_each_shell(|container| {
        let lines =
            "lookup redis-announce-1; recall redis-announce-1; echo \"$recalled\"; recall nobody; echo \"($recalled)\"";
        assert_eq!(container.call("common.sh", lines).lines(), ["10.0.0.11", "10.0.0.11", "()"]);
    });
}

#[test]
fn the_topology_is_the_one_of_now() {
    in_each_shell(|container| {
        let lines =
            "echo $servers; echo servers=5 >>\"$etc/topology.env\"; echo $servers; read_topology; echo $servers";
        assert_eq!(container.call("common.sh", lines).lines(), ["3", "3", "5"]);
    });
}

#[test]
fn a_set_has_a_name_and_a_size() {
    in_each_shell(|container| {
        container.topology("servers", 5);
        let ran = container.call("common.sh", "for kind in server sentinel; do set_of $kind; rendered $kind; done");
        assert_eq!(ran.lines(), ["redis", "5", "redis-sentinel", "3"]);
    });
}

#[test]
fn pods_announce_their_service_or_themselves() {
    in_each_shell(|container| {
        container.pods(4, 4);
        let call =
            "announced server 1; announced server 3; announced sentinel 2; announced sentinel 3; announced server 4";
        assert_eq!(container.call("common.sh", call).lines(), ["10.0.0.11", "10.1.0.13", "10.0.1.12", "10.1.1.13"]);
        // The last known address is told without a name service, and without asking it.
        let known = "announced sentinel 2 known; announced sentinel 0 known; announced server 1 known";
        container.without_names();
        assert_eq!(container.call("common.sh", known).lines(), ["10.0.1.12", "10.0.0.11"]);
        // Certificates hold names, and names need no look-up here.
        container.set("RK_TLS", "1");
        assert_eq!(
            container.call("common.sh", call).lines(),
            [
                "redis-announce-1.shop.svc",
                "redis-3.redis-headless.shop.svc",
                "redis-sentinel-announce-2.shop.svc",
                "redis-sentinel-3.redis-sentinel-headless.shop.svc",
                "redis-4.redis-headless.shop.svc",
            ]
        );
    });
}

#[test]
fn members_are_the_rendered_and_those_beyond() {
    in_each_shell(|container| {
        let members = |container: &crate::container::Container, kind: &str| {
            container.call("common.sh", &format!("members {kind}")).lines().join(" ")
        };
        assert_eq!(members(container, "server"), "0 1 2");
        container.pods(5, 2);
        assert_eq!(members(container, "server"), "0 1 2 3 4");
        // Scaled in or not here yet: rendered all the same.
        assert_eq!(members(container, "sentinel"), "0 1 2");
        // A member that is being replaced does not hide those behind it, as long as it is a rendered one.
        container.name("redis-1.redis-headless", &[]);
        assert_eq!(members(container, "server"), "0 1 2 3 4");
        container.without_names();
        assert_eq!(members(container, "server"), "0 1 2");
        let ran = container.call("common.sh", "exists server 1 || echo no");
        assert_eq!(ran.out, "no\n");
        container.pods(3, 3);
        assert_eq!(container.call("common.sh", "exists server 1 && echo yes").out, "yes\n");
    });
}

#[test]
fn a_roster_lists_members_in_order_of_their_ordinals() {
    in_each_shell(|container| {
        container.pods(12, 3);
        let ran = container.call("common.sh", "roster server");
        let lines = ran.lines();
        assert_eq!(lines.len(), 12);
        assert_eq!(lines[..4], ["0 10.0.0.10", "1 10.0.0.11", "2 10.0.0.12", "3 10.1.0.13"]);
        assert_eq!(lines[11], "11 10.1.0.111");
        // Of the sentinels one has no address, another no pod.
        container.name("redis-sentinel-announce-0", &[]);
        container.name("redis-sentinel-2.redis-sentinel-headless", &[]);
        assert_eq!(container.call("common.sh", "roster sentinel").lines(), ["1 10.0.1.11", "2 10.0.1.12"]);
        assert_eq!(container.call("common.sh", "roster sentinel present").lines(), ["1 10.0.1.11"]);
        let ran = container.call("common.sh", "roster sentinel >\"$run/r\"; addresses_of <\"$run/r\"");
        assert_eq!(ran.out, "10.0.1.11 10.0.1.12 ");
    });
}

#[test]
fn an_address_is_ours_if_a_server_has_it_or_nobody_can_tell() {
    in_each_shell(|container| {
        let ours = |container: &crate::container::Container, address: &str| {
            container.call("common.sh", &format!("one_of_ours {address} && echo ours || echo not")).out
        };
        // A Service's, and a pod's own.
        assert_eq!(ours(container, "10.0.0.12"), "ours\n");
        assert_eq!(ours(container, "10.1.0.12"), "ours\n");
        assert_eq!(ours(container, "10.0.0.99"), "not\n");
        // Neither the beginning nor the end of one of ours.
        for address in ["10.0.0.1", "0.0.0.12", "0.0.12"] {
            assert_eq!(ours(container, address), "not\n", "{address}");
        }
        container.without_names();
        assert_eq!(ours(container, "10.0.0.99"), "ours\n");
    });
}

#[test]
fn a_stranger_is_one_for_certain() {
    in_each_shell(|container| {
        let stranger = |container: &crate::container::Container, address: &str| {
            container.call("common.sh", &format!("stranger {address} && echo stranger || echo not")).out
        };
        assert_eq!(stranger(container, "10.0.0.12"), "not\n");
        assert_eq!(stranger(container, "10.0.0.99"), "stranger\n");
        // While a Service has no address it may have had that one.
        container.name("redis-announce-1", &[]);
        assert_eq!(stranger(container, "10.0.0.99"), "not\n");
        container.without_names();
        assert_eq!(stranger(container, "10.0.0.99"), "not\n");
    });
}

#[test]
fn an_interview_asks_those_it_is_given_or_all_others() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-1");
        container.pods(5, 3);
        container.server(0, &Peer::master());
        container.server(1, &Peer::master());
        container.at("10.1.0.13:6379", &Peer::replica("10.0.0.10", "connected", 7));
        container.name("redis-4.redis-headless", &["10.1.0.14"]);
        container.name("redis-announce-2", &[]);
        // What was found out before is forgotten.
        container.write("run/redis-k8s/roles/2", "10.0.0.12 master 1\n");
        let all = "cd \"$run/roles\" && for f in *; do echo \"$f $(cat $f)\"; done; rm *";
        let found =
            ["0 10.0.0.10 master 1400", "2 - silent", "3 10.1.0.13 slave 10.0.0.10 connected 7", "4 10.1.0.14 silent"];
        let ran = container.call("common.sh", &format!("interview_peers; echo $peers; {all}"));
        assert_eq!(ran.lines(), [&["0 2 3 4"][..], &found].concat());
        let ran = container.call("common.sh", &format!("interview 3 4; {all}"));
        assert_eq!(ran.lines(), found[2..]);
    });
}
