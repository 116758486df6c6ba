//! Names of people: titles, forms of address and BIN/BINTI go, the many spellings of MUHAMMAD become one.

use super::titles::{Stands, title};
use super::words::{LETTERS_MAX, WORDS_MAX, Word};

/// How a leading ST is read: domain lists hold it as a degree, and in the east it is short for SITI.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LeadingSt {
    /// A degree: dropped.
    Degree,
    /// SITI.
    Siti,
}

/// The words of a name, and whether it begins with an ST that could be read in two ways.
pub(super) struct Name<'a> {
    pub(super) words: Vec<Word<'a>>,
    pub(super) leading_st: bool,
}

/// Parses a cleaned name; `None` where it is too long to be compared word by word.
pub(super) fn parse(clean: &str, leading_st: LeadingSt) -> Option<Name<'_>> {
    let pieces = pieces(clean)?;
    let own = own_part(&pieces);
    let st = own.before.checked_sub(1).and_then(|last| pieces.get(last)).is_some_and(|piece| piece.text == "ST");
    let mut words = Vec::with_capacity(8);
    if st && leading_st == LeadingSt::Siti {
        words.push(Word::plain("SITI"));
    }
    let pieces = pieces.get(own.before..own.end).unwrap_or_default();
    for (index, piece) in pieces.iter().enumerate() {
        let leads = index == 0 && words.is_empty() && pieces.len() > 1;
        words.push(Word::plain(full_form(piece.text, leads)));
    }
    Some(Name { words, leading_st: st })
}

/// A run of letters or digits, and what stands beside it.
struct Piece<'a> {
    text: &'a str,
    /// Directly followed by a dot.
    dot: bool,
    /// After a comma.
    comma: bool,
}

fn pieces(clean: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::with_capacity(8);
    let (mut start, mut letters, mut comma) = (0, 0, false);
    // The end is as good as a blank.
    for (place, byte) in clean.bytes().chain([b' ']).enumerate() {
        if !matches!(byte, b' ' | b'.' | b',' | b'/') {
            continue;
        }
        if place > start {
            pieces.push(Piece { text: clean.get(start..place)?, dot: byte == b'.', comma });
            letters += place - start;
        }
        comma |= byte == b',';
        start = place + 1;
        if pieces.len() > WORDS_MAX || letters > LETTERS_MAX {
            return None;
        }
    }
    Some(pieces)
}

/// The pieces that are the name itself: from `before` to `end`.
struct Own {
    before: usize,
    end: usize,
}

/// Without BIN or BINTI and what follows, and without titles at either end. Where nothing would be left, everything stays.
fn own_part(pieces: &[Piece<'_>]) -> Own {
    let cut = pieces.iter().skip(1).position(|piece| is_child_of(piece.text)).map_or(pieces.len(), |place| place + 1);
    let named = pieces.get(..cut).unwrap_or(pieces);
    let mut end = named.len();
    while let Some(taken) = named.get(..end).and_then(trailing_title) {
        end -= taken;
    }
    let mut before = 0;
    while let Some(taken) = named.get(before..end).and_then(leading_title) {
        before += taken;
    }
    if before < end { Own { before, end } } else { Own { before: 0, end: pieces.len() } }
}

/// How many pieces at the end are one title: S.PD.I are three.
fn trailing_title(pieces: &[Piece<'_>]) -> Option<usize> {
    (1..=TITLE_PIECES_MAX).rev().find(|count| {
        let Some(tail) = pieces.len().checked_sub(*count).and_then(|start| pieces.get(start..)) else { return false };
        let written_as_degree = *count > 1 || tail.first().is_some_and(|piece| piece.comma);
        match title_of(tail) {
            Some(Stands::Either | Stands::After) => true,
            Some(Stands::Dotted) => written_as_degree,
            Some(Stands::Before) | None => false,
        }
    })
}

fn leading_title(pieces: &[Piece<'_>]) -> Option<usize> {
    (1..=TITLE_PIECES_MAX).rev().find(|count| {
        let stands = pieces.get(..*count).and_then(title_of);
        matches!(stands, Some(Stands::Either | Stands::Before))
    })
}

const TITLE_PIECES_MAX: usize = 4;

/// The title that these pieces spell together; several pieces only where dots hold them together.
fn title_of(pieces: &[Piece<'_>]) -> Option<Stands> {
    let (_, front) = pieces.split_last()?;
    if front.iter().all(|piece| piece.dot) { title(pieces.iter().flat_map(|piece| piece.text.bytes())) } else { None }
}

fn is_child_of(word: &str) -> bool {
    word.starts_with('B') && matches!(word, "BIN" | "BINTI" | "BINTE" | "BT" | "BTE")
}

/// Short and varying spellings in full.
fn full_form(word: &str, leads: bool) -> &str {
    if word.starts_with('M') && word.len() <= 9 {
        match word {
            "M" if leads => "MUHAMMAD",
            "MUH" | "MHD" | "MUHD" | "MOH" | "MOHD" | "MOCH" | "MUCH" | "MUHAMAD" | "MUHAMMED" | "MOHAMAD" | "MOHAMMAD"
            | "MOHAMED" | "MOHAMMED" | "MUCHAMAD" | "MUCHAMMAD" | "MOCHAMAD" | "MOCHAMMAD" => "MUHAMMAD",
            _ => word,
        }
    } else if word == "ABD" {
        "ABDUL"
    } else {
        word
    }
}
