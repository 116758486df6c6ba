//! Cases: what an agreement decides, written down beside it and checked (`cases.toml`, rule 18 of the house).
//!
//! A case is a question in a situation, and the decision it must get with its reason. The document need not be signed, for cases are
//! how a draft is reviewed; so nothing here makes a witness: cases run the judgement that stands behind `decide` and `reveal` and
//! give out words. A case may judge a changed document (`with`, a merge patch after RFC 7396), to show what the change would do.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::agreement::Agreement;
use super::decide::{self, Situation};
use super::document::Document;
use super::fault::PksFault;
use super::json;
use super::reveal::{self, Disclosure, Finding};
use crate::kernel::limits::PKS_DOCUMENT_BYTES_MAX;
use crate::kernel::{
    Ask, AskedElemen, Elemen, ElemenSet, Fingerprint, Generation, LembagaId, Method, Nik, NikStatus, Refusal, Region, Row,
    RowBuilder, Secret,
};

/// A NIK that no case depends on; invented, serial and date cannot be anyone's in the samples.
const SOME_NIK: &str = "6305014507850001";

/// One case of a `cases.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows, as a sentence.
    pub name: String,
    /// The moment of the question, RFC 3339.
    pub at: String,
    /// `verify`, `retrieve` or `agreement`.
    pub method: String,
    /// Whether the question comes by the DWH service instead of `/v1`.
    #[serde(default)]
    pub dwh: bool,
    /// The elements asked.
    #[serde(default)]
    pub elements: Vec<String>,
    /// For verification: the values given, by element.
    #[serde(default)]
    pub values: std::collections::BTreeMap<String, String>,
    /// The threshold given.
    pub threshold: Option<u8>,
    /// The purpose named.
    pub purpose: Option<String>,
    /// Whether the NIK given is none.
    #[serde(default)]
    pub malformed_nik: bool,
    /// Who asks; the agreement's own lembaga where left out.
    pub lembaga: Option<String>,
    /// From which address; 127.0.0.1 where left out.
    pub address: Option<String>,
    /// With which certificate: its SHA-256 in hex, or `none`; some certificate of the lembaga where left out.
    pub certificate: Option<String>,
    /// Whether an officer is logged in by card.
    #[serde(default)]
    pub officer: bool,
    /// Changes to the document for this case alone: a merge patch.
    pub with: Option<toml::Table>,
    /// What the warehouse has; left out where only the permit is of interest.
    pub found: Option<Found>,
    /// What must come of it.
    pub expect: Expect,
}

/// What the warehouse has of the NIK.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// `active`, `deceased`, `duplicate`, `inactive` or `absent`.
    pub status: String,
    /// Where the resident lives, `63.05`; needed unless absent.
    pub region: Option<String>,
    /// The values on record, by element.
    #[serde(default)]
    pub values: std::collections::BTreeMap<String, String>,
}

/// What must come of a case: a refusal with its reason, or a permit with what it gives.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Expect {
    /// The code of a refusal, `ELEMENT_NOT_GRANTED`, and where elements are named, which.
    Refused {
        /// The code.
        refused: String,
        /// The elements it names.
        #[serde(default)]
        elements: Vec<String>,
    },
    /// A permit.
    Permitted {
        /// The elements granted.
        granted: Vec<String>,
        /// With `found`: what is told of the NIK.
        outcome: Option<String>,
        /// With `found`: the elements that match, with their score where it is told (`NAMA_LGKP 100`).
        matched: Option<Vec<String>>,
        /// With `found`: the values told, `NAMA_LGKP=SITI AMINAH`.
        told: Option<Vec<String>>,
    },
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// The case's name.
    pub name: String,
    /// What had to come of it, in words.
    pub expected: String,
    /// What came of it, in the same words.
    pub got: String,
}

impl CaseResult {
    /// Whether it came out as it had to.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.expected == self.got
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    case: Vec<Case>,
}

/// Reads a `cases.toml`.
pub fn read_cases(text: &str) -> Result<Vec<Case>, PksFault> {
    toml::from_str::<CaseFile>(text).map(|file| file.case).map_err(|e| PksFault::new("", e.to_string().trim_end().to_owned()))
}

/// Runs cases against a document, signed or not. A case that can't be understood is a fault; one that comes out otherwise than
/// expected is a result.
pub fn run_cases(document: &[u8], cases: &[Case]) -> Result<Vec<CaseResult>, Vec<PksFault>> {
    let tree = json::read(document, PKS_DOCUMENT_BYTES_MAX).map_err(|fault| vec![fault])?;
    cases.iter().map(|case| run(&tree, case)).collect()
}

fn run(tree: &Value, case: &Case) -> Result<CaseResult, Vec<PksFault>> {
    let fault = |sentence: String| vec![PksFault::new("", format!("case {:?}: {sentence}", case.name))];
    let agreement = agreement(tree, case)?;
    let ask = ask(case).map_err(fault)?;
    let caller = caller(case, &agreement).map_err(fault)?;
    let at: Timestamp = case.at.parse().map_err(|_| fault(format!("{:?} is no time", case.at)))?;
    let situation = Situation { lembaga: &caller.0, address: caller.1, certificate: caller.2, officer: case.officer };
    let got = match decide::judge(&agreement, &situation, &ask, at) {
        Err(refusal) => refused(&refusal),
        Ok(scope) => match &case.found {
            None => permitted(&names(scope.granted), None, None, None),
            Some(found) => match reveal::disclose(&agreement, &scope, &ask, &finding(found).map_err(fault)?) {
                Err(refusal) => refused(&refusal),
                Ok(told) => disclosed(&told, &case.expect),
            },
        },
    };
    Ok(CaseResult { name: case.name.clone(), expected: expected(&case.expect), got })
}

/// The agreement that a case judges: the document, patched where the case says so, parsed with all its checks.
fn agreement(tree: &Value, case: &Case) -> Result<Agreement, Vec<PksFault>> {
    let fault = |sentence: String| vec![PksFault::new("", format!("case {:?}: {sentence}", case.name))];
    let mut tree = tree.clone();
    if let Some(patch) = &case.with {
        json::merge(&mut tree, serde_json::to_value(patch).map_err(|e| fault(e.to_string()))?);
    }
    Document::from_tree(tree)?.parse()
}

fn ask(case: &Case) -> Result<Ask, String> {
    let method = Method::ALL.into_iter().find(|method| method.word() == case.method);
    let mut elements = Vec::with_capacity(case.elements.len());
    for name in &case.elements {
        let value = case.values.get(name).map(|value| Secret::new(value.clone()));
        elements.push(AskedElemen { elemen: elemen(name)?, value });
    }
    if let Some(name) = case.values.keys().find(|name| !case.elements.contains(name)) {
        return Err(format!("a value is given for {name}, which is not asked"));
    }
    Ok(Ask {
        method: method.ok_or_else(|| format!("{:?} is no method", case.method))?,
        generation: if case.dwh { Generation::Dwh } else { Generation::V1 },
        nik: Nik::parse(if case.malformed_nik { "" } else { SOME_NIK }),
        elements,
        threshold: case.threshold,
        purpose: case.purpose.clone(),
    })
}

fn caller(case: &Case, agreement: &Agreement) -> Result<(LembagaId, IpAddr, Option<Fingerprint>), String> {
    let lembaga = match &case.lembaga {
        None => agreement.lembaga_id.clone(),
        Some(text) => LembagaId::parse(text).map_err(|e| e.to_string())?,
    };
    let address = case.address.as_deref().unwrap_or("127.0.0.1");
    let certificate = match case.certificate.as_deref() {
        None => Some(agreement.certificates.first().copied().unwrap_or(Fingerprint::from_digest([0; 32]))),
        Some("none") => None,
        Some(text) => Some(Fingerprint::parse(text).map_err(|e| e.to_string())?),
    };
    Ok((lembaga, address.parse().map_err(|_| format!("{address:?} is no address"))?, certificate))
}

fn finding(found: &Found) -> Result<Finding, String> {
    let status = match found.status.as_str() {
        "absent" => return Ok(Finding::Absent),
        "active" => NikStatus::Active,
        "deceased" => NikStatus::Deceased,
        "duplicate" => NikStatus::Duplicate,
        "inactive" => NikStatus::Inactive,
        other => return Err(format!("{other:?} is no status")),
    };
    let kab = match found.region.as_deref().map(Region::parse) {
        Some(Some(Region::Kab(kab))) => kab,
        _ => return Err("the region of a resident found must be a kabupaten like 63.05".into()),
    };
    row(status, kab, found).map(|row| Finding::Row(Arc::new(row)))
}

fn row(status: NikStatus, kab: crate::kernel::KabCode, found: &Found) -> Result<Row, String> {
    let mut values = Vec::with_capacity(found.values.len());
    for (name, value) in &found.values {
        values.push((elemen(name)?, value));
    }
    values.sort_unstable_by_key(|(elemen, _)| elemen.bit());
    let mut builder = RowBuilder::new(status, kab, values.iter().map(|(_, value)| value.len()).sum());
    for (elemen, value) in values {
        if !builder.push(elemen, value) {
            return Err(format!("the value of {elemen} can't be held"));
        }
    }
    Ok(builder.finish())
}

fn elemen(name: &str) -> Result<Elemen, String> {
    Elemen::parse(name).ok_or_else(|| format!("{name:?} is no element of the catalogue"))
}

fn names(set: ElemenSet) -> Vec<String> {
    set.iter().map(|elemen| elemen.name().to_owned()).collect()
}

fn refused(refusal: &Refusal) -> String {
    refused_words(refusal.reason.code(), &names(refusal.elements))
}

fn refused_words(code: &str, elements: &[String]) -> String {
    if elements.is_empty() { code.to_owned() } else { format!("{code} for {}", sorted(elements)) }
}

/// A disclosure in the words of what is expected of it: only what the expectation mentions is told.
fn disclosed(told: &Disclosure, expect: &Expect) -> String {
    let Expect::Permitted { outcome, matched, told: values, .. } = expect else {
        return permitted(&names(told.granted), Some(told.outcome.word()), None, None);
    };
    let own_matched: Vec<_> = told.verdicts.iter().filter(|verdict| verdict.matched).map(verdict_words).collect();
    let own_values: Vec<_> = told.values().map(|(elemen, value)| format!("{elemen}={value}")).collect();
    permitted(
        &names(told.granted),
        outcome.as_ref().map(|_| told.outcome.word()),
        matched.as_ref().map(|_| own_matched.as_slice()),
        values.as_ref().map(|_| own_values.as_slice()),
    )
}

fn verdict_words(verdict: &reveal::Verdict) -> String {
    match verdict.score {
        Some(score) => format!("{} {score}", verdict.elemen),
        None => verdict.elemen.name().to_owned(),
    }
}

fn expected(expect: &Expect) -> String {
    match expect {
        Expect::Refused { refused, elements } => refused_words(refused, elements),
        Expect::Permitted { granted, outcome, matched, told } => {
            permitted(granted, outcome.as_deref(), matched.as_deref(), told.as_deref())
        }
    }
}

fn permitted(granted: &[String], outcome: Option<&str>, matched: Option<&[String]>, told: Option<&[String]>) -> String {
    let mut words = format!("permit for [{}]", sorted(granted));
    if let Some(outcome) = outcome {
        words += &format!(", outcome {outcome}");
    }
    for (what, list) in [("matched", matched), ("told", told)] {
        if let Some(list) = list {
            words += &format!(", {what} [{}]", sorted(list));
        }
    }
    words
}

fn sorted(names: &[String]) -> String {
    let mut names: Vec<_> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.join(", ")
}

#[cfg(test)]
#[path = "cases_tests.rs"]
mod tests;
