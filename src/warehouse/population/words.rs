//! The word lists of `fixtures/names`, compiled in.

use super::names::Group;
use crate::kernel::Sex;

/// All lists.
pub(super) struct Words {
    groups: Vec<List>,
    pub(super) streets: Vec<&'static str>,
    pub(super) alleys: Vec<&'static str>,
    pub(super) estates: Vec<&'static str>,
    pub(super) hamlets: Vec<&'static str>,
}

/// The words of one group of people.
#[derive(Default)]
pub(super) struct List {
    male: Vec<&'static str>,
    female: Vec<&'static str>,
    last: Vec<&'static str>,
    last_female: Vec<&'static str>,
}

/// The lists in the order of [`Group`]'s variants.
static FILES: [&str; 17] = [
    include_str!("../../../fixtures/names/aceh.txt"),
    include_str!("../../../fixtures/names/batak.txt"),
    include_str!("../../../fixtures/names/minang.txt"),
    include_str!("../../../fixtures/names/melayu.txt"),
    include_str!("../../../fixtures/names/jawa.txt"),
    include_str!("../../../fixtures/names/sunda.txt"),
    include_str!("../../../fixtures/names/betawi.txt"),
    include_str!("../../../fixtures/names/bali.txt"),
    include_str!("../../../fixtures/names/sasak.txt"),
    include_str!("../../../fixtures/names/timor.txt"),
    include_str!("../../../fixtures/names/dayak.txt"),
    include_str!("../../../fixtures/names/banjar.txt"),
    include_str!("../../../fixtures/names/bugis.txt"),
    include_str!("../../../fixtures/names/minahasa.txt"),
    include_str!("../../../fixtures/names/maluku.txt"),
    include_str!("../../../fixtures/names/papua.txt"),
    include_str!("../../../fixtures/names/tionghoa.txt"),
];

static JALAN: &str = include_str!("../../../fixtures/names/jalan.txt");

impl Words {
    pub(super) fn load() -> Self {
        let groups = FILES.iter().map(|file| List {
            male: section(file, "laki"),
            female: section(file, "perempuan"),
            last: section(file, "belakang"),
            last_female: section(file, "belakang perempuan"),
        });
        Self {
            groups: groups.collect(),
            streets: section(JALAN, "jalan"),
            alleys: section(JALAN, "gang"),
            estates: section(JALAN, "perumahan"),
            hamlets: section(JALAN, "dusun"),
        }
    }

    #[expect(clippy::indexing_slicing, reason = "one list per variant, which a test walks")]
    pub(super) fn of(&self, group: Group) -> &List {
        &self.groups[group as usize]
    }
}

impl List {
    pub(super) fn given(&self, sex: Sex) -> &[&'static str] {
        match sex {
            Sex::Male => &self.male,
            Sex::Female => &self.female,
        }
    }

    /// Second words or family names; women have their own where there is a list of them.
    pub(super) fn last(&self, sex: Sex) -> &[&'static str] {
        match sex {
            Sex::Female if !self.last_female.is_empty() => &self.last_female,
            _ => &self.last,
        }
    }
}

/// The words under a heading.
fn section(file: &'static str, heading: &str) -> Vec<&'static str> {
    let mut inside = false;
    let mut words = Vec::new();
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            inside = name == heading;
        } else if inside {
            words.extend(line.split(',').map(str::trim).filter(|word| !word.is_empty()));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_words_in_capitals() {
        let words = Words::load();
        assert_eq!(words.groups.len(), Group::Tionghoa as usize + 1);
        for list in &words.groups {
            for part in [&list.male, &list.female] {
                assert!(part.len() >= 20);
            }
            assert!(list.last(Sex::Male).len() >= 10 && list.last(Sex::Female).len() >= 10);
            for word in list.male.iter().chain(&list.female).chain(&list.last).chain(&list.last_female) {
                assert!(word.chars().all(|c| c.is_ascii_uppercase() || " .'".contains(c)), "{word}");
            }
        }
        assert!(words.streets.len() > 50 && words.alleys.len() > 10 && words.estates.len() > 10 && words.hamlets.len() > 10);
    }
}
