use serde_json::{Value, json};

use super::super::{template, template_names};
use super::*;

fn told(change: impl FnOnce(&mut Document)) -> Vec<String> {
    let old = template("dinsos-tapin").unwrap();
    let mut new = old.clone();
    change(&mut new);
    changes(&old, &new).iter().map(ToString::to_string).collect()
}

#[test]
fn tells_what_is_given_and_taken_element_by_element() {
    let lines = told(|d| {
        let taken = d.elements.iter().position(|e| e.name == "NO_KK").unwrap();
        d.elements.remove(taken);
        let name = d.elements.iter_mut().find(|e| e.name == "NAMA_LGKP").unwrap();
        name.rights.retain(|right| right != "read");
        name.threshold_min = Some(70);
        d.elements.push(ElementText {
            name: "GOL_DARAH".into(),
            rights: vec!["read".into()],
            threshold_min: None,
            legal_ground: None,
        });
    });
    assert_eq!(
        lines,
        [
            "- NO_KK: elemen dihapus (hak: verifikasi, isi data)",
            "+ GOL_DARAH: elemen ditambah (hak: isi data)",
            "- NAMA_LGKP: hak isi data dicabut",
            "+ NAMA_LGKP: ambang 80 menjadi 70",
        ]
    );
}

#[test]
fn tells_which_way_every_limit_goes() {
    let lines = told(|d| {
        d.term.until = "2030-12-31".into();
        d.quota.per_day = 100_000;
        d.quota.burst = 1;
        d.hours = None;
        d.regions = RegionsText::Word("all".into());
        d.operator_card = false;
        d.tell_status = false;
        d.certificates = vec!["ab".repeat(32)];
        d.balikan = None;
        d.suspended = true;
    });
    for line in [
        "- hari terakhir: 31 Desember 2035 menjadi 31 Desember 2030",
        "- ditangguhkan: tidak menjadi ya",
        "+ kuota NIK per hari: 50.000 menjadi 100.000",
        "- permintaan sekaligus: 200 menjadi 1",
        "+ wilayah: kabupaten/kota 63.05 menjadi seluruh Indonesia",
        "- sertifikat klien: setiap sertifikat lembaga menjadi hanya 1 sertifikat",
        "+ kartu petugas wajib: ya menjadi tidak",
        "- status NIK diberitahukan: ya menjadi tidak",
    ] {
        assert!(lines.contains(&line.to_owned()), "{line} is not among {lines:#?}");
    }
    assert!(lines.iter().any(|line| line.starts_with("+ jam akses: ")), "{lines:#?}");
}

/// Changes one leaf of a document; whatever still reads must be told of.
#[test]
fn no_field_changes_in_silence() {
    fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| pointers(value, &format!("{at}/{key}"), into)),
            Value::Array(list) => list.iter().enumerate().for_each(|(n, value)| pointers(value, &format!("{at}/{n}"), into)),
            _ => into.push(at.to_owned()),
        }
    }
    let mut seen = 0;
    for name in template_names() {
        let mut old = template(name).unwrap();
        old.balikan.get_or_insert_with(|| template("bank-antasari").unwrap().balikan.unwrap());
        let tree = serde_json::to_value(&old).unwrap();
        let mut all = Vec::new();
        pointers(&tree, "", &mut all);
        for pointer in all {
            for other in [json!("lain"), json!("WIT"), json!("quarterly"), json!("semester"), json!(77), json!(true), json!(false)]
            {
                let mut changed = tree.clone();
                let place = changed.pointer_mut(&pointer).unwrap();
                if *place == other {
                    continue;
                }
                *place = other;
                if let Ok(new) = serde_json::from_value::<Document>(changed) {
                    assert!(!changes(&old, &new).is_empty(), "{name}: {pointer}");
                    seen += 1;
                }
            }
        }
        assert_eq!(changes(&old, &old), []);
    }
    assert!(seen > 300, "{seen}");
}
