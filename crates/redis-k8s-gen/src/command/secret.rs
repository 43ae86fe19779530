//! `secret`: a Secret with fresh random passwords. The only output that differs from run to run.

use std::path::PathBuf;

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use redis_k8s::emit::to_yaml;
use redis_k8s::model::{Auth, User};
use redis_k8s::{ApiVersion, Namespace, ObjectName, Redis, SecretKey};

use super::documents::{DocumentArgs, require_nothing_to_read};
use super::{Failure, Session};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen secret cache.yaml | kubectl create -f -     the Secret that cache.yaml names in spec.auth
  redis-k8s-gen secret -n shop --secret cache-auth | kubectl create -f -

Use `kubectl create`, not `apply`: it refuses to replace passwords that are in use.";

/// The name of the Secret when nothing says one.
const DEFAULT_SECRET: &str = "redis-auth";

/// The key of the servers' password when nothing says one, as `spec.auth.key` has it.
const DEFAULT_KEY: &str = "password";

/// Arguments of `secret`.
#[derive(Debug, clap::Args)]
pub(crate) struct SecretArgs {
    /// Documents whose spec.auth says name, namespace and keys; `-` is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Name of the Secret; default: redis-auth
    #[arg(long, value_name = "NAME", conflicts_with = "files")]
    secret: Option<ObjectName>,
    /// Namespace of the Secret, in place of the documents'
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<Namespace>,
    /// Key of the password of the servers; default: password
    #[arg(long, value_name = "KEY", conflicts_with = "files")]
    key: Option<SecretKey>,
    /// Key of a password for the sentinels; default: they take that of the servers
    #[arg(long, value_name = "KEY", conflicts_with = "files")]
    sentinel_key: Option<SecretKey>,
    /// Letters and digits of a password, 16 to 128; each is worth 5.9 bits
    #[arg(long, value_name = "NUMBER", default_value_t = 32, value_parser = clap::value_parser!(u8).range(16..=128))]
    length: u8,
}

pub(crate) fn run(args: &SecretArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let mut text = String::new();
    for wanted in wanted(args, session)? {
        text.push_str(&wanted.manifest(usize::from(args.length))?);
    }
    session.data(text.as_bytes())
}

/// A Secret to print.
struct Wanted {
    name: String,
    namespace: Option<String>,
    instance: Option<String>,
    keys: Vec<String>,
}

fn wanted(args: &SecretArgs, session: &mut Session<'_, '_>) -> Result<Vec<Wanted>, Failure> {
    let namespace = args.namespace.as_ref().map(ToString::to_string);
    if args.files.is_empty() {
        // A name on the command line leaves nothing for a document to say.
        if args.secret.is_none() {
            require_nothing_to_read(session)?;
        }
        let mut keys = vec![args.key.as_ref().map_or(DEFAULT_KEY, SecretKey::as_str).to_owned()];
        if let Some(key) = &args.sentinel_key {
            if key.as_str() == keys[0] {
                return Err(Failure::Usage(format!("a password for the sentinels needs a key other than {key}")));
            }
            keys.push(key.to_string());
        }
        let name = args.secret.as_ref().map_or(DEFAULT_SECRET, ObjectName::as_str).to_owned();
        return Ok(vec![Wanted { name, namespace, instance: None, keys }]);
    }
    let reading = DocumentArgs { name: None, namespace, set: Vec::new(), strict: false };
    let documents = reading.checked(&args.files, ApiVersion::AppsV1, session)?;
    let mut all: Vec<Wanted> = Vec::new();
    for document in &documents {
        for wanted in of(document.redis())? {
            match all.iter_mut().find(|other| other.name == wanted.name && other.namespace == wanted.namespace) {
                Some(shared) => shared.share(wanted),
                None => all.push(wanted),
            }
        }
    }
    Ok(all)
}

fn of(document: &Redis) -> Result<Vec<Wanted>, Failure> {
    let instance = document.metadata.name.to_string();
    let named = |auth: &Auth| auth.secret.clone();
    let auth = document.spec.auth.as_deref();
    let (Some(auth), Some(name)) = (auth, auth.and_then(named)) else {
        return Err(Failure::Input(format!(
            "{instance} names no Secret: set spec.auth.secret in its document, for instance to {instance}-auth"
        )));
    };
    let mut keys = vec![auth.key.as_ref().map_or(DEFAULT_KEY, SecretKey::as_str).to_owned()];
    if auth.sentinel != Some(false) {
        keys.extend(auth.sentinel_key.iter().map(ToString::to_string));
    }
    keys.dedup();
    let secret = |name: &ObjectName, keys| Wanted {
        name: name.to_string(),
        namespace: document.metadata.namespace.as_ref().map(ToString::to_string),
        instance: Some(instance.clone()),
        keys,
    };
    let users = auth.users.iter().chain(&auth.sentinel_users).flatten();
    let mut of_users: Vec<_> = users.filter_map(User::password_key).collect();
    of_users.sort();
    of_users.dedup();
    Ok(match auth.users_secret.as_ref().filter(|other| **other != name) {
        Some(other) if !of_users.is_empty() => vec![secret(&name, keys), secret(other, of_users)],
        _ => {
            keys.extend(of_users);
            vec![secret(&name, keys)]
        }
    })
}

impl Wanted {
    /// The same Secret for another instance: all keys, and the label of neither.
    fn share(&mut self, other: Self) {
        self.instance = None;
        self.keys.extend(other.keys);
        self.keys.sort();
        self.keys.dedup();
    }

    /// Its YAML, after a document marker.
    fn manifest(&self, length: usize) -> Result<String, Failure> {
        let label = |(key, value): (&str, &str)| (format!("app.kubernetes.io/{key}"), value.to_owned());
        let labels = self.instance.as_deref().map(|instance| {
            [("instance", instance), ("managed-by", "redis-k8s-gen"), ("name", "redis")].map(label).into()
        });
        let password = |key: &String| Ok((key.clone(), password(length)?));
        let secret = Secret {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                namespace: self.namespace.clone(),
                labels,
                ..ObjectMeta::default()
            },
            string_data: Some(self.keys.iter().map(password).collect::<Result<_, Failure>>()?),
            type_: Some("Opaque".to_owned()),
            ..Secret::default()
        };
        let text = to_yaml(&secret).map_err(|error| Failure::Input(error.to_string()))?;
        Ok(format!("---\n{text}"))
    }
}

/// Letters and digits from the system's generator, each as likely as any other.
fn password(length: usize) -> Result<String, Failure> {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut password = String::with_capacity(length);
    while password.len() < length {
        let mut random = [0; 64];
        getrandom::fill(&mut random)
            .map_err(|error| Failure::Usage(format!("the system gives no random numbers: {error}")))?;
        // six bits of each byte; the two values that name no letter are thrown away
        let letters = random.iter().filter_map(|byte| LETTERS.get(usize::from(byte & 63)));
        password.extend(letters.take(length - password.len()).map(|letter| char::from(*letter)));
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_their_length_are_letters_and_digits_and_differ() {
        for length in [16, 32, 128] {
            let (one, other) = (password(length).unwrap(), password(length).unwrap());
            assert_eq!(one.len(), length);
            assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{one}");
            assert_ne!(one, other);
        }
    }

    #[test]
    fn every_letter_comes_up() {
        let mut seen: Vec<char> = password(20_000).unwrap().chars().collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 62);
    }
}
