//! Many verifications in one stream: each line is a question of its own, judged, counted and entered in the log like any other, but
//! looked up, counted and made durable a window at a time.
//!
//! Every window is judged by who asks and by what is in force when it begins: a certificate that ends, an agreement that is withdrawn
//! or a snapshot that is replaced bites on the next window. A window is refused as a whole only where nobody known asks any more;
//! everything else is said line by line.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;

use super::guard::Road;
use super::identify::{Claim, Identified};
use super::question::{Content, Reply, Turned, Verdict};
use super::seal::{Draft, Prepared, Sealed};
use super::{App, terms};
use crate::kernel::limits::BATCH_WINDOW_LINES_MAX;
use crate::kernel::{
    Ask, AskedElemen, Caller, Fault, Generation, Method, NikFault, PeerCertificate, Reason, Refusal, RequestId, Secret, causes,
};
use crate::pks::{self, Finding, Permit, VerifiedPks};
use crate::quota::{Balance, Lot, Quotas};
use crate::warehouse::{Found, FoundMany, View};

/// The lines of a window, read as they are taken.
pub type Lines = Box<dyn Iterator<Item = Result<Ask, Refusal>> + Send>;

/// A stream of verifications by one caller.
pub struct Batch {
    app: Arc<App>,
    address: IpAddr,
    peer: Option<PeerCertificate>,
    withdrawn: AtomicBool,
    opening: Balance,
    _place: OwnedSemaphorePermit,
}

/// What came of asking for a batch.
pub enum Opened {
    /// Lines may come.
    Open(Batch),
    /// The agreement admits no line at all, or there are too many batches: sealed, or turned away, as a single question is.
    Refused(Result<Sealed<Reply>, Turned>),
}

/// A window that was judged and that nobody may see before it is sealed.
pub struct Judged {
    lines: Vec<Result<Prepared, Turned>>,
    lot: Option<Lot>,
}

/// A line under judgement.
struct Line {
    draft: Draft,
    reply: Reply,
    state: State,
}

enum State {
    /// Permitted, not looked up yet.
    Permitted(Box<(Ask, Permit)>),
    /// Answered or refused.
    Done(Result<Verdict, Refusal>),
}

impl Batch {
    /// Opens a batch for whom the certificate names. What no line could be granted is refused here, once.
    pub async fn open(app: Arc<App>, request: RequestId, address: IpAddr, peer: Option<PeerCertificate>) -> Opened {
        let now = app.clock.now();
        let draft = Draft::new(request, now, Method::Verify, Generation::V1);
        let caller = match app.identify(Claim { address, peer: peer.clone(), dwh: None }, now).await {
            Identified::Caller(caller) | Identified::Refused(caller, _) => caller,
            Identified::Stranger(kind, refusal) => {
                app.strangers.count(kind);
                return Opened::Refused(Err(Turned::Stranger(refusal)));
            }
        };
        let mut reply = Reply::new(request);
        let admitted = app.admit(&caller, now, &mut reply);
        let place = Arc::clone(&app.batches).try_acquire_owned();
        match (admitted, place) {
            (Ok(opening), Ok(place)) => {
                Opened::Open(Self { app, address, peer, withdrawn: AtomicBool::new(false), opening, _place: place })
            }
            (Err(refusal), _) => Opened::Refused(app.seal(&caller, &draft, reply, Err(refusal)).await),
            (Ok(_), Err(_none_left)) => {
                let refusal = Refusal::new(Reason::Overloaded).with("too many batches are under way");
                Opened::Refused(app.seal(&caller, &draft, reply, Err(refusal)).await)
            }
        }
    }

    /// Its certificate is no longer vouched for: nobody known asks from the next window on.
    pub fn withdraw(&self) {
        self.withdrawn.store(true, Ordering::Relaxed);
    }

    /// What was left to the caller when the batch was opened.
    #[must_use]
    pub const fn opening(&self) -> Balance {
        self.opening
    }

    /// How many lines the next window may have.
    #[must_use]
    pub fn window_lines_max(&self) -> usize {
        let lembaga = self.peer.as_ref().and_then(|peer| peer.lembaga.as_ref());
        let pks = lembaga.and_then(|lembaga| self.app.registry.pks_of(lembaga, self.app.clock.now()).ok());
        let at_once = pks.map_or(u32::MAX, |pks| Quotas::lines_at_once(&terms(&pks)).get());
        usize::try_from(at_once).unwrap_or(usize::MAX).min(BATCH_WINDOW_LINES_MAX)
    }

    /// Answers a window of `count` lines, in order. Waits for the burst that the agreement grants, for the disk that is read, and for
    /// the entries to be durable. An error means that nobody known asks any more: nothing was looked up.
    pub async fn answer(&self, count: usize, lines: Lines) -> Result<Vec<Result<Sealed<Reply>, Turned>>, Turned> {
        let caller = self.caller().await?;
        self.pass_burst(&caller, count).await;
        let app = Arc::clone(&self.app);
        let judged = tokio::task::spawn_blocking(move || app.judge_window(&caller, lines)).await;
        let judged = judged
            .map_err(|ended| Turned::House(Fault::house(Reason::Overloaded, "the window was interrupted", Box::new(ended))))?;
        Ok(self.seal(judged).await)
    }

    /// The part of [`Batch::answer`] that needs no waiting: for benches, which want to know what it costs.
    pub async fn judge(&self, lines: Lines) -> Result<Judged, Turned> {
        Ok(self.app.judge_window(&self.caller().await?, lines))
    }

    /// The rest of it: entries, receipts.
    pub async fn seal(&self, judged: Judged) -> Vec<Result<Sealed<Reply>, Turned>> {
        self.app.seal_many(judged.lines, judged.lot).await
    }

    /// Who asks, found out anew.
    async fn caller(&self) -> Result<Caller, Turned> {
        let withdrawn = self.withdrawn.load(Ordering::Relaxed);
        let peer = self.peer.clone().map(|peer| if withdrawn { peer.withdrawn() } else { peer });
        let claim = Claim { address: self.address, peer, dwh: None };
        match self.app.identify(claim, self.app.clock.now()).await {
            Identified::Caller(caller) | Identified::Refused(caller, _) => Ok(caller),
            Identified::Stranger(kind, refusal) => {
                self.app.strangers.count(kind);
                Err(Turned::Stranger(refusal))
            }
        }
    }

    /// Lines count against the burst as single questions do, but are kept waiting instead of being refused.
    async fn pass_burst(&self, caller: &Caller, count: usize) {
        let Some(count) = u32::try_from(count).ok().and_then(NonZeroU32::new) else { return };
        // Where there is no agreement, there is nothing to look up: every line is refused for that.
        while let Ok(pks) = self.app.registry.pks_of(caller.lembaga(), self.app.clock.now()) {
            match self.app.quotas.pass_lines(caller.lembaga(), &terms(&pks), count) {
                Ok(()) => return,
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
    }
}

impl App {
    /// Whether the agreement could grant any line at all.
    fn admit(&self, caller: &Caller, now: Timestamp, reply: &mut Reply) -> Result<Balance, Refusal> {
        let pks = self.registry.pks_of(caller.lembaga(), now)?;
        let balance = self.quotas.balance(caller.lembaga(), &terms(&pks), now);
        reply.balance = Some(balance);
        pks::decide(&pks, caller, &the_least(&pks), now)?;
        reply.pks = Some(pks);
        Ok(balance)
    }

    /// Judges a window: decides each line, looks up together what is permitted and within the quota, reveals. Blocks on the disk.
    fn judge_window(&self, caller: &Caller, asks: Lines) -> Judged {
        let now = self.clock.now();
        let pks = self.registry.pks_of(caller.lembaga(), now);
        let mut lines: Vec<Line> = asks.map(|ask| self.decided(caller, &pks, ask, now)).collect();
        // One view for the whole window: its answers come from one snapshot.
        let data = self.warehouse.view();
        let lot = pks.ok().map(|pks| {
            let wanted = lines.iter().filter(|line| line.is_to_be_looked_up()).count() as u64;
            let lot = self.quotas.reserve_lot(caller.lembaga(), &terms(&pks), wanted, now);
            self.find_all(&data, &mut lines, lot.reserved());
            lot
        });
        let snapshot = data.snapshot();
        let prepared = lines.into_iter().map(|mut line| {
            let verdict = match line.state {
                State::Done(verdict) => verdict,
                // No NIK: nothing was looked up.
                State::Permitted(permitted) if permitted.1.nik().is_none() => {
                    line.reply.snapshot = Some(snapshot.clone());
                    revealed(&permitted.0, &permitted.1, &Finding::Malformed)
                }
                State::Permitted(_) => Err(Refusal::new(Reason::QuotaExhausted)),
            };
            line.draft.prepare(caller, line.reply, verdict)
        });
        Judged { lines: prepared.collect(), lot }
    }

    fn decided(&self, caller: &Caller, pks: &Result<Arc<VerifiedPks>, Refusal>, ask: Result<Ask, Refusal>, now: Timestamp) -> Line {
        let request = self.next_request_id();
        let mut draft = Draft::new(request, now, Method::Verify, Generation::V1);
        let mut reply = Reply::new(request);
        let permitted = pks.clone().and_then(|pks| {
            reply.pks = Some(Arc::clone(&pks));
            let ask = ask?;
            draft.asked(&ask, &self.pseudonyms);
            let permit = pks::decide(&pks, caller, &ask, now)?;
            draft.granted(&permit);
            self.unbraked(caller.lembaga(), now, &mut reply)?;
            self.watch(&permit, &draft, Road::Batch);
            Ok(Box::new((ask, permit)))
        });
        let state = permitted.map_or_else(|refusal| State::Done(Err(refusal)), State::Permitted);
        Line { draft, reply, state }
    }

    /// Looks up, from the first line on, as many as are allowed to count; what turns out not to count leaves its place to the next.
    fn find_all(&self, data: &View, lines: &mut [Line], mut allowed: u64) {
        while allowed > 0 {
            let share = usize::try_from(allowed).unwrap_or(usize::MAX);
            let mut chosen: Vec<&mut Line> = lines.iter_mut().filter(|line| line.is_to_be_looked_up()).take(share).collect();
            if chosen.is_empty() {
                return;
            }
            let permits: Vec<&Permit> = chosen.iter().filter_map(|line| line.permit()).collect();
            let FoundMany { found, snapshot, error } = data.find_many(&permits);
            if let Some(error) = error {
                tracing::error!(cause = %causes(&error), "the warehouse cannot be read for some lines of a batch");
            }
            for (line, found) in chosen.iter_mut().zip(found) {
                line.reply.snapshot = Some(snapshot.clone());
                allowed -= u64::from(line.reveal(self, found));
            }
        }
    }
}

impl Line {
    const fn is_to_be_looked_up(&self) -> bool {
        match self.permit() {
            Some(permit) => permit.nik().is_some(),
            None => false,
        }
    }

    const fn permit(&self) -> Option<&Permit> {
        match &self.state {
            State::Permitted(permitted) => Some(&permitted.1),
            State::Done(_) => None,
        }
    }

    /// Turns what was found into the verdict; whether it counts.
    fn reveal(&mut self, app: &App, found: Option<Found>) -> bool {
        let State::Permitted(permitted) = &self.state else { return false };
        let (ask, permit) = &**permitted;
        let mut verdict = match found {
            Some(Found::Row(row)) => revealed(ask, permit, &Finding::Row(row)),
            Some(Found::Absent) => revealed(ask, permit, &Finding::Absent),
            None => Err(Refusal::new(Reason::WarehouseUnavailable)),
        };
        if let Ok(Verdict { content: Content::Answer(answer), .. }) = &mut verdict {
            app.withhold(permit, ask, &self.draft, answer);
        }
        let counts = verdict.is_ok();
        self.state = State::Done(verdict);
        counts
    }
}

fn revealed(ask: &Ask, permit: &Permit, finding: &Finding) -> Result<Verdict, Refusal> {
    let answer = permit.reveal(ask, finding)?;
    Ok(Verdict { counted: permit.nik().is_some(), content: Content::Answer(answer), allowance: None })
}

/// A question that any agreement grants which grants a verification at all: what it is refused for, every line would be.
fn the_least(pks: &VerifiedPks) -> Ask {
    let agreement = pks.agreement();
    let granted = agreement.grants.verify.iter().next();
    let asked = |elemen| AskedElemen { elemen, value: Some(Secret::new(String::new())) };
    Ask {
        method: Method::Verify,
        generation: Generation::V1,
        nik: Err(NikFault::Length),
        elements: granted.map(asked).into_iter().collect(),
        threshold: None,
        purpose: agreement.purposes.first().map(|purpose| purpose.code.clone()),
    }
}
