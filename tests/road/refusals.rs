//! What an agreement does not allow, on both generations of the API: status, code, response code, and the entry in the log.

use crate::support::asks::*;
use crate::support::{Client, House, resident, value, write};
use gerbang::pks::{Document, HoursText, RegionsText};
use serde_json::{Value, json};

type Change = Box<dyn FnOnce(&mut Document)>;

fn change(change: impl FnOnce(&mut Document) + 'static) -> Change {
    Box::new(change)
}

/// Verification of a name is refused on both generations.
fn both(house: &House, lembaga: &str, status: u16, code: &str, response_code: &str) {
    let client = &mut house.client(lembaga);
    refused(house, &verify(client), status, code);
    let entry = refused_dwh(house, &verify_dwh(client, lembaga), response_code, code);
    assert_eq!(entry["lembaga"], lembaga);
}

fn answered(client: &mut Client) {
    let answer = verify(client);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["results"]["NAMA_LGKP"]["match"], true);
}

#[test]
fn tells_which_term_of_the_agreement_stands_against_it() {
    let elsewhere = if value(resident(), "NO_PROP") == "31" { "32" } else { "31" };
    let cases: Vec<(&str, &str, Change)> = vec![
        ("PKS_SUSPENDED", "16", change(|document| document.suspended = true)),
        ("PKS_NOT_IN_FORCE", "16", change(|document| document.term.from = "2026-11-23".to_owned())),
        ("PKS_NOT_IN_FORCE", "16", change(|document| document.term.until = "2026-11-21".to_owned())),
        ("NETWORK_NOT_ALLOWED", "10", change(|document| document.networks = vec!["10.1.0.0/16".to_owned()])),
        ("CERTIFICATE_NOT_ALLOWED", "03", change(|document| document.certificates = vec!["ab".repeat(32)])),
        ("REGION_OUTSIDE", "08", change(move |document| document.regions = RegionsText::List(vec![elsewhere.to_owned()]))),
        ("PURPOSE_MISSING", "07", change(|document| document.purpose_required = true)),
        ("ELEMENT_NOT_GRANTED", "08", change(|document| document.elements.retain(|element| element.name != "NAMA_LGKP"))),
        (
            "OUTSIDE_HOURS",
            "06",
            change(|document| {
                let days = vec!["minggu".to_owned()];
                let hours = HoursText { zone: document.term.zone, days, from: "10:01".to_owned(), until: "24:00".to_owned() };
                document.hours = Some(hours);
            }),
        ),
        ("OPERATOR_REQUIRED", "08", change(|document| document.operator_card = true)),
    ];
    let house = House::for_tests();
    answered(&mut house.client(BANK));
    for (code, response_code, change) in cases {
        house.conclude(BANK, change);
        both(&house, BANK, 403, code, response_code);
    }
    house.conclude(BANK, |_| ());
    answered(&mut house.client(BANK));
}

#[test]
fn an_agreement_binds_from_its_first_second_to_its_last() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    // Midnight of WIB is 17:00 of the day before in UTC.
    house.clock.set("2025-12-31T16:59:59Z");
    both(&house, BANK, 403, "PKS_NOT_IN_FORCE", "16");
    house.clock.set("2025-12-31T17:00:00Z");
    answered(&mut bank);
    house.clock.set("2035-12-31T16:59:59Z");
    answered(&mut bank);
    house.clock.set("2035-12-31T17:00:00Z");
    both(&house, BANK, 403, "PKS_NOT_IN_FORCE", "16");
}

#[test]
fn the_hours_are_judged_by_the_clock_of_the_house() {
    let house = House::for_tests();
    house.conclude(BANK, |document| {
        let days = vec!["minggu".to_owned()];
        let hours = HoursText { zone: document.term.zone, days, from: "08:00".to_owned(), until: "16:00".to_owned() };
        document.hours = Some(hours);
    });
    let mut bank = house.client(BANK);
    for (inside, outside) in [("2026-11-22T01:00:00Z", "2026-11-22T00:59:59Z"), ("2026-11-22T08:59:59Z", "2026-11-22T09:00:00Z")] {
        house.clock.set(inside);
        answered(&mut bank);
        house.clock.set(outside);
        both(&house, BANK, 403, "OUTSIDE_HOURS", "06");
    }
    let told = bank.get("/v1/agreement");
    assert_eq!(told.status, 200, "one's own agreement can be read at any hour");
}

#[test]
fn what_is_not_signed_by_both_parties_as_it_stands_does_not_exist() {
    let mut house = House::for_tests();
    let folder = house.path("policies").join(BANK);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (document, signatures) = (read("pks.json"), read("pks.sig"));
    let one_signature = |kept: usize| {
        let mut parsed: Value = serde_json::from_str(&signatures).unwrap();
        let list = parsed["signatures"].as_array_mut().unwrap();
        assert_eq!(list.len(), 2);
        *list = vec![list[kept].clone()];
        parsed.to_string()
    };
    let twice_the_same = {
        let mut parsed: Value = serde_json::from_str(&signatures).unwrap();
        parsed["signatures"][1] = parsed["signatures"][0].clone();
        parsed.to_string()
    };
    let mut parsed: Value = serde_json::from_str(&signatures).unwrap();
    let signature = parsed["signatures"][1]["signature"].as_str().unwrap().to_owned();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let rest: String = signature.chars().skip(1).collect();
    parsed["signatures"][1]["signature"] = format!("{other}{rest}").into();
    let one_byte_of_a_signature = parsed.to_string();
    let cases = [
        ("pks.sig", one_signature(0)),
        ("pks.sig", one_signature(1)),
        ("pks.sig", twice_the_same),
        ("pks.sig", one_byte_of_a_signature),
        ("pks.sig", String::new()),
        ("pks.json", document.replacen("\"per_day\": 2", "\"per_day\": 3", 1)),
        ("pks.json", document.replacen("bank-antasari", "bank-antasarj", 1)),
        ("pks.json", document.replacen('{', "{ \"format\": \"gerbang-pks/1\",", 1)),
    ];
    for (file, text) in cases {
        assert!(text != document && text != signatures);
        write(&folder.join(file), text.as_bytes());
        house.reload();
        answered(&mut house.client(BANK));
        house.reopen();
        both(&house, BANK, 403, "PKS_MISSING", "16");
        let mut bank = house.client(BANK);
        refused_dwh(&house, &bank.post(&dwh_path("120260100000017"), &dwh(BANK, name_asked())), "16", "PKS_MISSING");
        let told = house.client(HOSPITAL).post("/v1/retrieve", &v1(&resident().nik, json!(["ALAMAT"])));
        assert_eq!(told.status, 200, "the others stay in force");
        write(&folder.join("pks.json"), document.as_bytes());
        write(&folder.join("pks.sig"), signatures.as_bytes());
        house.reload();
        answered(&mut bank);
    }
}

#[test]
fn a_withdrawn_agreement_bites_on_the_next_request_of_an_open_connection() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    answered(&mut bank);
    std::fs::remove_dir_all(house.path("policies").join(BANK)).unwrap();
    house.reload();
    refused(&house, &verify(&mut bank), 403, "PKS_MISSING");
    refused_dwh(&house, &verify_dwh(&mut bank, BANK), "16", "PKS_MISSING");
    refused(&house, &bank.get("/v1/agreement"), 403, "PKS_MISSING");
}

#[test]
fn a_method_that_is_not_granted_is_refused() {
    let house = House::for_tests();
    let mut hospital = house.client(HOSPITAL);
    let address = value(resident(), "ALAMAT");
    refused(&house, &hospital.post("/v1/verify", &v1(&resident().nik, json!({"ALAMAT": address}))), 403, "METHOD_NOT_GRANTED");
    let body = dwh(HOSPITAL, json!({"NIK": resident().nik, "ALAMAT": address}));
    refused_dwh(&house, &hospital.post(&dwh_path(HOSPITAL), &body), "08", "METHOD_NOT_GRANTED");
    let mut bank = house.client(BANK);
    refused(&house, &bank.post("/v1/retrieve", &v1(&resident().nik, json!(["ALAMAT"]))), 403, "METHOD_NOT_GRANTED");
    for word in ["CALL_NIK", "GET_NIK", "BYNIK", "CALL_NIK_GET_KK", "NO_SUCH_METHOD"] {
        let path = format!("/dukcapil/get_json/{BANK}/{word}");
        refused_dwh(&house, &bank.post(&path, &dwh(BANK, name_asked())), "08", "METHOD_NOT_GRANTED");
    }
}

#[test]
fn an_officers_card_is_demanded_where_the_agreement_does() {
    let house = House::for_tests();
    both(&house, SOCIAL, 403, "OPERATOR_REQUIRED", "08");
}

#[test]
fn v1_names_every_element_that_is_not_granted_and_answers_none() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    let asked = json!({
        "NAMA_LGKP": value(resident(), "NAMA_LGKP"), "AGAMA": value(resident(), "AGAMA"), "GOL_DARAH": value(resident(), "GOL_DARAH"),
    });
    let told = refused(&house, &bank.post("/v1/verify", &v1(&resident().nik, asked)), 403, "ELEMENT_NOT_GRANTED");
    let named: Vec<&str> = told["errors"].as_array().unwrap().iter().map(|e| e["element"].as_str().unwrap()).collect();
    assert_eq!(named, ["GOL_DARAH", "AGAMA"]);
    assert_eq!(told["errors"][0]["pointer"], "#/elements/GOL_DARAH");
    let mut hospital = house.client(HOSPITAL);
    let names = json!(["ALAMAT", "PNYDNG_CCT"]);
    let told = refused(&house, &hospital.post("/v1/retrieve", &v1(&resident().nik, names)), 403, "ELEMENT_NOT_GRANTED");
    assert_eq!(told["errors"], json!([{"pointer": "#/elements/PNYDNG_CCT", "element": "PNYDNG_CCT"}]));
}

#[test]
fn the_dwh_route_tells_nothing_of_an_element_that_is_not_granted() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    let ask = |extra: Value| dwh(BANK, extra);
    let religion = value(resident(), "AGAMA");
    for guess in [religion.as_str(), "ISLAM", "KRISTEN", "0"] {
        let body = ask(json!({"NIK": resident().nik, "TGL_LHR": value(resident(), "TGL_LHR"), "AGAMA": guess}));
        let told = content(&bank.post(&dwh_path(BANK), &body));
        assert_eq!(told, json!({"NIK": "Sesuai", "TGL_LHR": "Sesuai"}), "the same whatever is guessed");
        let entry = house.entries().pop().unwrap();
        assert_eq!((&entry["asked"], &entry["granted"]), (&json!(["TGL_LHR", "AGAMA"]), &json!(["TGL_LHR"])));
        let alone = bank.post(&dwh_path(BANK), &ask(json!({"NIK": resident().nik, "AGAMA": guess})));
        refused_dwh(&house, &alone, "08", "ELEMENT_NOT_GRANTED");
    }
}

#[test]
fn a_threshold_below_the_floor_is_refused_on_v1_and_judged_by_the_floor_on_the_dwh_route() {
    let house = House::for_tests();
    house.conclude(BANK, |document| {
        for element in &mut document.elements {
            if element.name == "NAMA_LGKP" {
                element.threshold_min = Some(90);
            }
        }
    });
    let mut bank = house.client(BANK);
    // Alike enough for a low threshold, not for the floor.
    let name = value(resident(), "NAMA_LGKP");
    let alike: String = name.chars().enumerate().map(|(place, letter)| if place % 4 == 2 { 'Q' } else { letter }).collect();
    let ask = |threshold: u8| json!({"nik": resident().nik, "elements": {"NAMA_LGKP": alike}, "threshold": threshold}).to_string();
    let told = refused(&house, &bank.post("/v1/verify", &ask(89)), 403, "THRESHOLD_BELOW_FLOOR");
    assert_eq!(told["errors"][0]["element"], "NAMA_LGKP");
    let score = bank.post("/v1/verify", &ask(90)).json()["results"]["NAMA_LGKP"].clone();
    let number = score["score"].as_u64().unwrap();
    assert!((20..90).contains(&number), "{number}");
    for threshold in [json!("1"), json!(1), json!(" "), json!("90")] {
        let body = dwh(BANK, json!({"NIK": resident().nik, "NAMA_LGKP": alike, "TRESHOLD": threshold}));
        let told = content(&bank.post(&dwh_path(BANK), &body));
        assert_eq!(told["NAMA_LGKP"], format!("Tidak Sesuai ({number})"), "the floor holds");
    }
}

#[test]
fn a_day_that_is_used_up_is_refused_until_midnight_also_after_a_restart() {
    let mut house = House::with(|document| document.quota.per_day = 2);
    let mut bank = house.client(BANK);
    answered(&mut bank);
    assert_eq!(verify_dwh(&mut bank, BANK).json()["quotaLimiter"], 0);
    let used_up = |house: &House| {
        let mut bank = house.client(BANK);
        let answer = verify(&mut bank);
        let told = refused(house, &answer, 429, "QUOTA_EXHAUSTED");
        assert_eq!(told["type"], "https://iana.org/assignments/http-problem-types#quota-exceeded");
        assert_eq!(told["violated-policies"], json!(["daily"]));
        // 10:00 WIB: fourteen hours to midnight.
        assert_eq!(answer.header("retry-after"), Some("50400"));
        assert_eq!(answer.header("ratelimit"), Some("\"daily\";r=0;t=50400"));
        assert!(answer.header("ratelimit-policy").unwrap().contains("\"daily\";q=2;w=86400"));
        let old = verify_dwh(&mut bank, BANK);
        refused_dwh(house, &old, "05", "QUOTA_EXHAUSTED");
        assert_eq!((old.header("retry-after"), &old.json()["quotaLimiter"]), (Some("50400"), &json!(0)));
    };
    used_up(&house);
    drop(bank);
    house.reopen();
    used_up(&house);
    house.clock.set("2026-11-22T17:00:00Z");
    answered(&mut house.client(BANK));
}

#[test]
fn more_at_once_than_agreed_is_refused_and_not_counted() {
    let house = House::with(|document| {
        document.quota.per_second = 1;
        document.quota.burst = 1;
    });
    let mut bank = house.client(BANK);
    let per_day = 2_000_000_000;
    let told: Vec<_> = (0..20).map(|_| verify(&mut bank)).collect();
    let turned_away = told.iter().filter(|answer| answer.status == 429).inspect(|answer| {
        assert_eq!(answer.code(), "RATE_LIMITED");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.json()["violated-policies"], json!(["burst"]));
    });
    let turned_away = turned_away.count() as u64;
    assert!((1..20).contains(&turned_away), "{turned_away}");
    let old: Vec<_> = (0..20).map(|_| content(&verify_dwh(&mut bank, BANK))).collect();
    assert!(
        old.iter().any(|content| content["RESPONSE_CODE"] == "05" && content["RESPON"] == "Terlalu banyak permintaan per detik")
    );
    let counted = house.entries().iter().filter(|entry| entry["counted"] == true).count() as u64;
    let limited = house.entries().iter().filter(|entry| entry["code"] == "RATE_LIMITED").count() as u64;
    assert_eq!(counted + limited, 40);
    let left = told.last().unwrap().header("ratelimit").unwrap().to_owned();
    assert!(left.starts_with(&format!("\"daily\";r={};", per_day - (20 - turned_away))), "{left}");
}
