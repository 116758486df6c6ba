//! Reads Rust source as far as the house rules need it: comments and literals blanked, paths told apart, test code marked.
//!
//! This is no parser of Rust: it knows tokens, `use` trees and `#[cfg(test)]`, which is all that the rules speak of.

use std::{fs, io, path::Path};

use crate::{
    blank::blank,
    names::{Name, names},
    tokens::{Child, children, test_code, tokens},
};

/// One source file, taken apart.
pub(crate) struct Source {
    /// Path from the top of the repository, with `/`.
    pub(crate) path: String,
    /// The text as it stands in the file.
    pub(crate) text: String,
    /// The text with comments, strings and characters blanked; lines stay where they were.
    pub(crate) code: String,
    /// Every path named in the code, `use` trees unfolded.
    pub(crate) names: Vec<Name>,
    /// How many `super` lead from the file's own module to the crate.
    pub(crate) depth: usize,
    children: Vec<Child>,
}

impl Source {
    /// Takes a text apart.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = blank(text);
        let tokens = tokens(&code);
        let in_test = test_code(&tokens);
        let names = names(&tokens, &in_test);
        let children = children(&tokens, &in_test, text);
        Self { path: path.to_owned(), text: text.to_owned(), code, names, depth: depth(path), children }
    }

    /// The top-level module the file belongs to: `kernel` for `src/kernel/nik.rs`, `config` for `src/config.rs`.
    pub(crate) fn room(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let first = inside.split('/').next().unwrap_or(inside);
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Whether the text of a child is in that file, or below it.
    fn keeps(&self, child: &Child, path: &str) -> bool {
        if let Some(file) = &child.moved_to {
            return self.path.rsplit_once('/').is_some_and(|(folder, _)| format!("{folder}/{file}") == path);
        }
        let own = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let folder = ["/mod", "/lib", "/main"].iter().find_map(|end| own.strip_suffix(end)).unwrap_or(own);
        let stem = format!("{folder}/{}", child.name);
        path.strip_prefix(&stem).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    }
}

fn depth(path: &str) -> usize {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    match inside.strip_suffix("/mod.rs").or(inside.strip_suffix(".rs")) {
        Some("lib" | "main") | None => 0,
        Some(module) => module.split('/').count(),
    }
}

/// Every Rust file under a folder of the repository, in order of path.
pub(crate) fn read_all(folder: &str) -> io::Result<Vec<Source>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    if root.join(folder).is_dir() {
        walk(root, folder, &mut paths)?;
    }
    paths.sort();
    let mut sources = Vec::new();
    for path in paths.iter().filter(|path| path.ends_with(".rs")) {
        sources.push(Source::new(path, &fs::read_to_string(root.join(path))?));
    }
    join(&mut sources);
    Ok(sources)
}

fn walk(root: &Path, folder: &str, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() { walk(root, &path, paths)? } else { paths.push(path) }
    }
    Ok(())
}

/// Tells files what only their parents know: that they are test code, that `#[path]` puts them deeper than they lie.
fn join(sources: &mut [Source]) {
    let mut facts: Vec<(String, bool, usize)> = Vec::new();
    for parent in sources.iter() {
        for child in &parent.children {
            for source in sources.iter().filter(|source| parent.keeps(child, &source.path)) {
                let depth = if child.moved_to.is_some() { parent.depth + 1 } else { source.depth };
                facts.push((source.path.clone(), child.in_test, depth));
            }
        }
    }
    for source in sources.iter_mut() {
        for (_, in_test, depth) in facts.iter().filter(|(path, ..)| *path == source.path) {
            source.depth = source.depth.max(*depth);
            source.names.iter_mut().for_each(|name| name.in_test |= in_test);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        Source::new("src/pks/mod.rs", text)
            .names
            .iter()
            .map(|name| name.segments.join("::"))
            .filter(|path| path.contains("::"))
            .collect()
    }

    #[test]
    fn use_trees_are_unfolded_to_their_leaves() {
        let text = "use crate::{kernel::{Nik, elemen::*}, matching as m,\n disk};\nuse std::fs;";
        assert_eq!(paths(text), ["crate::kernel::Nik", "crate::kernel::elemen::*", "crate::matching", "crate::disk", "std::fs"]);
    }

    #[test]
    fn paths_within_code_are_seen_and_those_in_comments_and_strings_are_not() {
        let text = "fn f() -> crate::disk::Disk { /* crate::a::b */ g(\"crate::c::d\", crate::store::x::<u8>()) } // crate::e::f";
        assert_eq!(paths(text), ["crate::disk::Disk", "crate::store::x"]);
    }

    #[test]
    fn test_code_is_told_from_the_rest() {
        let text =
            "use a::b;\n#[cfg(test)]\n#[derive(X)]\nfn t() { c::d() }\nfn u() { e::f() }\n#[cfg(test)]\nmod tests { use g::h; }";
        let source = Source::new("src/pks/mod.rs", text);
        let marked: Vec<(String, bool)> = source
            .names
            .iter()
            .filter(|name| name.segments.len() > 1)
            .map(|name| (name.segments.join("::"), name.in_test))
            .collect();
        let wanted = [("a::b", false), ("c::d", true), ("e::f", false), ("g::h", true)];
        assert_eq!(marked, wanted.map(|(path, test)| (path.to_owned(), test)));
    }

    #[test]
    fn the_file_of_a_test_module_is_test_code() {
        let mut sources = vec![
            Source::new("src/pks/mod.rs", "mod decide;\n#[cfg(test)]\nmod tests;"),
            Source::new("src/pks/decide.rs", "use a::b;\n#[cfg(test)]\n#[path = \"decide_tests.rs\"]\nmod tests;"),
            Source::new("src/pks/decide_tests.rs", "use a::b;"),
            Source::new("src/pks/tests.rs", "use a::b;"),
            Source::new("src/pks/tests/matrix.rs", "use a::b;"),
        ];
        join(&mut sources);
        let marks: Vec<(bool, usize)> =
            sources.iter().skip(1).map(|source| (source.names.iter().all(|name| name.in_test), source.depth)).collect();
        assert_eq!(marks, [(false, 2), (true, 3), (true, 2), (true, 3)]);
    }

    #[test]
    fn rooms_and_depths_follow_from_the_path() {
        for (path, room, depth) in [
            ("src/lib.rs", "lib", 0),
            ("src/main.rs", "main", 0),
            ("src/config.rs", "config", 1),
            ("src/kernel/mod.rs", "kernel", 1),
            ("src/kernel/nik.rs", "kernel", 2),
        ] {
            let source = Source::new(path, "");
            assert_eq!((source.room(), source.depth), (room, depth), "{path}");
        }
    }
}
