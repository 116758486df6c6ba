//! The paper of a demo's agreement: one page, enough to have a digest of something a person can open.

use std::fmt::Write as _;

/// A PDF of one page with some lines of text. Characters outside printable ASCII become `?`.
pub(super) fn page(lines: &[String]) -> Vec<u8> {
    let mut content = String::from("BT /F1 12 Tf 72 770 Td 18 TL\n");
    for line in lines {
        let plain: String = line
            .chars()
            .map(|character| if character.is_ascii_graphic() || character == ' ' { character } else { '?' })
            .flat_map(|character| if matches!(character, '(' | ')' | '\\') { vec!['\\', character] } else { vec![character] })
            .collect();
        // Writing to a String cannot fail.
        let _infallible = writeln!(content, "({plain}) Tj T*");
    }
    content.push_str("ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut pdf = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(pdf.len());
        let _infallible = write!(pdf, "{} 0 obj\n{object}\nendobj\n", number + 1);
    }
    let start = pdf.len();
    let _infallible = write!(pdf, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        let _infallible = writeln!(pdf, "{place:010} 00000 n ");
    }
    let _infallible = write!(pdf, "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    pdf.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_objects_points_at_them() {
        let pdf = String::from_utf8(page(&["Perjanjian (contoh)".to_owned(), "é".to_owned()])).unwrap();
        let start: usize = pdf.lines().rev().nth(1).unwrap().parse().unwrap();
        assert!(pdf.split_at(start).1.starts_with("xref"));
        for (number, line) in pdf.split_at(start).1.lines().skip(3).take(5).enumerate() {
            let place: usize = line.split_at(10).0.parse().unwrap();
            assert!(pdf.split_at(place).1.starts_with(&format!("{} 0 obj", number + 1)));
        }
        assert!(pdf.contains("(Perjanjian \\(contoh\\)) Tj") && pdf.contains("(?) Tj"));
    }
}
