//! Dependencies between the modules of core: only downwards.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::TokenStream;

use crate::paths::{Counted, Named, named_paths};

/// From the lowest to the highest layer. Modules of one layer do not know each other, but for [`ALLOWED`].
const LAYERS: [&[&str]; 9] = [
    &["params", "time", "error", "sorting"],
    &["codec"],
    &["crypto"],
    &["ledger"],
    &["chain"],
    &["delivery"],
    &["consensus"],
    &["mempool", "gossip", "sync", "chat", "wallet", "store"],
    &["peer"],
];

/// Who may know whom within a layer: the ground modules each other, and sync the gossip it fills gaps of.
const ALLOWED: [(&str, &str); 7] = [
    ("sync", "gossip"),
    ("params", "time"),
    ("params", "error"),
    ("time", "params"),
    ("time", "error"),
    ("error", "params"),
    ("error", "time"),
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

fn may_use(user: &str, used: &str) -> bool {
    match (layer(user), layer(used)) {
        (Some(own), Some(other)) => own > other || user == used || ALLOWED.contains(&(user, used)),
        // Items of the crate root, and whatever a macro names `crate`.
        _ => layer(used).is_none(),
    }
}

/// One path that starts in the crate: from the top-level module it stands in, to the one that it names.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    user: String,
    used: String,
    line: usize,
}

fn edges(code: TokenStream, here: &[String]) -> BTreeSet<Edge> {
    let user = here.first().cloned().unwrap_or_default();
    let edge = |named: Named| {
        Some(Edge {
            user: user.clone(),
            used: named.path.into_iter().next()?,
            line: named.line,
        })
    };
    named_paths(code, here, Counted::All)
        .into_iter()
        .filter_map(edge)
        .collect()
}

/// `core/src/a/b.rs` and `core/src/a/b/mod.rs` are the module `a::b`; `lib.rs` is the root.
pub fn module_path(source: &Path, file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(source).unwrap().with_extension("");
    let mut path: Vec<String> = relative
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if path
        .last()
        .is_some_and(|name| ["mod", "lib", "main"].contains(&name.as_str()))
    {
        path.pop();
    }
    path
}

pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn edges_of(code: &str, here: &[&str]) -> Vec<(String, String)> {
    let here: Vec<String> = here.iter().map(|part| (*part).to_owned()).collect();
    let found = edges(code.parse().unwrap(), &here);
    found.into_iter().map(|edge| (edge.user, edge.used)).collect()
}

#[test]
fn modules_of_core_use_only_what_lies_below_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src");
    let mut wrong = Vec::new();
    for file in sources(&source) {
        let here = module_path(&source, &file);
        let Some(own) = here.first() else { continue };
        assert!(
            layer(own).is_some(),
            "{} is in no layer: add it to LAYERS",
            file.display()
        );
        let code: TokenStream = fs::read_to_string(&file).unwrap().parse().unwrap();
        let upward = edges(code, &here)
            .into_iter()
            .filter(|edge| !may_use(&edge.user, &edge.used));
        wrong.extend(upward.map(|edge| {
            format!(
                "{}:{}: {} uses {}",
                file.display(),
                edge.line,
                edge.user,
                edge.used
            )
        }));
    }
    assert!(
        wrong.is_empty(),
        "upward dependencies in core:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_way_to_write_a_path_is_seen() {
    let upward = vec![("ledger".to_owned(), "chain".to_owned())];
    for code in [
        "use crate::chain::Block;",
        "use crate::{chain::{Block, Header}};",
        "fn f() { let x = crate::chain::tip(); }",
        "vec![crate::chain::tip()]",
        "mod tests { use super::super::super::chain::Block; }",
    ] {
        assert_eq!(edges_of(code, &["ledger", "apply"]), upward, "{code}");
    }
    let both = edges_of("use crate::{codec, chain::Block};", &["ledger"]);
    assert_eq!(both.len(), 2);
    assert_eq!(edges_of("use super::chain::Block;", &["ledger"]), upward);
}

#[test]
fn comments_and_strings_and_own_paths_do_not_count() {
    assert!(
        edges_of(
            "/* use crate::chain; */ const A: &str = \"crate::chain\";",
            &["ledger"]
        )
        .is_empty()
    );
    let own = edges_of(
        "mod tests { use super::*; use super::super::fees; }",
        &["ledger", "apply"],
    );
    assert!(own.iter().all(|(user, used)| may_use(user, used)), "{own:?}");
}

#[test]
fn the_order_of_layers_is_enforced() {
    assert!(may_use("chain", "ledger"));
    assert!(may_use("sync", "gossip"));
    assert!(!may_use("ledger", "chain"));
    assert!(!may_use("gossip", "sync"));
    assert!(!may_use("chat", "wallet"));
    assert!(!may_use("wallet", "peer"));
}
