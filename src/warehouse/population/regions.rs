//! The regions of Indonesia down to the village, from `fixtures/wilayah.csv.gz` (its licence stands beside it).

use std::io::Read;

use flate2::read::GzDecoder;

use super::super::error::WarehouseError;

static WILAYAH: &[u8] = include_bytes!("../../../fixtures/wilayah.csv.gz");
const TEXT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The whole table as text in capitals, as SIAK writes names; [`Regions`] point into it.
pub(crate) struct RegionText(String);

/// All kabupaten and kota in ascending order of their codes.
pub(super) struct Regions<'t> {
    pub(super) kabs: Vec<Kab<'t>>,
}

/// A kabupaten or kota.
#[derive(Default)]
pub(super) struct Kab<'t> {
    pub(super) province: u8,
    pub(super) province_name: &'t str,
    pub(super) code: u8,
    /// `KABUPATEN TAPIN`.
    pub(super) name: &'t str,
    /// `TAPIN`: how a birth place is written.
    pub(super) place: &'t str,
    pub(super) districts: Vec<District<'t>>,
    pub(super) villages: usize,
}

/// A kecamatan. None is without a village.
#[derive(Default)]
pub(super) struct District<'t> {
    pub(super) code: u8,
    pub(super) name: &'t str,
    pub(super) villages: Vec<Village<'t>>,
}

/// A kelurahan (codes from 1001) or desa (from 2001).
#[derive(Clone, Copy, Default)]
pub(super) struct Village<'t> {
    pub(super) code: u16,
    pub(super) name: &'t str,
    pub(super) postal: u32,
}

impl Kab<'_> {
    /// Province and kabupaten as one number, 6305.
    pub(super) fn number(&self) -> u16 {
        u16::from(self.province) * 100 + u16::from(self.code)
    }

    pub(super) const fn is_kota(&self) -> bool {
        self.code > 70
    }
}

impl RegionText {
    /// Unpacks the table.
    pub(crate) fn unpack() -> Result<Self, WarehouseError> {
        let mut text = String::new();
        GzDecoder::new(WILAYAH)
            .take(TEXT_BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(WarehouseError::io("unpack", "wilayah.csv.gz"))?;
        Ok(Self(text.to_uppercase()))
    }

    /// Reads the table: lines of code, name, postal code, each region after the one it lies in.
    pub(super) fn regions(&self) -> Result<Regions<'_>, WarehouseError> {
        let mut kabs: Vec<Kab<'_>> = Vec::new();
        let mut province_name = "";
        for line in self.0.lines().skip(1) {
            let (code, name, postal) = fields(line).ok_or(WarehouseError::Options("the table of regions has a broken line"))?;
            let part = |number: usize| code.split('.').nth(number).and_then(|part| part.parse().ok());
            let part = |number: usize| -> u16 { part(number).unwrap_or_default() };
            match code.len() {
                2 => province_name = name,
                5 => kabs.push(Kab {
                    province: part(0) as u8,
                    province_name,
                    code: part(1) as u8,
                    name,
                    place: bare(name),
                    ..Kab::default()
                }),
                8 => kabs.last_mut().into_iter().for_each(|kab| {
                    kab.districts.push(District { code: part(2) as u8, name, villages: Vec::new() });
                }),
                _ => kabs.last_mut().into_iter().for_each(|kab| {
                    let village = Village { code: part(3), name, postal };
                    kab.villages += 1;
                    kab.districts.last_mut().into_iter().for_each(|district| district.villages.push(village));
                }),
            }
        }
        for kab in &mut kabs {
            kab.districts.retain(|district| !district.villages.is_empty());
        }
        kabs.retain(|kab| !kab.districts.is_empty());
        kabs.sort_by_key(Kab::number);
        Ok(Regions { kabs })
    }
}

impl Regions<'_> {
    /// The place in the list of the kabupaten with this number (6305).
    pub(super) fn find(&self, number: u16) -> Option<usize> {
        self.kabs.binary_search_by_key(&number, Kab::number).ok()
    }
}

/// Splits a line; two names of villages are quoted because of a comma.
fn fields(line: &str) -> Option<(&str, &str, u32)> {
    let (code, rest) = line.split_once(',')?;
    let (name, postal) = rest.rsplit_once(',')?;
    Some((code, name.trim_matches('"'), postal.parse().unwrap_or_default()))
}

/// A kabupaten's name without the kind of region before it.
fn bare(name: &str) -> &str {
    let kinds = ["KABUPATEN ADMINISTRASI ", "KOTA ADMINISTRASI ", "KABUPATEN ", "KOTA "];
    kinds.into_iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_region_in_ascending_order() {
        let text = RegionText::unpack().unwrap();
        let regions = text.regions().unwrap();
        assert_eq!(regions.kabs.len(), 514);
        assert_eq!(regions.kabs.iter().map(|kab| kab.districts.len()).sum::<usize>(), 7285);
        assert_eq!(regions.kabs.iter().map(|kab| kab.villages).sum::<usize>(), 83_762);
        assert!(regions.kabs.is_sorted_by(|a, b| a.number() < b.number()));
        let tapin = &regions.kabs[regions.find(6305).unwrap()];
        assert_eq!((tapin.name, tapin.place, tapin.province_name), ("KABUPATEN TAPIN", "TAPIN", "KALIMANTAN SELATAN"));
        assert_eq!(tapin.districts[0].villages[0].postal, 71183);
    }
}
