//! Numbers in addresses and names of places: DUA, II, 2 and 02 are one.

/// The number that a token stands for, in its one spelling: a word up to twenty and for the tens, digits without leading zeros beyond.
pub(super) fn numeral(token: &str) -> Option<&str> {
    if token.bytes().all(|byte| byte.is_ascii_digit()) {
        let digits = token.trim_start_matches('0');
        return if digits.is_empty() { Some("0") } else { Some(digits.parse().ok().and_then(in_words).unwrap_or(digits)) };
    }
    roman(token).or_else(|| value_of(token)).and_then(in_words)
}

/// The number that two tokens make together: DUA BELAS, LIMA PULUH.
pub(super) fn numeral_of_two(first: &str, second: &str) -> Option<&'static str> {
    let unit = value_of(first).filter(|unit| (2..=9).contains(unit))?;
    match second {
        "BELAS" => in_words(10 + unit),
        "PULUH" => in_words(10 * unit),
        _ => None,
    }
}

const SPELLED: [(u8, &str); 28] = [
    (1, "SATU"),
    (2, "DUA"),
    (3, "TIGA"),
    (4, "EMPAT"),
    (5, "LIMA"),
    (6, "ENAM"),
    (7, "TUJUH"),
    (8, "DELAPAN"),
    (9, "SEMBILAN"),
    (10, "SEPULUH"),
    (11, "SEBELAS"),
    (12, "DUABELAS"),
    (13, "TIGABELAS"),
    (14, "EMPATBELAS"),
    (15, "LIMABELAS"),
    (16, "ENAMBELAS"),
    (17, "TUJUHBELAS"),
    (18, "DELAPANBELAS"),
    (19, "SEMBILANBELAS"),
    (20, "DUAPULUH"),
    (30, "TIGAPULUH"),
    (40, "EMPATPULUH"),
    (50, "LIMAPULUH"),
    (60, "ENAMPULUH"),
    (70, "TUJUHPULUH"),
    (80, "DELAPANPULUH"),
    (90, "SEMBILANPULUH"),
    (100, "SERATUS"),
];

fn in_words(value: u8) -> Option<&'static str> {
    SPELLED.iter().find(|(own, _)| *own == value).map(|(_, word)| *word)
}

fn value_of(word: &str) -> Option<u8> {
    SPELLED.iter().find(|(_, own)| *own == word).map(|(value, _)| *value)
}

fn roman(token: &str) -> Option<u8> {
    let place = ROMAN.iter().position(|own| *own == token)?;
    u8::try_from(place + 1).ok()
}

const ROMAN: [&str; 20] = [
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI", "XVII", "XVIII", "XIX",
    "XX",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_roman_numerals_and_words_meet() {
        for (tokens, number) in
            [(["2", "II", "DUA"], "DUA"), (["012", "XII", "DUABELAS"], "DUABELAS"), (["05", "V", "LIMA"], "LIMA")]
        {
            assert!(tokens.iter().all(|token| numeral(token) == Some(number)));
        }
        assert_eq!(numeral("00127"), Some("127"));
        assert_eq!(numeral("000"), Some("0"));
        assert_eq!(numeral("MELATI"), None);
        assert_eq!(numeral_of_two("LIMA", "PULUH"), numeral("50"));
        assert_eq!(numeral_of_two("SATU", "BELAS"), None);
    }
}
