//! Reads `banned.txt` and finds its words.

use crate::{source::Source, tokens::is_word};

/// One line of the list.
pub(crate) struct Ban {
    scope: Scope,
    pattern: String,
    reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Module,
    Code,
    Name,
    Tests,
    Comment,
}

/// Reads the list; the text of a line that is none as error.
pub(crate) fn read(list: &str) -> Result<Vec<Ban>, String> {
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| ban(line).ok_or_else(|| format!("not `scope | pattern | reason`: {line}"))).collect()
}

fn ban(line: &str) -> Option<Ban> {
    let mut parts = line.splitn(3, '|').map(str::trim).filter(|part| !part.is_empty());
    let scope = match parts.next()? {
        "module" => Scope::Module,
        "code" => Scope::Code,
        "name" => Scope::Name,
        "tests" => Scope::Tests,
        "comment" => Scope::Comment,
        _ => return None,
    };
    Some(Ban { scope, pattern: parts.next()?.to_owned(), reason: parts.next()?.to_owned() })
}

/// Every use of a banned word.
pub(crate) fn uses(bans: &[Ban], sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for ban in bans {
        for source in sources {
            for line in lines(ban, source) {
                found.push(format!("{}:{line}: `{}`: {}", source.path, ban.pattern, ban.reason));
            }
        }
    }
    found
}

/// The lines of a file that break a rule.
fn lines(ban: &Ban, source: &Source) -> Vec<usize> {
    match ban.scope {
        Scope::Module => {
            let named = source.path.split('/').any(|part| part.strip_suffix(".rs").unwrap_or(part) == ban.pattern);
            if named { vec![1] } else { Vec::new() }
        }
        Scope::Code => matching_lines(&source.code, |line| says(line, &ban.pattern)),
        Scope::Comment => matching_lines(&source.text, |line| says(line, &ban.pattern)),
        Scope::Name => matching_lines(&source.code, |line| line.split(|c| !is_word(c)).any(|name| has_word(name, &ban.pattern))),
        Scope::Tests => {
            let wanted: Vec<&str> = ban.pattern.split("::").collect();
            let in_tests = source.names.iter().filter(|name| name.in_test || !source.path.starts_with("src/"));
            in_tests
                .filter(|name| name.segments.windows(wanted.len()).any(|window| window == wanted))
                .map(|name| name.line)
                .collect()
        }
    }
}

fn matching_lines(text: &str, holds: impl Fn(&str) -> bool) -> Vec<usize> {
    text.lines().enumerate().filter(|(_, line)| holds(line)).map(|(at, _)| at + 1).collect()
}

/// Whether a line says the pattern, as whole words.
fn says(line: &str, pattern: &str) -> bool {
    let (wanted, open_end) = pattern.strip_suffix('*').map_or((pattern, false), |wanted| (wanted, true));
    let touches = |inside: Option<char>, outside: Option<char>| inside.is_some_and(is_word) && outside.is_some_and(is_word);
    line.match_indices(wanted).any(|(at, _)| {
        let (before, rest) = line.split_at(at);
        let after = rest.strip_prefix(wanted).unwrap_or_default();
        let runs_on = touches(wanted.chars().next_back(), after.chars().next()) && !open_end;
        !touches(wanted.chars().next(), before.chars().next_back()) && !runs_on
    })
}

/// Whether an identifier holds a word: `lembaga` in `LembagaId`, `by_lembaga` and `LEMBAGA_MAX`, in the plural too.
fn has_word(name: &str, word: &str) -> bool {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && before_lower) {
            words.push(String::new());
        }
        before_lower = c.is_lowercase();
        if let Some(last) = words.last_mut().filter(|_| c != '_') {
            last.extend(c.to_lowercase());
        }
    }
    words.iter().any(|own| own.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest == "s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(list: &str, path: &str, text: &str) -> usize {
        uses(&read(list).unwrap(), &[Source::new(path, text)]).len()
    }

    /// Makes a bad sample from each rule, so that no rule stands there without effect.
    #[test]
    fn every_rule_of_the_list_can_fail() {
        let list = include_str!("banned.txt");
        for ban in read(list).unwrap() {
            let word = ban.pattern.trim_end_matches('*');
            let (path, text) = match ban.scope {
                Scope::Module => (format!("src/pks/{word}.rs"), String::new()),
                Scope::Code => ("src/pks/x.rs".to_owned(), format!("fn f() {{\n    #{word} x\n}}")),
                Scope::Name => ("src/pks/x.rs".to_owned(), format!("let by_{word}s = 1;")),
                Scope::Tests => ("tests/x.rs".to_owned(), format!("fn f() {{ {word}() }}")),
                Scope::Comment => ("src/pks/x.rs".to_owned(), format!("// {word}: later")),
            };
            assert_eq!(uses(&[ban], &[Source::new(&path, &text)]).len(), 1, "{path}: {text}");
        }
    }

    #[test]
    fn words_are_matched_whole_and_in_their_scope() {
        for (list, path, text, count) in [
            ("module | util | r", "src/utility/mod.rs", "", 0),
            ("module | util | r", "src/util/mod.rs", "", 1),
            ("code | fn get_* | r", "src/x.rs", "pub fn get_nik() {}", 1),
            ("code | fn get_* | r", "src/x.rs", "fn widget_of() { x.get_mut(\"fn get_x\") } // fn get_y", 0),
            ("code | fn get | r", "src/x.rs", "fn getter() {}", 0),
            ("name | tenant | r", "src/x.rs", "struct TenantId; const TENANTS_MAX: u8; let my_tenant;", 1),
            ("name | tenant | r", "src/x.rs", "// tenant\nlet lieutenant = \"tenant\";", 0),
            (
                "tests | time::sleep | r",
                "src/x.rs",
                "use tokio::time::sleep; #[cfg(test)] mod t { use tokio::time::{sleep, Duration}; }",
                1,
            ),
            ("comment | LATER | r", "src/x.rs", "/* LATER */ const LATERAL: u8 = 1;", 1),
        ] {
            assert_eq!(findings(list, path, text), count, "{list}: {text}");
        }
    }

    #[test]
    fn a_line_that_is_no_rule_is_refused() {
        for line in ["module | utils", "elsewhere | utils | reason", "utils", "module |  | reason"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
