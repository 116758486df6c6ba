//! Splits blanked code into tokens and marks those that are compiled for tests only.

/// A word, a `::`, or a single other sign.
pub(crate) struct Token {
    /// The line, from 1.
    pub(crate) line: usize,
    pub(crate) word: String,
}

impl Token {
    /// Whether this can be part of a path.
    pub(crate) fn is_name(&self) -> bool {
        self.word.chars().next().is_some_and(is_word)
    }
}

/// The tokens of blanked code.
pub(crate) fn tokens(code: &str) -> Vec<Token> {
    let mut found = Vec::new();
    for (line, text) in code.lines().enumerate() {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                _ => first.len_utf8(),
            };
            let (word, after) = rest.split_at(length);
            found.push(Token { line: line + 1, word: word.to_owned() });
            rest = after.trim_start();
        }
    }
    found
}

/// Whether a character can stand in an identifier.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A module declared here whose text is in another file.
pub(crate) struct Child {
    pub(crate) name: String,
    /// The file named by `#[path = ".."]`.
    pub(crate) moved_to: Option<String>,
    pub(crate) in_test: bool,
}

/// The modules whose text is in other files. The text itself is needed for `#[path]`: strings are blanked in the code.
pub(crate) fn children(tokens: &[Token], in_test: &[bool], text: &str) -> Vec<Child> {
    let mut found = Vec::new();
    let mut moved_to = None;
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    for (at, token) in tokens.iter().enumerate() {
        match token.word.as_str() {
            "path" if word(at + 1) == "=" && at.checked_sub(2).is_some_and(|at| word(at) == "#") => {
                let line = token.line.checked_sub(1).and_then(|line| text.lines().nth(line));
                moved_to = line.and_then(|line| line.split('"').nth(1)).map(str::to_owned);
            }
            "mod" if word(at + 2) == ";" => {
                let in_test = in_test.get(at).copied().unwrap_or_default();
                found.push(Child { name: word(at + 1).to_owned(), moved_to: moved_to.take(), in_test });
            }
            ";" | "{" | "}" => moved_to = None,
            _ => {}
        }
    }
    found
}

/// Which tokens are test code.
pub(crate) fn test_code(tokens: &[Token]) -> Vec<bool> {
    let mut marks = vec![false; tokens.len()];
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    let spells = |at: usize, words: &[&str]| words.iter().enumerate().all(|(step, wanted)| word(at + step) == *wanted);
    for at in 0..tokens.len() {
        let end = if spells(at, &["#", "[", "cfg", "(", "test", ")", "]"]) {
            item_end(tokens, after_attributes(tokens, at))
        } else if spells(at, &["#", "!", "[", "cfg", "(", "test", ")", "]"]) {
            tokens.len()
        } else {
            continue;
        };
        marks.iter_mut().take(end).skip(at).for_each(|mark| *mark = true);
    }
    marks
}

fn after_attributes(tokens: &[Token], mut at: usize) -> usize {
    while tokens.get(at).is_some_and(|token| token.word == "#") {
        at = closing(tokens, at, "[", "]");
    }
    at
}

/// The place after the bracket that closes the first one opened from `at` on.
fn closing(tokens: &[Token], at: usize, open: &str, close: &str) -> usize {
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        if token.word == open {
            depth += 1;
        } else if token.word == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return place + 1;
            }
        }
    }
    tokens.len()
}

/// An item ends at its `;` or with its braces, whichever comes first.
fn item_end(tokens: &[Token], at: usize) -> usize {
    let mut round = 0_usize;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        match token.word.as_str() {
            "(" | "[" => round += 1,
            ")" | "]" => round = round.saturating_sub(1),
            "{" => return closing(tokens, place, "{", "}"),
            ";" if round == 0 => return place + 1,
            _ => {}
        }
    }
    tokens.len()
}
