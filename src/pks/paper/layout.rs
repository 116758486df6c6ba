//! Breaking text into lines, by whatever measure a form has.

/// The lines of a text, each of which fits; at blanks where it can be, within a word where it must be. A single character always
/// goes in. At least one line.
pub(super) fn wrap(text: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            line.push(character);
            if !fits(&line) && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::take(&mut line));
                line.push(character);
            }
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_long_words_are_cut() {
        let ten = |text: &str| wrap(text, |line| line.chars().count() <= 10);
        assert_eq!(ten("satu dua tiga empat"), ["satu dua", "tiga empat"]);
        assert_eq!(ten("0123456789abc de"), ["0123456789", "abc de"]);
        assert_eq!(ten(""), [""]);
        assert_eq!(wrap("ab", |_| false), ["a", "b"]);
    }
}
