//! The list of honey NIKs: numbers that nobody has, and that only a search comes upon. One a line; blank lines and `#` are passed over.
//!
//! The file holds no resident's number, but who knows the list knows what to avoid: it is wiped from memory once read.

use std::path::Path;

use super::WiringError;
use crate::disk::{self, Disk};
use crate::kernel::limits::{HONEY_BYTES_MAX, HONEY_NIKS_MAX};
use crate::kernel::{Nik, Secret};

/// Reads the list; without a file there is none. A line that is no NIK is told by its number alone.
pub(super) fn load(disk: &dyn Disk, path: Option<&Path>) -> Result<Vec<Nik>, WiringError> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let fail = |what: String| WiringError::Honey { path: path.to_owned(), what };
    let bytes = Secret::new(disk::read_all(disk, path, HONEY_BYTES_MAX).map_err(|error| fail(error.to_string()))?);
    let text = std::str::from_utf8(bytes.expose()).map_err(|_| fail("not a text".to_owned()))?;
    let mut niks = Vec::new();
    for (place, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        niks.push(Nik::parse(line).map_err(|fault| fail(format!("line {}: {fault}", place + 1)))?);
        if niks.len() > HONEY_NIKS_MAX {
            return Err(fail(format!("more than {HONEY_NIKS_MAX} numbers")));
        }
    }
    Ok(niks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;

    fn read(text: &str) -> Result<usize, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("honey.txt");
        disk::replace(&RealDisk, &path, text.as_bytes()).unwrap();
        load(&RealDisk, Some(&path)).map(|niks| niks.len()).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_one_a_line_and_names_a_broken_line_without_its_content() {
        assert_eq!(read("# nobody\n\n6305014507850001\n 6305014507850002 \n"), Ok(2));
        let told = read("6305014507850001\n6305014507859\n").unwrap_err();
        assert!(told.contains("line 2") && !told.contains("63050145"), "{told}");
        let many = "6305014507850001\n".repeat(HONEY_NIKS_MAX + 1);
        assert!(read(&many).unwrap_err().contains("more than"));
        assert!(load(&RealDisk, None).unwrap().is_empty());
        assert!(load(&RealDisk, Some(Path::new("/nowhere/honey.txt"))).is_err());
    }
}
