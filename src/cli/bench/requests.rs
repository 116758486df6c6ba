//! What a bench asks: residents of its own population, with the values on record.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use crate::kernel::{Elemen, ElemenSet, Nik};
use crate::warehouse::Snapshot;

/// Five elements of each kind that a comparison has: a name, a place, a date, a code, an address.
const VERIFIED: [Elemen; 5] = [Elemen::NamaLgkp, Elemen::TmptLhr, Elemen::TglLhr, Elemen::JenisKlmin, Elemen::Alamat];
/// Ten of those that the hospital may read: what every look-up that is measured returns.
pub const RETRIEVED: [Elemen; 10] = [
    Elemen::NoKk,
    Elemen::NamaLgkp,
    Elemen::TmptLhr,
    Elemen::TglLhr,
    Elemen::JenisKlmin,
    Elemen::NamaLgkpIbu,
    Elemen::Alamat,
    Elemen::StatusKawin,
    Elemen::JenisPkrjn,
    Elemen::KelName,
];

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    Verify,
    Retrieve,
}

impl Asked {
    /// The word for it in tables, and the end of its route.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Retrieve => "retrieve",
        }
    }

    /// Who asks it.
    pub(super) const fn lembaga(self) -> &'static str {
        match self {
            Self::Verify => "bank-antasari",
            Self::Retrieve => "rsud-tapin",
        }
    }
}

/// Requests of both kinds about different residents, spread over the snapshot without locality: about so many of each.
pub(super) fn all(warehouse: &Path, count: u64) -> Result<[(Asked, Vec<Vec<u8>>); 2]> {
    let snapshot = Snapshot::open(warehouse)?;
    let mut seen = HashSet::new();
    let mut niks = snapshot.sample(usize::try_from(count)?)?;
    niks.retain(|nik| seen.insert(*nik));
    let of = |asked| Ok::<_, anyhow::Error>((asked, of(asked, &snapshot, &niks)?));
    Ok([of(Asked::Verify)?, of(Asked::Retrieve)?])
}

/// One request for each resident, as bytes on the wire.
fn of(asked: Asked, snapshot: &Snapshot, niks: &[Nik]) -> Result<Vec<Vec<u8>>> {
    let columns: ElemenSet = VERIFIED.into_iter().collect();
    let mut requests = Vec::with_capacity(niks.len());
    for nik in niks {
        let elements = match asked {
            Asked::Verify => {
                let row = snapshot.look_up(*nik, columns)?.context("a resident who was there")?;
                // An empty value can't be asked.
                let value = |elemen: &Elemen| row.value(*elemen).filter(|value| !value.is_empty()).unwrap_or("-").into();
                Value::from(VERIFIED.iter().map(|elemen| (elemen.name().to_owned(), value(elemen))).collect::<Map<_, _>>())
            }
            Asked::Retrieve => Value::from(RETRIEVED.map(Elemen::name).to_vec()),
        };
        let body = json!({"nik": nik.text(), "elements": elements}).to_string();
        let head = format!(
            "POST /v1/{} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            asked.word(),
            body.len()
        );
        requests.push([head, body].concat().into_bytes());
    }
    Ok(requests)
}

/// Asks the system to drop what it keeps in memory of the files in a folder.
pub(super) fn forget_pages(dir: &Path) -> Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let file = File::open(entry?.path())?;
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
    }
    Ok(())
}
