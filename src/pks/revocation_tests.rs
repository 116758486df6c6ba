use rcgen::{
    CertificateRevocationListParams, KeyIdMethod, KeyPair, RevocationReason, RevokedCertParams, SerialNumber, date_time_ymd,
};

use super::super::document::Document;
use super::super::specimen::{self, Pen, Signed};
use super::super::{Crls, Standing, assemble, decide, read_signatures, sign, template, verify};
use super::*;
use crate::kernel::{Ask, Caller, Generation, Method, Nik, Reason};

struct Withdrawn {
    signed: Signed,
    pks: VerifiedPks,
    text: String,
}

fn withdrawn(by: Party) -> Withdrawn {
    let document = template("rsud-tapin").unwrap();
    let signed = specimen::signed(&document);
    let pks = verify(signed.document.as_bytes(), signed.signatures.as_bytes(), &signed.anchors, specimen::today()).unwrap();
    let signatory = if by == Party::Office { &document.office.signatory } else { &document.lembaga.signatory };
    let text = Revocation::of(&pks, by, signatory.clone(), "Data balikan tidak diserahkan").to_json().unwrap();
    Withdrawn { signed, pks, text }
}

impl Withdrawn {
    fn pen(&self, party: Party) -> Pen {
        let ca = if party == Party::Office { &self.signed.office_ca } else { &self.signed.lembaga_ca };
        specimen::pen(&Document::read(self.signed.document.as_bytes()).unwrap(), party, ca)
    }

    fn signatures(&self, pen: &Pen) -> String {
        assemble(&[sign_revocation(self.text.as_bytes(), &pen.key, &pen.chain, specimen::today()).unwrap()]).unwrap()
    }

    fn judge(&self, text: &str, signatures: &str) -> Result<Revoked, String> {
        verify_revocation(text.as_bytes(), signatures.as_bytes(), &self.pks, &self.signed.anchors, specimen::today())
            .map_err(|error| error.to_string())
    }
}

#[test]
fn either_party_withdraws_and_the_reason_is_told_to_the_caller() {
    for by in Party::ALL {
        let case = withdrawn(by);
        let revoked = case.judge(&case.text, &case.signatures(&case.pen(by))).unwrap();
        assert_eq!((revoked.version, revoked.signer.party, revoked.reason.as_str()), (1, by, "Data balikan tidak diserahkan"));
        assert_eq!(case.pks.standing(specimen::today()), Standing::InForce);
        let pks = std::sync::Arc::new(case.pks.clone().revoked(revoked));
        assert_eq!(pks.standing(specimen::today()), Standing::Revoked);
        let lembaga = pks.agreement().lembaga_id.clone();
        let ask = Ask {
            method: Method::Retrieve,
            generation: Generation::V1,
            nik: Nik::parse("6305014507850001"),
            elements: Vec::new(),
            threshold: None,
            purpose: None,
        };
        let caller = Caller::identified(lembaga, "127.0.0.1".parse().unwrap(), None, None, None);
        let refusal = decide(&pks, &caller, &ask, specimen::today()).err().unwrap();
        assert_eq!(refusal.reason, Reason::PksRevoked);
        assert_eq!(refusal.detail.as_deref(), Some("Data balikan tidak diserahkan"));
    }
}

#[test]
fn nobody_else_withdraws() {
    let case = withdrawn(Party::Office);
    let by_lembaga = case.signatures(&specimen::pen(
        &{
            let mut other = Document::read(case.signed.document.as_bytes()).unwrap();
            std::mem::swap(&mut other.office.name, &mut other.lembaga.name);
            std::mem::swap(&mut other.office.signatory, &mut other.lembaga.signatory);
            other
        },
        Party::Lembaga,
        &case.signed.lembaga_ca,
    ));
    assert!(case.judge(&case.text, &by_lembaga).unwrap_err().contains("not good on the date"), "the lembaga's CA makes no office");
    let stranger = case.signatures(&case.pen(Party::Lembaga));
    assert!(case.judge(&case.text, &stranger).unwrap_err().contains("stranger"));
    let unsigned = assemble(&[]).unwrap();
    assert!(case.judge(&case.text, &unsigned).unwrap_err().contains("missing"));
}

#[test]
fn an_agreements_signature_is_no_withdrawal_and_the_other_way_round() {
    let case = withdrawn(Party::Office);
    let own = read_signatures(case.signed.signatures.as_bytes()).unwrap();
    let of_agreement = assemble(&own[..1]).unwrap();
    assert!(case.judge(&case.text, &of_agreement).unwrap_err().contains("typ must be"));
    let pen = case.pen(Party::Office);
    let revocation = sign_revocation(case.text.as_bytes(), &pen.key, &pen.chain, specimen::today()).unwrap();
    let mixed = assemble(&[revocation, own[1].clone()]).unwrap();
    let verified = verify(case.signed.document.as_bytes(), mixed.as_bytes(), &case.signed.anchors, specimen::today());
    assert!(verified.is_err_and(|error| error.to_string().contains("typ must be")));
}

#[test]
fn a_changed_word_or_another_agreement_withdraws_nothing() {
    let case = withdrawn(Party::Office);
    let signatures = case.signatures(&case.pen(Party::Office));
    let changed = case.text.replace("tidak diserahkan", "terlambat");
    assert!(case.judge(&changed, &signatures).unwrap_err().contains("does not fit"));
    for (from, to) in [("\"version\": 1", "\"version\": 2"), ("rsud-tapin", "bank-antasari"), ("\"digest\": \"", "\"digest\": \"0")]
    {
        let other = case.text.replace(from, to);
        assert_ne!(other, case.text);
        assert!(case.judge(&other, &signatures).unwrap_err().contains("bukan "), "{from}");
    }
    assert!(case.judge(&case.text.replace("Data balikan tidak diserahkan", ""), &signatures).unwrap_err().contains("/reason"));
}

/// A list of the office's CA on which the office's leaf (serial 7) was revoked on a day; `None` for one that names another.
fn crl(signed: &Signed, day: Option<u8>, reason: Option<RevocationReason>) -> Crls {
    let revoked = RevokedCertParams {
        serial_number: SerialNumber::from(if day.is_some() { 7u64 } else { 8 }),
        revocation_time: date_time_ymd(2026, 1, day.unwrap_or(1)),
        reason_code: reason,
        invalidity_date: None,
    };
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 2, 1),
        next_update: date_time_ymd(2026, 3, 1),
        crl_number: SerialNumber::from(1u64),
        issuing_distribution_point: None,
        revoked_certs: vec![revoked],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Crls::from_pem(params.signed_by(&signed.office_ca.issuer).unwrap().pem().unwrap().as_bytes()).unwrap()
}

#[test]
fn a_list_of_another_authority_speaks_for_nobody() {
    let mut signed = specimen::signed(&template("rsud-tapin").unwrap());
    let other = specimen::signed(&template("rsud-tapin").unwrap());
    signed.anchors.office_crls = crl(&other, Some(4), None);
    let verified = verify(signed.document.as_bytes(), signed.signatures.as_bytes(), &signed.anchors, specimen::today());
    assert!(verified.is_err(), "its signature is by another key: the status stays unknown, and unknown is refused");
}

#[test]
fn the_date_of_revocation_and_its_reason_decide() {
    let document = template("rsud-tapin").unwrap();
    let mut signed = specimen::signed(&document);
    let mut params = specimen::leaf_params(&document.office.name, &document.office.signatory.name);
    params.serial_number = Some(SerialNumber::from(7u64));
    let pen = specimen::pen_of(&params, &signed.office_ca, &KeyPair::generate().unwrap());
    let mut both = read_signatures(signed.signatures.as_bytes()).unwrap();
    both[0] = sign(signed.document.as_bytes(), Party::Office, &pen.key, &pen.chain, specimen::signing_day()).unwrap();
    signed.signatures = assemble(&both).unwrap();
    let compromised = Some(RevocationReason::KeyCompromise);
    for (day, reason, expected) in [
        (None, None, ""),
        (Some(6), None, ""),
        (Some(6), Some(RevocationReason::CessationOfOperation), ""),
        (Some(5), None, "before the date of signing"),
        (Some(4), None, "before the date of signing"),
        (Some(6), compromised, "reported compromised"),
        (Some(4), compromised, "reported compromised"),
    ] {
        signed.anchors.office_crls = crl(&signed, day, reason);
        let verified = verify(signed.document.as_bytes(), signed.signatures.as_bytes(), &signed.anchors, specimen::today());
        let why = verified.map_err(|error| crate::kernel::causes(&error)).err().unwrap_or_default();
        assert!(why.contains(expected) && why.is_empty() == expected.is_empty(), "{day:?} {reason:?}: {why}");
    }
}

#[test]
fn a_file_without_a_list_is_no_list() {
    for text in ["", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"] {
        assert!(Crls::from_pem(text.as_bytes()).is_err(), "{text}");
    }
}
