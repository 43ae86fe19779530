//! How many servers and sentinels there are, and what they agree on.

use super::rule::rules;
use super::{Check, counted};
use crate::api_version::ApiVersion;
use crate::model::defaults::{self, majority};

/// Each server has a Service of its own, and the lists of peers are rendered into the configuration.
const MAX_REPLICAS: u32 = 64;
/// Odd, and more than anybody needs: every sentinel talks to every other.
const MAX_SENTINELS: u32 = 63;

rules! { RULES;
    REPLICAS_OUT_OF_RANGE = Error "replicas-out-of-range", "`spec.replicas` is not 1 to 64",
        "every server has a Service of its own, and a master feeds every replica";
    SENTINELS_OUT_OF_RANGE = Error "sentinels-out-of-range", "`spec.sentinel.replicas` is not 1 to 63",
        "every sentinel talks to every other, and an election needs a majority of all of them";
    QUORUM_EXCEEDS_SENTINELS = Error "quorum-exceeds-sentinels", "`spec.sentinel.quorum` is more than the sentinels",
        "so many sentinels can never agree, so no failover ever starts";
    QUORUM_BELOW_MAJORITY = Error "quorum-below-majority", "`spec.sentinel.quorum` is less than a majority of the sentinels",
        "sentinels on the small side of a split would hold a healthy master for down and start elections they cannot win";
    QUORUM_NEEDS_EVERY_SENTINEL = Warning "quorum-needs-every-sentinel", "`spec.sentinel.quorum` is all of three or more sentinels",
        "one sentinel away, and no failover starts";
    EVEN_SENTINELS = Warning "even-sentinels", "`spec.sentinel.replicas` is even",
        "an even count survives no more losses than the odd one below it, and half of it is no majority";
    ONE_SENTINEL = Warning "one-sentinel", "`spec.sentinel.replicas` is 1",
        "while the only sentinel is away nobody elects a master and clients cannot ask for one";
    ONE_SERVER = Warning "one-server", "`spec.replicas` is 1",
        "there is no replica to fail over to: every restart of the server is an outage";
    OMITTED_REPLICAS_SUSPENDED = Error "omitted-replicas-suspended", "`spec.suspend` and `spec.omitReplicas` are true",
        "the number of servers is left out, so they would go on without sentinels";
    MIN_REPLICAS_TOO_HIGH = Error "min-replicas-too-high", "`spec.minReplicasToWrite` is more than the servers less two",
        "a failover takes away the old master, and the new one must still have that many replicas, else every write fails with NOREPLICAS";
    MIN_REPLICAS_OF_TWO = Warning "min-replicas-of-two", "`spec.minReplicasToWrite` is 1 with two servers",
        "as soon as either server is away, the other accepts no write";
    MIN_REPLICAS_OFF = Warning "min-replicas-off", "`spec.minReplicasToWrite` is 0 with three or more servers",
        "an isolated master goes on accepting writes that are thrown away: 3,380 of 3,807 in 30 s";
    PARALLEL_SYNCS_OUT_OF_RANGE = Error "parallel-syncs-out-of-range", "`spec.sentinel.parallelSyncs` is 0 or more than the replicas",
        "0 would let no replica follow a new master";
}

pub(super) fn check(check: &mut Check) {
    servers(check);
    if check.sentinel().is_some() {
        sentinels(check);
    }
    min_replicas_to_write(check);
}

fn servers(check: &mut Check) {
    if check.spec.omit_replicas == Some(true) && check.spec.suspend == Some(true) {
        check.report(
            OMITTED_REPLICAS_SUSPENDED
                .at("spec.suspend", "the servers go on: their number is not in what is applied")
                .help("scale the sets to 0 instead, the servers with kubectl scale, or leave omitReplicas out"),
        );
    }
    let Some(replicas) = check.spec.replicas else { return };
    if !(1..=MAX_REPLICAS).contains(&replicas) {
        check.report(
            REPLICAS_OUT_OF_RANGE
                .at("spec.replicas", format!("{replicas} servers cannot be rendered: 1 to {MAX_REPLICAS}"))
                .help(if replicas == 0 {
                    "to stop an instance and keep its data, set spec.suspend to true"
                } else {
                    "split the data over several instances: replicas share the load of reads, never of writes"
                }),
        );
    } else if replicas == 1 && check.target == ApiVersion::AppsV1 {
        check.report(
            ONE_SERVER
                .at("spec.replicas", "1 server has no replica to fail over to: every restart is an outage")
                .help("3 servers survive the loss of one and keep their guarantees while it is away"),
        );
    }
}

fn sentinels(check: &mut Check) {
    let Some(sentinel) = check.sentinel() else { return };
    let sentinels = check.sentinels;
    let modern = check.target == ApiVersion::AppsV1;
    if let Some(asked) = sentinel.replicas {
        let path = "spec.sentinel.replicas";
        if !(1..=MAX_SENTINELS).contains(&asked) {
            let problem = SENTINELS_OUT_OF_RANGE
                .at(path, format!("{asked} sentinels cannot be rendered: 1 to {MAX_SENTINELS}"))
                .help("3 survive the loss of one, 5 of two");
            check.report(problem);
            return;
        }
        if modern && asked == 1 {
            check.report(
                ONE_SENTINEL
                    .at(path, "while the only sentinel is away nobody elects a master and clients cannot ask for one")
                    .help("3 sentinels survive the loss of one"),
            );
        } else if modern && asked.is_multiple_of(2) {
            let survives = asked - majority(asked);
            let better = if asked == 2 { "use 3".to_owned() } else { format!("use {} or {}", asked - 1, asked + 1) };
            check.report(
                EVEN_SENTINELS
                    .at(
                        path,
                        format!("{asked} sentinels survive the loss of {survives}, no more than {} would", asked - 1),
                    )
                    .help(format!("{better}: an even count only adds votes that must be won")),
            );
        }
    }
    if let Some(quorum) = sentinel.quorum {
        quorum_of(check, quorum, sentinels);
    }
    if let Some(syncs) = sentinel.parallel_syncs {
        let replicas = check.servers.saturating_sub(1);
        // With one server there is nothing to sync: the default of 1 is as good as any.
        if syncs == 0 || syncs > replicas.max(1) {
            check.report(
                PARALLEL_SYNCS_OUT_OF_RANGE
                    .at(
                        "spec.sentinel.parallelSyncs",
                        format!("{syncs} replicas cannot sync at the same time: there are {replicas}"),
                    )
                    .help("leave it out for all there are"),
            );
        }
    }
}

fn quorum_of(check: &mut Check, quorum: u32, sentinels: u32) {
    let path = "spec.sentinel.quorum";
    let needed = majority(sentinels);
    if quorum > sentinels {
        check.report(
            QUORUM_EXCEEDS_SENTINELS
                .at(path, format!("a quorum of {quorum} can never be reached by {}", counted(sentinels, "sentinel")))
                .help(format!("{needed} is a majority of {sentinels}, and what an absent quorum means")),
        );
    } else if quorum < needed {
        check.report(
            QUORUM_BELOW_MAJORITY
                .at(
                    path,
                    format!(
                        "a quorum of {quorum} lets a minority of {sentinels} sentinels hold a healthy master for down"
                    ),
                )
                .help(format!("use {needed}: the election needs that many votes anyway")),
        );
    } else if quorum == sentinels && sentinels >= 3 {
        check.report(
            QUORUM_NEEDS_EVERY_SENTINEL
                .at(path, format!("with a quorum of {quorum} of {sentinels}, one sentinel away stops every failover"))
                .help(format!("{needed} is enough")),
        );
    }
}

fn min_replicas_to_write(check: &mut Check) {
    let Some(asked) = check.spec.min_replicas_to_write.filter(|_| check.servers > 0) else { return };
    let path = "spec.minReplicasToWrite";
    let servers = check.servers;
    let most = servers.saturating_sub(2);
    let default = defaults::min_replicas_to_write(servers);
    if asked == 0 {
        if servers >= 3 && check.target == ApiVersion::AppsV1 {
            check.report(
                MIN_REPLICAS_OFF
                    .at(path, "an isolated master goes on accepting writes that are lost: 3,380 of 3,807 in 30 s")
                    .help("1 closes the window after at most 6 s, and is the default with three servers or more"),
            );
        }
    } else if servers == 2 && asked == 1 {
        check.report(
            MIN_REPLICAS_OF_TWO
                .at(path, "with 2 servers, writes stop as soon as either of them is away")
                .help("use 3 servers, or 0 and accept that an isolated master loses what it accepts"),
        );
    } else if asked > most {
        check.report(
            MIN_REPLICAS_TOO_HIGH
                .at(
                    path,
                    format!(
                        "{} can have at most {most} in sync once one of them is lost: writes would fail with NOREPLICAS",
                        counted(servers, "server")
                    ),
                )
                .help(format!("{default} is the default for {}", counted(servers, "server"))),
        );
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case("replicas-out-of-range", "spec.replicas", "spec: {replicas: 0}", "spec: {replicas: 2}"),
        case("replicas-out-of-range", "spec.replicas", "spec: {replicas: 65}", "spec: {replicas: 64}"),
        case(
            "omitted-replicas-suspended",
            "spec.suspend",
            "spec: {storage: {size: 1Gi}, omitReplicas: true, suspend: true}",
            "spec: {storage: {size: 1Gi}, omitReplicas: false, suspend: true}",
        ),
        case(
            "sentinels-out-of-range",
            "spec.sentinel.replicas",
            "spec: {sentinel: {replicas: 0}}",
            "spec: {sentinel: {replicas: 3}}",
        ),
        case(
            "sentinels-out-of-range",
            "spec.sentinel.replicas",
            "spec: {sentinel: {replicas: 64}}",
            "spec: {sentinel: {replicas: 63}}",
        ),
        case(
            "quorum-exceeds-sentinels",
            "spec.sentinel.quorum",
            "spec: {sentinel: {quorum: 4}}",
            "spec: {sentinel: {quorum: 2}}",
        ),
        case(
            "quorum-exceeds-sentinels",
            "spec.sentinel.quorum",
            "spec: {sentinel: {replicas: 5, quorum: 6}}",
            "spec: {sentinel: {replicas: 5, quorum: 4}}",
        ),
        case(
            "quorum-below-majority",
            "spec.sentinel.quorum",
            "spec: {sentinel: {quorum: 1}}",
            "spec: {sentinel: {quorum: 2}}",
        ),
        case(
            "quorum-below-majority",
            "spec.sentinel.quorum",
            "spec: {sentinel: {quorum: 0}}",
            "spec: {sentinel: {quorum: 2}}",
        ),
        case(
            "quorum-below-majority",
            "spec.sentinel.quorum",
            "spec: {sentinel: {replicas: 5, quorum: 2}}",
            "spec: {sentinel: {replicas: 5, quorum: 3}}",
        ),
        case(
            "quorum-needs-every-sentinel",
            "spec.sentinel.quorum",
            "spec: {sentinel: {replicas: 5, quorum: 5}}",
            "spec: {sentinel: {replicas: 5, quorum: 4}}",
        ),
        case(
            "even-sentinels",
            "spec.sentinel.replicas",
            "spec: {sentinel: {replicas: 4}}",
            "spec: {sentinel: {replicas: 5}}",
        ),
        case(
            "even-sentinels",
            "spec.sentinel.replicas",
            "spec: {sentinel: {replicas: 2, quorum: 2}}",
            "spec: {sentinel: {replicas: 3, quorum: 2}}",
        ),
        case(
            "one-sentinel",
            "spec.sentinel.replicas",
            "spec: {sentinel: {replicas: 1}}",
            "spec: {sentinel: {replicas: 3}}",
        ),
        case("one-server", "spec.replicas", "spec: {replicas: 1}", "spec: {replicas: 2}"),
        case(
            "min-replicas-too-high",
            "spec.minReplicasToWrite",
            "spec: {minReplicasToWrite: 2}",
            "spec: {minReplicasToWrite: 1}",
        ),
        case(
            "min-replicas-too-high",
            "spec.minReplicasToWrite",
            "spec: {replicas: 2, minReplicasToWrite: 2}",
            "spec: {replicas: 2, minReplicasToWrite: 0}",
        ),
        case(
            "min-replicas-too-high",
            "spec.minReplicasToWrite",
            "spec: {replicas: 5, minReplicasToWrite: 4}",
            "spec: {replicas: 5, minReplicasToWrite: 3}",
        ),
        case(
            "min-replicas-of-two",
            "spec.minReplicasToWrite",
            "spec: {replicas: 2, minReplicasToWrite: 1}",
            "spec: {replicas: 2, minReplicasToWrite: 0}",
        ),
        case(
            "min-replicas-off",
            "spec.minReplicasToWrite",
            "spec: {minReplicasToWrite: 0}",
            "spec: {minReplicasToWrite: 1}",
        ),
        case(
            "parallel-syncs-out-of-range",
            "spec.sentinel.parallelSyncs",
            "spec: {sentinel: {parallelSyncs: 0}}",
            "spec: {sentinel: {parallelSyncs: 1}}",
        ),
        case(
            "parallel-syncs-out-of-range",
            "spec.sentinel.parallelSyncs",
            "spec: {sentinel: {parallelSyncs: 3}}",
            "spec: {sentinel: {parallelSyncs: 2}}",
        ),
    ]
};
