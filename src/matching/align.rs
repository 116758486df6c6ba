//! The score of two lists of words. The formula is in the room's own documentation; every number of it stands here.
//!
//! Costs are counted in half letters, so that all arithmetic is exact.

use std::cmp::Reverse;

use zeroize::Zeroizing;

use super::words::{Sort, WORDS_MAX, Word, merged, read_the_same};

/// Off the score where the same words stand in another order.
const ORDER_PENALTY: u8 = 5;
/// Off the score where the numbers of an address stand in another order: GANG 3 NO 5 is not GANG 5 NO 3.
const NUMBER_ORDER_PENALTY: u8 = 25;
/// What two lists that differ in a label (JALAN, GANG) are charged, in half letters.
const OTHER_LABEL: usize = 6;
/// Most edits between two lists read as one word each.
const JOINED_EDITS_MAX: usize = 2;

/// 100 where both read the same; otherwise at most 99. `initials`: whether a single letter may stand for a word.
pub(super) fn score(a: &[Word<'_>], b: &[Word<'_>], initials: bool) -> u8 {
    if read_the_same(a, b) {
        return 100;
    }
    if a.is_empty() || b.is_empty() || a.len() > WORDS_MAX || b.len() > WORDS_MAX {
        return 0;
    }
    let (left, right) = (merged(a, b), merged(b, a));
    by_words(&left, &right, initials).max(as_one_word(&left, &right)).min(99)
}

/// Which word of the one list stands for which of the other, and what the differences cost.
struct Pairing {
    /// Bits of the words that have a partner.
    taken: (u32, u32),
    pairs: Vec<(usize, usize)>,
    total: usize,
    cost: usize,
}

impl Pairing {
    const fn is_free(&self, i: usize, j: usize) -> bool {
        self.taken.0 >> i & 1 == 0 && self.taken.1 >> j & 1 == 0
    }

    fn take(&mut self, (i, j): (usize, usize), weight: usize, half_letters: usize) {
        self.taken.0 |= 1 << i;
        self.taken.1 |= 1 << j;
        self.pairs.push((i, j));
        self.total += weight;
        self.cost += half_letters;
    }
}

fn by_words(a: &[Word<'_>], b: &[Word<'_>], initials: bool) -> u8 {
    let mut pairing = Pairing { taken: (0, 0), pairs: Vec::with_capacity(8), total: 0, cost: 0 };
    pair_equal(&mut pairing, a, b);
    pair_similar(&mut pairing, a, b);
    if initials && !pairing.pairs.is_empty() {
        pair_initials(&mut pairing, a, b);
    }
    let left = Rest::of(a, pairing.taken.0);
    let right = Rest::of(b, pairing.taken.1);
    charge_labels(&mut pairing, left.labels, right.labels);
    if left.weight > 0 && right.weight > 0 {
        pairing.total += left.weight.max(right.weight);
        pairing.cost += 2 * left.weight.max(right.weight);
    } else {
        pairing.total += left.weight + right.weight;
        pairing.cost += left.forgiven + right.forgiven;
    }
    percent(pairing.cost, pairing.total).saturating_sub(order_penalty(&mut pairing.pairs, a))
}

fn pair_equal(pairing: &mut Pairing, a: &[Word<'_>], b: &[Word<'_>]) {
    for_pairs_by_distance(a.len(), b.len(), |i, j| {
        let (Some(left), Some(right)) = (a.get(i), b.get(j)) else { return };
        if pairing.is_free(i, j) && left.equals(right) {
            pairing.take((i, j), left.weight(), 0);
        }
    });
}

/// A pair that could be made: the best first, ties so that swapping the lists changes nothing.
struct Candidate {
    kept: usize,
    gap: usize,
    sum: usize,
    pair: (usize, usize),
    letters: usize,
}

fn pair_similar(pairing: &mut Pairing, a: &[Word<'_>], b: &[Word<'_>]) {
    if pairing.pairs.len() == a.len().min(b.len()) {
        return;
    }
    let mut candidates = Vec::with_capacity(16);
    for (i, left) in a.iter().enumerate() {
        for (j, right) in b.iter().enumerate() {
            if !pairing.is_free(i, j) {
                continue;
            }
            if let Some(cost) = cost_of(left, right) {
                let letters = left.letters.max(right.letters);
                candidates.push(Candidate { kept: letters - cost, gap: i.abs_diff(j), sum: i + j, pair: (i, j), letters });
            }
        }
    }
    candidates.sort_unstable_by_key(|one| (Reverse(one.kept), one.gap, one.sum));
    for one in candidates {
        if pairing.is_free(one.pair.0, one.pair.1) {
            pairing.take(one.pair, one.letters, 2 * (one.letters - one.kept));
        }
    }
}

fn pair_initials(pairing: &mut Pairing, a: &[Word<'_>], b: &[Word<'_>]) {
    for_pairs_by_distance(a.len(), b.len(), |i, j| {
        let (Some(left), Some(right)) = (a.get(i), b.get(j)) else { return };
        if pairing.is_free(i, j) && (is_initial_of(left, right) || is_initial_of(right, left)) {
            let letters = left.letters.max(right.letters);
            pairing.take((i, j), letters, letters - 1);
        }
    });
}

fn is_initial_of(short: &Word<'_>, long: &Word<'_>) -> bool {
    short.letters == 1 && long.letters > 1 && long.text.starts_with(short.text)
}

/// All pairs of places, those at the same place first, then those one apart, and so on; each pair beside its mirror image.
fn for_pairs_by_distance(n: usize, m: usize, mut visit: impl FnMut(usize, usize)) {
    for gap in 0..n.max(m) {
        for k in 0..n.min(m) {
            visit(k, k + gap);
            if gap > 0 {
                visit(k + gap, k);
            }
        }
    }
}

/// The words of a list that found no partner.
struct Rest {
    labels: usize,
    weight: usize,
    /// What they cost where the other list has none, in half letters.
    forgiven: usize,
}

impl Rest {
    fn of(list: &[Word<'_>], taken: u32) -> Self {
        let mut rest = Self { labels: 0, weight: 0, forgiven: 0 };
        for (_, word) in list.iter().enumerate().filter(|(i, _)| taken >> i & 1 == 0) {
            let weight = word.weight();
            match word.sort {
                Sort::Label => rest.labels += 1,
                Sort::Rt | Sort::Rw => {
                    rest.weight += weight;
                    rest.forgiven += weight;
                }
                Sort::Plain | Sort::Number => {
                    rest.weight += weight;
                    rest.forgiven += (weight + 2).min(2 * weight);
                }
            }
        }
        rest
    }
}

fn charge_labels(pairing: &mut Pairing, left: usize, right: usize) {
    if left > 0 && right > 0 {
        pairing.total += OTHER_LABEL / 2;
        pairing.cost += OTHER_LABEL;
    } else {
        pairing.total += left + right;
        pairing.cost += 2 * (left + right);
    }
}

fn order_penalty(pairs: &mut [(usize, usize)], a: &[Word<'_>]) -> u8 {
    pairs.sort_unstable();
    let is_number = |i: usize| a.get(i).is_some_and(|word| word.sort == Sort::Number);
    if !pairs.iter().filter(|(i, _)| is_number(*i)).is_sorted_by_key(|(_, j)| *j) {
        NUMBER_ORDER_PENALTY
    } else if !pairs.is_sorted_by_key(|(_, j)| *j) {
        ORDER_PENALTY
    } else {
        0
    }
}

/// The cost in letters of taking one plain word for another; `None` where they are too far apart to be the same word.
fn cost_of(a: &Word<'_>, b: &Word<'_>) -> Option<usize> {
    if a.sort != Sort::Plain || b.sort != Sort::Plain {
        return None;
    }
    let letters = a.letters.max(b.letters);
    let cost_max = letters.div_ceil(2);
    let edits = edits_within(a, b, cost_max.div_ceil(2))?;
    Some(cost_of_edits(a.text, b.text, letters, edits)).filter(|cost| *cost <= cost_max)
}

/// One for the first edit, two for each further one, one more where the edit is of a kind that tells people apart.
fn cost_of_edits(a: &str, b: &str, letters: usize, edits: usize) -> usize {
    (2 * edits).saturating_sub(1) + usize::from(edits > 0 && tells_apart(a, b, letters, edits))
}

/// BUDI and RUDI, ALI and ADI, PUTRA and PUTRI are two people rather than a slip.
fn tells_apart(a: &str, b: &str, letters: usize, edits: usize) -> bool {
    let ends = (a.chars().next_back(), b.chars().next_back());
    letters <= 3
        || a.chars().next() != b.chars().next()
        || (edits == 1 && matches!(ends, (Some('A'), Some('I')) | (Some('I'), Some('A'))))
}

/// Both lists with the blanks gone, where one has more words than the other: NURAMINAH for NUR AMINNAH.
fn as_one_word(a: &[Word<'_>], b: &[Word<'_>]) -> u8 {
    if a.len() == b.len() || !a.iter().chain(b).all(|word| word.sort == Sort::Plain) {
        return 0;
    }
    let (left, right) = (concatenated(a), concatenated(b));
    let (left, right) = (Word::plain(&left), Word::plain(&right));
    let letters = left.letters.max(right.letters);
    match edits_within(&left, &right, JOINED_EDITS_MAX) {
        Some(edits) => percent(2 * (cost_of_edits(left.text, right.text, letters, edits) + 1), letters),
        None => 0,
    }
}

fn concatenated(list: &[Word<'_>]) -> Zeroizing<String> {
    let mut whole = Zeroizing::new(String::with_capacity(list.iter().map(|word| word.text.len()).sum()));
    list.iter().for_each(|word| whole.push_str(word.text));
    whole
}

/// The edits between two words if there are at most `max`: insertion, deletion, replacement, swap of two neighbours.
fn edits_within(a: &Word<'_>, b: &Word<'_>, max: usize) -> Option<usize> {
    // An edit changes the length by one at most, and takes away one letter at most and brings one at most.
    let lost_or_new = (a.mask & !b.mask).count_ones().max((b.mask & !a.mask).count_ones());
    if a.letters.abs_diff(b.letters) > max || lost_or_new as usize > max {
        return None;
    }
    let (left, right) = without_common_ends(a.text, b.text);
    let edits = match (letters_in(left, a), letters_in(right, b)) {
        (0, only) | (only, 0) => only,
        // What is left differs at both of its ends, which decides the short cases.
        (1, many) => many - usize::from(right.contains(left)),
        (many, 1) => many - usize::from(left.contains(right)),
        (2, 2) => 2 - usize::from(left.chars().eq(right.chars().rev())),
        _ if max == 1 => return None,
        _ => strsim::osa_distance(left, right),
    };
    Some(edits).filter(|edits| *edits <= max)
}

/// The letters in a part of a word: its bytes where the whole word is ASCII.
fn letters_in(part: &str, whole: &Word<'_>) -> usize {
    if whole.letters == whole.text.len() { part.len() } else { part.chars().count() }
}

/// Equal beginnings and ends need no edits, and the distance is quadratic.
fn without_common_ends<'a, 'b>(a: &'a str, b: &'b str) -> (&'a str, &'b str) {
    let head: usize = common(a.chars().zip(b.chars()));
    let (a, b) = (a.get(head..).unwrap_or(a), b.get(head..).unwrap_or(b));
    let tail: usize = common(a.chars().rev().zip(b.chars().rev()));
    (a.get(..a.len() - tail).unwrap_or(a), b.get(..b.len() - tail).unwrap_or(b))
}

fn common(letters: impl Iterator<Item = (char, char)>) -> usize {
    letters.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

fn percent(half_letters: usize, total: usize) -> u8 {
    let whole = 2 * total;
    (100 * whole.saturating_sub(half_letters)).checked_div(whole).and_then(|share| u8::try_from(share).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn cutting_common_ends_keeps_the_distance(a in "[AB]{0,9}", b in "[AB]{0,9}") {
            let (x, y) = without_common_ends(&a, &b);
            prop_assert_eq!(strsim::osa_distance(x, y), strsim::osa_distance(&a, &b));
        }

        #[test]
        fn lists_of_like_words_score_the_same_with_the_sides_swapped(
            a in prop::collection::vec("A[AB]{4,5}", 2..6),
            b in prop::collection::vec("A[AB]{4,5}", 2..6),
        ) {
            let (a, b): (Vec<_>, Vec<_>) = (a.iter().map(|w| Word::plain(w)).collect(), b.iter().map(|w| Word::plain(w)).collect());
            prop_assert_eq!(score(&a, &b, true), score(&b, &a, true));
        }

        #[test]
        fn the_quick_bounds_never_hide_a_near_word(a in "[A-F]{0,8}", b in "[A-F]{0,8}", max in 0_usize..5) {
            let near = Some(strsim::osa_distance(&a, &b)).filter(|edits| *edits <= max);
            prop_assert_eq!(edits_within(&Word::plain(&a), &Word::plain(&b), max), near);
        }
    }
}
