//! The top of the repository, the sizes of files, the map, and the manifest.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use toml::{Table, Value};

use crate::source::Source;

/// What may lie at the top of the repository, dotfiles aside.
const TOP: [&str; 10] =
    ["Cargo.toml", "src", "policies", "fixtures", "benches", "tests", "README.md", "Cargo.lock", "CHANGELOG.md", "LICENSE"];

/// The packages the customer named.
const NAMED_PACKAGES: [&str; 10] =
    ["arrow", "governor", "hyper", "jsonwebtoken", "moka", "parquet", "pcsc", "rustls", "serde", "tokio"];

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: i64 = 70;
const MAIN_LINES_MAX: usize = 59;
const MAP_LINES_MAX: usize = 200;

/// Generated data that may be longer, each with how it is made.
pub(crate) const GENERATED: &[(&str, &str)] = &[];

/// Lints that hold the house together, as they stand in the manifest.
const WALL: [(&str, &str, &str); 14] = [
    ("rust", "unsafe_code", "deny"),
    ("rust", "missing_docs", "deny"),
    ("rust", "unreachable_pub", "deny"),
    ("clippy", "unwrap_used", "deny"),
    ("clippy", "expect_used", "deny"),
    ("clippy", "panic", "deny"),
    ("clippy", "todo", "deny"),
    ("clippy", "unimplemented", "deny"),
    ("clippy", "indexing_slicing", "deny"),
    ("clippy", "string_slice", "deny"),
    ("clippy", "allow_attributes_without_reason", "deny"),
    ("clippy", "dbg_macro", "deny"),
    ("clippy", "too_many_lines", "deny"),
    ("clippy", "disallowed_methods", "deny"),
];

/// The names at the top of the repository: tracked ones where git knows, else all but what a build leaves behind.
pub(crate) fn top_level() -> std::io::Result<BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tracked = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output();
    if let Some(output) = tracked.ok().filter(|output| output.status.success() && !output.stdout.is_empty()) {
        let paths = String::from_utf8_lossy(&output.stdout).into_owned();
        return Ok(paths.split('\0').filter_map(|path| path.split('/').next()).map(str::to_owned).collect());
    }
    let names = fs::read_dir(root)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.filter(|name| !matches!(name, Ok(name) if name == "target")).collect()
}

/// Names that have no place at the top.
pub(crate) fn out_of_place(names: &BTreeSet<String>) -> Vec<String> {
    names.iter().filter(|name| !name.is_empty() && !name.starts_with('.') && !TOP.contains(&name.as_str())).cloned().collect()
}

/// Files that are too long, and exceptions that no file needs.
pub(crate) fn too_long(sources: &[Source], generated: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        let excepted = generated.iter().any(|(path, _)| *path == source.path);
        let max = if source.path == "src/main.rs" { MAIN_LINES_MAX } else { FILE_LINES_MAX };
        let lines = source.text.lines().count();
        if lines > max && !excepted {
            found.push(format!("{}: {lines} lines, at most {max}", source.path));
        }
        if lines <= max && excepted {
            found.push(format!("{}: {lines} lines, needs no exception", source.path));
        }
    }
    found
}

/// What is wrong with the map: too long, or rooms that are not on it (`kernel/` for a folder, `config.rs` for a file).
pub(crate) fn off_the_map(map: &str, sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    let lines = map.lines().count();
    if lines > MAP_LINES_MAX {
        found.push(format!("src/ARCHITECTURE.md: {lines} lines, at most {MAP_LINES_MAX}"));
    }
    let first = |source: &Source| {
        let inside = source.path.strip_prefix("src/")?;
        Some(inside.split_once('/').map_or_else(|| inside.to_owned(), |(room, _)| format!("{room}/")))
    };
    let marks: BTreeSet<String> = sources.iter().filter_map(first).collect();
    let named: BTreeSet<&str> = map.split(|c: char| !(c.is_alphanumeric() || "_/.".contains(c))).collect();
    found.extend(marks.iter().filter(|mark| !named.contains(mark.as_str())).map(|mark| format!("{mark} is not on the map")));
    found
}

/// Named packages that do not stand as lines of their own under `[dependencies]`, pcsc alone being optional.
pub(crate) fn named_packages_amiss(manifest: &str) -> Result<Vec<String>, toml::de::Error> {
    let parsed: Table = manifest.parse()?;
    let section = manifest.lines().skip_while(|line| line.trim() != "[dependencies]").skip(1);
    let own_lines: Vec<&str> =
        section.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split('=').next()).collect();
    let mut found = Vec::new();
    for package in NAMED_PACKAGES {
        let entry = parsed.get("dependencies").and_then(|dependencies| dependencies.get(package));
        let optional = entry.and_then(|entry| entry.get("optional")).and_then(Value::as_bool).unwrap_or_default();
        let renamed = entry.is_some_and(|entry| entry.get("package").is_some());
        if entry.is_none() || renamed || !own_lines.iter().any(|line| line.trim() == package) {
            found.push(format!("{package} has no line of its own"));
        }
        if optional != (package == "pcsc") {
            found.push(format!("{package}: optional = {optional}"));
        }
    }
    Ok(found)
}

/// Stones missing from the lint wall, and a limit on functions other than the house's.
pub(crate) fn gaps_in_the_wall(manifest: &str, clippy: &str) -> Result<Vec<String>, toml::de::Error> {
    let parsed: Table = manifest.parse()?;
    let limit = clippy.parse::<Table>()?.get("too-many-lines-threshold").and_then(Value::as_integer);
    let level = |tool: &str, lint: &str| parsed.get("lints")?.get(tool)?.get(lint)?.as_str();
    let gaps = WALL.iter().filter(|(tool, lint, wanted)| level(tool, lint) != Some(*wanted));
    let mut found: Vec<String> = gaps.map(|(tool, lint, wanted)| format!("{tool}::{lint} is not at {wanted}")).collect();
    if limit != Some(FUNCTION_LINES_MAX) {
        found.push(format!("functions of {limit:?} lines are let through, at most {FUNCTION_LINES_MAX}"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(path: &str, lines: usize) -> Source {
        Source::new(path, &"\n".repeat(lines))
    }

    #[test]
    fn what_has_no_place_at_the_top_is_found() {
        let names = ["src", "tests", ".gitignore", "LICENSE", "scripts", "build.rs"].map(str::to_owned).into();
        assert_eq!(out_of_place(&names), ["build.rs", "scripts"]);
    }

    #[test]
    fn files_over_the_limit_are_found() {
        let sources = [long("src/a.rs", 500), long("src/b.rs", 501), long("src/main.rs", 60), long("src/c.rs", 501)];
        assert_eq!(too_long(&sources, &[("src/c.rs", "made by hand")]).len(), 2);
        assert_eq!(too_long(&sources, &[("src/a.rs", "too short"), ("src/c.rs", "made by hand")]).len(), 3);
    }

    #[test]
    fn a_room_that_is_not_on_the_map_is_found() {
        let sources = [long("src/kernel/nik.rs", 1), long("src/config.rs", 1), long("src/pks/mod.rs", 1), long("src/lib.rs", 1)];
        assert_eq!(off_the_map("kernel/ words, lib.rs, config.rs, `pks/`", &sources), Vec::<String>::new());
        assert_eq!(off_the_map("subkernel/ words, lib.rs, config, pks", &sources).len(), 3);
        assert_eq!(off_the_map(&"\n".repeat(201), &[]).len(), 1);
    }

    #[test]
    fn a_named_package_that_is_missing_renamed_or_optional_is_found() {
        let whole: String = NAMED_PACKAGES.iter().map(|package| format!("{package} = \"1\"\n")).collect();
        let good = format!("[dependencies]\n{whole}").replace("pcsc = \"1\"", "pcsc = { version = \"1\", optional = true }");
        assert_eq!(named_packages_amiss(&good).unwrap(), Vec::<String>::new());
        for (from, to) in [
            ("arrow = \"1\"\n", ""),
            ("moka = \"1\"", "moka = { version = \"1\", package = \"other\" }"),
            ("tokio = \"1\"", "tokio = { version = \"1\", optional = true }"),
            (", optional = true", ""),
            ("[dependencies]", "[dev-dependencies]"),
            ("hyper = \"1\"\n", "\"hyper\" = \"1\"\n"),
        ] {
            assert!(!named_packages_amiss(&good.replace(from, to)).unwrap().is_empty(), "{from} -> {to}");
        }
    }

    #[test]
    fn a_stone_taken_from_the_wall_is_found() {
        let clippy = "too-many-lines-threshold = 70";
        assert_eq!(gaps_in_the_wall("[lints.rust]\nunsafe_code = \"warn\"", clippy).unwrap().len(), WALL.len());
        assert_eq!(gaps_in_the_wall("[lints.rust]\nunsafe_code = \"deny\"", clippy).unwrap().len(), WALL.len() - 1);
        let wall = include_str!("../../Cargo.toml");
        for clippy in ["", "too-many-lines-threshold = 100"] {
            assert_eq!(gaps_in_the_wall(wall, clippy).unwrap().len(), 1, "{clippy}");
        }
    }
}
