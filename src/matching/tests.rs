//! What must hold for every pair of values of every element.

use proptest::prelude::*;

use super::*;

/// Words that the rules know, letters of all sizes, and everything else there is.
fn value() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => prop::sample::select(vec![
            "SITI", "AMINAH", "NUR", "NURAMINAH", "MUH", "M", "MUHAMMAD", "FAUZI", "H", "HJ.", "DR", "S.Pd.I", "ST", "BIN", "BINTI",
            "JL", "GG", "NO", "RT", "RW", "RT/RW", "3/5", "003", "5", "DUA", "BELAS", "II", "BLOK", "A", "KOTA", "BARU", "KOTABARU",
            "KAB.", "DESA", "JABAR", "D", "I", "Y", "DATI", "DJ", "OE", "TJ", "NJ", "SJ", "BANJAR", "00-00-0000", "1990-02-01", "L", "-",
        ]).prop_map(str::to_owned),
        2 => "[A-Ea-e]{1,6}",
        1 => "[a-z0-9.,/'-]{0,8}",
        1 => "\\PC{0,4}",
    ];
    let text = prop::collection::vec((word, prop::sample::select(vec![" ", ", ", ".", "-", ""])), 0..7)
        .prop_map(|words| words.into_iter().map(|(word, gap)| word + gap).collect::<String>());
    prop_oneof![6 => text, 1 => any::<String>()]
}

fn elemen() -> impl Strategy<Value = Elemen> {
    prop::sample::select(Elemen::all().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_value_agrees_with_itself(elemen in elemen(), x in value()) {
        prop_assert_eq!(score(elemen, &x, &x), 100);
    }

    #[test]
    fn case_and_blanks_around_do_not_matter_and_the_short_cut_changes_nothing(elemen in elemen(), x in value()) {
        let other = format!("  {} ", x.to_ascii_lowercase());
        prop_assert!(fold::same(&x, &other));
        prop_assert_eq!(score_of_unlike(elemen, &x, &other), 100);
    }

    #[test]
    fn the_short_cut_never_changes_a_result(elemen in elemen(), x in value(), y in value()) {
        prop_assert_eq!(score(elemen, &x, &y), score_of_unlike(elemen, &x, &y));
    }

    #[test]
    fn swapping_the_sides_changes_nothing(elemen in elemen(), x in value(), y in value()) {
        prop_assert_eq!(score(elemen, &x, &y), score(elemen, &y, &x));
    }

    #[test]
    fn a_score_is_at_most_hundred_and_all_or_nothing_outside_free_text(elemen in elemen(), x in value(), y in value()) {
        let score = score(elemen, &x, &y);
        let free = matches!(elemen.kind(), Kind::Name | Kind::Place | Kind::Address);
        prop_assert!(score == 0 || score == 100 || (free && score < 100));
    }

    #[test]
    fn plain_names_score_hundred_only_where_the_letters_are_the_same(x in "[E-Z]{2,9} [E-Z]{2,9}", y in "[E-Z]{2,9} [E-Z]{2,9}") {
        let letters = |name: &str| fold::modern(&fold::clean(name)).replace(' ', "");
        let known = |name: &str| name.split(' ').any(|word| titles::title(word.bytes()).is_some() || word.starts_with("MU") || word.starts_with("MO"));
        prop_assume!(!known(&x) && !known(&y));
        prop_assert_eq!(score(Elemen::NamaLgkp, &x, &y) == 100, letters(&x) == letters(&y));
    }
}

#[test]
fn a_text_too_long_for_words_is_compared_as_a_whole() {
    let long = "SITI ".repeat(40);
    assert_eq!(score(Elemen::NamaLgkp, &long, &long.replace(' ', "-")), 100);
    assert_eq!(score(Elemen::NamaLgkp, &long, "SITI"), 0);
    assert_eq!(score(Elemen::Alamat, &"RT 1/2 ".repeat(16), &"RT 1/2 ".repeat(15)), 0);
    let one_word = "Ａ".repeat(100_000);
    assert_eq!(score(Elemen::Alamat, &one_word, &"A".repeat(100_000)), 100);
    assert_eq!(score(Elemen::Alamat, &one_word, &"A".repeat(99_999)), 0);
}

#[test]
fn numbers_forget_leading_zeros_and_nothing_else() {
    assert_eq!(score(Elemen::NoRt, "003", " 3 "), 100);
    assert_eq!(score(Elemen::NoRt, "003", "30"), 0);
    assert_eq!(score(Elemen::NoRt, "003", "+3"), 0);
    assert_eq!(score(Elemen::NoRt, "", "0"), 0);
    assert_eq!(score(Elemen::NoKk, "6305010101010001", "06305010101010001"), 0);
}

#[test]
fn the_formula_gives_what_the_documentation_promises() {
    for (stored, asked, expected) in [
        ("SITI NURHALIZAH", "SITI NURHALIZHA", 92),
        ("AHMAD FAUZI", "AHMAD FAUZAN", 72),
        ("BUDI SANTOSO", "RUDI SANTOSO", 81),
        ("SITI NUR AMINAH", "SITI AMINAH", 80),
        ("AHMAD FAUZI", "A FAUZI", 80),
        ("AHMAD FAUZI", "FAUZI AHMAD", 95),
    ] {
        assert_eq!(score(Elemen::NamaLgkp, stored, asked), expected, "{stored} / {asked}");
    }
}
