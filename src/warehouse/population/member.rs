//! One member of a family: name, parents, schooling, work and papers.

use super::super::day::{Day, years_between};
use super::family::Maker;
use super::life;
use super::names::{self, Bearer, Group};
use super::person::{Parent, Person};
use crate::kernel::{NikStatus, Sex};

/// What a member is to be.
pub(super) struct Member {
    pub(super) sex: Sex,
    pub(super) born: Day,
    /// STAT_HBKEL.
    pub(super) relation: i32,
    /// STATUS_KAWIN.
    pub(super) marital: i32,
    /// The number among brothers and sisters, from 0.
    pub(super) order: usize,
}

/// The people and the place a member comes from.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub(super) group: Group,
    pub(super) religion: i32,
    /// The kecamatan of first registration.
    pub(super) district: u8,
    /// The family name to bear, where the people have such.
    pub(super) family_name: Option<&'static str>,
}

impl Member {
    /// A first-born member.
    pub(super) const fn new(sex: Sex, born: Day, relation: i32, marital: i32) -> Self {
        Self { sex, born, relation, marital, order: 0 }
    }
}

impl<'r> Maker<'r> {
    /// Makes a member; `parents` are mother and father where they are known, else they get names.
    pub(super) fn person(&mut self, origin: &Origin, member: &Member, parents: Option<(Parent, Parent)>) -> Person<'r> {
        let age = years_between(member.born, self.as_of);
        let ((mother, father), family_name) = match parents {
            Some(known) => (known, origin.family_name),
            None => {
                let (father, family_name) = self.parent_name(origin, Sex::Male, age);
                let (mother, _) = self.parent_name(origin, Sex::Female, age);
                ((Parent::Named(mother.into()), Parent::Named(father.into())), family_name)
            }
        };
        let education = life::education(&mut self.dice, age);
        let order = if member.order == 0 { self.dice.below(4) as usize } else { member.order };
        let bearer = Bearer { group: origin.group, sex: member.sex, religion: origin.religion, age, order, education, family_name };
        let made = names::make(self.words, &mut self.dice, &bearer);
        let work = life::work(&mut self.dice, age, member.sex, education, self.kab.is_kota());
        let disabled = self.dice.permille(8);
        Person {
            nik: 0,
            district: self.district(origin.district),
            sex: member.sex,
            born: member.born,
            name: made.text.into(),
            family_name: made.family_name,
            birthplace: self.birthplace(age),
            blood: life::blood(&mut self.dice),
            religion: origin.religion,
            marital: member.marital,
            relation: member.relation,
            education,
            work,
            disability: if disabled { self.dice.between(1, 6) } else { 0 },
            mother,
            father,
            birth_certificate: life::birth_certificate(&mut self.dice, member.born, self.as_of, self.kab.number()),
            wed: matches!(member.relation, super::person::HEAD | super::person::WIFE),
            ektp_created: life::ektp_created(&mut self.dice, member.born, self.as_of, age > 60),
            status: NikStatus::Active,
            persona: None,
        }
    }

    /// The name of the mother or father of somebody of this age, and the family name in it.
    pub(super) fn parent_name(&mut self, origin: &Origin, sex: Sex, age: i32) -> (String, Option<&'static str>) {
        let bearer = Bearer {
            group: origin.group,
            sex,
            religion: origin.religion,
            age: age + 26,
            order: self.dice.below(4) as usize,
            education: 4,
            family_name: None,
        };
        let made = names::make(self.words, &mut self.dice, &bearer);
        (made.text, made.family_name)
    }

    /// Most were registered in the family's kecamatan, the others in another one of the kabupaten.
    fn district(&mut self, usual: u8) -> u8 {
        if self.dice.permille(900) {
            return usual;
        }
        let place = self.dice.below(self.kab.districts.len() as u32) as usize;
        self.kab.districts.get(place).map_or(usual, |district| district.code)
    }

    /// Most were born in the kabupaten and say so by its name.
    fn birthplace(&mut self, age: i32) -> &'r str {
        match self.dice.below(100) {
            0..=6 => {
                let place = self.dice.below(self.kab.districts.len() as u32) as usize;
                self.kab.districts.get(place).map_or(self.kab.place, |district| district.name)
            }
            7..=14 if age > 18 => self.elsewhere.place,
            _ => self.kab.place,
        }
    }
}
