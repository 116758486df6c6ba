//! What an entry says: who asked, under which agreement, what, and what came out. Never a value, never a NIK.

use std::borrow::Cow;
use std::net::IpAddr;

use jiff::Timestamp;

use super::codec::CodecFault;
use super::leaf::Leaf;
use super::pseudonym::Pseudonym;
use super::strangers::Strangers;
use super::{decode, encode, json};
use crate::kernel::{
    AccountId, ElemenSet, Fingerprint, Generation, KabCode, LembagaId, Method, Officer, Outcome, Reason, RequestId,
};

/// One entry of the log. Times are kept to the microsecond.
#[derive(Clone, PartialEq)]
pub enum Entry {
    /// A known caller asked something, and was answered or refused.
    Question(Box<Question<'static>>),
    /// The strangers of an interval.
    Strangers(Strangers),
}

/// What a known caller asked, and what came of it. Borrows what outlives its writing: an entry is written on every request.
#[derive(Clone, PartialEq)]
pub struct Question<'a> {
    /// When the request came in.
    pub time: Timestamp,
    /// Its number.
    pub request: RequestId,
    /// On whose behalf.
    pub lembaga: LembagaId,
    /// Under which agreement; none where none had verified.
    pub pks: Option<PksRef<'a>>,
    /// The account checked by password.
    pub account: Option<AccountId>,
    /// The client certificate of the connection.
    pub certificate: Option<Fingerprint>,
    /// The officer logged in by card, with card and terminal.
    pub officer: Option<Officer>,
    /// The deed; none where the request was refused before that was known.
    pub method: Option<Method>,
    /// By which API.
    pub generation: Option<Generation>,
    /// The purpose named.
    pub purpose: Option<Cow<'a, str>>,
    /// The threshold named.
    pub threshold: Option<u8>,
    /// Whose NIK was asked about; none where it was malformed or the deed concerns no resident.
    pub subject: Option<Pseudonym>,
    /// Where that resident lives, by the record.
    pub region: Option<KabCode>,
    /// The elements asked.
    pub asked: ElemenSet,
    /// Those of them that the agreement grants.
    pub granted: ElemenSet,
    /// Those that matched (verification) or were given (retrieval).
    pub matched: ElemenSet,
    /// Those of them that did not match because too much was guessed: the caller is not told which.
    pub held: ElemenSet,
    /// What came out.
    pub outcome: Verdict,
    /// Whether it counts against the quota of the day.
    pub counted: bool,
    /// Whether the NIK is in the warehouse: what fees go by, even where the caller is not told.
    pub found: bool,
    /// The version of the matching rules.
    pub matching: u16,
    /// The snapshot of the warehouse that was asked.
    pub snapshot: Option<Cow<'a, str>>,
    /// The socket's address.
    pub source: IpAddr,
}

/// The agreement a question was judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PksRef<'a> {
    /// Its number.
    pub number: Cow<'a, str>,
    /// Its version.
    pub version: u32,
    /// The digest of its canonical form.
    pub digest: [u8; 32],
}

/// Answered or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Answered: what the answer tells of the NIK.
    Answered(Outcome),
    /// Refused: why.
    Refused(Reason),
}

/// What an answered verification compared: budgets of wrong guesses are rebuilt from these.
#[derive(Clone, Copy)]
pub struct Guessed<'a> {
    /// When.
    pub time: Timestamp,
    /// On whose behalf.
    pub lembaga: &'a str,
    /// The pseudonym of the NIK.
    pub subject: [u8; 16],
    /// What did not match by itself.
    pub wrong: ElemenSet,
    /// What did not match because it was held.
    pub held: ElemenSet,
}

impl<'a> Question<'a> {
    /// With what every question has: nothing asked, nothing granted, no resident, not counted.
    #[must_use]
    pub const fn bare(time: Timestamp, request: RequestId, lembaga: LembagaId, source: IpAddr, outcome: Verdict) -> Question<'a> {
        Self {
            time,
            request,
            lembaga,
            pks: None,
            account: None,
            certificate: None,
            officer: None,
            method: None,
            generation: None,
            purpose: None,
            threshold: None,
            subject: None,
            region: None,
            asked: ElemenSet::EMPTY,
            granted: ElemenSet::EMPTY,
            matched: ElemenSet::EMPTY,
            held: ElemenSet::EMPTY,
            outcome,
            counted: false,
            found: false,
            matching: 0,
            snapshot: None,
            source,
        }
    }

    /// The bytes of the entry, as [`Entry::encode`] gives them.
    pub fn encode(&self) -> Result<Vec<u8>, CodecFault> {
        encode::encode_question(self)
    }
}

impl Entry {
    /// The entry's bytes, the only ones that mean this entry. Refuses a text of more than [`AUDIT_TEXT_BYTES_MAX`](crate::kernel::limits::AUDIT_TEXT_BYTES_MAX) bytes.
    pub fn encode(&self) -> Result<Vec<u8>, CodecFault> {
        encode::encode(self)
    }

    /// Reads an entry. Refuses whatever [`Entry::encode`] would not have written.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecFault> {
        decode::decode(bytes)
    }

    /// The time it is filed under: of strangers, the end of their interval.
    #[must_use]
    pub const fn time(&self) -> Timestamp {
        match self {
            Self::Question(question) => question.time,
            Self::Strangers(strangers) => strangers.until,
        }
    }

    /// One JSON object on one line, as `audit show` gives it.
    #[must_use]
    pub fn to_json(&self, index: u64, leaf: &Leaf) -> String {
        json::to_json(self, index, leaf)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::audit::StrangerKind;
    use crate::kernel::limits::{AUDIT_ENTRY_BYTES_MAX, AUDIT_TEXT_BYTES_MAX};
    use proptest::option;
    use proptest::prelude::*;

    /// Only for the messages of failed tests: an entry has no `Debug` in the program.
    impl std::fmt::Debug for Entry {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(&self.to_json(0, &[0; 32]))
        }
    }

    /// Kept apart from the types whose strategies proptest wants to print.
    #[derive(Clone)]
    struct Plain<T>(T);

    impl<T> std::fmt::Debug for Plain<T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("part of an entry")
        }
    }

    pub(in super::super) fn typical() -> Question<'static> {
        Question {
            time: "2026-11-22T01:02:03.456789Z".parse().unwrap(),
            request: RequestId::from_bits(0x0123_4567_89ab_cdef_0011_2233_4455_6677),
            lembaga: LembagaId::parse("bank-antasari").unwrap(),
            pks: Some(PksRef { number: "119/4321/DUKCAPIL/2026".into(), version: 3, digest: [9; 32] }),
            account: None,
            certificate: Some(Fingerprint::from_digest([5; 32])),
            officer: None,
            method: Some(Method::Verify),
            generation: Some(Generation::V1),
            purpose: Some("pembukaan-rekening".into()),
            threshold: Some(90),
            subject: Some(Pseudonym::from_bytes([0xa5; 16])),
            region: Some(KabCode::new(63, 5)),
            asked: ElemenSet::ALL,
            granted: ElemenSet::from_bits(0x3c).unwrap(),
            matched: ElemenSet::from_bits(0x14).unwrap(),
            held: ElemenSet::EMPTY,
            outcome: Verdict::Answered(Outcome::Active),
            counted: true,
            found: true,
            matching: 1,
            snapshot: Some("2026-11-22-000001".into()),
            source: "127.0.0.1".parse().unwrap(),
        }
    }

    fn text() -> impl Strategy<Value = String> {
        "\\PC{0,40}"
    }

    fn who() -> impl Strategy<Value = (LembagaId, Option<PksRef<'static>>, Option<AccountId>, Option<Fingerprint>, Option<Officer>)>
    {
        let pks = (text(), any::<u32>(), any::<[u8; 32]>()).prop_map(|(number, version, digest)| PksRef {
            number: number.into(),
            version,
            digest,
        });
        let officer = (text(), text(), text()).prop_map(|(id, card, terminal)| Officer { id, card, terminal });
        (
            "[a-z][a-z0-9-]{0,39}".prop_map(|text| LembagaId::parse(&text).unwrap()),
            option::of(pks),
            option::of("[!-~]{1,64}".prop_map(|text| AccountId::parse(&text).unwrap())),
            option::of(any::<[u8; 32]>().prop_map(Fingerprint::from_digest)),
            option::of(officer),
        )
    }

    type What =
        (Option<Method>, Option<Generation>, Option<String>, Option<u8>, Option<Pseudonym>, Option<KabCode>, [ElemenSet; 4]);

    fn what() -> impl Strategy<Value = Plain<What>> {
        let parts = (
            option::of(prop::sample::select(&Method::ALL[..])),
            option::of(prop::sample::select(&[Generation::Dwh, Generation::V1][..])),
            option::of(text()),
            option::of(any::<u8>()),
            option::of(any::<[u8; 16]>()),
            option::of((0u16..10_000).prop_map(|number| KabCode::from_number(number).unwrap())),
            any::<[u64; 4]>().prop_map(|sets| sets.map(ElemenSet::from_bits_truncated)),
        );
        parts.prop_map(|(method, generation, purpose, threshold, subject, region, sets)| {
            Plain((method, generation, purpose, threshold, subject.map(Pseudonym::from_bytes), region, sets))
        })
    }

    fn verdict() -> impl Strategy<Value = Verdict> {
        prop_oneof![
            prop::sample::select(&Outcome::ALL[..]).prop_map(Verdict::Answered),
            prop::sample::select(&Reason::ALL[..]).prop_map(Verdict::Refused),
        ]
    }

    fn time() -> impl Strategy<Value = Timestamp> {
        let (low, high) = (Timestamp::MIN.as_microsecond(), Timestamp::MAX.as_microsecond());
        (low..=high).prop_filter_map("a time", |micros| Timestamp::from_microsecond(micros).ok())
    }

    fn question() -> impl Strategy<Value = Entry> {
        let rest = (time(), any::<u128>(), verdict(), any::<(bool, bool)>(), any::<u16>(), option::of(text()), any::<IpAddr>());
        (who(), what(), rest).prop_map(|(who, what, rest)| {
            let (lembaga, pks, account, certificate, officer) = who;
            let (method, generation, purpose, threshold, subject, region, [asked, granted, matched, held]) = what.0;
            let (time, request, outcome, (counted, found), matching, snapshot, source) = rest;
            let request = RequestId::from_bits(request);
            Entry::Question(Box::new(Question {
                time,
                request,
                lembaga,
                pks,
                account,
                certificate,
                officer,
                method,
                generation,
                purpose: purpose.map(Cow::from),
                threshold,
                subject,
                region,
                asked,
                granted,
                matched,
                held,
                outcome,
                counted,
                found,
                matching,
                snapshot: snapshot.map(Cow::from),
                source,
            }))
        })
    }

    fn strangers() -> impl Strategy<Value = Entry> {
        (time(), time(), any::<[u64; StrangerKind::ALL.len()]>()).prop_map(|(from, until, counts)| {
            let mut strangers = Strangers::new(from, until);
            for (kind, count) in StrangerKind::ALL.into_iter().zip(counts) {
                strangers.add(kind, count);
            }
            Entry::Strangers(strangers)
        })
    }

    #[test]
    fn a_typical_entry_takes_at_most_230_bytes() {
        let bytes = Entry::Question(Box::new(typical())).encode().unwrap();
        assert!(bytes.len() <= 230, "{} bytes", bytes.len());
    }

    #[test]
    fn the_bytes_of_the_first_format_stay_what_they_are() {
        let mut question = typical();
        question.pks = None;
        question.certificate = None;
        let bytes = Entry::Question(Box::new(question)).encode().unwrap();
        assert_eq!(
            crate::kernel::to_hex(&bytes),
            "0101000660d3067c91150123456789abcdef00112233445566771ff00d62616e6b2d616e7461736172690102\
             1270656d62756b6161\
             6e2d72656b656e696e675aa5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a518a1ffffffffff033c14010001\
             11323032362d31312d32322d3030303030317f000001"
        );
    }

    #[test]
    fn the_largest_entry_keeps_within_the_bound_and_a_longer_text_is_refused() {
        let long = "x".repeat(AUDIT_TEXT_BYTES_MAX);
        let mut question = typical();
        question.pks = Some(PksRef { number: long.clone().into(), version: u32::MAX, digest: [0; 32] });
        question.officer = Some(Officer { id: long.clone(), card: long.clone(), terminal: long.clone() });
        question.purpose = Some(long.clone().into());
        question.snapshot = Some(long.clone().into());
        assert!(Entry::Question(Box::new(question.clone())).encode().is_ok_and(|bytes| bytes.len() <= AUDIT_ENTRY_BYTES_MAX));
        question.purpose = Some((long + "x").into());
        assert_eq!(Entry::Question(Box::new(question)).encode(), Err(CodecFault::Length));
    }

    #[test]
    fn held_elements_are_written_behind_the_matched_ones_and_an_empty_set_in_no_way() {
        let mut question = typical();
        let before = Entry::Question(Box::new(question.clone())).encode().unwrap();
        question.held = ElemenSet::from_bits(0x20).unwrap();
        let mut bytes = Entry::Question(Box::new(question)).encode().unwrap();
        assert_eq!((bytes[26] & 0x80, before[26] & 0x80, bytes.len()), (0x80, 0, before.len() + 1));
        let place = bytes.iter().zip(&before).skip(27).position(|(with, without)| with != without).unwrap() + 27;
        assert_eq!(bytes[place], 0x20);
        bytes[place] = 0;
        assert!(Entry::decode(&bytes).err() == Some(CodecFault::Value));
    }

    proptest! {
        #[test]
        fn every_entry_reads_back_as_it_was_written(entry in prop_oneof![question(), strangers()]) {
            let bytes = entry.encode().unwrap();
            prop_assert!(bytes.len() <= AUDIT_ENTRY_BYTES_MAX);
            prop_assert!(Entry::decode(&bytes) == Ok(entry));
        }

        #[test]
        fn decoding_never_panics_and_takes_only_canonical_bytes(entry in prop_oneof![question(), strangers()], place: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut bytes = entry.encode().unwrap();
            let at = place.index(bytes.len());
            bytes[at] = byte;
            if let Ok(other) = Entry::decode(&bytes) {
                prop_assert!(other.encode() == Ok(bytes.clone()));
            }
            bytes.truncate(cut.index(bytes.len()));
            if let Ok(other) = Entry::decode(&bytes) {
                prop_assert!(other.encode() == Ok(bytes));
            }
        }

        #[test]
        fn garbage_never_panics(mut bytes in prop::collection::vec(any::<u8>(), 0..400), known: bool) {
            if known {
                for (into, of) in bytes.iter_mut().zip([1, 1]) { *into = of; }
            }
            if let Ok(entry) = Entry::decode(&bytes) {
                prop_assert!(entry.encode() == Ok(bytes));
            }
        }

        #[test]
        fn a_byte_too_many_is_refused(entry in prop_oneof![question(), strangers()], byte: u8) {
            let mut bytes = entry.encode().unwrap();
            bytes.push(byte);
            prop_assert!(Entry::decode(&bytes).is_err());
        }
    }
}
