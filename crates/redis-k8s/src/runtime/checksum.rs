//! A fingerprint of what a running process would not take up by itself.

use std::sync::LazyLock;

use super::{SCRIPTS, config};
use crate::instance::{Component, Instance};

/// FNV-1a, 64 bits: changes are accidents here, not attacks
/// (<https://datatracker.ietf.org/doc/draft-eastlake-fnv/>).
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn write(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Of the scripts a set runs, once for all instances.
fn scripts(component: Component) -> u64 {
    static OF_SETS: LazyLock<[u64; 2]> = LazyLock::new(|| {
        Component::ALL.map(|component| {
            let others = match component {
                Component::Server => &["sentinel.sh"][..],
                Component::Sentinel => &["server.sh", "handover.sh"],
            };
            let mut hash = Fnv::new();
            for (name, text) in SCRIPTS.iter().filter(|(name, _)| !others.contains(name)) {
                hash.write(name);
                hash.write(text);
            }
            hash.0
        })
    });
    OF_SETS[component as usize]
}

/// The fingerprint of a set's configuration: of its scripts and its own file, not of `topology.env`, which is read anew.
pub(crate) fn checksum(instance: Instance<'_>, component: Component) -> String {
    let mut hash = Fnv(scripts(component));
    hash.write(&match component {
        Component::Server => config::redis_conf(instance, super::DATA_DIR),
        Component::Sentinel => config::sentinel_conf(instance),
    });
    format!("{:016x}", hash.0)
}
