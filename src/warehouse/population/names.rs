//! Names as people in different parts of Indonesia bear them: family names, birth order, one word or three, titles, "MUH.".
//!
//! The words are this project's own lists in `fixtures/names`; the combinations are chance.

use super::dice::Dice;
use super::words::Words;
use crate::kernel::Sex;

/// A part of the people with words and habits of its own.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Group {
    Aceh,
    Batak,
    Minang,
    Melayu,
    #[default]
    Jawa,
    Sunda,
    Betawi,
    Bali,
    Sasak,
    Timor,
    Dayak,
    Banjar,
    Bugis,
    Minahasa,
    Maluku,
    Papua,
    Tionghoa,
}

/// Numbers of `AGAMA`.
pub(super) const ISLAM: i32 = 1;
pub(super) const KRISTEN: i32 = 2;
pub(super) const KATHOLIK: i32 = 3;
pub(super) const HINDU: i32 = 4;
pub(super) const BUDDHA: i32 = 5;
pub(super) const KONGHUCU: i32 = 6;
pub(super) const OTHER: i32 = 7;

/// What a name is made for.
pub(super) struct Bearer {
    pub(super) group: Group,
    pub(super) sex: Sex,
    pub(super) religion: i32,
    pub(super) age: i32,
    /// The number among brothers and sisters, from 0.
    pub(super) order: usize,
    /// PDDK_AKH, for titles.
    pub(super) education: i32,
    /// The father's family name, where the people have such.
    pub(super) family_name: Option<&'static str>,
}

/// A name and the family name in it.
pub(super) struct Made {
    pub(super) text: String,
    pub(super) family_name: Option<&'static str>,
}

impl Group {
    /// Whether children bear their father's family name.
    const fn has_family_names(self) -> bool {
        matches!(self, Self::Batak | Self::Timor | Self::Minahasa | Self::Maluku | Self::Papua | Self::Tionghoa)
    }

    /// The religions of its people.
    pub(super) fn religion(self, dice: &mut Dice) -> i32 {
        let weights: &[(u32, i32)] = match self {
            Self::Batak => &[(62, KRISTEN), (30, ISLAM), (8, KATHOLIK)],
            Self::Bali => &[(94, HINDU), (4, ISLAM), (2, KRISTEN)],
            Self::Timor => &[(58, KATHOLIK), (36, KRISTEN), (6, ISLAM)],
            Self::Dayak => &[(42, KRISTEN), (36, KATHOLIK), (14, ISLAM), (5, HINDU), (3, OTHER)],
            Self::Minahasa => &[(88, KRISTEN), (8, KATHOLIK), (4, ISLAM)],
            Self::Maluku => &[(46, KRISTEN), (48, ISLAM), (6, KATHOLIK)],
            Self::Papua => &[(72, KRISTEN), (24, KATHOLIK), (4, ISLAM)],
            Self::Tionghoa => &[(46, BUDDHA), (28, KRISTEN), (20, KATHOLIK), (6, KONGHUCU)],
            Self::Jawa | Self::Sunda => &[(965, ISLAM), (17, KRISTEN), (14, KATHOLIK), (4, BUDDHA)],
            _ => &[(99, ISLAM), (1, KRISTEN)],
        };
        dice.weighted(weights)
    }
}

/// Makes a name.
pub(super) fn make(words: &Words, dice: &mut Dice, bearer: &Bearer) -> Made {
    let list = words.of(bearer.group);
    let given = list.given(bearer.sex);
    let mut text = String::with_capacity(40);
    let mut family_name = None;
    title_before(&mut text, dice, bearer);
    forename(&mut text, dice, bearer);
    word(&mut text, dice.pick(given));
    if bearer.group.has_family_names() {
        if dice.permille(350) {
            word(&mut text, dice.pick(given));
        }
        let own = bearer.family_name.unwrap_or_else(|| dice.pick(list.last(bearer.sex)));
        word(&mut text, own);
        family_name = Some(own);
    } else if !single(dice, bearer) {
        word(&mut text, dice.pick(list.last(bearer.sex)));
        if dice.permille(120) {
            word(&mut text, dice.pick(list.last(bearer.sex)));
        }
    }
    title_after(&mut text, dice, bearer);
    Made { text, family_name }
}

/// Whether the name is of one word, as many old ones are.
fn single(dice: &mut Dice, bearer: &Bearer) -> bool {
    let rural = matches!(bearer.group, Group::Jawa | Group::Sunda | Group::Banjar | Group::Sasak | Group::Bugis);
    dice.permille(match (rural, bearer.age) {
        (true, 50..) => 480,
        (true, 30..) => 180,
        (false, 50..) => 150,
        (_, 5..) => 40,
        // Since 2022 a name has at least two words.
        _ => 0,
    })
}

/// The words that stand before the given name: birth order in Bali, the Prophet's name in all its spellings.
fn forename(text: &mut String, dice: &mut Dice, bearer: &Bearer) {
    if bearer.group == Group::Bali && bearer.religion == HINDU {
        word(text, if bearer.sex == Sex::Male { "I" } else { "NI" });
        let orders: [&[&str]; 4] = [&["WAYAN", "PUTU", "GEDE"], &["MADE", "KADEK"], &["NYOMAN", "KOMANG"], &["KETUT"]];
        word(text, dice.pick(orders.get(bearer.order % 4).copied().unwrap_or_default()));
    } else if bearer.religion == ISLAM && bearer.sex == Sex::Male && dice.permille(230) {
        let spellings =
            [(44, "MUHAMMAD"), (14, "MUHAMAD"), (10, "MOHAMMAD"), (10, "MUH."), (8, "MOCH."), (7, "MOH."), (4, "MHD"), (3, "M.")];
        word(text, dice.weighted(&spellings));
    } else if bearer.religion == ISLAM && bearer.sex == Sex::Female && dice.permille(60) {
        word(text, dice.pick(&["SITI", "NUR", "UMMI"]));
    }
}

fn title_before(text: &mut String, dice: &mut Dice, bearer: &Bearer) {
    if bearer.religion == ISLAM && bearer.age > 45 && dice.permille(45) {
        word(text, if bearer.sex == Sex::Male { "H." } else { "HJ." });
    }
    match bearer.education {
        8 if bearer.age > 50 && dice.permille(60) => word(text, if bearer.sex == Sex::Male { "DRS." } else { "DRA." }),
        10 if dice.permille(400) => word(text, "DR."),
        _ => {}
    }
}

fn title_after(text: &mut String, dice: &mut Dice, bearer: &Bearer) {
    let title = match bearer.education {
        8 if bearer.age < 50 && dice.permille(90) => dice.pick(&["S.PD", "S.E", "S.H", "S.KOM", "S.T", "S.KEP", "S.SOS", "S.PD.I"]),
        9 if dice.permille(250) => dice.pick(&["M.PD", "M.M", "M.SI", "M.H", "M.KES"]),
        _ => return,
    };
    if text.len() + title.len() < 58 {
        text.push_str(", ");
        text.push_str(title);
    }
}

/// Adds a word, unless it is the last one already or the name would grow beyond what a card holds.
fn word(text: &mut String, word: &str) {
    if word.is_empty() || text.len() + word.len() > 54 || text.split(' ').next_back() == Some(word) {
        return;
    }
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(word);
}
