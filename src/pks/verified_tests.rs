use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{BasicConstraints, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd};
use serde_json::{Value, json};

use super::super::SigningKey;
use super::super::specimen::{self, Ca, Pen, Signed};
use super::super::{Document, certificates_from_pem, template};
use super::*;

/// An agreement with few elements: some tests verify it once for every byte.
fn document() -> Document {
    let mut document = template("dinsos-tapin").unwrap();
    document.elements.truncate(3);
    document.purposes.truncate(1);
    document
}

fn reason(signed: &Signed) -> String {
    verify_text(&signed.document, &signed.signatures, &signed.anchors)
}

/// The error as a sentence with its source; empty where it verifies.
fn verify_text(document: &str, signatures: &str, anchors: &Anchors) -> String {
    match verify(document.as_bytes(), signatures.as_bytes(), anchors, specimen::today()) {
        Ok(_) => String::new(),
        Err(PksError::Chain { party, source }) => format!("chain of the {party}: {source:?}"),
        Err(error) => error.to_string(),
    }
}

/// Signs for one party with another pen and keeps the other party's signature.
fn resigned(signed: &Signed, party: Party, pen: &Pen, iat: Timestamp) -> String {
    let signature = sign(signed.document.as_bytes(), party, &pen.key, &pen.chain, iat).unwrap();
    let mut both = signature::read_signatures(signed.signatures.as_bytes()).unwrap();
    both[if party == Party::Office { 0 } else { 1 }] = signature;
    verify_text(&signed.document, &signature::assemble(&both).unwrap(), &signed.anchors)
}

/// The reason for an office signature by a leaf that differs from a good one only by `change`.
fn with_office_leaf(change: impl FnOnce(&mut rcgen::CertificateParams)) -> String {
    let document = document();
    let signed = specimen::signed(&document);
    let mut params = specimen::leaf_params(&document.office.name, &document.office.signatory.name);
    change(&mut params);
    let pen = specimen::pen_of(&params, &signed.office_ca, &KeyPair::generate().unwrap());
    resigned(&signed, Party::Office, &pen, specimen::signing_day())
}

/// The reason where the office's protected header is changed after the fact, or `sign`ed anew with the change if there is a pen.
fn with_header(change: impl FnOnce(&mut Value), pen: Option<(&Signed, &Pen)>) -> String {
    let own = specimen::signed(&document());
    let signed = pen.map_or(&own, |(signed, _)| signed);
    let mut file: Value = serde_json::from_str(&signed.signatures).unwrap();
    let header = URL_SAFE_NO_PAD.decode(file["signatures"][0]["protected"].as_str().unwrap()).unwrap();
    let mut header: Value = serde_json::from_slice(&header).unwrap();
    change(&mut header);
    let protected = URL_SAFE_NO_PAD.encode(header.to_string());
    if let Some((_, pen)) = pen {
        let reading = document::read_for_signature(signed.document.as_bytes()).unwrap();
        let bytes = pen.key.sign(&signature::signing_input(&protected, &reading.canonical)).unwrap();
        file["signatures"][0]["signature"] = json!(URL_SAFE_NO_PAD.encode(bytes));
    }
    file["signatures"][0]["protected"] = json!(protected);
    verify_text(&signed.document, &file.to_string(), &signed.anchors)
}

#[test]
fn what_both_parties_signed_verifies_and_names_them() {
    let document = document();
    let signed = specimen::signed(&document);
    assert_eq!(reason(&signed), "");
    let pks = verify(signed.document.as_bytes(), signed.signatures.as_bytes(), &signed.anchors, specimen::today()).unwrap();
    let [office, lembaga] = pks.signers();
    assert_eq!((office.party, office.name.as_str()), (Party::Office, document.office.signatory.name.as_str()));
    assert_eq!((lembaga.party, lembaga.name.as_str()), (Party::Lembaga, document.lembaga.signatory.name.as_str()));
    assert_eq!(office.signed_at, specimen::signing_day());
    assert_ne!(office.certificate, lembaga.certificate);
}

#[test]
fn layout_and_order_of_members_are_not_part_of_what_is_signed() {
    let signed = specimen::signed(&document());
    let tree: Value = serde_json::from_str(&signed.document).unwrap();
    let compact = tree.to_string();
    assert_ne!(compact, signed.document);
    assert_eq!(verify_text(&compact, &signed.signatures, &signed.anchors), "");
}

#[test]
fn all_three_algorithms_sign() {
    let document = document();
    let signed = specimen::signed(&document);
    let params = specimen::leaf_params(&document.office.name, &document.office.signatory.name);
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ED25519, &rcgen::PKCS_RSA_SHA256] {
        let pen = specimen::pen_of(&params, &signed.office_ca, &KeyPair::generate_for(algorithm).unwrap());
        assert_eq!(resigned(&signed, Party::Office, &pen, specimen::signing_day()), "", "{:?}", pen.key.algorithm());
    }
}

#[test]
fn a_curve_other_than_p256_does_not_sign() {
    let document = document();
    let signed = specimen::signed(&document);
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    assert!(SigningKey::from_pkcs8_pem(key.serialize_pem().as_bytes()).is_err());
    let params = specimen::leaf_params(&document.office.name, &document.office.signatory.name);
    let leaf = params.signed_by(&key, &signed.office_ca.issuer).unwrap();
    let sentence =
        with_header(|header| header["x5c"] = json!([base64_of(leaf.der())]), Some((&signed, &any_pen(&signed.office_ca))));
    assert!(sentence.contains("only P-256"), "{sentence}");
}

#[test]
fn refuses_what_one_party_alone_has_signed() {
    let signed = specimen::signed(&document());
    let both = signature::read_signatures(signed.signatures.as_bytes()).unwrap();
    for (kept, missing) in [(0, "lembaga"), (1, "office")] {
        let half = signature::assemble(&both[kept..=kept]).unwrap();
        assert_eq!(verify_text(&signed.document, &half, &signed.anchors), format!("the signature of the {missing} is missing"));
    }
    let none = signature::assemble(&[]).unwrap();
    assert_eq!(verify_text(&signed.document, &none, &signed.anchors), "the signature of the office is missing");
    let twice = signature::assemble(&[both[0].clone(), both[0].clone()]).unwrap();
    assert_eq!(verify_text(&signed.document, &twice, &signed.anchors), "the office has signed twice");
    let three = signature::assemble(&[both[0].clone(), both[1].clone(), both[1].clone()]).unwrap();
    assert!(verify_text(&signed.document, &three, &signed.anchors).contains("more than two"));
}

#[test]
fn refuses_one_key_for_both_parties() {
    let document = document();
    let mut signed = specimen::signed(&document);
    let key = KeyPair::generate().unwrap();
    let pens = [
        (Party::Office, specimen::leaf_params(&document.office.name, &document.office.signatory.name), &signed.office_ca),
        (Party::Lembaga, specimen::leaf_params(&document.lembaga.name, &document.lembaga.signatory.name), &signed.lembaga_ca),
    ];
    let signatures: Vec<_> = pens
        .iter()
        .map(|(party, params, ca)| {
            let pen = specimen::pen_of(params, ca, &key);
            sign(signed.document.as_bytes(), *party, &pen.key, &pen.chain, specimen::signing_day()).unwrap()
        })
        .collect();
    signed.signatures = signature::assemble(&signatures).unwrap();
    assert_eq!(reason(&signed), "both signatures are by the same key");
}

#[test]
fn a_partys_signature_can_not_stand_for_the_others() {
    let signed = specimen::signed(&document());
    let swapped = Anchors::new(signed.anchors.lembaga.clone(), signed.anchors.office.clone());
    assert_eq!(verify_text(&signed.document, &signed.signatures, &swapped), "chain of the office: UnknownIssuer");
    let sentence = with_header(|header| header["party"] = json!("lembaga"), None);
    assert_eq!(sentence, "the lembaga has signed twice");
}

#[test]
fn no_byte_of_the_document_can_change() {
    let signed = specimen::signed(&document());
    let tree: Value = serde_json::from_str(&signed.document).unwrap();
    for place in 0..signed.document.len() {
        let mut bytes = signed.document.clone().into_bytes();
        bytes[place] ^= 1;
        // White space that stays white space would be the same document; no flip of the lowest bit does that.
        assert_ne!(serde_json::from_slice(&bytes).ok(), Some(tree.clone()));
        assert!(verify(&bytes, signed.signatures.as_bytes(), &signed.anchors, specimen::today()).is_err(), "byte {place}");
    }
}

#[test]
fn no_byte_of_the_signatures_can_change() {
    let signed = specimen::signed(&document());
    for place in 0..signed.signatures.len() {
        let mut bytes = signed.signatures.clone().into_bytes();
        bytes[place] ^= 1;
        assert!(verify(signed.document.as_bytes(), &bytes, &signed.anchors, specimen::today()).is_err(), "byte {place}");
    }
}

#[test]
fn another_version_of_the_document_needs_other_signatures() {
    let mut changed = document();
    let signed = specimen::signed(&changed);
    changed.quota.per_day += 1;
    assert_eq!(
        verify_text(&changed.to_json().unwrap(), &signed.signatures, &signed.anchors),
        "the signature of the office does not fit the document"
    );
}

#[test]
fn refuses_a_stranger_with_a_ca_of_the_same_name() {
    let document = document();
    let signed = specimen::signed(&document);
    let stranger = specimen::pen(&document, Party::Office, &specimen::ca("CA kantor"));
    let sentence = resigned(&signed, Party::Office, &stranger, specimen::signing_day());
    assert!(sentence.starts_with("chain of the office: InvalidSignatureForPublicKey"), "{sentence}");
    let other = specimen::pen(&document, Party::Office, &specimen::ca("CA lain"));
    assert_eq!(resigned(&signed, Party::Office, &other, specimen::signing_day()), "chain of the office: UnknownIssuer");
}

#[test]
fn a_certificate_must_have_been_valid_on_the_date_of_signing_and_need_not_be_now() {
    let document = document();
    let signed = specimen::signed(&document);
    let pen = specimen::pen(&document, Party::Office, &signed.office_ca);
    let on = |day: &str| resigned(&signed, Party::Office, &pen, day.parse().unwrap());
    assert_eq!(on("2026-06-01T00:00:00Z"), "");
    assert!(on("2025-12-31T00:00:00Z").contains("CertNotValidYet"));
    assert!(on("2026-11-23T02:00:01Z").contains("has not come yet"), "one second after now");
    let later: Timestamp = "2031-01-01T00:00:00Z".parse().unwrap();
    let signatures = signed.signatures.as_bytes();
    assert!(verify(signed.document.as_bytes(), signatures, &signed.anchors, later).is_ok(), "signed in time, read years later");
    let expired = with_office_leaf(|params| {
        params.not_before = date_time_ymd(2025, 1, 1);
        params.not_after = date_time_ymd(2026, 1, 1);
    });
    assert!(expired.contains("CertExpired"), "{expired}");
}

#[test]
fn refuses_a_certificate_of_somebody_else() {
    let document = document();
    let bank = template("bank-antasari").unwrap();
    let other_lembaga =
        with_office_leaf(|p| p.distinguished_name = specimen::subject(&bank.lembaga.name, &document.office.signatory.name));
    assert!(other_lembaga.contains("stranger") && other_lembaga.contains("O must be"), "{other_lembaga}");
    let other_person = with_office_leaf(|p| p.distinguished_name = specimen::subject(&document.office.name, "Orang Lain"));
    assert!(other_person.contains("stranger") && other_person.contains("CN must be"), "{other_person}");
    let none = with_office_leaf(|p| p.distinguished_name = rcgen::DistinguishedName::new());
    assert!(none.contains("no single one"), "{none}");
    let two = with_office_leaf(|p| {
        p.distinguished_name.push(rcgen::DnType::CustomDnType(vec![2, 5, 4, 10]), bank.lembaga.name.as_str());
    });
    assert!(two.contains("no single one"), "{two}");
}

#[test]
fn refuses_a_certificate_that_is_no_pen() {
    let tls = with_office_leaf(|p| {
        p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth]
    });
    assert!(tls.contains("RequiredEkuNotFound"), "{tls}");
    let any = with_office_leaf(|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any]);
    assert!(any.contains("RequiredEkuNotFound"), "{any}");
    assert_eq!(with_office_leaf(|p| p.extended_key_usages = Vec::new()), "", "without the extension any use is allowed");
    let encipher = with_office_leaf(|p| p.key_usages = vec![KeyUsagePurpose::KeyEncipherment]);
    assert!(encipher.contains("without digitalSignature"), "{encipher}");
    let silent = with_office_leaf(|p| p.key_usages = Vec::new());
    assert!(silent.contains("has no key usage"), "{silent}");
    let ca = with_office_leaf(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    assert!(ca.contains("that of a CA"), "{ca}");
    let unknown = with_office_leaf(|p| {
        let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
        extension.set_criticality(true);
        p.custom_extensions = vec![extension];
    });
    assert!(unknown.contains("UnsupportedCriticalExtension"), "{unknown}");
}

#[test]
fn a_trust_anchor_must_be_a_ca_that_was_valid_itself() {
    let document = document();
    for (what, change) in [
        (
            "expired",
            (|p: &mut rcgen::CertificateParams| p.not_after = date_time_ymd(2026, 1, 2)) as fn(&mut rcgen::CertificateParams),
        ),
        ("not yet valid", |p| p.not_before = date_time_ymd(2026, 2, 1)),
        ("no CA", |p| p.is_ca = IsCa::ExplicitNoCa),
        ("no right to sign certificates", |p| p.key_usages = vec![KeyUsagePurpose::CrlSign]),
    ] {
        let mut signed = specimen::signed(&document);
        let mut params = specimen::ca_params("CA kantor");
        change(&mut params);
        let ca = specimen::ca_of(params);
        signed.anchors.office = vec![ca.certificate.clone()];
        let pen = specimen::pen(&document, Party::Office, &ca);
        let sentence = resigned(&signed, Party::Office, &pen, specimen::signing_day());
        assert!(sentence.contains("no trust anchor"), "{what}: {sentence}");
    }
}

#[test]
fn an_intermediate_must_be_a_ca_that_may_sign_certificates() {
    let document = document();
    let signed = specimen::signed(&document);
    let under = |usages: Vec<KeyUsagePurpose>, is_ca: IsCa| {
        let mut params = specimen::ca_params("CA antara");
        params.key_usages = usages;
        params.is_ca = is_ca;
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &signed.office_ca.issuer).unwrap().der().clone();
        // The issuer's own parameters are those of a good CA: only the certificate shown differs.
        let between = Ca { certificate: certificate.clone(), issuer: rcgen::Issuer::new(specimen::ca_params("CA antara"), key) };
        let mut pen = specimen::pen(&document, Party::Office, &between);
        pen.chain.push(certificate);
        resigned(&signed, Party::Office, &pen, specimen::signing_day())
    };
    let good = vec![KeyUsagePurpose::KeyCertSign];
    assert_eq!(under(good.clone(), IsCa::Ca(BasicConstraints::Unconstrained)), "");
    assert!(under(good, IsCa::ExplicitNoCa).contains("EndEntityUsedAsCa"));
    let crl_only = under(vec![KeyUsagePurpose::CrlSign], IsCa::Ca(BasicConstraints::Unconstrained));
    assert!(crl_only.contains("may not sign certificates"), "{crl_only}");
}

#[test]
fn the_algorithm_is_bound_to_the_key() {
    let signed = specimen::signed(&document());
    let pen = any_pen(&signed.office_ca);
    let said = |alg: &str| with_header(|header| header["alg"] = json!(alg), Some((&signed, &pen)));
    for (alg, expected) in [
        ("Ed25519", "the header says Ed25519, the key is one for ES256"),
        ("PS256", "the header says PS256, the key is one for ES256"),
        ("EdDSA", "called Ed25519"),
        ("none", "not accepted"),
        ("HS256", "not accepted"),
        ("RS256", "not accepted"),
        ("ES384", "not accepted"),
        ("es256", "not accepted"),
        ("", "not accepted"),
    ] {
        let sentence = said(alg);
        assert!(sentence.contains(expected), "{alg}: {sentence}");
    }
}

#[test]
fn an_ed25519_key_does_not_answer_to_es256() {
    let document = document();
    let signed = specimen::signed(&document);
    let params = specimen::leaf_params(&document.office.name, &document.office.signatory.name);
    let pen = specimen::pen_of(&params, &signed.office_ca, &KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap());
    let x5c = json!([base64_of(&pen.chain[0])]);
    let sentence = with_header(|header| header["x5c"] = x5c, Some((&signed, &pen)));
    assert!(sentence.contains("the header says ES256, the key is one for Ed25519"), "{sentence}");
}

#[test]
fn refuses_protected_headers_with_anything_more_or_less() {
    let add = |key: &str, value: Value| with_header(|header| header[key] = value, None);
    for (key, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("b64", json!(false)),
        ("kid", json!("1")),
        ("jwk", json!({})),
        ("x5u", json!("https://example.invalid")),
    ] {
        let sentence = add(key, value);
        assert!(sentence.contains("unknown field"), "{key}: {sentence}");
    }
    assert!(add("typ", json!("JWT")).contains("typ must be"));
    assert!(add("party", json!("witness")).contains("unknown variant"));
    assert!(add("iat", json!(1.5)).contains("2^53"));
    assert!(add("iat", json!("2026")).contains("invalid type"));
    assert!(add("x5c", json!([])).contains("x5c must hold"));
    assert!(add("x5c", json!(["AAAA", "AAAA", "AAAA", "AAAA", "AAAA", "AAAA", "AAAA"])).contains("x5c must hold"));
    assert!(add("x5c", json!(["####"])).contains("no base64"));
    for key in ["alg", "typ", "party", "iat", "x5c"] {
        let sentence = with_header(|header| _ = header.as_object_mut().unwrap().remove(key), None);
        assert!(sentence.contains("missing field"), "{key}: {sentence}");
    }
}

#[test]
fn refuses_a_signature_file_with_anything_more_or_twice() {
    let signed = specimen::signed(&document());
    let with = |change: &dyn Fn(&mut Value)| {
        let mut file: Value = serde_json::from_str(&signed.signatures).unwrap();
        change(&mut file);
        verify_text(&signed.document, &file.to_string(), &signed.anchors)
    };
    assert!(with(&|file| file["payload"] = json!("")).contains("unknown field `payload`"));
    assert!(with(&|file| file["signatures"][0]["header"] = json!({})).contains("unknown field `header`"));
    let twice = signed.signatures.replacen("\"signature\":", "\"signature\":\"\",\"signature\":", 1);
    assert!(verify_text(&signed.document, &twice, &signed.anchors).contains("disebut dua kali"));
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","alg":"none"}"#);
    assert!(with(&|file| file["signatures"][0]["protected"] = json!(header)).contains("disebut dua kali"));
}

#[test]
fn a_pem_file_must_hold_certificates() {
    let pem = pem_of(&specimen::ca("CA kantor").certificate);
    assert_eq!(certificates_from_pem(format!("{pem}{pem}").as_bytes()).unwrap().len(), 2);
    for wrong in ["", "# none", &pem.replace('A', "*")] {
        assert!(certificates_from_pem(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn signs_only_with_the_key_of_the_certificate() {
    let signed = specimen::signed(&document());
    let (one, other) = (any_pen(&signed.office_ca), any_pen(&signed.office_ca));
    let attempt = |pen: &Pen, chain: &[CertificateDer<'static>]| {
        sign(signed.document.as_bytes(), Party::Office, &pen.key, chain, specimen::signing_day()).err().map(|e| e.to_string())
    };
    assert_eq!(attempt(&one, &one.chain), None);
    assert_eq!(attempt(&one, &other.chain).as_deref(), Some("the key does not belong to the certificate"));
    assert!(attempt(&one, &[]).is_some());
    assert!(sign(b"{}", Party::Office, &one.key, &one.chain, specimen::signing_day()).is_err());
}

#[test]
fn an_agreement_out_of_term_verifies_and_says_where_it_stands() {
    let mut document = document();
    let pks = specimen::verified(&document);
    let at = |text: &str| pks.standing(text.parse().unwrap());
    assert_eq!(at("2025-12-31T15:59:59Z"), Standing::NotYet, "a second before midnight WITA");
    assert_eq!(at("2025-12-31T16:00:00Z"), Standing::InForce);
    assert_eq!(at("2035-12-31T15:59:59Z"), Standing::InForce, "the last second of the last day");
    assert_eq!(at("2035-12-31T16:00:00Z"), Standing::Expired);
    document.suspended = true;
    assert_eq!(specimen::verified(&document).standing(specimen::today()), Standing::Suspended);
}

fn any_pen(ca: &Ca) -> Pen {
    specimen::pen(&document(), Party::Office, ca)
}

fn base64_of(der: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(der)
}

fn pem_of(der: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64_of(der))
}
