//! Reads Rust source as far as the house rules need it: comments and literals blanked, paths told apart, test code marked.
//!
//! This is no parser of Rust: it knows tokens, `use` trees and `#[cfg(test)]`, which is all that the rules speak of.

use std::{fs, io, path::Path};

use crate::{
    blank::blank,
    names::{Name, names},
    tokens::{test_code, tokens},
};

/// One source file, taken apart.
#[derive(Default)]
pub(crate) struct Source {
    /// Path from the top of the repository, with `/`.
    pub(crate) path: String,
    /// The text as it stands in the file.
    pub(crate) text: String,
    /// The text with comments, strings and characters blanked; lines stay where they were.
    pub(crate) code: String,
    /// Every path named in the code, `use` trees unfolded.
    pub(crate) names: Vec<Name>,
    /// Modules declared `#[cfg(test)] mod x;`: their files are test code.
    test_modules: Vec<String>,
}

impl Source {
    /// Takes a text apart.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = blank(text);
        let tokens = tokens(&code);
        let (in_test, test_modules) = test_code(&tokens);
        let names = names(&tokens, &in_test);
        Self { path: path.to_owned(), text: text.to_owned(), code, names, test_modules }
    }

    /// The top-level module the file belongs to: `kernel` for `src/kernel/nik.rs`, `config` for `src/config.rs`.
    pub(crate) fn room(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let first = inside.split('/').next().unwrap_or(inside);
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// How many `super` lead from the file's own module to the crate.
    pub(crate) fn depth(&self) -> usize {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        match inside.strip_suffix("/mod.rs").or(inside.strip_suffix(".rs")) {
            Some("lib" | "main") | None => 0,
            Some(module) => module.split('/').count(),
        }
    }

    fn holds_test_module(&self, other: &str) -> bool {
        let own = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let folder = ["/mod", "/lib", "/main"].iter().find_map(|end| own.strip_suffix(end)).unwrap_or(own);
        self.test_modules.iter().any(|module| {
            let stem = format!("{folder}/{module}");
            other.strip_prefix(&stem).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        })
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
    mark_test_files(&mut sources);
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

fn mark_test_files(sources: &mut [Source]) {
    let paths: Vec<String> = sources.iter().map(|source| source.path.clone()).collect();
    let tests: Vec<&String> = paths.iter().filter(|path| sources.iter().any(|source| source.holds_test_module(path))).collect();
    for source in sources.iter_mut().filter(|source| tests.contains(&&source.path)) {
        source.names.iter_mut().for_each(|name| name.in_test = true);
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
            Source::new("src/pks/decide.rs", "use a::b;"),
            Source::new("src/pks/tests.rs", "use a::b;"),
            Source::new("src/pks/tests/matrix.rs", "use a::b;"),
        ];
        mark_test_files(&mut sources);
        let marks: Vec<bool> = sources.iter().skip(1).map(|source| source.names.iter().all(|name| name.in_test)).collect();
        assert_eq!(marks, [false, true, true]);
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
            let source = Source { path: path.to_owned(), ..Source::default() };
            assert_eq!((source.room(), source.depth()), (room, depth), "{path}");
        }
    }
}
