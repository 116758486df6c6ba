//! The whole matrix: which lembaga has which right to which element, as one text to be reviewed as a diff.
//!
//! Every cell is asked of the judgement itself, in a situation that the agreement admits; it is not read off the grants. So a change
//! of the judgement shows up here as well as a change of an agreement.

use std::fmt::Write;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::agreement::Agreement;
use super::decide::{self, Situation};
use super::regions::Regions;
use super::reveal::{self, Finding};
use crate::kernel::{
    Ask, AskedElemen, Elemen, Fingerprint, Generation, KabCode, Method, Nik, NikStatus, Region, RowBuilder, Secret,
};

/// One fact of an agreement, in words.
type Fact = fn(&Agreement) -> String;

/// What binds a lembaga beside the elements.
const FACTS: [(&str, Fact); 8] = [
    ("hours", |a| a.hours.map_or_else(|| "always".to_owned(), |hours| hours.words())),
    ("regions", |a| match &a.regions {
        Regions::All => "all".to_owned(),
        Regions::Some(list) => list.iter().map(Region::to_string).collect::<Vec<_>>().join(","),
    }),
    ("card", |a| yes(a.operator_card)),
    ("family card", |a| yes(a.may_family)),
    ("status told", |a| yes(a.tell_status)),
    ("purpose", |a| if a.purpose_required { "required".to_owned() } else { "optional".to_owned() }),
    ("password alone", |a| yes(a.password_without_certificate)),
    ("quota", |a| format!("{}/s {}/day", a.quota.per_second, a.quota.per_day)),
];

/// The matrix of some agreements, lembaga as columns and elements as rows: `v` may be verified (with the lowest threshold it is
/// judged by), `s` its score is told, `r` its value is given, `-` nothing. Below it what else binds each.
#[must_use]
pub fn matrix(agreements: &[&Agreement]) -> String {
    let mut text = format!("{:<16}", "element");
    for agreement in agreements {
        cell(&mut text, agreement.lembaga_id.as_str());
    }
    for elemen in Elemen::all() {
        row(&mut text, elemen.name());
        for agreement in agreements {
            cell(&mut text, &rights(agreement, elemen));
        }
    }
    row(&mut text, "");
    for (name, fact) in FACTS {
        row(&mut text, name);
        for agreement in agreements {
            cell(&mut text, &fact(agreement));
        }
    }
    trim(&mut text);
    text.push('\n');
    text
}

fn row(text: &mut String, name: &str) {
    trim(text);
    // Writing to a String can't fail.
    let _ = write!(text, "\n{name:<16}");
}

fn cell(text: &mut String, content: &str) {
    let _ = write!(text, "{content:<28}");
}

fn trim(text: &mut String) {
    text.truncate(text.trim_end_matches(' ').len());
}

fn yes(fact: bool) -> String {
    if fact { "yes".to_owned() } else { "no".to_owned() }
}

/// What one lembaga may do with one element.
fn rights(agreement: &Agreement, elemen: Elemen) -> String {
    let verified = judged(agreement, Method::Verify, elemen);
    let read = judged(agreement, Method::Retrieve, elemen);
    let mut words = Vec::new();
    if let Some(told) = &verified {
        let scored = told.verdicts.iter().any(|verdict| verdict.score.is_some());
        words.push(if elemen.scored() { format!("v{}", lowest(agreement, elemen)) } else { "v".to_owned() });
        words.extend(scored.then(|| "s".to_owned()));
    }
    if read.is_some_and(|told| told.values().any(|(own, _)| own == elemen)) {
        words.push("r".to_owned());
    }
    if words.is_empty() { "-".to_owned() } else { words.join(" ") }
}

/// The lowest threshold that is not refused.
fn lowest(agreement: &Agreement, elemen: Elemen) -> u8 {
    let accepted = |threshold: &u8| permitted(agreement, Method::Verify, elemen, Some(*threshold)).is_some();
    (0..=100).find(accepted).unwrap_or(u8::MAX)
}

fn judged(agreement: &Agreement, method: Method, elemen: Elemen) -> Option<reveal::Disclosure> {
    let (scope, ask) = permitted(agreement, method, elemen, None)?;
    let kab = match &agreement.regions {
        Regions::All => KabCode::new(63, 5),
        Regions::Some(list) => match list.first()? {
            Region::Kab(kab) => *kab,
            Region::Province(province) => KabCode::new(*province, 1),
        },
    };
    let row = RowBuilder::new(NikStatus::Active, kab, 0).finish();
    reveal::disclose(agreement, &scope, &ask, &Finding::Row(Arc::new(row))).ok()
}

/// Judges one element in a situation that the agreement admits.
fn permitted(agreement: &Agreement, method: Method, elemen: Elemen, threshold: Option<u8>) -> Option<(decide::Scope, Ask)> {
    let ask = Ask {
        method,
        generation: Generation::V1,
        nik: Nik::parse("6305014507850001"),
        elements: vec![AskedElemen { elemen, value: Some(Secret::new(String::new())) }],
        threshold,
        purpose: agreement.purposes.first().map(|purpose| purpose.code.clone()),
    };
    let situation = Situation {
        lembaga: &agreement.lembaga_id,
        address: agreement.networks.first()?.first(),
        certificate: Some(agreement.certificates.first().copied().unwrap_or(Fingerprint::from_digest([0; 32]))),
        officer: true,
    };
    let scope = decide::judge(agreement, &situation, &ask, admitted(agreement)?).ok()?;
    Some((scope, ask))
}

/// A moment within the term and the hours: the first minute of the term's first week that fits.
fn admitted(agreement: &Agreement) -> Option<Timestamp> {
    let begins = agreement.term.begins;
    let Some(hours) = &agreement.hours else { return Some(begins) };
    (0..7 * 24 * 60).filter_map(|minute| begins.checked_add(SignedDuration::from_mins(minute)).ok()).find(|at| hours.contain(*at))
}
