//! From the document to the agreement: parses every field and refuses every contradiction, all of them at once.
//!
//! Refused beside malformed fields: a term that ends before it begins, an element or method named twice, an element the catalogue
//! does not have, a protected element without its legal ground, `score` without `verify` or for an element without a score, a
//! threshold where none is judged, a right that its method does not carry, a method without an element, a password without
//! certificate from wide networks, and two parties of one name.

use jiff::Timestamp;
use jiff::civil::Date;

use super::agreement::{Agreement, Balikan, PartyName, Term};
use super::document::{Document, FORMAT, Period, RegionsText, Signatory, TermText};
use super::fault::PksFault;
use super::hours::Hours;
use super::network::Network;
use super::paper::words::hidden;
use super::parse_elements::{self, Methods};
use super::regions::Regions;
use crate::kernel::{CustomerId, Fingerprint, LembagaId, Region, Zone, from_hex};

/// Characters of a name, title or number.
const TEXT_CHARS_MAX: usize = 200;
/// Entries of a list: networks are walked on the road.
const LIST_MAX: usize = 256;

const LEMBAGA_ID: &str = "harus 1-40 huruf kecil a-z, angka atau -, diawali huruf";
const CUSTOMER_ID: &str = "harus 15 angka";

/// Collects faults while the fields are walked.
#[derive(Default)]
pub(super) struct Faults(Vec<PksFault>);

impl Faults {
    pub(super) fn add(&mut self, pointer: impl Into<String>, sentence: impl Into<String>) {
        self.0.push(PksFault::new(pointer, sentence));
    }

    /// Whether there was none; else all of them.
    pub(super) fn none(self) -> Result<(), Vec<PksFault>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }

    /// The value, or nothing and a fault.
    pub(super) fn keep<T, E: ToString>(&mut self, pointer: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|e| self.add(pointer, e.to_string())).ok()
    }

    pub(super) fn text(&mut self, pointer: &str, text: &str) {
        if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX || text.trim() != text || text.chars().any(hidden) {
            self.add(
                pointer,
                format!(
                    "harus berupa teks 1-{TEXT_CHARS_MAX} huruf, tanpa spasi di awal atau akhir dan tanpa huruf yang tidak terlihat"
                ),
            );
        }
    }

    pub(super) fn length(&mut self, pointer: &str, length: usize) {
        if length > LIST_MAX {
            self.add(pointer, format!("memuat {length} entri; paling banyak {LIST_MAX}"));
        }
    }
}

/// Works out what a document means.
pub(super) fn agreement(document: &Document) -> Result<Agreement, Vec<PksFault>> {
    let mut faults = Faults::default();
    names(document, &mut faults);
    let lembaga_id = faults.keep("/lembaga/id", LembagaId::parse(&document.lembaga.id).map_err(|_| LEMBAGA_ID));
    let customer_id =
        faults.keep("/lembaga/customer_id", CustomerId::parse(&document.lembaga.customer_id).map_err(|_| CUSTOMER_ID));
    purposes(document, &mut faults);
    let term = term(&document.term, &mut faults);
    let methods = parse_elements::methods(document, &mut faults);
    let (grants, legal_grounds) = parse_elements::elements(document, &methods, &mut faults);
    quota(document, &mut faults);
    guessing(document, &mut faults);
    let hours = hours(document, &mut faults);
    let networks = networks(document, &mut faults);
    let certificates = certificates(document, &mut faults);
    let regions = regions(&document.regions, &mut faults);
    let balikan = balikan(document, &mut faults);
    let paper_sha256 = paper(document, &mut faults);
    let Methods { may_verify, may_retrieve, may_family, dwh_methods } = methods;
    let (Some(lembaga_id), Some(customer_id), Some(term), true) = (lembaga_id, customer_id, term, faults.0.is_empty()) else {
        return Err(faults.0);
    };
    Ok(Agreement {
        number: document.number.clone(),
        version: document.version,
        supersedes: document.supersedes.clone(),
        office: party(&document.office.name, &document.office.signatory),
        lembaga: party(&document.lembaga.name, &document.lembaga.signatory),
        lembaga_id,
        lembaga_kind: document.lembaga.kind.clone(),
        customer_id,
        purposes: document.purposes.clone(),
        purpose_required: document.purpose_required,
        term,
        suspended: document.suspended,
        may_verify,
        may_retrieve,
        may_family,
        dwh_methods,
        grants,
        legal_grounds,
        quota: document.quota,
        guessing: document.guessing.unwrap_or_default(),
        hours,
        networks,
        certificates,
        password_without_certificate: document.password_without_certificate,
        regions,
        operator_card: document.operator_card,
        tell_status: document.tell_status,
        balikan,
        paper_sha256,
    })
}

fn party(name: &str, signatory: &Signatory) -> PartyName {
    PartyName { name: name.to_owned(), signatory: signatory.clone() }
}

fn names(document: &Document, faults: &mut Faults) {
    if document.format != FORMAT {
        faults.add("/format", format!("harus {FORMAT:?}; bentuk lain tidak dikenal"));
    }
    if document.version == 0 {
        faults.add("/version", "dihitung mulai 1");
    }
    if let Some(former) = &document.supersedes {
        if former.version == 0 || former.version >= document.version {
            faults.add("/supersedes/version", "harus lebih rendah daripada versi naskah ini, mulai 1");
        }
        faults.keep("/supersedes/digest", digest(&former.digest));
    }
    for (pointer, text) in [
        ("/number/office", &document.number.office),
        ("/number/lembaga", &document.number.lembaga),
        ("/office/name", &document.office.name),
        ("/office/signatory/name", &document.office.signatory.name),
        ("/office/signatory/title", &document.office.signatory.title),
        ("/lembaga/name", &document.lembaga.name),
        ("/lembaga/kind", &document.lembaga.kind),
        ("/lembaga/signatory/name", &document.lembaga.signatory.name),
        ("/lembaga/signatory/title", &document.lembaga.signatory.title),
    ] {
        faults.text(pointer, text);
    }
    if document.office.name == document.lembaga.name {
        faults.add("/lembaga/name", "sama dengan nama Pihak Kesatu; perjanjian dibuat oleh dua pihak");
    }
}

fn purposes(document: &Document, faults: &mut Faults) {
    faults.length("/purposes", document.purposes.len());
    for (index, purpose) in document.purposes.iter().enumerate() {
        let fits = (1..=64).contains(&purpose.code.len())
            && purpose.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if !fits {
            faults.add(format!("/purposes/{index}/code"), "harus 1-64 huruf a-z, angka, - atau _");
        }
        if document.purposes.iter().take(index).any(|other| other.code == purpose.code) {
            faults.add(format!("/purposes/{index}/code"), "disebut dua kali");
        }
        faults.text(&format!("/purposes/{index}/text"), &purpose.text);
    }
    if document.purposes.is_empty() {
        faults.add("/purposes", "belum menyebut tujuan; data hanya diberikan untuk suatu tujuan");
    }
}

fn term(text: &TermText, faults: &mut Faults) -> Option<Term> {
    let from = faults.keep("/term/from", date(&text.from));
    let until = faults.keep("/term/until", date(&text.until));
    let (from, until) = (from?, until?);
    if until < from {
        faults.add("/term/until", "lebih awal daripada hari pertama jangka waktu");
        return None;
    }
    let begins = midnight(text.zone, Some(from));
    let ends = midnight(text.zone, until.tomorrow().ok());
    if begins.is_none() || ends.is_none() {
        faults.add("/term", "di luar jangkauan kalender");
    }
    Some(Term { begins: begins?, ends: ends?, zone: text.zone })
}

fn date(text: &str) -> Result<Date, String> {
    let sentence = || format!("{text:?} bukan tanggal; tulis seperti 2026-01-31");
    let date: Date = text.parse().map_err(|_| sentence())?;
    // The parser takes several spellings, the document one: what is signed must not depend on the reader.
    if date.to_string() == text { Ok(date) } else { Err(sentence()) }
}

fn midnight(zone: Zone, date: Option<Date>) -> Option<Timestamp> {
    zone.offset().to_timestamp(date?.at(0, 0, 0, 0)).ok()
}

fn quota(document: &Document, faults: &mut Faults) {
    let quota = &document.quota;
    for (pointer, number) in [
        ("/quota/per_second", u64::from(quota.per_second)),
        ("/quota/burst", u64::from(quota.burst)),
        ("/quota/per_day", quota.per_day),
    ] {
        if number == 0 {
            faults.add(pointer, "harus paling sedikit 1; untuk menghentikan akses, tangguhkan perjanjian");
        }
    }
}

fn guessing(document: &Document, faults: &mut Faults) {
    let Some(guessing) = &document.guessing else { return };
    for (field, number, low, high) in [
        ("wrong_per_day", u32::from(guessing.wrong_per_day), 1, 14),
        ("consecutive", guessing.consecutive, 10, 5_000),
        ("same_value_per_hour", guessing.same_value_per_hour, 10, 5_000),
        ("score_changes", u32::from(guessing.score_changes), 1, 14),
        ("brake_minutes", guessing.brake_minutes, 0, 1_440),
    ] {
        if !(low..=high).contains(&number) {
            faults.add(format!("/guessing/{field}"), format!("harus antara {low} dan {high}"));
        }
    }
}

fn hours(document: &Document, faults: &mut Faults) -> Option<Hours> {
    let text = document.hours.as_ref()?;
    match Hours::parse(text.zone, &text.days, &text.from, &text.until) {
        Ok(hours) => Some(hours),
        Err(list) => {
            for (field, sentence) in list {
                faults.add(format!("/hours/{field}"), sentence);
            }
            None
        }
    }
}

fn networks(document: &Document, faults: &mut Faults) -> Vec<Network> {
    faults.length("/networks", document.networks.len());
    if document.networks.is_empty() {
        faults.add("/networks", "belum menyebut jaringan; tidak seorang pun dapat mengakses");
    }
    let mut networks = Vec::with_capacity(document.networks.len());
    for (index, text) in document.networks.iter().enumerate() {
        let pointer = format!("/networks/{index}");
        let Some(network) = faults.keep(&pointer, Network::parse(text)) else { continue };
        if networks.contains(&network) {
            faults.add(&pointer, format!("{network} disebut dua kali"));
        }
        if document.password_without_certificate && !network.fixed() {
            let sentence = format!(
                "{network} terlalu luas untuk kata sandi tanpa sertifikat; sebutkan alamat tetap, paling banyak 256 dalam satu jaringan"
            );
            faults.add(&pointer, sentence);
        }
        networks.push(network);
    }
    networks
}

fn certificates(document: &Document, faults: &mut Faults) -> Vec<Fingerprint> {
    faults.length("/certificates", document.certificates.len());
    let mut certificates = Vec::with_capacity(document.certificates.len());
    for (index, text) in document.certificates.iter().enumerate() {
        let pointer = format!("/certificates/{index}");
        let Some(fingerprint) = faults.keep(&pointer, digest(text)).map(Fingerprint::from_digest) else { continue };
        if certificates.contains(&fingerprint) {
            faults.add(&pointer, "disebut dua kali");
        }
        certificates.push(fingerprint);
    }
    certificates
}

fn paper(document: &Document, faults: &mut Faults) -> [u8; 32] {
    faults.keep("/paper_sha256", digest(&document.paper_sha256)).unwrap_or_default()
}

fn digest(text: &str) -> Result<[u8; 32], &'static str> {
    let mut digest = [0u8; 32];
    let lower = !text.bytes().any(|b| b.is_ascii_uppercase());
    if lower && from_hex(text, &mut digest) { Ok(digest) } else { Err("harus berupa SHA-256: 64 digit heksadesimal huruf kecil") }
}

fn regions(text: &RegionsText, faults: &mut Faults) -> Regions {
    let list = match text {
        RegionsText::Word(word) if word == "all" => return Regions::All,
        RegionsText::Word(word) => {
            faults.add("/regions", format!("{word:?} tidak dikenal; tulis \"all\" atau daftar seperti [\"63\", \"72.05\"]"));
            return Regions::Some(Vec::new());
        }
        RegionsText::List(list) => list,
    };
    if list.is_empty() {
        faults.add("/regions", "belum menyebut wilayah; tulis \"all\" atau daftar seperti [\"63\", \"72.05\"]");
    }
    let mut regions = Vec::with_capacity(list.len());
    for (index, code) in list.iter().enumerate() {
        let pointer = format!("/regions/{index}");
        match Region::parse(code).filter(|region| region.to_string() == *code) {
            None => {
                faults.add(pointer, format!("{code:?} bukan kode wilayah; tulis provinsi seperti 63 atau kabupaten seperti 63.05"))
            }
            Some(region) if regions.contains(&region) => faults.add(pointer, format!("{code} disebut dua kali")),
            Some(region) => regions.push(region),
        }
    }
    regions.sort_unstable();
    Regions::Some(regions)
}

fn balikan(document: &Document, faults: &mut Faults) -> Option<Balikan> {
    let text = document.balikan.as_ref()?;
    faults.length("/balikan/fields", text.fields.len());
    if text.fields.is_empty() {
        faults.add("/balikan/fields", "belum menyebut isian; tulis \"balikan\": null bila tidak ada yang wajib diserahkan");
    }
    for (index, field) in text.fields.iter().enumerate() {
        if !upper_word(field) {
            faults.add(format!("/balikan/fields/{index}"), "harus 1-64 huruf A-Z, angka atau _, diawali huruf");
        }
        if text.fields.iter().take(index).any(|other| other == field) {
            faults.add(format!("/balikan/fields/{index}"), "disebut dua kali");
        }
    }
    let period: Period = text.period;
    Some(Balikan { fields: text.fields.clone(), period })
}

/// Whether a text is 1-64 characters of A-Z, 0-9 and _, beginning with a letter.
pub(super) fn upper_word(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && text.bytes().next().is_some_and(|b| b.is_ascii_uppercase())
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
