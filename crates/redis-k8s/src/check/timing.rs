//! How fast a failure is noticed, and how long what follows may take.

use super::rule::rules;
use super::{Check, seconds};
use crate::model::defaults;
use crate::value::Duration;

const DOWN_AFTER_LEAST: Duration = Duration::from_secs(3);
const DOWN_AFTER_SLOW: Duration = Duration::from_secs(30);
const DOWN_AFTER_MOST: Duration = Duration::from_secs(600);
const FAILOVER_TIMEOUT_SLOW: Duration = Duration::from_secs(180);
const FAILOVER_TIMEOUT_MOST: Duration = Duration::from_secs(3600);
const MAX_LAG_LEAST: Duration = Duration::from_secs(1);
const MAX_LAG_SLOW: Duration = Duration::from_secs(30);
const MAX_LAG_MOST: Duration = Duration::from_secs(3600);
const GRACE_LEAST: Duration = Duration::from_secs(10);
const GRACE_SHORT: Duration = Duration::from_secs(30);
const GRACE_MOST: Duration = Duration::from_secs(3600);

rules! { RULES;
    DOWN_AFTER_TOO_SHORT = Error "down-after-too-short", "`spec.sentinel.downAfter` is less than 3s",
        "below about 2.3 s a masterless cycle can never heal: a server named master but running as replica is marked down only after downAfter + 20 s, and a replica is electable only while its link has been down for less than 10 x downAfter";
    DOWN_AFTER_TOO_LONG = Error "down-after-too-long", "`spec.sentinel.downAfter` is more than 10m",
        "a dead master would stay master for that long";
    DOWN_AFTER_SLOW_RULE = Warning "down-after-slow", "`spec.sentinel.downAfter` is more than 30s",
        "writes fail for downAfter plus 1.1 to 1.4 s when a master is lost (measured at 1, 3, 5 and 10 s); with 60 s, 62 s were measured";
    FAILOVER_TIMEOUT_TOO_SHORT = Error "failover-timeout-too-short", "`spec.sentinel.failoverTimeout` is less than twice downAfter",
        "a failover would be given up before the next failure can be noticed";
    FAILOVER_TIMEOUT_TOO_LONG = Error "failover-timeout-too-long", "`spec.sentinel.failoverTimeout` is more than 1h",
        "a failed attempt is only repeated after twice that time";
    FAILOVER_TIMEOUT_SLOW_RULE = Warning "failover-timeout-slow", "`spec.sentinel.failoverTimeout` is 3m or more",
        "with 180 s, replicas were seen to follow the old master for the whole of it after a failover was interrupted";
    MAX_LAG_OUT_OF_RANGE = Error "max-lag-out-of-range", "`spec.minReplicasMaxLag` is not 1s to 1h",
        "0 would switch the protection off, and replicas report once a second";
    MAX_LAG_SLOW_RULE = Warning "max-lag-slow", "`spec.minReplicasMaxLag` is more than 30s",
        "an isolated master accepts writes for that long and a second more, and all of them are lost; with 4 s the window closes after 5 to 6 s, earlier where its script notices";
    GRACE_PERIOD_OUT_OF_RANGE = Error "grace-period-out-of-range", "`spec.terminationGracePeriod` is not 10s to 1h",
        "a master needs about a second to hand over and more to save; a drain waits for the whole of it if a stop hangs";
    GRACE_PERIOD_SHORT = Warning "grace-period-short", "`spec.terminationGracePeriod` is less than 30s",
        "a hand-over takes 1.1 to 1.2 s, but the shutdown that follows waits up to 10 s for replicas and may write a snapshot; what takes longer is killed";
}

pub(super) fn check(check: &mut Check) {
    if let Some(sentinel) = check.sentinel() {
        if let Some(time) = sentinel.down_after {
            down_after(check, time);
        }
        if let Some(time) = sentinel.failover_timeout {
            failover_timeout(check, time, sentinel.down_after.unwrap_or(defaults::DOWN_AFTER));
        }
    }
    if let Some(time) = check.spec.min_replicas_max_lag {
        max_lag(check, time);
    }
    if let Some(time) = check.spec.termination_grace_period {
        grace_period(check, time);
    }
}

fn down_after(check: &mut Check, time: Duration) {
    let path = "spec.sentinel.downAfter";
    if time < DOWN_AFTER_LEAST {
        check.report(
            DOWN_AFTER_TOO_SHORT
                .at(path, format!("{time} is too short: below about 2.3 s a masterless cycle can never heal"))
                .help("3s is the least that is safe, 4s the default; a planned move takes about a second either way"),
        );
    } else if time > DOWN_AFTER_MOST {
        check.report(
            DOWN_AFTER_TOO_LONG
                .at(path, format!("a dead master would stay master for {time}: at most {DOWN_AFTER_MOST}"))
                .help("4s is the default"),
        );
    } else if time > DOWN_AFTER_SLOW {
        check.report(
            DOWN_AFTER_SLOW_RULE
                .at(path, format!("when a master is lost, writes fail for {time} and about 1.4 s more"))
                .help("4s is the default, and was enough in every measurement"),
        );
    }
}

fn failover_timeout(check: &mut Check, time: Duration, down_after: Duration) {
    let path = "spec.sentinel.failoverTimeout";
    if time < down_after.times(2) {
        check.report(
            FAILOVER_TIMEOUT_TOO_SHORT
                .at(
                    path,
                    format!(
                        "{time} is less than twice downAfter ({down_after}): a failover would be given up too early"
                    ),
                )
                .help(format!(
                    "use {} or more; absent, it is {}",
                    down_after.times(2),
                    defaults::failover_timeout(down_after)
                )),
        );
    } else if time > FAILOVER_TIMEOUT_MOST {
        check.report(
            FAILOVER_TIMEOUT_TOO_LONG
                .at(path, format!("a failed attempt would be repeated only after twice {time}"))
                .help("30s is the default, 1h the most"),
        );
    } else if time >= FAILOVER_TIMEOUT_SLOW {
        check.report(
            FAILOVER_TIMEOUT_SLOW_RULE
                .at(
                    path,
                    format!(
                        "with {time}, replicas can follow the wrong master for minutes after an interrupted failover"
                    ),
                )
                .help("30s is the default"),
        );
    }
}

fn max_lag(check: &mut Check, time: Duration) {
    let path = "spec.minReplicasMaxLag";
    if !seconds::whole(check, path, time) {
        return;
    }
    if !(MAX_LAG_LEAST..=MAX_LAG_MOST).contains(&time) {
        check.report(
            MAX_LAG_OUT_OF_RANGE
                .at(path, format!("{time} is not {MAX_LAG_LEAST} to {MAX_LAG_MOST}: replicas report once a second, and 0s would switch the protection off"))
                .help("4s is the default; to accept writes without replicas, set minReplicasToWrite to 0"),
        );
    } else if time > MAX_LAG_SLOW {
        check.report(
            MAX_LAG_SLOW_RULE
                .at(
                    path,
                    format!("an isolated master accepts writes for {time} and a second more, and all of them are lost"),
                )
                .help("4s is the default: the window closes after at most 6 s"),
        );
    }
}

fn grace_period(check: &mut Check, time: Duration) {
    let path = "spec.terminationGracePeriod";
    if !seconds::whole(check, path, time) {
        return;
    }
    if !(GRACE_LEAST..=GRACE_MOST).contains(&time) {
        check.report(
            GRACE_PERIOD_OUT_OF_RANGE
                .at(path, format!("{time} is not {GRACE_LEAST} to {GRACE_MOST}: a master hands over and saves in it, and a drain waits for it"))
                .help("60s is the default; allow more for a large snapshot"),
        );
    } else if time < GRACE_SHORT {
        check.report(
            GRACE_PERIOD_SHORT
                .at(path, format!("{time} may not be enough to hand over, wait for replicas (up to 10 s) and save: what takes longer is killed"))
                .help("60s is the default"),
        );
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "down-after-too-short",
            "spec.sentinel.downAfter",
            "spec: {sentinel: {downAfter: 2999ms}}",
            "spec: {sentinel: {downAfter: 3s}}",
        ),
        case(
            "down-after-too-long",
            "spec.sentinel.downAfter",
            "spec: {sentinel: {downAfter: 10m1s}}",
            "spec: {sentinel: {downAfter: 30s}}",
        ),
        case(
            "down-after-slow",
            "spec.sentinel.downAfter",
            "spec: {sentinel: {downAfter: 30001ms}}",
            "spec: {sentinel: {downAfter: 30s}}",
        ),
        case(
            "failover-timeout-too-short",
            "spec.sentinel.failoverTimeout",
            "spec: {sentinel: {failoverTimeout: 7999ms}}",
            "spec: {sentinel: {failoverTimeout: 8s}}",
        ),
        case(
            "failover-timeout-too-short",
            "spec.sentinel.failoverTimeout",
            "spec: {sentinel: {downAfter: 20s, failoverTimeout: 30s}}",
            "spec: {sentinel: {downAfter: 20s}}",
        ),
        case(
            "failover-timeout-too-long",
            "spec.sentinel.failoverTimeout",
            "spec: {sentinel: {failoverTimeout: 1h1s}}",
            "spec: {sentinel: {failoverTimeout: 60s}}",
        ),
        case(
            "failover-timeout-slow",
            "spec.sentinel.failoverTimeout",
            "spec: {sentinel: {failoverTimeout: 3m}}",
            "spec: {sentinel: {failoverTimeout: 179s}}",
        ),
        case(
            "max-lag-out-of-range",
            "spec.minReplicasMaxLag",
            "spec: {minReplicasMaxLag: 0s}",
            "spec: {minReplicasMaxLag: 1s}",
        ),
        case(
            "max-lag-out-of-range",
            "spec.minReplicasMaxLag",
            "spec: {minReplicasMaxLag: 2h}",
            "spec: {minReplicasMaxLag: 30s}",
        ),
        case(
            "max-lag-slow",
            "spec.minReplicasMaxLag",
            "spec: {minReplicasMaxLag: 31s}",
            "spec: {minReplicasMaxLag: 30s}",
        ),
        case(
            "grace-period-out-of-range",
            "spec.terminationGracePeriod",
            "spec: {terminationGracePeriod: 9s}",
            "spec: {terminationGracePeriod: 30s}",
        ),
        case(
            "grace-period-out-of-range",
            "spec.terminationGracePeriod",
            "spec: {terminationGracePeriod: 3601s}",
            "spec: {terminationGracePeriod: 1h}",
        ),
        case(
            "grace-period-short",
            "spec.terminationGracePeriod",
            "spec: {terminationGracePeriod: 29s}",
            "spec: {terminationGracePeriod: 30s}",
        ),
    ]
};
