//! What the YAML parser found wrong, in words that say what to do.

use granit_parser::{ErrorKind, ScanError};

use super::fault::Fault;
use super::node::Origin;

/// The parser's error as a fault of a source whose byte `base` is the first of `text`.
pub(super) fn fault(error: &ScanError, text: &str, base: usize) -> Fault {
    let mut at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    if is_tab(error.kind()) && at > 0 && text.as_bytes()[at - 1] == b'\t' {
        at -= 1;
    }
    let length = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let origin = Origin::text(base + at, base + at + length);
    let (message, help) = words(error.kind());
    let message = message.unwrap_or_else(|| error.info());
    let fault = Fault::new("syntax", message).at(origin);
    match help {
        Some(help) => fault.help(help),
        None => fault,
    }
}

/// YAML 1.2, production 1 (`c-printable`); JSON allows more, but writers of JSON escape it as a rule.
fn is_printable(character: char) -> bool {
    !matches!(character, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    )
}

fn words(kind: &ErrorKind) -> (Option<String>, Option<&'static str>) {
    let (message, help) = match kind {
        kind if is_tab(kind) => ("a tab stands where only spaces may", Some("indent with spaces")),
        ErrorKind::UnclosedQuotedScalar => {
            ("the quote that opens here is never closed", Some("close it, and write quotes inside it as \\\" or ''"))
        }
        ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("a document marker stands inside quotes", Some("close the quotes before `---` or `...`"))
        }
        ErrorKind::InvalidQuotedScalarIndent => {
            ("the continued line of a quoted text is not indented", Some("close the quotes, or indent the line"))
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            return (Some(format!("`{open}` is never closed")), Some("add the closing bracket"));
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            return (Some(format!("`{open}` is closed by `{close}`")), None);
        }
        ErrorKind::MisplacedFlowCollectionEnd => ("a closing bracket without an opening one", None),
        ErrorKind::ExpectedFlowMappingSeparator => {
            ("expected `,` or `}` here", Some("separate the entries with `,` and close the mapping with `}`"))
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            ("expected `,` or `]` here", Some("separate the items with `,` and close the list with `]`"))
        }
        ErrorKind::UnknownAnchor => {
            ("no anchor of this name stands before the alias", Some("a text that starts with `*` must be in quotes"))
        }
        ErrorKind::RecursionLimitExceeded => ("collections are nested deeper than 64 levels", None),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => (
            "a `:` cannot stand here",
            Some(
                "put a text that holds `: ` in quotes; else a line above lacks its `:` or is indented unlike this one",
            ),
        ),
        ErrorKind::InvalidSimpleKey | ErrorKind::SimpleKeyExpected => {
            ("expected `key: value`", Some("write a `:` and a space after the key"))
        }
        ErrorKind::ExpectedBlockMappingKey => (
            "expected a key here",
            Some("the entries of a mapping must start in the same column, and nothing may follow a closing quote"),
        ),
        ErrorKind::ExpectedBlockSequenceEntry => {
            ("expected `- ` here", Some("the items of a list must start in the same column"))
        }
        ErrorKind::BlockSequenceEntryNotAllowed => {
            ("a list item cannot stand here", Some("start the list on a line of its own"))
        }
        ErrorKind::InvalidIndentation => (
            "the line is indented unlike its neighbours",
            Some("the entries of a mapping must start in the same column"),
        ),
        ErrorKind::UnexpectedCharacter { character } if !is_printable(*character) => {
            let code = u32::from(*character);
            return (
                Some(format!("the character U+{code:04X} is not allowed")),
                Some("write it as an escape in double quotes, as in \"\\u007f\""),
            );
        }
        ErrorKind::UnexpectedCharacter { character } => {
            return (Some(format!("a value cannot start with `{character}`")), Some("put the text in quotes"));
        }
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            ("expected a key or a value here", Some("look for a `,` too many or a bracket that is missing"))
        }
        ErrorKind::MissingAnchorOrAliasName => {
            ("`*` or `&` is followed by no name", Some("a text that starts with `*` or `&` must be in quotes"))
        }
        ErrorKind::UnsupportedYamlMajorVersion => {
            ("this version of YAML does not exist", Some("remove the line, or write `%YAML 1.2`"))
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => (
            "the text in double quotes has an escape that does not exist",
            Some("write a backslash as \\\\, or use single quotes, where it stands for itself"),
        ),
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            ("text follows the closing quote", Some("put the whole value in quotes"))
        }
        ErrorKind::BomInsideDocument => {
            ("a byte order mark stands inside the document", Some("remove the invisible U+FEFF"))
        }
        ErrorKind::UndeclaredTagHandle => ("the tag has no meaning here", Some("remove the tag")),
        _ => return (None, None),
    };
    (Some(message.to_owned()), help)
}
