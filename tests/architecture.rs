//! The rules of the house, checked against the source itself: which room may import which, which words belong where, how long a
//! file may be, what lies at the top of the repository. Each check is a function of text and has its own test that it can fail.

#[path = "architecture/banned.rs"]
mod banned;
#[path = "architecture/blank.rs"]
mod blank;
#[path = "architecture/edges.rs"]
mod edges;
#[path = "architecture/layout.rs"]
mod layout;
#[path = "architecture/names.rs"]
mod names;
#[path = "architecture/rooms.rs"]
mod rooms;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/tokens.rs"]
mod tokens;
#[path = "architecture/words.rs"]
mod words;

use std::collections::BTreeSet;

use rooms::ROOMS;
use source::{Source, read_all};

const MANIFEST: &str = include_str!("../Cargo.toml");
const MAP: &str = include_str!("../src/ARCHITECTURE.md");

fn house() -> Vec<Source> {
    let sources = read_all("src").unwrap_or_default();
    assert!(sources.len() > 1, "found no source");
    sources
}

fn house_and_tests() -> Vec<Source> {
    ["src", "tests", "benches"].into_iter().flat_map(|folder| read_all(folder).unwrap_or_default()).collect()
}

fn nothing(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn every_import_stands_in_the_table() {
    nothing(&edges::forbidden(ROOMS, &edges::imports(&house())));
}

#[test]
fn every_line_of_the_table_is_used() {
    let house = house();
    let present: BTreeSet<String> = house.iter().map(|source| source.room().to_owned()).collect();
    nothing(&edges::idle(ROOMS, &present, &edges::imports(&house)));
}

#[test]
fn every_room_stands_in_the_table() {
    nothing(&edges::strangers(ROOMS, &house().iter().map(|source| source.room().to_owned()).collect()));
}

#[test]
fn the_table_obeys_the_floors() {
    nothing(&edges::table_faults(ROOMS));
}

#[test]
fn no_word_is_said_below_its_floor() {
    nothing(&words::below(ROOMS, words::NOT_BELOW, &house()));
}

#[test]
fn witnesses_are_made_by_their_makers_alone() {
    let house = house();
    nothing(&words::astray(words::ONLY_IN, &house));
    nothing(&words::unused_places(words::ONLY_IN, &house));
}

#[test]
fn banned_words_are_not_used() {
    let bans = banned::read(include_str!("architecture/banned.txt")).unwrap();
    nothing(&banned::uses(&bans, &house_and_tests()));
}

#[test]
fn files_are_short() {
    nothing(&layout::too_long(&house_and_tests(), layout::GENERATED));
}

#[test]
fn every_room_is_on_the_map() {
    nothing(&layout::off_the_map(MAP, &house()));
}

#[test]
fn only_what_belongs_there_lies_at_the_top() {
    let names = layout::top_level().unwrap();
    assert!(names.contains("src"), "{names:?}");
    nothing(&layout::out_of_place(&names));
}

#[test]
fn the_named_packages_are_direct_dependencies() {
    nothing(&layout::named_packages_amiss(MANIFEST).unwrap());
}

#[test]
fn the_lint_wall_stands() {
    nothing(&layout::gaps_in_the_wall(MANIFEST, include_str!("../.clippy.toml")).unwrap());
}
