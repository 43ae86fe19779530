//! `init`: a commented document to start from.

use redis_k8s::emit::to_yaml;
use redis_k8s::{InstanceName, Namespace};

use super::{Failure, Session};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen init > cache.yaml                        the least a document needs
  redis-k8s-gen init --profile production > cache.yaml   storage, passwords, TLS, and what to think about
  redis-k8s-gen init --name sessions --namespace shop    with a name and a namespace of your own
  redis-k8s-gen init --profile tutorial > redis.yaml     for render and steps with -a v1beta3 or v1";

/// Where editors find the schema of this version.
const FOR_EDITORS: &str = concat!(
    "# yaml-language-server: $schema=",
    env!("CARGO_PKG_REPOSITORY"),
    "/raw/v",
    env!("CARGO_PKG_VERSION"),
    "/schemas/redis-k8s-gen.schema.json\n"
);

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// Which document
    #[arg(long, value_name = "PROFILE", value_enum, default_value_t = Profile::Minimal)]
    profile: Profile,
    /// Name of the instance; default: cache for production, else redis
    #[arg(long, value_name = "NAME")]
    name: Option<InstanceName>,
    /// Namespace of the objects; default: shop for production, else none
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<Namespace>,
}

/// A document to start from; the same text as in `examples/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Profile {
    /// The least a document needs
    Minimal,
    /// Storage, passwords, TLS, and what to think about
    Production,
    /// The objects of the 2015 tutorial
    Tutorial,
}

impl Profile {
    const fn text(self) -> &'static str {
        match self {
            Self::Minimal => include_str!("../../documents/minimal.yaml"),
            Self::Production => include_str!("../../documents/production.yaml"),
            Self::Tutorial => include_str!("../../documents/tutorial.yaml"),
        }
    }
}

/// A name as YAML reads it as a string: quoted where it would be a number, a boolean or nothing.
fn as_string(name: &str) -> String {
    // a text is always written
    to_yaml(name).unwrap_or_default().trim_end().to_owned()
}

pub(crate) fn run(args: &InitArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let mut text = [FOR_EDITORS, args.profile.text()].concat();
    for file in ["minimal", "production"] {
        text = text.replace(&format!("see {file}.yaml"), &format!("see `redis-k8s-gen init --profile {file}`"));
        text = text.replace(&format!(" {file}.yaml"), " cache.yaml");
    }
    if let Some(name) = &args.name {
        for named in ["  name: cache", "  name: redis"] {
            text = text.replace(named, &format!("  name: {}", as_string(name.as_ref())));
        }
        for suffix in ["auth", "tls", "headless", "sentinel"] {
            text = text.replace(&format!("cache-{suffix}"), &format!("{name}-{suffix}"));
        }
    }
    if let Some(namespace) = &args.namespace {
        let is_named = text.contains("  namespace: shop");
        text = text.replace("  namespace: shop", &format!("  namespace: {}", as_string(namespace.as_ref())));
        text = text.replace(".shop.svc", &format!(".{namespace}.svc"));
        if !is_named {
            text = text.replace("metadata:\n", &format!("metadata:\n  namespace: {}\n", as_string(namespace.as_ref())));
        }
    }
    session.data(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_as_a_string() {
        for name in ["null", "true", "no", "010", "123", "1e3", "inf", "shop", "a-1"] {
            let read: serde_json::Value = serde_saphyr::from_str(&as_string(name)).unwrap();
            assert_eq!(read, name);
        }
    }
}
