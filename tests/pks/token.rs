//! Signing with a key on a PKCS#11 token, in SoftHSM2 (Debian's `softhsm2`).

use std::process::Command;

use rcgen::KeyPair;

use super::desk::{Desk, tell};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "271828";

/// A token with one key in it, and the environment by which it is found.
fn with_token(desk: &Desk, label: &str, key_file: &str) {
    let configuration = desk.path("softhsm2.conf");
    std::fs::create_dir_all(desk.path("tokens")).unwrap();
    desk.write(&configuration, &format!("directories.tokendir = {}\nlog.level = ERROR\n", desk.path("tokens").display()));
    let softhsm = |arguments: &[&str]| {
        let mut command = Command::new("softhsm2-util");
        let told = tell(command.env("SOFTHSM2_CONF", &configuration).args(arguments));
        assert_eq!(told.code, Some(0), "{}", told.err);
    };
    softhsm(&["--init-token", "--free", "--label", "Kantor Dinas", "--so-pin", "314159", "--pin", PIN]);
    let key = desk.path(key_file);
    softhsm(&["--import", key.to_str().unwrap(), "--token", "Kantor Dinas", "--label", label, "--id", "a1", "--pin", PIN]);
}

fn sign(desk: &Desk, uri: &str, pin: Option<&str>) -> super::desk::Told {
    let mut command = desk.gerbang(&["pks", "sign", "--party", "office", "--yes", "--key", uri, "--chain"]);
    command.arg(desk.path("office.pem")).arg(desk.path("policies/agreement")).env("SOFTHSM2_CONF", desk.path("softhsm2.conf"));
    if let Some(pin) = pin {
        command.env("GERBANG_PKCS11_PIN", pin);
    }
    tell(&mut command)
}

#[test]
fn a_key_on_a_token_signs_as_one_in_a_file_does() {
    let desk = Desk::new();
    with_token(&desk, "ttd", "office.key");
    desk.draft("rsud-tapin", "agreement").ok();
    desk.write(&desk.path("pin"), &format!("{PIN}\n"));
    let uri = format!("pkcs11:token=Kantor%20Dinas;object=ttd?module-path={MODULE}&pin-source={}", desk.path("pin").display());
    assert!(sign(&desk, &uri, None).ok().ends_with("the signature of the lembaga is missing\n"));
    desk.sign("agreement", "lembaga").ok();
    assert!(desk.pks(&["verify"], "agreement").ok().contains("office      signature (ES256) fits"));
}

#[test]
fn a_wrong_pin_key_token_or_module_makes_no_signature() {
    let desk = Desk::new();
    with_token(&desk, "ttd", "lembaga.key");
    desk.draft("rsud-tapin", "agreement").ok();
    let uri = |token: &str, object: &str, module: &str| format!("pkcs11:token={token};object={object}?module-path={module}");
    let good = uri("Kantor%20Dinas", "ttd", MODULE);
    for (uri, pin, what) in [
        (good.clone(), Some(PIN), "does not belong to the certificate"),
        (good.clone(), Some("000000"), "cannot log in"),
        (good, None, "GERBANG_PKCS11_PIN"),
        (uri("Kantor%20Dinas", "lain", MODULE), Some(PIN), "0 private keys"),
        (uri("Lain", "ttd", MODULE), Some(PIN), "0 tokens"),
        (uri("Kantor%20Dinas", "ttd", "/nowhere.so"), Some(PIN), "module cannot be loaded"),
    ] {
        let told = sign(&desk, &uri, pin);
        assert_eq!(told.code, Some(1), "{uri}");
        assert!(told.err.contains(what) && !told.err.contains(PIN), "{uri}: {}", told.err);
    }
    assert!(!desk.path("policies/agreement/pks.sig").exists());
}

#[test]
fn rsa_on_a_token_makes_ps256() {
    let desk = Desk::new();
    let document = gerbang::pks::template("rsud-tapin").unwrap();
    let named = |organization: &str, person: &str| {
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::OrganizationName, organization);
        params.distinguished_name.push(rcgen::DnType::CommonName, person);
        params
    };
    let mut ca = named("Kantor", "CA");
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    ca.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let ca_key = KeyPair::generate().unwrap();
    desk.write(&desk.path("policies/anchors/office.pem"), &ca.self_signed(&ca_key).unwrap().pem());
    let mut leaf = named(&document.office.name, &document.office.signatory.name);
    leaf.key_usages = vec![rcgen::KeyUsagePurpose::ContentCommitment];
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    desk.write(&desk.path("office.pem"), &leaf.signed_by(&key, &rcgen::Issuer::new(ca, ca_key)).unwrap().pem());
    desk.write(&desk.path("rsa.key"), &key.serialize_pem());
    with_token(&desk, "rsa", "rsa.key");
    desk.draft("rsud-tapin", "agreement").ok();
    sign(&desk, &format!("pkcs11:id=%a1?module-path={MODULE}"), Some(PIN)).ok();
    desk.sign("agreement", "lembaga").ok();
    assert!(desk.pks(&["verify"], "agreement").ok().contains("office      signature (PS256) fits"));
}
