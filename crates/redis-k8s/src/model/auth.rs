//! Passwords.

use super::document;
use crate::value::{ObjectName, SecretKey};

document! {
    /// Where the passwords are: always in a Secret that exists, never in the document.
    ///
    /// `redis-k8s-gen secret` prints one for `kubectl create -f -`.
    pub struct Auth {
        /// The Secret.
        pub secret: Option<ObjectName> => sample(r#""redis-auth""#),
        /// Its key with the password of the servers.
        pub key: Option<SecretKey> = "password" => sample(r#""redis-password""#).beside(r#"{"auth": {"secret": "redis-auth"}}"#),
        /// Its key with the password that was valid before; while the Secret has it, servers accept both.
        pub previous_key: Option<SecretKey> = "previous-password" => sample(r#""old-password""#).beside(r#"{"auth": {"secret": "redis-auth"}}"#),
        /// True if sentinels ask for a password too.
        pub sentinel: Option<bool> = "true" => sample("false").beside(r#"{"auth": {"secret": "redis-auth"}}"#),
        /// The key with the password of the sentinels. `previous-` and this key is the key with the one that was valid before; while
        /// the Secret has it, both are used.
        pub sentinel_key: Option<SecretKey> else "that of the servers" => sample(r#""sentinel-password""#).beside(r#"{"auth": {"secret": "redis-auth"}}"#),
    }
}
