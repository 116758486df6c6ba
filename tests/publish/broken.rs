//! What is broken is refused with the file named, and what is served stays.

use std::path::Path;

use gerbang::disk::{Disk as _, Open, RealDisk};
use gerbang::warehouse::{WarehouseError, verify};

use crate::support::*;

/// A published population and another that is to be broken.
struct Two {
    work: tempfile::TempDir,
    root: tempfile::TempDir,
}

impl Two {
    fn new() -> Self {
        let two = Self { work: temporary(), root: temporary() };
        population(&two.work.path().join("a"), 1);
        population(&two.bad(), 2);
        publish(two.root.path(), &two.work.path().join("a")).unwrap();
        two
    }

    fn bad(&self) -> std::path::PathBuf {
        self.work.path().join("bad")
    }

    /// It is refused with this in the message, and nothing is left of the attempt.
    fn refused(&self, named: &str) -> WarehouseError {
        let error = publish(self.root.path(), &self.bad()).unwrap_err();
        let text = format!("{error} {:?}", std::error::Error::source(&error).map(ToString::to_string));
        assert!(text.contains(named), "{text} does not name {named}");
        let (layers, files) = names(self.root.path());
        assert_eq!((layers.len(), files), (1, vec!["current.json".to_owned()]), "{layers:?}");
        let warehouse = open(self.root.path());
        assert!(warehouse.refresh().unwrap().is_none());
        serves(self.root.path(), &everybody(&self.work.path().join("a")));
        error
    }
}

/// The name of the data file.
fn name(dir: &Path) -> String {
    data_file(dir).file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn a_file_that_is_missing_truncated_longer_or_of_another_kind() {
    let two = Two::new();
    let (path, own) = (data_file(&two.bad()), name(&two.bad()));
    let sound = std::fs::read(&path).unwrap();
    for bytes in [&sound[..0], &sound[..sound.len() / 2], &sound[..sound.len() - 1], &[&sound[..], &[0]].concat()] {
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(two.refused(&own), WarehouseError::Foreign { .. }));
    }
    std::fs::remove_file(&path).unwrap();
    two.refused(&own);
    std::fs::create_dir(&path).unwrap();
    two.refused(&own);
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, &sound).unwrap();
    assert!(!publish(two.root.path(), &two.bad()).unwrap().already);
}

#[test]
fn any_flipped_byte_of_a_data_file() {
    let two = Two::new();
    let (path, own) = (data_file(&two.bad()), name(&two.bad()));
    let sound = std::fs::read(&path).unwrap();
    for at in (0..sound.len()).step_by(sound.len() / 40) {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&path, &bytes).unwrap();
        let error = verify(&two.bad(), &mut |_, _| ()).err().unwrap();
        assert!(error.to_string().contains(&own), "byte {at}: {error}");
    }
    two.refused(&own);
}

#[test]
fn another_snapshots_file_under_the_right_name() {
    let two = Two::new();
    let foreign = data_file(&two.work.path().join("a"));
    std::fs::copy(foreign, data_file(&two.bad())).unwrap();
    two.refused(&name(&two.bad()));
}

#[test]
fn a_parquet_file_of_another_program_with_a_manifest_that_fits() {
    use parquet::data_type::Int64Type;
    let two = Two::new();
    let schema = parquet::schema::parser::parse_message_type("message s { required int64 NIK; }").unwrap();
    let mut bytes = Vec::new();
    let mut writer =
        parquet::file::writer::SerializedFileWriter::new(&mut bytes, schema.into(), std::sync::Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[6_305_014_507_850_001], None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    let own = forge(&two.bad(), &bytes);
    assert!(matches!(two.refused(&own), WarehouseError::Foreign { .. } | WarehouseError::Parquet { .. }));
}

/// Puts other bytes in the place of the data file, and a manifest that fits them in every digest.
fn forge(dir: &Path, bytes: &[u8]) -> String {
    use aws_lc_rs::digest::{SHA256, digest};
    let hex = |bytes: &[u8]| gerbang::kernel::to_hex(digest(&SHA256, bytes).as_ref());
    let path = data_file(dir);
    std::fs::remove_file(&path).unwrap();
    let text = std::fs::read_to_string(dir.join("manifest.json")).unwrap();
    let mut manifest: Vec<String> = text.lines().map(str::to_owned).collect();
    // Without an index of families: a population may have none.
    let begin = manifest.iter().position(|line| line.trim_start().starts_with("\"families\":")).unwrap();
    let end = begin + manifest[begin..].iter().position(|line| line.trim_start().starts_with('}')).unwrap();
    manifest.drain(begin..=end);
    let sha = hex(bytes);
    let id = format!("2026-11-22-{}", &hex(sha.as_bytes())[..8]);
    let name = format!("{id}.0000.parquet");
    let values = [
        ("snapshot", format!("\"{id}\"")),
        ("name", format!("\"{name}\"")),
        ("bytes", bytes.len().to_string()),
        ("sha256", format!("\"{sha}\"")),
        ("index_at", "4".to_owned()),
        ("index_sha256", format!("\"{}\"", hex(&bytes[4..]))),
        ("digest", "\"\"".to_owned()),
    ];
    for line in &mut manifest {
        for (key, value) in &values {
            if line.trim_start().starts_with(&format!("\"{key}\":")) {
                let comma = if line.ends_with(',') { "," } else { "" };
                *line = format!("\"{key}\": {value}{comma}");
            }
        }
    }
    // The digest is over the compact form without it.
    let compact: String = manifest.iter().map(|line| line.trim().replace("\": ", "\":")).collect();
    let digest = hex(compact.as_bytes());
    std::fs::write(dir.join("manifest.json"), compact.replace("\"digest\":\"\"", &format!("\"digest\":\"{digest}\""))).unwrap();
    std::fs::write(dir.join(&name), bytes).unwrap();
    name
}

#[test]
fn a_manifest_that_was_changed_is_of_another_format_or_is_none() {
    let two = Two::new();
    let path = two.bad().join("manifest.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for (from, to) in
        [("\"rows\": 1000", "\"rows\": 1001"), ("gerbang-warehouse-", "gerbang-warehouse-9"), ("{", "["), ("as_of", "asof")]
    {
        assert!(text.contains(from));
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        two.refused("manifest.json");
    }
    std::fs::remove_file(&path).unwrap();
    two.refused("manifest.json");
}

#[test]
fn a_root_that_says_what_cannot_be_leaves_the_server_with_what_it_has() {
    let two = Two::new();
    let warehouse = open(two.root.path());
    let current = two.root.path().join("current.json");
    let sound = std::fs::read_to_string(&current).unwrap();
    let layer = &names(two.root.path()).0[0];
    for text in [
        String::new(),
        "{}".to_owned(),
        sound.replace("\"serial\": 1", "\"serial\": 0"),
        sound.replace("\"serial\": 1", "\"serial\": 2").replace(layer.as_str(), "../../../etc"),
        sound.replace("\"serial\": 1", "\"serial\": 2").replace(layer.as_str(), "000009-2026-11-22-00000000"),
        sound.replace("\"serial\": 1", "\"serial\": 2").replace(&format!("\"{layer}\""), ""),
    ] {
        std::fs::write(&current, &text).unwrap();
        assert!(warehouse.refresh().is_err(), "{text}");
        assert_eq!(warehouse.view().snapshot().rows, ROWS);
    }
    assert_eq!(warehouse.swap_figures().failures, 6);
    std::fs::write(&current, sound.replace("\"serial\": 1", "\"serial\": 2")).unwrap();
    assert!(warehouse.refresh().unwrap().is_some());
}

#[test]
fn two_publications_at_the_same_time_are_told_apart() {
    let two = Two::new();
    let lock = RealDisk.open(&two.root.path().join(".publish.lock"), Open::Create).unwrap();
    assert!(lock.try_lock().unwrap());
    assert!(matches!(two.refused(".publish.lock"), WarehouseError::Locked { .. }));
    drop(lock);
    publish(two.root.path(), &two.bad()).unwrap();
}
