//! Cleaning of free text: one alphabet, one case, one blank, before anything is compared.
//!
//! [`clean`] decomposes by Unicode compatibility (NFKD), drops accents and invisible characters, upper-cases without a locale and
//! leaves letters, digits and the separators `.` `,` `/` and blank. [`modern`] turns the spelling of before 1972 into today's.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

/// Words in which OE, TJ and the like are no old spelling: foreign names, and TJ as short for TANJUNG.
const FOREIGN: &[&str] = &[
    "BOEING", "CHLOE", "COEN", "DOE", "GOETHE", "JOE", "JOEL", "JOELLE", "JOEY", "KOE", "MONROE", "NOE", "NOEL", "NOELLE",
    "PHOEBE", "POE", "ROE", "TJ", "YOEL", "ZOE", "ZOEY",
];

/// Whether two texts are the same but for ASCII case and blanks around them. Needs no memory.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.trim().eq_ignore_ascii_case(b.trim())
}

/// The text in capitals without accents; see the module. Apostrophes vanish (NUR'AINI is NURAINI), other punctuation but `.` `,` `/`
/// becomes a blank.
pub(super) fn clean(text: &str) -> Zeroizing<String> {
    if text.is_ascii() {
        let mut out = Vec::with_capacity(text.len());
        out.extend(text.bytes().map(ascii).filter(|byte| *byte != 0));
        return Zeroizing::new(String::from_utf8(out).unwrap_or_default());
    }
    // Room for the usual growth, so that no copy stays behind when the text grows.
    let mut out = Zeroizing::new(String::with_capacity(text.len() * 3));
    for letter in text.nfkd() {
        if letter.is_ascii() {
            push_ascii(&mut out, letter);
        } else {
            push_foreign(&mut out, letter);
        }
    }
    out
}

/// Whether [`modern`] could change this cleaned text.
pub(super) fn looks_old(clean: &str) -> bool {
    clean.as_bytes().windows(2).any(|pair| matches!(pair, [b'O', b'E'] | [b'D' | b'T' | b'N' | b'S', b'J']))
}

/// Cleaned text in today's spelling: DJ is J, TJ is C, OE is U, and then NJ is NY, SJ is SY.
///
/// In this order, so that old NDJ (BANDJAR) and today's NJ (BANJAR) meet; that today's NJ becomes NY on both sides does no harm.
pub(super) fn modern(clean: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(clean.len()));
    for piece in clean.split_inclusive(is_separator) {
        if !looks_old(piece) || FOREIGN.contains(&piece.trim_end_matches(is_separator)) {
            out.push_str(piece);
        } else {
            piece.chars().for_each(|letter| push_modern(&mut out, letter));
        }
    }
    out
}

/// Whether two texts hold the same words in the same order, whatever stands between them. For values that are compared as a whole.
pub(super) fn same_words(a: &str, b: &str) -> bool {
    let (a, b) = (clean(a), clean(b));
    words(&a).eq(words(&b))
}

/// The words of cleaned text.
pub(super) fn words(clean: &str) -> impl Iterator<Item = &str> {
    clean.split(is_separator).filter(|word| !word.is_empty())
}

/// What stands between words in cleaned text.
pub(super) const fn is_separator(letter: char) -> bool {
    matches!(letter, ' ' | '.' | ',' | '/')
}

fn push_ascii(out: &mut String, letter: char) {
    match u8::try_from(letter).map(ascii) {
        Ok(0) | Err(_) => {}
        Ok(byte) => out.push(char::from(byte)),
    }
}

/// What becomes of an ASCII character; zero where nothing does.
fn ascii(byte: u8) -> u8 {
    ASCII.get(usize::from(byte)).copied().unwrap_or_default()
}

const ASCII: [u8; 256] = ascii_table();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler: a wrong index does not build")]
const fn ascii_table() -> [u8; 256] {
    let mut table = [b' '; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'a'..=b'z' => byte.to_ascii_uppercase(),
            b'A'..=b'Z' | b'0'..=b'9' | b'.' | b',' | b'/' => byte,
            b'\'' | b'`' => 0,
            _ => b' ',
        };
        byte += 1;
    }
    table
}

fn push_foreign(out: &mut String, letter: char) {
    if is_combining_mark(letter) || is_invisible(letter) {
        return;
    }
    // Letters that NFKD does not take apart.
    match letter {
        'Ø' | 'ø' => out.push('O'),
        'Ł' | 'ł' => out.push('L'),
        'Đ' | 'đ' | 'Ð' | 'ð' => out.push('D'),
        'Æ' | 'æ' => out.push_str("AE"),
        _ if letter.is_alphanumeric() => {
            for upper in letter.to_uppercase() {
                if upper.is_ascii() {
                    push_ascii(out, upper);
                } else {
                    out.push(upper);
                }
            }
        }
        _ => out.push(' '),
    }
}

/// Apostrophes of all shapes, soft hyphen, zero-width characters, marks of direction.
const fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2032}' | '\u{02BB}'..='\u{02BF}' | '\u{00AD}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

fn push_modern(out: &mut String, letter: char) {
    let before = out.chars().next_back();
    match (before, letter) {
        (Some('O'), 'E') => replace_last(out, 'U'),
        (Some('T'), 'J') => replace_last(out, 'C'),
        (Some('N' | 'S'), 'J') => out.push('Y'),
        (Some('D'), 'J') => {
            out.pop();
            let soft = matches!(out.chars().next_back(), Some('N' | 'S'));
            out.push(if soft { 'Y' } else { 'J' });
        }
        _ => out.push(letter),
    }
}

fn replace_last(out: &mut String, letter: char) {
    out.pop();
    out.push(letter);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_accents_case_width_and_invisible_characters() {
        assert_eq!(clean("Renée  Ünal").as_str(), "RENEE  UNAL");
        assert_eq!(clean("ＳＩＴＩ　ａｍｉｎａｈ").as_str(), "SITI AMINAH");
        assert_eq!(clean("nur\u{200B}\u{2019}aini").as_str(), "NURAINI");
        assert_eq!(clean("ﬁtri—Straße").as_str(), "FITRI STRASSE");
        assert_eq!(clean("Æ Łø").as_str(), "AE LO");
    }

    #[test]
    fn turns_old_spelling_into_todays_and_leaves_foreign_words() {
        for (old, new) in [
            ("SOEKARNO", "SUKARNO"),
            ("DJOKO TJOKRO", "JOKO COKRO"),
            ("NJOMAN SJARIF", "NYOMAN SYARIF"),
            ("JOEL NOEL", "JOEL NOEL"),
        ] {
            assert_eq!(modern(old).as_str(), new);
        }
        assert_eq!(modern("BANDJARMASIN").as_str(), modern("BANJARMASIN").as_str());
        assert!(looks_old("NJOMAN") && looks_old("BOEDI") && !looks_old("BUDI SANTOSO"));
    }
}
