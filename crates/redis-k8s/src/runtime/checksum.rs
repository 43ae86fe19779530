//! A fingerprint of what a running process would not take up by itself.

use super::{PROXY_CONFIG, SCRIPTS, USERS_SCRIPT};
use crate::instance::Component;

/// The fingerprint of nothing.
const NOTHING: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, 64 bits: changes are accidents here, not attacks
/// (<https://datatracker.ietf.org/doc/draft-eastlake-fnv/>).
const fn fnv(mut hash: u64, text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut place = 0;
    while place < bytes.len() {
        hash = (hash ^ bytes[place] as u64).wrapping_mul(0x0100_0000_01b3);
        place += 1;
    }
    hash
}

/// Fingerprints of the scripts a server and a sentinel run, and a proxy, which runs none: taken while compiling, since they are the
/// same everywhere.
const SCRIPTS_OF_SETS: [u64; 3] = {
    let mut hashes = [NOTHING; 3];
    let mut place = 0;
    while place < SCRIPTS.len() {
        let script = &SCRIPTS[place];
        if script.server {
            hashes[0] = fnv(hashes[0], script.text);
        }
        if script.sentinel {
            hashes[1] = fnv(hashes[1], script.text);
        }
        place += 1;
    }
    hashes
};

/// The fingerprint of a set's scripts, which all instances have in common.
pub(super) const fn of_scripts(component: Component) -> u64 {
    SCRIPTS_OF_SETS[component as usize]
}

/// What the pods of a set carry, from the fingerprint of its scripts and the files of its configuration by their names: what a running
/// process would not take up. `topology.env`, `users.conf` and the values of `live.conf` are read anew, but not its names, since a
/// directive that is gone leaves no value to go back to.
pub(super) fn checksum<'t>(
    component: Component,
    scripts: u64,
    file: impl Fn(&str) -> Option<&'t str>,
) -> Option<String> {
    let hash = match component {
        Component::Server => {
            let names = file("live.conf")?.lines().filter_map(|line| line.split(' ').next());
            names.fold(fnv(scripts, file("redis.conf")?), |hash, name| fnv(fnv(hash, name), "\n"))
        }
        Component::Sentinel => fnv(scripts, file("sentinel.conf")?),
        Component::Proxy => fnv(scripts, file(PROXY_CONFIG)?),
    };
    let users = file(USERS_SCRIPT).filter(|_| component != Component::Proxy);
    Some(format!("{:016x}", fnv(hash, users.unwrap_or_default())))
}

/// The annotation `redis-k8s-gen.dev/config-checksum` of the pods of a set (`server`, `sentinel` or `proxy`), from the files of its
/// configuration and scripts by their names; none without one of them.
///
/// Pods whose annotation is another do not run what the files say.
///
/// ```
/// let manifest = redis_k8s::Redis::new("cache".parse()?).render(redis_k8s::ApiVersion::AppsV1)?;
/// let values = manifest.to_values();
/// let file = |name: &str| values.iter().find_map(|object| object["data"][name].as_str());
/// let set = values.iter().find(|object| object["kind"] == "StatefulSet").unwrap();
/// let annotation = &set["spec"]["template"]["metadata"]["annotations"]["redis-k8s-gen.dev/config-checksum"];
/// assert_eq!(redis_k8s::config_checksum("server", redis_k8s::scripts_fingerprint("server", file).unwrap(), file).as_deref(), annotation.as_str());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn config_checksum<'t>(set: &str, scripts: u64, file: impl Fn(&str) -> Option<&'t str>) -> Option<String> {
    checksum(Component::named(set)?, scripts, file)
}

/// What the scripts of a set (`server`, `sentinel` or `proxy`) add to its [`config_checksum`], from their texts by their names.
#[must_use]
pub fn scripts_fingerprint<'t>(set: &str, script: impl Fn(&str) -> Option<&'t str>) -> Option<u64> {
    let component = Component::named(set)?;
    let mut own = SCRIPTS.iter().filter(|script| match component {
        Component::Server => script.server,
        Component::Sentinel => script.sentinel,
        Component::Proxy => false,
    });
    own.try_fold(NOTHING, |hash, known| Some(fnv(hash, script(known.name)?)))
}
