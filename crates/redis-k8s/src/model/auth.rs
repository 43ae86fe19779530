//! Passwords.

use super::document;
use crate::value::{ObjectName, SecretKey};

document! {
    /// Where the passwords are: always in a Secret that exists, never in the document.
    ///
    /// `redis-k8s-gen secret` prints one for `kubectl create -f -`.
    pub struct Auth {
        /// The Secret.
        pub secret: Option<ObjectName>,
        /// Its key with the password of the servers; default `password`.
        pub key: Option<SecretKey>,
        /// Its key with the password that was valid before; while the Secret has it, servers accept both. Default `previous-password`.
        pub previous_key: Option<SecretKey>,
        /// True if sentinels ask for a password too; default true.
        pub sentinel: Option<bool>,
        /// The key with the password of the sentinels. `previous-` and this key is the key with the one that was valid before; while
        /// the Secret has it, both are used. Default: that of the servers.
        pub sentinel_key: Option<SecretKey>,
    }
}
