//! One family: who lives in it, of what age, with what names and papers, so that all of it fits together.

use super::super::day::{Day, add_years, years_between};
use super::dice::Dice;
use super::life;
use super::member::{Member, Origin};
use super::names::Group;
use super::person::{
    CHILD, Certificate, DIVORCED, Family, GRANDCHILD, HEAD, Home, MARRIED, PARENT, Parent, Person, RELATIVE, SERVANT, UNMARRIED,
    WIDOWED, WIFE,
};
use super::personas::{FAMILY_MEMBERS, Role, Spec};
use super::place;
use super::regions::Kab;
use super::words::Words;
use crate::kernel::{NikStatus, Sex};

/// Makes the families of one kabupaten.
pub(super) struct Maker<'r> {
    pub(super) words: &'r Words,
    pub(super) dice: Dice,
    pub(super) as_of: Day,
    /// Where the families were first registered.
    pub(super) kab: &'r Kab<'r>,
    /// The birth place of those who were born elsewhere.
    pub(super) elsewhere: &'r Kab<'r>,
}

/// A family in the making: its members, the first of whom is the head.
struct Household<'r> {
    members: Vec<Person<'r>>,
    marriage: Option<Certificate>,
    divorce: Option<Certificate>,
}

/// The least and most days from one birth to the next.
const CHILD_SPACING_DAYS: (i32, i32) = (500, 1_900);
const CHILDREN_MAX: u32 = 6;

impl<'r> Maker<'r> {
    /// A family of at most `room` members; with a persona, one of [`FAMILY_MEMBERS`].
    pub(super) fn family(&mut self, room: usize, home: Home<'r>, moved: bool, persona: Option<(usize, &Spec)>) -> Family<'r> {
        let group = place::group(&mut self.dice, self.kab.province);
        let district = if moved { self.any_district() } else { home.district.code };
        let origin = Origin { group, religion: group.religion(&mut self.dice), district, family_name: None };
        let mut household = match persona {
            Some(_) => self.couple(&origin, FAMILY_MEMBERS as usize, true),
            None if room < 2 => self.alone(&origin),
            None => match self.dice.below(100) {
                0..=75 => self.couple(&origin, room, false),
                76..=86 => self.single_parent(&origin, room),
                _ => self.alone(&origin),
            },
        };
        self.fates(&mut household, persona);
        let hamlet = self.hamlet(&home);
        let address = place::address(self.words, &mut self.dice, &home, hamlet);
        let rt = if self.dice.permille(12) { 0 } else { self.dice.between(1, 24) };
        let rw = if self.dice.permille(15) { 0 } else { self.dice.between(1, 14) };
        let Household { members, marriage, divorce } = household;
        Family { kk: 0, home, moved, address, hamlet, rt, rw, marriage, divorce, members }
    }

    fn any_district(&mut self) -> u8 {
        let place = self.dice.below(self.kab.districts.len() as u32) as usize;
        self.kab.districts.get(place).map_or(1, |district| district.code)
    }

    fn hamlet(&mut self, home: &Home<'_>) -> &'static str {
        let rural = home.village.code >= 2000;
        if rural && self.dice.permille(720) { self.dice.pick(&self.words.hamlets) } else { "" }
    }

    /// Head, wife and their children, now and then with somebody else.
    fn couple(&mut self, origin: &Origin, room: usize, planted: bool) -> Household<'r> {
        let age = if planted { self.dice.between(34, 47) } else { self.head_age() };
        let head_born = self.birthday(age);
        let wife_born = head_born + if planted { self.dice.between(-700, 700) } else { self.dice.between(-900, 3_200) };
        let wife_born = wife_born.min(add_years(self.as_of, -19));
        let wed_at = if planted { self.dice.between(19, 22) } else { self.dice.between(18, 28) };
        let wed_on = add_years(wife_born, wed_at).max(add_years(head_born, 19)) + self.dice.between(0, 364);
        let wed_on = wed_on.min(self.as_of - self.dice.between(30, 350));
        let head = self.person(origin, &Member::new(Sex::Male, head_born, HEAD, MARRIED), None);
        let own_group = Origin { group: self.partner_group(origin.group), family_name: None, ..*origin };
        let wife = self.person(&own_group, &Member::new(Sex::Female, wife_born, WIFE, MARRIED), None);
        let children = Origin { family_name: head.family_name, ..*origin };
        let number = life::marriage_certificate(&mut self.dice, wed_on, origin.religion, self.kab.number());
        let marriage = Some(Certificate { number, date: wed_on });
        let mut household = Household { members: vec![head, wife], marriage, divorce: None };
        let births = self.births(wed_on, wife_born, planted);
        for (order, born) in births.into_iter().enumerate() {
            let grown = years_between(born, self.as_of);
            let left = !planted && (grown > 31 || (grown > 22 && self.dice.permille(720)));
            if household.members.len() < room && !left {
                let member = Member { order, ..Member::new(self.any_sex(), born, CHILD, UNMARRIED) };
                let parents = (Parent::Member(1), Parent::Member(0));
                household.members.push(self.person(&children, &member, Some(parents)));
            }
        }
        if !planted && household.members.len() < room {
            self.somebody_else(origin, &mut household, head_born);
        }
        household
    }

    /// The birthdays of a couple's children, those who have left home among them.
    fn births(&mut self, wed_on: Day, wife_born: Day, planted: bool) -> Vec<Day> {
        let wanted = if planted { 2 } else { self.dice.weighted(&[(6, 0), (20, 1), (36, 2), (24, 3), (10, 4), (4, CHILDREN_MAX)]) };
        let last = add_years(wife_born, 43).min(self.as_of - 5);
        let mut born = wed_on + self.dice.between(270, 1_100);
        let mut births = Vec::new();
        for _ in 0..wanted {
            if born > last {
                break;
            }
            births.push(born);
            born += self.dice.between(CHILD_SPACING_DAYS.0, CHILD_SPACING_DAYS.1);
        }
        births
    }

    /// A mother, at times a father, whose partner is dead or gone, with children.
    fn single_parent(&mut self, origin: &Origin, room: usize) -> Household<'r> {
        let born = {
            let age = self.dice.between(28, 68);
            self.birthday(age)
        };
        let sex = if self.dice.permille(820) { Sex::Female } else { Sex::Male };
        let marital = if self.dice.permille(620) { WIDOWED } else { DIVORCED };
        let head = self.person(origin, &Member::new(sex, born, HEAD, marital), None);
        let age = years_between(born, self.as_of);
        let (absent, absent_family) = self.parent_name(origin, if sex == Sex::Male { Sex::Female } else { Sex::Male }, age - 25);
        let family_name = if sex == Sex::Male { head.family_name } else { absent_family };
        let (marriage, divorce) = self.past_marriage(origin, born, marital);
        let wed_on = marriage.date;
        let mut household = Household { members: vec![head], marriage: Some(marriage), divorce };
        let last_birth = household.divorce.as_ref().map_or(self.as_of, |divorce| divorce.date + 250);
        let births = self.births(wed_on, born, false);
        for (order, born) in births.into_iter().enumerate() {
            if household.members.len() < room && born < last_birth && years_between(born, self.as_of) < 26 {
                let member = Member { order, ..Member::new(self.any_sex(), born, CHILD, UNMARRIED) };
                let other = Parent::Named(absent.as_str().into());
                let parents = if sex == Sex::Female { (Parent::Member(0), other) } else { (other, Parent::Member(0)) };
                household.members.push(self.person(&Origin { family_name, ..*origin }, &member, Some(parents)));
            }
        }
        household
    }

    /// Somebody who lives alone.
    fn alone(&mut self, origin: &Origin) -> Household<'r> {
        let age = self.dice.between(19, 84);
        let born = self.birthday(age);
        let marital = match age {
            ..=27 => UNMARRIED,
            28..=50 => self.dice.weighted(&[(60, UNMARRIED), (30, DIVORCED), (10, WIDOWED)]),
            _ => self.dice.weighted(&[(14, UNMARRIED), (20, DIVORCED), (66, WIDOWED)]),
        };
        let member = Member::new(self.any_sex(), born, HEAD, marital);
        let head = self.person(origin, &member, None);
        if marital == UNMARRIED {
            return Household { members: vec![head], marriage: None, divorce: None };
        }
        let (marriage, divorce) = self.past_marriage(origin, born, marital);
        Household { members: vec![head], marriage: Some(marriage), divorce }
    }

    /// The papers of a marriage that is over, and of its end where that was a divorce.
    fn past_marriage(&mut self, origin: &Origin, born: Day, marital: i32) -> (Certificate, Option<Certificate>) {
        let region = self.kab.number();
        let date = (add_years(born, 19) + self.dice.between(0, 3_000)).min(self.as_of - 400);
        let number = life::marriage_certificate(&mut self.dice, date, origin.religion, region);
        let divorce = (marital == DIVORCED).then(|| {
            let date = self.dice.between(date + 200, (date + 8_000).min(self.as_of));
            Certificate { number: life::divorce_certificate(&mut self.dice, date, origin.religion, region), date }
        });
        (Certificate { number, date }, divorce)
    }

    /// Now and then the head's mother, a grandchild, a relative or a servant lives with them.
    fn somebody_else(&mut self, origin: &Origin, household: &mut Household<'r>, head_born: Day) {
        let age = years_between(head_born, self.as_of);
        let member = match self.dice.below(1000) {
            0..=44 if age < 66 => {
                let born = add_years(head_born, -self.dice.between(19, 29));
                Member::new(Sex::Female, born, PARENT, WIDOWED)
            }
            45..=59 if age > 48 => {
                let born = self.as_of - self.dice.between(300, 4_000);
                Member::new(self.any_sex(), born, GRANDCHILD, UNMARRIED)
            }
            60..=72 => Member::new(self.any_sex(), self.as_of - self.dice.between(4_000, 11_000), RELATIVE, UNMARRIED),
            73..=74 => Member::new(Sex::Female, self.as_of - self.dice.between(7_000, 16_000), SERVANT, UNMARRIED),
            _ => return,
        };
        let person = self.person(&Origin { family_name: None, ..*origin }, &member, None);
        let place = household.members.len();
        if let Some(head) = household.members.first_mut().filter(|_| member.relation == PARENT) {
            head.mother = Parent::Member(place);
        }
        household.members.push(person);
    }

    /// Who has died, is doubled or blocked; a persona's family is whole but for the persona itself.
    fn fates(&mut self, household: &mut Household<'r>, persona: Option<(usize, &Spec)>) {
        for person in &mut household.members {
            let age = years_between(person.born, self.as_of);
            let dead = match age {
                65.. => 95,
                45.. => 16,
                _ => 4,
            };
            let dice = self.dice.below(1000);
            person.status = match dice {
                _ if persona.is_some() => NikStatus::Active,
                _ if dice < dead => NikStatus::Deceased,
                990..=993 => NikStatus::Duplicate,
                994.. => NikStatus::Inactive,
                _ => NikStatus::Active,
            };
        }
        if let Some((number, spec)) = persona {
            let place = match spec.role {
                Role::Head => 0,
                Role::Wife => 1,
                Role::Child => 2,
            };
            if let Some(person) = household.members.get_mut(place) {
                person.persona = Some(number);
                person.status = spec.status;
                person.name = spec.name.map_or_else(|| std::mem::take(&mut person.name), Into::into);
            }
        }
        if let [head, wife, ..] = household.members.as_mut_slice()
            && wife.relation == WIFE
            && (head.status == NikStatus::Deceased) != (wife.status == NikStatus::Deceased)
        {
            let survivor = if head.status == NikStatus::Deceased { wife } else { head };
            survivor.marital = WIDOWED;
        }
    }

    fn head_age(&mut self) -> i32 {
        let (low, high) =
            self.dice.weighted(&[(12, (22, 29)), (27, (30, 39)), (26, (40, 49)), (19, (50, 59)), (11, (60, 69)), (5, (70, 88))]);
        self.dice.between(low, high)
    }

    /// A day on which somebody of this age was born.
    fn birthday(&mut self, age: i32) -> Day {
        add_years(self.as_of, -age) - self.dice.between(0, 364)
    }

    fn any_sex(&mut self) -> Sex {
        if self.dice.permille(505) { Sex::Male } else { Sex::Female }
    }

    /// Most marry among their own.
    fn partner_group(&mut self, group: Group) -> Group {
        if self.dice.permille(860) { group } else { place::group(&mut self.dice, self.kab.province) }
    }
}
