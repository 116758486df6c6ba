//! Finds the paths named in code and unfolds `use` trees.

use crate::tokens::Token;

/// A path in the code: `crate::kernel::Nik` has three segments; a plain word has one; a glob ends in `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The words between `::`.
    pub(crate) segments: Vec<String>,
    /// Whether this stands in code compiled for tests only.
    pub(crate) in_test: bool,
    /// How many inline modules are open around it.
    pub(crate) modules_deep: usize,
}

/// The paths in these tokens, in order; `in_test` marks the tokens that are test code.
pub(crate) fn names(tokens: &[Token], in_test: &[bool]) -> Vec<Name> {
    Reader { tokens, in_test, at: 0, modules: Vec::new(), names: Vec::new() }.names()
}

struct Reader<'a> {
    tokens: &'a [Token],
    in_test: &'a [bool],
    at: usize,
    /// One entry an open brace: whether it opened a module.
    modules: Vec<bool>,
    names: Vec<Name>,
}

impl Reader<'_> {
    fn names(mut self) -> Vec<Name> {
        while let Some(token) = self.tokens.get(self.at) {
            match token.word.as_str() {
                "{" => {
                    let keyword = self.at.checked_sub(2).and_then(|at| self.tokens.get(at));
                    self.modules.push(keyword.is_some_and(|keyword| keyword.word == "mod"));
                    self.at += 1;
                }
                "}" => {
                    self.modules.pop();
                    self.at += 1;
                }
                _ if token.is_name() => self.tree(Vec::new()),
                _ => self.at += 1,
            }
        }
        self.names
    }

    /// Reads one path or one `use` tree, from its first word on.
    fn tree(&mut self, mut segments: Vec<String>) {
        let start = self.at;
        while let Some(token) = self.tokens.get(self.at) {
            match token.word.as_str() {
                "{" if !segments.is_empty() => return self.group(&segments),
                word if word == "*" || token.is_name() => {
                    segments.push(word.to_owned());
                    self.at += 1;
                }
                _ => break,
            }
            if self.tokens.get(self.at).is_none_or(|next| next.word != "::") {
                break;
            }
            self.at += 1;
        }
        self.keep(start, segments);
    }

    fn group(&mut self, segments: &[String]) {
        self.at += 1;
        while let Some(token) = self.tokens.get(self.at) {
            match token.word.as_str() {
                "}" => {
                    self.at += 1;
                    return;
                }
                "as" => self.at += 2,
                word if word == "*" || token.is_name() => self.tree(segments.to_vec()),
                _ => self.at += 1,
            }
        }
    }

    fn keep(&mut self, start: usize, segments: Vec<String>) {
        let Some(token) = self.tokens.get(start) else { return };
        let in_test = self.in_test.get(start).copied().unwrap_or_default();
        let modules_deep = self.modules.iter().filter(|module| **module).count();
        self.names.push(Name { line: token.line, segments, in_test, modules_deep });
    }
}
