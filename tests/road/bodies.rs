//! Bodies, paths and methods that are not what a route takes; NIKs that are none.

use crate::support::asks::*;
use crate::support::{Client, House, Response, resident, value};
use serde_json::{Value, json};

/// Stands in bad bodies, never in an answer or in the log.
const SECRET: &str = "RAHASIA";

fn tells_nothing(house: &House, answer: &Response) {
    silent(answer);
    assert!(!answer.text().contains(SECRET), "{}", answer.text());
    assert!(!house.entries().pop().unwrap().to_string().contains(SECRET));
}

#[test]
fn what_is_no_nik_is_answered_audited_and_not_counted() {
    let house = House::for_tests();
    let (mut bank, mut hospital) = (house.client(BANK), house.client(HOSPITAL));
    let before = (remaining(&mut bank), remaining(&mut hospital));
    for nik in [
        "630501150890000",
        "63050115089000012",
        "",
        "63050115O8900001",
        "630501-15089-001",
        "6305013201900001",
        "6305013102900001",
        "6305010001900001",
        "6305017201900001",
        "6305011513900001",
        "6305011500900001",
        "6305011508900000",
        "0005011508900001",
        "\u{0666}305011508900001",
    ] {
        let told = bank.post("/v1/verify", &v1(nik, json!({"NAMA_LGKP": SECRET})));
        assert_eq!(
            (told.status, &told.json()["nik_status"], &told.json()["results"]),
            (200, &json!("malformed"), &json!({})),
            "{nik}"
        );
        let entry = house.entries().pop().unwrap();
        assert_eq!((&entry["outcome"], &entry["counted"], &entry["subject"]), (&json!("malformed"), &json!(false), &Value::Null));
        assert!(!told.text().contains(SECRET) && !entry.to_string().contains(SECRET));
        let told = hospital.post("/v1/retrieve", &v1(nik, json!(["ALAMAT"])));
        assert_eq!((told.status, &told.json()["values"]), (200, &json!({})), "{nik}");
        let told = bank.post(&dwh_path(BANK), &dwh(BANK, json!({"NIK": nik, "NAMA_LGKP": SECRET})));
        assert_eq!(content(&told)["RESPONSE_CODE"], "15", "{nik}");
        assert_eq!(house.entries().pop().unwrap()["outcome"], "malformed");
        tells_nothing(&house, &told);
    }
    assert_eq!((remaining(&mut bank), remaining(&mut hospital)), before);
}

#[test]
fn v1_refuses_every_body_that_is_not_what_it_takes() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    let nik = &resident().nik;
    let name = value(resident(), "NAMA_LGKP");
    let deep = "[".repeat(4000);
    let many: Vec<String> = (0..200).map(|number| format!("\"{SECRET}{number}\":\"x\"")).collect();
    for body in [
        String::new(),
        "{".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        format!("\"{SECRET}\""),
        format!(r#"{{"nik":"{nik}"}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{}}}}"#),
        format!(r#"{{"nik":"{nik}","elements":["NAMA_LGKP"]}}"#),
        format!(r#"{{"nik":{nik},"elements":{{"NAMA_LGKP":"{name}"}}}}"#),
        format!(r#"{{"nik":null,"elements":{{"NAMA_LGKP":"{name}"}}}}"#),
        format!(r#"{{"elements":{{"NAMA_LGKP":"{name}"}}}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{"NAMA_LGKP":"{name}"}}}} trailing"#),
        format!(r#"{{"nik":"{nik}","elements":{{"NAMA_LGKP":"{name}"}}}}{{}}"#),
        format!(r#"{{"nik":"{nik}","nik":"{nik}","elements":{{"NAMA_LGKP":"{name}"}}}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{"NAMA_LGKP":"{name}","NAMA_LGKP":"{name}"}}}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{"NAMA_LGKP":"{name}"}},"elements":{{"TGL_LHR":"1990-01-01"}}}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{"NAMA_LGKP":"{name}"}},"{SECRET}":1}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{"{SECRET}":"{name}"}}}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{"nama_lgkp_{SECRET}":"{name}"}}}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{"NAMA_LGKP":["{name}"]}}}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{"NAMA_LGKP":""}}}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{"NAMA_LGKP":"{SECRET}{}"}}}}"#, "A".repeat(506)),
        format!(r#"{{"nik":"{nik}","elements":{{"NAMA_LGKP":"{name}"}},"threshold":"90"}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{"NAMA_LGKP":"{name}"}},"threshold":101}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{"NAMA_LGKP":"{name}"}},"threshold":-1}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{"NAMA_LGKP":"{name}"}},"purpose":7}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{"NAMA_LGKP":{deep}}}}}"#),
        format!(r#"{{"nik":"{nik}","elements":{{{}}}}}"#, many.join(",")),
        deep.clone(),
    ] {
        let answer = bank.post("/v1/verify", &body);
        refused(&house, &answer, 400, "BODY_MALFORMED");
        tells_nothing(&house, &answer);
    }
    let mut bytes = v1(nik, json!({"NAMA_LGKP": "SITI"})).into_bytes();
    bytes[30] = 0xff;
    let head =
        format!("POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", bytes.len());
    bank.send(&[head.as_bytes(), &bytes].concat()).unwrap();
    refused(&house, &bank.response().unwrap(), 400, "BODY_MALFORMED");
    let mut hospital = house.client(HOSPITAL);
    for elements in [json!({"ALAMAT": "X"}), json!(["ALAMAT", "ALAMAT"]), json!([1]), json!([]), json!("ALAMAT"), json!([SECRET])] {
        let answer = hospital.post("/v1/retrieve", &v1(nik, elements));
        refused(&house, &answer, 400, "BODY_MALFORMED");
        tells_nothing(&house, &answer);
    }
    let threshold = json!({"nik": nik, "elements": ["ALAMAT"], "threshold": 90}).to_string();
    refused(&house, &hospital.post("/v1/retrieve", &threshold), 400, "BODY_MALFORMED");
    assert_eq!(verify(&mut bank).status, 200, "the connection goes on");
}

#[test]
fn the_dwh_route_refuses_what_it_cannot_read_and_passes_over_what_it_does_not_know() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    let nik = &resident().nik;
    let login = r#""user_id":"ANTASARI01","password":"antasari01","ip_user":"127.0.0.1""#;
    let name = value(resident(), "NAMA_LGKP");
    for body in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        format!("\"{SECRET}\""),
        format!("{{{login}}}"),
        format!(r#"{{{login},"NIK":"{nik}"}} {SECRET}"#),
        format!(r#"{{{login},"NIK":"{nik}","NIK":"{nik}"}}"#),
        format!(r#"{{{login},"NIK":"{nik}","nik":"{SECRET}"}}"#),
        format!(r#"{{{login},"USER_ID":"{SECRET}","NIK":"{nik}"}}"#),
        format!(r#"{{{login},"NIK":"{nik}","NAMA_LGKP":"{name}","NAMA_LGKP":"{name}"}}"#),
        format!(r#"{{{login},"NIK":"{nik}","NAMA_LGKP":["{SECRET}"]}}"#),
        format!(r#"{{{login},"NIK":"{nik}","NAMA_LGKP":true}}"#),
        format!(r#"{{{login},"NIK":"{nik}","NAMA_LGKP":"{SECRET}{}"}}"#, "A".repeat(506)),
        format!(r#"{{{login},"NIK":"{nik}","NAMA_LGKP":"{name}","TRESHOLD":"101"}}"#),
        format!(r#"{{{login},"NIK":"{nik}","NAMA_LGKP":"{name}","TRESHOLD":"{SECRET}"}}"#),
        format!(r#"{{{login},"NIK":"{nik}","NAMA_LGKP":"{name}","x":{}}}"#, "[".repeat(4000)),
        format!(r#"{{{login},"NIK":"{nik}",{}}}"#, (0..200).map(|n| format!("\"x{n}\":1")).collect::<Vec<_>>().join(",")),
    ] {
        let answer = bank.post(&dwh_path(BANK), &body);
        refused_dwh(&house, &answer, "07", "BODY_MALFORMED");
        tells_nothing(&house, &answer);
    }
    let unknown = json!({"NIK": nik, "NAMA_LGKP": name, "x": {"y": [1, {"z": SECRET}]}, SECRET: null, "transactionId": 7});
    let told = bank.post(&dwh_path(BANK), &dwh(BANK, unknown));
    assert_eq!(content(&told), json!({"NIK": "Sesuai", "NAMA_LGKP": "Sesuai (100)"}));
    assert!(!told.text().contains(SECRET));
}

#[test]
fn a_region_in_the_path_that_is_not_served_is_refused() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    let path = |region: &str| format!("/dukcapil/get_json/{region}/{BANK}/CALL_VERIFY_BY_ELEMEN");
    for region in ["31", "31-71", "64-05", "6305x", "zz", "63-05-01"] {
        refused_dwh(&house, &bank.post(&path(region), &dwh(BANK, name_asked())), "07", "BODY_MALFORMED");
    }
    for region in ["63", "63-05", "63-72"] {
        assert_eq!(content(&bank.post(&path(region), &dwh(BANK, name_asked())))["NAMA_LGKP"], "Sesuai (100)", "{region}");
    }
}

#[test]
fn another_http_method_is_told_which_one_is_taken() {
    let house = House::for_tests();
    let ask = |line: &str| -> Response {
        let mut bank: Client = house.client(BANK);
        bank.send(format!("{line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n").as_bytes()).unwrap();
        bank.response().unwrap()
    };
    let dwh = dwh_path(BANK);
    for (line, allow) in [
        ("GET /v1/verify", "POST"),
        ("DELETE /v1/retrieve", "POST"),
        ("PUT /v1/verify?nik=x", "POST"),
        ("POST /v1/agreement", "GET"),
        (&format!("GET {dwh}"), "POST"),
        (&format!("PROPFIND {dwh}"), "POST"),
    ] {
        let answer = ask(line);
        refused(&house, &answer, 405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), Some(allow), "{line}");
    }
    for line in
        ["POST /v1/verify/", "POST /v1/../v1/verify", "POST //v1/verify", "GET /dukcapil/get_json/a/b/c/d", "POST /V1/VERIFY"]
    {
        refused(&house, &ask(line), 404, "NOT_FOUND");
    }
}

#[test]
fn v1_takes_json_by_its_name_alone() {
    let house = House::for_tests();
    let body = v1(&resident().nik, json!({"NAMA_LGKP": value(resident(), "NAMA_LGKP")}));
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        let answer = house.client(BANK).post_with("/v1/verify", &body, &[("Content-Type", content_type)]);
        refused(&house, &answer, 415, "MEDIA_TYPE_NOT_SUPPORTED");
    }
    let answer = house.client(BANK).post_with("/v1/verify", &body, &[("Content-Type", "Application/JSON; charset=utf-8")]);
    assert_eq!(answer.status, 200);
    // Clients of the DWH service send what they like.
    let answer = house.client(BANK).post_with(&dwh_path(BANK), &dwh(BANK, name_asked()), &[("Content-Type", "text/plain")]);
    assert_eq!(content(&answer)["NAMA_LGKP"], "Sesuai (100)");
}

#[test]
fn titles_are_indonesian_and_english_where_english_is_preferred() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    let mut title = |language: &[(&str, &str)]| bank.post_with("/v1/verify", "{", language).json()["title"].clone();
    assert_eq!(title(&[]), "Parameter Tidak Lengkap / Tidak Valid");
    assert_eq!(title(&[("Accept-Language", "id-ID, en;q=0.5")]), "Parameter Tidak Lengkap / Tidak Valid");
    assert_eq!(title(&[("Accept-Language", "en-GB, id;q=0.5")]), "The body is not what this route takes");
}
