//! How fast the disk makes things durable: every answer waits for that.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::disk::{Disk as _, Open, RealDisk, write_zeros};

const BLOCK_BYTES: usize = 4096;
const SYNCS: u64 = 101;

/// Microseconds of an fdatasync after a 4 KiB write over bytes that were there before, the median of a hundred, in this folder.
pub fn fdatasync_p50_us(dir: &Path) -> Result<f64> {
    let path = dir.join(".fdatasync");
    let file = RealDisk.open(&path, Open::CreateNew).with_context(|| format!("cannot write in {}", dir.display()))?;
    let mut times = Vec::new();
    let mut measured = || -> std::io::Result<()> {
        write_zeros(&*file, 0, SYNCS * BLOCK_BYTES as u64)?;
        file.sync_all()?;
        for place in 0..SYNCS {
            let began = Instant::now();
            file.write_all_at(&[1; BLOCK_BYTES], place * BLOCK_BYTES as u64)?;
            file.sync_data()?;
            times.push(began.elapsed());
        }
        Ok(())
    };
    let outcome = measured();
    RealDisk.remove(&path)?;
    outcome?;
    times.sort_unstable();
    Ok(times.get(times.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6))
}
