//! Attackers who guess: what ten thousand tries learn, and that who is held cannot be told from who is wrong.

use crate::support::asks::*;
use crate::support::batch::*;
use crate::support::client::plain_get;
use crate::support::{Client, House, Plan, persona, resident, value};
use gerbang::disk::{RealDisk, replace};
use serde_json::{Value, json};

const TRIES: usize = 10_000;

/// What an attacker remembers of one element.
#[derive(Default)]
struct Knowledge {
    matches: usize,
    /// Scores other than 0, in the order they were told.
    scores: Vec<u64>,
}

impl Knowledge {
    fn hear(&mut self, result: &Value) {
        assert!(result["match"].is_boolean(), "{result}");
        self.matches += usize::from(result["match"] == true);
        self.scores.extend(result["score"].as_u64().filter(|score| *score > 0));
    }
}

/// Birth dates in an order that begins far from the true one and comes by it, again and again.
fn date(number: usize, truth: &str) -> String {
    if number > 5 && number.is_multiple_of(50) {
        return truth.to_owned();
    }
    format!("{}-{:02}-{:02}", 1930 + number % 80, 1 + number % 12, 1 + number % 28)
}

/// A climber: keeps the letters that the best score had, and tries the truth itself now and then.
fn name(number: usize, truth: &str) -> String {
    let letters = truth.chars().count();
    match number {
        6.. if number.is_multiple_of(50) => truth.to_owned(),
        _ => truth.chars().take(1 + number % letters.max(2)).chain("XQ".chars()).collect(),
    }
}

fn guess(number: usize) -> String {
    let (born, mother) = (value(resident(), "TGL_LHR"), value(resident(), "NAMA_LGKP_IBU"));
    v1(&resident().nik, json!({"TGL_LHR": date(number, &born), "NAMA_LGKP_IBU": name(number, &mother)}))
}

fn alarms(house: &House, alarm: &str) -> u64 {
    let text = plain_get(house.admin, "/metrics").text();
    let label = format!("gerbang_guessing_alarms_total{{institution=\"{BANK}\",alarm=\"{alarm}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&label)).map_or(0, |count| count.parse().unwrap())
}

/// What is true of the resident, asked; whether each matched.
fn truth(client: &mut Client) -> [bool; 2] {
    let (born, mother) = (value(resident(), "TGL_LHR"), value(resident(), "NAMA_LGKP_IBU"));
    let told = client.post("/v1/verify", &v1(&resident().nik, json!({"TGL_LHR": born, "NAMA_LGKP_IBU": mother}))).json();
    ["TGL_LHR", "NAMA_LGKP_IBU"].map(|name| told["results"][name]["match"] == true)
}

#[test]
fn ten_thousand_tries_learn_no_birth_date_and_no_mothers_name_also_over_a_restart() {
    let mut house = House::for_tests();
    let (mut born, mut mother) = (Knowledge::default(), Knowledge::default());
    let mut bank = house.client(BANK);
    // One by one, then by the line; the house is closed and opened on the way.
    for number in 0..1_000 {
        let told = bank.post("/v1/verify", &guess(number)).json();
        born.hear(&told["results"]["TGL_LHR"]);
        mother.hear(&told["results"]["NAMA_LGKP_IBU"]);
        if number == 3 || number == 500 {
            drop(bank);
            house.reopen();
            bank = house.client(BANK);
        }
    }
    let lines: Vec<String> = (1_000..TRIES).map(guess).collect();
    for told in lines.chunks(3_000).flat_map(|lines| batch(&house, BANK, lines)) {
        born.hear(&told["results"]["TGL_LHR"]);
        mother.hear(&told["results"]["NAMA_LGKP_IBU"]);
    }
    assert_eq!((born.matches, mother.matches), (0, 0));
    assert!(mother.scores.len() <= 5, "scores told of five guesses at most: {:?}", mother.scores);
    assert_eq!(truth(&mut bank), [false, false]);
    assert!(alarms(&house, "held") > 9_000);
    let entries = house.entries();
    let held = entries.iter().filter(|entry| entry["held"].as_array().is_some_and(|held| held.len() == 2)).count();
    assert!(held >= TRIES - 6, "{held}");
    assert!(!entries.iter().any(|entry| entry.to_string().contains(&resident().nik)));
    // Another lembaga and another day are not held.
    house.clock.set("2026-11-23T03:00:00Z");
    assert_eq!(truth(&mut bank), [true, true]);
}

/// An answer without what is different in every one: ids, leaf, index, remaining quota.
fn shape(answer: &crate::support::Response) -> (u16, usize, Value) {
    let mut told = answer.json();
    let length = answer.text().len();
    for key in ["id", "receipt", "quota", "nik"] {
        told.as_object_mut().unwrap().remove(key);
    }
    (answer.status, length, told)
}

#[test]
fn held_absent_and_mismatching_look_alike_where_the_status_may_not_be_told() {
    let house = House::with(|document| document.tell_status = false);
    let mut bank = house.client(BANK);
    let (born, wrong) = (value(resident(), "TGL_LHR"), "1901-01-01");
    let mut ask = |nik: &str, date: &str| shape(&bank.post("/v1/verify", &v1(nik, json!({"TGL_LHR": date}))));
    let mismatch = ask(&resident().nik, wrong);
    assert_eq!(mismatch.2["results"]["TGL_LHR"], json!({"match": false}));
    for code in ["11", "13", "14"] {
        assert_eq!(ask(&persona(code).nik, wrong), mismatch, "{code}");
    }
    for _ in 0..4 {
        assert_eq!(ask(&resident().nik, wrong), mismatch);
    }
    assert_eq!(ask(&resident().nik, &born), mismatch, "held");
    assert_eq!(alarms(&house, "held"), 1);
}

#[test]
fn a_sweep_over_serials_stops_the_lembaga_for_a_while_and_a_batch_is_free_of_it() {
    let house = House::for_tests();
    let region_and_date = resident().nik.chars().take(12).collect::<String>();
    let about = |serial: usize| v1(&format!("{region_and_date}{serial:04}"), json!({"JENIS_KLMIN": "LAKI-LAKI"}));
    let told = batch(&house, BANK, &(5_000..5_400).map(about).collect::<Vec<_>>());
    assert!(told.iter().all(|answer| answer["nik_status"].is_string()));
    let mut bank = house.client(BANK);
    let stopped = (1..400).find(|serial| bank.post("/v1/verify", &about(*serial)).status == 429).unwrap();
    assert!((185..=215).contains(&stopped), "{stopped}");
    let refused = bank.post("/v1/verify", &about(1));
    assert_eq!((refused.status, refused.code().as_str(), refused.header("retry-after")), (429, "RATE_LIMITED", Some("900")));
    assert_eq!(batch(&house, BANK, &[about(1)])[0]["code"], "RATE_LIMITED", "a line is stopped too");
    let read = house.client(HOSPITAL).post("/v1/retrieve", &v1(&resident().nik, json!(["NAMA_LGKP"])));
    assert_eq!(read.status, 200, "another lembaga goes on: {}", read.text());
    assert_eq!(alarms(&house, "consecutive"), 1);
    house.clock.set("2026-11-22T03:15:00Z");
    assert_eq!(bank.post("/v1/verify", &about(1)).status, 200);
}

#[test]
fn a_honey_nik_alarms_at_once_and_is_answered_like_any_other() {
    let house = House::planned(Plan {
        prepare: Box::new(|dir| {
            let file = dir.join("gerbang.toml");
            let text = std::fs::read_to_string(&file).unwrap() + "[honey]\nfile = \"honey.txt\"\n";
            let honey = format!("# nobody\n{}\n", persona("13").nik);
            replace(&RealDisk, &file, text.as_bytes()).unwrap();
            replace(&RealDisk, &dir.join("honey.txt"), honey.as_bytes()).unwrap();
        }),
        ..Plan::default()
    });
    let mut bank = house.client(BANK);
    assert_eq!(verify(&mut bank).status, 200);
    assert_eq!(alarms(&house, "honey"), 0);
    let answer = bank.post("/v1/verify", &v1(&persona("13").nik, json!({"TGL_LHR": "1990-01-01"})));
    assert_eq!(answer.json()["nik_status"], "not_found");
    assert_eq!(alarms(&house, "honey"), 1);
}
