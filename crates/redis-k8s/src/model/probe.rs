//! Probes.

use super::document;
use super::field::why::PROBE;
use crate::value::Duration;

document! {
    /// Times and thresholds of the probes; what they ask is this tool's.
    pub struct Probes {
        /// Restarts a process that no longer answers: asks whether what runs beside it still hears it; every 60s, 2 in a row.
        pub liveness: Option<Probe> => sample(r#"{"period": "20s"}"#),
        /// Takes a server that is not in sync out of the Services for clients, every 30s, 3 in a row; a sentinel whose port takes no
        /// connection, every 10s, 2 in a row.
        pub readiness: Option<Probe> => sample(r#"{"period": "15s"}"#),
        /// Makes the pod ready: asks whether the server is in sync and could be elected, or the sentinel names a master; every
        /// second, for as long as that takes.
        pub startup: Option<Probe> => sample(r#"{"failureThreshold": 3600}"#).not_in_v1beta3("it has no startup probe"),
    }

    /// When a probe runs and when it counts. Times are whole seconds.
    pub struct Probe {
        /// False to leave the probe out.
        pub enabled: Option<bool> = "true" => sample("false"),
        /// Wait before the first run.
        pub initial_delay: Option<Duration> => sample(r#""7s""#),
        /// Time between two runs, 1s or more.
        pub period: Option<Duration> => sample(r#""15s""#).not_in_v1beta3(PROBE),
        /// Time a run may take, 1s or more.
        pub timeout: Option<Duration> => sample(r#""4s""#),
        /// Failures in a row that count, 1 or more.
        pub failure_threshold: Option<u32> => sample("3600").at_least(1).not_in_v1beta3(PROBE),
        /// Successes in a row that count, 1 or more; 1 for liveness and startup.
        pub success_threshold: Option<u32> => sample("1").at_least(1).not_in_v1beta3(PROBE),
    }
}
