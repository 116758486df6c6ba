use super::super::decide::decide;
use super::super::specimen::{today, verified_with};
use super::super::{Document, VerifiedPks};
use super::*;
use crate::kernel::{Caller, Fingerprint, Generation, Nik, RowBuilder, Secret};

fn row(status: NikStatus, kab: u8, values: &[(Elemen, &str)]) -> Finding {
    let mut builder = RowBuilder::new(status, KabCode::new(63, kab), 256);
    for (elemen, value) in values {
        assert!(builder.push(*elemen, value));
    }
    Finding::Row(Arc::new(builder.finish()))
}

const VALUES: [(Elemen, &str); 4] =
    [(Elemen::NamaLgkp, "SITI AMINAH"), (Elemen::TglLhr, "1985-07-05"), (Elemen::Agama, "ISLAM"), (Elemen::Alamat, "")];

fn ask(method: Method, elements: &[(Elemen, &str)]) -> Ask {
    let asked = |(elemen, value): &(Elemen, &str)| AskedElemen { elemen: *elemen, value: Some(Secret::new((*value).to_owned())) };
    Ask {
        method,
        generation: Generation::Dwh,
        nik: Nik::parse("6305014507850001"),
        elements: elements.iter().map(asked).collect(),
        threshold: None,
        purpose: None,
    }
}

fn permit(pks: &Arc<VerifiedPks>, ask: &Ask) -> Permit {
    let certificate = Some(Fingerprint::from_digest([7; 32]));
    let caller = Caller::identified(pks.agreement().lembaga_id.clone(), [127, 0, 0, 1].into(), certificate, None, None);
    decide(pks, &caller, ask, today()).expect("a permit")
}

fn answer(pks: &Arc<VerifiedPks>, ask: &Ask, finding: &Finding) -> Result<Answer, Refusal> {
    permit(pks, ask).reveal(ask, finding)
}

fn dinsos(change: impl FnOnce(&mut Document)) -> Arc<VerifiedPks> {
    verified_with("dinsos-tapin", |document| {
        document.operator_card = false;
        change(document);
    })
}

/// What an answer shows: outcome, verdicts, values. Fees, region and sets are not for the caller.
type Shown = (Outcome, Vec<(&'static str, bool, Option<u8>)>, Vec<(Elemen, String)>);

fn shown(answer: &Answer) -> Shown {
    (
        answer.outcome(),
        answer.verdicts().iter().map(|v| (v.elemen.name(), v.matched, v.score)).collect(),
        answer.values().map(|(elemen, value)| (elemen, value.to_owned())).collect(),
    )
}

#[test]
fn tells_match_and_score_as_granted_in_the_order_asked() {
    let pks = dinsos(|_| {});
    let ask = ask(Method::Verify, &[(Elemen::TglLhr, "1985-07-06"), (Elemen::NamaLgkp, "SITI AMINAH"), (Elemen::Alamat, "JL. A")]);
    let answer = answer(&pks, &ask, &row(NikStatus::Active, 5, &VALUES)).ok().unwrap();
    let (outcome, verdicts, values) = shown(&answer);
    assert_eq!(outcome, Outcome::Active);
    assert_eq!(verdicts[0], ("TGL_LHR", false, None), "no score without the right");
    assert_eq!(verdicts[1], ("NAMA_LGKP", true, Some(100)));
    assert_eq!((verdicts[2].0, verdicts[2].1), ("ALAMAT", false));
    assert_eq!(values, []);
    assert_eq!(answer.matched(), Elemen::NamaLgkp.alone());
    assert!(answer.found());
    assert_eq!(answer.region(), Some(KabCode::new(63, 5)));
}

#[test]
fn compares_nothing_beyond_the_permit_though_the_row_holds_it() {
    let pks = dinsos(|_| {});
    let ask = ask(Method::Verify, &[(Elemen::NamaLgkp, "SITI AMINAH"), (Elemen::Agama, "ISLAM")]);
    let answer = answer(&pks, &ask, &row(NikStatus::Active, 5, &VALUES)).ok().unwrap();
    assert_eq!(answer.granted(), Elemen::NamaLgkp.alone());
    assert_eq!(answer.matched(), Elemen::NamaLgkp.alone());
    assert!(answer.verdicts().iter().all(|verdict| verdict.elemen == Elemen::NamaLgkp));
}

#[test]
fn gives_no_value_beyond_the_permit_though_the_row_holds_it() {
    let pks = dinsos(|_| {});
    let ask = ask(Method::Retrieve, &[(Elemen::Agama, ""), (Elemen::Alamat, ""), (Elemen::NamaLgkp, "")]);
    let answer = answer(&pks, &ask, &row(NikStatus::Active, 5, &VALUES)).ok().unwrap();
    let values: Vec<_> = answer.values().collect();
    assert!(values == [(Elemen::NamaLgkp, "SITI AMINAH"), (Elemen::Alamat, "")]);
}

#[test]
fn a_question_other_than_the_one_decided_gains_nothing() {
    let pks = dinsos(|_| {});
    let permit = permit(&pks, &ask(Method::Verify, &[(Elemen::NamaLgkp, "SITI AMINAH")]));
    let other = ask(Method::Retrieve, &[(Elemen::TglLhr, "1985-07-05"), (Elemen::Agama, "ISLAM")]);
    let answer = permit.reveal(&other, &row(NikStatus::Active, 5, &VALUES)).ok().unwrap();
    assert_eq!((answer.verdicts().len(), answer.values().count()), (0, 0));
}

#[test]
fn only_the_living_have_elements_and_each_status_is_told() {
    let pks = dinsos(|_| {});
    for (status, outcome) in [
        (NikStatus::Deceased, Outcome::Deceased),
        (NikStatus::Duplicate, Outcome::Duplicate),
        (NikStatus::Inactive, Outcome::Inactive),
    ] {
        for method in [Method::Verify, Method::Retrieve] {
            let answer = answer(&pks, &ask(method, &VALUES), &row(status, 5, &VALUES)).ok().unwrap();
            assert_eq!(shown(&answer), (outcome, vec![], vec![]));
            assert!(answer.found(), "fees are owed for these too");
        }
    }
    let absent = answer(&pks, &ask(Method::Verify, &VALUES), &Finding::Absent).ok().unwrap();
    assert_eq!(shown(&absent), (Outcome::NotFound, vec![], vec![]));
    assert!(!absent.found() && absent.region().is_none());
}

#[test]
fn refuses_a_resident_of_another_region_whatever_the_nik_says() {
    let pks = dinsos(|_| {});
    for status in [NikStatus::Active, NikStatus::Deceased] {
        let refusal = answer(&pks, &ask(Method::Verify, &VALUES), &row(status, 6, &VALUES)).err().unwrap();
        assert_eq!(refusal, Refusal::new(Reason::RegionOutside));
    }
}

#[test]
fn without_the_right_to_the_status_nobody_can_be_told_from_nobody() {
    let pks = dinsos(|d| d.tell_status = false);
    let wrong = [(Elemen::NamaLgkp, "LAIN"), (Elemen::TglLhr, "1900-01-01")];
    let tell = |finding: &Finding| shown(&answer(&pks, &ask(Method::Verify, &wrong), finding).ok().unwrap());
    let absent = tell(&Finding::Absent);
    assert_eq!(absent, (Outcome::Unconfirmed, vec![("NAMA_LGKP", false, Some(0)), ("TGL_LHR", false, None)], vec![]));
    for status in [NikStatus::Deceased, NikStatus::Duplicate, NikStatus::Inactive] {
        assert_eq!(tell(&row(status, 5, &VALUES)), absent, "{status:?}");
    }
    assert_eq!(tell(&row(NikStatus::Active, 6, &VALUES)), absent, "another region");
    let right = answer(&pks, &ask(Method::Verify, &VALUES), &row(NikStatus::Active, 5, &VALUES)).ok().unwrap();
    assert_eq!(right.outcome(), Outcome::Unconfirmed);
    assert!(right.matched().contains(Elemen::NamaLgkp));
    let retrieved = answer(&pks, &ask(Method::Retrieve, &VALUES), &row(NikStatus::Deceased, 5, &VALUES)).ok().unwrap();
    assert_eq!(shown(&retrieved), (Outcome::Unconfirmed, vec![], vec![]));
}

#[test]
fn a_threshold_is_met_when_the_score_reaches_both_it_and_the_floor() {
    let name = "SITI AMINAH HASANAH";
    let near = "SITI AMINAH HASINAH";
    let score = matching::score(Elemen::NamaLgkp, name, near);
    let matched = |floor: u8, threshold: Option<u8>| {
        let pks = dinsos(|d| d.elements.iter_mut().find(|e| e.name == "NAMA_LGKP").unwrap().threshold_min = Some(floor));
        let ask = Ask { threshold, ..ask(Method::Verify, &[(Elemen::NamaLgkp, near)]) };
        let answer = answer(&pks, &ask, &row(NikStatus::Active, 5, &[(Elemen::NamaLgkp, name)])).ok().unwrap();
        assert_eq!(answer.verdicts()[0].score, Some(score));
        answer.verdicts()[0].matched
    };
    assert!(score < 100);
    let floor = score.max(1);
    assert_eq!(matched(floor, None), score >= floor);
    assert_eq!(matched(floor, Some(0)), score >= floor);
    assert!(!matched(score + 1, None), "the floor is above");
    assert!(!matched(1, Some(score + 1)), "the threshold is above");
    assert!(!matched(score + 1, Some(1)), "a threshold below the floor is judged by the floor");
}

#[test]
fn what_has_no_score_matches_only_when_equal_whatever_the_threshold() {
    let pks = dinsos(|_| {});
    let ask = Ask { threshold: Some(0), ..ask(Method::Verify, &[(Elemen::TglLhr, "1985-07-06")]) };
    let answer = answer(&pks, &ask, &row(NikStatus::Active, 5, &VALUES)).ok().unwrap();
    assert!(!answer.verdicts()[0].matched);
}

#[test]
fn a_column_that_was_not_read_matches_nothing_and_shows_nothing() {
    let pks = dinsos(|_| {});
    let bare = row(NikStatus::Active, 5, &[]);
    let verified = answer(&pks, &ask(Method::Verify, &VALUES), &bare).ok().unwrap();
    assert!(verified.matched().is_empty());
    let retrieved = answer(&pks, &ask(Method::Retrieve, &VALUES), &bare).ok().unwrap();
    assert!(retrieved.values().all(|(_, value)| value.is_empty()));
}

#[test]
fn without_a_nik_nothing_is_told_whatever_was_found() {
    let pks = dinsos(|_| {});
    let ask = Ask { nik: Nik::parse("1"), ..ask(Method::Retrieve, &VALUES) };
    for finding in [Finding::Malformed, Finding::Absent, row(NikStatus::Active, 5, &VALUES)] {
        let answer = answer(&pks, &ask, &finding).ok().unwrap();
        assert_eq!(shown(&answer), (Outcome::Malformed, vec![], vec![]));
        assert!(!answer.found());
    }
}

#[test]
fn the_agreement_itself_is_told_without_a_resident() {
    let pks = dinsos(|_| {});
    let answer = answer(&pks, &ask(Method::Agreement, &[]), &Finding::Malformed).ok().unwrap();
    assert_eq!(shown(&answer), (Outcome::Done, vec![], vec![]));
}
