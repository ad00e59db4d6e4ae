//! Circles of imports: files of one package that need each other, so that none of them can be read, moved or tested alone.
//!
//! The paths of a file lead to other files of its package; what is built for tests only does not count. A circle is a strongly connected component of
//! that graph. A package's root, which says what is in it and what others may see, is in none. [`KNOWN`] has those that are left: a new one fails
//! the test, and so does one that is gone and still listed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use proc_macro2::TokenStream;

use crate::{
    modules::{module_path, sources},
    paths::{Counted, ModulePath, child, modules_for_tests, named_paths},
};

const PACKAGES: [&str; 9] = [
    "core", "frame", "host", "relay", "load", "sim", "web", "e2e", "xtask",
];

/// Package and files of each circle that is left.
const KNOWN: &[(&str, &[&str])] = &[
    // A room tells the backplane what its members say, and the backplane hands it what siblings heard: each holds the other.
    (
        "relay",
        &[
            "backplane",
            "backplane::counters",
            "backplane::hearing",
            "backplane::link",
            "backplane::nats",
            "config",
            "room",
        ],
    ),
];

/// What the files of a package name of each other.
#[derive(Default)]
struct Imports {
    of: BTreeMap<ModulePath, BTreeSet<ModulePath>>,
}

impl Imports {
    fn of_package(source: &Path) -> Self {
        let mut files: BTreeMap<ModulePath, TokenStream> = BTreeMap::new();
        for file in sources(source) {
            let code = fs::read_to_string(&file).unwrap();
            files.insert(module_path(source, &file), code.parse().unwrap());
        }
        Self::of_files(&files)
    }

    fn of_files(files: &BTreeMap<ModulePath, TokenStream>) -> Self {
        let mut for_tests = BTreeSet::new();
        for (module, code) in files {
            let names = modules_for_tests(code.clone());
            for_tests.extend(names.into_iter().map(|name| child(module, name)));
        }
        let is_for_tests =
            |module: &ModulePath| (1..=module.len()).any(|end| for_tests.contains(&module[..end]));
        let mut imports = Self::default();
        let counted = |module: &ModulePath| !module.is_empty() && !is_for_tests(module);
        for (module, code) in files.iter().filter(|(module, _)| counted(module)) {
            let named = named_paths(code.clone(), module, Counted::Product);
            let used = named.iter().map(|named| file_of(&named.path, files));
            let used = used.filter(|used| used != module && counted(used));
            imports.of.insert(module.clone(), used.collect());
        }
        imports
    }

    /// Every set of more than one file of which each one leads to all others.
    fn circles(&self) -> BTreeSet<Vec<String>> {
        let reached: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> = self
            .of
            .keys()
            .map(|module| (module, self.reachable(module)))
            .collect();
        let circle_of = |module: &ModulePath| -> Vec<String> {
            let others = reached[module]
                .iter()
                .filter(|other| reached[*other].contains(module));
            others.map(|other| other.join("::")).collect()
        };
        let circles = self.of.keys().map(circle_of);
        circles.filter(|circle| circle.len() > 1).collect()
    }

    fn reachable<'a>(&'a self, from: &'a ModulePath) -> BTreeSet<&'a ModulePath> {
        let mut found = BTreeSet::new();
        let mut open = vec![from];
        while let Some(module) = open.pop() {
            let used = self.of.get(module).into_iter().flatten();
            open.extend(used.filter(|used| found.insert(*used)));
        }
        found
    }
}

/// The file that a path leads into: the longest beginning of it that is a module.
fn file_of(path: &[String], files: &BTreeMap<ModulePath, TokenStream>) -> ModulePath {
    let mut end = path.len();
    while end > 0 && !files.contains_key(&path[..end]) {
        end -= 1;
    }
    path[..end].to_vec()
}

#[test]
fn no_files_need_each_other_but_those_that_are_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = BTreeSet::new();
    for package in PACKAGES {
        let circles = Imports::of_package(&root.join(package).join("src")).circles();
        found.extend(circles.into_iter().map(|circle| (package.to_owned(), circle)));
    }
    let known: BTreeSet<(String, Vec<String>)> = KNOWN
        .iter()
        .map(|(package, files)| {
            (
                (*package).to_owned(),
                files.iter().map(|file| (*file).to_owned()).collect(),
            )
        })
        .collect();
    let tell = |circles: BTreeSet<(String, Vec<String>)>| format!("{circles:#?}");
    assert!(
        found == known,
        "new: {}\ngone: {}",
        tell(&found - &known),
        tell(&known - &found)
    );
}

fn circles_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let files = files.iter().map(|(module, code)| {
        let path = module.split("::").filter(|part| !part.is_empty());
        (path.map(str::to_owned).collect(), code.parse().unwrap())
    });
    Imports::of_files(&files.collect())
        .circles()
        .into_iter()
        .collect()
}

#[test]
fn a_circle_is_seen_however_its_paths_are_written_and_however_long_it_is() {
    for back in [
        "use crate::a::A;",
        "use super::super::a::{self, A};",
        "use crate::{c, a::A};",
        "fn f() { let x = crate::a::A; }",
    ] {
        let files = [
            ("", "mod a; mod b;"),
            ("a", "use crate::b::c::C;"),
            ("b", ""),
            ("b::c", back),
        ];
        assert_eq!(circles_of(&files), [["a", "b::c"]], "{back}");
    }
    let three = [
        ("a", "use crate::b;"),
        ("b", "use crate::c;"),
        ("c", "use crate::a;"),
        ("d", "use crate::a;"),
    ];
    assert_eq!(circles_of(&three), [["a", "b", "c"]]);
    let with_child = [
        ("a", "mod b; use b::B; pub use self::b::C;"),
        ("a::b", "use super::A;"),
    ];
    assert_eq!(circles_of(&with_child), [["a", "a::b"]]);
}

#[test]
fn who_may_see_an_item_makes_no_circle() {
    let files = [
        ("a", "mod b; mod c; use b::B;"),
        ("a::c", ""),
        (
            "a::b",
            "use super::{c::C,}; pub(super) struct B; impl B { pub(in crate::a) fn f(self) { use self::D; } }",
        ),
    ];
    assert!(circles_of(&files).is_empty());
}

#[test]
fn what_only_tests_need_makes_no_circle() {
    let files = [
        (
            "a",
            "use crate::b::B; #[cfg(test)] mod tests; #[cfg(test)] mod samples { use crate::c::C; }",
        ),
        ("a::tests", "use super::A; use crate::c::C;"),
        ("b", "#[cfg(test)] use crate::a::A;"),
        ("c", "use crate::a::A;"),
    ];
    assert!(circles_of(&files).is_empty());
}
