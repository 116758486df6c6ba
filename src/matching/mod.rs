//! Floor 1: how well a value that a caller gives agrees with the record, as a score from 0 to 100.
//!
//! Pure and deterministic, without a locale. [`VERSION`] goes into every audit entry and is raised with any change of any score;
//! `fixtures/matching/golden.tsv` holds what the scores are and why.
//!
//! # What is compared how
//!
//! First, whatever the element: two texts that are the same but for ASCII case and blanks around them score 100, and so do two empty
//! ones. Otherwise by [`Elemen::kind`]:
//!
//! | kind | 100 where | else |
//! |---|---|---|
//! | Id16 | (nothing more: sixteen digits as they are, blanks around them allowed) | 0 |
//! | Number | both are digits and the same number (`3`, `003`) | 0 |
//! | Date | both are the same day; `00-00-0000` equals only a missing value | 0 |
//! | Code | both stand for the same row of the table: its text, a usual synonym (`L`, `PRIA`, `KATOLIK`, `S1`) or SIAK's number | 0 |
//! | Text | the same words in the same order, whatever stands between them | 0 |
//! | Name, Place, Address | both read the same after normalising | 0 to 99 by the formula below |
//!
//! # Normalising free text
//!
//! All: NFKD, accents and invisible characters dropped, capitals, apostrophes dropped, other punctuation is a blank. Blanks do not
//! matter (KOTABARU is KOTA BARU) save between two numbers. Today's and the old spelling (OE DJ TJ NJ SJ) are two readings of a
//! text: the better score of the two counts, so that SOEKARNO is SUKARNO while BANGUNJAYA stays BANGUN JAYA.
//!
//! Names: what follows BIN or BINTI goes, then titles and forms of address at both ends (`titles.rs`) unless nothing would be
//! left; MUH, MHD, MOCH, and a lone M before other words, are MUHAMMAD; ABD is ABDUL. A leading ST is read as a degree and as SITI,
//! and the better score counts.
//!
//! Places and addresses: runs of letters and of digits are words of their own; short forms in full (JL GG KOMP DSN KEL, JABAR, DIY,
//! SEI); numbers in one spelling (DUA, II, 02); NO before a number goes; RT 3/5 is RT 003 RW 005, RT 0 goes. Words for the kind of
//! region go where the element says the kind (KABUPATEN in `KAB_NAME`, all but KOTA in `TMPT_LHR`). KOTA stays: BOGOR is not KOTA BOGOR.
//!
//! # The formula for names, places and addresses
//!
//! Two neighbours that the other side writes as one word are joined. Each word weighs its letters; a label (JALAN, KOTA, KEC) one, the
//! number of an RT or RW two, any other number or single letter of an address three. Then words are paired, each with at most one:
//!
//! 1. equal words, at no cost;
//! 2. words of letters that are near, the pair that keeps most letters first. With `d` edits (insertion, deletion, replacement, swap of
//!    neighbours: `strsim::osa_distance`) a pair costs `2d - 1`, and one more where the first letters differ, or neither word has more
//!    than three letters, or one replacement turns a final A into I or back. Near means that this is at most half of the longer
//!    word, rounded up. A pair weighs its longer word;
//! 3. in names, beside at least one pair found so far, a single letter with a word of two letters or more that begins with it, at half
//!    of that word's other letters.
//!
//! Words left over on both sides weigh and cost the heavier side. Words left over on one side alone weigh what they weigh and cost half
//! of it and one more, but never more than all of it (RT and RW: half). Labels left over count apart: on both sides they weigh and
//! cost three together, on one side one each.
//!
//! The score is `100 * (weight - cost) / weight`, rounded down, less 5 where the pairs stand in another order, less 25 instead where
//! numbers do; at most 99. If one side has more words than the other and both have letters only, both are also read as one word with at
//! most two edits, at the cost of a pair and one more, and the better score counts.
//!
//! So one slip in fifteen letters gives 93, AHMAD FAUZI for AHMAD FAUZAN 72, BUDI for RUDI SANTOSO 81, SITI AMINAH for SITI NUR AMINAH
//! 80, A FAUZI for AHMAD FAUZI 80, the same words in another order 95.
//!
//! # What it refuses
//!
//! Free text of more than 32 words or 256 bytes of letters is compared as Text. It keeps nothing, and wipes its cleaned copies of free text.
//! It does not know sounds (YUSUF and YUSUP are one slip apart), renamed cities, or a J that stood for Y in old spelling.

mod align;
mod code;
mod date;
mod fold;
mod geo;
mod name;
mod numeral;
mod region;
mod synonyms;
mod titles;
mod words;

use crate::kernel::{Elemen, Kind};

use name::{LeadingSt, Name};

/// Raised with any change of any score; stands in every audit entry.
pub const VERSION: u16 = 1;

/// How well `asked` agrees with `stored` as values of this element: 100 only where they are equal after normalising.
#[must_use]
pub fn score(elemen: Elemen, stored: &str, asked: &str) -> u8 {
    // Most questions are right: no memory is needed for these.
    if fold::same(stored, asked) { 100 } else { score_of_unlike(elemen, stored, asked) }
}

/// The same without the short cut, which changes no result.
fn score_of_unlike(elemen: Elemen, stored: &str, asked: &str) -> u8 {
    match elemen.kind() {
        Kind::Id16 => hundred_if(fold::same(stored, asked)),
        Kind::Number { .. } => hundred_if(same_number(stored, asked)),
        Kind::Date => date::score(stored, asked),
        Kind::Code(table) => code::score(elemen, table, stored, asked),
        Kind::Text => hundred_if(fold::same_words(stored, asked)),
        Kind::Name => in_both_spellings(stored, asked, names),
        Kind::Place | Kind::Address => {
            in_both_spellings(stored, asked, |a, b| Some(align::score(&geo::parse(a, elemen)?, &geo::parse(b, elemen)?, false)))
        }
    }
}

const fn hundred_if(equal: bool) -> u8 {
    if equal { 100 } else { 0 }
}

fn same_number(a: &str, b: &str) -> bool {
    match (digits(a.trim()), digits(b.trim())) {
        (Some(a), Some(b)) => a == b,
        _ => fold::same(a, b),
    }
}

fn digits(text: &str) -> Option<&str> {
    let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    number.then(|| text.trim_start_matches('0'))
}

/// The better of two readings: as written, and with old spelling made new. `None` from `compare` means too long for it.
fn in_both_spellings(a: &str, b: &str, compare: impl Fn(&str, &str) -> Option<u8>) -> u8 {
    let (a, b) = (fold::clean(a), fold::clean(b));
    let Some(written) = compare(&a, &b) else {
        return hundred_if(fold::words(&a).eq(fold::words(&b)));
    };
    if written == 100 || !(fold::looks_old(&a) || fold::looks_old(&b)) {
        return written;
    }
    compare(&fold::modern(&a), &fold::modern(&b)).map_or(written, |modern| modern.max(written))
}

fn names(a: &str, b: &str) -> Option<u8> {
    let (left, right) = (name::parse(a, LeadingSt::Degree)?, name::parse(b, LeadingSt::Degree)?);
    let score = of_words(&left, &right);
    if score == 100 || !(left.leading_st || right.leading_st) {
        return Some(score);
    }
    let (left, right) = (name::parse(a, LeadingSt::Siti)?, name::parse(b, LeadingSt::Siti)?);
    Some(score.max(of_words(&left, &right)))
}

fn of_words(a: &Name<'_>, b: &Name<'_>) -> u8 {
    align::score(&a.words, &b.words, true)
}

#[cfg(test)]
mod tests;
