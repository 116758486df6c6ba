//! A family card: the straight line of one question, run for the NIK asked about and then for everybody else on its card.
//!
//! Every member is decided, found, revealed, counted and sealed by itself, with an entry of its own under the number of the one
//! request. Members of whom nothing may be told (dead, inactive, outside the agreed regions) are left out of the answer; their entries
//! stand. The quota of the day is reserved for the whole family before any other member is judged: all of it or nothing.

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::App;
use super::question::{Content, Question, Reply, Turned, Verdict};
use super::seal::{Draft, Sealed};
use crate::kernel::{Ask, AskedElemen, Caller, Elemen, Generation, Method, Nik, Refusal};
use crate::pks::{self, VerifiedPks};
use crate::quota::Allowance;
use crate::warehouse::View;

/// An answer about a family: each part of it sealed.
pub struct Family {
    /// The resident asked about, or the refusal of the whole.
    pub asked: Sealed<Reply>,
    /// The other members that may be told something of, by ascending NIK.
    pub others: Vec<Sealed<Reply>>,
}

/// A judgement on its way to the log.
struct Judged {
    draft: Draft,
    reply: Reply,
    verdict: Result<Verdict, Refusal>,
}

/// One question about a family, as it is put again for each member.
struct Round<'a> {
    data: &'a View,
    caller: &'a Caller,
    pks: Arc<VerifiedPks>,
    question: &'a Common,
    now: Timestamp,
}

/// What the questions about all members share.
struct Common {
    generation: Generation,
    elements: Vec<Elemen>,
    purpose: Option<String>,
}

impl App {
    /// Answers about everybody on the family card of a NIK; whatever comes back as [`Sealed`] is durable in the audit log.
    pub async fn answer_family(&self, question: Question) -> Result<Family, Turned> {
        let now = self.clock.now();
        let Question { request, claim, method, generation, ask } = question;
        let (caller, refused) = self.known(claim, now).await?;
        let ask = refused.map_or(ask, Err);
        let common = ask.as_ref().ok().map(Common::of);
        let (mut draft, mut reply) = (Draft::new(request, now, method, generation), Reply::new(request));
        // One view for the whole family: nobody moves between two of its members.
        let data = self.warehouse.view();
        let mut verdict = self.judge(&data, &caller, ask, now, &mut draft, &mut reply).await;
        let mut others = Vec::new();
        if let (Ok(own), Some(question), Some(pks)) = (&verdict, &common, reply.pks.clone()) {
            let round = Round { data: &data, caller: &caller, pks, question, now };
            match self.members(&round, own, &mut reply).await {
                Ok(members) => others = members,
                Err(refusal) => verdict = Err(refusal),
            }
        }
        let (drafts, others): (Vec<_>, Vec<_>) =
            others.into_iter().map(|other| (other.draft, (other.reply, other.verdict))).unzip();
        let asked = self.seal(&caller, &draft, reply, verdict);
        let others = drafts.iter().zip(others).map(|(draft, (reply, verdict))| self.seal(&caller, draft, reply, verdict));
        // All entries are on their way before the first is waited for, so that they go to the disk together.
        let (asked, others) = tokio::join!(asked, join_all(others));
        let others = others.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(Family { asked: asked?, others: others.into_iter().filter(tells).collect() })
    }

    /// Judges everybody else on the card of a resident who was found and may be told of.
    async fn members(&self, round: &Round<'_>, own: &Verdict, reply: &mut Reply) -> Result<Vec<Judged>, Refusal> {
        let Some((nik, card)) = told(&own.content) else { return Ok(Vec::new()) };
        let permit = pks::decide(&round.pks, round.caller, &round.question.about(nik), round.now)?;
        let niks = round.data.family(&permit).await.map_err(|error| reply.unreadable(&error))?;
        let allowances = match &own.allowance {
            Some(allowance) => allowance.others(niks.len(), round.now).map_err(|exhausted| reply.exhausted(exhausted))?,
            None => Vec::new(),
        };
        let mut members = Vec::with_capacity(niks.len());
        for (nik, allowance) in niks.into_iter().zip(allowances) {
            members.extend(self.member(round, nik, &card, allowance, reply).await);
        }
        Ok(members)
    }

    /// Judges one member; `None` where the row that was found is on another card by now: nobody was asked about.
    async fn member(&self, round: &Round<'_>, nik: Nik, card: &str, allowance: Allowance, first: &Reply) -> Option<Judged> {
        let ask = round.question.about(nik);
        let mut draft = Draft::new(first.request, round.now, ask.method, ask.generation);
        let mut reply = Reply::new(first.request);
        reply.pks = Some(Arc::clone(&round.pks));
        draft.asked(&ask, &self.pseudonyms);
        let verdict = match pks::decide(&round.pks, round.caller, &ask, round.now) {
            Ok(permit) => {
                draft.granted(&permit);
                self.look(round.data, &permit, &ask, allowance, &mut reply).await
            }
            Err(refusal) => Err(refusal),
        };
        let elsewhere = verdict.as_ref().ok().and_then(|verdict| told(&verdict.content)).is_some_and(|(_, own)| own != card);
        (!elsewhere).then_some(Judged { draft, reply, verdict })
    }
}

impl Common {
    fn of(ask: &Ask) -> Self {
        let elements = ask.elements.iter().map(|asked| asked.elemen).collect();
        Self { generation: ask.generation, elements, purpose: ask.purpose.clone() }
    }

    /// The same question about another NIK.
    fn about(&self, nik: Nik) -> Ask {
        Ask {
            method: Method::Family,
            generation: self.generation,
            nik: Ok(nik),
            elements: self.elements.iter().map(|elemen| AskedElemen { elemen: *elemen, value: None }).collect(),
            threshold: None,
            purpose: self.purpose.clone(),
        }
    }
}

/// NIK and NO_KK as an answer tells them; `None` where it tells nothing, or of a resident without a card.
fn told(content: &Content) -> Option<(Nik, String)> {
    let Content::Answer(answer) = content else { return None };
    let card = answer.values().find(|(elemen, card)| *elemen == Elemen::NoKk && !card.is_empty())?.1.to_owned();
    Some((answer.nik()?, card))
}

/// Whether an answer tells anything.
fn tells(sealed: &Sealed<Reply>) -> bool {
    matches!(&sealed.content().content, Content::Answer(answer) if answer.values().next().is_some())
}
