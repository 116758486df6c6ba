//! Going through the NIKs of a snapshot: all of them, or a sample for benches and load tests.

use super::directory::Part;
use super::error::WarehouseError;
use super::page;
use super::schema::NIK;
use super::snapshot::Snapshot;
use crate::kernel::Nik;

impl Snapshot {
    /// Hands on every NIK in ascending order, until `each` says false.
    pub fn each_nik(&self, mut each: impl FnMut(Nik) -> bool) -> Result<(), WarehouseError> {
        let mut buffer = Vec::new();
        for part in &self.parts {
            for at in (0..part.nik_pages()).filter_map(|page| part.nik_page_at(page)) {
                let body = self.fetch(part, NIK, at, &mut buffer)?;
                let niks = (0..at.rows).filter_map(|place| page::long_at(body, place));
                for nik in niks.filter_map(|nik| Nik::from_number(nik.cast_unsigned()).ok()) {
                    if !each(nik) {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// NIKs that are there, spread over the whole snapshot in an order without locality.
    pub fn sample(&self, count: usize) -> Result<Vec<Nik>, WarehouseError> {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let pages: usize = self.parts.iter().map(Part::nik_pages).sum();
        let mut niks = Vec::with_capacity(count);
        let mut buffer = Vec::new();
        for number in 0..count as u64 {
            let mut page = (number.wrapping_mul(GOLDEN) % (pages as u64).max(1)) as usize;
            for part in &self.parts {
                let Some(at) = part.nik_page_at(page) else {
                    page -= part.nik_pages();
                    continue;
                };
                let body = self.fetch(part, NIK, at, &mut buffer)?;
                let nik = page::long_at(body, (number.wrapping_mul(GOLDEN) >> 40) as usize % at.rows.max(1));
                niks.extend(nik.and_then(|nik| Nik::from_number(nik.cast_unsigned()).ok()));
                break;
            }
        }
        Ok(niks)
    }
}
