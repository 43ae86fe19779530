//! CPU and memory of servers, sentinels, proxies and exporters.

use super::Check;
use super::rule::rules;
use crate::api_version::ApiVersion;
use crate::check::at::At;
use crate::model::{ResourceList, Resources, defaults};
use crate::value::Quantity;

/// A server without data, its scripts and a probe running at the same time.
const LEAST_MEMORY: u64 = 16 << 20;
/// Less is a mistyped unit: Kubernetes reads `512m` as half a byte.
const LEAST_REQUEST: u64 = 1 << 20;
/// More cores than any node has: bytes given for cores.
const MOST_CORES: u64 = 4096;
/// Millicores below which the quota of a scheduling period is used up by a few commands.
const LOW_CPU: u128 = 100;

rules! { RULES;
    REQUEST_EXCEEDS_LIMIT = Error "request-exceeds-limit", "a request is more than the limit of the same resource",
        "the API server refuses such a pod, so the set would stay without any";
    MEMORY_TOO_SMALL = Error "memory-too-small", "a memory limit is less than 16Mi, or a memory request less than 1Mi",
        "the kernel would kill the process before it is up; `512m` is half a byte, `512Mi` was meant";
    MEMORY_UNBOUNDED = Warning "memory-unbounded", "`spec.resources` has no memory limit, and `spec.config` no `maxmemory`",
        "the data grows until the node runs out of memory and the kernel kills what it likes";
    AMOUNT_TOO_LARGE = Error "amount-too-large", "an amount of bytes is more than 8388Ti",
        "the API server counts thousandths of bytes in 64 bits: it warns of a fraction that is not there, and no node or disk has as much";
    AMOUNT_TOO_FINE = Error "amount-too-fine", "an amount has a fraction of a byte, or of a thousandth of a core",
        "the API server warns of such bytes, and rounds such cores up: what it keeps would differ from what is rendered";
    CPU_TOO_LARGE = Error "cpu-too-large", "an amount of CPU is more than 4096 cores",
        "no node has them: bytes were given for cores, and the pods would stay pending";
    CPU_LIMIT_LOW = Warning "cpu-limit-low", "a CPU limit is less than 100m",
        "the quota of 100 ms is used up by a few commands; probes and the answers sentinels wait for come late";
}

/// The memory a server may use; none if the document names resources without such a limit.
pub(super) fn server_memory_limit(check: &Check) -> Option<Quantity> {
    match check.spec.resources.as_deref() {
        Some(resources) => resources.limits.as_ref()?.memory.clone(),
        None => defaults::MEMORY_LIMIT.parse().ok(),
    }
}

pub(super) fn check(check: &mut Check) {
    if let Some(resources) = check.spec.resources.as_deref() {
        container(check, &At::root("spec.resources"), resources);
        bounded(check, resources);
    }
    if let Some(resources) = check.sentinel().and_then(|sentinel| sentinel.resources.as_deref()) {
        container(check, &At::root("spec.sentinel.resources"), resources);
    }
    let master = check.spec.services.as_deref().and_then(|services| services.master.as_deref());
    if let Some(resources) = master.and_then(|master| master.resources.as_ref()) {
        container(check, &At::root("spec.services.master.resources"), resources);
    }
    if let Some(resources) = check.spec.metrics.as_deref().and_then(|metrics| metrics.resources.as_ref()) {
        container(check, &At::root("spec.metrics.resources"), resources);
    }
}

fn container(check: &mut Check, path: &At, resources: &Resources) {
    let nothing = ResourceList::default();
    let requests = resources.requests.as_ref().unwrap_or(&nothing);
    let limits = resources.limits.as_ref().unwrap_or(&nothing);
    for (name, request, limit) in [
        ("cpu", &requests.cpu, &limits.cpu),
        ("memory", &requests.memory, &limits.memory),
        ("ephemeral-storage", &requests.ephemeral_storage, &limits.ephemeral_storage),
    ] {
        let sides = [path.field("requests"), path.field("limits")];
        let mut sides_fine = true;
        for (at, side, amount) in [(sides[0], "requests", request), (sides[1], "limits", limit)] {
            let Some(amount) = amount else { continue };
            let is_sized = match name {
                "cpu" => cpu(check, at.field(name), side, amount),
                "memory" => memory(check, at.field(name), side, amount),
                _ => true,
            };
            if is_sized {
                fine_enough(check, at.field(name), amount, if name == "cpu" { Unit::Core } else { Unit::Byte });
            }
            sides_fine &= is_sized;
        }
        if let (Some(request), Some(limit), true) = (request, limit, sides_fine)
            && request.milli_units() > limit.milli_units()
        {
            check.report(
                REQUEST_EXCEEDS_LIMIT
                    .at(
                        sides[0].field(name),
                        format!("a request of {request} {name} is more than the limit of {limit}"),
                    )
                    .help(format!("request at most {limit}, or raise the limit")),
            );
        }
    }
}

/// What an amount is counted in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Core,
    Byte,
}

/// Reports an amount that Kubernetes would not keep as it is, or not without a warning
/// ([defaults.go](https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/v1/defaults.go), `SetDefaults_ResourceList`;
/// [warnings.go](https://github.com/kubernetes/kubernetes/blob/master/pkg/api/pod/warnings.go)).
pub(super) fn fine_enough(check: &mut Check, at: At, amount: &Quantity, unit: Unit) {
    if unit == Unit::Byte && amount.milli_units() > u128::from(i64::MAX.unsigned_abs()) {
        let message = format!("{amount} is more than the API server can count in thousandths of a byte");
        check.report(AMOUNT_TOO_LARGE.at(at, message).help("write 8388Ti or less"));
        return;
    }
    let (message, help) = match unit {
        Unit::Byte if !amount.is_whole() => {
            (format!("{amount} has a fraction of a byte"), format!("write {}, or a size with Mi or Gi", amount.units()))
        }
        Unit::Core if !amount.is_whole_thousandths() => {
            (format!("{amount} has a fraction of a thousandth of a core"), format!("write {}m", amount.milli_units()))
        }
        Unit::Byte | Unit::Core => return,
    };
    check.report(AMOUNT_TOO_FINE.at(at, message).help(help));
}

/// Without a limit there is no maxmemory either: the first to notice is the node.
fn bounded(check: &mut Check, resources: &Resources) {
    let has_limit = resources.limits.as_ref().is_some_and(|limits| limits.memory.is_some());
    let has_maxmemory =
        check.spec.config.as_ref().is_some_and(|config| config.keys().any(|key| key.as_str() == "maxmemory"));
    if !has_limit && !has_maxmemory && check.target == ApiVersion::AppsV1 {
        check.report(
            MEMORY_UNBOUNDED
                .at(
                    "spec.resources",
                    "these resources replace the default ones and have no memory limit, so nothing bounds the data",
                )
                .help("add limits.memory, three quarters of which the data may fill, or maxmemory in spec.config"),
        );
    }
}

fn memory(check: &mut Check, at: At, side: &str, amount: &Quantity) -> bool {
    let bytes = amount.units();
    let least = if side == "limits" { LEAST_MEMORY } else { LEAST_REQUEST };
    // A request of nothing is a choice: the scheduler sets nothing aside.
    if bytes >= least || (side == "requests" && amount.milli_units() == 0) {
        return true;
    }
    let help = if amount.as_str().ends_with('m') {
        let meant = amount.as_str().trim_end_matches('m');
        format!("m is a thousandth: use {meant}Mi for mebibytes")
    } else {
        format!("use {}Mi or more", least >> 20)
    };
    check.report(
        MEMORY_TOO_SMALL.at(at, format!("{amount} is {bytes} bytes of memory: nothing can run in it")).help(help),
    );
    false
}

fn cpu(check: &mut Check, at: At, side: &str, amount: &Quantity) -> bool {
    if amount.units() > MOST_CORES {
        check.report(
            CPU_TOO_LARGE
                .at(at, format!("{amount} is {} cores: no node has them", amount.units()))
                .help("use cores, as in 2 or 500m for half a core"),
        );
        return false;
    }
    if side == "limits" && amount.milli_units() < LOW_CPU {
        check.report(
            CPU_LIMIT_LOW
                .at(at, format!("{amount} of a core: a few commands use up the quota, and answers to probes and sentinels come late"))
                .help("leave the CPU limit out, or use 250m or more"),
        );
    }
    true
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "request-exceeds-limit",
            "spec.resources.requests.memory",
            "spec: {resources: {requests: {memory: 1025Mi}, limits: {memory: 1Gi}}}",
            "spec: {resources: {requests: {memory: 1024Mi}, limits: {memory: 1Gi}}}",
        ),
        case(
            "request-exceeds-limit",
            "spec.sentinel.resources.requests.cpu",
            "spec: {sentinel: {resources: {requests: {cpu: '1'}, limits: {cpu: 999m}}}}",
            "spec: {sentinel: {resources: {requests: {cpu: 1000m}, limits: {cpu: '1'}}}}",
        ),
        case(
            "request-exceeds-limit",
            "spec.resources.requests.ephemeral-storage",
            "spec: {resources: {requests: {ephemeral-storage: 2Gi}, limits: {ephemeral-storage: 1Gi}}}",
            "spec: {resources: {requests: {ephemeral-storage: 1Gi}, limits: {memory: 1Gi, ephemeral-storage: 2Gi}}}",
        ),
        case(
            "memory-too-small",
            "spec.resources.limits.memory",
            "spec: {resources: {limits: {memory: 512m}}}",
            "spec: {resources: {limits: {memory: 512Mi}}}",
        ),
        case(
            "memory-too-small",
            "spec.resources.limits.memory",
            "spec: {resources: {limits: {memory: 8Mi}}}",
            "spec: {resources: {limits: {memory: 16Mi}}}",
        ),
        case(
            "memory-too-small",
            "spec.sentinel.resources.requests.memory",
            "spec: {sentinel: {resources: {requests: {memory: '32'}}}}",
            "spec: {sentinel: {resources: {requests: {memory: 32Mi}}}}",
        ),
        case(
            "memory-unbounded",
            "spec.resources",
            "spec: {resources: {requests: {memory: 1Gi}}}",
            "spec: {resources: {}, config: {maxmemory: 1gb}}",
        ),
        case(
            "amount-too-large",
            "spec.resources.requests.ephemeral-storage",
            "spec: {resources: {requests: {ephemeral-storage: 8389Ti}, limits: {memory: 1Gi}}}",
            "spec: {resources: {requests: {ephemeral-storage: 8388Ti}, limits: {memory: 1Gi}}}",
        ),
        case(
            "amount-too-fine",
            "spec.resources.limits.memory",
            "spec: {resources: {limits: {memory: 100000000.5}}}",
            "spec: {resources: {limits: {memory: 100000001}}}",
        ),
        case(
            "amount-too-fine",
            "spec.resources.requests.ephemeral-storage",
            "spec: {resources: {requests: {ephemeral-storage: 500m}, limits: {memory: 1Gi}}}",
            "spec: {resources: {requests: {ephemeral-storage: 500M}, limits: {memory: 1Gi}}}",
        ),
        case(
            "amount-too-fine",
            "spec.sentinel.resources.requests.cpu",
            "spec: {sentinel: {resources: {requests: {cpu: 0.01251}}}}",
            "spec: {sentinel: {resources: {requests: {cpu: 0.125}}}}",
        ),
        case(
            "amount-too-fine",
            "spec.storage.size",
            "spec: {storage: {size: 1000000000.5}}",
            "spec: {storage: {size: 1000000000}}",
        ),
        case(
            "cpu-too-large",
            "spec.resources.requests.cpu",
            "spec: {resources: {requests: {cpu: 128Mi}}}",
            "spec: {resources: {requests: {cpu: 128m}, limits: {memory: 1Gi}}}",
        ),
        case(
            "cpu-limit-low",
            "spec.resources.limits.cpu",
            "spec: {resources: {limits: {cpu: 99m}}}",
            "spec: {resources: {limits: {cpu: 100m, memory: 1Gi}}}",
        ),
    ]
};
