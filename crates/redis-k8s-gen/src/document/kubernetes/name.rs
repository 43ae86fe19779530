//! The names Kubernetes takes.
//!
//! Those of [validation.go](https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go).

/// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63 characters.
pub(super) fn is_dns_label(text: &str) -> bool {
    text.parse::<redis_k8s::Namespace>().is_ok()
}

/// A DNS label that starts with a letter: names of Services.
pub(super) fn is_dns_label_of_letter(text: &str) -> bool {
    is_dns_label(text) && text.starts_with(|first: char| first.is_ascii_lowercase())
}

/// DNS labels joined by dots, at most 253 characters.
pub(super) fn is_dns_subdomain(text: &str) -> bool {
    text.parse::<redis_k8s::ObjectName>().is_ok()
}

/// The name of a port of a container: at most 15 of `[-a-z0-9]`, with a letter, and no hyphen beside another or an end.
pub(super) fn is_port_name(text: &str) -> bool {
    (1..=15).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.bytes().any(|b| b.is_ascii_lowercase())
        && !text.contains("--")
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The name of a variable: since Kubernetes 1.34 any printable ASCII but `=`.
pub(super) fn is_variable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'=')
}

/// The key of a ConfigMap or Secret.
pub(super) fn is_data_key(text: &str) -> bool {
    text.parse::<redis_k8s::SecretKey>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        assert!(is_dns_label("1a") && !is_dns_label_of_letter("1a") && !is_dns_label("a.b") && !is_dns_label(""));
        // A Service may have a longer name than an instance.
        assert!(is_dns_label_of_letter(&"a".repeat(63)) && !is_dns_label_of_letter(&"a".repeat(64)));
        assert!(is_dns_subdomain("a.1-b") && !is_dns_subdomain("a..b") && !is_dns_subdomain("A"));
        assert!(is_dns_subdomain(&"a".repeat(253)) && !is_dns_subdomain(&"a".repeat(254)));
        for (name, good) in [("redis", true), ("a-1", true), ("1", false), ("a--b", false), ("-a", false), ("", false)]
        {
            assert_eq!(is_port_name(name), good, "{name}");
        }
        assert!(is_port_name(&"a".repeat(15)) && !is_port_name(&"a".repeat(16)));
        assert!(is_data_key("redis.conf") && !is_data_key("a/b"));
    }
}
