use super::*;

const LIMITS: Limits =
    Limits { wrong_per_day: 5, consecutive: 200, same_value_per_hour: 1000, score_changes: 4, brake_s: 900, zone: Zone::Wita };

fn bank() -> LembagaId {
    LembagaId::parse("bank-antasari").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn subject(number: u64) -> [u8; 16] {
    u128::from(number).to_be_bytes()
}

/// Asks one value of a resident by number; whether it is held.
fn guess(guesses: &Guesses, number: u64, at: Timestamp, one: Tested<'_>) -> Judgement {
    let attempt = Attempt { lembaga: &bank(), limits: &LIMITS, subject: &subject(number), at };
    guesses.judge(&attempt, std::iter::once(one))
}

fn wrong(value: &str) -> Tested<'_> {
    Tested { elemen: Elemen::TglLhr, matched: false, score: None, value }
}

#[test]
fn holds_after_the_budget_till_midnight_in_the_zone_and_for_one_lembaga_alone() {
    let (guesses, late) = (Guesses::new(), at("2026-11-22T15:59:59Z"));
    assert!((0..5).all(|_| guess(&guesses, 1, late, wrong("1990-01-01")).held.is_empty()));
    let right = Tested { matched: true, ..wrong("1985-07-05") };
    assert_eq!(guess(&guesses, 1, late, right).held, Elemen::TglLhr.alone());
    assert!(guess(&guesses, 2, late, right).held.is_empty(), "another NIK");
    let other = LembagaId::parse("rsud-tapin").unwrap();
    let attempt = Attempt { lembaga: &other, limits: &LIMITS, subject: &subject(1), at: late };
    assert!(guesses.judge(&attempt, std::iter::once(right)).held.is_empty(), "another lembaga");
    assert!(guess(&guesses, 1, at("2026-11-22T16:00:00Z"), right).held.is_empty(), "another day");
}

#[test]
fn a_recount_gives_the_same_and_passes_over_other_days() {
    let (guesses, now) = (Guesses::new(), at("2026-11-22T03:00:00Z"));
    let (dates, names) = (Elemen::TglLhr.alone(), Elemen::NamaLgkp.alone());
    let (bank, subject) = (bank(), subject(1));
    let attempt = |at| Attempt { lembaga: &bank, limits: &LIMITS, subject: &subject, at };
    for _ in 0..4 {
        guesses.recount(&attempt(now), dates, ElemenSet::EMPTY, now);
        guesses.recount(&attempt(at("2026-11-21T15:59:59Z")), dates, ElemenSet::EMPTY, now);
    }
    assert!(guess(&guesses, 1, now, wrong("1990-01-01")).held.is_empty());
    assert_eq!(guess(&guesses, 1, now, wrong("1990-01-02")).held, dates);
    guesses.recount(&attempt(now), ElemenSet::EMPTY, names, now);
    let name = Tested { elemen: Elemen::NamaLgkp, matched: true, score: None, value: "SITI" };
    assert_eq!(guess(&guesses, 1, now, name).held, names);
}

#[test]
fn a_value_swept_over_many_niks_is_told_however_it_is_spelt_and_codes_are_not() {
    let (guesses, now) = (Guesses::new(), at("2026-11-22T03:00:00Z"));
    let swept = |elemen: Elemen, values: [&str; 2]| {
        (0..3000).position(|number: u64| {
            let value = values[usize::from(number.is_multiple_of(2))];
            guess(&guesses, number, now, Tested { elemen, matched: false, score: None, value }).same_value
        })
    };
    let told = swept(Elemen::NamaLgkpIbu, ["SITI AMINAH", " siti-aminah"]).unwrap();
    assert!((920..=1080).contains(&told), "{told}");
    assert_eq!(swept(Elemen::JenisKlmin, ["LAKI-LAKI", "LAKI-LAKI"]), None);
}

#[test]
fn niks_of_one_region_and_birth_date_are_told_in_whatever_order() {
    let now = at("2026-11-22T03:00:00Z");
    let swept = |serials: Vec<u64>| {
        let guesses = Guesses::new();
        serials.into_iter().position(|serial| {
            let attempt = Attempt { lembaga: &bank(), limits: &LIMITS, subject: &subject(serial), at: now };
            guesses.consecutive(&attempt, Nik::from_number(6_305_014_507_850_000 + serial).unwrap())
        })
    };
    for serials in [(1..1000).collect::<Vec<_>>(), (1..1000).rev().collect(), (1..3000).step_by(3).collect()] {
        let told = swept(serials).unwrap();
        assert!((185..=215).contains(&told), "{told}");
    }
    assert_eq!(swept((1..150).cycle().take(10_000).collect()), None);
}

#[test]
fn a_climb_by_scores_is_held_though_every_step_matches() {
    let (guesses, now) = (Guesses::new(), at("2026-11-22T03:00:00Z"));
    let step = |score| Tested { elemen: Elemen::NamaLgkp, matched: true, score: Some(score), value: "SITI" };
    let climbs: Vec<Judgement> = (80..86).map(|score| guess(&guesses, 1, now, step(score))).collect();
    assert!(climbs.iter().take(4).all(|judgement| *judgement == Judgement::default()));
    assert!(climbs[4].climb && climbs[4].held == Elemen::NamaLgkp.alone());
    assert_eq!(guess(&guesses, 1, now, step(100)).held, Elemen::NamaLgkp.alone(), "till the day ends");
}

#[test]
fn a_brake_is_lifted_by_time_and_an_alarm_is_logged_once_a_minute() {
    let (guesses, now) = (Guesses::new(), at("2026-11-22T03:00:00Z"));
    assert_eq!(guesses.braked_s(&bank(), now), None);
    guesses.brake(&bank(), &LIMITS, now);
    assert_eq!(guesses.braked_s(&bank(), now), Some(900));
    assert_eq!(guesses.braked_s(&bank(), at("2026-11-22T03:14:59Z")), Some(1));
    assert_eq!(guesses.braked_s(&bank(), at("2026-11-22T03:15:00Z")), None);
    guesses.brake(&bank(), &Limits { brake_s: 0, ..LIMITS }, now);
    assert_eq!(guesses.braked_s(&bank(), now), None);
    assert!(guesses.to_be_logged(&bank(), Alarm::Held, now));
    assert!(!guesses.to_be_logged(&bank(), Alarm::Held, now));
    assert!(guesses.to_be_logged(&bank(), Alarm::Honey, now));
    assert!(guesses.to_be_logged(&bank(), Alarm::Held, at("2026-11-22T03:01:00Z")));
}
