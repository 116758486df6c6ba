//! Goes through the kabupaten, has their families made, issues NIKs and family card numbers, and hands on the residents sorted.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use jiff::civil::Date;

use super::super::day::{self, Day, from_civil, to_civil};
use super::super::error::WarehouseError;
use super::super::group::Record;
use super::dice::Dice;
use super::family::Maker;
use super::person::{Family, Home};
use super::personas::{FAMILY_MEMBERS, Persona, SERIAL_MAX, SPECS, Spec, strangers};
use super::place;
use super::record::{persona, record};
use super::regions::{Kab, RegionText, Regions};
use super::words::Words;
use crate::kernel::Sex;

/// The next free serial for each prefix of twelve digits.
type Serials = HashMap<u64, u16>;

/// Of so many families in a thousand all NIKs are from another kabupaten than the one they live in.
const MOVED_PERMILLE: u32 = 30;
/// Serials of family cards, apart for those who moved there so that the two countings never meet.
const CARD_SERIALS: RangeInclusive<u16> = 1..=4_999;
const MOVED_CARD_SERIALS: RangeInclusive<u16> = 5_000..=9_999;

/// A population to be made.
pub(crate) struct Census {
    rows: u64,
    seed: u64,
    as_of: Day,
}

/// What goes on from one kabupaten to the next.
struct Progress<'r> {
    regions: &'r Regions<'r>,
    /// Weights of the kabupaten added up: where families move to.
    reach: Vec<u64>,
    /// Family cards issued to those who moved.
    moved_cards: Serials,
    personas: Vec<Option<Persona>>,
}

impl Census {
    pub(crate) fn new(rows: u64, seed: u64, as_of: Date) -> Self {
        Self { rows, seed, as_of: day::day_of(as_of) }
    }

    /// Makes all residents and hands each one on; gives back the personas among and beside them.
    pub(crate) fn take(
        &self,
        text: &RegionText,
        mut each: impl FnMut(&Record<'_>) -> Result<(), WarehouseError>,
    ) -> Result<Vec<Persona>, WarehouseError> {
        let regions = text.regions()?;
        let words = Words::load();
        let weights = place::weights(&regions);
        let quotas = quotas(self.rows, &weights, &regions)?;
        let mut progress = Progress {
            regions: &regions,
            reach: running_sums(&weights),
            moved_cards: Serials::new(),
            personas: SPECS.iter().map(|_| None).collect(),
        };
        for (kab, quota) in regions.kabs.iter().zip(quotas) {
            let mut families = self.families(kab, quota, &words, &mut progress)?;
            let order = issue(&mut families, kab.number(), self.as_of, &mut progress.moved_cards)?;
            for (_, family, member) in order {
                let Some(family) = families.get(family) else { continue };
                let Some(person) = family.members.get(member) else { continue };
                let record = record(family, person);
                each(&record)?;
                if let Some(slot) = person.persona.and_then(|number| progress.personas.get_mut(number)) {
                    *slot = persona(person, &record);
                }
            }
        }
        let planted: Option<Vec<Persona>> = progress.personas.into_iter().collect();
        let mut personas = planted.ok_or(WarehouseError::Bound("a persona found no place"))?;
        personas.extend(strangers());
        Ok(personas)
    }

    /// The families first registered in a kabupaten, together of `quota` members.
    fn families<'r>(
        &self,
        kab: &'r Kab<'r>,
        quota: u64,
        words: &'r Words,
        progress: &mut Progress<'r>,
    ) -> Result<Vec<Family<'r>>, WarehouseError> {
        let mut left = usize::try_from(quota).map_err(|_| WarehouseError::Bound("rows"))?;
        let dice = Dice::new(self.seed, u64::from(kab.number()));
        let mut maker = Maker { words, dice, as_of: self.as_of, kab, elsewhere: kab };
        let mut families = Vec::with_capacity(left / 3);
        let planted = SPECS.iter().enumerate().filter(|(_, spec)| spec.kab == kab.number());
        let mut planted = planted.collect::<Vec<(usize, &Spec)>>().into_iter();
        while left > 0 {
            let persona = planted.next();
            let moved_to = match persona {
                Some((_, spec)) => spec.moved_to.and_then(|number| progress.regions.find(number)),
                None if maker.dice.permille(MOVED_PERMILLE) => Some(progress.anywhere(&mut maker.dice)),
                None => None,
            };
            let now = moved_to.and_then(|place| progress.regions.kabs.get(place)).unwrap_or(kab);
            let somewhere = progress.anywhere(&mut maker.dice);
            maker.elsewhere = progress.regions.kabs.get(somewhere).unwrap_or(kab);
            let home: Home<'r> = place::home(&mut maker.dice, now).ok_or(WarehouseError::Bound("a kabupaten without a village"))?;
            let moved = now.number() != kab.number();
            let family = maker.family(left, home, moved, persona);
            left = left.saturating_sub(family.members.len());
            families.push(family);
        }
        Ok(families)
    }
}

impl Progress<'_> {
    /// The place in the list of a kabupaten, more likely one of many residents.
    fn anywhere(&self, dice: &mut Dice) -> usize {
        let total = self.reach.last().copied().unwrap_or_default();
        let at = u64::from(dice.below(u32::MAX)) * total / u64::from(u32::MAX);
        self.reach.partition_point(|sum| *sum <= at)
    }
}

fn running_sums(weights: &[u64]) -> Vec<u64> {
    let mut sum = 0;
    weights
        .iter()
        .map(|weight| {
            sum += weight;
            sum
        })
        .collect()
}

/// How many residents each kabupaten gets: room for its personas' families, and its share of the rest. The shares add up exactly.
fn quotas(rows: u64, weights: &[u64], regions: &Regions<'_>) -> Result<Vec<u64>, WarehouseError> {
    let reserved = |kab: &Kab<'_>| FAMILY_MEMBERS * SPECS.iter().filter(|spec| spec.kab == kab.number()).count() as u64;
    let rest = rows
        .checked_sub(regions.kabs.iter().map(reserved).sum())
        .ok_or(WarehouseError::Options("too few residents: at least 1000 are needed"))?;
    let sums = running_sums(weights);
    let total = u128::from(sums.last().copied().unwrap_or_default().max(1));
    let mut before = 0;
    let mut quotas = Vec::with_capacity(weights.len());
    for (sum, kab) in sums.iter().zip(&regions.kabs) {
        let share = u128::from(*sum) * u128::from(rest) / total;
        quotas.push(share as u64 - before + reserved(kab));
        before = share as u64;
    }
    Ok(quotas)
}

/// Issues NIKs and family card numbers; gives back (NIK, family, member) in ascending order.
fn issue(
    families: &mut [Family<'_>],
    kab: u16,
    as_of: Day,
    moved_cards: &mut Serials,
) -> Result<Vec<(u64, usize, usize)>, WarehouseError> {
    let mut niks = Serials::new();
    let mut cards = Serials::new();
    let mut order = Vec::new();
    for (place, family) in families.iter_mut().enumerate() {
        for (number, person) in family.members.iter_mut().enumerate() {
            let prefix = prefix(kab, person.district, person.born, person.sex);
            person.nik = next(&mut niks, prefix, 1..=SERIAL_MAX)?;
            order.push((person.nik, place, number));
        }
        let prefix = prefix(family.home.kab.number(), family.home.district.code, card_day(family, as_of), Sex::Male);
        family.kk =
            if family.moved { next(moved_cards, prefix, MOVED_CARD_SERIALS)? } else { next(&mut cards, prefix, CARD_SERIALS)? };
    }
    order.sort_unstable();
    Ok(order)
}

/// The twelve digits before the serial.
fn prefix(kab: u16, district: u8, day: Day, sex: Sex) -> u64 {
    let civil = to_civil(day);
    let shown = if sex == Sex::Female { civil.day + 40 } else { civil.day };
    let digits = |value: i32| u64::from(value.unsigned_abs() % 100);
    let region = u64::from(kab) * 100 + u64::from(district);
    ((region * 100 + digits(shown)) * 100 + digits(civil.month)) * 100 + digits(civil.year)
}

/// The number with the next free serial after a prefix.
fn next(serials: &mut Serials, prefix: u64, range: RangeInclusive<u16>) -> Result<u64, WarehouseError> {
    let serial = serials.entry(prefix).and_modify(|serial| *serial += 1).or_insert(*range.start());
    if !range.contains(serial) {
        return Err(WarehouseError::Bound("more births on one day in one kecamatan than there are serials"));
    }
    Ok(prefix * 10_000 + u64::from(*serial))
}

/// The day on which the family card was last issued: not before the wedding nor the last birth, and some time ago.
fn card_day(family: &Family<'_>, as_of: Day) -> Day {
    let births = family.members.iter().map(|person| person.born + 12);
    let wedding = family.marriage.iter().map(|certificate| certificate.date + 7);
    let earliest = births.chain(wedding).max().unwrap_or(as_of).max(from_civil(2006, 1, 2)).min(as_of);
    // The address gives as good a spread as another draw.
    let spread = family.address.bytes().fold(family.rt * 31 + family.rw, |sum, byte| (sum * 33 + i32::from(byte)) & 0xffff);
    earliest + spread * (as_of - earliest) / 0x1_0000
}
