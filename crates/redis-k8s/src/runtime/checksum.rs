//! A fingerprint of what a running process would not take up by itself.

use super::SCRIPTS;
use crate::instance::Component;

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
    let mut hashes = [0xcbf2_9ce4_8422_2325; 3];
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

/// The fingerprint of a set's scripts and of what else its processes read at their start alone.
pub(super) fn checksum<'t>(component: Component, texts: impl Iterator<Item = &'t str>) -> String {
    format!("{:016x}", texts.fold(SCRIPTS_OF_SETS[component as usize], fnv))
}
