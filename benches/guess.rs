//! What quota and guess check cost a question together, at ten million NIKs a day, and how many are held for another one's guesses.
//! `cargo bench --bench guess -- [niks]`

use std::error::Error;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Instant;

use gerbang::kernel::{Elemen, LembagaId, Zone};
use gerbang::quota::guess::{Attempt, Guesses, Limits, Tested};
use gerbang::quota::{Quotas, Terms};
use jiff::Timestamp;

const ROUNDS: usize = 9;
const A_ROUND: u64 = 200_000;

const LIMITS: Limits =
    Limits { wrong_per_day: 5, consecutive: 200, same_value_per_hour: 5_000, score_changes: 4, brake_s: 900, zone: Zone::Wib };

#[expect(clippy::print_stdout, reason = "a bench prints its figures")]
fn main() -> Result<(), Box<dyn Error>> {
    let niks = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(10_000_000u64);
    let (guesses, lembaga, at) = (Guesses::new(), LembagaId::parse("bank-antasari")?, "2026-11-22T03:00:00Z".parse()?);
    let bench = Bench { guesses: &guesses, lembaga: &lembaga, at };
    let before = Instant::now();
    for number in 0..niks {
        black_box(bench.ask(number, 1));
    }
    let each = before.elapsed().as_nanos() / u128::from(niks.max(1));
    println!("{niks} NIKs, one wrong of three values each: {each} ns a question, budgets {} bytes", guesses.budget_bytes());
    let asked = 1_000_000;
    let held = (0..asked).filter(|number| bench.ask(niks + number, 0)).count();
    println!("held for another one's guesses: {held} of {asked}");
    let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    let terms = Terms { per_second: number(1_000_000_000), burst: number(1_000_000_000), per_day: u64::MAX >> 30, zone: Zone::Wib };
    let quotas = Quotas::new();
    let quota = |_| {
        let _settled = quotas.reserve(&lembaga, &terms, at).map(|allowance| allowance.settle(true, at));
    };
    println!("quota alone, ns: {}", medians(&mut { quota }));
    println!("guess check alone, three right values, ns: {}", medians(&mut |one| _ = black_box(bench.ask(one * 7_919 % niks, 0))));
    println!("guess check alone, one wrong of three, ns: {}", medians(&mut |one| _ = black_box(bench.ask(one * 7_919 % niks, 1))));
    let both = &mut |one| {
        quota(one);
        black_box(bench.ask(one * 7_919 % niks, 0));
    };
    println!("quota and guess check, ns: {}", medians(both));
    Ok(())
}

struct Bench<'a> {
    guesses: &'a Guesses,
    lembaga: &'a LembagaId,
    at: Timestamp,
}

impl Bench<'_> {
    /// Three values about a NIK, so many of them wrong; whether any is held.
    fn ask(&self, number: u64, wrong: usize) -> bool {
        // Pseudonyms are as good as random.
        let subject = (u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)).to_be_bytes();
        let attempt = Attempt { lembaga: self.lembaga, limits: &LIMITS, subject: &subject, at: self.at };
        let value = |elemen, place, value| Tested { elemen, matched: place >= wrong, score: None, value };
        let tested = [
            value(Elemen::TglLhr, 0, "1990-01-01"),
            value(Elemen::NamaLgkp, 1, "SITI AMINAH"),
            value(Elemen::NamaLgkpIbu, 2, "HALIMAH"),
        ];
        !self.guesses.judge(&attempt, tested.into_iter()).held.is_empty()
    }
}

/// Median, least and most of some rounds, a call.
fn medians(deed: &mut impl FnMut(u64)) -> String {
    let mut rounds: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let before = Instant::now();
            (0..A_ROUND).for_each(&mut *deed);
            before.elapsed().as_nanos() / u128::from(A_ROUND)
        })
        .collect();
    rounds.sort_unstable();
    let at = |place: usize| rounds.get(place).copied().unwrap_or_default();
    format!("{} ({}-{})", at(ROUNDS / 2), at(0), at(ROUNDS - 1))
}
