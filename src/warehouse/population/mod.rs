//! A made-up population: as many residents as asked, in ascending order of their NIKs, the same for the same seed.
//!
//! One kabupaten at a time, in the order of the codes: its families are made, their NIKs issued, sorted and handed on. Since every
//! NIK begins with the code of the kabupaten of first registration, the whole comes out sorted while only one kabupaten is held
//! in memory.

mod census;
mod dice;
mod family;
mod life;
mod member;
mod names;
mod person;
mod personas;
mod place;
mod record;
mod regions;
mod words;

pub(super) use census::Census;
pub(super) use dice::Dice;
pub use personas::Persona;
pub(super) use regions::RegionText;
