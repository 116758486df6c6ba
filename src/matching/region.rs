//! Short and former names of provinces and cities, and short words in names of places.

/// If the tokens begin with a short name: how many tokens it takes and the words it stands for.
pub(super) fn expand(tokens: &[&str]) -> Option<(usize, &'static [&'static str])> {
    let (first, rest) = tokens.split_first()?;
    match several(first).iter().find(|(tail, _)| rest.starts_with(tail)) {
        Some((tail, full)) => Some((tail.len() + 1, full)),
        None => single(first).map(|full| (1, full)),
    }
}

fn single(word: &str) -> Option<&'static [&'static str]> {
    let full: &[&str] = match word {
        "SUMUT" => &["SUMATERA", "UTARA"],
        "SUMBAR" => &["SUMATERA", "BARAT"],
        "SUMSEL" => &["SUMATERA", "SELATAN"],
        "KEPRI" => &["KEPULAUAN", "RIAU"],
        "BABEL" => &["KEPULAUAN", "BANGKA", "BELITUNG"],
        "DKI" | "DKJ" | "JKT" => &["JAKARTA"],
        "JAKPUS" => &["JAKARTA", "PUSAT"],
        "JAKUT" => &["JAKARTA", "UTARA"],
        "JAKBAR" => &["JAKARTA", "BARAT"],
        "JAKSEL" => &["JAKARTA", "SELATAN"],
        "JAKTIM" => &["JAKARTA", "TIMUR"],
        "JABAR" => &["JAWA", "BARAT"],
        "JATENG" => &["JAWA", "TENGAH"],
        "JATIM" => &["JAWA", "TIMUR"],
        "DIY" => &["DI", "YOGYAKARTA"],
        "JOGJA" | "JOGYA" | "YOGYA" | "YOGJA" | "JOGJAKARTA" | "JOGYAKARTA" | "DJOGJAKARTA" | "DJOKJAKARTA" => &["YOGYAKARTA"],
        "NTB" => &["NUSA", "TENGGARA", "BARAT"],
        "NTT" => &["NUSA", "TENGGARA", "TIMUR"],
        "KALBAR" => &["KALIMANTAN", "BARAT"],
        "KALTENG" => &["KALIMANTAN", "TENGAH"],
        "KALSEL" => &["KALIMANTAN", "SELATAN"],
        "KALTIM" => &["KALIMANTAN", "TIMUR"],
        "KALTARA" => &["KALIMANTAN", "UTARA"],
        "SULUT" => &["SULAWESI", "UTARA"],
        "SULTENG" => &["SULAWESI", "TENGAH"],
        "SULSEL" => &["SULAWESI", "SELATAN"],
        "SULTRA" => &["SULAWESI", "TENGGARA"],
        "SULBAR" => &["SULAWESI", "BARAT"],
        "MALUT" => &["MALUKU", "UTARA"],
        "NAD" => &["ACEH"],
        "HSS" => &["HULU", "SUNGAI", "SELATAN"],
        "HST" => &["HULU", "SUNGAI", "TENGAH"],
        "HSU" => &["HULU", "SUNGAI", "UTARA"],
        "SUMATRA" => &["SUMATERA"],
        "KEP" => &["KEPULAUAN"],
        "SEI" => &["SUNGAI"],
        "TJ" | "TJG" | "TG" => &["TANJUNG"],
        "GN" => &["GUNUNG"],
        "JEND" | "JENDRAL" => &["JENDERAL"],
        "KP" | "KMP" | "KAMP" => &["KAMPUNG"],
        _ => return None,
    };
    Some(full)
}

type Row = (&'static [&'static str], &'static [&'static str]);

fn several(first: &str) -> &'static [Row] {
    match first {
        "DAERAH" => &[
            (&["ISTIMEWA", "YOGYAKARTA"], &["DI", "YOGYAKARTA"]),
            (&["ISTIMEWA", "JOGJAKARTA"], &["DI", "YOGYAKARTA"]),
            (&["ISTIMEWA", "ACEH"], &["ACEH"]),
            (&["KHUSUS", "IBUKOTA", "JAKARTA"], &["JAKARTA"]),
            (&["KHUSUS", "IBU", "KOTA", "JAKARTA"], &["JAKARTA"]),
            (&["KHUSUS", "JAKARTA"], &["JAKARTA"]),
        ],
        // Beside these, D.I. would be read as the numeral I.
        "D" => &[
            (&["I", "Y"], &["DI", "YOGYAKARTA"]),
            (&["I", "YOGYAKARTA"], &["DI", "YOGYAKARTA"]),
            (&["I", "ACEH"], &["ACEH"]),
            (&["K", "I", "JAKARTA"], &["JAKARTA"]),
            (&["K", "I"], &["JAKARTA"]),
        ],
        "DKI" | "DKJ" => &[(&["JAKARTA"], &["JAKARTA"])],
        "DI" => &[(&["JOGJAKARTA"], &["DI", "YOGYAKARTA"]), (&["ACEH"], &["ACEH"])],
        "NANGGROE" => &[(&["ACEH", "DARUSSALAM"], &["ACEH"])],
        "NANGGRU" => &[(&["ACEH", "DARUSSALAM"], &["ACEH"])],
        // A second-level region of the law of 1974.
        "DATI" | "DT" | "TK" | "TINGKAT" => &[(&["II"], &[]), (&["2"], &[]), (&["I"], &[]), (&["1"], &[])],
        _ => &[],
    }
}
