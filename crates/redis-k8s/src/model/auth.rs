//! Passwords and users.

use super::document;
use super::field::AUTH;
use crate::value::{AclRules, ObjectName, PasswordHash, SecretKey, UserName};

document! {
    /// Where the passwords are: always in a Secret that exists, never in the document.
    ///
    /// `redis-k8s-gen secret` prints one for `kubectl create -f -`.
    pub struct Auth {
        /// The Secret.
        pub secret: Option<ObjectName> => sample(r#""redis-auth""#),
        /// Its key with the password of the servers.
        pub key: Option<SecretKey> = "password" => sample(r#""redis-password""#).beside(AUTH),
        /// Its key with the password that was valid before; while the Secret has it, servers accept both.
        pub previous_key: Option<SecretKey> = "previous-password" => sample(r#""old-password""#).beside(AUTH),
        /// True if sentinels ask for a password too.
        pub sentinel: Option<bool> = "true" => sample("false").beside(AUTH),
        /// The key with the password of the sentinels. `previous-` and this key is the key with the one that was valid before; while
        /// the Secret has it, both are used.
        pub sentinel_key: Option<SecretKey> else "that of the servers" => sample(r#""sentinel-password""#).beside(AUTH),
        /// Users of the servers beside `default`. With this field or another one for users servers, sentinels and scripts are a user
        /// of their own, `redis-k8s`, which has the password of the servers and no access to keys: the first of these fields restarts
        /// both sets once. After that users come, change and go without a restart.
        pub users: Option<Vec<User>> => sample(r#"[{"name": "app", "rules": "~app:* +@read +@write -@dangerous"}]"#).beside(r#"{"auth": {"secret": "redis-auth", "users": []}}"#),
        /// Users of the sentinels beside `default`, as `users` are those of the servers: the field restarts sentinels once.
        pub sentinel_users: Option<Vec<User>> => sample(r#"[{"name": "app"}]"#).beside(r#"{"auth": {"secret": "redis-auth", "sentinelUsers": []}}"#),
        /// The Secret with the passwords of `users` and `sentinelUsers`. Servers and sentinels with users mount all of it.
        pub users_secret: Option<ObjectName> else "that of the servers" => sample(r#""redis-users""#).beside(r#"{"auth": {"secret": "redis-auth", "users": [{"name": "app", "rules": "+@read"}]}}"#),
        /// A Secret with a whole ACL file, whose users are there beside `users`; of two of one name that of `users` counts.
        pub acl_file_secret: Option<AclFileSecret> => sample(r#"{"name": "redis-acl"}"#).beside(AUTH),
        /// False to switch the user `default` of the servers off. Changes without a restart.
        pub default_user: Option<bool> = "true" => sample("false").beside(r#"{"auth": {"secret": "redis-auth", "sentinelKey": "sentinel-password", "users": [{"name": "app", "rules": "+@read"}]}}"#),
        /// False to switch the user `default` of the sentinels off. Changes without a restart.
        pub sentinel_default_user: Option<bool> = "true" => sample("false").beside(r#"{"auth": {"secret": "redis-auth", "sentinelUsers": [{"name": "app"}]}}"#),
    }

    /// A user of servers or sentinels.
    pub struct User {
        /// Its name; `default` and `redis-k8s` are taken.
        pub name: Option<UserName>,
        /// What it may, as `ACL SETUSER` has it, but for passwords: `~app:* +@read +@write -@dangerous`. It starts with nothing. One of
        /// the sentinels needs none: it may then ask and hear who is master, and who its replicas and sentinels are.
        pub rules: Option<AclRules>,
        /// The key with its password. `previous-` and this key is the key with the one that was valid before; while the Secret has it,
        /// both are accepted.
        pub key: Option<SecretKey> else "its name and `-password`, or none where there are `hashes`",
        /// SHA-256 of passwords, as `ACL GETUSER` shows them.
        pub hashes: Option<Vec<PasswordHash>>,
    }

    /// Where an ACL file is.
    pub struct AclFileSecret {
        /// The Secret.
        pub name: Option<ObjectName> => sample(r#""redis-acl""#),
        /// Its key with the file: lines as `ACL LIST` gives them. Those of `default` and `redis-k8s` are not taken.
        pub key: Option<SecretKey> = "users.acl" => sample(r#""acl""#).beside(r#"{"auth": {"secret": "redis-auth", "aclFileSecret": {"name": "redis-acl"}}}"#),
    }
}

impl Auth {
    /// True if servers or sentinels have more users than `default`.
    pub(crate) const fn has_users(&self) -> bool {
        self.users.is_some()
            || self.acl_file_secret.is_some()
            || matches!(self.default_user, Some(false))
            || self.has_sentinel_users()
    }

    /// True if sentinels have more users than `default` and `redis-k8s`, or fewer.
    pub(crate) const fn has_sentinel_users(&self) -> bool {
        self.sentinel_users.is_some() || matches!(self.sentinel_default_user, Some(false))
    }
}

impl User {
    /// The key with its password, if it has one.
    ///
    /// ```
    /// let user = redis_k8s::model::User { name: Some("app".parse()?), ..Default::default() };
    /// assert_eq!(user.password_key().as_deref(), Some("app-password"));
    /// # Ok::<(), redis_k8s::InvalidValue>(())
    /// ```
    #[must_use]
    pub fn password_key(&self) -> Option<String> {
        match (&self.key, &self.name) {
            (Some(key), _) => Some(key.to_string()),
            (None, Some(name)) if self.hashes.is_none() => Some([name.as_str(), "-password"].concat()),
            _ => None,
        }
    }
}
