//! Nothing leaves the house before its audit entry is durable: the only maker of [`Sealed`].

use jiff::Timestamp;

use super::question::{Content, Reply, Turned, Verdict};
use super::{App, terms};
use crate::audit::{self, PksRef, Pseudonym, PseudonymKey};
use crate::journal::Receipt;
use crate::kernel::{Ask, Caller, ElemenSet, Fault, Generation, KabCode, Method, Outcome, Reason, Refusal, RequestId};
use crate::matching;
use crate::pks::{Answer, Permit};
use crate::quota::Settled;

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
    /// Its place among the agreement's.
    purpose: Option<usize>,
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
        self.purpose = permit.purpose();
    }

    fn entry<'a>(&self, caller: &Caller, reply: &'a Reply, verdict: &Result<Verdict, Refusal>) -> audit::Question<'a> {
        let about = match verdict {
            Ok(verdict) => About::of(verdict),
            Err(refusal) => About::refused(refusal.reason),
        };
        let agreement = reply.pks.as_ref().map(|pks| pks.agreement());
        // The agreement's own word, not the caller's text: nothing personal can hide in it.
        let purpose = agreement.zip(self.purpose).and_then(|(agreement, place)| agreement.purposes.get(place));
        audit::Question {
            time: self.time,
            request: self.request,
            lembaga: caller.lembaga().clone(),
            pks: reply.pks.as_ref().map(|pks| PksRef {
                number: pks.agreement().number.office.as_str().into(),
                version: pks.agreement().version,
                digest: *pks.digest(),
            }),
            account: caller.account().cloned(),
            certificate: caller.certificate(),
            officer: caller.officer().cloned(),
            method: self.method,
            generation: self.generation,
            purpose: purpose.map(|purpose| purpose.code.as_str().into()),
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
            snapshot: reply.snapshot.as_ref().map(|snapshot| (&*snapshot.id).into()),
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
    pub(super) fn seal(
        &self,
        caller: &Caller,
        draft: &Draft,
        mut reply: Reply,
        verdict: Result<Verdict, Refusal>,
    ) -> impl Future<Output = Result<Sealed<Reply>, Turned>> {
        // All that needs no waiting is done here, so that little is carried through the wait.
        let entry = draft.entry(caller, &reply, &verdict).encode();
        let settled = self.conclude(caller, draft, &mut reply, verdict);
        let appended = entry.map(|bytes| self.journal.append(bytes));
        async move {
            let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
                Turned::House(Fault::house(Reason::AuditUnavailable, "the audit log cannot be written", error))
            };
            let receipt = match appended {
                Ok(appended) => appended.await.map_err(|error| failed(error.into())),
                Err(fault) => Err(failed(fault.into())),
            };
            match receipt {
                Ok(receipt) => Ok(Sealed { content: reply, receipt }),
                Err(turned) => {
                    if let Some(settled) = settled {
                        settled.undo();
                    }
                    Err(turned)
                }
            }
        }
    }

    /// What the outcome means for the reply and for the count of the day. Counted from here on, even where the wait for the entry is
    /// dropped: the entry says so and may already be on its way.
    fn conclude(&self, caller: &Caller, draft: &Draft, reply: &mut Reply, verdict: Result<Verdict, Refusal>) -> Option<Settled> {
        let (content, allowance, counted) = match verdict {
            Ok(verdict) => (verdict.content, verdict.allowance, verdict.counted),
            Err(refusal) => (Content::Refused(refusal), None, false),
        };
        reply.content = content;
        let settled = allowance.map(|allowance| allowance.settle(counted, draft.time));
        if let Some(settled) = &settled {
            reply.balance = Some(settled.balance());
        } else if let (None, Some(pks)) = (reply.balance, &reply.pks) {
            reply.balance = Some(self.quotas.balance(caller.lembaga(), &terms(pks), draft.time));
        }
        settled
    }
}
