//! Switching between whole snapshots.

use std::fs::read_dir;

use gerbang::kernel::ElemenSet;
use gerbang::warehouse::{Generate, Snapshot, generate, verify};

use crate::support::*;

#[test]
fn an_empty_root_a_snapshot_and_another_and_nothing_is_left_of_the_first() {
    let (work, root) = (temporary(), temporary());
    let (a, b) = (work.path().join("a"), work.path().join("b"));
    let (first, second) = (population(&a, 1), population(&b, 2));
    let published = publish(root.path(), &a).unwrap();
    assert_eq!((published.id.as_str(), published.serial, published.deltas, published.already), (first.snapshot(), 1, 0, false));
    serves(root.path(), &everybody(&a));
    let warehouse = open(root.path());
    assert!(warehouse.refresh().unwrap().is_none(), "nothing new");
    let before = warehouse.view();
    publish(root.path(), &b).unwrap();
    assert_eq!(names(root.path()), (vec![format!("000002-{}", second.snapshot())], vec!["current.json".to_owned()]));
    assert_eq!(&*warehouse.view().snapshot().id, first.snapshot(), "not before it is looked for");
    assert_eq!(&*warehouse.refresh().unwrap().unwrap().id, second.snapshot());
    assert_eq!((&*before.snapshot().id, &*warehouse.view().snapshot().id), (first.snapshot(), second.snapshot()));
    assert_eq!((warehouse.swap_figures().swaps, warehouse.swap_figures().failures), (1, 0));
    serves(root.path(), &everybody(&b));
    assert!(verify(&a, &mut |_, _| ()).is_ok(), "what was published stays where it is");
}

/// Files under a directory that this process has open though they have no name any more.
fn open_without_name(root: &std::path::Path) -> usize {
    let links = read_dir("/proc/self/fd").unwrap().filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    let links: Vec<String> = links.map(|link| link.to_string_lossy().into_owned()).collect();
    let of_root = |link: &&String| link.starts_with(&*root.to_string_lossy()) && link.ends_with(" (deleted)");
    links.iter().filter(of_root).count()
}

#[test]
fn the_files_of_the_old_snapshot_are_let_go_when_its_last_reader_leaves() {
    let (work, root) = (temporary(), temporary());
    let (a, b) = (work.path().join("a"), work.path().join("b"));
    population(&a, 1);
    population(&b, 2);
    publish(root.path(), &a).unwrap();
    let warehouse = open(root.path());
    let reader = warehouse.view();
    // Without the names that they had where they were made, the names in the root are the only ones.
    std::fs::remove_dir_all(&a).unwrap();
    publish(root.path(), &b).unwrap();
    warehouse.refresh().unwrap().unwrap();
    assert_eq!(open_without_name(root.path()), 2, "a request that began before reads on: residents and families");
    assert!(warehouse.refresh().unwrap().is_none());
    assert_eq!(open_without_name(root.path()), 2, "as long as it reads");
    drop(reader);
    warehouse.refresh().unwrap();
    assert_eq!(open_without_name(root.path()), 0);
}

#[test]
fn what_is_served_already_is_not_published_again() {
    let (work, root) = (temporary(), temporary());
    let a = work.path().join("a");
    population(&a, 1);
    publish(root.path(), &a).unwrap();
    let again = publish(root.path(), &a).unwrap();
    assert_eq!((again.serial, again.already), (1, true));
    assert_eq!(names(root.path()).0.len(), 1);
}

#[test]
fn a_plain_directory_is_served_and_becomes_a_root_with_the_first_publication() {
    let (work, root) = (temporary(), temporary());
    let b = work.path().join("b");
    let first = population(root.path(), 1);
    let second = population(&b, 2);
    let warehouse = open(root.path());
    assert_eq!(&*warehouse.view().snapshot().id, first.snapshot());
    publish(root.path(), &b).unwrap();
    assert_eq!(&*warehouse.refresh().unwrap().unwrap().id, second.snapshot());
    assert_eq!(names(root.path()), (vec![format!("000001-{}", second.snapshot())], vec!["current.json".to_owned()]));
    let options = Generate { rows: ROWS, seed: 3, as_of: jiff::civil::date(2026, 11, 22) };
    assert!(generate(root.path(), &options, &mut |_| ()).is_err(), "nothing is generated into a root");
    serves(root.path(), &everybody(&b));
}

#[test]
fn a_plain_directory_takes_a_delta_too() {
    let (work, root) = (temporary(), temporary());
    let (a, d) = (work.path().join("a"), work.path().join("d"));
    population(&a, 1);
    population(root.path(), 1);
    let delta = changes(root.path(), &d, 3, 23);
    let warehouse = open(root.path());
    assert_eq!(publish(root.path(), &d).unwrap().deltas, 1);
    let info = warehouse.refresh().unwrap().unwrap();
    assert_eq!((&*info.id, info.deltas, info.changed), (delta.snapshot(), 1, 12));
    let mut expected = everybody(&a);
    expected.extend(everybody(&d));
    serves(root.path(), &expected);
    assert_eq!(names(root.path()).1, ["current.json"]);
}

#[test]
fn publications_and_readers_at_the_same_time_do_not_fail() {
    let (work, root) = (temporary(), temporary());
    let (a, b) = (work.path().join("a"), work.path().join("b"));
    let ids = [population(&a, 1), population(&b, 2)].map(|manifest| manifest.snapshot().to_owned());
    publish(root.path(), &a).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut opened = 0;
                    while !done.load(std::sync::atomic::Ordering::Relaxed) || opened == 0 {
                        assert!(ids.contains(&open(root.path()).view().snapshot().id.to_string()));
                        opened += 1;
                    }
                    opened
                })
            })
            .collect();
        for round in 0..20 {
            publish(root.path(), if round % 2 == 0 { &b } else { &a }).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(readers.into_iter().all(|reader| reader.join().unwrap() > 0));
    });
    assert_eq!(names(root.path()).0.len(), 1);
}

#[test]
fn a_snapshot_reached_through_symbolic_links_is_published_as_files() {
    let (work, root) = (temporary(), temporary());
    let (a, linked) = (work.path().join("a"), work.path().join("linked"));
    let manifest = population(&a, 1);
    std::fs::create_dir(&linked).unwrap();
    for name in manifest.file_names().chain(["manifest.json"]) {
        std::os::unix::fs::symlink(a.join(name), linked.join(name)).unwrap();
    }
    publish(root.path(), &linked).unwrap();
    std::fs::remove_dir_all(&a).unwrap();
    let own = root.path().join("snapshots").join(&names(root.path()).0[0]);
    assert!(Snapshot::open(&own).unwrap().sample(1).is_ok());
    assert!(open(root.path()).view().snapshot().rows == ROWS && ElemenSet::ALL.contains_all(ElemenSet::EMPTY));
}

#[test]
fn what_others_may_write_to_is_copied_and_what_is_ours_alone_is_linked() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    for (mode, linked) in [(0o644, true), (0o664, false), (0o646, false)] {
        let (work, root) = (temporary(), temporary());
        let a = work.path().join("a");
        population(&a, 1);
        let (expected, file) = (everybody(&a), data_file(&a));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        publish(root.path(), &a).unwrap();
        let own = data_file(&root.path().join("snapshots").join(&names(root.path()).0[0]));
        assert_eq!(std::fs::metadata(&own).unwrap().ino() == std::fs::metadata(&file).unwrap().ino(), linked, "{mode:o}");
        if !linked {
            // Written over after it was checked: what is served is another file.
            std::fs::write(&file, b"something else").unwrap();
            serves(root.path(), &expected);
        }
    }
}
