//! Entry to bytes.

use std::net::IpAddr;

use super::codec::{CodecFault, KIND_QUESTION, KIND_STRANGERS, VERSION, Writer, flag};
use super::entry::{Entry, Question, Verdict};
use super::strangers::Strangers;

pub(super) fn encode(entry: &Entry) -> Result<Vec<u8>, CodecFault> {
    match entry {
        Entry::Question(question) => encode_question(question),
        Entry::Strangers(strangers) => {
            let mut out = Writer::new();
            out.byte(VERSION);
            write_strangers(&mut out, strangers);
            out.finish()
        }
    }
}

pub(super) fn encode_question(question: &Question<'_>) -> Result<Vec<u8>, CodecFault> {
    let mut out = Writer::new();
    out.byte(VERSION);
    write_question(&mut out, question)?;
    out.finish()
}

fn write_question(out: &mut Writer, question: &Question<'_>) -> Result<(), CodecFault> {
    out.byte(KIND_QUESTION);
    out.time(question.time);
    out.bytes(&question.request.bits().to_be_bytes());
    out.bytes(&flags(question).to_be_bytes());
    out.text(question.lembaga.as_str())?;
    write_who(out, question)?;
    write_what(out, question)?;
    out.byte(match question.outcome {
        Verdict::Answered(outcome) => outcome as u8,
        Verdict::Refused(reason) => reason as u8,
    });
    out.bytes(&question.matching.to_be_bytes());
    if let Some(snapshot) = &question.snapshot {
        out.text(snapshot)?;
    }
    match question.source {
        IpAddr::V4(address) => out.bytes(&address.octets()),
        IpAddr::V6(address) => out.bytes(&address.octets()),
    }
    Ok(())
}

fn flags(question: &Question<'_>) -> u16 {
    [
        (flag::PKS, question.pks.is_some()),
        (flag::ACCOUNT, question.account.is_some()),
        (flag::CERTIFICATE, question.certificate.is_some()),
        (flag::OFFICER, question.officer.is_some()),
        (flag::METHOD, question.method.is_some()),
        (flag::GENERATION, question.generation.is_some()),
        (flag::PURPOSE, question.purpose.is_some()),
        (flag::THRESHOLD, question.threshold.is_some()),
        (flag::SUBJECT, question.subject.is_some()),
        (flag::REGION, question.region.is_some()),
        (flag::SNAPSHOT, question.snapshot.is_some()),
        (flag::COUNTED, question.counted),
        (flag::FOUND, question.found),
        (flag::REFUSED, matches!(question.outcome, Verdict::Refused(_))),
        (flag::IPV6, question.source.is_ipv6()),
        (flag::HELD, !question.held.is_empty()),
    ]
    .into_iter()
    .fold(0, |flags, (bit, set)| if set { flags | bit } else { flags })
}

fn write_who(out: &mut Writer, question: &Question<'_>) -> Result<(), CodecFault> {
    if let Some(pks) = &question.pks {
        out.text(&pks.number)?;
        out.count(u64::from(pks.version));
        out.bytes(&pks.digest);
    }
    if let Some(account) = &question.account {
        out.text(account.as_str())?;
    }
    if let Some(certificate) = &question.certificate {
        out.bytes(certificate.digest());
    }
    if let Some(officer) = &question.officer {
        out.text(&officer.id)?;
        out.text(&officer.card)?;
        out.text(&officer.terminal)?;
    }
    Ok(())
}

fn write_what(out: &mut Writer, question: &Question<'_>) -> Result<(), CodecFault> {
    if let Some(method) = question.method {
        out.byte(method as u8);
    }
    if let Some(generation) = question.generation {
        out.byte(generation as u8);
    }
    if let Some(purpose) = &question.purpose {
        out.text(purpose)?;
    }
    if let Some(threshold) = question.threshold {
        out.byte(threshold);
    }
    if let Some(subject) = &question.subject {
        out.bytes(subject.bytes());
    }
    if let Some(region) = question.region {
        out.bytes(&region.number().to_be_bytes());
    }
    for set in [question.asked, question.granted, question.matched] {
        out.count(set.bits());
    }
    if !question.held.is_empty() {
        out.count(question.held.bits());
    }
    Ok(())
}

fn write_strangers(out: &mut Writer, strangers: &Strangers) {
    out.byte(KIND_STRANGERS);
    out.time(strangers.from);
    out.time(strangers.until);
    out.count(strangers.iter().count() as u64);
    for (kind, count) in strangers.iter() {
        out.byte(kind as u8);
        out.count(count);
    }
}
