use super::super::document::{BalikanText, DwhMethods, Guessing};
use super::super::template;
use super::*;
use crate::kernel::{Elemen, Method};
use serde_json::{Value, json};

/// The pointers of what is wrong with a changed dinsos-tapin.
fn faults(change: impl FnOnce(&mut Document)) -> Vec<String> {
    let mut document = template("dinsos-tapin").unwrap();
    change(&mut document);
    document.parse().err().unwrap_or_default().into_iter().map(|fault| fault.pointer).collect()
}

fn element<'a>(document: &'a mut Document, name: &str) -> &'a mut crate::pks::ElementText {
    document.elements.iter_mut().find(|element| element.name == name).unwrap()
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn reads_every_field_into_what_it_means() {
    let mut document = template("dinsos-tapin").unwrap();
    document.dwh_methods = Some(DwhMethods { verify: words(&["CEK_BANSOS"]), retrieve: vec![] });
    let agreement = document.parse().unwrap();
    assert_eq!(agreement.term.begins.to_string(), "2025-12-31T16:00:00Z");
    assert_eq!(agreement.term.ends.to_string(), "2035-12-31T16:00:00Z");
    assert_eq!(agreement.dwh_method("cek_bansos"), Some(Method::Verify));
    assert_eq!(agreement.dwh_method("CEK"), None);
    assert_eq!((agreement.grants.floor(Elemen::NamaLgkp), agreement.grants.floor(Elemen::TglLhr)), (80, 100));
    assert_eq!(agreement.legal_grounds.len(), 1);
    assert!(agreement.grants.verify.contains(Elemen::NamaLgkp) && !agreement.grants.verify.contains(Elemen::PnydngCct));
}

#[test]
fn lists_all_faults_at_once_each_with_its_place() {
    let pointers = faults(|d| {
        d.version = 0;
        d.lembaga.customer_id = "1".into();
        d.term.until = "2025-01-01".into();
        d.quota.burst = 0;
        d.networks = words(&["127.0.0.1/8"]);
        d.paper_sha256 = "0".into();
    });
    assert_eq!(pointers, ["/version", "/lembaga/customer_id", "/term/until", "/quota/burst", "/networks/0", "/paper_sha256"]);
}

#[test]
fn refuses_malformed_names_numbers_and_purposes() {
    assert_eq!(faults(|d| d.format = "gerbang-pks/2".into()), ["/format"]);
    assert_eq!(faults(|d| d.lembaga.id = "Dinsos".into()), ["/lembaga/id"]);
    assert_eq!(faults(|d| d.office.name = d.lembaga.name.clone()), ["/lembaga/name"]);
    assert_eq!(faults(|d| d.number.office = String::new()), ["/number/office"]);
    assert_eq!(faults(|d| d.office.signatory.name = " A".into()), ["/office/signatory/name"]);
    assert_eq!(faults(|d| d.lembaga.signatory.title = "A\nB".into()), ["/lembaga/signatory/title"]);
    assert_eq!(faults(|d| d.purposes.clear()), ["/purposes"]);
    assert_eq!(faults(|d| d.purposes[1].code = d.purposes[0].code.clone()), ["/purposes/1/code"]);
    assert_eq!(faults(|d| d.purposes[0].code = "Bantuan Sosial".into()), ["/purposes/0/code"]);
}

#[test]
fn refuses_terms_that_no_calendar_has_or_that_are_reversed() {
    for text in ["2026-02-30", "20260101", "2026-1-1", "2026-01-01T00:00", "01-01-2026", ""] {
        assert_eq!(faults(|d| d.term.from = text.into()), ["/term/from"], "{text}");
    }
    assert_eq!(faults(|d| d.term.until = "2025-12-31".into()), ["/term/until"]);
    assert_eq!(faults(|d| d.term.until = d.term.from.clone()), [""; 0], "one day is a term");
}

#[test]
fn refuses_elements_that_contradict_the_catalogue_or_themselves() {
    assert_eq!(faults(|d| d.elements[0].name = "NIKK".into()), ["/elements/0/name"]);
    assert_eq!(faults(|d| d.elements[1].name = "NIK".into()), ["/elements/1/name"]);
    assert_eq!(faults(|d| d.elements[0].rights = words(&["write"])), ["/elements/0/rights/0"]);
    assert_eq!(faults(|d| d.elements[0].rights = words(&["read", "read"])), ["/elements/0/rights/1"]);
    assert_eq!(faults(|d| d.elements[0].rights.clear()), ["/elements/0/rights"]);
    assert_eq!(faults(|d| element(d, "NIK").rights.push("score".into())), ["/elements/0/rights"], "no score in the catalogue");
    let score_alone = faults(|d| {
        element(d, "NAMA_LGKP").rights = words(&["score", "read"]);
        element(d, "NAMA_LGKP").threshold_min = None;
    });
    assert_eq!(score_alone, ["/elements/2/rights"]);
    assert_eq!(faults(|d| element(d, "PNYDNG_CCT").legal_ground = None), ["/elements/9/legal_ground"]);
    assert_eq!(faults(|d| element(d, "PNYDNG_CCT").legal_ground = Some(String::new())), ["/elements/9/legal_ground"]);
    assert_eq!(faults(|d| element(d, "NIK").legal_ground = Some("UU".into())), ["/elements/0/legal_ground"]);
}

#[test]
fn a_threshold_stands_exactly_where_a_score_is_judged() {
    assert_eq!(faults(|d| element(d, "NAMA_LGKP").threshold_min = None), ["/elements/2/threshold_min"]);
    assert_eq!(faults(|d| element(d, "NAMA_LGKP").threshold_min = Some(0)), ["/elements/2/threshold_min"]);
    assert_eq!(faults(|d| element(d, "NAMA_LGKP").threshold_min = Some(101)), ["/elements/2/threshold_min"]);
    assert_eq!(faults(|d| element(d, "NIK").threshold_min = Some(80)), ["/elements/0/threshold_min"]);
    assert_eq!(faults(|d| element(d, "NAMA_LGKP").rights = words(&["read"])), ["/elements/2/threshold_min"]);
}

#[test]
fn methods_and_rights_go_together() {
    assert_eq!(faults(|d| d.methods = words(&["retrieve"])), ["/elements"]);
    assert_eq!(faults(|d| d.methods = words(&["verify"])), ["/elements"]);
    assert_eq!(faults(|d| d.methods = words(&["verify", "retrieve", "delete"])), ["/methods/2"]);
    assert_eq!(faults(|d| d.methods.push("verify".into())), ["/methods/2"]);
    assert_eq!(faults(|d| d.methods.clear()), ["/methods", "/elements", "/elements"]);
    let without = faults(|d| {
        for element in &mut d.elements {
            element.rights = words(&["read"]);
            element.threshold_min = None;
        }
    });
    assert_eq!(without, ["/elements"], "verify is granted and no element has the right");
}

#[test]
fn own_method_names_are_new_words_for_granted_methods() {
    let with = |verify: &[&str], retrieve: &[&str]| {
        faults(|d| d.dwh_methods = Some(DwhMethods { verify: words(verify), retrieve: words(retrieve) }))
    };
    assert_eq!(with(&["CEK_BANSOS"], &["AMBIL"]), [""; 0]);
    assert_eq!(with(&["cek"], &[]), ["/dwh_methods/verify/0"]);
    assert_eq!(with(&["CALL_NIK"], &[]), ["/dwh_methods/verify/0"]);
    assert_eq!(with(&["CEK"], &["CEK"]), ["/dwh_methods/retrieve/0"]);
    let ungranted = template("bank-antasari").map(|mut d| {
        d.dwh_methods = Some(DwhMethods { verify: vec![], retrieve: words(&["AMBIL"]) });
        d.parse().err().map(|faults| faults[0].pointer.clone())
    });
    assert_eq!(ungranted, Ok(Some("/dwh_methods/retrieve".to_owned())));
}

#[test]
fn refuses_nothing_as_a_bound() {
    assert_eq!(faults(|d| d.quota.per_second = 0), ["/quota/per_second"]);
    assert_eq!(faults(|d| d.quota.per_day = 0), ["/quota/per_day"]);
    assert_eq!(faults(|d| d.networks.clear()), ["/networks"]);
    assert_eq!(faults(|d| d.regions = RegionsText::List(vec![])), ["/regions"]);
    assert_eq!(faults(|d| d.hours.as_mut().unwrap().until = "00:00".into()), ["/hours/until"]);
    assert_eq!(faults(|d| d.balikan = Some(BalikanText { fields: vec![], period: Period::Semester })), ["/balikan/fields"]);
}

#[test]
fn refuses_regions_networks_certificates_and_fields_of_no_meaning_or_twice() {
    let regions = |list: &[&str]| faults(|d| d.regions = RegionsText::List(words(list)));
    assert_eq!(regions(&["63", "72.05"]), [""; 0]);
    assert_eq!(regions(&["63-05"]), ["/regions/0"], "the dash belongs to paths");
    assert_eq!(regions(&["63.05", "63.05"]), ["/regions/1"]);
    assert_eq!(faults(|d| d.regions = RegionsText::Word("semua".into())), ["/regions"]);
    assert_eq!(faults(|d| d.networks.push("127.0.0.0/8".into())), ["/networks/1"]);
    assert_eq!(faults(|d| d.networks = vec!["10.0.0.1".into(); 257]).first().map(String::as_str), Some("/networks"));
    assert_eq!(faults(|d| d.certificates = vec!["ab".repeat(32), "ab".repeat(32)]), ["/certificates/1"]);
    assert_eq!(faults(|d| d.certificates = vec!["AB".repeat(32)]), ["/certificates/0"], "one spelling only");
    let balikan = |fields: &[&str]| faults(|d| d.balikan = Some(BalikanText { fields: words(fields), period: Period::Quarterly }));
    assert_eq!(balikan(&["NO_RM"]), [""; 0]);
    assert_eq!(balikan(&["no_rm", "A", "A"]), ["/balikan/fields/0", "/balikan/fields/2"]);
}

#[test]
fn a_password_alone_goes_with_fixed_addresses_only() {
    let with = |networks: &[&str]| {
        faults(|d| {
            d.password_without_certificate = true;
            d.networks = words(networks);
        })
    };
    assert_eq!(with(&["203.0.113.7", "198.51.100.0/24", "127.0.0.0/8"]), [""; 0]);
    assert_eq!(with(&["0.0.0.0/0"]), ["/networks/0"]);
    assert_eq!(with(&["203.0.113.7", "10.0.0.0/8"]), ["/networks/1"]);
}

#[test]
fn refuses_unknown_missing_and_misshapen_fields_each_with_its_place() {
    let tree = serde_json::to_value(template("dinsos-tapin").unwrap()).unwrap();
    let read = |change: &dyn Fn(&mut Value)| {
        let mut tree = tree.clone();
        change(&mut tree);
        let faults = Document::read(tree.to_string().as_bytes()).err().unwrap_or_default();
        faults.into_iter().map(|fault| (fault.pointer, fault.sentence)).collect::<Vec<_>>()
    };
    assert_eq!(read(&|_| {}), []);
    for pointer in ["", "/office", "/lembaga/signatory", "/term", "/elements/0", "/quota", "/hours", "/number"] {
        let faults = read(&|tree| tree.pointer_mut(pointer).unwrap()["colour"] = json!("red"));
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].0 == format!("{pointer}/colour") && faults[0].1.contains("tidak dikenal"), "{faults:?}");
    }
    for field in tree.as_object().unwrap().keys().filter(|field| *field != "suspended") {
        let faults = read(&|tree| _ = tree.as_object_mut().unwrap().remove(field));
        assert_eq!(faults[0].0, format!("/{field}"), "{faults:?}");
        assert!(faults[0].1.contains("belum diisi"), "{faults:?}");
    }
    assert!(read(&|tree| tree["quota"]["burst"] = json!(1.5))[0].1.contains("2^53"));
    assert_eq!(read(&|tree| tree["quota"]["burst"] = json!(-1))[0].0, "/quota/burst");
    assert!(read(&|tree| tree["term"]["zone"] = json!("UTC"))[0].1.contains("WIB, WITA, WIT"));
}

/// The list of the customer, in one document: each once, with its place and in words of an official.
#[test]
fn a_document_full_of_contradictions_is_told_all_of_them_at_once() {
    let mut tree = serde_json::to_value(template("dinsos-tapin").unwrap()).unwrap();
    tree["term"]["until"] = json!("2025-01-01");
    tree["elements"][1]["name"] = json!("NIK");
    tree["elements"][3]["name"] = json!("NAMA_PANGGILAN");
    tree["quota"]["per_day"] = json!(0);
    tree["quota"]["burst"] = json!("banyak");
    tree["hours"] = json!({"zone": "WITA", "days": ["senin", "monday"], "from": "16:00", "until": "08:00"});
    tree["networks"] = json!(["10.0.0.0/33", "10.1.2.3/8", 7]);
    tree["operator_card"] = json!("ya");
    tree["warna"] = json!("merah");
    let faults = Document::read(tree.to_string().as_bytes()).err().unwrap();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    for place in [
        "\"warna\" (/warna): isian ini tidak dikenal",
        "kuota, sekaligus (/quota/burst): harus berupa bilangan bulat",
        "jaringan ke-3 (/networks/2): harus berupa teks",
        "kartu petugas (/operator_card): harus berupa true",
        "jangka waktu, sampai (/term/until): lebih awal daripada hari pertama",
        "elemen ke-2, nama (/elements/1/name): NIK disebut dua kali",
        "elemen ke-4, nama (/elements/3/name): \"NAMA_PANGGILAN\" tidak ada dalam katalog",
        "kuota, per hari (/quota/per_day): harus paling sedikit 1",
        "jam akses, hari ke-2 (/hours/days/1): \"monday\" bukan nama hari",
        "jam akses, sampai (/hours/until): jam berakhir sebelum dimulai",
        "jaringan ke-1 (/networks/0): \"10.0.0.0/33\" memiliki panjang awalan",
        "jaringan ke-2 (/networks/1): \"10.1.2.3/8\" memuat bit di luar",
    ] {
        assert_eq!(told.iter().filter(|line| line.starts_with(place)).count(), 1, "{place}: {told:#?}");
    }
    assert_eq!(told.len(), 12, "{told:#?}");
}

#[test]
fn characters_that_can_not_be_seen_are_refused() {
    for hidden in ["a\u{202e}b", "a\u{200b}b", "\u{feff}a", "a\u{2066}b"] {
        assert_eq!(faults(|d| d.lembaga.name = hidden.into()), ["/lembaga/name"], "{hidden:?}");
    }
}

#[test]
fn a_version_supersedes_a_lower_one_by_its_digest() {
    let with = |version, digest: &str| {
        faults(|d| {
            d.version = 3;
            d.supersedes = Some(crate::pks::Former { version, digest: digest.into() });
        })
    };
    assert_eq!(with(2, &"0".repeat(64)), [""; 0]);
    assert_eq!(with(3, &"0".repeat(64)), ["/supersedes/version"]);
    assert_eq!(with(0, "0"), ["/supersedes/version", "/supersedes/digest"]);
}

#[test]
fn guessing_has_defaults_and_bounds() {
    let mut document = template("dinsos-tapin").unwrap();
    assert_eq!(document.parse().unwrap().guessing, Guessing::default());
    document.guessing = Some(serde_json::from_value(json!({"wrong_per_day": 3})).unwrap());
    assert_eq!(document.parse().unwrap().guessing, Guessing { wrong_per_day: 3, ..Guessing::default() });
    let unbounded =
        Guessing { wrong_per_day: 15, consecutive: 9, same_value_per_hour: 5_001, score_changes: 0, brake_minutes: 1_441 };
    document.guessing = Some(unbounded);
    assert_eq!(document.parse().unwrap_err().len(), 5);
}

#[test]
fn a_document_over_the_limit_is_not_read() {
    let mut text = template("dinsos-tapin").and_then(|d| d.to_json()).unwrap();
    text.push_str(&" ".repeat(crate::kernel::limits::PKS_DOCUMENT_BYTES_MAX));
    assert!(Document::read(text.as_bytes()).is_err_and(|faults| faults[0].sentence.contains("paling banyak")));
}
