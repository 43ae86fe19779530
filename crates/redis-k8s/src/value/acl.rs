//! Users, and what they may.

use super::validated;

/// Categories of commands, those of the modules of Redis 8 included.
const CATEGORIES: [&str; 30] = [
    "admin",
    "all",
    "bitmap",
    "blocking",
    "bloom",
    "cms",
    "connection",
    "cuckoo",
    "dangerous",
    "fast",
    "geo",
    "hash",
    "hyperloglog",
    "json",
    "keyspace",
    "list",
    "pubsub",
    "read",
    "scripting",
    "search",
    "set",
    "slow",
    "sortedset",
    "stream",
    "string",
    "tdigest",
    "timeseries",
    "topk",
    "transaction",
    "write",
];

validated! {
    /// The name of a user: 1 to 128 of `[-._A-Za-z0-9]`, so that keys of a Secret can be named after it.
    UserName, "user name",
    pattern "^[-._A-Za-z0-9]{1,128}$", example "app",
    |text| {
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        if fits { Ok(text.to_owned()) } else { Err("1 to 128 letters, digits, '.', '-' or '_'") }
    }
}

validated! {
    /// The SHA-256 of a password: 64 hexadecimal digits, with or without the `#` of an ACL rule.
    ///
    /// ```
    /// use redis_k8s::PasswordHash;
    /// let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    /// assert_eq!(["#", hash].concat().parse::<PasswordHash>()?.as_str(), hash);
    /// # Ok::<(), redis_k8s::InvalidValue>(())
    /// ```
    PasswordHash, "password hash",
    pattern "^#?[0-9a-f]{64}$", example "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    |text| {
        let digits = text.strip_prefix('#').unwrap_or(text);
        let fits = digits.len() == 64 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if fits { Ok(digits.to_owned()) } else { Err("64 digits 0 to 9 and a to f: the SHA-256 of a password") }
    }
}

validated! {
    /// What a user may, as `ACL SETUSER` has it (<https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/>): keys,
    /// channels, commands and selectors. Passwords, `on`, `off` and `reset` are not among them.
    ///
    /// ```
    /// use redis_k8s::AclRules;
    /// assert!("~app:* &news +@read -keys (%R~shared:* +get)".parse::<AclRules>().is_ok());
    /// assert!("+@raed".parse::<AclRules>().is_err());
    /// assert!(">secret".parse::<AclRules>().is_err());
    /// ```
    AclRules, "list of ACL rules",
    pattern "^(?!.*[\"'\\\\])[ -~]{1,4096}$",
    example "~app:* +@read +@write -@dangerous",
    |text| rules(text).map(|()| text.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
}

fn rules(text: &str) -> Result<(), &'static str> {
    if text.len() > 4096 {
        return Err("at most 4096 characters");
    }
    if !text.bytes().all(|b| matches!(b, b' '..=b'~') && !b"\"'\\".contains(&b)) {
        return Err("printable ASCII characters but quotes and '\\'");
    }
    let mut in_selector = false;
    let mut words = 0;
    for word in text.split_ascii_whitespace() {
        words += 1;
        let opened = word.strip_prefix('(');
        if opened.is_some() && in_selector {
            return Err("no parenthesis inside another");
        }
        in_selector |= opened.is_some();
        let inside = opened.unwrap_or(word);
        let closed = inside.strip_suffix(')').filter(|_| in_selector);
        rule(closed.unwrap_or(inside))?;
        in_selector &= closed.is_none();
    }
    if in_selector {
        return Err("a parenthesis is not closed");
    }
    if words == 0 { Err("one rule or more") } else { Ok(()) }
}

fn rule(word: &str) -> Result<(), &'static str> {
    const WORDS: [&str; 6] = ["allkeys", "resetkeys", "allchannels", "resetchannels", "allcommands", "nocommands"];
    let command = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"|-_.".contains(&b));
    let is_known = match word.split_at_checked(1) {
        Some(("~" | "&", rest)) => !rest.is_empty(),
        Some(("%", rest)) => rest.split_once('~').is_some_and(|(what, keys)| {
            ["R", "W", "RW", "WR", "r", "w", "rw", "wr"].contains(&what) && !keys.is_empty()
        }),
        Some(("+" | "-", rest)) => match rest.strip_prefix('@') {
            Some(category) if !CATEGORIES.contains(&category.to_ascii_lowercase().as_str()) => {
                return Err("a category after '@' that Redis knows, as read, write or dangerous");
            }
            Some(_) => true,
            None => !rest.is_empty() && command(rest),
        },
        _ => WORDS.contains(&word),
    };
    if is_known {
        Ok(())
    } else {
        Err("rules as ~keys, %R~keys, &channels, +command, -command, +@category or -@category; \
             passwords come from the Secret or from `hashes`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_those_of_a_server() {
        for good in [
            "~app:* +@read +@write -@dangerous",
            "allkeys allchannels +@all -config|set",
            "%RW~a* resetchannels &news.* +get",
            "~* +@all (~other:* -@all +get) ( +ping )",
            "+json.get +@JSON",
        ] {
            let parsed = good.parse::<AclRules>();
            if good.contains("( ") { assert!(parsed.is_err(), "{good}") } else { assert!(parsed.is_ok(), "{good}") }
        }
        for bad in [
            "",
            " ",
            "on",
            "nopass",
            ">secret",
            "#hash",
            "<secret",
            "reset",
            "get",
            "+",
            "~",
            "%X~a",
            "%R~",
            "+@",
            "+@raed",
            "+get\n-set",
            "~a\"b",
            "~a'b",
            "~a\\b",
            "~ä",
            "(+get",
            "(~a (+get))",
            "+a$b",
        ] {
            assert!(bad.parse::<AclRules>().is_err(), "{bad}");
        }
        assert_eq!("  ~a   +get ".parse::<AclRules>().unwrap().as_str(), "~a +get");
    }
}
