//! What a decision costs with 5,000 agreements loaded, all elements each: `cargo bench --all-features --bench decide -- [PKS]`.
//!
//! Timed is the way from the claim of a connection to the permit: identify, `registry::pks_of`, `pks::decide`, of a lembaga drawn at
//! random for each question, which asks for three elements, and for all. Medians of 9 rounds of 200,000, wall clock of one thread.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench"
)]
#![expect(dead_code, reason = "the support of the tests has more than a bench needs")]

#[path = "../../tests/road/support/mod.rs"]
mod support;
mod thousands;

use std::time::Instant;

use gerbang::app::Claim;
use gerbang::kernel::{Ask, AskedElemen, Elemen, Fingerprint, Generation, LembagaId, Method, Nik, PeerCertificate, Secret};
use support::House;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 9;
const QUESTIONS: u32 = 200_000;

fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(5_000);
    let house = House::for_tests();
    thousands::sign(&house, count);
    let peers: Vec<PeerCertificate> = (0..count)
        .map(|number| PeerCertificate {
            lembaga: Some(LembagaId::parse(&thousands::id(number)).expect("an id")),
            fingerprint: Fingerprint::from_digest([1; 32]),
            not_after_s: i64::MAX,
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    println!("{count} agreements, {} elements each; {}", Elemen::COUNT, load());
    for elements in [3, Elemen::COUNT] {
        let ask = question(elements);
        let mut rounds: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                runtime.block_on(async {
                    let mut place = 12_345_u32;
                    let began = Instant::now();
                    for _ in 0..QUESTIONS {
                        place = place.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let peer = peers[(place >> 8) as usize % peers.len()].clone();
                        let claim = Claim { address: [127, 0, 0, 1].into(), peer: Some(peer), dwh: None };
                        let granted = house.app().decide(claim, &ask).await.expect("granted");
                        assert_eq!(granted.iter().count(), elements);
                    }
                    began.elapsed().as_secs_f64() * 1e9 / f64::from(QUESTIONS)
                })
            })
            .collect();
        rounds.sort_by(f64::total_cmp);
        println!(
            "{elements} elements asked: {:.0} ns a decision (median; {:.0} to {:.0})",
            rounds[ROUNDS / 2],
            rounds[0],
            rounds[ROUNDS - 1]
        );
    }
}

fn question(elements: usize) -> Ask {
    let asked = |elemen| AskedElemen { elemen, value: Some(Secret::new("x".to_owned())) };
    Ask {
        method: Method::Verify,
        generation: Generation::V1,
        nik: Nik::parse("6305014107900001"),
        elements: Elemen::all().take(elements).map(asked).collect(),
        threshold: Some(90),
        purpose: None,
    }
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").map_or_else(|_| String::new(), |text| format!("load {}", text.trim()))
}
