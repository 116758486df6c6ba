//! Values of code tables: the record holds the table's text, a caller may write a usual synonym or SIAK's number.

use unicode_normalization::UnicodeNormalization;

use crate::kernel::Elemen;
use crate::kernel::elemen::CodeText;

use super::fold;
use super::synonyms::synonym;

/// 100 where both stand for the same row of the table; text that stands for none equals only itself.
pub(super) fn score(elemen: Elemen, table: &'static [CodeText], stored: &str, asked: &str) -> u8 {
    let equal = match (code(elemen, table, stored), code(elemen, table, asked)) {
        (Some(stored), Some(asked)) => stored == asked,
        (None, None) => fold::same(stored, asked),
        _ => false,
    };
    if equal { 100 } else { 0 }
}

fn code(elemen: Elemen, table: &'static [CodeText], text: &str) -> Option<u8> {
    if elemen == Elemen::GolDarah {
        return blood_group(table, text);
    }
    let clean = fold::clean(text);
    let words = || fold::words(&clean);
    if let Some(number) = number(table, clean.trim()) {
        return Some(number);
    }
    let own =
        table.iter().find(|(_, own)| own.split(|letter: char| !letter.is_alphanumeric()).filter(|w| !w.is_empty()).eq(words()));
    if let Some((number, _)) = own {
        return Some(*number);
    }
    // Blanks between words hold some rows apart (DIPLOMA I/II, DIPLOMA III), so that they stay.
    let mut spelled = String::with_capacity(clean.len());
    for word in words() {
        if !spelled.is_empty() {
            spelled.push(' ');
        }
        spelled.push_str(word);
    }
    synonym(elemen, &spelled)
}

/// SIAK's number, with or without leading zeros.
fn number(table: &'static [CodeText], text: &str) -> Option<u8> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse::<u8>().ok().filter(|_| digits)?;
    table.iter().any(|(own, _)| *own == number).then_some(number)
}

/// Blood groups are told apart by a sign that is punctuation anywhere else. `-`, nothing and "unknown" are one; zero is the letter O.
fn blood_group(table: &'static [CodeText], text: &str) -> Option<u8> {
    let mut spelled = String::with_capacity(text.len());
    for letter in text.nfkd() {
        match letter {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => spelled.push('-'),
            '+' | '-' => spelled.push(letter),
            _ if letter.is_alphanumeric() => spelled.extend(letter.to_uppercase()),
            _ => {}
        }
    }
    if let Some(number) = number(table, &spelled) {
        return Some(number);
    }
    let spelled =
        spelled.trim_start_matches("GOLONGAN").trim_start_matches("DARAH").trim_start_matches("GOL").replace("RHESUS", "");
    let spelled = spelled.replace("RH", "").replace("POSITIF", "+").replace("POSITIVE", "+").replace("NEGATIF", "-");
    let spelled = spelled.replace("NEGATIVE", "-").replace("POS", "+").replace("NEG", "-");
    let spelled = match spelled.as_str() {
        "" | "TIDAKTAHU" | "TDKTAHU" | "TIDAKDIKETAHUI" | "BELUMTAHU" | "BELUMDIKETAHUI" => "-",
        "0" => "O",
        "0+" => "O+",
        "0-" => "O-",
        other => other,
    };
    table.iter().find(|(_, own)| *own == spelled).map(|(number, _)| *number)
}
