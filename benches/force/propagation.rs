//! How soon a change of the files bites: `cargo bench --all-features --bench propagation -- [PKS] [ROUNDS]`.
//!
//! From the moment a file is in its place to the moment the first refused answer is read on a connection that was open before; the
//! house looks once a second, so half a second of it is waiting. Then everything is verified anew in the background (the anchors
//! changed): how long that takes, and the latencies of a client that asks one question after the other all the while, beside those
//! of a quiet time. Prints the load of the machine.
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

use std::time::{Duration, Instant};

use gerbang::disk::RealDisk;
use gerbang::kernel::Clock as _;
use gerbang::pks::{Document, template};
use support::asks::{BANK, content, verify, verify_dwh};
use support::{Client, House, LEMBAGA, account, write};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The quiet time that latencies are compared with.
const QUIET: Duration = Duration::from_secs(5);

fn main() {
    let numbers: Vec<u32> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let (count, rounds) = (numbers.first().copied().unwrap_or(5_000), numbers.get(1).copied().unwrap_or(9));
    let house = House::with(|document| {
        (document.quota.per_second, document.quota.burst, document.quota.per_day) = (1_000_000, 1_000_000, 1_000_000_000);
    });
    thousands::sign(&house, count);
    println!("{} agreements; {}", count + 3, load());
    let mut bank = house.client(BANK);
    let agreements = (0..rounds).map(|_| {
        sign(&house, true);
        let took = until(|| verify(&mut bank).status == 403);
        sign(&house, false);
        until(|| verify(&mut bank).status == 200);
        took
    });
    tell("agreement suspended", agreements.collect());
    let accounts = (0..rounds).map(|_| {
        list(&house, false);
        let took = until(|| content(&verify_dwh(&mut bank, BANK))["RESPONSE_CODE"] == "17");
        list(&house, true);
        until(|| content(&verify_dwh(&mut bank, BANK)).get("RESPONSE_CODE").is_none());
        took
    });
    tell("account switched off", accounts.collect());

    let quiet = Instant::now();
    let calm = latencies(&mut bank, || quiet.elapsed() < QUIET);
    let anchors = house.path("policies/anchors/office.pem");
    let mut whole = Vec::new();
    let mut busy = Vec::new();
    for round in 0..rounds.min(3) {
        let text = std::fs::read_to_string(&anchors).expect("anchors");
        let epoch = house.app().registry().epoch();
        write(&anchors, format!("{text}\n# {round}\n").as_bytes());
        house.orders.reload.notify_one();
        let began = Instant::now();
        busy.extend(latencies(&mut bank, || house.app().registry().epoch() == epoch));
        whole.push(began.elapsed());
    }
    tell("everything verified anew", whole);
    for (what, mut all) in [("quiet", calm), ("while verifying", busy)] {
        all.sort_unstable();
        let at = |share: f64| all[((all.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        println!("{what}: {} answers, p50 {:.3} ms, p99 {:.3} ms; {}", all.len(), at(0.5), at(0.99), load());
    }
}

fn sign(house: &House, suspended: bool) {
    let mut document = template(BANK).expect("the bank's template");
    // A change takes a higher version.
    let former = std::fs::read(house.path("policies").join(BANK).join("pks.json")).expect("a document");
    document.version = Document::read(&former).expect("a document").version + 1;
    document.suspended = suspended;
    house.signatories.conclude(&RealDisk, &house.path("policies"), &mut document, house.clock.now()).expect("signed");
}

fn list(house: &House, active: bool) {
    let mut records: Vec<_> = LEMBAGA.iter().map(|(lembaga, user)| account(user, lembaga)).collect();
    records[0].active = active;
    write(&house.path("accounts.toml"), gerbang::store::Accounts::render(records).expect("a list").as_bytes());
}

fn until(mut done: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !done() {}
    began.elapsed()
}

fn latencies(client: &mut Client, mut go_on: impl FnMut() -> bool) -> Vec<Duration> {
    let mut all = Vec::new();
    while go_on() {
        let began = Instant::now();
        assert_eq!(verify(client).status, 200);
        all.push(began.elapsed());
    }
    all
}

fn tell(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    println!(
        "{what}: median {:.0} ms, at most {:.0} ms",
        took[took.len() / 2].as_secs_f64() * 1e3,
        took[took.len() - 1].as_secs_f64() * 1e3
    );
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").map_or_else(|_| String::new(), |text| format!("load {}", text.trim()))
}
