use super::super::specimen::{today, verified_with};
use super::super::{Document, RegionsText};
use super::*;
use crate::kernel::{AskedElemen, Elemen, Officer, Secret};

const NIK: &str = "6305014507850001";

fn caller(lembaga: &str, address: &str) -> Caller {
    let certificate = Some(Fingerprint::from_digest([7; 32]));
    Caller::identified(LembagaId::parse(lembaga).unwrap(), address.parse().unwrap(), certificate, None, None)
}

fn ask(method: Method, generation: Generation, elements: &[Elemen]) -> Ask {
    let asked = |elemen: &Elemen| AskedElemen { elemen: *elemen, value: Some(Secret::new(String::new())) };
    Ask { method, generation, nik: Nik::parse(NIK), elements: elements.iter().map(asked).collect(), threshold: None, purpose: None }
}

fn bank() -> Arc<VerifiedPks> {
    verified_with("bank-antasari", |_| {})
}

fn reason(result: Result<Permit, Refusal>) -> Option<Reason> {
    result.err().map(|refusal| refusal.reason)
}

/// What a bank with a changed agreement is told about a plain verification from loopback.
fn bank_with(change: impl FnOnce(&mut Document)) -> Option<Reason> {
    let pks = verified_with("bank-antasari", change);
    let ask = ask(Method::Verify, Generation::V1, &[Elemen::NamaLgkp]);
    reason(decide(&pks, &caller("bank-antasari", "127.0.0.1"), &ask, today()))
}

#[test]
fn permits_what_is_agreed_and_names_the_columns_to_read() {
    let pks = bank();
    let ask = ask(Method::Verify, Generation::V1, &[Elemen::NamaLgkp, Elemen::Nik]);
    let permit = decide(&pks, &caller("bank-antasari", "::ffff:127.0.0.1"), &ask, today()).ok().unwrap();
    assert_eq!(permit.columns(), [Elemen::Nik, Elemen::NamaLgkp].into_iter().collect());
    assert!(permit.nik() == Nik::parse(NIK).ok());
    assert_eq!(permit.lembaga().as_str(), "bank-antasari");
    assert!(Arc::ptr_eq(permit.pks(), &pks));
    assert_eq!(permit.purpose(), None);
}

#[test]
fn another_lembagas_agreement_is_none() {
    let ask = ask(Method::Verify, Generation::V1, &[Elemen::NamaLgkp]);
    assert_eq!(reason(decide(&bank(), &caller("rsud-tapin", "127.0.0.1"), &ask, today())), Some(Reason::PksMissing));
}

#[test]
fn refuses_outside_the_term_and_while_suspended() {
    assert_eq!(bank_with(|_| {}), None);
    assert_eq!(bank_with(|d| d.term.until = "2026-11-22".into()), Some(Reason::PksNotInForce));
    assert_eq!(bank_with(|d| d.term.until = "2026-11-23".into()), None, "the last day");
    assert_eq!(bank_with(|d| d.term.from = "2026-11-24".into()), Some(Reason::PksNotInForce));
    let both = bank_with(|d| {
        d.suspended = true;
        d.term.until = "2026-11-22".into();
    });
    assert_eq!(both, Some(Reason::PksSuspended));
}

#[test]
fn refuses_foreign_networks_and_certificates() {
    let (good, other) = ("07".repeat(32), "08".repeat(32));
    assert_eq!(bank_with(|d| d.networks = vec!["10.0.0.0/8".into()]), Some(Reason::NetworkNotAllowed));
    assert_eq!(bank_with(|d| d.certificates = vec![other.clone()]), Some(Reason::CertificateNotAllowed));
    assert_eq!(bank_with(|d| d.certificates = vec![other, good]), None);
}

#[test]
fn without_a_certificate_only_where_a_password_is_enough() {
    let nobody = Caller::identified(LembagaId::parse("bank-antasari").unwrap(), [127, 0, 0, 1].into(), None, None, None);
    let ask = ask(Method::Verify, Generation::Dwh, &[Elemen::NamaLgkp]);
    assert_eq!(reason(decide(&bank(), &nobody, &ask, today())), Some(Reason::CertificateNotAllowed));
    let lenient = verified_with("bank-antasari", |d| d.password_without_certificate = true);
    assert_eq!(reason(decide(&lenient, &nobody, &ask, today())), None);
}

#[test]
fn an_officers_card_is_needed_where_agreed_but_not_to_read_the_agreement() {
    let pks = verified_with("dinsos-tapin", |_| {});
    let officer = Officer { id: "P-01".into(), card: "1".into(), terminal: "loket-1".into() };
    let certificate = Some(Fingerprint::from_digest([7; 32]));
    let id = || LembagaId::parse("dinsos-tapin").unwrap();
    let with = Caller::identified(id(), [127, 0, 0, 1].into(), certificate, None, Some(officer));
    let without = Caller::identified(id(), [127, 0, 0, 1].into(), certificate, None, None);
    let retrieve = ask(Method::Retrieve, Generation::V1, &[Elemen::NamaLgkp]);
    assert_eq!(reason(decide(&pks, &without, &retrieve, today())), Some(Reason::OperatorRequired));
    assert_eq!(reason(decide(&pks, &with, &retrieve, today())), None);
    let agreement = ask(Method::Agreement, Generation::V1, &[]);
    let permit = decide(&pks, &without, &agreement, today()).ok().unwrap();
    assert!(permit.nik().is_none() && permit.columns().is_empty());
}

#[test]
fn hours_bind_questions_about_residents_only() {
    let office_hours = |d: &mut Document| {
        let hours = d.hours.as_mut().unwrap();
        hours.days = vec!["senin".into()];
        (hours.from, hours.until) = ("08:00".into(), "10:00".into());
        d.operator_card = false;
    };
    let pks = verified_with("dinsos-tapin", office_hours);
    let caller = caller("dinsos-tapin", "127.0.0.1");
    let at = |method, elements: &[Elemen], text: &str| {
        reason(decide(&pks, &caller, &ask(method, Generation::V1, elements), text.parse().unwrap()))
    };
    assert_eq!(at(Method::Retrieve, &[Elemen::NamaLgkp], "2026-11-23T01:59:59Z"), None);
    assert_eq!(at(Method::Retrieve, &[Elemen::NamaLgkp], "2026-11-23T02:00:00Z"), Some(Reason::OutsideHours));
    assert_eq!(at(Method::Agreement, &[], "2026-11-23T02:00:00Z"), None);
}

#[test]
fn refuses_a_method_that_is_not_granted() {
    let caller = caller("rsud-tapin", "127.0.0.1");
    let pks = verified_with("rsud-tapin", |_| {});
    let verify = ask(Method::Verify, Generation::V1, &[Elemen::NamaLgkp]);
    assert_eq!(reason(decide(&pks, &caller, &verify, today())), Some(Reason::MethodNotGranted));
}

#[test]
fn a_purpose_must_be_one_of_the_list_and_named_where_required() {
    let named = |required: bool, purpose: Option<&str>| {
        let pks = verified_with("bank-antasari", |d| d.purpose_required = required);
        let ask = Ask { purpose: purpose.map(str::to_owned), ..ask(Method::Verify, Generation::V1, &[Elemen::NamaLgkp]) };
        decide(&pks, &caller("bank-antasari", "127.0.0.1"), &ask, today())
    };
    assert_eq!(reason(named(true, None)), Some(Reason::PurposeMissing));
    assert_eq!(reason(named(false, Some("pemasaran"))), Some(Reason::PurposeMissing));
    assert_eq!(reason(named(false, None)), None);
    let permit = named(true, Some("kredit")).ok().unwrap();
    assert_eq!(permit.purpose().map(|place| permit.pks().agreement().purposes[place].code.as_str()), Some("kredit"));
}

#[test]
fn v1_names_an_element_beyond_the_agreement_and_dwh_leaves_it_out() {
    let asked = [Elemen::NamaLgkp, Elemen::Agama, Elemen::GolDarah];
    let (pks, caller) = (bank(), caller("bank-antasari", "127.0.0.1"));
    let refusal = decide(&pks, &caller, &ask(Method::Verify, Generation::V1, &asked), today()).err().unwrap();
    assert_eq!(
        (refusal.reason, refusal.elements),
        (Reason::ElementNotGranted, [Elemen::Agama, Elemen::GolDarah].into_iter().collect())
    );
    let permit = decide(&pks, &caller, &ask(Method::Verify, Generation::Dwh, &asked), today()).ok().unwrap();
    assert_eq!(permit.granted(), Elemen::NamaLgkp.alone());
    let none = ask(Method::Verify, Generation::Dwh, &asked[1..]);
    assert_eq!(reason(decide(&pks, &caller, &none, today())), Some(Reason::ElementNotGranted));
    let nothing = ask(Method::Verify, Generation::V1, &[]);
    assert_eq!(reason(decide(&pks, &caller, &nothing, today())), Some(Reason::ElementNotGranted));
}

#[test]
fn a_right_to_read_is_no_right_to_verify() {
    let pks = verified_with("dinsos-tapin", |d| d.operator_card = false);
    let caller = caller("dinsos-tapin", "127.0.0.1");
    let asked = |method| ask(method, Generation::V1, &[Elemen::PnydngCct]);
    assert_eq!(reason(decide(&pks, &caller, &asked(Method::Retrieve), today())), None);
    assert_eq!(reason(decide(&pks, &caller, &asked(Method::Verify), today())), Some(Reason::ElementNotGranted));
}

#[test]
fn v1_refuses_a_threshold_below_the_highest_floor_asked() {
    let pks = verified_with("dinsos-tapin", |d| d.operator_card = false);
    let caller = caller("dinsos-tapin", "127.0.0.1");
    let with = |generation, threshold, elements: &[Elemen]| {
        let ask = Ask { threshold: Some(threshold), ..ask(Method::Verify, generation, elements) };
        decide(&pks, &caller, &ask, today()).err().map(|refusal| (refusal.reason, refusal.elements))
    };
    let both = [Elemen::NamaLgkp, Elemen::Alamat, Elemen::TglLhr];
    assert_eq!(with(Generation::V1, 75, &both), Some((Reason::ThresholdBelowFloor, Elemen::NamaLgkp.alone())));
    assert_eq!(with(Generation::V1, 79, &both), Some((Reason::ThresholdBelowFloor, Elemen::NamaLgkp.alone())));
    assert_eq!(with(Generation::V1, 80, &both), None);
    assert_eq!(with(Generation::V1, 0, &[Elemen::TglLhr]), None, "no score, no threshold");
    assert_eq!(with(Generation::Dwh, 1, &both), None);
}

#[test]
fn a_malformed_nik_is_permitted_and_looked_up_nowhere() {
    let ask = Ask { nik: Nik::parse("12"), ..ask(Method::Verify, Generation::V1, &[Elemen::NamaLgkp]) };
    let permit = decide(&bank(), &caller("bank-antasari", "127.0.0.1"), &ask, today()).ok().unwrap();
    assert!(permit.nik().is_none());
}

#[test]
fn reasons_are_told_in_the_order_of_the_checks() {
    // Everything is wrong; with each mend the next reason comes up.
    let all_wrong = |d: &mut Document| {
        d.suspended = true;
        d.term.until = "2026-11-22".into();
        d.hours.as_mut().unwrap().until = "00:01".into();
        d.networks = vec!["10.0.0.0/8".into()];
        d.certificates = vec!["08".repeat(32)];
        d.purpose_required = true;
        d.methods = vec!["retrieve".into()];
        d.regions = RegionsText::Word("all".into());
        for element in &mut d.elements {
            element.rights = vec!["read".into()];
            element.threshold_min = None;
        }
    };
    type Mend = fn(&mut Document);
    let mends: [(Mend, Reason); 7] = [
        (|_| {}, Reason::PksSuspended),
        (|d| d.suspended = false, Reason::PksNotInForce),
        (|d| d.term.until = "2030-01-01".into(), Reason::OutsideHours),
        (|d| d.hours = None, Reason::NetworkNotAllowed),
        (|d| d.networks = vec!["127.0.0.0/8".into()], Reason::CertificateNotAllowed),
        (|d| d.certificates.clear(), Reason::OperatorRequired),
        (|d| d.operator_card = false, Reason::MethodNotGranted),
    ];
    for count in 1..=mends.len() {
        let pks = verified_with("dinsos-tapin", |d| {
            all_wrong(d);
            mends[..count].iter().for_each(|(mend, _)| mend(d));
        });
        let ask = ask(Method::Verify, Generation::V1, &[Elemen::Agama]);
        assert_eq!(reason(decide(&pks, &caller("dinsos-tapin", "127.0.0.1"), &ask, today())), Some(mends[count - 1].1));
    }
}
