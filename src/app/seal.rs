//! Nothing leaves the house before its audit entry is durable: the only maker of [`Sealed`].

use jiff::Timestamp;

use super::App;
use super::question::{Content, Reply, Turned, Verdict};
use crate::audit::{self, PksRef, Pseudonym, PseudonymKey};
use crate::journal::Receipt;
use crate::kernel::{Ask, Caller, ElemenSet, Fault, Generation, KabCode, Method, Outcome, Reason, Refusal, RequestId};
use crate::matching;
use crate::pks::{Answer, Permit};

/// Something with its receipt: the audit entry about it is on the disk. INVARIANT: made here alone, after the journal's receipt.
pub struct Sealed<T> {
    content: T,
    receipt: Receipt,
}

impl<T> Sealed<T> {
    /// What was sealed.
    pub const fn content(&self) -> &T {
        &self.content
    }

    /// The place of its entry in the log.
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }
}

/// What is known of a question so far, for its entry: filled in as the question goes along the line.
pub(super) struct Draft {
    request: RequestId,
    time: Timestamp,
    method: Option<Method>,
    generation: Option<Generation>,
    purpose: Option<String>,
    threshold: Option<u8>,
    subject: Option<Pseudonym>,
    asked: ElemenSet,
    granted: ElemenSet,
}

impl Draft {
    pub(super) fn new(request: RequestId, time: Timestamp, method: Method, generation: Generation) -> Self {
        Self { method: Some(method), generation: Some(generation), ..Self::unrouted(request, time) }
    }

    /// For a request that is refused before any deed.
    pub(super) const fn unrouted(request: RequestId, time: Timestamp) -> Self {
        Self {
            request,
            time,
            method: None,
            generation: None,
            purpose: None,
            threshold: None,
            subject: None,
            asked: ElemenSet::EMPTY,
            granted: ElemenSet::EMPTY,
        }
    }

    pub(super) fn asked(&mut self, ask: &Ask, pseudonyms: &PseudonymKey) {
        self.threshold = ask.threshold;
        self.subject = ask.nik.ok().map(|nik| pseudonyms.of(nik));
        self.asked = ask.elements();
    }

    pub(super) fn granted(&mut self, permit: &Permit) {
        self.granted = permit.granted();
        // The agreement's own word, not the caller's text: nothing personal can hide in it.
        self.purpose = permit.purpose().map(|purpose| purpose.code.clone());
    }

    fn entry(self, caller: &Caller, reply: &Reply, verdict: &Result<Verdict, Refusal>) -> audit::Question {
        let about = match verdict {
            Ok(verdict) => About::of(verdict),
            Err(refusal) => About::refused(refusal.reason),
        };
        audit::Question {
            time: self.time,
            request: self.request,
            lembaga: caller.lembaga().clone(),
            pks: reply.pks.as_ref().map(|pks| PksRef {
                number: pks.agreement().number.office.clone(),
                version: pks.agreement().version,
                digest: *pks.digest(),
            }),
            account: caller.account().cloned(),
            certificate: caller.certificate(),
            officer: caller.officer().cloned(),
            method: self.method,
            generation: self.generation,
            purpose: self.purpose,
            threshold: self.threshold,
            subject: self.subject,
            region: about.region,
            asked: self.asked,
            granted: self.granted,
            matched: about.matched,
            outcome: about.outcome,
            counted: about.counted,
            found: about.found,
            matching: matching::VERSION,
            snapshot: reply.snapshot.as_ref().map(|snapshot| snapshot.id.to_string()),
            source: caller.address(),
        }
    }
}

/// The part of an entry that the outcome decides.
struct About {
    outcome: audit::Verdict,
    region: Option<KabCode>,
    matched: ElemenSet,
    counted: bool,
    found: bool,
}

impl About {
    fn of(verdict: &Verdict) -> Self {
        let answered = |answer: &Answer| Self {
            outcome: audit::Verdict::Answered(answer.outcome()),
            region: answer.region(),
            matched: answer.matched(),
            counted: verdict.counted,
            found: answer.found(),
        };
        match &verdict.content {
            Content::Answer(answer) => answered(answer),
            Content::Refused(refusal) => Self::refused(refusal.reason),
            Content::Agreement => Self { outcome: audit::Verdict::Answered(Outcome::Done), ..Self::refused(Reason::NotFound) },
        }
    }

    const fn refused(reason: Reason) -> Self {
        Self { outcome: audit::Verdict::Refused(reason), region: None, matched: ElemenSet::EMPTY, counted: false, found: false }
    }
}

impl App {
    /// Writes the entry, waits until it is durable, and hands out what may now leave.
    pub(super) async fn seal(
        &self,
        caller: &Caller,
        draft: Draft,
        mut reply: Reply,
        verdict: Result<Verdict, Refusal>,
    ) -> Result<Sealed<Reply>, Turned> {
        let unavailable = |error: Box<dyn std::error::Error + Send + Sync>| {
            Turned::House(Fault::house(Reason::AuditUnavailable, "the audit log cannot be written", error))
        };
        let entry = audit::Entry::Question(Box::new(draft.entry(caller, &reply, &verdict)));
        let bytes = entry.encode().map_err(|fault| unavailable(fault.into()))?;
        let mut allowance = None;
        reply.content = match verdict {
            Ok(verdict) => {
                // Counted from here on, even where this future is dropped: the entry says so and may already be on its way.
                allowance = verdict.allowance.map(|allowance| allowance.settle(verdict.counted, self.clock.now()));
                verdict.content
            }
            Err(refusal) => Content::Refused(refusal),
        };
        let receipt = match self.journal.append(bytes).await {
            Ok(receipt) => receipt,
            Err(error) => {
                if let Some(settled) = allowance {
                    settled.undo();
                }
                return Err(unavailable(error.into()));
            }
        };
        if let Some(settled) = allowance {
            reply.balance = Some(settled.balance());
        }
        Ok(Sealed { content: reply, receipt })
    }
}
