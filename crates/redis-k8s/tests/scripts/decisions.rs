//! server.sh: what a server decides, by what it has found out.

use crate::container::in_each_shell;

/// One state of affairs, as shell, and what is said and done then, line by line.
type Case<'a> = (&'a str, &'a str, &'a [&'a str]);

/// Stands in for everything a decision leads to; that a server starts ends the script, as in earnest.
const STUBS: &str = "
me=10.0.0.10 named='' epoch=7 flags=none,master waited=0 patience=10 post_next=0
masters='' mine='' best='' listening=0 peers=' 1 2' waiting='' first=0 first_stamp=0
data_here=false role_of_named=silent registering=true ours=true stranger=false
survey() { :; }
meet() { :; }
post() { echo 'pins its note'; }
find_peers() { :; }
read_board() { :; }
has_data() { $data_here; }
role() { echo \"$role_of_named\"; }
one_of_ours() { $ours; }
stranger() { $stranger; }
register_everywhere() { echo \"registers $1\"; $registering; }
elect() { echo 'has them elect'; }
ask() { read -r command; echo \"tells $2: $command\" >&3; }
become_master() { echo \"MASTER: $1\"; exit; }
resume_as_master() { echo \"CLOSED MASTER: $1\"; exit; }
become_replica() { echo \"REPLICA of $1: $2\"; exit; }
become_candidate() { echo \"CANDIDATE of $1: $2\"; exit; }
exec 3>&1
";

fn decide(decision: &str, cases: &[Case<'_>]) {
    in_each_shell(|container| {
        for (title, state, expected) in cases {
            let ran = container.call("server.sh", &format!("{STUBS}\n{state}\n{decision}"));
            assert_eq!(ran.lines(), *expected, "{title}");
        }
    });
}

const ALL_WAIT: &str = "waiting=' 1 2'";

#[test]
fn no_sentinel_knows_a_master() {
    decide(
        "found_a_cluster",
        &[
            (
                "a server is master already",
                "masters=' 10.0.0.11 10.0.0.12'; listening=2",
                &["pins its note", "no sentinel names a master, 10.0.0.11 is one: telling them", "registers 10.0.0.11"],
            ),
            (
                "the replicas follow this server, whose data is here",
                "mine=' 10.0.0.11' best=10.0.0.11 listening=1 data_here=true",
                &[
                    "pins its note",
                    "registers 10.0.0.10",
                    "MASTER: no sentinel names a master, and the replicas follow this server",
                ],
            ),
            (
                "the same, and no majority can be told",
                "mine=' 10.0.0.11' best=10.0.0.11 listening=1 data_here=true registering=false",
                &["pins its note", "registers 10.0.0.10"],
            ),
            (
                "the replicas follow this server, whose data is lost",
                "mine=' 10.0.0.12 10.0.0.11' best=10.0.0.11 listening=2",
                &[
                    "pins its note",
                    "no sentinel names a master, and this server lost its data: promoting 10.0.0.11, the replica with the newest",
                    "tells 10.0.0.11: REPLICAOF NO ONE",
                    "tells 10.0.0.12: REPLICAOF 10.0.0.11 6379",
                ],
            ),
            (
                "the replicas follow another",
                "listening=1 data_here=true waited=100",
                &["pins its note", "no sentinel names a master: waiting for the one the replicas follow"],
            ),
            (
                "all wait, and this server is the first",
                ALL_WAIT,
                &["pins its note", "registers 10.0.0.10", "MASTER: a fresh cluster, and this server starts it"],
            ),
            (
                "all wait, and no majority can be told",
                "waiting=' 1 2' registering=false",
                &["pins its note", "registers 10.0.0.10"],
            ),
            (
                "all wait, and another has newer data: nobody is asked again",
                "waiting=' 1 2' first=2; meet() { echo 'asks all'; }",
                &["pins its note", "a fresh cluster: waiting for redis-2 to start it"],
            ),
            (
                "one has not come yet",
                "waiting=' 1' waited=9",
                &["pins its note", "a fresh cluster: waiting for the other servers"],
            ),
            (
                "one does not come",
                "waiting=' 1' waited=10",
                &["pins its note", "registers 10.0.0.10", "MASTER: a fresh cluster, and this server starts it"],
            ),
        ],
    );
}

#[test]
fn the_sentinels_name_this_server() {
    let lost = "sentinels name this server (epoch 7), but its data is gone: waiting for the other servers, who may have it \
                (to give it up: touch /data/force-master in this container)";
    decide(
        "resume",
        &[
            (
                "its data is here",
                "data_here=true",
                &["CLOSED MASTER: sentinels name this server (epoch 7), its data is here"],
            ),
            (
                "but elect another",
                "data_here=true; flags=none,master,master,failover_in_progress",
                &["sentinels name this server (epoch 7), but elect another: waiting"],
            ),
            (
                "its data is gone, and others run",
                "listening=1 waiting=' 1 2' waited=100",
                &[
                    "sentinels name this server (epoch 7), but its data is gone: having them elect another",
                    "has them elect",
                ],
            ),
            ("its data is gone, and others have not come", "waiting=' 1' waited=100", &["pins its note", lost]),
            (
                "nobody has any data",
                ALL_WAIT,
                &["pins its note", "CLOSED MASTER: sentinels name this server (epoch 7), and nobody has newer data"],
            ),
            (
                "its own is the newest",
                "waiting=' 1 2' first_stamp=9",
                &["pins its note", "CLOSED MASTER: sentinels name this server (epoch 7), and nobody has newer data"],
            ),
            (
                "another has newer data",
                "waiting=' 1 2' first=2 first_stamp=9",
                &[
                    "pins its note",
                    "sentinels name this server (epoch 7), redis-2 has newer data: waiting until they elect it",
                ],
            ),
            (
                "without claims nobody brings data after 20 s",
                "claims=0 waited=20",
                &[
                    "pins its note",
                    "CLOSED MASTER: sentinels name this server (epoch 7), and nobody with data came back: the data is lost",
                ],
            ),
            ("without claims, a moment before", "claims=0 waited=19", &["pins its note", lost]),
        ],
    );
}

#[test]
fn an_operator_can_give_up_data_once() {
    in_each_shell(|container| {
        container.write("data/force-master", "");
        let ran = container.call("server.sh", &format!("{STUBS}\nlistening=2; resume"));
        assert_eq!(
            ran.lines(),
            ["MASTER: sentinels name this server (epoch 7), and an operator gave up the data it lost"]
        );
        assert!(!container.has("data/force-master"));
    });
}

#[test]
fn the_sentinels_name_another() {
    let name = "sentinels name 10.0.0.11 (epoch 7)";
    let cases: [(&str, &str, Vec<String>); 12] = [
        ("it is master", "role_of_named='master 99'", vec![format!("REPLICA of 10.0.0.11: {name}")]),
        ("it loads", "role_of_named=loading", vec![format!("REPLICA of 10.0.0.11: {name}")]),
        (
            "the address is another instance's by now",
            "role_of_named='master 99'; ours=false",
            vec![format!("{name}, which is no server of this instance: waiting")],
        ),
        ("it refuses", "role_of_named=refused", vec![format!("{name}, which refuses the password: waiting")]),
        (
            "it is a replica",
            "role_of_named='slave 10.0.0.12 connected 9'",
            vec![format!("{name}, which is not a master: waiting")],
        ),
        ("it is something else", "role_of_named=other", vec![format!("{name}, which is not a master: waiting")]),
        (
            "it is silent, and this server has data",
            "data_here=true",
            vec![format!("CANDIDATE of 10.0.0.11: {name}, which does not answer")],
        ),
        (
            "it is silent, and certainly no server of ours",
            "data_here=true; stranger=true",
            vec![format!("{name}, which is no server of this instance: waiting")],
        ),
        (
            "it is silent, and this server is the first of those without",
            "waiting=' 1 2' waited=10",
            vec![
                "pins its note".to_owned(),
                format!("CANDIDATE of 10.0.0.11: {name}, which is gone, and nobody has newer data"),
            ],
        ),
        (
            "the same, a moment before",
            "waiting=' 1 2' waited=9",
            vec!["pins its note".to_owned(), format!("{name}, which does not answer: waiting")],
        ),
        (
            "the same, and another is the first",
            "waiting=' 1 2' waited=10 first=1",
            vec!["pins its note".to_owned(), format!("{name}, which does not answer: waiting")],
        ),
        (
            "the same, and others run",
            "waiting=' 1 2' waited=10 listening=1",
            vec!["pins its note".to_owned(), format!("{name}, which does not answer: waiting")],
        ),
    ];
    for (title, state, expected) in &cases {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        decide("follow", &[(title, &format!("named=10.0.0.11; {state}"), &expected)]);
    }
}
