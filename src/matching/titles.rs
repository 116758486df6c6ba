//! Titles, degrees and forms of address that stand beside a name and are not part of it.

/// Where a word counts as a title.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// At either end.
    Either,
    /// Before the name: forms of address.
    Before,
    /// After the name: degrees.
    After,
    /// After the name, and only where it is written as a degree (S.M, or after a comma), because without dots it may be a name or a
    /// word of it.
    Dotted,
}

/// Where the word that these letters (capitals, no dots) spell counts as a title; `None` for any other word.
pub(super) fn title(letters: impl Iterator<Item = u8>) -> Option<Stands> {
    let mut key = 0;
    for (count, letter) in letters.enumerate() {
        if count == LETTERS_MAX {
            return None;
        }
        key = key << 8 | u128::from(letter);
    }
    let found = TITLES.binary_search_by_key(&key, |(own, _)| *own).ok()?;
    TITLES.get(found).map(|(_, stands)| *stands)
}

/// Letters of the longest title.
const LETTERS_MAX: usize = 10;

/// The letters as one number: a dozen titles are compared in the time of one text.
const fn key(word: &str) -> u128 {
    let mut letters = word.as_bytes();
    let mut key = 0;
    while let [first, rest @ ..] = letters {
        key = key << 8 | *first as u128;
        letters = rest;
    }
    key
}

use Stands::{After, Before, Dotted, Either};

/// Short words first, then by the alphabet, which is the order of the keys. Left out on purpose: GUS, HABIB, RADEN, ANDI, I, NI and
/// others that belong to the legal name; NONA (a name in the east); BY (the newborn BY NY X is not X).
#[rustfmt::skip]
const TITLES: &[(u128, Stands)] = &[
    (key("H"), Either), (key("AK"), Dotted), (key("AN"), Dotted), (key("BA"), After), (key("BU"), Before), (key("CA"), Dotted),
    (key("DR"), Either), (key("HJ"), Either), (key("IR"), Either), (key("KH"), Either), (key("LC"), After), (key("MA"), Dotted),
    (key("ME"), Dotted), (key("MH"), After), (key("MM"), Either), (key("MP"), Dotted), (key("MT"), After), (key("NN"), Before),
    (key("NS"), After), (key("NY"), Before), (key("SE"), Either), (key("SH"), Either), (key("SM"), Dotted), (key("SP"), After),
    (key("SS"), Dotted), (key("ST"), Either), (key("TN"), Before), (key("ALM"), Either), (key("AMA"), Dotted),
    (key("AMD"), Either), (key("APT"), Either), (key("BBA"), After), (key("BPK"), Before), (key("BSC"), After),
    (key("CPA"), Dotted), (key("DRA"), Either), (key("DRG"), Either), (key("DRH"), Either), (key("DRS"), Either),
    (key("HJH"), Either), (key("IBU"), Before), (key("LLM"), After), (key("MAG"), After), (key("MAK"), Dotted),
    (key("MAP"), Dotted), (key("MBA"), After), (key("MEI"), Dotted), (key("MHI"), After), (key("MIP"), After),
    (key("MKN"), After), (key("MPD"), After), (key("MPH"), After), (key("MSC"), After), (key("MSE"), Dotted), (key("MSI"), After),
    (key("MSN"), After), (key("MTH"), After), (key("MTI"), After), (key("PAK"), Before), (key("PDT"), Either),
    (key("PHD"), After), (key("SAB"), Dotted), (key("SAG"), After), (key("SAK"), Dotted), (key("SAP"), Dotted),
    (key("SDR"), Before), (key("SDS"), After), (key("SEI"), After), (key("SGZ"), After), (key("SHI"), After),
    (key("SIP"), Dotted), (key("SKG"), After), (key("SKH"), After), (key("SKM"), After), (key("SPA"), Dotted),
    (key("SPB"), Dotted), (key("SPD"), Either), (key("SPI"), After), (key("SPM"), Dotted), (key("SPP"), Dotted),
    (key("SPT"), After), (key("SSI"), After), (key("SSN"), After), (key("SST"), After), (key("STH"), After), (key("STP"), After),
    (key("STR"), After), (key("TGH"), Either), (key("TGK"), Either), (key("UST"), Either), (key("ALMH"), Either),
    (key("DIPL"), Dotted), (key("HAJI"), Either), (key("KIAI"), Either), (key("KYAI"), Either), (key("MARS"), After),
    (key("MENG"), After), (key("MFIL"), After), (key("MHUM"), After), (key("MKEB"), After), (key("MKED"), After),
    (key("MKEP"), After), (key("MKES"), After), (key("MKOM"), After), (key("MMPD"), After), (key("MPDI"), After),
    (key("MPSI"), After), (key("MPWK"), After), (key("MSOS"), After), (key("NERS"), Either), (key("PROF"), Either),
    (key("SDRI"), Before), (key("SHUT"), After), (key("SIAN"), After), (key("SKEB"), After), (key("SKED"), After),
    (key("SKEP"), After), (key("SKOM"), Either), (key("SPAK"), After), (key("SPAN"), Dotted), (key("SPBS"), After),
    (key("SPDI"), After), (key("SPJP"), After), (key("SPKJ"), After), (key("SPKK"), After), (key("SPOG"), After),
    (key("SPOT"), Dotted), (key("SPPD"), After), (key("SPSI"), After), (key("SSOS"), After), (key("SSTP"), After),
    (key("TUAN"), Before), (key("AMAPD"), After), (key("AMDAK"), After), (key("AMDPD"), After), (key("BAPAK"), Before),
    (key("MFARM"), After), (key("MIKOM"), After), (key("MSTAT"), After), (key("SFARM"), After), (key("SIKOM"), After),
    (key("SPDSD"), After), (key("SPRAD"), After), (key("SPTHT"), After), (key("USTAZ"), Either), (key("AMDKEB"), After),
    (key("AMDKEP"), After), (key("AMDKOM"), After), (key("HAJJAH"), Either), (key("NYONYA"), Before), (key("STRKEB"), After),
    (key("STRKEP"), After), (key("STRKES"), After), (key("USTADZ"), Either), (key("SAUDARA"), Before), (key("SAUDARI"), Before),
    (key("ALMARHUM"), Either), (key("USTADZAH"), Either), (key("ALMARHUMAH"), Either),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_within_its_length() {
        assert!(TITLES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(TITLES.iter().all(|(key, _)| key >> (8 * LETTERS_MAX) == 0));
        assert!(title("DRS".bytes()) == Some(Either) && title("ALMARHUMAH".bytes()) == Some(Either));
        assert!(title("SITI".bytes()).is_none() && title("".bytes()).is_none() && title("ALMARHUMAHH".bytes()).is_none());
    }
}
