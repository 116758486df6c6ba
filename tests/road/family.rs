//! `CALL_NIK_GET_KK`: a whole family card, each member permitted, counted and audited by itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::asks::*;
use crate::support::{House, Plan, Response, persona, population};
use gerbang::kernel::{Elemen, ElemenSet, Nik, NikStatus, Row};
use gerbang::warehouse::Snapshot;
use serde_json::{Value, json};

/// Everybody on one card, as the snapshot has them.
struct Card {
    members: Vec<(String, Row)>,
}

impl Card {
    /// The first card with so many active members and so many others.
    fn find(fits: impl Fn(usize, usize) -> bool) -> Self {
        let snapshot = Snapshot::open(&population().dir).unwrap();
        let mut cards: BTreeMap<String, Vec<(String, Row)>> = BTreeMap::new();
        let each = |nik: Nik| {
            let row = snapshot.look_up(nik, ElemenSet::ALL).unwrap().unwrap();
            cards.entry(row.value(Elemen::NoKk).unwrap().to_owned()).or_default().push((nik.text(), row));
            true
        };
        snapshot.each_nik(each).unwrap();
        let mut cards = cards.into_values().map(|members| Self { members });
        cards.find(|card| fits(card.active().len(), card.members.len() - card.active().len())).expect("such a family")
    }

    fn active(&self) -> Vec<&str> {
        self.members.iter().filter(|(_, row)| row.status() == NikStatus::Active).map(|(nik, _)| nik.as_str()).collect()
    }
}

fn path(method: &str) -> String {
    format!("/dukcapil/get_json/{HOSPITAL}/{method}")
}

fn ask(house: &House, nik: &str) -> Response {
    house.client(HOSPITAL).post(&path("CALL_NIK_GET_KK"), &dwh(HOSPITAL, json!({"NIK": nik})))
}

/// The NIKs of an answer in its order.
fn told(answer: &Response) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let content = answer.json()["content"].as_array().unwrap().clone();
    content.iter().map(|member| member["NIK"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_family_card_comes_whole_with_the_one_asked_about_first() {
    let house = House::for_tests();
    let card = Card::find(|active, others| active >= 4 && others == 0);
    let mut hospital = house.client(HOSPITAL);
    for (turn, asked) in card.active().into_iter().enumerate() {
        let method = ["CALL_NIK_GET_KK", "call_nik_get_kk", "Call_Nik_Get_KK"][turn % 3];
        let answer = hospital.post(&path(method), &dwh(HOSPITAL, json!({"NIK": asked})));
        let niks = told(&answer);
        assert_eq!(niks[0], asked);
        assert!(niks[1..].is_sorted());
        assert_eq!(niks.iter().map(String::as_str).collect::<BTreeSet<_>>(), card.active().into_iter().collect());
        let body = answer.json();
        for key in ["numberOfElements", "totalElements", "size"] {
            assert_eq!(body[key], niks.len(), "{key}");
        }
        assert_eq!((&body["firstPage"], &body["lastPage"], &body["number"]), (&json!(true), &json!(true), &json!(0)));
        assert_eq!(body["quotaLimiter"], 500 - niks.len() * (turn + 1));
        for member in body["content"].as_array().unwrap() {
            let values = member.as_object().unwrap();
            assert_eq!(values.len(), 24, "the agreed elements and nothing else");
            let (_, row) = card.members.iter().find(|(nik, _)| values["NIK"] == **nik).unwrap();
            assert!(values.iter().all(|(name, value)| row.value(Elemen::parse(name).unwrap()) == value.as_str()));
        }
    }
}

#[test]
fn every_member_has_an_entry_and_a_count_of_its_own() {
    let mut house = House::for_tests();
    let card = Card::find(|active, others| active >= 3 && others == 0);
    let answer = ask(&house, card.active()[0]);
    let entries = house.entries();
    assert_eq!(entries.len(), card.members.len());
    for entry in &entries {
        assert_eq!((&entry["method"], &entry["generation"]), (&json!("family"), &json!("dwh")));
        assert_eq!((&entry["outcome"], &entry["counted"], &entry["found"]), (&json!("active"), &json!(true), &json!(true)));
        assert_eq!(entry["request"].as_str(), answer.header("x-request-id"));
        assert!(entry["snapshot"].is_string() && entry["account"] == "RSUDTAPIN01");
        assert!(!card.members.iter().any(|(nik, _)| entry.to_string().contains(nik)), "no NIK in the log");
    }
    let different = |key: &str| entries.iter().map(|entry| entry[key].to_string()).collect::<BTreeSet<_>>().len();
    assert_eq!((different("subject"), different("leaf"), different("index")), (entries.len(), entries.len(), entries.len()));
    let left = 500 - entries.len() as u64;
    assert_eq!(remaining(&mut house.client(HOSPITAL)), left);
    house.reopen();
    assert_eq!(remaining(&mut house.client(HOSPITAL)), left, "counted anew from the log");
}

#[test]
fn who_may_not_be_told_of_is_left_out_and_audited() {
    let house = House::for_tests();
    let card = Card::find(|active, others| active >= 1 && others >= 1);
    let answer = ask(&house, card.active()[0]);
    assert_eq!(told(&answer).iter().map(String::as_str).collect::<BTreeSet<_>>(), card.active().into_iter().collect());
    assert_eq!(answer.json()["numberOfElements"], card.active().len());
    let entries = house.entries();
    assert_eq!(entries.len(), card.members.len(), "looked up all the same");
    let active = entries.iter().filter(|entry| entry["outcome"] == "active").count();
    assert_eq!(active, card.active().len());
    assert_eq!(answer.json()["quotaLimiter"], 500 - card.members.len());
}

#[test]
fn whoever_is_not_active_has_no_family() {
    let house = House::for_tests();
    for (code, counted) in [("11", true), ("12", true), ("13", true), ("14", true), ("15", false)] {
        let before = house.entries().len();
        let answer = ask(&house, &persona(code).nik);
        assert_eq!(content(&answer)["RESPONSE_CODE"], code);
        assert_eq!(answer.json()["content"].as_array().unwrap().len(), 1);
        let entries = house.entries();
        assert_eq!((entries.len(), &entries[before]["counted"]), (before + 1, &json!(counted)), "{code}");
    }
}

#[test]
fn without_the_right_to_know_the_status_nothing_is_told_of_the_absent() {
    let house = House::with(|document| document.tell_status = false);
    for code in ["11", "13"] {
        let answer = ask(&house, &persona(code).nik);
        assert_eq!((answer.status, &answer.json()["content"]), (200, &json!([{}])), "{code}");
    }
    let card = Card::find(|active, others| active >= 2 && others >= 1);
    assert_eq!(told(&ask(&house, card.active()[0])).len(), card.active().len());
    let unconfirmed = house.entries().iter().filter(|entry| entry["outcome"] == "unconfirmed").count();
    assert_eq!(unconfirmed, 2 + card.members.len());
}

#[test]
fn an_agreement_without_the_method_is_refused() {
    let house = House::with(|document| document.methods.retain(|method| method != "family"));
    let nik = &Card::find(|active, _| active >= 3).members[0].0.clone();
    refused_dwh(&house, &ask(&house, nik), "08", "METHOD_NOT_GRANTED");
    let alone = house.client(HOSPITAL).post(&path("CALL_NIK"), &dwh(HOSPITAL, json!({"NIK": nik})));
    assert_eq!(told(&alone), [nik.as_str()], "retrieval alone is still granted");
    let bank = house.client(BANK).post(&format!("/dukcapil/get_json/{BANK}/CALL_NIK_GET_KK"), &dwh(BANK, json!({"NIK": nik})));
    refused_dwh(&house, &bank, "08", "METHOD_NOT_GRANTED");
}

#[test]
fn a_family_outside_the_regions_is_refused_and_tells_nothing() {
    let house = House::with(|document| document.regions = gerbang::pks::RegionsText::List(vec!["91.71".to_owned()]));
    let card = Card::find(|active, _| active >= 3);
    assert_ne!(card.members[0].1.region().number(), 9171);
    let answer = ask(&house, card.active()[0]);
    refused_dwh(&house, &answer, "08", "REGION_OUTSIDE");
    assert_eq!(house.entries().len(), 1, "nobody else was looked up");
}

#[test]
fn the_quota_is_taken_for_the_whole_family_or_not_at_all() {
    let card = Card::find(|active, others| active >= 3 && others == 0);
    let size = card.members.len() as u64;
    let house = House::with(move |document| document.quota.per_day = size * 2 - 1);
    let asked = card.active()[0];
    let answer = ask(&house, asked);
    assert_eq!((told(&answer).len() as u64, answer.json()["quotaLimiter"].as_u64()), (size, Some(size - 1)));
    let before = house.entries().len();
    refused_dwh(&house, &ask(&house, asked), "05", "QUOTA_EXHAUSTED");
    assert_eq!(house.entries().len(), before + 1, "one entry for what was refused as a whole");
    assert_eq!(remaining(&mut house.client(HOSPITAL)), size - 1, "and nothing of it is counted");
    for _ in 0..size - 1 {
        let alone = house.client(HOSPITAL).post(&path("CALL_NIK"), &dwh(HOSPITAL, json!({"NIK": asked})));
        assert_eq!(told(&alone).len(), 1);
    }
    assert_eq!(remaining(&mut house.client(HOSPITAL)), 0);
}

/// A house over a copy of the population, whose index of families may be spoiled.
fn house_with_damaged_index() -> House {
    let prepare = Box::new(|dir: &std::path::Path| {
        let (copy, mut bytes) = (dir.join("warehouse-copy"), Vec::new());
        gerbang::disk::Disk::create_dir_all(&gerbang::disk::RealDisk, &copy).unwrap();
        for entry in std::fs::read_dir(&population().dir).unwrap() {
            let entry = entry.unwrap();
            bytes.clone_from(&std::fs::read(entry.path()).unwrap());
            let name = entry.file_name().into_string().unwrap();
            if name.ends_with(".families.parquet") {
                let manifest = gerbang::warehouse::Manifest::read(&population().dir).unwrap();
                let pages = usize::try_from(manifest.families().unwrap().index_at).unwrap();
                // Every page has a byte like this; the indexes at the end stay sound.
                bytes[..pages].iter_mut().step_by(64).for_each(|byte| *byte ^= 1);
            }
            crate::support::write(&copy.join(&name), &bytes);
        }
        let file = dir.join("gerbang.toml");
        let config = std::fs::read_to_string(&file).unwrap();
        crate::support::write(
            &file,
            config.replace(&population().dir.display().to_string(), &copy.display().to_string()).as_bytes(),
        );
    });
    House::planned(Plan { prepare, ..Plan::default() })
}

#[test]
fn a_damaged_index_is_an_error_and_never_another_family() {
    let house = house_with_damaged_index();
    let card = Card::find(|active, _| active >= 3);
    let answer = ask(&house, card.active()[0]);
    assert_eq!((answer.status, answer.code().as_str()), (503, "WAREHOUSE_UNAVAILABLE"), "{}", answer.text());
    let text = answer.text();
    assert!(!card.members.iter().any(|(nik, _)| text.contains(nik)));
    let entries = house.entries();
    assert_eq!((entries.len(), &entries[0]["code"], &entries[0]["counted"]), (1, &json!("WAREHOUSE_UNAVAILABLE"), &json!(false)));
    assert_eq!(remaining(&mut house.client(HOSPITAL)), 500);
    let alone = house.client(HOSPITAL).post(&path("CALL_NIK"), &dwh(HOSPITAL, json!({"NIK": card.active()[0]})));
    assert_eq!(told(&alone), [card.active()[0]], "single residents do not need the index");
}

#[test]
fn no_family_leaves_the_house_without_its_entries() {
    let switches = std::sync::Arc::new(crate::support::disk::Switches::default());
    let disk = std::sync::Arc::new(crate::support::disk::SwitchedDisk(std::sync::Arc::clone(&switches)));
    let house = House::planned(Plan { disk, ..Plan::default() });
    let card = Card::find(|active, others| active >= 3 && others == 0);
    switches.full.store(true, std::sync::atomic::Ordering::SeqCst);
    let answer = ask(&house, card.active()[0]);
    assert_eq!((answer.status, answer.code().as_str()), (503, "AUDIT_UNAVAILABLE"), "{}", answer.text());
    assert_eq!(answer.json()["content"], Value::Null);
    switches.full.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(remaining(&mut house.client(HOSPITAL)), 500, "what was not answered is not counted");
    assert_eq!(told(&ask(&house, card.active()[0])).len(), card.members.len());
}
