use super::super::document::{Document, HoursText, RegionsText};
use super::super::template;
use super::*;
use crate::kernel::Zone;

fn set(names: &[&str]) -> ElemenSet {
    names.iter().map(|name| Elemen::parse(name).unwrap()).collect()
}

/// A verification that was answered: three elements, the name matched.
fn past() -> Past {
    let asked = set(&["NAMA_LGKP", "TGL_LHR", "NO_KK"]);
    Past {
        at: "2026-11-23T02:00:00Z".parse().unwrap(),
        address: "127.0.0.1".parse().unwrap(),
        certificate: None.or(Some(Fingerprint::from_digest([0; 32]))),
        officer: true,
        method: Method::Verify,
        generation: Generation::V1,
        asked,
        granted: asked,
        matched: set(&["NAMA_LGKP"]),
        threshold: Some(85),
        purpose: None,
        nik: true,
        region: Some(KabCode::new(63, 5)),
        counted: true,
        outcome: Ok(Outcome::Active),
    }
}

fn replay(change: impl FnOnce(&mut Document), questions: &[Past]) -> Report {
    let former = template("dinsos-tapin").unwrap();
    let mut draft = former.clone();
    change(&mut draft);
    // A term that lies in the future and a suspension do not matter to the past.
    (draft.term.from, draft.term.until, draft.suspended) = ("2040-01-01".into(), "2040-12-31".into(), true);
    let mut replay = Replay::new(draft.parse().unwrap(), Some(former.parse().unwrap()));
    questions.iter().for_each(|past| replay.question(past));
    replay.finish()
}

fn names(map: &ByElemen) -> Vec<(&'static str, u64)> {
    map.iter().map(|(elemen, count)| (elemen.name(), *count)).collect()
}

#[test]
fn the_same_agreement_changes_nothing() {
    let report = replay(|_| {}, &[past(), past()]);
    assert_eq!(report, Report { questions: 2, unchanged: 2, ..Report::default() });
}

#[test]
fn elements_taken_and_given_are_counted() {
    let mut dwh = past();
    dwh.generation = Generation::Dwh;
    let taken = replay(|d| d.elements.retain(|element| element.name != "TGL_LHR"), &[past(), dwh]);
    assert_eq!(taken.refused, BTreeMap::from([("ELEMENT_NOT_GRANTED", 1)]), "/v1 refuses the whole question");
    assert_eq!(names(&taken.lost), [("NO_KK", 1), ("NAMA_LGKP", 1), ("TGL_LHR", 2)], "the DWH route leaves it out");
    let mut refused = past();
    refused.asked = set(&["NAMA_LGKP", "GOL_DARAH"]);
    (refused.granted, refused.matched) = (ElemenSet::EMPTY, ElemenSet::EMPTY);
    refused.outcome = Err(Reason::ElementNotGranted);
    let mut everywhere = refused.clone();
    everywhere.region = None;
    let give = |d: &mut Document| {
        let mut element = d.elements[0].clone();
        element.name = "GOL_DARAH".into();
        d.elements.push(element);
    };
    let given = replay(give, &[refused, everywhere]);
    assert_eq!(given.answered, BTreeMap::from([("ELEMENT_NOT_GRANTED", 1)]));
    assert_eq!(names(&given.gained), [("NAMA_LGKP", 1), ("GOL_DARAH", 1)]);
    assert_eq!(given.open, BTreeMap::from([("region not known", 1)]), "nobody looked where that resident lives");
}

#[test]
fn limits_of_the_draft_refuse_with_their_own_reason() {
    let hours = HoursText { zone: Zone::Wita, days: vec!["minggu".into()], from: "08:00".into(), until: "09:00".into() };
    let refused = |change: &dyn Fn(&mut Document)| replay(|d| change(d), &[past()]).refused.into_keys().collect::<Vec<_>>();
    assert_eq!(refused(&|d| d.hours = Some(hours.clone())), ["OUTSIDE_HOURS"]);
    assert_eq!(refused(&|d| d.regions = RegionsText::List(vec!["62".into()])), ["REGION_OUTSIDE"]);
    assert_eq!(refused(&|d| d.networks = vec!["10.0.0.1".into()]), ["NETWORK_NOT_ALLOWED"]);
    assert_eq!(refused(&|d| d.purpose_required = true), ["PURPOSE_MISSING"]);
    assert_eq!(refused(&|d| d.certificates = vec!["ab".repeat(32)]), ["CERTIFICATE_NOT_ALLOWED"]);
}

#[test]
fn the_quota_of_the_day_is_counted_in_the_drafts_zone() {
    let mut late = past();
    late.at = "2026-11-23T16:00:00Z".parse().unwrap();
    let report = replay(|d| d.quota.per_day = 2, &[past(), past(), past(), late.clone(), late]);
    assert_eq!((report.unchanged, report.refused), (4, BTreeMap::from([("QUOTA_EXHAUSTED", 1)])), "midnight WITA is 16:00 UTC");
}

#[test]
fn what_hangs_on_a_score_or_a_status_is_said_to_be_open() {
    let floor = |floor: u8| {
        move |d: &mut Document| d.elements.iter_mut().filter(|e| e.name == "NAMA_LGKP").for_each(|e| e.threshold_min = Some(floor))
    };
    let mut unmatched = past();
    unmatched.matched = ElemenSet::EMPTY;
    for p in [&past(), &unmatched] {
        assert_eq!(
            replay(floor(70), std::slice::from_ref(p)).unchanged,
            1,
            "the caller's own threshold of 85 holds before and after"
        );
    }
    let (mut free, mut free_unmatched) = (past(), unmatched);
    (free.threshold, free_unmatched.threshold) = (None, None);
    assert_eq!(replay(floor(90), &[free.clone(), free_unmatched.clone()]).unchanged, 1, "no match stays none where more is asked");
    assert_eq!(names(&replay(floor(90), &[free.clone()]).scores), [("NAMA_LGKP", 1)]);
    assert_eq!(names(&replay(floor(70), &[free, free_unmatched]).scores), [("NAMA_LGKP", 1)], "a match stays one where less is");
    assert_eq!(replay(|d| d.tell_status = false, &[past()]).status, 1);
    let mut silent = past();
    silent.outcome = Ok(Outcome::Unconfirmed);
    assert_eq!(replay(|_| {}, &[silent]).open, BTreeMap::from([("status not known", 1)]));
    let mut replay = Replay::new(template("dinsos-tapin").unwrap().parse().unwrap(), None);
    replay.question(&past());
    assert_eq!(names(&replay.finish().scores), [("NAMA_LGKP", 1)], "without the agreement of then every score is open");
}

#[test]
fn what_no_agreement_decided_is_not_judged_anew() {
    let mut broken = past();
    broken.outcome = Err(Reason::LoginFailed);
    let report = replay(|_| {}, &[broken]);
    assert_eq!((report.unchanged, report.open), (0, BTreeMap::from([("LOGIN_FAILED", 1)])));
}
