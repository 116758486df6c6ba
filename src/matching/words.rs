//! A text as a list of words, each of a sort that says how far it may differ and how much it weighs.

use std::borrow::Cow;

/// How a word takes part in a comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Compared letter by letter; weighs its letters.
    Plain,
    /// A word such as JALAN or KOTA: equal or not, weighs one.
    Label,
    /// A number or a single letter in an address: equal or not, weighs three.
    Number,
    /// The number of a rukun tetangga: equal or not, weighs two.
    Rt,
    /// The number of a rukun warga: equal or not, weighs two.
    Rw,
}

/// One word after normalising. Holds personal data: no `Debug`.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) sort: Sort,
    /// Characters, not bytes.
    pub(super) letters: usize,
    /// One bit per letter that occurs: proves quickly that two words are far apart.
    pub(super) mask: u32,
}

impl<'a> Word<'a> {
    pub(super) fn new(text: &'a str, sort: Sort) -> Self {
        let (mut letters, mut mask) = (0, 0);
        for letter in text.chars() {
            letters += 1;
            mask |= bit_of(letter);
        }
        Self { text, sort, letters, mask }
    }

    pub(super) fn plain(text: &'a str) -> Self {
        Self::new(text, Sort::Plain)
    }

    pub(super) fn equals(&self, other: &Word<'_>) -> bool {
        self.mask == other.mask && self.letters == other.letters && self.sort == other.sort && self.text == other.text
    }

    /// What it counts in a score.
    pub(super) const fn weight(&self) -> usize {
        match self.sort {
            Sort::Plain => self.letters,
            Sort::Label => 1,
            Sort::Number => 3,
            Sort::Rt | Sort::Rw => 2,
        }
    }
}

/// Most words of a text that is compared word by word; a pair of words is a pair of bits in a `u32`.
pub(super) const WORDS_MAX: usize = 32;
/// Most letters of a text that is compared word by word: no caller can buy much time with one value.
pub(super) const LETTERS_MAX: usize = 256;

/// Whether two lists read the same once the blanks are gone. A blank between two numbers stays: 1/12 is not 11/2.
pub(super) fn read_the_same(a: &[Word<'_>], b: &[Word<'_>]) -> bool {
    letters_of(a) == letters_of(b) && joined(a).eq(joined(b))
}

/// The list with every two neighbours that the other writes as one word (KOTA BARU, KOTABARU) put together.
pub(super) fn merged<'a, 'l>(list: &'l [Word<'a>], other: &[Word<'a>]) -> Cow<'l, [Word<'a>]> {
    let join = |first: &Word<'a>, second: &Word<'a>| other.iter().find(|word| is_join(word, first, second));
    if !list.windows(2).any(|pair| matches!(pair, [first, second] if join(first, second).is_some())) {
        return Cow::Borrowed(list);
    }
    let mut out = Vec::with_capacity(list.len());
    let mut rest = list;
    while let [first, tail @ ..] = rest {
        match tail.split_first().and_then(|(second, after)| Some((join(first, second)?, after))) {
            Some((word, after)) => {
                out.push(*word);
                rest = after;
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    Cow::Owned(out)
}

fn is_join(whole: &Word<'_>, first: &Word<'_>, second: &Word<'_>) -> bool {
    whole.letters == first.letters + second.letters
        && whole.sort == Sort::Plain
        && !(first.sort == Sort::Number && second.sort == Sort::Number)
        && whole.text.strip_prefix(first.text) == Some(second.text)
}

fn letters_of(list: &[Word<'_>]) -> usize {
    list.iter().map(|word| word.letters).sum()
}

fn joined<'a>(list: &'a [Word<'_>]) -> impl Iterator<Item = char> + 'a {
    let mut after_number = false;
    list.iter().flat_map(move |word| {
        let mark = match word.sort {
            Sort::Rt => Some('\u{1}'),
            Sort::Rw => Some('\u{2}'),
            Sort::Number if after_number => Some('\u{3}'),
            Sort::Plain | Sort::Label | Sort::Number => None,
        };
        after_number = matches!(word.sort, Sort::Number | Sort::Rt | Sort::Rw);
        mark.into_iter().chain(word.text.chars())
    })
}

const fn bit_of(letter: char) -> u32 {
    match letter {
        'A'..='Z' => 1 << (letter as u32 - 'A' as u32),
        _ => 1 << (26 + letter as u32 % 6),
    }
}
