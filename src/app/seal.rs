//! Nothing leaves the house before its audit entry is durable: the only maker of [`Sealed`].

use jiff::Timestamp;

use super::question::{Content, Reply, Turned, Verdict};
use super::{App, terms};
use crate::audit::{self, PksRef, Pseudonym, PseudonymKey};
use crate::journal::{JournalError, Receipt};
use crate::kernel::limits::BATCH_SEALED_LINES;
use crate::kernel::{Ask, Caller, ElemenSet, Fault, Generation, KabCode, Method, Outcome, Reason, Refusal, RequestId};
use crate::matching;
use crate::pks::{Answer, Permit};
use crate::quota::{Balance, Lot, Settled, SettledLot};

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

    pub(super) const fn request(&self) -> RequestId {
        self.request
    }

    pub(super) const fn time(&self) -> Timestamp {
        self.time
    }

    pub(super) const fn subject(&self) -> Option<Pseudonym> {
        self.subject
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
            held: about.held,
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
    held: ElemenSet,
    counted: bool,
    found: bool,
}

impl About {
    fn of(verdict: &Verdict) -> Self {
        let answered = |answer: &Answer| Self {
            outcome: audit::Verdict::Answered(answer.outcome()),
            region: answer.region(),
            matched: answer.matched(),
            held: answer.held(),
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
        let none = ElemenSet::EMPTY;
        Self { outcome: audit::Verdict::Refused(reason), region: None, matched: none, held: none, counted: false, found: false }
    }
}

/// A question that was judged, with its entry: on the way to being sealed together with others.
pub(super) struct Prepared {
    reply: Reply,
    entry: Vec<u8>,
    counted: bool,
}

impl Draft {
    /// Makes the entry. A verdict of a batch holds no allowance: its lines are counted as a lot.
    pub(super) fn prepare(&self, caller: &Caller, mut reply: Reply, verdict: Result<Verdict, Refusal>) -> Result<Prepared, Turned> {
        let entry = self.entry(caller, &reply, &verdict).encode().map_err(unavailable)?;
        let counted = verdict.as_ref().is_ok_and(|verdict| verdict.counted);
        reply.content = match verdict {
            Ok(verdict) => verdict.content,
            Err(refusal) => Content::Refused(refusal),
        };
        Ok(Prepared { reply, entry, counted })
    }
}

/// Counts of lines whose entries nobody has asked the log to take yet: taken back when it comes to nothing.
struct Owed<'a> {
    settled: Option<&'a SettledLot>,
    counts: u64,
}

impl Drop for Owed<'_> {
    fn drop(&mut self) {
        if let Some(settled) = self.settled {
            settled.undo(self.counts);
        }
    }
}

/// Nothing can be answered without the log.
fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Turned {
    Turned::House(Fault::house(Reason::AuditUnavailable, "the audit log cannot be written", error))
}

impl App {
    /// Writes the entries of many questions in one go and waits until they are durable; each leaves with its own receipt, or not at
    /// all. `lot` is what they were counted by.
    pub(super) async fn seal_many(
        &self,
        mut lines: Vec<Result<Prepared, Turned>>,
        lot: Option<Lot>,
    ) -> Vec<Result<Sealed<Reply>, Turned>> {
        let mut counted_after = lines.iter().flatten().filter(|line| line.counted).count() as u64;
        // Counted from here on. A slice whose entries may be on their way stays counted, even where this future is dropped.
        let settled = lot.map(|lot| lot.settle(counted_after, self.clock.now()));
        let mut owed = Owed { settled: settled.as_ref(), counts: counted_after };
        let mut receipts = Vec::with_capacity(lines.len());
        for slice in lines.chunks_mut(BATCH_SEALED_LINES) {
            owed.counts -= slice.iter().flatten().filter(|line| line.counted).count() as u64;
            let entries: Vec<Vec<u8>> = slice.iter_mut().flatten().map(|line| std::mem::take(&mut line.entry)).collect();
            let count = entries.len();
            match self.journal.append_many(entries).await {
                Ok(some) => receipts.extend(some),
                Err(error) => receipts.extend(std::iter::repeat_n(Err(error), count)),
            }
        }
        drop(owed);
        let mut receipts = receipts.into_iter();
        let mut lost = 0;
        let mut sealed = Vec::with_capacity(lines.len());
        for line in lines {
            sealed.push(line.and_then(|mut line| {
                counted_after -= u64::from(line.counted);
                match receipts.next() {
                    Some(Ok(receipt)) => {
                        if let Some(settled) = &settled {
                            // As if the lines had been counted one after the other.
                            let balance = settled.balance();
                            let remaining_day = balance.remaining_day.saturating_add(counted_after).min(balance.per_day);
                            line.reply.balance = Some(Balance { remaining_day, ..balance });
                        }
                        Ok(Sealed { content: line.reply, receipt })
                    }
                    failed => {
                        lost += u64::from(line.counted);
                        Err(unavailable(failed.and_then(Result::err).unwrap_or(JournalError::Closed)))
                    }
                }
            }));
        }
        if let Some(settled) = &settled {
            settled.undo(lost);
        }
        sealed
    }

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
            let receipt = match appended {
                Ok(appended) => appended.await.map_err(unavailable),
                Err(fault) => Err(unavailable(fault)),
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
