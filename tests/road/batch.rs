//! Batches: answers in order, errors by line, counts and entries to the line.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use crate::support::asks::*;
use crate::support::batch::*;
use crate::support::client::http2_post_bytes;
use crate::support::disk::{SwitchedDisk, Switches};
use crate::support::{House, Plan, population, resident, value};
use serde_json::{Value, json};

fn nobody() -> String {
    let number: u64 = resident().nik.parse().unwrap();
    format!("{:016}", number / 10_000 * 10_000 + 9_876)
}

const STATUSES: [(&str, &str); 5] =
    [("01", "active"), ("11", "deceased"), ("12", "duplicate"), ("13", "not_found"), ("14", "inactive")];

#[test]
fn answers_come_in_the_order_of_the_lines_each_with_its_own_entry() {
    let house = House::for_tests();
    // In an order that is not that of the NIKs.
    let everyone: Vec<_> = population().personas.iter().filter(|persona| persona.code != "15").rev().collect();
    let lines: Vec<String> = everyone.iter().map(|persona| about(&persona.nik)).collect();
    let mut open = Conversation::open(&house, BANK);
    for field in ["http/1.1 200 ", "content-type: application/x-ndjson", "cache-control: no-store", "x-request-id: ", "ratelimit: "]
    {
        assert!(open.head.contains(field), "{field}: {}", open.head);
    }
    open.send(&lines.join("\n")).unwrap();
    open.done();
    let answers = open.rest();
    let entries = questions(&house);
    assert_eq!((answers.len(), entries.len()), (lines.len(), lines.len()));
    let name = value(resident(), "NAMA_LGKP");
    for (number, (answer, persona)) in answers.iter().zip(&everyone).enumerate() {
        let status = STATUSES.iter().find(|(code, _)| *code == persona.code).unwrap().1;
        assert_eq!((&answer["line"], &answer["nik_status"]), (&json!(number + 1), &json!(status)), "{answer}");
        match status {
            "active" => assert_eq!(answer["results"]["NAMA_LGKP"]["score"] == 100, value(persona, "NAMA_LGKP") == name, "{answer}"),
            _ => assert_eq!(answer["results"], json!({})),
        }
        let entry = entries.iter().find(|entry| entry["index"] == answer["receipt"]["index"]).unwrap();
        assert_eq!((&entry["leaf"], &entry["request"]), (&answer["receipt"]["leaf"], &answer["id"]));
        assert_eq!((&entry["outcome"], &entry["counted"]), (&answer["nik_status"], &json!(true)));
        assert_eq!(answer["quota"]["remaining_day"], 2_000_000_000 - 1 - number as u64);
    }
    assert_eq!(remaining(&mut house.client(BANK)), 2_000_000_000 - lines.len() as u64);
}

#[test]
fn a_line_says_the_same_as_a_single_question() {
    let house = House::for_tests();
    let single = verify(&mut house.client(BANK)).json();
    let mut answer = batch(&house, BANK, &[line()]).remove(0);
    assert_eq!(answer.as_object_mut().unwrap().remove("line"), Some(json!(1)));
    for key in ["nik_status", "results", "pks", "snapshot", "as_of"] {
        assert_eq!(single[key], answer[key], "{key}");
    }
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((keys(&single), keys(&single["receipt"])), (keys(&answer), keys(&answer["receipt"])));
}

#[test]
fn what_is_wrong_with_a_line_is_said_by_line_and_the_others_are_answered() {
    let house = House::with(|document| document.elements.retain(|element| element.name != "AGAMA"));
    let long = format!(r#"{{"nik":"{}","elements":{{"NAMA_LGKP":"{}"}}}}"#, resident().nik, "A".repeat(16 * 1024));
    let element = json!({"nik": resident().nik, "elements": {"AGAMA": "ISLAM"}}).to_string();
    let threshold = json!({"nik": resident().nik, "elements": {"NAMA_LGKP": "X"}, "threshold": 0}).to_string();
    let purpose = json!({"nik": resident().nik, "elements": {"NAMA_LGKP": "X"}, "purpose": "none of the list"}).to_string();
    let lines = [
        line(),
        "no json".into(),
        String::new(),
        "7".into(),
        long,
        element,
        threshold,
        purpose,
        about("123"),
        about(&nobody()),
        line(),
    ];
    let answers = batch(&house, BANK, &lines);
    let told: Vec<(u64, String)> = answers
        .iter()
        .map(|answer| {
            let word = answer.get("code").or_else(|| answer.get("nik_status")).unwrap();
            (answer["line"].as_u64().unwrap(), word.as_str().unwrap().to_owned())
        })
        .collect();
    let expected = [
        (1, "active"),
        (2, "BODY_MALFORMED"),
        (4, "BODY_MALFORMED"),
        (5, "BODY_TOO_LARGE"),
        (6, "ELEMENT_NOT_GRANTED"),
        (7, "THRESHOLD_BELOW_FLOOR"),
        (8, "PURPOSE_MISSING"),
        (9, "malformed"),
        (10, "not_found"),
        (11, "active"),
    ];
    assert_eq!(told, expected.map(|(line, word)| (line, word.to_owned())));
    for answer in answers.iter().filter(|answer| answer.get("code").is_some()) {
        let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["code", "detail", "line"]);
        assert!(!answer["detail"].as_str().unwrap().is_empty());
        assert!(!answer.to_string().contains(&resident().nik) && !answer.to_string().contains("none of the list"));
    }
    assert!(answers[4]["detail"].as_str().unwrap().ends_with(": AGAMA"));
    let entries = questions(&house);
    assert_eq!(entries.len(), expected.len(), "refused lines are entered too");
    let counted = entries.iter().filter(|entry| entry["counted"] == true).count();
    assert_eq!(counted, 3);
    assert_eq!(remaining(&mut house.client(BANK)), 2_000_000_000 - 3);
}

#[test]
fn the_quota_ends_in_the_middle_to_the_line() {
    let house = House::with(|document| document.quota.per_day = 4);
    let lines = [line(), about("123"), "x".into(), about(&nobody()), line(), line(), line(), about("124"), line()];
    let answers = batch(&house, BANK, &lines);
    let left: Vec<Option<u64>> = answers.iter().map(|answer| answer["quota"]["remaining_day"].as_u64()).collect();
    assert_eq!(left, [Some(3), Some(3), None, Some(2), Some(1), Some(0), None, Some(0), None]);
    for place in [6, 8] {
        assert_eq!(code(&answers[place]), "QUOTA_EXHAUSTED");
    }
    assert_eq!(answers[7]["nik_status"], "malformed", "not counted, so not refused");
    assert_eq!(remaining(&mut house.client(BANK)), 0);
    assert_eq!(verify(&mut house.client(BANK)).code(), "QUOTA_EXHAUSTED");
    assert_eq!(code(&batch(&house, BANK, &[line()])[0]), "QUOTA_EXHAUSTED");
    let entries = questions(&house);
    assert_eq!(entries.iter().filter(|entry| entry["counted"] == true).count(), 4);
    assert_eq!(entries.iter().filter(|entry| entry["code"] == "QUOTA_EXHAUSTED").count(), 4);
}

#[test]
fn a_resident_of_another_region_leaves_the_quota_to_the_next_line() {
    let elsewhere: Vec<_> =
        population().personas.iter().filter(|persona| persona.code == "01" && value(persona, "NO_KAB") != "05").collect();
    let here =
        population().personas.iter().find(|persona| persona.code == "01" && value(persona, "KAB_NAME").contains("TAPIN")).unwrap();
    let house = House::with(|document| {
        document.quota.per_day = 2;
        document.regions = gerbang::pks::template("dinsos-tapin").unwrap().regions;
    });
    let lines = [about(&elsewhere[0].nik), about(&here.nik), about(&elsewhere[1].nik), about(&here.nik), about(&here.nik)];
    let answers = batch(&house, BANK, &lines);
    assert_eq!((code(&answers[0]), code(&answers[2]), code(&answers[4])), ("REGION_OUTSIDE", "REGION_OUTSIDE", "QUOTA_EXHAUSTED"));
    assert_eq!((&answers[1]["quota"]["remaining_day"], &answers[3]["quota"]["remaining_day"]), (&json!(1), &json!(0)));
}

#[test]
fn lines_beyond_the_burst_wait_instead_of_being_refused() {
    let house = House::with(|document| (document.quota.per_second, document.quota.burst) = (200, 10));
    let lines = vec![line(); 40];
    let answers = batch(&house, BANK, &lines);
    assert!(answers.iter().all(|answer| answer["nik_status"] == "active"), "{answers:?}");
    assert_eq!(answers.len(), 40);
}

#[test]
fn a_batch_larger_than_a_window_is_answered_whole() {
    let house = House::for_tests();
    let all: Vec<String> =
        population().personas.iter().filter(|persona| persona.code == "01").map(|persona| persona.nik.clone()).collect();
    let niks: Vec<&String> = all.iter().cycle().take(10_000).collect();
    let mut open = Conversation::open(&house, BANK);
    let mut heard = 0;
    for part in niks.chunks(2_500) {
        let lines: Vec<String> = part.iter().map(|nik| about(nik)).collect();
        open.send(&format!("{}\n", lines.join("\n"))).unwrap();
        for _ in part {
            heard += 1;
            let answer = open.hear();
            assert_eq!((&answer["line"], &answer["nik_status"]), (&json!(heard), &json!("active")));
        }
    }
    open.done();
    assert!(open.rest().is_empty());
    assert_eq!(questions(&house).len(), 10_000);
    assert_eq!(remaining(&mut house.client(BANK)), 2_000_000_000 - 10_000);
}

#[test]
fn http2_does_the_same() {
    let house = House::for_tests();
    let body = format!("{}\nx\n{}\n", line(), about(&nobody()));
    let told = http2_post_bytes(&house, BANK, BATCH, &body);
    let answers: Vec<Value> = told
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 3);
    assert_eq!(
        (&answers[0]["nik_status"], code(&answers[1]), &answers[2]["nik_status"]),
        (&json!("active"), "BODY_MALFORMED", &json!("not_found"))
    );
    assert_eq!(questions(&house).len(), 3);
}

#[test]
fn who_may_verify_nothing_is_refused_before_the_first_line() {
    let house = House::for_tests();
    let ndjson = [("Content-Type", "application/x-ndjson")];
    let post = |lembaga: &str| house.client(lembaga).post_with(BATCH, &line(), &ndjson);
    refused(&house, &post(HOSPITAL), 403, "METHOD_NOT_GRANTED");
    refused(&house, &post(SOCIAL), 403, "OPERATOR_REQUIRED");
    refused(&house, &house.client(BANK).post_with(BATCH, "x", &[("Content-Type", "text/csv")]), 415, "MEDIA_TYPE_NOT_SUPPORTED");
    refused(&house, &house.client(BANK).get(BATCH), 405, "METHOD_NOT_ALLOWED");
    house.conclude(BANK, |document| document.suspended = true);
    refused(&house, &post(BANK), 403, "PKS_SUSPENDED");
    assert_eq!(house.client_with(None).post_with(BATCH, &line(), &ndjson).status, 401);
}

#[test]
fn a_withdrawn_agreement_bites_on_the_next_line() {
    let house = House::for_tests();
    let mut open = Conversation::open(&house, BANK);
    open.say(&line());
    assert_eq!(open.hear()["nik_status"], "active");
    house.conclude(BANK, |document| document.suspended = true);
    open.say(&line());
    assert_eq!(code(&open.hear()), "PKS_SUSPENDED");
    house.conclude(BANK, |_| ());
    open.say(&line());
    assert_eq!(open.hear()["nik_status"], "active");
    std::fs::remove_dir_all(house.path("policies").join(BANK)).unwrap();
    house.reload();
    open.say(&line());
    assert_eq!(code(&open.hear()), "PKS_MISSING");
    open.done();
    assert!(open.rest().is_empty());
    let outcomes: Vec<Value> = questions(&house).iter().map(|entry| entry["outcome"].clone()).collect();
    assert_eq!(outcomes, ["active", "refused", "active", "refused"]);
}

#[test]
fn a_certificate_that_ends_ends_the_batch() {
    let house = House::for_tests();
    let mut open = Conversation::open(&house, BANK);
    open.say(&line());
    assert_eq!(open.hear()["nik_status"], "active");
    house.clock.set("2046-11-22T03:00:00Z");
    open.say(&line());
    assert!(open.try_hear().is_err(), "cut off");
    assert_eq!(questions(&house).len(), 1);
}

#[test]
fn without_the_log_no_line_is_answered_and_none_counted() {
    let switches = Arc::new(Switches::default());
    let house = House::planned(Plan { disk: Arc::new(SwitchedDisk(Arc::clone(&switches))), ..Plan::default() });
    let mut open = Conversation::open(&house, BANK);
    switches.full.store(true, SeqCst);
    for _ in 0..3 {
        open.say(&line());
        let told = open.hear();
        assert_eq!(code(&told), "AUDIT_UNAVAILABLE");
        assert!(!told.to_string().contains("match"));
    }
    switches.full.store(false, SeqCst);
    open.say(&line());
    assert_eq!(open.hear()["quota"]["remaining_day"], 1_999_999_999);
    open.done();
    assert!(open.rest().is_empty());
    assert_eq!(questions(&house).len(), 1);
}
