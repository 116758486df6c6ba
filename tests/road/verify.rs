//! The straight line of one request, over real TLS on loopback: right questions get right answers on both generations of the API.

use crate::support::{House, persona, population, resident, value};
use serde_json::{Value, json};

const BANK: &str = "bank-antasari";
const HOSPITAL: &str = "rsud-tapin";

fn body(nik: &str, elements: Value) -> String {
    json!({"nik": nik, "elements": elements}).to_string()
}

/// A DWH body with the credentials of the bank.
fn dwh(extra: Value) -> String {
    let mut body = json!({"user_id": "ANTASARI01", "password": "antasari01", "ip_user": "127.0.0.1"});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body.to_string()
}

fn dwh_hospital(nik: &str) -> String {
    json!({"nik": nik, "USER_ID": "RSUDTAPIN01", "PASSWORD": "rsudtapin01", "ipUser": "127.0.0.1"}).to_string()
}

#[test]
fn verifies_the_elements_of_a_resident_and_gives_a_receipt_of_the_durable_entry() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    let mut elements = serde_json::Map::new();
    for name in ["NAMA_LGKP", "TMPT_LHR", "TGL_LHR", "JENIS_KLMIN", "ALAMAT", "NAMA_LGKP_IBU", "NO_KK"] {
        elements.insert(name.to_owned(), value(resident(), name).into());
    }
    let answer = bank.post("/v1/verify", &body(&resident().nik, elements.clone().into()));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = answer.json();
    assert_eq!(told["nik_status"], "active");
    for name in elements.keys() {
        assert_eq!(told["results"][name]["match"], true, "{name}");
        let scored = ["NAMA_LGKP", "TMPT_LHR", "ALAMAT", "NAMA_LGKP_IBU"].contains(&name.as_str());
        assert_eq!(told["results"][name]["score"], if scored { json!(100) } else { Value::Null }, "{name}");
    }
    assert_eq!(told["quota"]["remaining_day"], 1_999_999_999u64);
    assert_eq!(told["pks"]["version"], 1);
    assert_eq!(told["as_of"], "2026-11-22");
    assert_eq!(told["receipt"]["log"], "uji.test/audit");
    assert_eq!(answer.header("x-request-id"), told["id"].as_str());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("ratelimit").unwrap().starts_with("\"daily\";r=1999999999;t="));

    let entries = house.entries();
    let entry = entries.iter().find(|entry| entry["index"] == told["receipt"]["index"]).unwrap();
    assert_eq!(entry["leaf"], told["receipt"]["leaf"]);
    assert_eq!(entry["lembaga"], BANK);
    assert!(!house.entries().iter().any(|entry| entry.to_string().contains(&resident().nik)), "no NIK in the log");
}

#[test]
fn tells_a_wrong_value_by_score_and_an_unscored_one_by_no_match_alone() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    let told = bank.post("/v1/verify", &body(&resident().nik, json!({"NAMA_LGKP": "ZZZ QQQ YYY", "TGL_LHR": "1901-01-01"}))).json();
    assert_eq!(told["results"]["NAMA_LGKP"]["match"], false);
    assert!(told["results"]["NAMA_LGKP"]["score"].as_u64().unwrap() < 60);
    assert_eq!(told["results"]["TGL_LHR"], json!({"match": false}));
}

#[test]
fn every_persona_gets_its_status_on_both_generations() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    for (code, status) in
        [("01", "active"), ("11", "deceased"), ("12", "duplicate"), ("13", "not_found"), ("14", "inactive"), ("15", "malformed")]
    {
        for persona in population().personas.iter().filter(|persona| persona.code == code) {
            let answer = bank.post("/v1/verify", &body(&persona.nik, json!({"TGL_LHR": "1990-01-01"})));
            assert_eq!(answer.status, 200);
            let told = answer.json();
            assert_eq!(told["nik_status"], status, "{}", persona.note);
            assert_eq!(told["results"].as_object().unwrap().is_empty(), code != "01");
            let old = bank.post(
                "/dukcapil/get_json/bank-antasari/CALL_VERIFY_BY_ELEMEN",
                &dwh(json!({"NIK": persona.nik, "TGL_LHR": "1990-01-01"})),
            );
            let content = &old.json()["content"][0];
            let expected = if code == "01" { Value::Null } else { json!(code) };
            assert_eq!(content["RESPONSE_CODE"], expected, "{}", persona.note);
        }
    }
}

#[test]
fn retrieves_every_element_of_the_agreement_exactly_as_the_record_has_it() {
    let house = House::for_tests();
    let mut hospital = house.client(HOSPITAL);
    let names = [
        "EKTP_STATUS",
        "NO_KK",
        "NIK",
        "NAMA_LGKP",
        "KAB_NAME",
        "AGAMA",
        "NO_RW",
        "KEC_NAME",
        "JENIS_PKRJN",
        "NO_RT",
        "NO_KEL",
        "ALAMAT",
        "NO_KEC",
        "TMPT_LHR",
        "PDDK_AKH",
        "STATUS_KAWIN",
        "NO_PROP",
        "NAMA_LGKP_IBU",
        "PROP_NAME",
        "NO_KAB",
        "KEL_NAME",
        "JENIS_KLMIN",
        "TGL_LHR",
        "GOL_DARAH",
    ];
    for persona in population().personas.iter().filter(|persona| persona.code == "01").take(5) {
        let told = hospital.post("/v1/retrieve", &json!({"nik": persona.nik, "elements": names}).to_string()).json();
        let old = hospital.post("/dukcapil/get_json/RSUD-TAPIN/call_nik", &dwh_hospital(&persona.nik)).json();
        let content = old["content"][0].as_object().unwrap();
        assert_eq!(content.len(), names.len(), "nothing but the agreed elements: {content:?}");
        for name in names {
            assert_eq!(told["values"][name], value(persona, name), "{name}");
            assert_eq!(content[name], value(persona, name), "{name}");
        }
        assert_eq!(old["numberOfElements"], 1);
        assert!(!content.contains_key("RESPONSE_CODE"));
    }
}

#[test]
fn speaks_the_dwh_service_as_its_clients_read_it() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    let asked = json!({
        "NIK": resident().nik, "NAMA_LGKP": value(resident(), "NAMA_LGKP"), "TGL_LHR": value(resident(), "TGL_LHR"),
        "ALAMAT": " ", "JENIS_KLMIN": value(resident(), "JENIS_KLMIN").to_lowercase(), "TRESHOLD": "90", "transactionId": "x",
    });
    for path in [
        "/dukcapil/get_json/bank-antasari/CALL_VERIFY_BY_ELEMEN",
        "/dukcapil/get_json/63-05/BANK-ANTASARI/koneksitas_verifby_elemen",
    ] {
        let answer = bank.post(path, &dwh(asked.clone()));
        assert_eq!(answer.status, 200);
        let told = answer.json();
        let expected = json!({"NIK": "Sesuai", "NAMA_LGKP": "Sesuai (100)", "TGL_LHR": "Sesuai", "JENIS_KLMIN": "Sesuai"});
        assert_eq!(told["content"], json!([expected]), "a blank is not asked");
        let keys = ["lastPage", "numberOfElements", "sort", "totalElements", "firstPage", "number", "size", "quotaLimiter"];
        assert!(keys.iter().all(|key| told.get(key).is_some()));
    }
    let wrong = bank.post(
        "/dukcapil/get_json/bank-antasari/CALL_VERIFY_BY_ELEMEN",
        &dwh(json!({"NIK": resident().nik, "TGL_LHR": "01-01-1901"})),
    );
    assert_eq!(wrong.json()["content"][0]["TGL_LHR"], "Tidak Sesuai");
}

#[test]
fn an_element_without_a_value_is_given_as_an_empty_text() {
    let house = House::with(|document| {
        for element in &mut document.elements {
            if element.name == "GOL_DARAH" {
                element.name = "NO_AKTA_CRAI".to_owned();
            }
        }
    });
    let unmarried = population().personas.iter().find(|p| p.code == "01" && value(p, "NO_AKTA_CRAI").is_empty()).unwrap();
    let body = json!({"nik": unmarried.nik, "elements": ["NO_AKTA_CRAI"]}).to_string();
    assert_eq!(house.client(HOSPITAL).post("/v1/retrieve", &body).json()["values"], json!({"NO_AKTA_CRAI": ""}));
}

#[test]
fn tells_a_lembaga_its_own_agreement_and_what_is_left() {
    let house = House::for_tests();
    for (lembaga, per_day) in [(BANK, 2_000_000_000u64), (HOSPITAL, 500), ("dinsos-tapin", 50_000)] {
        let told = house.client(lembaga).get("/v1/agreement").json();
        assert_eq!(told["lembaga"]["id"], lembaga);
        assert_eq!(told["quota"]["remaining_day"], per_day);
        assert!(!told["elements"].as_array().unwrap().is_empty());
        assert!(told["receipt"]["index"].is_u64());
    }
}

#[test]
fn counts_what_was_answered_once_and_nothing_else_also_after_a_restart() {
    let house = House::for_tests();
    let mut hospital = house.client(HOSPITAL);
    let remaining = |answer: &crate::support::Response| answer.json()["quota"]["remaining_day"].as_u64().unwrap();
    let retrieve = |nik: &str| json!({"nik": nik, "elements": ["ALAMAT"]}).to_string();
    assert_eq!(remaining(&hospital.post("/v1/retrieve", &retrieve(&resident().nik))), 499);
    assert_eq!(remaining(&hospital.post("/v1/retrieve", &retrieve(&persona("13").nik))), 498, "absent ones count");
    assert_eq!(remaining(&hospital.post("/v1/retrieve", &retrieve("123"))), 498, "malformed ones do not");
    assert_eq!(hospital.post("/v1/verify", &body(&resident().nik, json!({"ALAMAT": "X"}))).code(), "METHOD_NOT_GRANTED");
    assert_eq!(remaining(&hospital.get("/v1/agreement")), 498);
    let entries = house.entries();
    assert_eq!(entries.iter().filter(|entry| entry["counted"] == true).count(), 2);
}

#[test]
fn serves_http2_as_well() {
    let house = House::for_tests();
    let told = crate::support::client::http2_post(
        &house,
        BANK,
        "/v1/verify",
        &body(&resident().nik, json!({"TGL_LHR": value(resident(), "TGL_LHR")})),
    );
    assert_eq!(told["results"]["TGL_LHR"]["match"], true);
}

#[test]
fn operators_see_health_and_figures_without_personal_data() {
    let house = House::for_tests();
    house.client(BANK).post("/v1/verify", &body(&resident().nik, json!({"NAMA_LGKP": "ZZZ"})));
    let get = |path: &str| crate::support::client::plain_get(house.admin, path);
    assert_eq!(get("/livez").status, 200);
    let ready = get("/readyz");
    assert_eq!((ready.status, ready.json()["audit"].as_bool()), (200, Some(true)));
    let figures = get("/metrics").text();
    assert!(
        figures.contains(r#"gerbang_requests_total{route="v1_verify",institution="bank-antasari",outcome="active"} 1"#),
        "{figures}"
    );
    assert!(figures.contains("gerbang_audit_entries 1"), "{figures}");
    assert!(!figures.contains(&resident().nik));
    assert_eq!(get("/nowhere").status, 404);
}
