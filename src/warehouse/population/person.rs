//! A resident and a family, before their NIKs are known.

use super::super::day::Day;
use super::regions::{District, Kab, Village};
use crate::kernel::{NikStatus, Sex};

/// Numbers of `STAT_HBKEL`.
pub(super) const HEAD: i32 = 1;
pub(super) const WIFE: i32 = 3;
pub(super) const CHILD: i32 = 4;
pub(super) const GRANDCHILD: i32 = 6;
pub(super) const PARENT: i32 = 7;
pub(super) const RELATIVE: i32 = 9;
pub(super) const SERVANT: i32 = 10;

/// Numbers of `STATUS_KAWIN`.
pub(super) const UNMARRIED: i32 = 1;
pub(super) const MARRIED: i32 = 2;
pub(super) const DIVORCED: i32 = 3;
pub(super) const WIDOWED: i32 = 4;

/// Who somebody's mother or father is.
pub(super) enum Parent {
    /// Not in this family card: a name alone.
    Named(Box<str>),
    /// The member of the family at this place.
    Member(usize),
}

/// A resident. Personal data, if only made up: no `Debug`.
pub(super) struct Person<'r> {
    pub(super) nik: u64,
    /// The kecamatan of first registration, within the kabupaten whose turn it is.
    pub(super) district: u8,
    pub(super) sex: Sex,
    pub(super) born: Day,
    pub(super) name: Box<str>,
    pub(super) family_name: Option<&'static str>,
    pub(super) birthplace: &'r str,
    pub(super) blood: i32,
    pub(super) religion: i32,
    pub(super) marital: i32,
    pub(super) relation: i32,
    pub(super) education: i32,
    pub(super) work: &'static str,
    pub(super) disability: i32,
    pub(super) mother: Parent,
    pub(super) father: Parent,
    pub(super) birth_certificate: Box<str>,
    /// Whether the family's certificates of marriage and divorce are this person's.
    pub(super) wed: bool,
    pub(super) ektp_created: Option<Day>,
    pub(super) status: NikStatus,
    /// The number of the persona, if it is one.
    pub(super) persona: Option<usize>,
}

/// A certificate and the date it tells of.
pub(super) struct Certificate {
    pub(super) number: Box<str>,
    pub(super) date: Day,
}

/// Where a family lives.
#[derive(Clone, Copy)]
pub(super) struct Home<'r> {
    pub(super) kab: &'r Kab<'r>,
    pub(super) district: &'r District<'r>,
    pub(super) village: Village<'r>,
}

/// All on one family card.
pub(super) struct Family<'r> {
    pub(super) kk: u64,
    pub(super) home: Home<'r>,
    pub(super) moved: bool,
    pub(super) address: Box<str>,
    pub(super) hamlet: &'static str,
    pub(super) rt: i32,
    pub(super) rw: i32,
    pub(super) marriage: Option<Certificate>,
    pub(super) divorce: Option<Certificate>,
    pub(super) members: Vec<Person<'r>>,
}
