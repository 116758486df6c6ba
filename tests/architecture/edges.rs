//! Compares the imports in the code with the table of `rooms.rs`.

use std::collections::BTreeSet;

use crate::{
    names::Name,
    rooms::{Room, Sees, against_the_house},
    source::Source,
};

/// An import as it stands in the code.
pub(crate) struct Import {
    from: String,
    to: String,
    place: String,
}

/// Every import between rooms in these files.
pub(crate) fn imports(sources: &[Source]) -> Vec<Import> {
    let mut found = Vec::new();
    for source in sources {
        for name in &source.names {
            if let Some(to) = target(source, name).filter(|to| *to != source.room()) {
                let place = format!("{}:{}", source.path, name.line);
                found.push(Import { from: source.room().to_owned(), to: to.to_owned(), place });
            }
        }
    }
    found
}

/// The room a path leads to, where it leads out of the crate's root.
fn target<'a>(source: &Source, name: &'a Name) -> Option<&'a str> {
    let mut words = name.segments.iter().map(String::as_str).skip_while(|word| *word == "self").peekable();
    let supers = std::iter::from_fn(|| words.next_if(|word| *word == "super")).count();
    let from_root = match words.peek().copied() {
        _ if supers > 0 => supers >= source.depth + name.modules_deep,
        Some("crate") => words.next().is_some(),
        Some("gerbang") => source.room() == "main" && words.next().is_some(),
        _ => false,
    };
    words.next().filter(|_| from_root)
}

/// Imports that the table does not allow.
pub(crate) fn forbidden(table: &[Room], imports: &[Import]) -> Vec<String> {
    let allowed = |import: &Import| {
        let known = table.iter().any(|room| room.name == import.to);
        table.iter().filter(|room| room.name == import.from).any(|room| match &room.sees {
            Sees::Only(edges) => edges.iter().any(|edge| edge.to == import.to),
            Sees::Everything(_) => known,
        })
    };
    let refused = imports.iter().filter(|import| !allowed(import));
    refused.map(|import| format!("{}: {} must not import {}", import.place, import.from, import.to)).collect()
}

/// Edges of the table between rooms that both exist, but which no code uses.
pub(crate) fn idle(table: &[Room], present: &BTreeSet<String>, imports: &[Import]) -> Vec<String> {
    let mut found = Vec::new();
    for room in table.iter().filter(|room| present.contains(room.name)) {
        let Sees::Only(edges) = &room.sees else { continue };
        for edge in edges.iter().filter(|edge| present.contains(edge.to)) {
            if !imports.iter().any(|import| import.from == room.name && import.to == edge.to) {
                found.push(format!("no code uses {} -> {} ({}): take it out of the table", room.name, edge.to, edge.reason));
            }
        }
    }
    found
}

/// Rooms that the table does not know.
pub(crate) fn strangers(table: &[Room], present: &BTreeSet<String>) -> Vec<String> {
    let unknown = present.iter().filter(|name| !table.iter().any(|room| room.name == **name));
    unknown.map(|name| format!("src/{name} is not in the table of rooms")).collect()
}

/// Faults of the table itself: against the house, without a reason, said twice, to nowhere.
pub(crate) fn table_faults(table: &[Room]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, room) in table.iter().enumerate() {
        if table.iter().skip(at + 1).any(|other| other.name == room.name) {
            found.push(format!("{} stands in the table twice", room.name));
        }
        let edges = match &room.sees {
            Sees::Only(edges) => *edges,
            Sees::Everything(reason) => {
                if room.floor != crate::rooms::Floor::Roof || reason.is_empty() {
                    found.push(format!("only the roof sees everything, not {}", room.name));
                }
                &[]
            }
        };
        for (at, edge) in edges.iter().enumerate() {
            let said_again = edges.iter().skip(at + 1).any(|other| other.to == edge.to);
            let fault = match table.iter().find(|other| other.name == edge.to) {
                _ if edge.reason.is_empty() => Some("it has no reason"),
                _ if said_again => Some("it is said twice"),
                None => Some("there is no such room"),
                Some(to) => against_the_house(room, to),
            };
            found.extend(fault.map(|fault| format!("{} -> {}: {fault}", room.name, edge.to)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::{Edge, Floor, ROOMS};

    const SAMPLE: &[Room] = &[
        Room { name: "kernel", floor: Floor::Words, sees: Sees::Only(&[]) },
        Room { name: "pks", floor: Floor::Decisions, sees: Sees::Only(&[Edge { to: "kernel", reason: "words" }]) },
        Room { name: "wiring", floor: Floor::Roof, sees: Sees::Everything("joins") },
    ];

    fn refusals(path: &str, text: &str) -> Vec<String> {
        forbidden(SAMPLE, &imports(&[Source::new(path, text)]))
    }

    #[test]
    fn an_import_upwards_is_found_however_it_is_written() {
        for text in [
            "use crate::wiring::House;",
            "use crate::{kernel::Nik, wiring};",
            "use {std::fmt, crate::{kernel::{Nik, Row}, wiring as w}};",
            "fn f() { crate::wiring::start() }",
            "pub(in crate::wiring) struct S;",
            "use super::super::wiring;",
            "mod inner { use super::super::super::wiring; }",
            "#[cfg(test)] mod tests { use crate::wiring; }",
            "use crate::*;",
            "use crate::kitchen;",
        ] {
            assert_eq!(refusals("src/pks/decide.rs", text).len(), 1, "{text}");
        }
        assert_eq!(refusals("src/pks/mod.rs", "use super::wiring;").len(), 1);
        assert_eq!(refusals("src/kernel/nik.rs", "use crate::pks;").len(), 1);
        assert_eq!(refusals("src/attic.rs", "use crate::kernel;").len(), 1);
        assert_eq!(refusals("src/wiring.rs", "use crate::kitchen;").len(), 1);
    }

    #[test]
    fn imports_that_the_table_allows_pass() {
        for text in [
            "use crate::{kernel::Nik, pks::decide};",
            "pub(crate) use super::{document, super::kernel};",
            "mod tests { use super::super::kernel; use super::*; }",
        ] {
            assert_eq!(refusals("src/pks/decide.rs", text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(refusals("src/wiring.rs", "use crate::{kernel, pks};"), Vec::<String>::new());
    }

    #[test]
    fn an_edge_without_use_is_found_once_both_rooms_exist() {
        let idle_edges = |present: &[&str], text: &str| {
            let present = present.iter().map(|name| (*name).to_owned()).collect();
            idle(SAMPLE, &present, &imports(&[Source::new("src/pks/mod.rs", text)])).len()
        };
        assert_eq!(idle_edges(&["kernel", "pks"], ""), 1);
        assert_eq!(idle_edges(&["kernel", "pks"], "use crate::kernel;"), 0);
        assert_eq!(idle_edges(&["pks"], ""), 0);
    }

    #[test]
    fn a_room_outside_the_table_is_found() {
        let present = ["kernel", "kitchen"].map(str::to_owned).into();
        assert_eq!(strangers(SAMPLE, &present), ["src/kitchen is not in the table of rooms"]);
    }

    #[test]
    fn the_table_cannot_break_the_house() {
        let room = |name, floor, sees| Room { name, floor, sees };
        for (from, to) in [("matching", "pks"), ("kernel", "pks"), ("quota", "journal"), ("app", "disk"), ("gateway", "journal")] {
            let [from, to] = [from, to].map(|name| ROOMS.iter().find(|room| room.name == name).unwrap());
            assert!(against_the_house(from, to).is_some(), "{} -> {}", from.name, to.name);
        }
        let faulty = [
            room("a", Floor::Words, Sees::Everything("wants it")),
            room("b", Floor::Deeds, Sees::Only(&[Edge { to: "a", reason: "" }])),
            room("c", Floor::Deeds, Sees::Only(&[Edge { to: "nowhere", reason: "r" }])),
            room("d", Floor::Deeds, Sees::Only(&[Edge { to: "a", reason: "r" }, Edge { to: "a", reason: "r" }])),
            room("d", Floor::Words, Sees::Only(&[Edge { to: "b", reason: "r" }])),
        ];
        assert_eq!(table_faults(&faulty).len(), 6);
    }
}
