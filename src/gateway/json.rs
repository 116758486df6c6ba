//! A writer of small JSON objects: the answers of the road are built once, front to back, without a tree in between.

use std::fmt::{Display, Write as _};

/// JSON text under construction. The caller opens and closes what it writes; commas are set here.
pub(super) struct Json {
    text: String,
    comma: bool,
}

impl Json {
    /// With room for this many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), comma: false }
    }

    /// At the end of what is written already.
    pub(super) const fn onto(text: String) -> Self {
        Self { text, comma: false }
    }

    /// Opens an object, or an array, with its bracket.
    pub(super) fn open(&mut self, bracket: char) {
        self.separate();
        self.text.push(bracket);
        self.comma = false;
    }

    /// Closes it.
    pub(super) fn close(&mut self, bracket: char) {
        self.text.push(bracket);
        self.comma = true;
    }

    /// The key of the next value. Keys are the program's own words: nothing in them needs escaping.
    pub(super) fn key(&mut self, key: &'static str) {
        self.separate();
        self.text.push('"');
        self.text.push_str(key);
        self.text.push_str("\":");
        self.comma = false;
    }

    /// A text.
    pub(super) fn text(&mut self, text: &str) {
        self.separate();
        self.text.push('"');
        if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
            self.text.push_str(text);
        } else {
            self.escape(text);
        }
        self.text.push('"');
    }

    fn escape(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\u{0}'..='\u{1f}' => {
                    // Writing to a String cannot fail.
                    let _infallible = write!(self.text, "\\u{:04x}", u32::from(character));
                }
                _ => self.text.push(character),
            }
        }
    }

    /// A whole number.
    pub(super) fn number(&mut self, number: impl itoa::Integer) {
        self.separate();
        self.text.push_str(itoa::Buffer::new().format(number));
    }

    /// A value that is JSON as it stands.
    pub(super) fn bare(&mut self, json: &'static str) {
        self.separate();
        self.text.push_str(json);
    }

    /// A truth value.
    pub(super) fn truth(&mut self, truth: bool) {
        self.bare(if truth { "true" } else { "false" });
    }

    /// A text whose characters need no escaping, from something that displays itself (ids, digests, dates).
    pub(super) fn plain(&mut self, value: impl Display) {
        self.separate();
        let _infallible = write!(self.text, "\"{value}\"");
    }

    /// A key and its text.
    pub(super) fn pair(&mut self, key: &'static str, text: &str) {
        self.key(key);
        self.text(text);
    }

    /// The finished text, as the end of a line.
    pub(super) fn end_line(mut self) -> String {
        self.text.push('\n');
        self.text
    }

    /// The finished bytes.
    pub(super) fn finish(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn separate(&mut self) {
        if self.comma {
            self.text.push(',');
        }
        self.comma = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sets_commas_where_they_belong() {
        let mut json = Json::with_capacity(64);
        json.open('{');
        json.pair("a", "1");
        json.key("b");
        json.open('[');
        json.number(1);
        json.truth(true);
        json.open('{');
        json.close('}');
        json.close(']');
        json.key("c");
        json.plain(2);
        json.close('}');
        assert_eq!(String::from_utf8(json.finish()).unwrap(), r#"{"a":"1","b":[1,true,{}],"c":"2"}"#);
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
            let mut json = Json::with_capacity(8);
            json.text(&text);
            let read: String = serde_json::from_slice(&json.finish()).unwrap();
            prop_assert_eq!(read, text);
        }
    }
}
