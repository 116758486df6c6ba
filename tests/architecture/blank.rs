//! Blanks comments, strings and characters out of Rust source, so that what is left is code. Lines stay where they were.

/// The code of a text: every comment and literal replaced by spaces.
pub(crate) fn blank(text: &str) -> String {
    let mut rest = text;
    let mut code = String::with_capacity(text.len());
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let hidden = hidden_length(rest, before);
        let length = hidden.unwrap_or(first.len_utf8());
        let (piece, after) = rest.split_at(length);
        if hidden.is_some() {
            code.extend(piece.chars().map(|c| if c == '\n' { c } else { ' ' }));
            before = ' ';
        } else {
            code.push(first);
            before = first;
        }
        rest = after;
    }
    code
}

/// The length of the comment or literal that the text begins with, if it begins with one.
fn hidden_length(text: &str, before: char) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(block_comment(text));
    }
    if text.starts_with('\'') {
        return character(text);
    }
    let prefix = if before.is_alphanumeric() || before == '_' {
        ""
    } else {
        ["br", "cr", "r", "b", "c"].into_iter().find(|prefix| text.starts_with(prefix)).unwrap_or_default()
    };
    let opened = text.strip_prefix(prefix)?;
    let literal = if prefix.ends_with('r') { raw_string(opened) } else { string(opened).or_else(|| byte(prefix, opened)) };
    literal.map(|length| prefix.len() + length)
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0_usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let step = match rest {
            _ if rest.starts_with("/*") => {
                depth += 1;
                2
            }
            _ if rest.starts_with("*/") => {
                depth = depth.saturating_sub(1);
                2
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn string(text: &str) -> Option<usize> {
    text.starts_with('"').then(|| quoted(text, '"'))
}

fn byte(prefix: &str, text: &str) -> Option<usize> {
    (prefix == "b" && text.starts_with('\'')).then(|| quoted(text, '\''))
}

/// The length up to and with the closing quote, a backslash guarding whatever follows it.
fn quoted(text: &str, quote: char) -> usize {
    let mut guarded = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if guarded => guarded = false,
            '\\' => guarded = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

fn raw_string(text: &str) -> Option<usize> {
    let hashes = text.chars().take_while(|c| *c == '#').count();
    let body = text.get(hashes..)?.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(body.find(&end).map_or(text.len(), |at| hashes + 1 + at + end.len()))
}

/// A character literal, but not a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut inside = text.chars().skip(1);
    let first = inside.next()?;
    (first == '\\' || inside.next() == Some('\'')).then(|| quoted(text, '\''))
}

#[cfg(test)]
mod tests {
    use super::blank;

    fn words(text: &str) -> Vec<String> {
        blank(text).split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn comments_and_literals_vanish_and_code_stays() {
        for (text, left) in [
            ("a // b\nc", vec!["a", "c"]),
            ("a /* b /* c */ d */ e", vec!["a", "e"]),
            (r#"a "b \" c" d"#, vec!["a", "d"]),
            (r##"a r#"b " c"# d"##, vec!["a", "d"]),
            (r#"a b"c" br"d\" e"#, vec!["a", "e"]),
            (r"a '\'' b '/' c '\u{41}' d b'x' e", vec!["a", "b", "c", "d", "e"]),
            ("f::<'a, 'b> x", vec!["f::<'a,", "'b>", "x"]),
            ("number \"x\" r#type", vec!["number", "r#type"]),
        ] {
            assert_eq!(words(text), left, "{text}");
        }
    }

    #[test]
    fn lines_stay_where_they_were() {
        assert_eq!(blank("a /* \n\n */ \"x\ny\" b").matches('\n').count(), 3);
    }
}
