use std::path::PathBuf;

use jiff::ToSpan as _;
use tempfile::TempDir;

use super::*;
use crate::pks::specimen::{self, Ca};
use crate::pks::{Document, Former, Party, Revocation, assemble, document_digest, sign, sign_revocation, template};

/// A folder of agreements with authorities to sign more.
struct Shelf {
    dir: TempDir,
    office: Ca,
    lembaga: Ca,
}

const LEMBAGA: &str = "rsud-tapin";

impl Shelf {
    fn new() -> Self {
        let shelf = Self { dir: tempfile::tempdir().unwrap(), office: specimen::ca("kantor"), lembaga: specimen::ca("lembaga") };
        for (name, ca) in [(OFFICE_ANCHORS_FILE, &shelf.office), (LEMBAGA_ANCHORS_FILE, &shelf.lembaga)] {
            let pem = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &ca.certificate);
            let text = format!("-----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n");
            shelf.write(&format!("{ANCHORS_DIRECTORY}/{name}"), &text);
        }
        shelf
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    #[expect(clippy::disallowed_methods, reason = "what a test lays out is not durable")]
    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "what is removed was made for this test")]
    fn remove(&self, name: &str) {
        std::fs::remove_file(self.path(name)).unwrap();
    }

    /// Signs a version into a place of the lembaga's folder.
    fn put(&self, place: &str, document: &Document) -> String {
        let text = document.to_json().unwrap();
        let one = |party, ca: &Ca| {
            let pen = specimen::pen(document, party, ca);
            sign(text.as_bytes(), party, &pen.key, &pen.chain, specimen::signing_day()).unwrap()
        };
        let signatures = assemble(&[one(Party::Office, &self.office), one(Party::Lembaga, &self.lembaga)]).unwrap();
        self.write(&format!("{LEMBAGA}/{place}{DOCUMENT_FILE}"), &text);
        self.write(&format!("{LEMBAGA}/{place}{SIGNATURES_FILE}"), &signatures);
        text
    }

    fn load(&self, now: &str) -> (Registry, Loaded) {
        Registry::load(self.dir.path(), at(now)).unwrap()
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A version with a term of its own.
fn version(number: u32, from: &str, until: &str) -> Document {
    let mut document = template(LEMBAGA).unwrap();
    document.version = number;
    (document.term.from, document.term.until) = (from.into(), until.into());
    document
}

/// The version that counts at a moment and how it stands.
fn counts(registry: &Registry, now: &str) -> (u32, Standing) {
    let pks = registry.pks_of(&LembagaId::parse(LEMBAGA).unwrap(), at(now)).unwrap();
    (pks.agreement().version, pks.standing(at(now)))
}

fn told(loaded: &Loaded) -> String {
    loaded.findings.iter().map(|finding| finding.what.clone()).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_renewal_takes_over_at_its_beginning_without_a_gap() {
    let shelf = Shelf::new();
    let first = version(1, "2026-01-01", "2026-12-31");
    let text = shelf.put("", &first);
    let mut second = version(2, "2027-01-01", "2027-12-31");
    second.supersedes = Some(Former { version: 1, digest: crate::kernel::to_hex(&document_digest(text.as_bytes()).unwrap()) });
    shelf.put("versions/2/", &second);
    let (registry, loaded) = shelf.load("2026-11-23T00:00:00Z");
    assert_eq!((loaded.verified, told(&loaded).as_str()), (1, ""));
    // Midnight WITA is 16:00 UTC.
    assert_eq!(counts(&registry, "2026-12-31T15:59:59Z"), (1, Standing::InForce));
    assert_eq!(counts(&registry, "2026-12-31T16:00:00Z"), (2, Standing::InForce));
    assert_eq!(counts(&registry, "2027-12-31T16:00:00Z"), (2, Standing::Expired));
    assert_eq!(loaded.endings, [], "it is renewed");
}

#[test]
fn an_amendment_supersedes_from_its_first_day_and_for_good() {
    let shelf = Shelf::new();
    shelf.put("versions/1/", &version(1, "2026-01-01", "2030-12-31"));
    shelf.put("", &version(2, "2026-06-01", "2026-08-31"));
    let (registry, loaded) = shelf.load("2026-05-01T00:00:00Z");
    assert_eq!(told(&loaded), "");
    assert_eq!(counts(&registry, "2026-05-01T00:00:00Z"), (1, Standing::InForce));
    assert_eq!(counts(&registry, "2026-07-01T00:00:00Z"), (2, Standing::InForce));
    assert_eq!(counts(&registry, "2026-10-01T00:00:00Z"), (2, Standing::Expired), "what was superseded does not come back");
}

#[test]
fn a_suspended_amendment_does_not_bring_its_forerunner_back() {
    let shelf = Shelf::new();
    shelf.put("", &version(1, "2026-01-01", "2030-12-31"));
    let mut second = version(2, "2026-01-01", "2030-12-31");
    second.suspended = true;
    shelf.put("versions/2/", &second);
    assert_eq!(counts(&shelf.load("2026-05-01T00:00:00Z").0, "2026-05-01T00:00:00Z"), (2, Standing::Suspended));
}

#[test]
fn a_chain_that_does_not_fit_is_refused() {
    let shelf = Shelf::new();
    shelf.put("", &version(1, "2026-01-01", "2030-12-31"));
    let mut second = version(2, "2026-01-01", "2030-12-31");
    second.supersedes = Some(Former { version: 1, digest: "0".repeat(64) });
    shelf.put("versions/2/", &second);
    let (registry, loaded) = shelf.load("2026-05-01T00:00:00Z");
    assert!(told(&loaded).contains("versions 1 and 2 do not follow one another"), "{}", told(&loaded));
    assert_eq!(counts(&registry, "2026-05-01T00:00:00Z").0, 1);
    shelf.put("versions/2/", &version(3, "2026-01-01", "2030-12-31"));
    assert!(told(&shelf.load("2026-05-01T00:00:00Z").1).contains("not named after the version"));
    let mut same = version(1, "2026-01-01", "2030-12-31");
    same.quota.per_day = 7;
    shelf.put("versions/1/", &same);
    assert!(told(&shelf.load("2026-05-01T00:00:00Z").1).contains("two documents of version 1"));
}

#[test]
fn a_lower_version_or_another_text_never_comes_back() {
    let shelf = Shelf::new();
    let now = "2026-05-01T00:00:00Z";
    shelf.put("", &version(1, "2026-01-01", "2030-12-31"));
    shelf.put("versions/2/", &version(2, "2026-02-01", "2030-12-31"));
    let (registry, _) = shelf.load(now);
    assert_eq!(counts(&registry, now).0, 2);
    shelf.remove(&format!("{LEMBAGA}/versions/2/{DOCUMENT_FILE}"));
    let loaded = registry.reload(at(now), &|| true).unwrap();
    assert!(told(&loaded).contains("version 1 is lower than version 2"), "{}", told(&loaded));
    assert_eq!(counts(&registry, now).0, 2);
    let mut other = version(2, "2026-02-01", "2030-12-31");
    other.quota.per_day = 7;
    shelf.put("versions/2/", &other);
    let loaded = registry.reload(at(now), &|| true).unwrap();
    assert!(told(&loaded).contains("another text"), "{}", told(&loaded));
    let pks = registry.pks_of(&LembagaId::parse(LEMBAGA).unwrap(), at(now)).unwrap();
    assert_ne!(pks.agreement().quota.per_day, 7);
    shelf.put("versions/3/", &version(3, "2026-02-01", "2030-12-31"));
    assert_eq!(told(&registry.reload(at(now), &|| true).unwrap()), "");
    assert_eq!(counts(&registry, now).0, 3);
}

#[test]
fn a_withdrawal_bites_stays_and_is_lifted_by_a_higher_version_alone() {
    let shelf = Shelf::new();
    let now = "2026-05-01T00:00:00Z";
    let document = version(1, "2026-01-01", "2030-12-31");
    shelf.put("", &document);
    let (registry, _) = shelf.load(now);
    let pks = registry.pks_of(&LembagaId::parse(LEMBAGA).unwrap(), at(now)).unwrap();
    let text = Revocation::of(&pks, Party::Office, document.office.signatory.clone(), "Penyalahgunaan").to_json().unwrap();
    let pen = specimen::pen(&document, Party::Office, &shelf.office);
    let signature = sign_revocation(text.as_bytes(), &pen.key, &pen.chain, at(now)).unwrap();
    shelf.write(&format!("{LEMBAGA}/{REVOCATION_FILE}"), &text);
    let unsigned = registry.reload(at(now), &|| true).unwrap();
    assert!(told(&unsigned).contains("withdraws nothing"), "{}", told(&unsigned));
    assert_eq!(counts(&registry, now), (1, Standing::InForce), "a broken file takes nothing down");
    shelf.write(&format!("{LEMBAGA}/{REVOCATION_SIGNATURES_FILE}"), &assemble(&[signature]).unwrap());
    assert!(told(&registry.reload(at(now), &|| true).unwrap()).contains("not in force: withdrawn"));
    assert_eq!(counts(&registry, now), (1, Standing::Revoked));
    shelf.remove(&format!("{LEMBAGA}/{REVOCATION_FILE}"));
    assert!(told(&registry.reload(at(now), &|| true).unwrap()).contains("was withdrawn and stays so"));
    assert_eq!(counts(&registry, now), (1, Standing::Revoked));
    shelf.put("versions/2/", &version(2, "2026-04-01", "2030-12-31"));
    assert_eq!(told(&registry.reload(at(now), &|| true).unwrap()), "");
    assert_eq!(counts(&registry, now), (2, Standing::InForce));
    shelf.write(&format!("{LEMBAGA}/{REVOCATION_FILE}"), &text);
    shelf.put("", &version(2, "2026-04-01", "2030-12-31"));
    shelf.remove(&format!("{LEMBAGA}/versions/2/{DOCUMENT_FILE}"));
    assert_eq!(told(&registry.reload(at(now), &|| true).unwrap()), "");
    assert_eq!(counts(&registry, now), (2, Standing::InForce), "a withdrawal of what is here no more is outdated");
}

#[test]
fn an_end_is_told_90_30_and_7_days_before_each_once() {
    let shelf = Shelf::new();
    shelf.put("", &version(1, "2026-01-01", "2026-12-31"));
    let (registry, _) = shelf.load("2026-05-01T00:00:00Z");
    let last_morning = at("2026-12-31T01:00:00Z");
    let mut news = Told::default();
    let mut heard = Vec::new();
    for days in (0..=100).rev() {
        for ending in news.news(registry.endings(last_morning.checked_sub((days * 24).hours()).unwrap())) {
            assert_eq!((ending.days_left, ending.last_day.to_string().as_str()), (days, "2026-12-31"));
            heard.push((days, ending.within_days));
        }
    }
    assert_eq!(heard, [(90, 90), (30, 30), (7, 7)]);
    assert_eq!(registry.endings(at("2026-12-31T16:00:00Z")), [], "an agreement that is over does not end any more");
    shelf.put("versions/2/", &version(2, "2027-01-02", "2027-12-31"));
    assert_eq!(shelf.load("2026-12-31T00:00:00Z").1.endings.len(), 1, "a day's gap is no renewal");
    shelf.put("versions/2/", &version(2, "2027-01-01", "2027-12-31"));
    assert_eq!(shelf.load("2026-12-31T00:00:00Z").1.endings.len(), 0);
}
