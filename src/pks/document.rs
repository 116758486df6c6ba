//! The agreement as it is written down: `pks.json`, field by field, before anything in it is believed.
//!
//! This is what is drafted, edited, compared and signed. It says nothing about whether it makes sense: [`Document::parse`] turns it
//! into an [`Agreement`], which does. Refuses fields it does not know.

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

use super::agreement::Agreement;
use super::fault::PksFault;
use super::{json, shape};
use crate::kernel::Zone;
use crate::kernel::limits::PKS_DOCUMENT_BYTES_MAX;

/// The word that opens every document of this form.
pub const FORMAT: &str = "gerbang-pks/1";

/// A `pks.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// [`FORMAT`].
    pub format: String,
    /// The number each party files the agreement under.
    pub number: Numbers,
    /// Counts up from 1 with every change that is signed anew.
    pub version: u32,
    /// The version that this one amends or renews; left out for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<Former>,
    /// The office that grants.
    pub office: OfficeText,
    /// The lembaga that is granted.
    pub lembaga: LembagaText,
    /// What the data may be used for.
    pub purposes: Vec<Purpose>,
    /// Whether every question must name one of the purposes.
    pub purpose_required: bool,
    /// From when until when.
    pub term: TermText,
    /// Whether the office has suspended it.
    #[serde(default)]
    pub suspended: bool,
    /// `verify`, `retrieve`, and with the latter `family`: retrieval of everybody on a family card.
    pub methods: Vec<String>,
    /// Names of the lembaga's own for the methods of the DWH service, upper case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dwh_methods: Option<DwhMethods>,
    /// The elements granted.
    pub elements: Vec<ElementText>,
    /// How much may be asked.
    pub quota: Quota,
    /// What is taken for guessing; without it the defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guessing: Option<Guessing>,
    /// When may be asked; `null` for always. Must be there: hours forgotten are not hours waived.
    #[serde(deserialize_with = "explicit")]
    pub hours: Option<HoursText>,
    /// From where: networks like `10.1.0.0/16` or single addresses.
    pub networks: Vec<String>,
    /// SHA-256 of the client certificates admitted, in hex; empty for every certificate of the lembaga.
    pub certificates: Vec<String>,
    /// Whether the DWH route may be used with a password alone, from fixed addresses.
    pub password_without_certificate: bool,
    /// `"all"` or a list like `["63", "72.05"]`: where the residents live about whom may be asked.
    pub regions: RegionsText,
    /// Whether an officer's card is needed for every question.
    pub operator_card: bool,
    /// Whether the NIK's status may be told.
    pub tell_status: bool,
    /// The data balikan owed; `null` for none. Must be there like the hours.
    #[serde(deserialize_with = "explicit")]
    pub balikan: Option<BalikanText>,
    /// SHA-256 of the signed paper as PDF, in hex.
    pub paper_sha256: String,
}

/// An earlier version of the same agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Former {
    /// Its number, lower than that of the document that names it.
    pub version: u32,
    /// SHA-256 of its canonical form, in hex: both parties sign what they change.
    pub digest: String,
}

/// The number each party files the agreement under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// The office's number.
    pub office: String,
    /// The lembaga's number.
    pub lembaga: String,
}

/// The office that grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeText {
    /// Its name, as in its certificate's O.
    pub name: String,
    /// Who signs.
    pub signatory: Signatory,
}

/// The lembaga that is granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LembagaText {
    /// Its short name, `bank-antasari`.
    pub id: String,
    /// Its name, as in its certificate's O.
    pub name: String,
    /// What it is: `bank`, `rumah sakit`, `perangkat daerah` ...
    pub kind: String,
    /// The fifteen digits by which the DWH service knows it.
    pub customer_id: String,
    /// Who signs.
    pub signatory: Signatory,
}

/// Who signs for a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signatory {
    /// The person's name, as in the certificate's CN.
    pub name: String,
    /// The office held.
    pub title: String,
}

/// One purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// The word that questions name it by: a-z, 0-9, `-` and `_`.
    pub code: String,
    /// The purpose in words.
    pub text: String,
}

/// From when until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermText {
    /// The first day, yyyy-MM-dd.
    pub from: String,
    /// The last day, yyyy-MM-dd.
    pub until: String,
    /// Where these days begin and end.
    pub zone: Zone,
}

/// Names of the lembaga's own for the methods of the DWH service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DwhMethods {
    /// Names that mean verification.
    #[serde(default)]
    pub verify: Vec<String>,
    /// Names that mean retrieval.
    #[serde(default)]
    pub retrieve: Vec<String>,
}

/// One element granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementText {
    /// Its name in the catalogue.
    pub name: String,
    /// `verify`, `score`, `read`.
    pub rights: Vec<String>,
    /// The lowest threshold, 1-100: for scored elements with `verify`, and only for these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold_min: Option<u8>,
    /// The law that allows a protected element, and only for these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_ground: Option<String>,
}

/// How much may be asked. Every number is at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Questions a second in the long run.
    pub per_second: u32,
    /// Questions at once after a pause.
    pub burst: u32,
    /// NIKs looked up in a day of the term's zone.
    pub per_day: u64,
}

/// What is taken for guessing. What is left out has its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guessing {
    /// Wrong values a day for one NIK and element, 1-14; 5.
    pub wrong_per_day: u8,
    /// Different NIKs of one region and birth date a day, 10-5,000; 200.
    pub consecutive: u32,
    /// Different NIKs an hour with one value that does not match, 10-5,000; 1,000.
    pub same_value_per_hour: u32,
    /// Changes a day of the score told for one NIK and element, 1-14; 4.
    pub score_changes: u8,
    /// Minutes that a sweep stops the lembaga, 0-1,440; 15. With 0 it only alarms.
    pub brake_minutes: u32,
}

impl Default for Guessing {
    fn default() -> Self {
        Self { wrong_per_day: 5, consecutive: 200, same_value_per_hour: 1_000, score_changes: 4, brake_minutes: 15 }
    }
}

/// When may be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursText {
    /// Where the clock hangs.
    pub zone: Zone,
    /// `senin` ... `minggu`.
    pub days: Vec<String>,
    /// `HH:MM`, the first minute.
    pub from: String,
    /// `HH:MM` up to `24:00`, the first minute no longer inside.
    pub until: String,
}

/// Where the residents live about whom may be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RegionsText {
    /// `"all"`.
    Word(String),
    /// A list of provinces (`63`) and kabupaten (`63.05`).
    List(Vec<String>),
}

/// The data balikan owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BalikanText {
    /// Names of the fields.
    pub fields: Vec<String>,
    /// How often.
    pub period: Period,
}

/// How often data balikan are owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// Every three months.
    Quarterly,
    /// Every six months.
    Semester,
}

impl Period {
    /// The word for it in documents and answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Quarterly => "quarterly",
            Self::Semester => "semester",
        }
    }
}

impl Document {
    /// Reads a `pks.json`. What has not the form of one is refused with every fault of form and of meaning that can be found; what has
    /// the form is taken, for [`Document::parse`] to say whether it makes sense.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<PksFault>> {
        read_tree(bytes).map(|(_, document)| document)
    }

    /// From a tree, as [`Document::read`].
    pub fn from_tree(tree: serde_json::Value) -> Result<Self, Vec<PksFault>> {
        let mut mended = tree;
        let mut faults = shape::mend(&mut mended);
        let document: Self = serde_json::from_value(mended).map_err(|e| vec![PksFault::new("", e.to_string())])?;
        if faults.is_empty() {
            return Ok(document);
        }
        // What was put in the place of a fault has no meaning to be blamed for.
        let repaired: Vec<String> = faults.iter().map(|fault| fault.pointer.clone()).collect();
        let blamed = |pointer: &str| repaired.iter().any(|own| pointer.strip_prefix(own.as_str()).is_some_and(below));
        let meant = document.parse().err().unwrap_or_default();
        faults.extend(meant.into_iter().filter(|fault| !blamed(&fault.pointer)));
        Err(faults)
    }

    /// What it means, or everything that is wrong with it.
    pub fn parse(&self) -> Result<Agreement, Vec<PksFault>> {
        Agreement::from_document(self)
    }

    /// As it is written to disk: indented, with a newline at the end. Any other layout has the same canonical form.
    pub fn to_json(&self) -> Result<String, PksFault> {
        let mut text = serde_json::to_string_pretty(self).map_err(|e| PksFault::new("", e.to_string()))?;
        text.push('\n');
        Ok(text)
    }
}

/// Whether what is left of a pointer lies at or below a place, and not beside it.
fn below(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

fn read_tree(bytes: &[u8]) -> Result<(serde_json::Value, Document), Vec<PksFault>> {
    let tree = json::read(bytes, PKS_DOCUMENT_BYTES_MAX).map_err(|fault| vec![fault])?;
    let document = Document::from_tree(tree.clone())?;
    Ok((tree, document))
}

/// SHA-256 of the canonical form of a `pks.json`: what audit entries, later versions and revocations name it by.
pub fn document_digest(bytes: &[u8]) -> Result<[u8; 32], PksFault> {
    json::canonical(&json::read(bytes, PKS_DOCUMENT_BYTES_MAX)?).map(|canonical| sha256(&canonical))
}

/// SHA-256 of some bytes.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0u8; 32];
    for (own, byte) in digest.iter_mut().zip(digest::digest(&digest::SHA256, bytes).as_ref()) {
        *own = *byte;
    }
    digest
}

/// An optional value whose member must be there all the same; serde lets a plain `Option` be left out.
fn explicit<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// A text read, with the canonical form that is signed.
pub(super) struct Reading {
    pub(super) agreement: Agreement,
    pub(super) canonical: Vec<u8>,
}

/// Reads a `pks.json` for signing or verifying; lists everything that is wrong with it.
pub(super) fn read_for_signature(bytes: &[u8]) -> Result<Reading, Vec<PksFault>> {
    let (tree, document) = read_tree(bytes)?;
    let agreement = document.parse()?;
    let canonical = json::canonical(&tree).map_err(|fault| vec![fault])?;
    Ok(Reading { agreement, canonical })
}
