//! How long the parts of a cluster take for what they do.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::lock::lock;

/// Delays of a real cluster's parts, each a range from which every event draws.
///
/// The figures are what a three-node cluster of a recent release shows when it is not busy.
#[derive(Debug)]
pub(crate) struct Settings {
    /// From a pod's creation to its first container: scheduling, network, volumes.
    pub(crate) schedule: (u64, u64),
    /// From a container's end to its restart: the kubelet looks once a second.
    pub(crate) notice: (u64, u64),
    /// From the end of a pod's last container to its disappearance from the API.
    pub(crate) forget: (u64, u64),
    /// From a change of a pod to Services and names that know of it.
    pub(crate) propagation: (u64, u64),
    /// From a change of a ConfigMap or Secret to the files of running pods; up to 90 s in reality, shortened.
    pub(crate) refresh: (u64, u64),
    /// Wait after a second crash within ten minutes; doubles with each.
    pub(crate) back_off: Duration,
    /// What every restart of a container takes longer, while a scenario says so; in milliseconds.
    delay: AtomicU64,
    random: Random,
}

impl Settings {
    /// The usual delays, drawn from this seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            schedule: (500, 1_000),
            notice: (50, 1_050),
            forget: (100, 400),
            propagation: (300, 800),
            refresh: (4_000, 6_000),
            back_off: Duration::from_secs(10),
            delay: AtomicU64::new(0),
            random: Random::new(seed),
        }
    }

    /// Draws a delay.
    pub(crate) fn draw(&self, (least, most): (u64, u64)) -> Duration {
        Duration::from_millis(least + self.random.below(most.saturating_sub(least) + 1))
    }

    /// Lets every restart take this much longer, as on a slow node.
    pub(crate) fn delay_restarts(&self, time: Duration) {
        self.delay.store(u64::try_from(time.as_millis()).unwrap_or(0), Ordering::Relaxed);
    }

    /// How much longer restarts take.
    pub(crate) fn restart_delay(&self) -> Duration {
        Duration::from_millis(self.delay.load(Ordering::Relaxed))
    }

    /// The source of chance.
    pub(crate) fn random(&self) -> &Random {
        &self.random
    }
}

/// Chance that can be repeated (`SplitMix64`).
#[derive(Debug)]
pub(crate) struct Random(Mutex<u64>);

impl Random {
    /// Chance from a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// A seed nobody chose.
    pub(crate) fn seed() -> u64 {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::from(time.subsec_nanos()) ^ (time.as_secs() << 20)
    }

    fn next(&self) -> u64 {
        let mut state = lock(&self.0);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one; 0 if that is 0.
    pub(crate) fn below(&self, limit: u64) -> u64 {
        self.next().checked_rem(limit).unwrap_or(0)
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&self, list: &'a [T]) -> Option<&'a T> {
        list.get(usize::try_from(self.below(list.len() as u64)).unwrap_or(0))
    }
}
