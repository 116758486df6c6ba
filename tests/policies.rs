//! The agreements shipped in `policies/`: their signatures, their cases, and the whole matrix as a golden text (rule 18 of the house).
//!
//! `GERBANG_BLESS=policies` writes them anew from the templates, with trust anchors and keys that are thrown away after signing;
//! `GERBANG_BLESS=matrix` writes the golden text alone. Both are to be reviewed as a diff.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that can't go on says why and stops")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gerbang::kernel::{Method, Reason};
use gerbang::pks::{
    Agreement, Anchors, Document, Regions, VerifiedPks, matrix, read_cases, run_cases, template, template_names, verify,
};

#[path = "policies/blessing.rs"]
mod blessing;

/// A moment after signing and within the term.
fn now() -> jiff::Timestamp {
    "2026-11-23T02:00:00Z".parse().expect("a time")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies")
}

/// Whether something was asked to be written anew; done once, before any test reads.
fn bless() {
    static BLESSED: OnceLock<()> = OnceLock::new();
    BLESSED.get_or_init(|| match std::env::var("GERBANG_BLESS").as_deref() {
        Ok("policies") => {
            blessing::write_policies(&folder());
            blessing::write(&folder().join("matrix.txt"), &matrix_text());
        }
        Ok("matrix") => blessing::write(&folder().join("matrix.txt"), &matrix_text()),
        _ => {}
    });
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn load(lembaga: &str) -> VerifiedPks {
    let anchors = Anchors::from_pem(&read(&folder().join("anchors/office.pem")), &read(&folder().join("anchors/lembaga.pem")));
    let file = |name: &str| read(&folder().join(lembaga).join(name));
    verify(&file("pks.json"), &file("pks.sig"), &anchors.expect("anchors"), now()).unwrap_or_else(|e| panic!("{lembaga}: {e}"))
}

fn matrix_text() -> String {
    let verified: Vec<_> = template_names().map(load).collect();
    matrix(&verified.iter().map(VerifiedPks::agreement).collect::<Vec<_>>())
}

/// The reasons that an agreement, as it is or suspended, with a purpose required or with working hours, can give.
fn possible(agreement: &Agreement) -> BTreeSet<&'static str> {
    let mut reasons = vec![
        Reason::PksMissing,
        Reason::PksNotInForce,
        Reason::PksSuspended,
        Reason::NetworkNotAllowed,
        Reason::CertificateNotAllowed,
        Reason::PurposeMissing,
        Reason::MethodNotGranted,
        Reason::ElementNotGranted,
    ];
    reasons.extend(agreement.hours.is_some().then_some(Reason::OutsideHours));
    reasons.extend((agreement.regions != Regions::All).then_some(Reason::RegionOutside));
    reasons.extend(agreement.operator_card.then_some(Reason::OperatorRequired));
    reasons.extend(agreement.grants_method(Method::Verify).then_some(Reason::ThresholdBelowFloor));
    reasons.into_iter().map(Reason::code).collect()
}

#[test]
fn every_shipped_agreement_verifies_and_is_that_of_its_folder() {
    bless();
    for lembaga in template_names() {
        let pks = load(lembaga);
        assert_eq!(pks.agreement().lembaga_id.as_str(), lembaga);
        assert!(pks.agreement().certificates.is_empty(), "any certificate of the lembaga: keys of the demo are made anew");
        let years = pks.agreement().term.ends.as_second() - pks.agreement().term.begins.as_second();
        assert_eq!(years / (365 * 86_400), 10, "{lembaga}");
    }
}

#[test]
fn every_shipped_agreement_is_its_template_with_the_papers_digest() {
    bless();
    for lembaga in template_names() {
        let shipped = Document::read(&read(&folder().join(lembaga).join("pks.json"))).expect("a document");
        let paper_sha256 = shipped.paper_sha256.clone();
        assert_ne!(paper_sha256, "0".repeat(64));
        assert_eq!(shipped, Document { paper_sha256, ..template(lembaga).expect("a template") }, "{lembaga}");
    }
}

#[test]
fn every_case_comes_out_as_written() {
    bless();
    let mut failures = Vec::new();
    for lembaga in template_names() {
        let cases = read_cases(&String::from_utf8_lossy(&read(&folder().join(lembaga).join("cases.toml"))));
        let cases = cases.unwrap_or_else(|fault| panic!("{lembaga}: {fault}"));
        let results =
            run_cases(&read(&folder().join(lembaga).join("pks.json")), &cases).unwrap_or_else(|f| panic!("{lembaga}: {f:?}"));
        for result in results.iter().filter(|result| !result.passed()) {
            failures.push(format!("{lembaga}: {}\n  expected {}\n  got      {}", result.name, result.expected, result.got));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_reason_that_a_policy_can_give_has_a_case() {
    bless();
    let mut all = BTreeSet::new();
    for lembaga in template_names() {
        let pks = load(lembaga);
        let cases = read_cases(&String::from_utf8_lossy(&read(&folder().join(lembaga).join("cases.toml")))).expect("cases");
        let results = run_cases(&read(&folder().join(lembaga).join("pks.json")), &cases).expect("results");
        let shown: BTreeSet<String> = results.iter().filter_map(|r| r.got.split(' ').next().map(str::to_owned)).collect();
        let missing: Vec<_> = possible(pks.agreement()).into_iter().filter(|code| !shown.contains(*code)).collect();
        assert!(missing.is_empty(), "{lembaga} has no case for {missing:?}");
        all.extend(shown);
    }
    for reason in Reason::ALL.into_iter().take_while(|reason| *reason as u8 <= Reason::ThresholdBelowFloor as u8) {
        assert!(all.contains(reason.code()), "{} is shown nowhere", reason.code());
    }
}

#[test]
fn the_matrix_is_the_golden_text() {
    bless();
    let golden = String::from_utf8_lossy(&read(&folder().join("matrix.txt"))).into_owned();
    let now = matrix_text();
    let differing: Vec<_> = golden.lines().zip(now.lines()).filter(|(a, b)| a != b).map(|(a, b)| format!("- {a}\n+ {b}")).collect();
    assert!(golden == now, "the matrix has changed; review and bless with GERBANG_BLESS=matrix\n{}", differing.join("\n"));
}

#[test]
fn the_matrix_shows_a_right_more() {
    let before = template("bank-antasari").expect("a template");
    let mut after = before.clone();
    after.elements.push(gerbang::pks::ElementText {
        name: "AGAMA".into(),
        rights: vec!["verify".into()],
        threshold_min: None,
        legal_ground: None,
    });
    let line = |document: &Document| {
        let agreement = document.parse().expect("an agreement");
        matrix(&[&agreement]).lines().find(|line| line.starts_with("AGAMA")).map(str::to_owned)
    };
    assert_eq!(line(&before).as_deref(), Some("AGAMA           -"));
    assert_eq!(line(&after).as_deref(), Some("AGAMA           v"));
}

#[test]
fn one_byte_more_or_less_and_a_shipped_agreement_no_longer_binds() {
    bless();
    let anchors = Anchors::from_pem(&read(&folder().join("anchors/office.pem")), &read(&folder().join("anchors/lembaga.pem")))
        .expect("anchors");
    let file = |name: &str| read(&folder().join("bank-antasari").join(name));
    let text = String::from_utf8(file("pks.json")).expect("text");
    let more = text.replacen("\"per_day\": 2000000000", "\"per_day\": 2000000001", 1);
    assert_ne!(more, text);
    assert!(verify(more.as_bytes(), &file("pks.sig"), &anchors, now()).is_err());
    assert!(verify(text.as_bytes(), &read(&folder().join("rsud-tapin/pks.sig")), &anchors, now()).is_err());
}

#[test]
fn no_private_key_is_shipped() {
    bless();
    let mut folders = vec![folder()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            seen += 1;
            assert!(!String::from_utf8_lossy(&read(&entry.path())).contains("PRIVATE KEY"), "{}", entry.path().display());
        }
    }
    assert!(seen >= 12);
}
