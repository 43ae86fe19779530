//! Names, as Kubernetes and Sentinel accept them.

use super::validated;

/// True for a DNS label as RFC 1123 has it: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`.
fn is_dns_label(text: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = text.as_bytes();
    edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

/// True for DNS labels joined by dots, at most 253 characters.
fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

/// True for the name part of a label: up to 63 of `[A-Za-z0-9._-]`, a letter or digit at both ends.
fn is_label_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    bytes.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b))
}

fn check(ok: bool, text: &str, rule: &'static str) -> Result<String, &'static str> {
    if ok { Ok(text.to_owned()) } else { Err(rule) }
}

validated! {
    /// The name of an instance: a DNS label that starts with a letter, 1 to 42 characters.
    ///
    /// Services need the strictest form Kubernetes has (RFC 1035), and their names are made from it: that of
    /// `NAME-sentinel-announce-63` has 63 characters, the most a name can have.
    ///
    /// ```
    /// use redis_k8s::InstanceName;
    /// assert!("cache".parse::<InstanceName>().is_ok());
    /// assert!("Cache_1".parse::<InstanceName>().is_err());
    /// ```
    InstanceName, "instance name",
    pattern "^[a-z]([-a-z0-9]{0,40}[a-z0-9])?$", example "cache",
    |text| check(
        text.len() <= 42 && is_dns_label(text) && text.as_bytes()[0].is_ascii_lowercase(),
        text,
        "1 to 42 lower-case letters, digits or '-', starting with a letter and ending with a letter or digit",
    )
}

validated! {
    /// The name of another object, as of a Secret or a storage class: DNS labels joined by dots, 1 to 253 characters.
    ObjectName, "object name",
    pattern "^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", example "cache",
    |text| check(
        is_dns_subdomain(text),
        text,
        "1 to 253 lower-case letters, digits, '-' or '.', with a letter or digit at both ends and around every dot",
    )
}

validated! {
    /// The name of a storage class, or `""` for none, which is how volumes that are there already are claimed.
    ClassName, "storage class name",
    pattern "^$|^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", example "fast",
    |text| check(
        text.is_empty() || is_dns_subdomain(text),
        text,
        "empty, or 1 to 253 lower-case letters, digits, '-' or '.', with a letter or digit at both ends and around every dot",
    )
}

validated! {
    /// A namespace: a DNS label, 1 to 63 characters.
    Namespace, "namespace",
    pattern "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", example "shop",
    |text| check(
        text.len() <= 63 && is_dns_label(text),
        text,
        "1 to 63 lower-case letters, digits or '-', starting and ending with a letter or digit",
    )
}

validated! {
    /// The key of a label or annotation: an optional DNS prefix and `/`, then up to 63 characters.
    LabelKey, "label or annotation key",
    pattern "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
    example "example.com/team",
    |text| {
        let (prefix, name) = text.split_once('/').map_or((None, text), |(p, n)| (Some(p), n));
        let prefix_ok = prefix.is_none_or(is_dns_subdomain);
        check(
            prefix_ok && is_label_name(name),
            text,
            "an optional DNS name and '/', then 1 to 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends",
        )
    }
}

validated! {
    /// The value of a label: empty, or up to 63 of `[A-Za-z0-9._-]` with a letter or digit at both ends.
    LabelValue, "label value",
    pattern "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$", example "payments",
    |text| check(
        text.is_empty() || is_label_name(text),
        text,
        "at most 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends, or empty",
    )
}

/// True for what Kubernetes takes as the name of an entry: no directory, and only characters a file may have anywhere.
fn is_entry(text: &str) -> bool {
    !text.is_empty()
        && text != "."
        && !text.starts_with("..")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

validated! {
    /// The name of an environment variable: printable ASCII characters but `=`.
    EnvName, "environment variable name",
    pattern "^[ -<>-~]+$", example "TZ",
    |text| check(
        !text.is_empty() && text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'='),
        text,
        "printable ASCII characters but '='",
    )
}

validated! {
    /// A key inside a Secret: up to 253 of `[-._a-zA-Z0-9]`, not starting with `..`, not `.`.
    SecretKey, "Secret key",
    pattern "^(?!\\.$|\\.\\.)[-._a-zA-Z0-9]{1,253}$", example "password",
    |text| check(
        text.len() <= 253 && is_entry(text),
        text,
        "1 to 253 letters, digits, '-', '_' or '.', not '.' and not starting with '..'",
    )
}

validated! {
    /// The name by which sentinels and their clients know a master.
    ///
    /// Sentinel itself accepts `[A-Za-z0-9.-_]`
    /// ([sentinel.c](https://github.com/redis/redis/blob/7.0/src/sentinel.c), `sentinel monitor`).
    MasterName, "master name",
    pattern "^[-._A-Za-z0-9]{1,128}$", example "mymaster",
    |text| check(
        !text.is_empty()
            && text.len() <= 128
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
        text,
        "1 to 128 letters, digits, '.', '-' or '_'",
    )
}

impl From<&InstanceName> for MasterName {
    fn from(name: &InstanceName) -> Self {
        Self(name.as_str().to_owned())
    }
}

impl LabelKey {
    /// True for labels whose value is another with each release of what they are on.
    ///
    /// ```
    /// assert!("helm.sh/chart".parse::<redis_k8s::LabelKey>()?.changes_with_releases());
    /// # Ok::<(), redis_k8s::InvalidValue>(())
    /// ```
    #[must_use]
    pub fn changes_with_releases(&self) -> bool {
        matches!(self.as_str(), "app.kubernetes.io/version" | "helm.sh/chart")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_the_rules_of_kubernetes() {
        for good in ["a", "redis", "a-1", &"a".repeat(42)] {
            assert!(good.parse::<InstanceName>().is_ok(), "{good}");
        }
        for bad in ["", "1a", "-a", "a-", "A", "a.b", "a_b", "ä", &"a".repeat(43)] {
            assert!(bad.parse::<InstanceName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_other_objects_may_have_dots() {
        for good in ["a", "1a", "a.b", "csi.example.com", "a-1.2", &"a".repeat(253)] {
            assert!(good.parse::<ObjectName>().is_ok(), "{good}");
        }
        for bad in ["", ".", ".a", "a.", "a..b", "a.-b", "a-.b", "A", "a_b", "ä", &"a".repeat(254)] {
            assert!(bad.parse::<ObjectName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_entries_are_no_directories() {
        for good in ["a", "1a", "_A.b-c", "-", ".a", "a.."] {
            assert!(good.parse::<SecretKey>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "..a", "a=b", "a b", "ä"] {
            assert!(bad.parse::<SecretKey>().is_err(), "{bad}");
        }
    }

    #[test]
    fn variables_have_any_printable_name() {
        for good in ["a", "1", ".", "a b", "~"] {
            assert!(good.parse::<EnvName>().is_ok(), "{good}");
        }
        for bad in ["", "a=b", "ä", "a\tb"] {
            assert!(bad.parse::<EnvName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn label_keys_may_have_a_prefix() {
        for good in ["a", "A_b.c", "example.com/Team", "app.kubernetes.io/name"] {
            assert!(good.parse::<LabelKey>().is_ok(), "{good}");
        }
        for bad in ["", "/a", "a/", "Example.com/a", "a/b/c", "-a", "a b"] {
            assert!(bad.parse::<LabelKey>().is_err(), "{bad}");
        }
    }

    #[test]
    fn label_values_may_be_empty() {
        assert!("".parse::<LabelValue>().is_ok());
        assert!("-".parse::<LabelValue>().is_err());
        assert!("yes".parse::<LabelValue>().is_ok());
    }
}
