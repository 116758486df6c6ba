//! Where people live: how many in each kabupaten, which groups of people, and how they write their address.

use super::dice::Dice;
use super::names::Group;
use super::person::Home;
use super::regions::{Kab, Regions};
use super::words::Words;

/// Residents of each province in thousands, rounded: the weight of the province in a population.
const PROVINCES: [(u8, u32); 38] = [
    (11, 5_480),
    (12, 15_590),
    (13, 5_840),
    (14, 6_730),
    (15, 3_720),
    (16, 8_840),
    (17, 2_110),
    (18, 9_420),
    (19, 1_530),
    (21, 2_180),
    (31, 10_680),
    (32, 50_350),
    (33, 37_890),
    (34, 3_760),
    (35, 41_810),
    (36, 12_430),
    (51, 4_430),
    (52, 5_650),
    (53, 5_660),
    (61, 5_700),
    (62, 2_810),
    (63, 4_270),
    (64, 4_050),
    (65, 740),
    (71, 2_700),
    (72, 3_120),
    (73, 9_460),
    (74, 2_790),
    (75, 1_230),
    (76, 1_500),
    (81, 1_940),
    (82, 1_360),
    (91, 1_060),
    (92, 580),
    (93, 540),
    (94, 1_470),
    (95, 1_460),
    (96, 620),
];

/// The weight of every kabupaten, in the order of the table: its villages' share of the province, those of a town counting sixfold.
pub(super) fn weights(regions: &Regions<'_>) -> Vec<u64> {
    let size = |kab: &Kab<'_>| kab.villages as u64 * if kab.is_kota() { 6 } else { 1 };
    let mut totals = [0u64; 100];
    for kab in &regions.kabs {
        if let Some(total) = totals.get_mut(usize::from(kab.province)) {
            *total += size(kab);
        }
    }
    let weight = |kab: &Kab<'_>| {
        let people = PROVINCES.iter().find(|(code, _)| *code == kab.province).map_or(1_000, |(_, people)| *people);
        let total = totals.get(usize::from(kab.province)).copied().unwrap_or_default().max(1);
        (size(kab) * u64::from(people) * 1_000 / total).max(1)
    };
    regions.kabs.iter().map(weight).collect()
}

/// The group of people that a family of a province belongs to.
pub(super) fn group(dice: &mut Dice, province: u8) -> Group {
    use Group::{
        Aceh, Bali, Banjar, Batak, Betawi, Bugis, Dayak, Jawa, Maluku, Melayu, Minahasa, Minang, Papua, Sasak, Sunda, Timor,
        Tionghoa,
    };
    let weights: &[(u32, Group)] = match province {
        11 => &[(82, Aceh), (8, Jawa), (6, Batak), (4, Melayu)],
        12 => &[(48, Batak), (30, Jawa), (12, Melayu), (6, Minang), (4, Tionghoa)],
        13 => &[(90, Minang), (5, Batak), (5, Jawa)],
        14 | 21 => &[(42, Melayu), (26, Jawa), (14, Minang), (12, Batak), (6, Tionghoa)],
        15..=19 => &[(56, Melayu), (34, Jawa), (5, Sunda), (2, Minang), (3, Tionghoa)],
        31 => &[(28, Betawi), (36, Jawa), (15, Sunda), (6, Tionghoa), (6, Batak), (5, Minang), (2, Minahasa), (2, Maluku)],
        32 => &[(72, Sunda), (16, Jawa), (5, Betawi), (4, Batak), (3, Tionghoa)],
        33..=35 => &[(965, Jawa), (15, Sunda), (20, Tionghoa)],
        36 => &[(48, Sunda), (22, Jawa), (20, Betawi), (6, Tionghoa), (4, Batak)],
        51 => &[(85, Bali), (10, Jawa), (5, Sasak)],
        52 => &[(90, Sasak), (4, Bali), (6, Jawa)],
        53 => &[(94, Timor), (4, Bugis), (2, Jawa)],
        61 => &[(40, Dayak), (34, Melayu), (12, Jawa), (10, Tionghoa), (4, Bugis)],
        62 => &[(46, Dayak), (24, Banjar), (26, Jawa), (4, Bugis)],
        63 => &[(76, Banjar), (16, Jawa), (4, Dayak), (3, Bugis), (1, Tionghoa)],
        64 | 65 => &[(30, Jawa), (22, Bugis), (20, Dayak), (18, Banjar), (8, Melayu), (2, Tionghoa)],
        71 => &[(74, Minahasa), (20, Bugis), (4, Jawa), (2, Tionghoa)],
        72..=76 => &[(78, Bugis), (10, Minahasa), (8, Jawa), (3, Bali), (1, Tionghoa)],
        81 | 82 => &[(84, Maluku), (10, Bugis), (6, Jawa)],
        91 | 92 | 93 | 96 => &[(64, Papua), (16, Jawa), (12, Bugis), (8, Maluku)],
        94 | 95 => &[(92, Papua), (4, Jawa), (4, Bugis)],
        _ => &[(1, Jawa)],
    };
    dice.weighted(weights)
}

/// A home somewhere in a kabupaten.
pub(super) fn home<'r>(dice: &mut Dice, kab: &'r Kab<'r>) -> Option<Home<'r>> {
    let district = kab.districts.get(dice.below(kab.districts.len() as u32) as usize)?;
    Some(Home { kab, district, village: dice.pick(&district.villages) })
}

/// ALAMAT.
pub(super) fn address(words: &Words, dice: &mut Dice, home: &Home<'_>, hamlet: &str) -> Box<str> {
    let house = dice.between(1, 180);
    let rural = home.village.code >= 2000 && !home.kab.is_kota();
    let forms: &[(u32, u8)] = if rural {
        &[(34, 0), (22, 1), (16, 2), (20, 3), (6, 4), (2, 5)]
    } else {
        &[(4, 0), (1, 1), (6, 2), (50, 3), (20, 4), (19, 5)]
    };
    let street = dice.pick(&words.streets);
    let text = match dice.weighted(forms) {
        0 if !hamlet.is_empty() => format!("DUSUN {hamlet}"),
        1 => format!("DESA {}", home.village.name),
        2 => format!("{} {}", dice.pick(&["KP.", "KAMPUNG", "LINGK."]), dice.pick(&words.hamlets)),
        4 => format!("{} {} NO. {house}", dice.pick(&["GG.", "GANG", "GG"]), dice.pick(&words.alleys)),
        5 => {
            let block = char::from(b'A' + dice.below(12) as u8);
            let kind = dice.pick(&["KOMP.", "PERUM", "PERUMAHAN", "KOMPLEK"]);
            format!("{kind} {} BLOK {block}{} NO {house}", dice.pick(&words.estates), dice.between(1, 12))
        }
        _ => format!("{} {street} NO. {house}", dice.weighted(&[(60, "JL."), (25, "JALAN"), (15, "JLN")])),
    };
    text.into()
}
