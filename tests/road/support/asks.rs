//! Questions in both generations of the API, and what every refusal of a known caller must look like.

use serde_json::{Value, json};

use super::{Client, House, LEMBAGA, Response, resident, value};

pub(crate) const BANK: &str = "bank-antasari";
pub(crate) const HOSPITAL: &str = "rsud-tapin";
pub(crate) const SOCIAL: &str = "dinsos-tapin";

/// A body of `/v1`.
pub(crate) fn v1(nik: &str, elements: Value) -> String {
    json!({"nik": nik, "elements": elements}).to_string()
}

/// A body of the DWH route with the credentials of a lembaga; `extra` overrides.
pub(crate) fn dwh(lembaga: &str, extra: Value) -> String {
    let user = LEMBAGA.iter().find(|(own, _)| *own == lembaga).unwrap().1;
    let mut body = json!({"user_id": user, "password": user.to_lowercase(), "ip_user": "127.0.0.1"});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body.to_string()
}

/// The path of verification on the DWH route.
pub(crate) fn dwh_path(lembaga: &str) -> String {
    format!("/dukcapil/get_json/{lembaga}/CALL_VERIFY_BY_ELEMEN")
}

/// The resident's name is asked by `/v1/verify`.
pub(crate) fn verify(client: &mut Client) -> Response {
    client.post("/v1/verify", &v1(&resident().nik, json!({"NAMA_LGKP": value(resident(), "NAMA_LGKP")})))
}

/// The resident's name is asked by the DWH route.
pub(crate) fn verify_dwh(client: &mut Client, lembaga: &str) -> Response {
    client.post(&dwh_path(lembaga), &dwh(lembaga, name_asked()))
}

pub(crate) fn name_asked() -> Value {
    json!({"NIK": resident().nik, "NAMA_LGKP": value(resident(), "NAMA_LGKP")})
}

/// `content[0]` of an envelope.
pub(crate) fn content(answer: &Response) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["content"][0].clone()
}

/// A refusal on `/v1`: status and code, nothing of the request in it, and one entry that says the same.
pub(crate) fn refused(house: &House, answer: &Response, status: u16, code: &str) -> Value {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text());
    let told = answer.json();
    assert_eq!(told["status"], status);
    assert_eq!(answer.header("x-request-id"), told["request_id"].as_str());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    silent(answer);
    let entry = entered(house, answer, code);
    assert_eq!(entry["request"], told["request_id"]);
    told
}

/// A refusal on the DWH route: the envelope with the response code, nothing of the request in it, and one entry with the reason.
pub(crate) fn refused_dwh(house: &House, answer: &Response, response_code: &str, code: &str) -> Value {
    let content = content(answer);
    assert_eq!(content["RESPONSE_CODE"], response_code, "{}", answer.text());
    let keys: Vec<&String> = content.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["RESPON", "RESPONSE", "RESPONSE_CODE", "RESPONSE_DESC"], "nothing but the refusal");
    silent(answer);
    entered(house, answer, code)
}

/// The log's latest entry is about this answer and names this reason; nothing was counted.
fn entered(house: &House, answer: &Response, code: &str) -> Value {
    let entry = house.entries().pop().unwrap();
    assert_eq!(entry["request"].as_str(), answer.header("x-request-id"), "{entry}");
    assert_eq!(entry["code"], code, "{entry}");
    assert_eq!((&entry["outcome"], &entry["counted"], &entry["found"]), (&json!("refused"), &json!(false), &json!(false)));
    assert!(!entry.to_string().contains(&resident().nik));
    entry
}

/// Nothing of the resident stands in an answer.
pub(crate) fn silent(answer: &Response) {
    let whole = format!("{:?} {}", answer.headers, answer.text()).to_uppercase();
    assert!(!whole.contains(&resident().nik), "the NIK in {whole}");
    for element in ["NAMA_LGKP", "NO_KK", "ALAMAT", "NAMA_LGKP_IBU", "TGL_LHR"] {
        assert!(!whole.contains(&value(resident(), element)), "{element} in {whole}");
    }
    for word in ["SESUAI (", "\"SESUAI\"", "\"TIDAK SESUAI\"", "\"MATCH\"", "\"VALUES\"", "\"RESULTS\""] {
        assert!(!whole.contains(word), "{word} in {whole}");
    }
}

/// What is left of a lembaga's day.
pub(crate) fn remaining(client: &mut Client) -> u64 {
    client.get("/v1/agreement").json()["quota"]["remaining_day"].as_u64().unwrap()
}
