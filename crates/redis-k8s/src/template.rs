//! The templates of configuration and of the run books, filled in.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

const TEMPLATES: &[(&str, &str)] = &[
    ("haproxy.cfg", include_str!("../templates/haproxy.cfg")),
    ("redis.conf", include_str!("../templates/redis.conf")),
    ("sentinel.conf", include_str!("../templates/sentinel.conf")),
    ("topology.env", include_str!("../templates/topology.env")),
    #[cfg(feature = "tutorial")]
    ("tutorial/redis.conf", include_str!("../templates/tutorial/redis.conf")),
    #[cfg(feature = "tutorial")]
    ("tutorial/sentinel.conf", include_str!("../templates/tutorial/sentinel.conf")),
    #[cfg(feature = "tutorial")]
    ("tutorial/steps/v1beta3.sh", include_str!("../templates/tutorial/steps/v1beta3.sh")),
    #[cfg(feature = "tutorial")]
    ("tutorial/steps/v1.sh", include_str!("../templates/tutorial/steps/v1.sh")),
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    // No filters, tests or functions: the templates use none, and making them takes longer than filling a template.
    let mut environment = Environment::empty();
    if let Ok(syntax) =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()
    {
        environment.set_syntax(syntax);
    }
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    for (name, text) in TEMPLATES {
        // A template that does not parse is found by the test below; it would then be missing.
        let _ = environment.add_template(name, text);
    }
    environment
});

/// The template of this name with these values.
pub(crate) fn fill(name: &str, values: Value) -> String {
    // Both can only fail for a broken template, which no test would let pass.
    ENVIRONMENT.get_template(name).and_then(|template| template.render(values)).unwrap_or_default()
}

#[test]
fn every_template_parses() {
    for (name, _) in TEMPLATES {
        assert!(ENVIRONMENT.get_template(name).is_ok(), "{name}");
    }
}
