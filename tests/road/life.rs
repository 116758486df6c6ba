//! The life of an agreement on an open connection: renewed without a gap, withdrawn with its reason.

use crate::support::asks::*;
use crate::support::client::plain_get;
use crate::support::{House, write};
use gerbang::cli::demo::authority::Authority;
use gerbang::pks::{self, Anchors, Document, Party, Revocation, SigningKey};

#[test]
fn a_renewal_takes_over_on_an_open_connection_at_midnight() {
    let house = House::for_tests();
    let folder = house.path("policies").join(BANK);
    house.conclude(BANK, |document| document.term.until = "2026-11-22".to_owned());
    let first = Document::read(&std::fs::read(folder.join("pks.json")).unwrap()).unwrap().version;
    let kept = folder.join("versions").join(first.to_string());
    std::fs::create_dir_all(&kept).unwrap();
    for name in ["pks.json", "pks.sig", "pks.pdf"] {
        std::fs::copy(folder.join(name), kept.join(name)).unwrap();
    }
    house.conclude(BANK, |document| document.term.from = "2026-11-23".to_owned());
    let mut bank = house.client(BANK);
    for (now, version) in [("2026-11-22T16:59:59Z", first), ("2026-11-22T17:00:00Z", first + 1)] {
        house.clock.set(now);
        let answer = verify(&mut bank);
        assert_eq!((answer.status, &answer.json()["pks"]["version"]), (200, &version.into()), "{}", answer.text());
    }
}

#[test]
fn a_signed_withdrawal_bites_on_an_open_connection_and_tells_its_reason() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    assert_eq!(verify(&mut bank).status, 200);
    // The pens of the house's agreements are thrown away: another authority of the office is trusted beside.
    let policies = house.path("policies");
    let (anchor, now) = (policies.join("anchors/office.pem"), gerbang::kernel::Clock::now(&*house.clock));
    let authority = Authority::new("Otoritas kedua", now).unwrap();
    write(&anchor, format!("{}{}", std::fs::read_to_string(&anchor).unwrap(), authority.pem()).as_bytes());
    let folder = policies.join(BANK);
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let anchors =
        Anchors::from_pem(&std::fs::read(&anchor).unwrap(), &std::fs::read(policies.join("anchors/lembaga.pem")).unwrap());
    let pks = pks::verify(&read("pks.json"), &read("pks.sig"), &anchors.unwrap(), now).unwrap();
    let office = &pks.agreement().office;
    let text = Revocation::of(&pks, Party::Office, office.signatory.clone(), "Data balikan tidak diserahkan").to_json().unwrap();
    let issued = authority.signatory(&office.name, &office.signatory.name).unwrap();
    let key = SigningKey::from_pkcs8_pem(issued.key.as_bytes()).unwrap();
    let signature = pks::sign_revocation(text.as_bytes(), &key, &[issued.der.into()], now).unwrap();
    write(&folder.join("revocation.sig"), pks::assemble(&[signature]).unwrap().as_bytes());
    write(&folder.join("revocation.json"), text.as_bytes());
    house.reload();
    refused(&house, &verify(&mut bank), 403, "PKS_REVOKED");
    let answer = verify(&mut bank);
    assert!(answer.text().contains("Data balikan tidak diserahkan"), "{}", answer.text());
    let answer = verify_dwh(&mut bank, BANK);
    assert!(content(&answer)["RESPONSE_DESC"].as_str().unwrap().contains("Data balikan tidak diserahkan"), "{}", answer.text());
    refused_dwh(&house, &verify_dwh(&mut bank, BANK), "16", "PKS_REVOKED");
    refused(&house, &bank.get("/v1/agreement"), 403, "PKS_REVOKED");
    // Only a higher version makes an agreement again.
    house.conclude(BANK, |_| ());
    assert_eq!(verify(&mut bank).status, 200);
}

#[test]
fn an_end_within_90_days_is_a_figure_and_no_fault() {
    let house = House::for_tests();
    let figure = || {
        let text = plain_get(house.admin, "/metrics").text();
        text.lines().filter(|line| line.starts_with("gerbang_agreement_days_left{")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(figure(), [""; 0]);
    house.conclude(BANK, |document| document.term.until = "2026-12-02".to_owned());
    assert_eq!(figure(), [r#"gerbang_agreement_days_left{institution="bank-antasari"} 10"#]);
    assert_eq!(plain_get(house.admin, "/readyz").status, 200);
    house.conclude(BANK, |_| ());
    assert_eq!(figure(), [""; 0]);
}
