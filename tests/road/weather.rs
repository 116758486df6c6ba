//! Bad weather: a full disk, an fsync that fails, a damaged page of the warehouse.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use crate::support::asks::*;
use crate::support::client::plain_get;
use crate::support::disk::{SwitchedDisk, Switches};
use crate::support::{Client, House, Plan, Response, population, value, wait_until, write};
use gerbang::disk::{Disk as _, DiskFile, Open, RealDisk};
use serde_json::{Value, json};

fn house_on_switched_disk() -> (House, Arc<Switches>) {
    let switches = Arc::new(Switches::default());
    let house = House::planned(Plan { disk: Arc::new(SwitchedDisk(Arc::clone(&switches))), ..Plan::default() });
    (house, switches)
}

/// Both generations say that nothing can be answered, and nothing else.
fn unavailable(bank: &mut Client, code: &str) {
    for answer in [verify(bank), verify_dwh(bank, BANK)] {
        assert_eq!((answer.status, answer.code().as_str()), (503, code), "{}", answer.text());
        assert_eq!(answer.header("retry-after"), Some("5"));
        silent(&answer);
        assert!(answer.json().get("content").is_none());
    }
}

fn ready(house: &House) -> (u16, Value) {
    let told: Response = plain_get(house.admin, "/readyz");
    (told.status, told.json()["audit"].clone())
}

/// The receipts of questions that were answered: all of them must stand in the log.
fn index(answer: &Response) -> u64 {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["receipt"]["index"].as_u64().unwrap()
}

#[test]
fn while_the_disk_is_full_nothing_is_answered_and_nothing_counted() {
    let (house, switches) = house_on_switched_disk();
    let mut bank = house.client(BANK);
    assert_eq!(index(&verify(&mut bank)), 0);
    assert_eq!(ready(&house), (200, json!(true)));
    switches.full.store(true, SeqCst);
    unavailable(&mut bank, "AUDIT_UNAVAILABLE");
    // Refusals need their entry too.
    assert_eq!(bank.post("/v1/verify", "{").code(), "AUDIT_UNAVAILABLE");
    assert_eq!(bank.get("/v1/agreement").code(), "AUDIT_UNAVAILABLE");
    assert_eq!(bank.get("/nowhere").code(), "AUDIT_UNAVAILABLE");
    assert_eq!(ready(&house), (503, json!(false)));
    assert_eq!(plain_get(house.admin, "/livez").status, 200);
    assert_eq!(house.entries().len(), 1);
    switches.full.store(false, SeqCst);
    assert_eq!(verify(&mut bank).json()["quota"]["remaining_day"], 1_999_999_998, "what was not answered is not counted");
    assert_eq!(ready(&house), (200, json!(true)));
    assert_eq!(content(&verify_dwh(&mut bank, BANK))["NAMA_LGKP"], "Sesuai (100)");
    let questions = house.entries().iter().filter(|entry| entry["kind"] == "question").count();
    assert_eq!(questions, 3, "those that were answered and no other");
}

#[test]
fn a_house_that_nobody_asks_finds_out_by_itself_that_there_is_room_again() {
    let (house, switches) = house_on_switched_disk();
    switches.full.store(true, SeqCst);
    unavailable(&mut house.client(BANK), "AUDIT_UNAVAILABLE");
    assert_eq!(ready(&house), (503, json!(false)));
    switches.full.store(false, SeqCst);
    wait_until("the house to be ready", || ready(&house) == (200, json!(true)));
}

#[test]
fn after_an_fsync_error_nothing_is_answered_until_the_house_is_opened_anew() {
    let (mut house, switches) = house_on_switched_disk();
    let mut bank = house.client(BANK);
    let mut answered: Vec<u64> = (0..5).map(|_| index(&verify(&mut bank))).collect();
    switches.sync_fails.store(true, SeqCst);
    unavailable(&mut bank, "AUDIT_UNAVAILABLE");
    switches.sync_fails.store(false, SeqCst);
    unavailable(&mut bank, "AUDIT_UNAVAILABLE");
    assert_eq!(ready(&house), (503, json!(false)));
    unavailable(&mut house.client(BANK), "AUDIT_UNAVAILABLE");
    drop(bank);
    house.reopen();
    assert_eq!(ready(&house), (200, json!(true)));
    let mut bank = house.client(BANK);
    answered.extend((0..5).map(|_| index(&verify(&mut bank))));
    let entries = house.entries();
    for index in answered {
        let entry = entries.iter().find(|entry| entry["index"] == index).unwrap();
        assert_eq!((&entry["outcome"], &entry["lembaga"]), (&json!("active"), &json!(BANK)), "{index}");
    }
}

/// A house over a copy of the population that nothing is remembered of, and the copy's data files.
fn house_over_a_copy() -> (House, Vec<Box<dyn DiskFile>>) {
    let house = House::planned(Plan {
        prepare: Box::new(|dir: &Path| {
            let copy = dir.join("warehouse");
            RealDisk.create_dir_all(&copy).unwrap();
            for name in RealDisk.list(&population().dir).unwrap() {
                write(&copy.join(&name), &std::fs::read(population().dir.join(&name)).unwrap());
            }
            let config = std::fs::read_to_string(dir.join("gerbang.toml")).unwrap();
            let own = format!("{}\"\ncache_bytes = 1", copy.display());
            let config = config.replace(&format!("{}\"", population().dir.display()), &own);
            write(&dir.join("gerbang.toml"), config.as_bytes());
        }),
        change: Box::new(|document| (document.quota.per_second, document.quota.burst) = (100_000, 100_000)),
        ..Plan::default()
    });
    let copy = house.path("warehouse");
    let names = RealDisk.list(&copy).unwrap();
    let files: Vec<_> = names
        .iter()
        .filter(|name| name.ends_with(".parquet"))
        .map(|name| RealDisk.open(&copy.join(name), Open::Write).unwrap())
        .collect();
    assert!(!files.is_empty(), "{names:?}");
    (house, files)
}

fn flip(file: &dyn DiskFile, offset: u64) {
    let mut byte = [0];
    assert_eq!(file.read_at(&mut byte, offset).unwrap(), 1);
    file.write_all_at(&[!byte[0]], offset).unwrap();
}

/// Damages forty bytes of a file, or mends them; other ones for every number.
fn damage(file: &dyn DiskFile, number: u64) {
    let size = file.size_bytes().unwrap();
    for place in 0..40 {
        flip(file, (size * place / 40 + number * 977) % size);
    }
}

#[test]
fn a_damaged_page_is_never_a_wrong_value() {
    let (house, files) = house_over_a_copy();
    let mut hospital = house.client(HOSPITAL);
    let names = ["NO_KK", "NAMA_LGKP", "TGL_LHR", "ALAMAT", "JENIS_KLMIN", "KAB_NAME", "NAMA_LGKP_IBU", "PDDK_AKH"];
    let before = remaining(&mut hospital);
    let (mut right, mut unreadable) = (0u64, 0u64);
    // Rows are remembered once they were read: everyone is asked for once while there is damage.
    for (number, persona) in population().personas.iter().filter(|persona| persona.code == "01").enumerate() {
        let body = v1(&persona.nik, json!(names));
        let is_right = |answer: &Response| names.iter().all(|name| answer.json()["values"][name] == value(persona, name));
        files.iter().for_each(|file| damage(&**file, number as u64));
        let answer = hospital.post("/v1/retrieve", &body);
        files.iter().for_each(|file| damage(&**file, number as u64));
        if answer.status == 200 {
            assert!(is_right(&answer), "a wrong value: {}", answer.text());
        } else {
            assert_eq!((answer.status, answer.code().as_str()), (503, "WAREHOUSE_UNAVAILABLE"));
            unreadable += 1;
            assert!(is_right(&hospital.post("/v1/retrieve", &body)), "the damage is not remembered");
        }
        right += 1;
    }
    assert!(unreadable > 0 && right > unreadable, "{right} asked for, {unreadable} unreadable");
    let sealed = house.entries().iter().filter(|entry| entry["code"] == "WAREHOUSE_UNAVAILABLE").count();
    assert_eq!(sealed as u64, unreadable);
    assert_eq!(before - remaining(&mut hospital), right, "what was not answered is not counted");
    let figures = crate::support::client::plain_get(house.admin, "/metrics").text();
    let damaged = figures.lines().find_map(|line| line.strip_prefix("gerbang_damaged_pages_total ")).unwrap();
    assert!(damaged.parse::<u64>().unwrap() >= unreadable, "the alarm: {damaged} of {unreadable}");
}

#[test]
fn one_letter_that_changed_on_the_disk_is_not_told() {
    let (house, files) = house_over_a_copy();
    let mut hospital = house.client(HOSPITAL);
    for persona in population().personas.iter().filter(|persona| persona.code == "01").take(5) {
        let name = value(persona, "NAMA_LGKP");
        let turn = || {
            let mut places = 0;
            for file in &files {
                let mut bytes = vec![0; usize::try_from(file.size_bytes().unwrap()).unwrap()];
                assert_eq!(file.read_at(&mut bytes, 0).unwrap(), bytes.len());
                // Found by all letters but the first, which is turned, and turned back the second time.
                for at in
                    bytes.windows(name.len()).enumerate().filter(|(_, found)| found[1..] == name.as_bytes()[1..]).map(|(at, _)| at)
                {
                    file.write_all_at(&[bytes[at] ^ 1], at as u64).unwrap();
                    places += 1;
                }
            }
            assert!(places > 0, "the name stands in the file as it is");
        };
        let body = v1(&persona.nik, json!(["NAMA_LGKP"]));
        turn();
        let answer = hospital.post("/v1/retrieve", &body);
        assert_eq!((answer.status, answer.code().as_str()), (503, "WAREHOUSE_UNAVAILABLE"));
        turn();
        assert_eq!(hospital.post("/v1/retrieve", &body).json()["values"]["NAMA_LGKP"], name);
    }
}

#[test]
fn a_warehouse_that_cannot_be_read_is_told_by_both_generations_and_audited() {
    let (house, files) = house_over_a_copy();
    for file in &files {
        for offset in (0..file.size_bytes().unwrap()).step_by(64) {
            flip(&**file, offset);
        }
    }
    let mut bank = house.client(BANK);
    unavailable(&mut bank, "WAREHOUSE_UNAVAILABLE");
    let entries = house.entries();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        assert_eq!(
            (&entry["code"], &entry["counted"], &entry["found"]),
            (&json!("WAREHOUSE_UNAVAILABLE"), &json!(false), &json!(false))
        );
    }
    assert_eq!(ready(&house), (200, json!(true)));
    assert_eq!(remaining(&mut bank), 2_000_000_000);
}
