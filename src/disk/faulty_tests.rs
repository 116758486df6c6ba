use super::*;

#[test]
fn a_power_cut_keeps_what_was_synced_and_gambles_with_the_rest() {
    let (mut kept, mut dropped, mut mixed) = (0, 0, 0);
    for seed in 0..200 {
        let disk = FaultyDisk::new();
        disk.create_dir_all(Path::new("/d")).unwrap();
        let file = disk.open(Path::new("/d/f"), Open::CreateNew).unwrap();
        file.write_all_at(&[1; 4096], 0).unwrap();
        file.sync_data().unwrap();
        disk.sync_dir(Path::new("/d")).unwrap();
        file.write_all_at(&[2; 2048], 1024).unwrap();
        disk.crash(seed, Tearing::WholeSectors);
        assert!(file.size_bytes().is_err(), "a handle of before the crash");
        let file = disk.open(Path::new("/d/f"), Open::Read).unwrap();
        let mut bytes = [0; 4096];
        assert_eq!(file.read_at(&mut bytes, 0).unwrap(), 4096);
        assert!(bytes[..1024].iter().chain(&bytes[3072..]).all(|b| *b == 1));
        match bytes[1024..3072].chunks(512).filter(|sector| **sector == [2; 512]).count() {
            0 => dropped += 1,
            4 => kept += 1,
            _ => mixed += 1,
        }
    }
    assert!(kept > 20 && dropped > 20 && mixed > 20, "{kept} {dropped} {mixed}");
}

#[test]
fn a_failed_sync_loses_what_it_was_to_write_though_readers_see_it() {
    let disk = FaultyDisk::new();
    disk.create_dir_all(Path::new("/d")).unwrap();
    let file = disk.open(Path::new("/d/f"), Open::CreateNew).unwrap();
    disk.sync_dir(Path::new("/d")).unwrap();
    file.write_all_at(&[0; 512], 0).unwrap();
    file.sync_data().unwrap();
    file.write_all_at(&[2; 512], 0).unwrap();
    disk.at_step(disk.steps(), Deed::Fail(Errno::IO));
    assert!(file.sync_data().is_err());
    assert!(file.sync_data().is_ok(), "the second try lies, as on real systems");
    let mut byte = [0];
    file.read_at(&mut byte, 0).unwrap();
    assert_eq!(byte, [2]);
    for seed in 0..20 {
        disk.crash(seed, Tearing::WholeSectors);
        disk.open(Path::new("/d/f"), Open::Read).unwrap().read_at(&mut byte, 0).unwrap();
        assert_eq!(byte, [0]);
    }
}

#[test]
fn a_full_disk_takes_what_fits_and_overwriting_needs_no_room() {
    let disk = FaultyDisk::new();
    disk.create_dir_all(Path::new("/d")).unwrap();
    let file = disk.open(Path::new("/d/f"), Open::CreateNew).unwrap();
    disk.set_room_bytes(Some(1000));
    let error = file.write_all_at(&[1; 1500], 0).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(file.size_bytes().unwrap(), 1000);
    file.write_all_at(&[2; 1000], 0).unwrap();
    disk.set_room_bytes(None);
    file.write_all_at(&[1; 1500], 0).unwrap();
}
