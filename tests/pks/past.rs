//! `pks simulate` over a log made for it.

use std::sync::Arc;

use gerbang::audit::{Entry, Question, Verdict};
use gerbang::disk::RealDisk;
use gerbang::journal::{Journal, Options};
use gerbang::kernel::{Clock, Elemen, ElemenSet, Fingerprint, Generation, KabCode, LembagaId, Method, Outcome, Reason, RequestId};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::desk::{Desk, file_clock, tell};

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn set(names: &[&str]) -> ElemenSet {
    names.iter().map(|name| Elemen::parse(name).unwrap()).collect()
}

/// A retrieval of rsud-tapin as the log holds it, some hours ago.
fn retrieval(now: Timestamp, hours: i64, asked: &[&str], outcome: Verdict) -> Question<'static> {
    let time = now.checked_sub(SignedDuration::from_hours(hours)).unwrap();
    let lembaga = LembagaId::parse("rsud-tapin").unwrap();
    let mut question = Question::bare(time, RequestId::from_bits(1), lembaga, "127.0.0.1".parse().unwrap(), outcome);
    (question.method, question.generation) = (Some(Method::Retrieve), Some(Generation::V1));
    question.certificate = Some(Fingerprint::from_digest([7; 32]));
    question.asked = set(asked);
    if matches!(outcome, Verdict::Answered(_)) {
        (question.granted, question.matched) = (question.asked, question.asked);
        (question.region, question.counted, question.found) = (Some(KabCode::new(63, 5)), true, true);
        question.subject = Some(gerbang::audit::Pseudonym::from_bytes([1; 16]));
    }
    question
}

#[test]
fn the_past_is_put_to_a_draft() {
    let desk = Desk::new();
    let now = Timestamp::from_second(i64::try_from(file_clock(&desk.path(""))).unwrap()).unwrap();
    let (log, disk) = (desk.path("audit"), Arc::new(RealDisk));
    std::fs::create_dir(&log).unwrap();
    let (journal, _) = Journal::open(disk, &log, Options::default(), Arc::new(At(now))).unwrap();
    let answered = Verdict::Answered(Outcome::Active);
    let questions = [
        retrieval(now, 100, &["ALAMAT"], answered),
        retrieval(now, 4, &["NAMA_LGKP", "ALAMAT"], answered),
        retrieval(now, 3, &["AGAMA"], answered),
        retrieval(now, 2, &["NO_AKTA_LHR"], Verdict::Refused(Reason::ElementNotGranted)),
        retrieval(now, 1, &["ALAMAT"], Verdict::Refused(Reason::RateLimited)),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for question in questions {
        runtime.block_on(journal.append(Entry::Question(Box::new(question)).encode().unwrap())).unwrap();
    }
    journal.close();
    desk.draft("rsud-tapin", "now").ok();
    let against = |draft: &str, more: &[&str]| {
        let mut command = desk.gerbang(&["pks", "simulate", "--days", "2", "--dir", "audit"]);
        tell(command.arg(desk.path(draft)).args(more))
    };
    let same = against("policies/now", &[]).ok();
    assert!(same.starts_with("rsud-tapin: 4 questions in 2 days\n  unchanged               3\n"), "{same}");
    assert!(same.contains("open, otherwise         RATE_LIMITED 1\n"), "{same}");
    assert!(same.ends_with("not replayed: scores, bursts within a second, the draft's own term and suspension\n"), "{same}");
    let mut draft: Value = serde_json::from_slice(&std::fs::read(desk.path("policies/now/pks.json")).unwrap()).unwrap();
    let elements = draft["elements"].as_array_mut().unwrap();
    elements.retain(|element| element["name"] != "AGAMA");
    elements.push(json!({"name": "NO_AKTA_LHR", "rights": ["read"]}));
    desk.write(&desk.path("draft.json"), &draft.to_string());
    let report: Value = serde_json::from_str(&against("draft.json", &["--json"]).ok()).unwrap();
    let report = &report["lembaga"]["rsud-tapin"];
    assert_eq!((&report["refused"], &report["lost"]), (&json!({"ELEMENT_NOT_GRANTED": 1}), &json!({"AGAMA": 1})));
    assert_eq!((&report["answered"], &report["gained"]), (&json!({"ELEMENT_NOT_GRANTED": 1}), &json!({"NO_AKTA_LHR": 1})));
    assert_eq!(report["unchanged"], 1);
    desk.write(&desk.path("draft.json"), "{}");
    let faults = against("draft.json", &[]).failed();
    assert!(faults.contains("elemen (/elements): belum diisi") && faults.contains("kuota (/quota): belum diisi"), "{faults}");
}
