//! The credentials in the body of a DWH call: always checked, with a certificate or without.

use crate::support::asks::*;
use crate::support::{House, LEMBAGA, account, write};
use gerbang::store::Accounts;
use serde_json::{Value, json};

/// Writes the accounts anew, some of them switched off.
fn accounts(house: &House, active: impl Fn(&str) -> bool) {
    let mut records: Vec<_> = LEMBAGA.iter().map(|(lembaga, user)| account(user, lembaga)).collect();
    for record in &mut records {
        record.active = active(&record.user);
    }
    write(&house.path("accounts.toml"), Accounts::render(records).unwrap().as_bytes());
    house.reload();
}

fn with(extra: Value) -> String {
    let mut body = name_asked();
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    dwh(BANK, body)
}

#[test]
fn certificate_account_and_path_must_name_one_lembaga() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    for own in ["bank-antasari", "BANK-ANTASARI", "120260100000017"] {
        let told = content(&bank.post(&dwh_path(own), &with(json!({}))));
        assert_eq!(told["NAMA_LGKP"], "Sesuai (100)", "{own}");
    }
    let others = ["rsud-tapin", "RSUD-TAPIN", "220260100000045", "nobody", "999999999999999", "..", "bank-antasari%20"];
    for other in others {
        let entry = refused_dwh(&house, &bank.post(&dwh_path(other), &with(json!({}))), "03", "LOGIN_FAILED");
        assert_eq!(
            (&entry["lembaga"], &entry["account"], &entry["subject"]),
            (&json!(BANK), &Value::Null, &Value::Null),
            "{other}"
        );
    }
    // The hospital's account, under the hospital's path and under the bank's own.
    for path in [HOSPITAL, BANK] {
        let answer = bank.post(&dwh_path(path), &dwh(HOSPITAL, name_asked()));
        assert_eq!(refused_dwh(&house, &answer, "03", "LOGIN_FAILED")["lembaga"], BANK);
    }
}

#[test]
fn wrong_and_empty_credentials_are_told_apart() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    for (extra, response_code, code) in [
        (json!({"password": "antasari02"}), "03", "LOGIN_FAILED"),
        (json!({"password": "ANTASARI01"}), "03", "LOGIN_FAILED"),
        (json!({"user_id": "NOBODY"}), "03", "LOGIN_FAILED"),
        (json!({"user_id": "antasari01"}), "03", "LOGIN_FAILED"),
        (json!({"user_id": ""}), "09", "LOGIN_INCOMPLETE"),
        (json!({"password": " "}), "09", "LOGIN_INCOMPLETE"),
        (json!({"password": null}), "09", "LOGIN_INCOMPLETE"),
        (json!({"ip_user": ""}), "09", "LOGIN_INCOMPLETE"),
        (json!({"ip_user": "10.1.1.1"}), "04", "IP_MISMATCH"),
        (json!({"ip_user": "localhost"}), "04", "IP_MISMATCH"),
    ] {
        let answer = bank.post(&dwh_path(BANK), &with(extra.clone()));
        refused_dwh(&house, &answer, response_code, code);
        assert!(!answer.text().to_lowercase().contains("antasari"), "{extra}");
    }
    for missing in ["user_id", "password", "ip_user"] {
        let mut body: Value = serde_json::from_str(&with(json!({}))).unwrap();
        body.as_object_mut().unwrap().remove(missing);
        refused_dwh(&house, &bank.post(&dwh_path(BANK), &body.to_string()), "09", "LOGIN_INCOMPLETE");
    }
    assert_eq!(content(&verify_dwh(&mut bank, BANK))["NAMA_LGKP"], "Sesuai (100)");
    // A password that was right a moment ago is remembered, its owner alone may use it.
    refused_dwh(&house, &bank.post(&dwh_path(BANK), &with(json!({"password": "antasari02"}))), "03", "LOGIN_FAILED");
}

#[test]
fn an_account_that_is_switched_off_is_refused_on_the_next_request() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    assert_eq!(content(&verify_dwh(&mut bank, BANK))["NAMA_LGKP"], "Sesuai (100)");
    accounts(&house, |user| user != "ANTASARI01");
    refused_dwh(&house, &verify_dwh(&mut bank, BANK), "17", "ACCOUNT_INACTIVE");
    assert_eq!(verify(&mut bank).status, 200, "/v1 goes by the certificate");
    accounts(&house, |_| true);
    assert_eq!(content(&verify_dwh(&mut bank, BANK))["NAMA_LGKP"], "Sesuai (100)");
}

#[test]
fn a_password_stands_alone_only_where_the_agreement_allows_it() {
    let house = House::for_tests();
    let mut nobody = house.client_with(None);
    let refused_as_stranger = |answer: &crate::support::Response| {
        assert_eq!(answer.status, 401);
        let told = answer.json();
        let expected = json!({"type": "about:blank", "status": 401, "request_id": answer.header("x-request-id")});
        assert_eq!(told, expected, "nothing else is told");
    };
    refused_as_stranger(&verify_dwh(&mut nobody, BANK));
    house.conclude(BANK, |document| {
        document.password_without_certificate = true;
        document.networks = vec!["127.0.0.1".to_owned()];
    });
    assert_eq!(content(&verify_dwh(&mut nobody, BANK))["NAMA_LGKP"], "Sesuai (100)");
    let entry = house.entries().pop().unwrap();
    assert_eq!((&entry["lembaga"], &entry["account"], &entry["certificate"]), (&json!(BANK), &json!("ANTASARI01"), &Value::Null));
    let entries = house.entries().len();
    refused_as_stranger(&verify(&mut nobody));
    refused_as_stranger(&verify_dwh(&mut nobody, HOSPITAL));
    refused_as_stranger(&nobody.get("/v1/agreement"));
    for (body, response_code) in [
        (with(json!({"password": "x"})), "03"),
        (with(json!({"password": ""})), "09"),
        (with(json!({"ip_user": "10.1.1.1"})), "04"),
        (dwh(HOSPITAL, name_asked()), "03"),
        ("{".to_owned(), "07"),
    ] {
        let answer = nobody.post(&dwh_path(BANK), &body);
        assert_eq!(content(&answer)["RESPONSE_CODE"], response_code);
        assert_eq!(answer.json()["quotaLimiter"], 0, "a stranger learns nothing of the quota");
        silent(&answer);
    }
    assert_eq!(house.entries().len(), entries, "strangers leave no entry each");
    let mut house = house;
    house.end();
    let counts = house.entries().pop().unwrap()["counts"].clone();
    assert_eq!(counts, json!({"certificate_missing": 4, "request_malformed": 1, "login_failed": 4}));
}
