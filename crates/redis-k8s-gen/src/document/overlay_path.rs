//! The paths of `--set`: `spec.env[0].value`, `metadata.labels."example.com/team"`.

use redis_k8s::{FieldPath, PathStep};

use super::fault::Fault;

/// Reads `path=value`: the steps and the text after the first `=` that is not quoted.
///
/// A key with a dot, a bracket or `=` stands in quotes, in brackets with quotes (as messages write it), or has a backslash
/// before such a character.
pub(super) fn read(argument: &str) -> Result<(Vec<PathStep>, &str), Fault> {
    let mut scanner = Scanner { rest: argument };
    let mut steps = Vec::new();
    loop {
        let step = match scanner.rest.chars().next() {
            Some('[') => scanner.bracket()?,
            Some('=' | '.') | None if steps.is_empty() || scanner.rest.starts_with('.') => {
                return Err(invalid("a key is missing in the path"));
            }
            _ => scanner.key()?,
        };
        steps.push(step);
        match scanner.rest.chars().next() {
            Some('=') => return Ok((steps, &scanner.rest[1..])),
            Some('.') => {
                scanner.rest = &scanner.rest[1..];
                if scanner.rest.is_empty() || scanner.rest.starts_with(['=', '[']) {
                    return Err(invalid("a key is missing in the path"));
                }
            }
            Some('[') => {}
            Some(other) => return Err(invalid(format!("expected `.`, `[` or `=` before `{other}`"))),
            None => return Err(invalid("expected path=value, found no `=`")),
        }
    }
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new("invalid-set", message).help("write it as in --set spec.replicas=5, --set 'spec.env[0].value=x' or --set 'metadata.labels.\"example.com/team\"=shop'")
}

struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    /// A key, plain or in quotes.
    fn key(&mut self) -> Result<PathStep, Fault> {
        if self.rest.starts_with(['"', '\'']) {
            return self.quoted().map(PathStep::Field);
        }
        let mut key = String::new();
        let mut chars = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, escaped)) => key.push(escaped),
                    None => return Err(invalid("a backslash stands at the end")),
                },
                '.' | '[' | '=' => {
                    end = at;
                    break;
                }
                _ => key.push(c),
            }
        }
        self.rest = &self.rest[end..];
        Ok(PathStep::Field(key))
    }

    fn quoted(&mut self) -> Result<String, Fault> {
        let mut chars = self.rest.char_indices();
        let quote = chars.next().map(|(_, quote)| quote);
        let mut key = String::new();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => key.extend(chars.next().map(|(_, escaped)| escaped)),
                _ if Some(c) == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(key);
                }
                _ => key.push(c),
            }
        }
        Err(invalid("a quote in the path is never closed"))
    }

    /// `[3]` or `["key"]`.
    fn bracket(&mut self) -> Result<PathStep, Fault> {
        self.rest = &self.rest[1..];
        let step = if self.rest.starts_with(['"', '\'']) {
            PathStep::Field(self.quoted()?)
        } else {
            let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest): (&'a str, &'a str) = self.rest.split_at(digits);
            let index = number.parse().map_err(|_| invalid("expected a number between `[` and `]`, from 0"))?;
            self.rest = rest;
            PathStep::Index(index)
        };
        self.rest = self.rest.strip_prefix(']').ok_or_else(|| invalid("expected `]` in the path"))?;
        Ok(step)
    }
}

/// A path as messages write it.
pub(super) fn display(steps: &[PathStep]) -> String {
    steps.iter().cloned().collect::<FieldPath>().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_shown(argument: &str) -> Result<(String, &str), String> {
        read(argument).map(|(steps, value)| (display(&steps), value)).map_err(|fault| fault.to_string())
    }

    #[test]
    fn reads_paths() {
        for (argument, path, value) in [
            ("spec.replicas=5", "spec.replicas", "5"),
            ("spec.env[0].value=a=b", "spec.env[0].value", "a=b"),
            ("a=", "a", ""),
            ("metadata.labels.\"example.com/team\"=x", "metadata.labels[\"example.com/team\"]", "x"),
            ("metadata.labels['example.com/team']=x", "metadata.labels[\"example.com/team\"]", "x"),
            ("metadata.labels.example\\.com/team=x", "metadata.labels[\"example.com/team\"]", "x"),
            ("a.\"x\\\"y\"=z", "a.x\"y", "z"),
            ("a[0][1]=x", "a[0][1]", "x"),
        ] {
            assert_eq!(read_shown(argument), Ok((path.to_owned(), value)), "{argument}");
        }
    }

    #[test]
    fn refuses_what_is_no_path() {
        for (argument, message) in [
            ("", "a key is missing in the path"),
            ("=x", "a key is missing in the path"),
            (".a=x", "a key is missing in the path"),
            ("a.=x", "a key is missing in the path"),
            ("a..b=x", "a key is missing in the path"),
            ("a.[0]=x", "a key is missing in the path"),
            ("spec.replicas", "expected path=value, found no `=`"),
            ("a[x]=1", "expected a number between `[` and `]`, from 0"),
            ("a[-1]=1", "expected a number between `[` and `]`, from 0"),
            ("a[99999999999999999999]=1", "expected a number between `[` and `]`, from 0"),
            ("a[0=1", "expected `]` in the path"),
            ("a[0]b=1", "expected `.`, `[` or `=` before `b`"),
            ("a.\"b=1", "a quote in the path is never closed"),
            ("a\\", "a backslash stands at the end"),
        ] {
            assert_eq!(read_shown(argument), Err(message.to_owned()), "{argument}");
        }
    }
}
