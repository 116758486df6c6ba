//! No guessing: budgets of wrong guesses, and what gives away those who sweep or climb.
//!
//! Yes and no are an oracle, so of each NIK, lembaga and element only some wrong values a day are answered; after that the element is
//! held till the day ends, and whatever is asked of it does not match. Everything here is bounded, in memory of the process, and keyed by
//! hashes under its own random key. Budgets are rebuilt from the audit log at start; sweeps under way and brakes begin anew.

mod scores;
mod sketch;
mod spread;

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use self::scores::Scores;
use self::sketch::{Sketch, Tried, mix};
use self::spread::Spread;
use crate::kernel::limits::{GUESS_BLOCKS, GUESS_SCORES, GUESS_SUSPECTS};
use crate::kernel::{Elemen, ElemenSet, Kind, LembagaId, Nik, Zone};

/// What an agreement allows, as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wrong guesses a day for one NIK and element, 1-14.
    pub wrong_per_day: u8,
    /// Different NIKs of one region and birth date a day.
    pub consecutive: u32,
    /// Different NIKs an hour with the same value that does not match.
    pub same_value_per_hour: u32,
    /// Changes a day of the score told for one NIK and element.
    pub score_changes: u8,
    /// How long a sweep stops the lembaga; 0 for not at all.
    pub brake_s: u32,
    /// Where the day ends.
    pub zone: Zone,
}

/// Who asks about whom, and when.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    /// On whose behalf.
    pub lembaga: &'a LembagaId,
    /// What the agreement allows.
    pub limits: &'a Limits,
    /// The pseudonym of the NIK.
    pub subject: &'a [u8; 16],
    /// When.
    pub at: Timestamp,
}

/// A value that was compared.
#[derive(Clone, Copy)]
pub struct Tested<'a> {
    /// Of which element.
    pub elemen: Elemen,
    /// Whether it is enough like the record's.
    pub matched: bool,
    /// The score, where it is told.
    pub score: Option<u8>,
    /// The value itself.
    pub value: &'a str,
}

/// What the operators are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alarm {
    /// A budget of wrong guesses is used up, and yet it was asked again.
    Held,
    /// Many NIKs of one region and birth date.
    Consecutive,
    /// One value that does not match, tried with many NIKs.
    SameValue,
    /// Scores of one NIK and element that keep changing.
    Climb,
    /// A NIK that nobody has and nobody could come upon honestly.
    Honey,
}

impl Alarm {
    /// The word for it in logs and figures.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Consecutive => "consecutive",
            Self::SameValue => "same_value",
            Self::Climb => "climb",
            Self::Honey => "honey",
        }
    }
}

/// What came of comparing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Elements whose comparison must not be told: they do not match, whatever was asked.
    pub held: ElemenSet,
    /// Whether a value was swept over many NIKs.
    pub same_value: bool,
    /// Whether somebody climbs by scores.
    pub climb: bool,
}

/// Budgets, suspects and brakes of all lembaga.
pub struct Guesses {
    hasher: RandomState,
    budgets: Sketch,
    scores: Scores,
    families: Spread,
    values: Spread,
    brakes: Mutex<HashMap<LembagaId, Timestamp>>,
    logged: Mutex<HashMap<(LembagaId, Alarm), Timestamp>>,
}

impl Default for Guesses {
    fn default() -> Self {
        Self::new()
    }
}

impl Guesses {
    /// Without any guess. Memory is taken when it is first needed: at most 56 MiB for budgets, 7 MiB for suspects.
    #[must_use]
    pub fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            budgets: Sketch::new(GUESS_BLOCKS),
            scores: Scores::new(GUESS_SCORES),
            families: Spread::new(GUESS_SUSPECTS),
            values: Spread::new(GUESS_SUSPECTS),
            brakes: Mutex::default(),
            logged: Mutex::default(),
        }
    }

    /// Charges what did not match and says what must not be told. One visit under one lock: guesses side by side get no more answers
    /// than guesses in a row.
    pub fn judge<'v>(&self, attempt: &Attempt<'_>, tested: impl Iterator<Item = Tested<'v>> + Clone) -> Judgement {
        let (key, day) = self.key(attempt);
        let mut tried = Tried { wrong: ElemenSet::EMPTY, right: ElemenSet::EMPTY };
        for one in tested.clone() {
            if one.matched { &mut tried.right } else { &mut tried.wrong }.insert(one.elemen);
        }
        let held = self.budgets.charge(key, day, tried, attempt.limits.wrong_per_day);
        let mut judgement = Judgement { held, ..Judgement::default() };
        let mut climbed = ElemenSet::EMPTY;
        for one in tested.filter(|one| !held.contains(one.elemen)) {
            if let Some(score) = one.score
                && self.scores.note(mix(key ^ u64::from(one.elemen.bit())), day, score, attempt.limits.score_changes)
            {
                climbed.insert(one.elemen);
            }
            judgement.same_value |= !one.matched && telling(one.elemen) && self.swept(attempt, key, &one);
        }
        if !climbed.is_empty() {
            self.budgets.hold(key, day, climbed);
            judgement.climb = true;
            judgement.held = held.union(climbed);
        }
        judgement
    }

    /// Notes a NIK; true once a day, when there are too many of one region and birth date, in whatever order.
    pub fn consecutive(&self, attempt: &Attempt<'_>, nik: Nik) -> bool {
        let (day, family) = (day_of(attempt), nik.number() / 10_000);
        let suspect = self.hasher.hash_one((attempt.lembaga, family, day));
        let thing = mix(suspect ^ u64::from(nik.serial()));
        self.families.note(suspect, thing, day.into(), attempt.limits.consecutive)
    }

    /// Counts again what an entry of the audit log tells: at start, before any question. Entries of other days count no more.
    pub fn recount(&self, attempt: &Attempt<'_>, wrong: ElemenSet, held: ElemenSet, now: Timestamp) {
        let (key, day) = self.key(attempt);
        if day == day_of(&Attempt { at: now, ..*attempt }) {
            self.budgets.charge(key, day, Tried { wrong, right: ElemenSet::EMPTY }, sketch::FULL);
            self.budgets.hold(key, day, held);
        }
    }

    /// Stops a lembaga for as long as its agreement says.
    pub fn brake(&self, lembaga: &LembagaId, limits: &Limits, now: Timestamp) {
        let until = now.checked_add(SignedDuration::from_secs(limits.brake_s.into())).unwrap_or(now);
        if until > now {
            self.brakes.lock().unwrap_or_else(PoisonError::into_inner).insert(lembaga.clone(), until);
        }
    }

    /// Seconds that a lembaga is still stopped; `None` where it is not.
    pub fn braked_s(&self, lembaga: &LembagaId, now: Timestamp) -> Option<u32> {
        let mut brakes = self.brakes.lock().unwrap_or_else(PoisonError::into_inner);
        let left = brakes.get(lembaga)?.duration_since(now).as_secs();
        if left <= 0 {
            brakes.remove(lembaga);
            return None;
        }
        u32::try_from(left).ok()
    }

    /// Whether an alarm is to be written to the log: each kind of a lembaga once a minute, so that nobody floods it.
    pub fn to_be_logged(&self, lembaga: &LembagaId, alarm: Alarm, now: Timestamp) -> bool {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let last = logged.get(&(lembaga.clone(), alarm));
        let due = last.is_none_or(|last| now.duration_since(*last).abs() >= SignedDuration::from_mins(1));
        if due {
            logged.insert((lembaga.clone(), alarm), now);
        }
        due
    }

    /// Bytes that the budgets take so far.
    #[must_use]
    pub fn budget_bytes(&self) -> usize {
        self.budgets.bytes()
    }

    fn swept(&self, attempt: &Attempt<'_>, key: u64, one: &Tested<'_>) -> bool {
        let hour = attempt.at.as_second().div_euclid(3600);
        let suspect = self.hasher.hash_one((attempt.lembaga, one.elemen, FoldedValue(one.value)));
        let window = u32::try_from(hour).unwrap_or_default();
        self.values.note(suspect, mix(key), window, attempt.limits.same_value_per_hour)
    }

    fn key(&self, attempt: &Attempt<'_>) -> (u64, u16) {
        let day = day_of(attempt);
        (self.hasher.hash_one((attempt.lembaga, attempt.subject, day)), day)
    }
}

/// A value without what a sweeper could vary for nothing: case, blanks and punctuation.
struct FoldedValue<'a>(&'a str);

impl std::hash::Hash for FoldedValue<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for letter in self.0.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_uppercase) {
            state.write_u32(letter.into());
        }
    }
}

/// Whether one value with many NIKs is a sweep: of codes, numbers and places honest questions have many that do not match.
fn telling(elemen: Elemen) -> bool {
    match elemen.kind() {
        Kind::Id16 | Kind::Date | Kind::Name | Kind::Address | Kind::Text => true,
        Kind::Number { .. } | Kind::Code(_) | Kind::Place => false,
    }
}

fn day_of(attempt: &Attempt<'_>) -> u16 {
    u16::try_from(attempt.limits.zone.day_number(attempt.at)).unwrap_or_default()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
