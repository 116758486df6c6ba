//! Bytes to entry. Takes only what `encode` writes: every part checked, nothing left over, no second way to say the same.

use std::net::IpAddr;

use jiff::Timestamp;

use super::codec::{CodecFault, KIND_QUESTION, KIND_STRANGERS, Reader, VERSION, flag};
use super::entry::{Entry, Guessed, PksRef, Question, Verdict};
use super::pseudonym::Pseudonym;
use super::strangers::{StrangerKind, Strangers};
use crate::kernel::{
    AccountId, ElemenSet, Fingerprint, Generation, KabCode, LembagaId, Method, Officer, Outcome, Reason, RequestId,
};

pub(super) fn decode(bytes: &[u8]) -> Result<Entry, CodecFault> {
    let mut from = Reader::new(bytes)?;
    if from.byte()? != VERSION {
        return Err(CodecFault::Unknown);
    }
    let entry = match from.byte()? {
        KIND_QUESTION => Entry::Question(Box::new(read_question(&mut from)?)),
        KIND_STRANGERS => Entry::Strangers(read_strangers(&mut from)?),
        _ => return Err(CodecFault::Unknown),
    };
    from.finish()?;
    Ok(entry)
}

/// Of an entry that counts against a quota: when, and whose; nothing else of it is read.
pub(super) fn counted(bytes: &[u8]) -> Result<Option<(Timestamp, &str)>, CodecFault> {
    let mut from = Reader::new(bytes)?;
    if from.byte()? != VERSION {
        return Err(CodecFault::Unknown);
    }
    if from.byte()? != KIND_QUESTION {
        return Ok(None);
    }
    let time = from.time()?;
    let _request: [u8; 16] = from.array()?;
    let flags = u16::from_be_bytes(from.array()?);
    if flags & flag::COUNTED == 0 {
        return Ok(None);
    }
    Ok(Some((time, from.text()?)))
}

/// Of an entry that answered a verification: who compared what of whom. Nothing is copied.
pub(super) fn guessed(bytes: &[u8]) -> Result<Option<Guessed<'_>>, CodecFault> {
    let mut from = Reader::new(bytes)?;
    if from.byte()? != VERSION {
        return Err(CodecFault::Unknown);
    }
    if from.byte()? != KIND_QUESTION {
        return Ok(None);
    }
    let time = from.time()?;
    let _request: [u8; 16] = from.array()?;
    let flags = u16::from_be_bytes(from.array()?);
    let has = |bit: u16| flags & bit != 0;
    if has(flag::REFUSED) || !has(flag::SUBJECT) || !has(flag::METHOD) {
        return Ok(None);
    }
    let lembaga = from.text()?;
    skip_who(&mut from, flags)?;
    let method = from.byte()?;
    if has(flag::GENERATION) {
        from.byte()?;
    }
    if has(flag::PURPOSE) {
        from.text()?;
    }
    if has(flag::THRESHOLD) {
        from.byte()?;
    }
    let subject = from.array()?;
    if has(flag::REGION) {
        let _region: [u8; 2] = from.array()?;
    }
    let _asked = from.count()?;
    let granted = known(ElemenSet::from_bits(from.count()?))?;
    let matched = known(ElemenSet::from_bits(from.count()?))?;
    let held = if has(flag::HELD) { read_held(&mut from)? } else { ElemenSet::EMPTY };
    let compared = match known(Outcome::from_number(from.byte()?))? {
        Outcome::Active | Outcome::Unconfirmed => method == Method::Verify as u8,
        _ => false,
    };
    let wrong = granted.without(matched).without(held);
    Ok(compared.then_some(Guessed { time, lembaga, subject, wrong, held }))
}

fn skip_who(from: &mut Reader<'_>, flags: u16) -> Result<(), CodecFault> {
    if flags & flag::PKS != 0 {
        from.text()?;
        from.count()?;
        let _digest: [u8; 32] = from.array()?;
    }
    if flags & flag::ACCOUNT != 0 {
        from.text()?;
    }
    if flags & flag::CERTIFICATE != 0 {
        let _digest: [u8; 32] = from.array()?;
    }
    if flags & flag::OFFICER != 0 {
        for _ in 0..3 {
            from.text()?;
        }
    }
    Ok(())
}

fn read_question(from: &mut Reader<'_>) -> Result<Question<'static>, CodecFault> {
    let time = from.time()?;
    let request = RequestId::from_bits(u128::from_be_bytes(from.array()?));
    let flags = u16::from_be_bytes(from.array()?);
    let has = |bit: u16| flags & bit != 0;
    // The fields of a struct literal are evaluated in the order they are written: that of the bytes.
    Ok(Question {
        time,
        request,
        lembaga: LembagaId::parse(from.text()?).map_err(|_| CodecFault::Value)?,
        pks: if has(flag::PKS) { Some(read_pks(from)?) } else { None },
        account: if has(flag::ACCOUNT) { Some(AccountId::parse(from.text()?).map_err(|_| CodecFault::Value)?) } else { None },
        certificate: if has(flag::CERTIFICATE) { Some(Fingerprint::from_digest(from.array()?)) } else { None },
        officer: if has(flag::OFFICER) { Some(read_officer(from)?) } else { None },
        method: if has(flag::METHOD) { Some(known(Method::from_number(from.byte()?))?) } else { None },
        generation: if has(flag::GENERATION) { Some(known(generation_of(from.byte()?))?) } else { None },
        purpose: if has(flag::PURPOSE) { Some(from.text()?.to_owned().into()) } else { None },
        threshold: if has(flag::THRESHOLD) { Some(from.byte()?) } else { None },
        subject: if has(flag::SUBJECT) { Some(Pseudonym::from_bytes(from.array()?)) } else { None },
        region: if has(flag::REGION) { Some(known(KabCode::from_number(u16::from_be_bytes(from.array()?)))?) } else { None },
        asked: known(ElemenSet::from_bits(from.count()?))?,
        granted: known(ElemenSet::from_bits(from.count()?))?,
        matched: known(ElemenSet::from_bits(from.count()?))?,
        held: if has(flag::HELD) { read_held(from)? } else { ElemenSet::EMPTY },
        outcome: read_verdict(from, has(flag::REFUSED))?,
        counted: has(flag::COUNTED),
        found: has(flag::FOUND),
        matching: u16::from_be_bytes(from.array()?),
        snapshot: if has(flag::SNAPSHOT) { Some(from.text()?.to_owned().into()) } else { None },
        source: if has(flag::IPV6) { IpAddr::from(from.array::<16>()?) } else { IpAddr::from(from.array::<4>()?) },
    })
}

/// A set that is written only where it is not empty.
fn read_held(from: &mut Reader<'_>) -> Result<ElemenSet, CodecFault> {
    known(ElemenSet::from_bits(from.count()?).filter(|held| !held.is_empty()))
}

fn read_pks(from: &mut Reader<'_>) -> Result<PksRef<'static>, CodecFault> {
    let number = from.text()?.to_owned().into();
    let version = u32::try_from(from.count()?).map_err(|_| CodecFault::Value)?;
    Ok(PksRef { number, version, digest: from.array()? })
}

fn read_officer(from: &mut Reader<'_>) -> Result<Officer, CodecFault> {
    Ok(Officer { id: from.text()?.to_owned(), card: from.text()?.to_owned(), terminal: from.text()?.to_owned() })
}

fn read_verdict(from: &mut Reader<'_>, refused: bool) -> Result<Verdict, CodecFault> {
    let number = from.byte()?;
    known(if refused {
        Reason::from_number(number).map(Verdict::Refused)
    } else {
        Outcome::from_number(number).map(Verdict::Answered)
    })
}

fn read_strangers(from: &mut Reader<'_>) -> Result<Strangers, CodecFault> {
    let mut strangers = Strangers::new(from.time()?, from.time()?);
    let mut last = 0;
    for _ in 0..from.count()? {
        let number = from.byte()?;
        let count = from.count()?;
        // Ascending kinds, none of them empty: the one way to write them.
        if number <= last || count == 0 {
            return Err(CodecFault::Value);
        }
        last = number;
        strangers.add(known(StrangerKind::from_number(number))?, count);
    }
    Ok(strangers)
}

fn generation_of(number: u8) -> Option<Generation> {
    [Generation::Dwh, Generation::V1].into_iter().find(|generation| *generation as u8 == number)
}

fn known<T>(part: Option<T>) -> Result<T, CodecFault> {
    part.ok_or(CodecFault::Value)
}
