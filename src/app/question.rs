//! The straight line of one question: identify, PKS, decide, reserve, find, reveal, settle, seal.

use std::sync::Arc;

use jiff::Timestamp;

use super::guard::Road;
use super::identify::{Claim, Identified};
use super::seal::{Draft, Sealed};
use super::{App, terms};
use crate::kernel::{Ask, Caller, ElemenSet, Fault, Generation, Method, NikFault, Reason, Refusal, RequestId, causes};
use crate::pks::{self, Answer, Finding, Permit, VerifiedPks};
use crate::quota::{Allowance, Balance, Exhausted};
use crate::warehouse::{Found, SnapshotInfo, View, WarehouseError};

/// A question as the door hands it in.
pub struct Question {
    /// The gateway's number for it.
    pub request: RequestId,
    /// Who says to be asking.
    pub claim: Claim,
    /// Verify, retrieve, or a family.
    pub method: Method,
    /// By which API.
    pub generation: Generation,
    /// The question, or why the body holds none.
    pub ask: Result<Ask, Refusal>,
}

/// What is answered, beside the receipt.
pub struct Reply {
    /// The gateway's number for the question.
    pub request: RequestId,
    /// The outcome.
    pub content: Content,
    /// The agreement it was judged by.
    pub pks: Option<Arc<VerifiedPks>>,
    /// The data it was judged by.
    pub snapshot: Option<SnapshotInfo>,
    /// What is left to the caller.
    pub balance: Option<Balance>,
    /// After how many seconds trying again makes sense.
    pub retry_after_s: Option<u32>,
}

/// The outcome of a question.
pub enum Content {
    /// An answer about a NIK.
    Answer(Answer),
    /// The caller's own agreement is to be told.
    Agreement,
    /// A refusal.
    Refused(Refusal),
}

/// A request that leaves no entry of its own: it is counted, or the log can't be written.
pub enum Turned {
    /// Nobody known asked: counted with the other strangers of the interval.
    Stranger(Refusal),
    /// The house can't answer: nothing was sealed.
    House(Fault),
}

impl App {
    /// Answers a question; whatever comes back as [`Sealed`] is durable in the audit log.
    pub async fn answer(&self, question: Question) -> Result<Sealed<Reply>, Turned> {
        let now = self.clock.now();
        let mut draft = Draft::new(question.request, now, question.method, question.generation);
        let (caller, refused) = self.known(question.claim, now).await?;
        let ask = match refused {
            Some(refusal) => Err(refusal),
            None => question.ask,
        };
        let mut reply = Reply::new(question.request);
        // One view for the whole question: its answer comes from one snapshot, which answer and entry name.
        let data = self.warehouse.view();
        let verdict = self.judge(&data, &caller, ask, now, &mut draft, &mut reply).await;
        self.seal(&caller, &draft, reply, verdict).await
    }

    /// What the caller's agreement grants of a question, which is not asked: nothing is looked up, counted or entered. For benches, which
    /// want to know what a decision costs.
    pub async fn decide(&self, claim: Claim, ask: &Ask) -> Result<ElemenSet, Refusal> {
        let now = self.clock.now();
        let caller = match self.identify(claim, now).await {
            Identified::Caller(caller) => caller,
            Identified::Refused(_, refusal) | Identified::Stranger(_, refusal) => return Err(refusal),
        };
        let pks = self.registry.pks_of(caller.lembaga(), now)?;
        Ok(pks::decide(&pks, &caller, ask, now)?.granted())
    }

    /// Tells the caller's own agreement: no resident is touched, so only the burst is limited.
    pub async fn agreement(&self, request: RequestId, claim: Claim) -> Result<Sealed<Reply>, Turned> {
        let now = self.clock.now();
        let draft = Draft::new(request, now, Method::Agreement, Generation::V1);
        let (caller, _) = self.known(claim, now).await?;
        let mut reply = Reply::new(request);
        let verdict = self.tell_agreement(&caller, now, &mut reply);
        self.seal(&caller, &draft, reply, verdict).await
    }

    /// Seals a refusal that comes before any question: no such route, another HTTP method, a body too large.
    pub async fn refuse(&self, request: RequestId, claim: Claim, refusal: Refusal) -> Result<Sealed<Reply>, Turned> {
        let now = self.clock.now();
        let (caller, _) = self.known(claim, now).await?;
        self.seal(&caller, &Draft::unrouted(request, now), Reply::new(request), Err(refusal)).await
    }

    /// Who asks, if known, with the refusal of their credentials; strangers are counted.
    pub(super) async fn known(&self, claim: Claim, now: Timestamp) -> Result<(Caller, Option<Refusal>), Turned> {
        match self.identify(claim, now).await {
            Identified::Caller(caller) => Ok((caller, None)),
            Identified::Refused(caller, refusal) => Ok((caller, Some(refusal))),
            Identified::Stranger(kind, refusal) => {
                self.strangers.count(kind);
                Err(Turned::Stranger(refusal))
            }
        }
    }

    pub(super) async fn judge(
        &self,
        data: &View,
        caller: &Caller,
        ask: Result<Ask, Refusal>,
        now: Timestamp,
        draft: &mut Draft,
        reply: &mut Reply,
    ) -> Result<Verdict, Refusal> {
        let pks = self.registry.pks_of(caller.lembaga(), now)?;
        let terms = terms(&pks);
        reply.pks = Some(Arc::clone(&pks));
        let ask = ask?;
        draft.asked(&ask, &self.pseudonyms);
        let permit = pks::decide(&pks, caller, &ask, now)?;
        draft.granted(&permit);
        self.unbraked(caller.lembaga(), now, reply)?;
        let allowance = self.quotas.reserve(caller.lembaga(), &terms, now).map_err(|exhausted| reply.exhausted(exhausted))?;
        self.watch(&permit, draft, Road::Single);
        let mut verdict = self.look(data, &permit, &ask, allowance, reply).await?;
        if let Content::Answer(answer) = &mut verdict.content {
            self.withhold(&permit, &ask, draft, answer);
        }
        Ok(verdict)
    }

    /// The second half of the line, once asking was reserved: find and reveal.
    pub(super) async fn look(
        &self,
        data: &View,
        permit: &Permit,
        ask: &Ask,
        allowance: Allowance,
        reply: &mut Reply,
    ) -> Result<Verdict, Refusal> {
        reply.snapshot = Some(data.snapshot().clone());
        let finding = match permit.nik() {
            None => Finding::Malformed,
            Some(_) => match data.find(permit).await {
                Ok(Found::Row(row)) => Finding::Row(row),
                Ok(Found::Absent) => Finding::Absent,
                Err(error) => return Err(reply.unreadable(&error)),
            },
        };
        let answer = permit.reveal(ask, &finding)?;
        Ok(Verdict { counted: permit.nik().is_some(), content: Content::Answer(answer), allowance: Some(allowance) })
    }

    fn tell_agreement(&self, caller: &Caller, now: Timestamp, reply: &mut Reply) -> Result<Verdict, Refusal> {
        let pks = self.registry.pks_of(caller.lembaga(), now)?;
        let terms = terms(&pks);
        reply.pks = Some(Arc::clone(&pks));
        self.quotas.pass_burst(caller.lembaga(), &terms, now).map_err(|exhausted| reply.exhausted(exhausted))?;
        pks::decide(&pks, caller, &about_nobody(), now)?;
        Ok(Verdict { counted: false, content: Content::Agreement, allowance: None })
    }
}

/// The question behind a look at one's own agreement.
const fn about_nobody() -> Ask {
    Ask {
        method: Method::Agreement,
        generation: Generation::V1,
        nik: Err(NikFault::Length),
        elements: Vec::new(),
        threshold: None,
        purpose: None,
    }
}

/// An outcome that is not a refusal, before it is sealed.
pub(super) struct Verdict {
    pub(super) counted: bool,
    pub(super) content: Content,
    pub(super) allowance: Option<Allowance>,
}

impl Reply {
    pub(super) const fn new(request: RequestId) -> Self {
        Self { request, content: Content::Agreement, pks: None, snapshot: None, balance: None, retry_after_s: None }
    }

    /// The answer about a NIK, if it is one.
    #[must_use]
    pub const fn answer(&self) -> Option<&Answer> {
        match &self.content {
            Content::Answer(answer) => Some(answer),
            Content::Agreement | Content::Refused(_) => None,
        }
    }

    /// The refusal where the warehouse fails; the operators are told why.
    pub(super) fn unreadable(&self, error: &WarehouseError) -> Refusal {
        tracing::error!(request_id = %self.request, cause = %causes(error), "the warehouse cannot be read");
        Refusal::new(Reason::WarehouseUnavailable)
    }

    pub(super) fn exhausted(&mut self, exhausted: Exhausted) -> Refusal {
        self.balance = Some(exhausted.balance);
        self.retry_after_s = Some(exhausted.retry_after_s);
        exhausted.refusal
    }
}
