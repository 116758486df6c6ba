//! No guessing, on the line: who sweeps is stopped, what was guessed at too often is withheld, and the operators are told.
//!
//! The caller learns nothing of it but the brake: what is withheld looks like any mismatch, and took the same way. An alarm names the
//! lembaga and the request, never a NIK.
//!
//! The brake refuses every question about a resident with `RATE_LIMITED` and `Retry-After`, for `brake_minutes` of the agreement; it
//! ends by itself, or with a restart. A honey NIK, a climb and a held element alarm without braking.

use std::collections::HashSet;

use jiff::Timestamp;

use super::App;
use super::question::Reply;
use super::seal::Draft;
use crate::audit::{Guessed, Pseudonym};
use crate::kernel::{Ask, LembagaId, Nik, Reason, Refusal, RequestId};
use crate::pks::{Answer, Permit, VerifiedPks};
use crate::quota::guess::{Alarm, Attempt, Guesses, Limits, Tested};
use crate::registry::Registry;

/// By which road a question came: whole files are matched in the order of their NIKs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Road {
    /// A question of its own.
    Single,
    /// A line of a batch.
    Batch,
}

impl App {
    /// Puts other honey NIKs in force. Only their pseudonyms are kept.
    pub fn replace_honey(&self, niks: impl Iterator<Item = Nik>) {
        let pseudonyms: HashSet<Pseudonym> = niks.map(|nik| self.pseudonyms.of(nik)).collect();
        self.honey.store(std::sync::Arc::new(pseudonyms));
    }

    /// Refuses while the lembaga is stopped.
    pub(super) fn unbraked(&self, lembaga: &LembagaId, now: Timestamp, reply: &mut Reply) -> Result<(), Refusal> {
        match self.guesses.braked_s(lembaga, now) {
            None => Ok(()),
            Some(seconds) => {
                reply.retry_after_s = Some(seconds);
                Err(Refusal::new(Reason::RateLimited).with("stopped for a while: the questions look like a sweep"))
            }
        }
    }

    /// Looks at the NIK of a permitted question, before it is looked up: whatever is answered, it was tried.
    pub(super) fn watch(&self, permit: &Permit, draft: &Draft, road: Road) {
        let (Some(nik), Some(subject)) = (permit.nik(), draft.subject()) else { return };
        let limits = limits(permit.pks());
        if self.honey.load().contains(&subject) {
            self.alarm(permit.lembaga(), Alarm::Honey, draft);
        }
        let attempt = Attempt { lembaga: permit.lembaga(), limits: &limits, subject: subject.bytes(), at: draft.time() };
        if road == Road::Single && self.guesses.consecutive(&attempt, nik) {
            self.alarm(permit.lembaga(), Alarm::Consecutive, draft);
            self.guesses.brake(permit.lembaga(), &limits, draft.time());
        }
    }

    /// Charges what did not match to its budget and withholds what was guessed at too often.
    pub(super) fn withhold(&self, permit: &Permit, ask: &Ask, draft: &Draft, answer: &mut Answer) {
        let Some(subject) = draft.subject().filter(|_| !answer.verdicts().is_empty()) else { return };
        let limits = limits(permit.pks());
        let attempt = Attempt { lembaga: permit.lembaga(), limits: &limits, subject: subject.bytes(), at: draft.time() };
        // The judgements stand in the order in which their elements were asked.
        let asked = ask.elements.iter().filter(|asked| permit.granted().contains(asked.elemen));
        let tested = answer.verdicts().iter().zip(asked).map(|(verdict, asked)| Tested {
            elemen: verdict.elemen,
            matched: verdict.matched,
            score: verdict.score,
            value: asked.value.as_ref().map_or("", |value| value.expose()),
        });
        let judgement = self.guesses.judge(&attempt, tested);
        answer.withhold(judgement.held);
        for (raised, alarm) in
            [(!judgement.held.is_empty(), Alarm::Held), (judgement.climb, Alarm::Climb), (judgement.same_value, Alarm::SameValue)]
        {
            if raised {
                self.alarm(permit.lembaga(), alarm, draft);
            }
        }
        if judgement.same_value {
            self.guesses.brake(permit.lembaga(), &limits, draft.time());
        }
    }

    fn alarm(&self, lembaga: &LembagaId, alarm: Alarm, draft: &Draft) {
        self.figures.guessing(lembaga, alarm.word());
        if self.guesses.to_be_logged(lembaga, alarm, draft.time()) {
            let request: RequestId = draft.request();
            tracing::warn!(lembaga = lembaga.as_str(), alarm = alarm.word(), request_id = %request, "somebody seems to be guessing");
        }
    }
}

/// Charges again what the log tells of the running day.
pub fn recount_guess(guesses: &Guesses, registry: &Registry, told: &Guessed<'_>, now: Timestamp) {
    let Ok(lembaga) = LembagaId::parse(told.lembaga) else { return };
    if let Ok(pks) = registry.pks_of(&lembaga, now) {
        let limits = limits(&pks);
        let attempt = Attempt { lembaga: &lembaga, limits: &limits, subject: &told.subject, at: told.time };
        guesses.recount(&attempt, told.wrong, told.held, now);
    }
}

/// What the agreement takes for guessing, as numbers.
fn limits(pks: &VerifiedPks) -> Limits {
    let agreement = pks.agreement();
    let guessing = &agreement.guessing;
    Limits {
        wrong_per_day: guessing.wrong_per_day,
        consecutive: guessing.consecutive,
        same_value_per_hour: guessing.same_value_per_hour,
        score_changes: guessing.score_changes,
        brake_s: guessing.brake_minutes.saturating_mul(60),
        zone: agreement.term.zone,
    }
}
