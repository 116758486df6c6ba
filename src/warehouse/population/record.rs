//! A resident as a row of the warehouse.

use super::super::day::Day;
use super::super::group::{Record, Value};
use super::super::schema::{COLUMNS, NO_CODE, NO_DATE, NO_ID, NO_NUMBER, STATUS, column_of};
use super::super::show::show;
use super::person::{Certificate, Family, Parent, Person};
use super::personas::{Persona, SPECS, code};
use crate::kernel::{Elemen, Sex};

/// The row of a member of a family.
pub(super) fn record<'a>(family: &'a Family<'_>, person: &'a Person<'_>) -> Record<'a> {
    let home = &family.home;
    let (mother, nik_mother) = parent(family, &person.mother);
    let (father, nik_father) = parent(family, &person.father);
    let wed = |certificate: &'a Option<Certificate>| certificate.as_ref().filter(|_| person.wed);
    let value = |elemen: Elemen| match elemen {
        Elemen::Nik => long(person.nik),
        Elemen::NoKk => long(family.kk),
        Elemen::NamaLgkp => Value::Text(&person.name),
        Elemen::TmptLhr => Value::Text(person.birthplace),
        Elemen::TglLhr => Value::Int(person.born),
        Elemen::JenisKlmin => Value::Int(if person.sex == Sex::Male { 1 } else { 2 }),
        Elemen::GolDarah => Value::Int(person.blood),
        Elemen::Agama => Value::Int(person.religion),
        Elemen::StatusKawin => Value::Int(person.marital),
        Elemen::StatHbkel => Value::Int(person.relation),
        Elemen::PddkAkh => Value::Int(person.education),
        Elemen::JenisPkrjn => Value::Text(person.work),
        Elemen::PnydngCct => Value::Int(if person.disability == 0 { NO_CODE } else { person.disability }),
        Elemen::NamaLgkpIbu => Value::Text(mother),
        Elemen::NamaLgkpAyah => Value::Text(father),
        Elemen::NikIbu => nik_mother,
        Elemen::NikAyah => nik_father,
        Elemen::Alamat => Value::Text(&family.address),
        Elemen::NoRt => Value::Int(family.rt),
        Elemen::NoRw => Value::Int(family.rw),
        Elemen::Dusun => Value::Text(family.hamlet),
        Elemen::KodePos => Value::Int(if home.village.postal == 0 { NO_NUMBER } else { home.village.postal.cast_signed() }),
        Elemen::NoProp => Value::Int(home.kab.province.into()),
        Elemen::PropName => Value::Text(home.kab.province_name),
        Elemen::NoKab => Value::Int(home.kab.code.into()),
        Elemen::KabName => Value::Text(home.kab.name),
        Elemen::NoKec => Value::Int(home.district.code.into()),
        Elemen::KecName => Value::Text(home.district.name),
        Elemen::NoKel => Value::Int(home.village.code.into()),
        Elemen::KelName => Value::Text(home.village.name),
        Elemen::EktpStatus => Value::Int(if person.ektp_created.is_some() { 1 } else { 2 }),
        Elemen::EktpCreated => date(person.ektp_created),
        Elemen::NoAktaLhr => Value::Text(&person.birth_certificate),
        Elemen::NoAktaKwn => number(wed(&family.marriage)),
        Elemen::TglKwn => date(wed(&family.marriage).map(|certificate| certificate.date)),
        Elemen::NoAktaCrai => number(wed(&family.divorce)),
        Elemen::TglCrai => date(wed(&family.divorce).map(|certificate| certificate.date)),
    };
    let mut record = [Value::Int(person.status as i32); COLUMNS];
    for (slot, elemen) in record.iter_mut().take(STATUS).zip(Elemen::all()) {
        *slot = value(elemen);
    }
    record
}

/// A planted resident as a persona; `None` where there is none to show.
pub(super) fn persona(person: &Person<'_>, record: &Record<'_>) -> Option<Persona> {
    let spec = SPECS.get(person.persona?)?;
    let mut row = Vec::with_capacity(Elemen::COUNT);
    for elemen in Elemen::all() {
        let mut text = String::new();
        show(elemen, *record.get(column_of(elemen))?, &mut text)?;
        row.push((elemen, text));
    }
    Some(Persona { nik: format!("{:016}", person.nik), code: code(person.status), note: spec.note.to_owned(), row })
}

/// Name and NIK of a mother or father; no NIK for one who is not in the family.
fn parent<'a>(family: &'a Family<'_>, parent: &'a Parent) -> (&'a str, Value<'a>) {
    match parent {
        Parent::Named(name) => (name, Value::Long(NO_ID)),
        Parent::Member(place) => {
            family.members.get(*place).map_or(("", Value::Long(NO_ID)), |person| (&person.name, long(person.nik)))
        }
    }
}

fn long(id: u64) -> Value<'static> {
    Value::Long(id.cast_signed())
}

fn date(day: Option<Day>) -> Value<'static> {
    Value::Int(day.unwrap_or(NO_DATE))
}

fn number(certificate: Option<&Certificate>) -> Value<'_> {
    Value::Text(certificate.map_or("", |certificate| &certificate.number))
}
