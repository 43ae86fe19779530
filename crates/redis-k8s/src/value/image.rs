//! Container images.

use super::validated;

validated! {
    /// A container image: `[registry[:port]/]path[:tag][@algorithm:digest]`, at most 512 characters.
    ///
    /// ```
    /// use redis_k8s::Image;
    /// assert!("valkey/valkey:9".parse::<Image>().is_ok());
    /// assert!("Redis:8 ".parse::<Image>().is_err());
    /// ```
    Image, "image reference",
    pattern "^([a-zA-Z0-9]|\\[[0-9a-fA-F:]+\\])[-a-zA-Z0-9._/:]*(@[a-zA-Z][-a-zA-Z0-9.+_]*:[0-9a-fA-F]{32,})?$", example "redis:8.2",
    |text| {
        if is_reference(text) {
            Ok(text.to_owned())
        } else {
            Err("[registry[:port]/]path[:tag][@algorithm:digest], path in lower case, no spaces, as in redis:8.2")
        }
    }
}

impl Image {
    /// The tag, if the image has one and no digest overrules it.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        if self.as_str().contains('@') { None } else { self.last_part().1 }
    }

    /// The last part of the path: `redis` of `registry.example.com:5000/team/redis:8.2`.
    #[must_use]
    pub fn name(&self) -> &str {
        let (name, _) = self.last_part();
        name
    }

    /// Major and minor version, if the tag says them, with or without a digest: 8 and 2 of `redis:8.2-alpine`.
    ///
    /// ```
    /// use redis_k8s::Image;
    /// let version = |text: &str| text.parse::<Image>().map(|image| image.version());
    /// assert_eq!(version("redis:8.2-alpine"), Ok(Some((8, Some(2)))));
    /// assert_eq!(version("valkey/valkey:v9"), Ok(Some((9, None))));
    /// assert_eq!(version("redis:latest"), Ok(None));
    /// ```
    #[must_use]
    pub fn version(&self) -> Option<(u32, Option<u32>)> {
        let tag = self.last_part().1?;
        let tag = tag.strip_prefix('v').unwrap_or(tag);
        let mut numbers = tag.split('.').map(|part| {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            part[..digits].parse().ok()
        });
        Some((numbers.next()??, numbers.next().flatten()))
    }

    /// Name and tag.
    fn last_part(&self) -> (&str, Option<&str>) {
        let text = self.as_str().split('@').next().unwrap_or_default();
        let last = text.rsplit('/').next().unwrap_or(text);
        last.split_once(':').map_or((last, None), |(name, tag)| (name, Some(tag)))
    }

    /// True if the image names the registry it is from.
    #[must_use]
    pub fn has_registry(&self) -> bool {
        let first = self.as_str().split_once('/').map_or("", |(first, _)| first);
        first.contains(['.', ':']) || first == "localhost"
    }

    /// True if the image is pinned by digest.
    #[must_use]
    pub fn has_digest(&self) -> bool {
        self.as_str().contains('@')
    }
}

/// The grammar of <https://github.com/distribution/reference/blob/main/reference.go>.
fn is_reference(text: &str) -> bool {
    if text.len() > 512 {
        return false;
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    let digest_ok = digest.is_none_or(is_digest);
    let slash = rest.rfind('/').map_or(0, |i| i + 1);
    let (path, tag) = match rest[slash..].split_once(':') {
        Some((last, tag)) => (&rest[..slash + last.len()], Some(tag)),
        None => (rest, None),
    };
    let tag_ok = tag.is_none_or(|tag| {
        (1..=128).contains(&tag.len())
            && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
            && !tag.starts_with(['.', '-'])
    });
    let mut parts = path.split('/').peekable();
    let first = parts.peek().copied().unwrap_or_default();
    let has_registry = path.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    if has_registry {
        parts.next();
    }
    let registry_ok = !has_registry || is_registry(first);
    digest_ok && tag_ok && registry_ok && parts.all(is_path_component)
}

/// The name of an algorithm and at least 32 hexadecimal digits; of SHA-256 and SHA-512 as many as they have, in lower case.
fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let is_lower = |length| hex.len() == length && !hex.bytes().any(|b| b.is_ascii_uppercase());
    algorithm.split(['-', '_', '+', '.']).all(is_part)
        && hex.len() >= 32
        && hex.bytes().all(|b| b.is_ascii_hexdigit())
        && match algorithm {
            "sha256" => is_lower(64),
            "sha512" => is_lower(128),
            _ => true,
        }
}

fn is_registry(text: &str) -> bool {
    let (host, port) = match text.split_once(']') {
        Some((_, "")) => (text, None),
        Some((host, port)) => (&text[..=host.len()], Some(port.strip_prefix(':').unwrap_or_default())),
        None => text.split_once(':').map_or((text, None), |(h, p)| (h, Some(p))),
    };
    let is_v6 = |host: &str| {
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
    };
    port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
        && (is_v6(host)
            || host.split('.').all(|label| {
                !label.is_empty()
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            }))
}

/// Lower-case letters and digits, separated by one `.`, one or two `_`, or any number of `-`.
fn is_path_component(text: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().copied().is_some_and(alphanumeric)
        && bytes.last().copied().is_some_and(alphanumeric)
        && bytes.iter().all(|b| alphanumeric(*b) || b"._-".contains(b))
        && bytes
            .split(|b| alphanumeric(*b))
            .all(|separator| matches!(separator, b"" | b"." | b"_" | b"__") || separator.iter().all(|b| *b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_references_as_registries_do() {
        let digest = "0".repeat(64);
        for good in [
            "redis",
            "redis:8.2",
            "valkey/valkey:9-alpine",
            "registry.example.com:5000/team/redis:v1",
            "localhost/redis",
            "ghcr.io/a__b/c-d/e.f",
            &format!("redis@sha256:{digest}"),
            &format!("redis@sha512:{digest}{digest}"),
            &format!("redis@multihash+base58:{digest}"),
            "[2001:db8::1]:5000/redis:8",
            "[::1]/redis",
            &format!("redis:8@sha256:{digest}"),
        ] {
            assert!(good.parse::<Image>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "Redis",
            "redis:",
            "redis: 8",
            "redis@sha256:1",
            "[::1]redis/x",
            "[x]/redis",
            "a//b",
            "redis:-x",
            "a._b",
            "http://redis",
            "re dis",
        ] {
            assert!(bad.parse::<Image>().is_err(), "{bad}");
        }
    }

    #[test]
    fn tag_is_not_the_port_of_the_registry() {
        let tag = |text: &str| text.parse::<Image>().ok().and_then(|i| i.tag().map(str::to_owned));
        assert_eq!(tag("localhost:5000/redis"), None);
        assert_eq!(tag("localhost:5000/redis:8").as_deref(), Some("8"));
    }
}
