//! Users of servers and sentinels.

use super::Check;
use super::access::MOST_OF_KEY;
use super::rule::rules;
use crate::check::at::At;
use crate::model::{Auth, User, defaults};

/// A ConfigMap holds all of them, beside the directives.
const MOST_BYTES: usize = 128 * 1024;
/// Files the scripts have beside the passwords of users.
const FILES: [&str; 4] = ["server", "server-previous", "sentinel", "sentinel-previous"];

rules! { RULES;
    USER_INCOMPLETE = Error "user-incomplete", "a user has no name, or one of `spec.auth.users` no rules",
        "nobody could be that user, or it could do nothing";
    USER_TWICE = Error "user-twice", "`spec.auth.users` or `spec.auth.sentinelUsers` names a user twice",
        "a server that finds a user twice refuses to start";
    USER_RESERVED = Error "user-reserved", "a user is named `default` or `redis-k8s`",
        "the one is there anyway, the other is what servers, sentinels and scripts are";
    USER_KEY_TAKEN = Error "user-key-taken", "the key with a user's password is that of another password, or a file of the scripts",
        "whoever knows the one password would know the other, and a password before could never be taken away";
    USER_KEY_TOO_LONG = Error "user-key-too-long", "the key with a user's password is longer than 244 characters",
        "the key of the password before is `previous-` and this one, and a key has 253 characters at most";
    USERS_TOO_LARGE = Error "users-too-large", "the users are more than 128 KiB",
        "the ConfigMap would not fit into what kubectl apply and the API server hold";
    USERS_SECRET_UNUSED = Error "users-secret-unused", "`spec.auth.usersSecret` is set without `spec.auth.users` or `spec.auth.sentinelUsers`",
        "nobody would have a password of that Secret";
    ACL_FILE_SECRET_MISSING = Error "acl-file-secret-missing", "`spec.auth.aclFileSecret` is there without `name`",
        "there is no Secret to take the file from, so no server could start";
    DEFAULT_USER_NEEDED = Error "default-user-needed", "`spec.auth.defaultUser` is false, and there is no other user",
        "no client could read or write";
    SENTINEL_DEFAULT_USER_NEEDED = Error "sentinel-default-user-needed", "`spec.auth.sentinelDefaultUser` is false, and there are neither `sentinelUsers` nor `services.master`",
        "no client could find the master";
    SENTINEL_USERS_UNASKED = Error "sentinel-users-unasked", "`spec.auth.sentinelUsers` or `spec.auth.sentinelDefaultUser: false` is beside `spec.auth.sentinel: false`",
        "sentinels that ask for no password take everybody for the user `default`, who may everything";
    SENTINELS_SHARE_PASSWORD = Warning "sentinels-share-password", "`spec.auth.defaultUser` is false, and sentinels have the password of the servers",
        "clients need it to ask sentinels, and could be `redis-k8s` with it, who may change users";
}

pub(super) fn check(check: &mut Check) {
    let Some(auth) = check.spec.auth.as_deref() else { return };
    let users = auth.users.as_deref().unwrap_or_default();
    let of_sentinels = auth.sentinel_users.as_deref().unwrap_or_default();
    for (place, user) in users.iter().enumerate() {
        let at = At::root("spec.auth.users");
        one(check, at.index(place), auth, user, &users[..place], None);
    }
    for (place, user) in of_sentinels.iter().enumerate() {
        let at = At::root("spec.auth.sentinelUsers");
        one(check, at.index(place), auth, user, &of_sentinels[..place], Some(users));
    }
    let bytes: usize = users.iter().chain(of_sentinels).map(size).sum();
    if bytes > MOST_BYTES {
        check.report(
            USERS_TOO_LARGE
                .at(
                    "spec.auth.users",
                    format!("{bytes} bytes of users do not fit into the ConfigMap: at most {MOST_BYTES}"),
                )
                .help("put them into an ACL file, and name its Secret in spec.auth.aclFileSecret"),
        );
    }
    if auth.users.is_none() && auth.sentinel_users.is_none() && auth.users_secret.is_some() {
        check.report(
            USERS_SECRET_UNUSED
                .at("spec.auth.usersSecret", "there are no users whose passwords could be in it")
                .help("name the users in spec.auth.users"),
        );
    }
    if auth.acl_file_secret.as_ref().is_some_and(|file| file.name.is_none()) {
        check.report(
            ACL_FILE_SECRET_MISSING
                .at("spec.auth.aclFileSecret", "there is no Secret to take the file from")
                .help("name it in spec.auth.aclFileSecret.name"),
        );
    }
    if auth.default_user == Some(false) {
        without_default(check, auth);
    }
    sentinels(check, auth);
}

fn size(user: &User) -> usize {
    let length = |text: Option<&str>| text.map_or(0, str::len);
    let hashes = user.hashes.as_ref().map_or(0, |hashes| 66 * hashes.len());
    let name = length(user.name.as_ref().map(AsRef::as_ref));
    name + length(user.password_key().as_deref()) + length(user.rules.as_ref().map(AsRef::as_ref)) + hashes
}

/// Looks at a user after those of its list that stand before it, and the users of the servers if it is one of the sentinels.
fn one(check: &mut Check, at: At<'_>, auth: &Auth, user: &User, before: &[User], servers: Option<&[User]>) {
    let (Some(name), true) = (&user.name, user.rules.is_some() || servers.is_some()) else {
        let (what, help) = if user.name.is_none() {
            ("a user has no name", "give it one, as app")
        } else {
            (
                "a user has no rules, and could do nothing",
                "say what it may, as rules: '~app:* +@read +@write -@dangerous'",
            )
        };
        return check.report(USER_INCOMPLETE.at(at, what).help(help));
    };
    if before.iter().any(|other| other.name.as_ref() == Some(name)) {
        check.report(USER_TWICE.at(at.field("name"), format!("{name} stands twice")).help("keep one of the two"));
    }
    if name.as_str() == "default" || name.as_str() == defaults::OWN_USER {
        check.report(
            USER_RESERVED.at(at.field("name"), format!("{name} is there already, and not for the document")).help(
                if name.as_str() == "default" {
                    "give clients a user of another name; spec.auth.defaultUser switches this one off"
                } else {
                    "use another name"
                },
            ),
        );
    }
    let Some(key) = user.password_key() else { return };
    if key.len() > MOST_OF_KEY - defaults::previous_key("").len() {
        check.report(
            USER_KEY_TOO_LONG
                .at(
                    at.field("key"),
                    format!("with the one of before the key of {name} would have more than {MOST_OF_KEY} characters"),
                )
                .help("use 244 characters or less"),
        );
    }
    let others = before.iter().chain(servers.unwrap_or_default());
    if let Some(other) = taken(auth, &key, others) {
        check.report(
            USER_KEY_TAKEN
                .at(at.field("key"), format!("{key} cannot hold the password of {name}: it is {other}"))
                .help("give each password a key of its own in the Secret"),
        );
    }
}

/// What a key is already, if it is.
fn taken<'u>(auth: &Auth, key: &str, others: impl Iterator<Item = &'u User>) -> Option<&'static str> {
    if FILES.contains(&key) {
        return Some("the name of a file of the scripts");
    }
    let previous = defaults::previous_key(key);
    let mut others = others.filter_map(User::password_key);
    if others.any(|other| other == previous || defaults::previous_key(&other) == key) {
        return Some("that of the password before of another user, or the other way round");
    }
    if auth.users_secret.is_some() && auth.users_secret != auth.secret {
        return None;
    }
    let server = auth.key.as_ref().map_or(defaults::AUTH_KEY, |key| key.as_str());
    let server_previous = auth.previous_key.as_ref().map_or(defaults::AUTH_PREVIOUS_KEY, |key| key.as_str());
    let sentinel = auth.sentinel_key.as_ref().map_or(server, |key| key.as_str());
    let sentinel_previous = defaults::previous_key(sentinel);
    let own = [server, server_previous, sentinel, &sentinel_previous];
    (own.contains(&key) || own.contains(&previous.as_str())).then_some("that of the servers or sentinels")
}

fn without_default(check: &mut Check, auth: &Auth) {
    if auth.users.as_ref().is_none_or(Vec::is_empty) && auth.acl_file_secret.is_none() {
        check.report(
            DEFAULT_USER_NEEDED
                .at("spec.auth.defaultUser", "without the default user no client could read or write")
                .help("name users in spec.auth.users or spec.auth.aclFileSecret first, and move the clients"),
        );
    }
    let is_asked = auth.sentinel != Some(false) && auth.sentinel_default_user != Some(false);
    if is_asked && auth.sentinel_key.as_ref().is_none_or(|key| auth.key.as_ref() == Some(key)) {
        check.report(
            SENTINELS_SHARE_PASSWORD
                .at(
                    "spec.auth.defaultUser",
                    "clients that ask sentinels know the password of redis-k8s, who may change users",
                )
                .help("give sentinels a password of their own with spec.auth.sentinelKey, or users with spec.auth.sentinelUsers"),
        );
    }
}

fn sentinels(check: &mut Check, auth: &Auth) {
    let is_off = auth.sentinel_default_user == Some(false);
    let at = if is_off { "spec.auth.sentinelDefaultUser" } else { "spec.auth.sentinelUsers" };
    if auth.sentinel == Some(false) {
        if is_off || auth.sentinel_users.is_some() {
            check.report(
                SENTINEL_USERS_UNASKED
                    .at(at, "sentinels ask for no password, and take everybody for their default user")
                    .help("take spec.auth.sentinel: false away"),
            );
        }
    } else if is_off
        && auth.sentinel_users.as_ref().is_none_or(Vec::is_empty)
        && check.instance.master_service().is_none()
    {
        check.report(
            SENTINEL_DEFAULT_USER_NEEDED
                .at(at, "without the default user of the sentinels no client could find the master")
                .help("name users in spec.auth.sentinelUsers first, and move the clients"),
        );
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "user-incomplete",
            "spec.auth.users[0]",
            "spec: {auth: {secret: a, users: [{rules: +@read}]}}",
            "spec: {auth: {secret: a, users: [{name: app, rules: +@read}]}}",
        ),
        case(
            "user-incomplete",
            "spec.auth.users[0]",
            "spec: {auth: {secret: a, users: [{name: app}]}}",
            "spec: {auth: {secret: a, users: [{name: app, rules: +@read}]}}",
        ),
        case(
            "user-incomplete",
            "spec.auth.sentinelUsers[0]",
            "spec: {auth: {secret: a, sentinelUsers: [{rules: +ping}]}}",
            "spec: {auth: {secret: a, sentinelUsers: [{name: app}]}}",
        ),
        case(
            "user-twice",
            "spec.auth.users[1].name",
            "spec: {auth: {secret: a, users: [{name: app, rules: +@read}, {name: app, rules: +@write}]}}",
            "spec: {auth: {secret: a, users: [{name: app, rules: +@read}, {name: App, rules: +@write}]}}",
        ),
        case(
            "user-twice",
            "spec.auth.sentinelUsers[1].name",
            "spec: {auth: {secret: a, sentinelUsers: [{name: app}, {name: app}]}}",
            "spec: {auth: {secret: a, users: [{name: app, rules: +@read}], sentinelUsers: [{name: app}]}}",
        ),
        case(
            "user-reserved",
            "spec.auth.users[0].name",
            "spec: {auth: {secret: a, users: [{name: default, rules: +@read}]}}",
            "spec: {auth: {secret: a, users: [{name: Default, rules: +@read}]}}",
        ),
        case(
            "user-reserved",
            "spec.auth.users[0].name",
            "spec: {auth: {secret: a, users: [{name: redis-k8s, rules: +@read}]}}",
            "spec: {auth: {secret: a, users: [{name: redis-k8s-2, rules: +@read}]}}",
        ),
        case(
            "user-key-taken",
            "spec.auth.users[0].key",
            "spec: {auth: {secret: a, users: [{name: app, rules: +@read, key: password}]}}",
            "spec: {auth: {secret: a, usersSecret: b, users: [{name: app, rules: +@read, key: password}]}}",
        ),
        case(
            "user-key-taken",
            "spec.auth.users[0].key",
            "spec: {auth: {secret: a, usersSecret: b, users: [{name: app, rules: +@read, key: server}]}}",
            "spec: {auth: {secret: a, usersSecret: b, users: [{name: app, rules: +@read, key: servers}]}}",
        ),
        case(
            "user-key-taken",
            "spec.auth.users[0].key",
            "spec: {auth: {secret: a, sentinelKey: s, users: [{name: app, rules: +@read, key: previous-s}]}}",
            "spec: {auth: {secret: a, sentinelKey: s, users: [{name: app, rules: +@read, key: app-s}]}}",
        ),
        case(
            "user-key-taken",
            "spec.auth.users[1].key",
            "spec: {auth: {secret: a, users: [{name: app, rules: +@read}, {name: previous-app, rules: +@read}]}}",
            "spec: {auth: {secret: a, users: [{name: app, rules: +@read}, {name: other, rules: +@read}]}}",
        ),
        case(
            "user-key-taken",
            "spec.auth.sentinelUsers[0].key",
            "spec: {auth: {secret: a, users: [{name: app, rules: +@read}], sentinelUsers: [{name: app, key: previous-app-password}]}}",
            "spec: {auth: {secret: a, users: [{name: app, rules: +@read}], sentinelUsers: [{name: app, key: app-password}]}}",
        ),
        case(
            "user-key-too-long",
            "spec.auth.users[0].key",
            "spec: {auth: {secret: a, users: [{name: app, rules: +@read, key: LONG(245)}]}}",
            "spec: {auth: {secret: a, users: [{name: app, rules: +@read, key: LONG(244)}]}}",
        ),
        case(
            "users-too-large",
            "spec.auth.users",
            "spec: {auth: {secret: a, users: [{name: a, rules: ~LONG(4000)}, {name: b, rules: ~LONG(4000)}, {name: c, rules: ~LONG(4000)}, {name: d, rules: ~LONG(4000)}, {name: e, rules: ~LONG(4000)}, {name: f, rules: ~LONG(4000)}, {name: g, rules: ~LONG(4000)}, {name: h, rules: ~LONG(4000)}, {name: i, rules: ~LONG(4000)}, {name: j, rules: ~LONG(4000)}, {name: k, rules: ~LONG(4000)}, {name: l, rules: ~LONG(4000)}, {name: m, rules: ~LONG(4000)}, {name: n, rules: ~LONG(4000)}, {name: o, rules: ~LONG(4000)}, {name: p, rules: ~LONG(4000)}, {name: q, rules: ~LONG(4000)}, {name: r, rules: ~LONG(4000)}, {name: s, rules: ~LONG(4000)}, {name: t, rules: ~LONG(4000)}, {name: u, rules: ~LONG(4000)}, {name: v, rules: ~LONG(4000)}, {name: w, rules: ~LONG(4000)}, {name: x, rules: ~LONG(4000)}, {name: y, rules: ~LONG(4000)}, {name: z, rules: ~LONG(4000)}, {name: A, rules: ~LONG(4000)}, {name: B, rules: ~LONG(4000)}, {name: C, rules: ~LONG(4000)}, {name: D, rules: ~LONG(4000)}, {name: E, rules: ~LONG(4000)}, {name: F, rules: ~LONG(4000)}, {name: G, rules: ~LONG(4000)}]}}",
            "spec: {auth: {secret: a, users: [{name: a, rules: ~LONG(4000)}]}}",
        ),
        case(
            "users-secret-unused",
            "spec.auth.usersSecret",
            "spec: {auth: {secret: a, usersSecret: b}}",
            "spec: {auth: {secret: a, usersSecret: b, sentinelUsers: [{name: app}]}}",
        ),
        case(
            "acl-file-secret-missing",
            "spec.auth.aclFileSecret",
            "spec: {auth: {secret: a, aclFileSecret: {}}}",
            "spec: {auth: {secret: a, aclFileSecret: {name: b}}}",
        ),
        case(
            "default-user-needed",
            "spec.auth.defaultUser",
            "spec: {auth: {secret: a, sentinelKey: s, defaultUser: false}}",
            "spec: {auth: {secret: a, sentinelKey: s, defaultUser: false, aclFileSecret: {name: b}}}",
        ),
        case(
            "sentinel-default-user-needed",
            "spec.auth.sentinelDefaultUser",
            "spec: {auth: {secret: a, sentinelDefaultUser: false}}",
            "spec: {auth: {secret: a, sentinelDefaultUser: false}, services: {master: {enabled: true}}}",
        ),
        case(
            "sentinel-default-user-needed",
            "spec.auth.sentinelDefaultUser",
            "spec: {auth: {secret: a, sentinelDefaultUser: false, sentinelUsers: []}}",
            "spec: {auth: {secret: a, sentinelDefaultUser: false, sentinelUsers: [{name: app}]}}",
        ),
        case(
            "sentinel-users-unasked",
            "spec.auth.sentinelUsers",
            "spec: {auth: {secret: a, sentinel: false, sentinelUsers: [{name: app}]}}",
            "spec: {auth: {secret: a, sentinel: false, sentinelDefaultUser: true}}",
        ),
        case(
            "sentinel-users-unasked",
            "spec.auth.sentinelDefaultUser",
            "spec: {auth: {secret: a, sentinel: false, sentinelDefaultUser: false}, services: {master: {enabled: true}}}",
            "spec: {auth: {secret: a, sentinelDefaultUser: false}, services: {master: {enabled: true}}}",
        ),
        case(
            "sentinels-share-password",
            "spec.auth.defaultUser",
            "spec: {auth: {secret: a, defaultUser: false, users: [{name: app, rules: +@read}], sentinelUsers: [{name: app}]}}",
            "spec: {auth: {secret: a, defaultUser: false, users: [{name: app, rules: +@read}], sentinelUsers: [{name: app}], sentinelDefaultUser: false}}",
        ),
        case(
            "sentinels-share-password",
            "spec.auth.defaultUser",
            "spec: {auth: {secret: a, defaultUser: false, users: [{name: app, rules: +@read}]}}",
            "spec: {auth: {secret: a, sentinelKey: s, defaultUser: false, users: [{name: app, rules: +@read}]}}",
        ),
    ]
};
