//! Places and addresses: JL. is JALAN, RT 3/5 is RT 003 RW 005, JABAR is JAWA BARAT, and the number has one spelling.

use crate::kernel::Elemen;

use super::fold;
use super::numeral::{numeral, numeral_of_two};
use super::region;
use super::words::{LETTERS_MAX, Sort, WORDS_MAX, Word};

/// Parses a cleaned address or name of a place; `None` where it is too long to be compared word by word.
///
/// Words that only say what kind of region follows are dropped where the element says it already: KABUPATEN TAPIN is TAPIN as KAB_NAME.
/// KOTA is never dropped, for the record calls a city KOTA BOGOR and the kabupaten around it BOGOR.
pub(super) fn parse(clean: &str, elemen: Elemen) -> Option<Vec<Word<'_>>> {
    let tokens = tokens(clean)?;
    let mut list = List { words: Vec::with_capacity(tokens.len() + 4), dropped: dropped_labels(elemen) };
    list.read(&tokens);
    if list.words.is_empty() {
        list.dropped = &[];
        list.read(&tokens);
    }
    Some(list.words).filter(|words| words.len() <= WORDS_MAX)
}

struct List<'a> {
    words: Vec<Word<'a>>,
    dropped: &'static [&'static str],
}

impl<'a> List<'a> {
    fn read(&mut self, tokens: &[&'a str]) {
        let mut rest = tokens;
        while !rest.is_empty() {
            let taken = self.read_some(rest).max(1);
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// Reads what begins at the first token and tells how many tokens that was.
    fn read_some(&mut self, tokens: &[&'a str]) -> usize {
        let [first, tail @ ..] = tokens else { return 0 };
        if let Some((taken, full)) = region::expand(tokens) {
            self.words.extend(full.iter().map(|word| Word::plain(word)));
            return taken;
        }
        match *first {
            "RT" => return 1 + self.read_rt(tail),
            "RTRW" => return 1 + self.read_rt_rw(tail),
            "RW" => return 1 + self.read_rw(tail),
            "NO" | "NOMOR" | "NOMER" | "NMR" if tail.first().is_some_and(|next| is_number(next)) => return 1,
            _ => {}
        }
        if let Some(label) = label(first) {
            if !self.dropped.contains(&label) {
                self.words.push(Word::new(label, Sort::Label));
            }
            // KOTA ADM. JAKARTA SELATAN, KAB. ADM. KEPULAUAN SERIBU
            let administrative = matches!(tail.first(), Some(&("ADM" | "ADMINISTRASI"))) && matches!(label, "KOTA" | "KABUPATEN");
            return 1 + usize::from(administrative);
        }
        if let Some(number) = tail.first().and_then(|second| numeral_of_two(first, second)) {
            self.words.push(Word::new(number, Sort::Number));
            return 2;
        }
        self.words.push(match numeral(first) {
            Some(number) => Word::new(number, Sort::Number),
            None if is_number(first) => Word::new(first, Sort::Number),
            None => Word::plain(first),
        });
        1
    }

    /// After RT: its number, and the number of the RW where that follows at once (RT 3/5) or after RW (RT/RW 3/5).
    fn read_rt(&mut self, tail: &[&'a str]) -> usize {
        match tail {
            ["RW", after @ ..] if after.first().is_some_and(|next| numeral(next).is_some()) => 1 + self.read_rt_rw(after),
            [first, second, ..] if second.len() <= 3 && is_digits(second) && self.push_number(first, Sort::Rt) => {
                1 + usize::from(self.push_number(second, Sort::Rw))
            }
            [first, ..] if self.push_number(first, Sort::Rt) => 1,
            _ => self.push_label("RT"),
        }
    }

    fn read_rt_rw(&mut self, tail: &[&'a str]) -> usize {
        match tail {
            [first, second, ..] if self.push_number(first, Sort::Rt) => 1 + usize::from(self.push_number(second, Sort::Rw)),
            [first] if self.push_number(first, Sort::Rt) => 1,
            _ => self.push_label("RT"),
        }
    }

    fn read_rw(&mut self, tail: &[&'a str]) -> usize {
        match tail {
            [first, ..] if self.push_number(first, Sort::Rw) => 1,
            _ => self.push_label("RW"),
        }
    }

    /// Whether the token is a number; RT 0 and RW 0 stand for none and are left out.
    fn push_number(&mut self, token: &'a str, sort: Sort) -> bool {
        let Some(number) = numeral(token) else { return false };
        if number != "0" {
            self.words.push(Word::new(number, sort));
        }
        true
    }

    fn push_label(&mut self, label: &'static str) -> usize {
        self.words.push(Word::new(label, Sort::Label));
        0
    }
}

/// Runs of letters and runs of digits: RT03 is RT and 03, 12A is 12 and A.
fn tokens(clean: &str) -> Option<Vec<&str>> {
    let mut tokens = Vec::with_capacity(16);
    let mut letters = 0;
    for word in fold::words(clean) {
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let end = rest.find(|letter: char| letter.is_ascii_digit() != digits).unwrap_or(rest.len());
            let (token, after) = rest.split_at_checked(end)?;
            tokens.push(token);
            letters += token.len();
            rest = after;
        }
        if tokens.len() > WORDS_MAX || letters > LETTERS_MAX {
            return None;
        }
    }
    Some(tokens)
}

fn is_digits(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number, or a single letter that takes the place of one (BLOK A, NO 12 A).
fn is_number(token: &str) -> bool {
    numeral(token).is_some() || token.chars().nth(1).is_none()
}

/// What the name of the element says already.
const fn dropped_labels(elemen: Elemen) -> &'static [&'static str] {
    match elemen {
        Elemen::PropName => &["PROVINSI"],
        Elemen::KabName => &["KABUPATEN"],
        Elemen::KecName => &["KECAMATAN"],
        Elemen::KelName => &["KELURAHAN", "DESA"],
        Elemen::Dusun => &["DUSUN"],
        Elemen::TmptLhr => &["PROVINSI", "KABUPATEN", "KECAMATAN", "KELURAHAN", "DESA"],
        _ => &[],
    }
}

fn label(token: &str) -> Option<&'static str> {
    Some(match token {
        "JL" | "JLN" | "JALAN" => "JALAN",
        "GG" | "GNG" | "GANG" => "GANG",
        "LR" | "LRG" | "LORONG" => "LORONG",
        "KOMP" | "KOMPL" | "KOMPLEK" | "KOMPLEKS" | "KOMPLK" | "KPLK" => "KOMPLEK",
        "PERUM" | "PERUMAHAN" | "PRM" => "PERUMAHAN",
        "BLOK" | "BLK" | "BLOCK" => "BLOK",
        "KAV" | "KAVLING" | "KAPLING" => "KAVLING",
        "LK" | "LINGK" | "LINGKUNGAN" => "LINGKUNGAN",
        "DSN" | "DUSUN" => "DUSUN",
        "DS" | "DESA" => "DESA",
        "KEL" | "KELURAHAN" => "KELURAHAN",
        "KEC" | "KECAMATAN" => "KECAMATAN",
        "KAB" | "KABUPATEN" => "KABUPATEN",
        "KOTA" | "KOTAMADYA" | "KOTAMADIA" | "KODYA" => "KOTA",
        "PROV" | "PROVINSI" | "PROP" | "PROPINSI" => "PROVINSI",
        _ => return None,
    })
}
