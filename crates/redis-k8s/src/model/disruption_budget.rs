//! How many pods may be away.

use super::document;

document! {
    /// How many pods of a set a drain may take at a time.
    pub struct DisruptionBudget {
        /// False to render no PodDisruptionBudget.
        pub enabled: Option<bool> = "true" => sample("false"),
        /// Servers that may be away, 1 or more.
        pub max_unavailable: Option<u32> = "1" => sample("2").at_least(1).beside(r#"{"replicas": 5}"#),
    }
}
