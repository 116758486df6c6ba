//! What comparing two names costs: nanoseconds a pair, the fastest tenth and the median of many rounds, for pairs of about thirty
//! letters.
//!
//! `cargo bench --bench matching`. Exits 1 where a pair of names takes longer than the bound by its fastest tenth: what else runs on the
//! machine can only add to that, and often doubles the median.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use gerbang::kernel::Elemen;
use gerbang::matching::score;

/// Most nanoseconds for a pair of names of thirty letters.
const NAME_NS_MAX: u128 = 3_000;
const ROUNDS: usize = 1_001;
const PAIRS_PER_ROUND: u32 = 100;

/// What is measured: a word for it, the element, and the pair.
const PAIRS: &[(&str, Elemen, &str, &str)] = &[
    ("equal but for case", Elemen::NamaLgkp, "SITI NURHALIZA RAHMAWATI PUTRI", "Siti Nurhaliza Rahmawati Putri"),
    ("one slip", Elemen::NamaLgkp, "SITI NURHALIZA RAHMAWATI PUTRI", "SITI NURHALIZA RAHMAWTI PUTRI"),
    ("four slips", Elemen::NamaLgkp, "SITI NURHALIZA RAHMAWATI PUTRI", "SITY NURHALISA RAHMAWTI PUTRIE"),
    ("another order", Elemen::NamaLgkp, "SITI NURHALIZA RAHMAWATI PUTRI", "PUTRI RAHMAWATI SITI NURHALIZA"),
    ("a word missing", Elemen::NamaLgkp, "SITI NURHALIZA RAHMAWATI PUTRI", "SITI RAHMAWATI PUTRI"),
    ("words joined, one slip", Elemen::NamaLgkp, "SITI NURHALIZA RAHMAWATI PUTRI", "SITINURHALIZA RAHMAWATY PUTRI"),
    ("all joined, slips at both ends", Elemen::NamaLgkp, "SITI NURHALIZA RAHMAWATI PUTRI", "SETINURHALIZARAHMAWATIPUTRO"),
    ("titles and MUHAMMAD", Elemen::NamaLgkp, "Dr. H. MUH. FAUZI RAHMAN, S.Pd.", "MUHAMMAD FAUZI RACHMAN"),
    ("another person", Elemen::NamaLgkp, "BAMBANG HARYANTO KUSUMO WIDODO", "SITI NURHALIZA RAHMAWATI PUTRI"),
    ("another person, like words", Elemen::NamaLgkp, "RAHMAN RAHMAD ROHMAT RAHIM RAMA", "ROHMAN RAHMAT AHMAD ROHIM ROMA"),
    ("old spelling", Elemen::NamaLgkp, "SOEKARNO TJOKROAMINOTO DJOKO", "SUKARNO COKROAMINOTO JOKO B"),
    ("accents", Elemen::NamaLgkp, "RENÉE NURHALIZÁ RAHMAWATI PUTRI", "RENEE NURHALISA RAHMAWATI PUTRI"),
    ("place", Elemen::TmptLhr, "HULU SUNGAI SELATAN", "Kab. Hulu Sungai Tengah"),
    ("address", Elemen::Alamat, "JL. VETERAN NO. 12 RT 003 RW 005", "Jalan Veteran 12, RT 3/6 Kel. Rantau"),
    ("date", Elemen::TglLhr, "1990-02-01", "01-02-1990"),
    ("code", Elemen::JenisKlmin, "LAKI-LAKI", "Laki - laki"),
];

fn main() -> ExitCode {
    let mut slow = false;
    let mut lines = vec![format!("{:32} {:>6} {:>10} {:>10} {:>6}", "pair", "score", "p10 ns", "p50 ns", "")];
    for (what, elemen, stored, asked) in PAIRS {
        let (fast, median) = measure(*elemen, stored, asked);
        let over = *elemen == Elemen::NamaLgkp && fast > NAME_NS_MAX;
        slow |= over;
        let verdict = if over { "OVER" } else { "" };
        lines.push(format!("{what:32} {:>6} {fast:>10} {median:>10} {verdict:>6}", score(*elemen, stored, asked)));
    }
    lines.push(format!("bound for names: {NAME_NS_MAX} ns; {ROUNDS} rounds of {PAIRS_PER_ROUND} pairs"));
    print(&lines.join("\n"));
    if slow { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Nanoseconds a pair: the fastest tenth and the median of the rounds.
fn measure(elemen: Elemen, stored: &str, asked: &str) -> (u128, u128) {
    let mut rounds: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..PAIRS_PER_ROUND {
                black_box(score(black_box(elemen), black_box(stored), black_box(asked)));
            }
            start.elapsed().as_nanos() / u128::from(PAIRS_PER_ROUND)
        })
        .collect();
    rounds.sort_unstable();
    let at = |place: usize| rounds.get(place).copied().unwrap_or_default();
    (at(ROUNDS / 10), at(ROUNDS / 2))
}

#[expect(clippy::print_stdout, reason = "a bench has nothing but its figures to give")]
fn print(text: &str) {
    println!("{text}");
}
