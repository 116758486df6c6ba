//! Bodies of the DWH web service: one envelope for success and failure, in the words its clients look for.

use super::json::Json;
use super::problem;
use crate::app::{Content, Family, Reply};
use crate::kernel::{Elemen, Method, Outcome, Reason, Refusal};
use crate::pks::Answer;

/// The text of a response code that stands for an outcome about the NIK; `None` where the outcome carries elements instead.
const fn outcome_code(outcome: Outcome) -> Option<(&'static str, &'static str)> {
    match outcome {
        Outcome::Active | Outcome::Unconfirmed | Outcome::Done => None,
        Outcome::Deceased => Some(("11", "Data Ditemukan, Meninggal Dunia")),
        Outcome::Duplicate => Some(("12", "Data Ditemukan, Data Ganda")),
        Outcome::NotFound => Some(("13", "Data Tidak Ditemukan, NIK tidak terdapat di database Kependudukan")),
        Outcome::Inactive => Some(("14", "Data Ditemukan, Status Non Aktif silahkan hubungi Dinas Dukcapil")),
        Outcome::Malformed => Some(("15", "Data Tidak Ditemukan, NIK tidak sesuai format Dukcapil")),
    }
}

/// The body of a sealed reply.
pub(super) fn reply(method: Method, reply: &Reply) -> Vec<u8> {
    let remaining = reply.balance.map_or(0, |balance| balance.remaining_day);
    match &reply.content {
        Content::Answer(answer) => match outcome_code(answer.outcome()) {
            Some((code, text)) => envelope(remaining, |json| failure(json, code, text)),
            None if matches!(method, Method::Retrieve | Method::Family) => envelope(remaining, |json| values(json, answer)),
            None => envelope(remaining, |json| verdicts(json, answer)),
        },
        Content::Refused(refusal) => refused(refusal, remaining),
        Content::Agreement => refused(&Refusal::new(Reason::NotFound), remaining),
    }
}

/// The body about a family of whom something is told: the resident asked about first, for clients that read one only.
pub(super) fn family(family: &Family) -> Vec<u8> {
    let first = family.asked.content();
    let members = std::iter::once(first).chain(family.others.iter().map(|other| other.content()));
    let answers: Vec<&Answer> = members.filter_map(|reply| reply.answer()).collect();
    let remaining = first.balance.map_or(0, |balance| balance.remaining_day);
    envelope_of(remaining, answers.len(), |json| {
        for answer in answers {
            json.open('{');
            values(json, answer);
            json.close('}');
        }
    })
}

/// The body of a refusal.
pub(super) fn refused(refusal: &Refusal, remaining: u64) -> Vec<u8> {
    let face = problem::of(refusal.reason);
    match refusal.detail.as_deref().filter(|_| refusal.reason == Reason::PksRevoked) {
        // Why it was withdrawn is for its lembaga to know, in the words of who withdrew it.
        Some(why) => envelope(remaining, |json| failure(json, face.dwh, &format!("{}: {why}", face.indonesian))),
        None => envelope(remaining, |json| failure(json, face.dwh, face.indonesian)),
    }
}

fn verdicts(json: &mut Json, answer: &Answer) {
    if answer.outcome() == Outcome::Active {
        // The record was found under this NIK and the PKS lets its status be told.
        json.pair(Elemen::Nik.name(), "Sesuai");
    }
    for verdict in answer.verdicts().iter().filter(|verdict| verdict.elemen != Elemen::Nik || answer.outcome() != Outcome::Active) {
        json.key(verdict.elemen.name());
        let word = if verdict.matched { "Sesuai" } else { "Tidak Sesuai" };
        match verdict.score {
            Some(score) => json.plain(format_args!("{word} ({score})")),
            None => json.plain(word),
        }
    }
}

fn values(json: &mut Json, answer: &Answer) {
    for (elemen, value) in answer.values() {
        json.pair(elemen.name(), value);
    }
}

fn failure(json: &mut Json, code: &str, text: &str) {
    json.pair("RESPONSE_CODE", code);
    for key in ["RESPONSE_DESC", "RESPONSE", "RESPON"] {
        json.pair(key, text);
    }
}

fn envelope(remaining: u64, content: impl FnOnce(&mut Json)) -> Vec<u8> {
    envelope_of(remaining, 1, |json| {
        json.open('{');
        content(json);
        json.close('}');
    })
}

fn envelope_of(remaining: u64, elements: usize, content: impl FnOnce(&mut Json)) -> Vec<u8> {
    let mut json = Json::with_capacity(elements * 1024);
    json.open('{');
    json.key("content");
    json.open('[');
    content(&mut json);
    json.close(']');
    // One page with everything on it.
    json.key("lastPage");
    json.truth(true);
    json.key("numberOfElements");
    json.number(elements);
    json.key("sort");
    json.bare("null");
    json.key("totalElements");
    json.number(elements);
    json.key("firstPage");
    json.truth(true);
    json.key("number");
    json.number(0);
    json.key("size");
    json.number(elements);
    json.key("quotaLimiter");
    json.number(remaining);
    json.close('}');
    json.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_every_key_that_a_generation_of_clients_looks_for() {
        let body: serde_json::Value = serde_json::from_slice(&refused(&Refusal::new(Reason::QuotaExhausted), 0)).unwrap();
        let content = &body["content"][0];
        assert_eq!(content["RESPONSE_CODE"], "05");
        for key in ["RESPONSE_DESC", "RESPONSE", "RESPON"] {
            assert_eq!(content[key], "Kuota Akses Hari Ini Telah Habis");
        }
        assert_eq!(
            serde_json::to_string(&body["sort"]).unwrap() + &body["lastPage"].to_string() + &body["quotaLimiter"].to_string(),
            "nulltrue0"
        );
    }
}
