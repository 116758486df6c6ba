//! The disk fails, tears, fills up or loses power at step n of a build, for all n; or the process is killed there. Then there is the
//! older snapshot or the new one, whole; the next build works and leaves nothing of the one before.

use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use gerbang::disk::{Deed, Disk, Errno, FaultyDisk, Tearing, read_all};
use gerbang::kernel::to_hex;
use gerbang::warehouse::{Build, Manifest, Snapshot, WarehouseError, build};
use tempfile::TempDir;

use super::{AS_OF, Place, small_csv, told};

const OUT: &str = "/out";

/// Two inputs of which the snapshots differ.
struct Inputs {
    place: Place,
    ids: [String; 2],
}

impl Inputs {
    fn new() -> Self {
        let place = Place::new();
        let rows = |name: &str, count: usize| {
            let niks: Vec<String> = (1..=count).map(|serial| format!("630501450785{serial:04}")).collect();
            small_csv(&niks.iter().map(|nik| (nik.as_str(), name)).collect::<Vec<_>>())
        };
        place.put("0.csv", rows("SITI", 20));
        // The last row is rejected, so that the list of rejected rows is among the steps.
        place.put("1.csv", rows("BUDI", 60) + "1,63,5,1,BUDI\n");
        let ids = [0, 1].map(|number| {
            let disk = FaultyDisk::new();
            build_on(&disk, &place, number).unwrap()
        });
        assert_ne!(ids[0], ids[1]);
        Self { place, ids }
    }

    /// A disk with the first snapshot on it.
    fn disk(&self) -> FaultyDisk {
        let disk = FaultyDisk::new();
        build_on(&disk, &self.place, 0).unwrap();
        disk
    }

    /// What stands in the output is whole: its id.
    fn standing(&self, disk: &FaultyDisk, place: &str) -> String {
        let id = open(disk).unwrap_or_else(|error| panic!("{place}: {}", told(&error)));
        assert!(self.ids.contains(&id), "{place}");
        id
    }

    /// The next process builds without trouble and nothing is left of the last one.
    fn next(&self, disk: &FaultyDisk, place: &str) {
        let id = build_on(disk, &self.place, 1).unwrap_or_else(|error| panic!("{place}: {}", told(&error)));
        assert_eq!(self.standing(disk, place), id, "{place}");
        assert_eq!(disk.list(Path::new(OUT)).unwrap(), [&format!("{id}.0000.parquet"), "manifest.json"], "{place}");
        assert_eq!(disk.list(Path::new("/")).unwrap(), ["rejects.csv"], "{place}");
    }
}

fn build_on(disk: &FaultyDisk, place: &Place, number: usize) -> Result<String, WarehouseError> {
    let options = Build {
        input: place.path(&format!("{number}.csv")),
        output: OUT.into(),
        rejects: "/rejects.csv".into(),
        as_of: AS_OF,
        memory_mib: 160,
        workers: 1,
        all_active: false,
        rejects_max: 10,
    };
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    build(&disk, &options, &mut |_, _, _| ()).map(|built| built.manifest.snapshot().to_owned())
}

/// Opens what a disk holds, every file checked against the manifest's digest.
fn open(disk: &FaultyDisk) -> Result<String, WarehouseError> {
    let copy = TempDir::new().unwrap();
    let bytes = |name: &str| read_all(disk, &Path::new(OUT).join(name), 1 << 24).unwrap();
    for name in disk.list(Path::new(OUT)).unwrap() {
        std::fs::write(copy.path().join(&name), bytes(&name)).unwrap();
    }
    for file in Manifest::read(copy.path())?.files() {
        assert_eq!(to_hex(digest(&SHA256, &bytes(&file.name)).as_ref()), file.sha256);
    }
    Ok(Snapshot::open(copy.path())?.id().to_string())
}

/// Steps of a build over an older snapshot when nothing fails.
fn calm(inputs: &Inputs) -> u64 {
    let disk = inputs.disk();
    let before = disk.steps();
    build_on(&disk, &inputs.place, 1).unwrap();
    let steps = disk.steps() - before;
    assert!(steps > 15, "{steps}");
    steps
}

fn with(inputs: &Inputs, step: u64, deed: Deed) -> (FaultyDisk, Result<String, WarehouseError>) {
    let disk = inputs.disk();
    disk.at_step(disk.steps() + step, deed);
    let result = build_on(&disk, &inputs.place, 1);
    (disk, result)
}

#[test]
fn a_step_that_fails_is_told_and_leaves_a_whole_snapshot() {
    let inputs = Inputs::new();
    for step in 0..calm(&inputs) {
        for deed in [Deed::Fail(Errno::IO), Deed::Fail(Errno::NOSPC), Deed::Tear { bytes: 700, errno: Errno::NOSPC }] {
            let place = format!("step {step}, {deed:?}");
            let (disk, result) = with(&inputs, step, deed);
            let standing = inputs.standing(&disk, &place);
            match result {
                // The disk's last step of all may fail unnoticed: the lock's removal when a directory is given free.
                Ok(id) => assert_eq!(standing, id, "{place}"),
                Err(error) => assert!(matches!(error, WarehouseError::Io { .. }), "{place}: {}", told(&error)),
            }
            inputs.next(&disk, &place);
        }
    }
}

#[test]
fn after_a_kill_or_a_power_cut_at_any_step_there_is_a_whole_snapshot_and_the_next_build_clears_up() {
    let inputs = Inputs::new();
    let (mut older, mut newer) = (0, 0);
    for step in 0..calm(&inputs) {
        for bytes in [0, 1, 700, usize::MAX] {
            let place = format!("step {step}, killed after {bytes} bytes");
            let (disk, _) = with(&inputs, step, Deed::Kill { bytes });
            disk.restart();
            if inputs.standing(&disk, &place) == inputs.ids[0] {
                older += 1
            } else {
                newer += 1
            }
            inputs.next(&disk, &place);
        }
        for seed in 0..8 {
            let place = format!("step {step}, power cut, seed {seed}");
            let (disk, _) = with(&inputs, step, Deed::PowerCut);
            disk.crash(seed, Tearing::WholeSectors);
            inputs.standing(&disk, &place);
            inputs.next(&disk, &place);
        }
    }
    assert!(older > 20 && newer > 4, "{older} {newer}");
}

#[test]
fn what_was_reported_as_built_survives_a_power_cut() {
    let inputs = Inputs::new();
    for seed in 0..30 {
        let disk = inputs.disk();
        let id = build_on(&disk, &inputs.place, 1).unwrap();
        disk.crash(seed, Tearing::WholeSectors);
        assert_eq!(inputs.standing(&disk, &format!("seed {seed}")), id);
    }
}

#[test]
fn a_full_disk_is_told_and_with_room_again_the_build_works() {
    let inputs = Inputs::new();
    let used: u64 = {
        let disk = inputs.disk();
        let path = |name: &String| Path::new(OUT).join(name);
        disk.list(Path::new(OUT)).unwrap().iter().map(|name| read_all(&disk, &path(name), 1 << 24).unwrap().len() as u64).sum()
    };
    let mut failed = 0;
    for more in (0..80_000).step_by(2_000) {
        let disk = inputs.disk();
        disk.set_room_bytes(Some(used as usize + more));
        let result = build_on(&disk, &inputs.place, 1);
        let place = format!("{more} bytes of room");
        let standing = inputs.standing(&disk, &place);
        match result {
            Ok(id) => assert_eq!(standing, id),
            Err(WarehouseError::Io { source, .. }) => {
                assert_eq!(source.kind(), std::io::ErrorKind::StorageFull, "{place}");
                assert_eq!(standing, inputs.ids[0], "{place}");
                assert_eq!(disk.list(Path::new(OUT)).unwrap().len(), 2, "{place}: the failed build makes room again");
                failed += 1;
            }
            Err(error) => panic!("{place}: {}", told(&error)),
        }
        disk.set_room_bytes(None);
        inputs.next(&disk, &place);
    }
    assert!((3..50).contains(&failed), "{failed}");
}
