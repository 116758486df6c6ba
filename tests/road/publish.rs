//! Other data are published while the house serves: no request fails, every answer agrees wholly with the snapshot that it names,
//! and nothing is left of what is served no longer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::support::asks::*;
use crate::support::client::plain_get;
use crate::support::{House, Plan, population, wait_until, write};
use gerbang::disk::{Disk, RealDisk};
use gerbang::kernel::{Elemen, ElemenSet};
use gerbang::warehouse::{self, Changes, Compact, Manifest, Snapshot};
use serde_json::{Value, json};

/// Residents by their NIKs: status, and every element by its name.
type People = BTreeMap<String, (String, BTreeMap<&'static str, String>)>;

fn people(dir: &Path) -> People {
    let snapshot = Snapshot::open(dir).unwrap();
    let mut people = People::new();
    snapshot
        .each_nik(|nik| {
            let row = snapshot.look_up(nik, ElemenSet::ALL).unwrap().unwrap();
            let values = Elemen::all().map(|elemen| (elemen.name(), row.value(elemen).unwrap().to_owned())).collect();
            people.insert(nik.text(), (format!("{:?}", row.status()).to_lowercase(), values));
            true
        })
        .unwrap();
    people
}

fn publish(root: &Path, dir: &Path) -> String {
    warehouse::publish(&RealDisk, root, dir, &mut |_, _| ()).unwrap().id
}

fn changes(over: &Path, dir: &Path, births: u32, deaths: u32, moves: u32, corrections: u32, day: i8) -> Manifest {
    let as_of = jiff::civil::date(2026, 11, day);
    let seed = day.unsigned_abs().into();
    warehouse::changes(over, dir, &Changes { births, deaths, moves, corrections, seed, as_of }).unwrap()
}

/// A house over a root in its own folder that serves the shared population, with room for load; `more` goes to its `[warehouse]`.
fn house(more: &'static str) -> House {
    House::planned(Plan {
        change: Box::new(|document| {
            (document.quota.per_second, document.quota.burst, document.quota.per_day) = (1_000_000, 1_000_000, 1_000_000_000);
        }),
        prepare: Box::new(move |dir: &Path| {
            publish(&dir.join("warehouse"), &population().dir);
            let config = std::fs::read_to_string(dir.join("gerbang.toml")).unwrap();
            let own = format!("\"{}\"\n{more}", dir.join("warehouse").display());
            let config = config.replace(&format!("\"{}\"", population().dir.display()), &own);
            write(&dir.join("gerbang.toml"), config.as_bytes());
        }),
        ..Plan::default()
    })
}

fn readyz(house: &House) -> Value {
    plain_get(house.admin, "/readyz").json()
}

fn serving(house: &House, id: &str) {
    wait_until("the published data", || readyz(house)["snapshot"] == id);
}

/// The shared population with every name corrected, as a snapshot of its own.
fn everyone_renamed(work: &Path) -> PathBuf {
    let (root, delta) = (work.join("root"), work.join("delta"));
    let rows = u32::try_from(Manifest::read(&population().dir).unwrap().rows()).unwrap();
    publish(&root, &population().dir);
    changes(&root, &delta, 0, 0, 0, rows, 22);
    publish(&root, &delta);
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    warehouse::compact(&disk, &root, &Compact { rows_per_second: None, stop: &AtomicBool::new(false) }, &mut |_, _| ()).unwrap();
    let layers = RealDisk.list_dirs(&root.join("snapshots")).unwrap();
    root.join("snapshots").join(layers.iter().find(|name| !name.starts_with('.')).unwrap())
}

/// Files of the house's root that this process has open though they have no name any more.
fn open_without_name(root: &Path) -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    let links: Vec<String> = links.map(|link| link.to_string_lossy().into_owned()).collect();
    links.iter().filter(|link| link.starts_with(&*root.to_string_lossy()) && link.ends_with(" (deleted)")).count()
}

/// One client that asks about residents in turn until told to stop, by the route of its number; tells which snapshots it saw.
fn ask_on(house: &House, number: usize, worlds: &BTreeMap<String, People>, done: &AtomicBool, asked: &AtomicU64) -> Vec<String> {
    let mut client = house.client(if number % 3 == 1 { BANK } else { HOSPITAL });
    let niks: Vec<&String> = worlds.values().next().unwrap().keys().collect();
    let mut seen = Vec::new();
    let mut round = number * 131;
    while !done.load(Ordering::Relaxed) {
        let nik = niks[round * 7 % niks.len()];
        round += 1;
        let id = match number % 3 {
            0 => {
                let told = client.post("/v1/retrieve", &v1(nik, json!(["NAMA_LGKP", "ALAMAT", "TGL_LHR"])));
                assert_eq!(told.status, 200, "{}", told.text());
                let told = told.json();
                let id = told["snapshot"].as_str().unwrap().to_owned();
                let (status, row) = &worlds[&id][nik];
                assert_eq!(told["nik_status"], status.as_str());
                if status == "active" {
                    for name in ["NAMA_LGKP", "ALAMAT", "TGL_LHR"] {
                        assert_eq!(told["values"][name], row[name].as_str(), "{name} of {id}");
                    }
                }
                id
            }
            1 => {
                // The name of one of the two worlds: it matches to the letter in that one alone.
                let (own, people) = worlds.iter().nth(round % 2).unwrap();
                let name = &people[nik].1["NAMA_LGKP"];
                let told = client.post("/v1/verify", &v1(nik, json!({"NAMA_LGKP": name})));
                assert_eq!(told.status, 200, "{}", told.text());
                let told = told.json();
                let id = told["snapshot"].as_str().unwrap().to_owned();
                if told["nik_status"] == "active" {
                    assert_eq!(told["results"]["NAMA_LGKP"]["score"] == 100, id == *own, "{told}");
                }
                id
            }
            _ => {
                let told = client.post(&format!("/dukcapil/get_json/{HOSPITAL}/CALL_NIK"), &dwh(HOSPITAL, json!({"NIK": nik})));
                let id = told.header("gerbang-snapshot").unwrap().to_owned();
                assert_eq!(told.header("gerbang-as-of"), Some("2026-11-22"));
                let (status, row) = &worlds[&id][nik];
                if status == "active" {
                    assert_eq!(content(&told)["NAMA_LGKP"], row["NAMA_LGKP"].as_str(), "{id}");
                }
                id
            }
        };
        asked.fetch_add(1, Ordering::Relaxed);
        if seen.last() != Some(&id) {
            seen.push(id);
        }
    }
    seen
}

#[test]
fn while_snapshots_are_switched_no_request_fails_and_no_answer_mixes_them() {
    let work = tempfile::tempdir().unwrap();
    let dirs = [population().dir.clone(), everyone_renamed(work.path())];
    let ids = dirs.each_ref().map(|dir| Manifest::read(dir).unwrap().snapshot().to_owned());
    let worlds: BTreeMap<String, People> = ids.iter().cloned().zip(dirs.iter().map(|dir| people(dir))).collect();
    let [one, other] = ids.each_ref().map(|id| &worlds[id]);
    assert!(one.iter().all(|(nik, (_, row))| row["NAMA_LGKP"] != other[nik].1["NAMA_LGKP"]), "nobody has one name in both");
    let house = house("");
    let root = house.path("warehouse");
    let (done, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..6)
            .map(|number| {
                scope.spawn({
                    let (house, worlds, done, asked) = (&house, &worlds, &done, &asked);
                    move || ask_on(house, number, worlds, done, asked)
                })
            })
            .collect();
        for round in 1..=16 {
            let before = asked.load(Ordering::Relaxed);
            publish(&root, &dirs[round % 2]);
            // Every other time the house finds out by itself.
            if round % 2 == 0 {
                house.orders.reload.notify_one();
            }
            serving(&house, &ids[round % 2]);
            wait_until("answers from it", || asked.load(Ordering::Relaxed) > before + 150);
        }
        done.store(true, Ordering::Relaxed);
        for client in clients {
            assert!(client.join().unwrap().len() > 10, "every client sees the switches");
        }
    });
    assert!(asked.load(Ordering::Relaxed) > 2_400, "{asked:?}");
    let metrics = plain_get(house.admin, "/metrics").text();
    assert!(metrics.contains("gerbang_snapshot_swaps 16") && metrics.contains("gerbang_snapshot_swap_failures 0"), "{metrics}");
    assert_eq!(RealDisk.list_dirs(&root.join("snapshots")).unwrap().iter().filter(|name| !name.starts_with('.')).count(), 1);
    wait_until("the last reader to leave", || open_without_name(&root) == 0);
    // What was told is what was entered.
    let entries = house.entries();
    let questions = entries.iter().filter(|entry| entry["kind"] == "question");
    assert!(questions.clone().all(|entry| worlds.contains_key(entry["snapshot"].as_str().unwrap())));
    assert_eq!(questions.count() as u64, asked.load(Ordering::Relaxed));
}

#[test]
fn a_birth_a_death_a_move_and_a_correction_are_told_on_the_next_request() {
    let house = house("");
    let root = house.path("warehouse");
    let delta = house.path("delta");
    let before = people(&population().dir);
    let id = changes(&root, &delta, 2, 2, 2, 2, 22).snapshot().to_owned();
    let after = people(&delta);
    let mut hospital = house.client(HOSPITAL);
    let names = ["NIK", "NO_KK", "NAMA_LGKP", "NAMA_LGKP_IBU", "TGL_LHR", "ALAMAT", "KAB_NAME", "NO_KAB", "NO_RT"];
    let mut ask = |nik: &str| hospital.post("/v1/retrieve", &v1(nik, json!(names))).json();
    // All are remembered as they were.
    for nik in after.keys() {
        let expected = before.get(nik).map_or("not_found", |(status, _)| status);
        assert_eq!(ask(nik)["nik_status"], expected);
    }
    publish(&root, &delta);
    house.orders.reload.notify_one();
    serving(&house, &id);
    let (mut born, mut died, mut moved) = (0, 0, 0);
    for (nik, (status, row)) in &after {
        let told = ask(nik);
        assert_eq!((&told["nik_status"], &told["snapshot"]), (&json!(status), &json!(id)));
        match before.get(nik) {
            None => born += 1,
            Some((old, _)) => {
                died += u32::from(old != status);
                moved += u32::from(before[nik].1["NO_KK"] != row["NO_KK"]);
            }
        }
        if status == "active" {
            assert!(names.iter().all(|name| told["values"][name] == row[name].as_str()), "{told}");
        } else {
            assert_eq!(
                (status.as_str(), told.get("values").map(|values| values.as_object().unwrap().len())),
                ("deceased", Some(0))
            );
        }
    }
    assert_eq!((born, died, moved), (2, 2, 2));
    let ready = readyz(&house);
    assert_eq!((&ready["data"]["deltas"], &ready["data"]["as_of"]), (&json!(1), &json!("2026-11-22")));
    // Everybody else is as before, under the new id.
    let (nik, (_, row)) = before.iter().find(|(nik, (status, _))| status == "active" && !after.contains_key(*nik)).unwrap();
    let told = ask(nik);
    assert_eq!((&told["snapshot"], &told["values"]["NAMA_LGKP"]), (&json!(id), &json!(row["NAMA_LGKP"])));
}

#[test]
fn a_house_that_may_compacts_by_itself_while_it_answers() {
    let house = house("compact_after_deltas = 3\ncompact_rows_per_second = 1000000");
    let root = house.path("warehouse");
    let mut expected = people(&population().dir);
    for day in 22..25 {
        let delta = house.path(&format!("delta{day}"));
        changes(&root, &delta, 1, 1, 1, 1, day);
        publish(&root, &delta);
        expected.extend(people(&delta));
    }
    house.orders.reload.notify_one();
    let compacted = r#"gerbang_compactions_total{outcome="done"} 1"#;
    wait_until("a compaction", || plain_get(house.admin, "/metrics").text().contains(compacted));
    wait_until("the new base", || readyz(&house)["data"]["deltas"] == 0);
    let mut hospital = house.client(HOSPITAL);
    for (nik, (status, row)) in expected.iter().step_by(5) {
        let told = hospital.post("/v1/retrieve", &v1(nik, json!(["NAMA_LGKP", "NO_KK"]))).json();
        assert_eq!((&told["nik_status"], &told["as_of"]), (&json!(status), &json!("2026-11-24")));
        if status == "active" {
            assert_eq!((&told["values"]["NAMA_LGKP"], &told["values"]["NO_KK"]), (&json!(row["NAMA_LGKP"]), &json!(row["NO_KK"])));
        }
    }
}

#[test]
fn data_older_than_allowed_raise_the_alarm_and_are_still_answered() {
    let house = house("max_age_days = 3");
    let figure = |name: &str| {
        let metrics = plain_get(house.admin, "/metrics").text();
        let line = metrics.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        line.rsplit_once(' ').unwrap().1.parse::<u32>().unwrap()
    };
    house.clock.set("2026-11-25T03:00:00Z");
    assert_eq!((figure("gerbang_snapshot_age_days"), figure("gerbang_snapshot_stale")), (3, 0));
    assert_eq!(readyz(&house)["data"]["stale"], false);
    house.clock.set("2026-11-26T03:00:00Z");
    assert_eq!((figure("gerbang_snapshot_age_days"), figure("gerbang_snapshot_stale")), (4, 1));
    let ready = readyz(&house);
    assert_eq!((&ready["ready"], &ready["data"]["stale"], &ready["data"]["age_days"]), (&json!(true), &json!(true), &json!(4)));
    assert_eq!(verify(&mut house.client(BANK)).status, 200);
    let delta = house.path("delta");
    changes(&house.path("warehouse"), &delta, 0, 0, 0, 0, 26);
    let id = publish(&house.path("warehouse"), &delta);
    serving(&house, &id);
    assert_eq!(
        (figure("gerbang_snapshot_age_days"), figure("gerbang_snapshot_stale"), figure("gerbang_snapshot_deltas")),
        (0, 0, 1)
    );
}

#[test]
fn what_cannot_be_opened_leaves_the_house_with_what_it_has() {
    let house = house("");
    let id = readyz(&house)["snapshot"].clone();
    let current = house.path("warehouse").join("current.json");
    let sound = std::fs::read_to_string(&current).unwrap();
    write(&current, sound.replace("\"serial\": 1", "\"serial\": 7").replace("000001-", "000007-").as_bytes());
    let failed = || !plain_get(house.admin, "/metrics").text().contains("gerbang_snapshot_swap_failures 0");
    wait_until("the failure", failed);
    let told = verify(&mut house.client(BANK)).json();
    assert_eq!((&told["snapshot"], &readyz(&house)["snapshot"]), (&id, &id));
}
