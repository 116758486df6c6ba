//! Bodies of `/v1`: answers and the caller's agreement.

use super::json::Json;
use crate::app::{Balance, Reply, Sealed};
use crate::kernel::{Method, to_hex};
use crate::pks::{Agreement, Answer};

/// The frame of an answer to verify or retrieve.
pub(super) fn answer(method: Method, answer: &Answer, sealed: &Sealed<Reply>, log: &str) -> Vec<u8> {
    let mut json = Json::with_capacity(1024);
    json.open('{');
    body(&mut json, method, answer, sealed, log);
    json.close('}');
    json.finish()
}

fn body(json: &mut Json, method: Method, answer: &Answer, sealed: &Sealed<Reply>, log: &str) {
    json.pair("id", &sealed.content().request.text());
    json.pair("nik_status", answer.outcome().word());
    if method == Method::Retrieve {
        values(json, answer);
    } else {
        results(json, answer);
    }
    frame(json, sealed, log);
}

/// The same as a line of a batch: with the line's number before it.
pub(super) fn line(json: &mut Json, number: u64, method: Method, answer: &Answer, sealed: &Sealed<Reply>, log: &str) {
    json.open('{');
    json.key("line");
    json.number(number);
    body(json, method, answer, sealed, log);
    json.close('}');
}

/// The caller's agreement, what is left of its quotas and the data balikan it owes.
pub(super) fn agreement(agreement: &Agreement, sealed: &Sealed<Reply>, log: &str) -> Vec<u8> {
    let mut json = Json::with_capacity(4096);
    json.open('{');
    json.pair("id", &sealed.content().request.text());
    json.key("lembaga");
    json.open('{');
    json.pair("id", agreement.lembaga_id.as_str());
    json.pair("name", &agreement.lembaga.name);
    json.pair("customer_id", agreement.customer_id.as_str());
    json.close('}');
    grants(&mut json, agreement);
    limits(&mut json, agreement);
    balikan(&mut json, agreement);
    frame(&mut json, sealed, log);
    json.close('}');
    json.finish()
}

fn results(json: &mut Json, answer: &Answer) {
    json.key("results");
    json.open('{');
    for verdict in answer.verdicts() {
        json.key(verdict.elemen.name());
        json.open('{');
        json.key("match");
        json.truth(verdict.matched);
        if let Some(score) = verdict.score {
            json.key("score");
            json.number(score);
        }
        json.close('}');
    }
    json.close('}');
}

fn values(json: &mut Json, answer: &Answer) {
    json.key("values");
    json.open('{');
    for (elemen, value) in answer.values() {
        json.pair(elemen.name(), value);
    }
    json.close('}');
}

/// What every answer ends with: quota, agreement, data, receipt.
fn frame(json: &mut Json, sealed: &Sealed<Reply>, log: &str) {
    let reply = sealed.content();
    if let Some(balance) = &reply.balance {
        quota(json, balance);
    }
    if let Some(pks) = &reply.pks {
        json.key("pks");
        json.open('{');
        json.pair("number", &pks.agreement().number.office);
        json.key("version");
        json.number(pks.agreement().version);
        json.close('}');
    }
    if let Some(snapshot) = &reply.snapshot {
        json.pair("snapshot", &snapshot.id);
        json.key("as_of");
        json.plain(snapshot.as_of);
    }
    json.key("receipt");
    json.open('{');
    json.pair("log", log);
    json.key("index");
    json.number(sealed.receipt().index());
    json.key("leaf");
    json.text(&to_hex(sealed.receipt().leaf()));
    json.close('}');
}

fn quota(json: &mut Json, balance: &Balance) {
    json.key("quota");
    json.open('{');
    json.key("remaining_day");
    json.number(balance.remaining_day);
    json.close('}');
}

fn grants(json: &mut Json, agreement: &Agreement) {
    json.key("methods");
    json.open('[');
    for method in [Method::Verify, Method::Retrieve, Method::Family] {
        if agreement.grants_method(method) {
            json.text(method.word());
        }
    }
    json.close(']');
    json.key("elements");
    json.open('[');
    let grants = &agreement.grants;
    for elemen in grants.verify.union(grants.read).iter() {
        json.open('{');
        json.pair("name", elemen.name());
        json.key("rights");
        json.open('[');
        for (right, set) in [("verify", grants.verify), ("score", grants.score), ("read", grants.read)] {
            if set.contains(elemen) {
                json.text(right);
            }
        }
        json.close(']');
        if elemen.scored() && grants.verify.contains(elemen) {
            json.key("threshold_min");
            json.number(grants.floor(elemen));
        }
        json.close('}');
    }
    json.close(']');
}

fn limits(json: &mut Json, agreement: &Agreement) {
    json.key("term");
    json.open('{');
    json.key("from");
    json.plain(agreement.term.zone.date(agreement.term.begins));
    json.key("until");
    json.plain(agreement.term.last_day());
    json.pair("zone", agreement.term.zone.word());
    json.close('}');
    json.key("quota_terms");
    json.open('{');
    for (key, value) in [
        ("per_second", u64::from(agreement.quota.per_second)),
        ("burst", u64::from(agreement.quota.burst)),
        ("per_day", agreement.quota.per_day),
    ] {
        json.key(key);
        json.number(value);
    }
    json.close('}');
    json.key("operator_card");
    json.truth(agreement.operator_card);
    json.key("tell_status");
    json.truth(agreement.tell_status);
    json.key("purpose_required");
    json.truth(agreement.purpose_required);
    json.key("purposes");
    json.open('[');
    for purpose in &agreement.purposes {
        json.open('{');
        json.pair("code", &purpose.code);
        json.pair("text", &purpose.text);
        json.close('}');
    }
    json.close(']');
}

fn balikan(json: &mut Json, agreement: &Agreement) {
    let Some(balikan) = &agreement.balikan else { return };
    json.key("balikan");
    json.open('{');
    json.key("fields");
    json.open('[');
    for field in &balikan.fields {
        json.text(field);
    }
    json.close(']');
    json.pair("period", balikan.period.word());
    json.close('}');
}
