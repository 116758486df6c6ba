//! The layers of a set as one stream of rows in the order of their NIKs: of a NIK, the rows of the newest layer that holds it.

use super::error::WarehouseError;
use super::group::Record;
use super::layers::Layers;
use super::records::Records;

/// Hands on every row that is served, in the order of the NIKs, until `each` fails. Holds a page of each column of each layer.
pub(super) fn each_record(
    layers: &Layers,
    each: &mut dyn FnMut(&Record<'_>) -> Result<(), WarehouseError>,
) -> Result<(), WarehouseError> {
    // From the newest to the base: of equal NIKs, the first found is the one that counts.
    let mut streams = layers.each().rev().map(Records::of).collect::<Result<Vec<_>, _>>()?;
    while let Some(nik) = streams.iter().filter_map(Records::nik).min() {
        let mut told = false;
        for stream in &mut streams {
            let holds = stream.nik() == Some(nik);
            // A NIK that stands for several records has its rows one after the other, also across files.
            while stream.nik() == Some(nik) {
                if let Some(record) = stream.record()?.filter(|_| !told) {
                    each(&record)?;
                }
                stream.advance()?;
            }
            told |= holds;
        }
    }
    Ok(())
}
