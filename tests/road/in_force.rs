//! What is put in force, and what is taken out of it, bites on the next request, on connections that were open before too; what breaks
//! takes nothing down. Nobody tells the house of a change here but the files themselves.

use std::path::Path;

use crate::support::asks::*;
use crate::support::batch::{Conversation, line};
use crate::support::client::plain_get;
use crate::support::foreign::Ca;
use crate::support::{Client, House, LEMBAGA, Plan, account, wait_until, write};
use gerbang::disk::RealDisk;
use gerbang::pks::Document;
use gerbang::registry::Registry;
use gerbang::store::Accounts;
use rcgen::SerialNumber;
use rustix::fs::{rename, unlink};
use serde_json::json;

const URN: &str = "urn:gerbang:lembaga:bank-antasari";

/// Signs a lembaga's agreement anew under a directory, and tells nobody.
fn sign(house: &House, policies: &Path, lembaga: &str, change: impl FnOnce(&mut Document)) {
    let mut document = gerbang::pks::template(lembaga).unwrap();
    // A change takes a higher version.
    let former = std::fs::read(policies.join(lembaga).join("pks.json")).ok();
    document.version = former.and_then(|bytes| Document::read(&bytes).ok()).map_or(1, |former| former.version + 1);
    change(&mut document);
    house.signatories.conclude(&RealDisk, policies, &mut document, gerbang::kernel::Clock::now(&*house.clock)).unwrap();
}

/// How much of a part is told not to load.
fn not_loaded(house: &House, part: &str) -> Option<u32> {
    let metrics = plain_get(house.admin, "/metrics").text();
    let line = format!("gerbang_not_loaded{{part=\"{part}\"}} ");
    metrics.lines().find_map(|own| own.strip_prefix(&line)).map(|number| number.parse().unwrap())
}

/// Waits until a question on this connection is refused, and judges the refusal.
fn refused_soon(house: &House, client: &mut Client, code: &str) {
    wait_until(code, || verify(client).status != 200);
    refused(house, &verify(client), 403, code);
}

fn answered_soon(client: &mut Client) {
    wait_until("an answer", || verify(client).status == 200);
}

/// The answer a stranger gets.
fn is_strangers(client: &mut Client) -> bool {
    let answer = verify(client);
    answer.status == 401 && answer.json()["type"] == "about:blank"
}

#[test]
fn an_agreement_signed_anew_holds_on_open_connections_without_a_signal() {
    let house = House::for_tests();
    let (mut bank, mut hospital) = (house.client(BANK), house.client(HOSPITAL));
    let policies = house.path("policies");
    assert_eq!(verify(&mut bank).status, 200);
    assert_eq!(verify_dwh(&mut bank, BANK).json()["content"][0]["NAMA_LGKP"], "Sesuai (100)");
    sign(&house, &policies, BANK, |document| document.suspended = true);
    refused_soon(&house, &mut bank, "PKS_SUSPENDED");
    refused_dwh(&house, &verify_dwh(&mut bank, BANK), "16", "PKS_SUSPENDED");
    sign(&house, &policies, BANK, |_| ());
    answered_soon(&mut bank);
    sign(&house, &policies, BANK, |document| document.certificates = vec!["ab".repeat(32)]);
    refused_soon(&house, &mut bank, "CERTIFICATE_NOT_ALLOWED");
    std::fs::remove_dir_all(policies.join(BANK)).unwrap();
    wait_until("the withdrawal", || verify(&mut bank).code() == "PKS_MISSING");
    refused_dwh(&house, &verify_dwh(&mut bank, BANK), "16", "PKS_MISSING");
    assert_eq!(hospital.get("/v1/agreement").status, 200, "nobody else noticed");
}

#[test]
fn a_file_that_breaks_takes_nothing_down_and_raises_the_alarm() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    let folder = house.path("policies").join(BANK);
    let (document, signatures) = (folder.join("pks.json"), folder.join("pks.sig"));
    let sound = [&document, &signatures].map(|path| std::fs::read(path).unwrap());
    assert_eq!(not_loaded(&house, "agreements"), Some(0));
    let garbage = || write(&document, b"{");
    let cut = || write(&signatures, &sound[1][..100]);
    let unsigned = || unlink(&signatures).unwrap();
    let gone = || unlink(&document).unwrap();
    let breaks: [(&str, &dyn Fn()); 4] =
        [("no JSON", &garbage), ("cut short", &cut), ("no signatures", &unsigned), ("no document", &gone)];
    for (what, break_it) in breaks {
        break_it();
        wait_until(what, || not_loaded(&house, "agreements") == Some(1));
        assert_eq!(verify(&mut bank).status, 200, "{what}");
        let (_, loaded) = Registry::load(&house.path("policies"), gerbang::kernel::Clock::now(&*house.clock)).unwrap();
        assert_eq!((loaded.broken, loaded.verified), (1, 2), "what check-config says: {what}");
        write(&document, &sound[0]);
        write(&signatures, &sound[1]);
        wait_until("the mend", || not_loaded(&house, "agreements") == Some(0));
    }
    // The anchors: broken ones change nothing, others take down what they do not vouch for.
    let anchors = house.path("policies").join("anchors/office.pem");
    let own = std::fs::read(&anchors).unwrap();
    write(&anchors, b"no certificate");
    wait_until("the alarm", || not_loaded(&house, "agreements") == Some(1));
    assert_eq!(verify(&mut bank).status, 200);
    write(&anchors, Ca::new("kantor lain").pem.as_bytes());
    refused_soon(&house, &mut bank, "PKS_MISSING");
    assert_eq!(not_loaded(&house, "agreements"), Some(3));
    write(&anchors, &own);
    answered_soon(&mut bank);
}

#[test]
fn a_folder_of_agreements_swapped_by_a_link_is_followed() {
    let house = House::planned(Plan {
        prepare: Box::new(|dir: &Path| {
            rename(dir.join("policies"), dir.join("first")).unwrap();
            std::os::unix::fs::symlink("first", dir.join("policies")).unwrap();
        }),
        ..Plan::default()
    });
    let mut bank = house.client(BANK);
    assert_eq!(verify(&mut bank).status, 200);
    let second = house.path("second");
    for folder in ["anchors", BANK, HOSPITAL, SOCIAL] {
        gerbang::disk::Disk::create_dir_all(&RealDisk, &second.join(folder)).unwrap();
        for file in std::fs::read_dir(house.path("first").join(folder)).unwrap() {
            let file = file.unwrap();
            write(&second.join(folder).join(file.file_name()), &std::fs::read(file.path()).unwrap());
        }
    }
    sign(&house, &second, BANK, |document| document.suspended = true);
    assert_eq!(verify(&mut bank).status, 200);
    std::os::unix::fs::symlink("second", house.path("next")).unwrap();
    rename(house.path("next"), house.path("policies")).unwrap();
    refused_soon(&house, &mut bank, "PKS_SUSPENDED");
}

#[test]
fn only_what_changed_is_verified_anew_and_nobody_takes_anothers_customer_id() {
    let house = House::for_tests();
    let policies = house.path("policies");
    let now = gerbang::kernel::Clock::now(&*house.clock);
    let (registry, _) = Registry::load(&policies, now).unwrap();
    let of = |lembaga: &str| registry.pks_of(&gerbang::kernel::LembagaId::parse(lembaga).unwrap(), now).unwrap();
    let (bank, hospital) = (of(BANK), of(HOSPITAL));
    sign(&house, &policies, HOSPITAL, |document| document.suspended = true);
    assert_eq!(registry.reload(now, &|| true).unwrap().broken, 0);
    assert!(std::sync::Arc::ptr_eq(&of(BANK), &bank), "the same agreement, not one like it");
    assert!(!std::sync::Arc::ptr_eq(&of(HOSPITAL), &hospital) && of(HOSPITAL).agreement().suspended);
    // The bank's folder comes first; the customer id stays with whom it was.
    let customer = hospital.agreement().customer_id.as_str().to_owned();
    sign(&house, &policies, BANK, |document| document.lembaga.customer_id = customer.clone());
    let loaded = registry.reload(now, &|| true).unwrap();
    assert_eq!((loaded.broken, loaded.verified), (1, 3));
    assert_eq!(registry.lembaga_of_path(&customer).unwrap().as_str(), HOSPITAL);
    assert!(std::sync::Arc::ptr_eq(&of(BANK), &bank));
    // Told to stop, it changes nothing.
    let epoch = registry.epoch();
    sign(&house, &policies, BANK, |document| document.suspended = true);
    assert!(registry.reload(now, &|| false).is_err());
    assert_eq!((registry.epoch(), of(BANK).agreement().suspended), (epoch, false));
}

#[test]
fn an_account_switched_off_is_refused_on_open_connections_and_a_broken_list_changes_nothing() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    let code = |client: &mut Client| content(&verify_dwh(client, BANK))["RESPONSE_CODE"].as_str().map(str::to_owned);
    assert_eq!(code(&mut bank), None);
    write(&house.path("accounts.toml"), b"[[account]]\nuser = 3");
    wait_until("the alarm", || not_loaded(&house, "accounts") == Some(1));
    assert_eq!(code(&mut bank), None);
    let mut records: Vec<_> = LEMBAGA.iter().map(|(lembaga, user)| account(user, lembaga)).collect();
    records[0].active = false;
    write(&house.path("accounts.toml"), Accounts::render(records).unwrap().as_bytes());
    wait_until("the account off", || code(&mut bank).is_some());
    refused_dwh(&house, &verify_dwh(&mut bank, BANK), "17", "ACCOUNT_INACTIVE");
    assert_eq!(not_loaded(&house, "accounts"), Some(0));
    assert_eq!(verify(&mut bank).status, 200, "/v1 asks for no account");
}

#[test]
fn a_client_certificate_that_is_revoked_or_no_longer_vouched_for_is_a_strangers_on_open_connections() {
    let ca = Ca::new("CA uji kedua");
    let numbered = |number: u64| ca.issue(&[URN], |params| params.serial_number = Some(SerialNumber::from(number)));
    let (one, two) = (numbered(1), numbered(2));
    let (pem, crl) = (ca.pem.clone(), ca.revokes(&[], 3000));
    let house = House::planned(Plan {
        prepare: Box::new(move |dir| {
            write(&dir.join("ca.pem"), pem.as_bytes());
            write(&dir.join("crl.pem"), crl.as_bytes());
            let config = std::fs::read_to_string(dir.join("gerbang.toml")).unwrap();
            let config = config.replace("client_ca = \"ca.pem\"", "client_ca = \"ca.pem\"\nclient_crls = \"crl.pem\"");
            write(&dir.join("gerbang.toml"), config.as_bytes());
        }),
        ..Plan::default()
    });
    let (mut first, mut second) = (house.client_with(Some(&one)), house.client_with(Some(&two)));
    let mut stream = Conversation::over(house.client_with(Some(&one)));
    stream.say(&line());
    assert_eq!(stream.hear()["nik_status"], "active");
    assert_eq!((verify(&mut first).status, verify(&mut second).status), (200, 200));
    let crl = house.path("crl.pem");
    write(&crl, b"no list at all");
    wait_until("the alarm", || not_loaded(&house, "certificates") == Some(1));
    assert_eq!((verify(&mut first).status, verify(&mut second).status), (200, 200));

    write(&crl, ca.revokes(&[1], 3000).as_bytes());
    wait_until("the revocation", || is_strangers(&mut first));
    let answers = house.entries().len();
    assert!(is_strangers(&mut first));
    for answer in [first.get("/v1/agreement"), verify_dwh(&mut first, BANK)] {
        assert_eq!((answer.status, &answer.json()["type"]), (401, &json!("about:blank")));
    }
    stream.say(&line());
    assert!(!matches!(stream.try_hear(), Ok(Some(_))), "no line more of the batch");
    assert_eq!(house.entries().len(), answers, "nothing of it was asked in the lembaga's name");
    assert_eq!(verify(&mut second).status, 200);
    assert_eq!(not_loaded(&house, "certificates"), Some(0));

    // Taken off the list again, then its authority goes.
    write(&crl, ca.revokes(&[], 3000).as_bytes());
    wait_until("the second thought", || verify(&mut first).status == 200);
    write(&house.path("ca.pem"), house.authority.pem().as_bytes());
    wait_until("the authority gone", || is_strangers(&mut second));
    assert!(is_strangers(&mut first));
}
