//! The table of rules for the text and the form of documents and manifests alike.
//!
//! docs/object-rules.md has it; a test keeps the two the same.

use redis_k8s::{Rule, Severity};

const fn error(id: &'static str, summary: &'static str, reason: &'static str) -> Rule {
    Rule { id, severity: Severity::Error, summary, reason }
}

/// What texts are checked for before anything is known of what they mean; all of them are errors.
pub const FORM_RULES: &[Rule] = &[
    error(
        "unreadable",
        "a file is gone, or what holds it fails, while it is read",
        "what stands in the rest of it is not known",
    ),
    error("not-utf-8", "the text is not UTF-8", "YAML and JSON are, and the API server takes nothing else"),
    error(
        "control-character",
        "a control character stands in the text as it is",
        "YAML and JSON allow none but tabs and line breaks",
    ),
    error(
        "too-large",
        "a file has more than 256 MiB",
        "no API server takes an object of more than 3 MiB: something else was meant",
    ),
    error(
        "syntax",
        "the text is not YAML, or not YAML that every reader takes for the same",
        "kubectl stops there, or reads something else",
    ),
    error(
        "not-json",
        "a manifest begins with `{` and is not JSON",
        "the API server and older kubectl read it as JSON: kubectl 1.32 does, 1.37 no longer",
    ),
    error(
        "not-yaml-1-1",
        "a manifest is YAML 1.2, and not for a reader of YAML 1.1",
        "kubectl is one: it refuses the text, or takes a part of it for something else",
    ),
    error(
        "too-deep",
        "collections are nested deeper than 64 levels",
        "no field is: the text was made to do harm, or by mistake",
    ),
    error(
        "too-many-aliases",
        "the aliases of a document stand for more than 4 MiB",
        "a few lines could become gigabytes",
    ),
    error("invalid-alias", "an alias stands inside what it names", "it has no end"),
    error("invalid-key", "a key is not a text", "the fields of objects have names"),
    error(
        "duplicate-key",
        "a key stands twice in a mapping",
        "kubectl refuses it, and other readers take either of the two",
    ),
    error("invalid-merge", "`<<` is given neither a mapping nor a list of them", "there is nothing to merge"),
    error("unknown-tag", "a tag means nothing to Kubernetes", "some readers refuse it, the others pass over it"),
    error("no-document", "a file holds nothing", "a file that was named should say something"),
    error("not-a-document", "what was read is not a mapping", "objects are mappings with apiVersion and kind"),
    error("unknown-kind", "the kind is not one of its apiVersion", "nothing more can be said of it"),
    error(
        "unknown-api-version",
        "a document has an apiVersion this tool never had",
        "its fields could mean something else",
    ),
    error("missing-field", "a field is not there that must be", "the object or document says too little"),
    error("unknown-field", "a field is not one of its kind", "kubectl refuses it; other tools lose it silently"),
    error("wrong-type", "a value is of another type than its field", "the API server refuses it"),
    error("unknown-choice", "a text is none of the few its field takes", "the API server refuses it"),
    error("out-of-range", "a number does not fit into its field", "no reader could keep it"),
    error("ambiguous-number", "a number has a leading zero", "some readers take it for an octal one"),
    error("invalid-set", "`--set` cannot be carried out", "it names no field, or its value is none"),
    error(
        "duplicate-instance",
        "two documents have the same name and namespace",
        "one would overwrite the objects of the other",
    ),
    error(
        "clashing-names",
        "an instance is named as the sentinels of another",
        "one would overwrite the objects of the other",
    ),
    error(
        "clashing-certificates",
        "`spec.tls.certificate` of two documents of a namespace is for the same Secret",
        "cert-manager fills it for the first alone, and its certificate does not hold the names of the other",
    ),
];
