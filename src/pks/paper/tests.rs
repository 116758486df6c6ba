use super::super::document::{DwhMethods, RegionsText};
use super::super::{specimen, template, template_names, verify};
use super::*;

/// Every text that a document holds, for what must not be lost.
fn texts(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => into.push(text.clone()),
        serde_json::Value::Array(list) => list.iter().for_each(|item| texts(item, into)),
        serde_json::Value::Object(map) => map.values().for_each(|item| texts(item, into)),
        _ => {}
    }
}

#[test]
fn nothing_of_a_document_is_left_out() {
    for name in template_names() {
        let mut document = template(name).unwrap();
        document.dwh_methods = Some(DwhMethods { verify: vec!["CEK_KHUSUS".into()], retrieve: vec![] });
        document.certificates = vec!["ab".repeat(32)];
        let mut wanted = Vec::new();
        texts(&serde_json::to_value(&document).unwrap(), &mut wanted);
        let coded = ["gerbang-pks/1", "verify", "score", "read", "retrieve", "family", "all", "quarterly", "semester"];
        let dates = [document.term.from.clone(), document.term.until.clone(), document.paper_sha256.clone()];
        let spoken = Paper::of(&document).text().split_whitespace().collect::<Vec<_>>().join(" ");
        for text in wanted.iter().filter(|text| !coded.contains(&text.as_str()) && !dates.contains(text)) {
            assert!(spoken.contains(text.as_str()), "{name}: {text} is not told");
        }
        for words in [words::date_text(&document.term.from), words::number(document.quota.per_day)] {
            assert!(spoken.contains(&words), "{name}: {words}");
        }
    }
}

#[test]
fn html_escapes_what_a_document_says_and_loads_nothing() {
    let mut document = template("rsud-tapin").unwrap();
    document.lembaga.name = "<script>alert('x')</script> & \"Y\"\u{202e}".into();
    let page = Paper::of(&document).html();
    assert!(!page.contains("<script") && !page.contains("src=") && !page.contains('\u{202e}'));
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;Y&quot;\u{fffd}"));
}

#[test]
fn a_pdf_has_its_objects_where_its_table_says_and_every_line_on_the_page() {
    let mut document = template("rsud-tapin").unwrap();
    document.regions = RegionsText::List((1..=99).map(|kab| format!("63.{kab:02}")).collect());
    document.lembaga.name = "Rumah Sakit (é)".into();
    let bytes = Paper::of(&document).pdf().unwrap();
    assert_eq!(bytes, Paper::of(&document).pdf().unwrap());
    let pdf = String::from_utf8(bytes).unwrap();
    let start: usize = pdf.lines().rev().nth(1).unwrap().parse().unwrap();
    let table = pdf.split_at(start).1;
    let count: usize = table.lines().nth(1).unwrap().split_once(' ').unwrap().1.parse().unwrap();
    for (number, line) in table.lines().skip(3).take(count - 1).enumerate() {
        let place: usize = line.split_at(10).0.parse().unwrap();
        assert!(pdf.split_at(place).1.starts_with(&format!("{} 0 obj", number + 1)), "{number}");
    }
    assert!(pdf.contains(r"Rumah Sakit \(\351\)"));
    let mut lines = 0;
    for line in pdf.lines().filter(|line| line.starts_with("BT ")) {
        let parts: Vec<&str> = line.split(' ').collect();
        let (size, x, y): (f32, f32, f32) = (parts[2].parse().unwrap(), parts[4].parse().unwrap(), parts[5].parse().unwrap());
        let text = line.split_once('(').unwrap().1.rsplit_once(')').unwrap().0.replace('\\', "");
        let font = if parts[1] == "/F2" { fonts::Font::Bold } else { fonts::Font::Regular };
        assert!(x >= 60.0 && (30.0..790.0).contains(&y) && x + font.width(&text, size) <= 595.0 - 55.0, "{line}");
        lines += 1;
    }
    assert!(lines > 60 && pdf.matches("/Type /Page ").count() >= 3);
}

#[test]
fn a_pdf_loses_no_character_in_silence() {
    let mut document = template("rsud-tapin").unwrap();
    document.lembaga.signatory.name = "Łukasz".into();
    let fault = Paper::of(&document).pdf().err().unwrap();
    assert!(fault.sentence.contains("U+0141"), "{fault}");
}

#[test]
fn a_signed_paper_names_its_signers() {
    let document = template("rsud-tapin").unwrap();
    let signed = specimen::signed(&document);
    let pks = verify(signed.document.as_bytes(), signed.signatures.as_bytes(), &signed.anchors, specimen::today()).unwrap();
    let text = Paper::of(&document).with_signers(&pks).text();
    let (_, seal) = text.split_once("PENGESAHAN").unwrap();
    assert!(seal.contains(&document.office.signatory.name) && seal.contains(&document.lembaga.signatory.name));
    assert!(seal.contains("5 Januari 2026 ") && seal.contains(&crate::kernel::to_hex(pks.digest())), "{seal}");
}
