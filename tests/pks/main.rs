//! The life of an agreement by the command line: drafted, signed by both parties, verified, shown, compared, amended, withdrawn.

#![expect(clippy::unwrap_used, reason = "test code may panic")]

mod desk;
mod past;
#[cfg(feature = "pkcs11")]
mod token;

use desk::{Desk, tell};
use serde_json::Value;

#[test]
fn two_commands_make_a_whole_agreement() {
    let desk = Desk::new();
    desk.draft("rsud-tapin", "agreement").ok();
    let folder = desk.path("policies/agreement");
    assert!(std::fs::read(folder.join("pks.pdf")).unwrap().starts_with(b"%PDF-1.4"));
    let first = desk.sign("agreement", "office").ok();
    assert!(first.contains("PERJANJIAN KERJA SAMA") && first.contains("PETUNJUK TEKNIS"), "it is shown before it is signed");
    assert!(first.ends_with("ok: signed by the office; the signature of the lembaga is missing\n"), "{first}");
    let half = desk.pks(&["verify"], "agreement").failed();
    assert!(half.contains("1 of 1 do not verify"), "{half}");
    let second = desk.sign("agreement", "lembaga").ok();
    assert!(second.ends_with("ok: signed by the lembaga; both parties have signed\n"), "{second}");
    let told = desk.pks(&["verify"], "agreement").ok();
    for line in [
        "office      certificate leads to a trust anchor",
        "lembaga     signature (ES256) fits",
        "paper       pks.pdf is the paper",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    let steps: Value = serde_json::from_str(&desk.pks(&["verify", "--json"], "agreement").ok()).unwrap();
    assert_eq!(steps[0]["verified"], true);
    let shown = desk.pks(&["show"], "agreement").ok();
    assert!(shown.contains("Ditandatangani secara elektronik") && shown.contains("Pihak Kesatu"), "{shown}");
}

#[test]
fn what_is_signed_can_not_be_signed_again_or_changed() {
    let desk = Desk::new();
    desk.draft("rsud-tapin", "agreement").ok();
    desk.sign("agreement", "office").ok();
    assert!(desk.sign("agreement", "office").failed().contains("the office has signed already"));
    assert!(desk.draft("rsud-tapin", "agreement").failed().contains("is signed"));
    let document = desk.path("policies/agreement/pks.json");
    desk.write(&document, &std::fs::read_to_string(&document).unwrap().replace("\"per_day\": 500", "\"per_day\": 501"));
    let before = std::fs::read(desk.path("policies/agreement/pks.sig")).unwrap();
    assert!(desk.sign("agreement", "lembaga").failed().contains("is not over this document"));
    assert_eq!(std::fs::read(desk.path("policies/agreement/pks.sig")).unwrap(), before);
}

#[test]
fn a_pen_that_is_not_the_partys_makes_no_signature() {
    let desk = Desk::new();
    desk.draft("rsud-tapin", "agreement").ok();
    let by = |party: &str, pen: &str, yes: bool| {
        let mut command = desk.sign_command("agreement", party, pen);
        if yes {
            command.arg("--yes");
        }
        tell(&mut command).failed()
    };
    assert!(by("office", "lembaga", true).contains("is a stranger's"));
    assert!(by("office", "stranger", true).contains("would not verify"), "same names, another authority");
    let nobody = by("office", "office", false);
    assert!(nobody.contains("nobody is here to agree"), "{nobody}");
    assert!(!desk.path("policies/agreement/pks.sig").exists());
    desk.write(&desk.path("policies/agreement/pks.pdf"), "%PDF-1.4 another");
    assert!(by("office", "office", true).contains("not the paper"));
}

#[test]
fn every_fault_of_a_draft_is_listed_at_once_in_indonesian_and_nothing_is_written() {
    let desk = Desk::new();
    let data = desk.path("data.toml");
    desk.write(
        &data,
        "networks = ['10.1.2.3/8']\nwarna = 'merah'\n[term]\nfrom = '2030-01-01'\nuntil = '2029-01-01'\nzone = 'WITA'\n\
         [quota]\nper_day = 0\n[hours]\nzone = 'WITA'\ndays = ['senin']\nfrom = '16:00'\nuntil = '08:00'\n\
         [[elements]]\nname = 'NIK'\nrights = ['read', 'verify']\n[[elements]]\nname = 'NIK'\nrights = ['read']\n\
         [[elements]]\nname = 'HOBI'\nrights = ['read']\n",
    );
    let mut command = desk.draft_command("rsud-tapin", "agreement");
    let told = tell(command.arg("--data").arg(&data));
    assert_eq!((told.code, told.out.as_str()), (Some(1), ""));
    for place in [
        "\"warna\" (/warna): isian ini tidak dikenal",
        "jangka waktu, sampai (/term/until): lebih awal",
        "elemen ke-2, nama (/elements/1/name): NIK disebut dua kali",
        "elemen ke-3, nama (/elements/2/name): \"HOBI\" tidak ada",
        "kuota, per hari (/quota/per_day): harus paling sedikit 1",
        "jam akses, sampai (/hours/until): jam berakhir",
        "jaringan ke-1 (/networks/0)",
    ] {
        assert!(told.err.contains(place), "{place}: {}", told.err);
    }
    assert!(!desk.path("policies/agreement").exists());
}

#[test]
fn a_document_with_faults_is_not_signed() {
    let desk = Desk::new();
    desk.draft("rsud-tapin", "agreement").ok();
    let document = desk.path("policies/agreement/pks.json");
    desk.write(&document, &std::fs::read_to_string(&document).unwrap().replace("\"per_day\": 500", "\"per_day\": 0"));
    let told = desk.sign("agreement", "office");
    assert_eq!((told.code, told.out.as_str()), (Some(1), ""));
    assert!(told.err.contains("/quota/per_day") && told.err.contains("1 faults"), "{}", told.err);
}

#[test]
fn an_amendment_names_what_it_changes_and_diff_tells_it() {
    let desk = Desk::new();
    desk.draft("rsud-tapin", "agreement").ok();
    let data = desk.path("data.json");
    desk.write(&data, r#"{"quota":{"per_day":1000},"hours":{"zone":"WITA","days":["senin"],"from":"08:00","until":"16:00"}}"#);
    let mut command = desk.gerbang(&["pks", "draft", "--from"]);
    command.arg(desk.path("policies/agreement")).arg("--data").arg(&data).arg("--dir").arg(desk.path("policies/amended"));
    assert!(tell(&mut command).ok().contains("version 2"));
    let amended: Value = serde_json::from_slice(&std::fs::read(desk.path("policies/amended/pks.json")).unwrap()).unwrap();
    let former = std::fs::read(desk.path("policies/agreement/pks.json")).unwrap();
    let digest = gerbang::kernel::to_hex(&gerbang::pks::document_digest(&former).unwrap());
    assert_eq!(
        (&amended["supersedes"]["version"], amended["supersedes"]["digest"].as_str().unwrap()),
        (&1.into(), digest.as_str())
    );
    let mut diff = desk.gerbang(&["pks", "diff"]);
    let told = tell(diff.arg(desk.path("policies/agreement")).arg(desk.path("policies/amended"))).ok();
    assert!(told.contains("+ kuota NIK per hari: 500 menjadi 1.000\n"), "{told}");
    assert!(told.contains("- jam akses: setiap saat menjadi senin pukul 08:00-16:00 WITA\n"), "{told}");
}

#[test]
fn a_withdrawal_is_written_once_and_takes_the_agreement_out_of_force() {
    let desk = Desk::new();
    desk.draft("rsud-tapin", "rsud-tapin").ok();
    desk.sign("rsud-tapin", "office").ok();
    desk.sign("rsud-tapin", "lembaga").ok();
    let revoke = |party: &str, pen: &str, reason: &str| {
        let mut command = desk.gerbang(&["pks", "revoke", "--party", party, "--reason", reason, "--key"]);
        command.arg(desk.path(&format!("{pen}.key"))).arg("--chain").arg(desk.path(&format!("{pen}.pem")));
        tell(command.arg(desk.path("policies/rsud-tapin")))
    };
    let check = || tell(desk.gerbang(&["check-config", "--policies"]).arg(desk.path("policies")));
    assert_eq!(check().ok(), "ok: 1 agreements verified\n");
    assert!(revoke("office", "lembaga", "Penyalahgunaan").failed().contains("stranger"));
    assert!(revoke("office", "stranger", "Penyalahgunaan").failed().contains("would not verify"));
    assert!(revoke("office", "office", "").failed().contains("/reason"));
    assert!(
        !desk.path("policies/rsud-tapin/revocation.json").exists() && !desk.path("policies/rsud-tapin/revocation.sig").exists()
    );
    assert!(revoke("office", "office", "Penyalahgunaan").ok().contains("version 1 and earlier withdrawn by the office"));
    let told = check();
    assert_eq!(told.code, Some(1));
    assert!(told.err.contains("rsud-tapin: not in force: withdrawn"), "{}", told.err);
    let steps = desk.pks(&["verify"], "rsud-tapin").ok();
    assert!(steps.contains("revocation  WITHDRAWN by the office") && steps.contains(": Penyalahgunaan"), "{steps}");
    assert!(revoke("lembaga", "lembaga", "Juga").failed().contains("there already"));
}

#[test]
fn an_agreement_that_ends_soon_is_warned_of_and_still_good() {
    let desk = Desk::new();
    let data = desk.path("data.toml");
    let today = jiff::Timestamp::from_second(i64::try_from(desk::file_clock(&desk.path(""))).unwrap()).unwrap();
    let today = jiff::tz::Offset::constant(8).to_datetime(today).date();
    let last = today.checked_add(jiff::Span::new().days(20)).unwrap();
    desk.write(&data, &format!("[term]\nfrom = '{today}'\nuntil = '{last}'\nzone = 'WITA'\n"));
    tell(desk.draft_command("rsud-tapin", "rsud-tapin").arg("--data").arg(&data)).ok();
    desk.sign("rsud-tapin", "office").ok();
    desk.sign("rsud-tapin", "lembaga").ok();
    let told = tell(desk.gerbang(&["check-config", "--policies"]).arg(desk.path("policies")));
    assert_eq!((told.code, told.out.as_str()), (Some(0), "ok: 1 agreements verified\n"), "{}", told.err);
    assert!(told.err.starts_with(&format!("rsud-tapin ends on {last}, in ")), "{}", told.err);
}

#[test]
fn the_shipped_cases_run_and_a_wrong_one_is_named() {
    let desk = Desk::new();
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/rsud-tapin");
    let told = tell(desk.gerbang(&["pks", "test"]).arg(&shipped)).ok();
    assert!(told.lines().last().unwrap().starts_with("ok: ") && told.lines().count() > 5, "{told}");
    let cases = std::fs::read_to_string(shipped.join("cases.toml")).unwrap();
    let wrong = desk.path("cases.toml");
    desk.write(&wrong, &cases.replacen("refused = \"", "refused = \"X", 1));
    let told = tell(desk.gerbang(&["pks", "test"]).arg(&shipped).arg("--cases").arg(&wrong));
    assert_eq!(told.code, Some(1));
    assert!(told.out.contains("FAILED  ") && told.err.contains("1 of "), "{}{}", told.out, told.err);
}

#[test]
fn html_and_pdf_are_written_where_they_are_asked_for() {
    let desk = Desk::new();
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/bank-antasari");
    let (html, pdf) = (desk.path("a.html"), desk.path("a.pdf"));
    let mut command = desk.gerbang(&["pks", "show"]);
    assert_eq!(tell(command.arg(&shipped).arg("--html").arg(&html).arg("--pdf").arg(&pdf)).ok(), "");
    let page = std::fs::read_to_string(html).unwrap();
    assert!(page.contains("<html lang=\"id\">") && page.contains("NAMA_LGKP_IBU") && page.contains("PENGESAHAN"));
    assert!(std::fs::read(pdf).unwrap().starts_with(b"%PDF-1.4"));
    assert!(tell(desk.gerbang(&["pks", "verify"]).arg(shipped.parent().unwrap())).ok().ends_with("ok: 3 verified\n"));
}
