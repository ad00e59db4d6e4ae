//! The floors of core's peer: what an input sets off, what is done as time passes and what is drawn stand on the shared verbs, and never on
//! each other.
//!
//! Verbs are methods of `Peer`, `Network` and its `Told`, whose `impl` lies in many files, so no `use` tells who stands on whom: calls by name do.
//! What two floors call alike counts as the lower one's.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use proc_macro2::{TokenStream, TokenTree};

use super::modules::sources;

/// A part of `core/src/peer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Floor {
    /// The files beside the folders: what a peer has.
    Ground,
    /// `act/`: what it can do.
    Act,
    /// `handle/`: upon an input.
    Handle,
    /// `duty/`: as time passes.
    Duty,
    /// `show/`: what is drawn.
    Show,
}

impl Floor {
    const ABOVE_GROUND: [(&str, Self); 4] = [
        ("act", Self::Act),
        ("handle", Self::Handle),
        ("duty", Self::Duty),
        ("show", Self::Show),
    ];

    fn may_use(self, other: Self) -> bool {
        self == other || other == Self::Ground || (other == Self::Act && self != Self::Ground)
    }
}

/// What one file defines and calls, outside its tests.
#[derive(Default)]
struct Words {
    methods: BTreeSet<String>,
    called: BTreeSet<String>,
    /// Floors that a path names.
    named: BTreeSet<String>,
}

impl Words {
    fn of(code: &str) -> Self {
        let mut words = Self::default();
        words.read(code.parse().unwrap(), false);
        words
    }

    fn read(&mut self, tokens: TokenStream, in_impl: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let word = |index: usize| match tokens.get(index) {
            Some(TokenTree::Ident(word)) => word.to_string(),
            Some(TokenTree::Punct(mark)) => mark.to_string(),
            _ => String::new(),
        };
        let before = |index: usize, back: usize| index.checked_sub(back).map(word).unwrap_or_default();
        for (index, token) in tokens.iter().enumerate() {
            let follows_colons = before(index, 1) == ":" && before(index, 2) == ":";
            match token {
                TokenTree::Group(group) => {
                    let is_tests = before(index, 2) == "mod" && before(index, 1) == "tests";
                    let of_peer = ["Peer", "Network", "Told"].contains(&before(index, 1).as_str());
                    if !is_tests {
                        self.read(group.stream(), before(index, 2) == "impl" && of_peer);
                    }
                }
                TokenTree::Ident(name) => {
                    let name = name.to_string();
                    let is_of_peer = ["self", "Self", "Peer", "Network"].contains(&before(index, 3).as_str());
                    let is_called = matches!(tokens.get(index + 1), Some(TokenTree::Group(_)));
                    if in_impl && before(index, 1) == "fn" {
                        self.methods.insert(name);
                    } else if (before(index, 1) == "." && is_called) || (follows_colons && is_of_peer) {
                        self.called.insert(name);
                    } else if word(index + 1) == ":" && word(index + 2) == ":" {
                        self.named.insert(name);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The words of every file of the peer but the one that joins them all.
fn words() -> Vec<(Floor, String, Words)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/peer");
    let mut found = Vec::new();
    for file in sources(&folder) {
        let name = file.strip_prefix(&folder).unwrap().display().to_string();
        if name == "mod.rs" || name.starts_with("attacks") {
            continue;
        }
        let above = Floor::ABOVE_GROUND
            .into_iter()
            .find(|(start, _)| name.starts_with(&format!("{start}/")));
        let floor = above.map_or(Floor::Ground, |(_, floor)| floor);
        let code = fs::read_to_string(&file).unwrap();
        found.push((floor, name, Words::of(&code)));
    }
    found
}

/// Calls and paths that lead up or sideways.
fn wrong(words: &[(Floor, String, Words)]) -> Vec<String> {
    let mut floor_of: BTreeMap<&str, Floor> = BTreeMap::new();
    for (floor, _, words) in words {
        for method in &words.methods {
            let known = floor_of.entry(method).or_insert(*floor);
            *known = (*known).min(*floor);
        }
    }
    let named: BTreeMap<&str, Floor> = BTreeMap::from(Floor::ABOVE_GROUND);
    let mut wrong = Vec::new();
    for (floor, file, words) in words {
        let calls = words
            .called
            .iter()
            .map(|name| (name, floor_of.get(name.as_str())));
        let paths = words.named.iter().map(|name| (name, named.get(name.as_str())));
        for (name, other) in calls.chain(paths) {
            if let Some(other) = other.filter(|other| !floor.may_use(**other)) {
                wrong.push(format!("{file}: {name} is of {other:?}"));
            }
        }
    }
    wrong
}

#[test]
fn the_floors_of_the_peer_stand_on_its_verbs_and_never_on_each_other() {
    let words = words();
    for (folder, floor) in Floor::ABOVE_GROUND {
        let has_methods =
            |(other, _, words): &(Floor, String, Words)| *other == floor && !words.methods.is_empty();
        assert!(words.iter().any(has_methods), "nothing was read in {folder}/");
    }
    let wrong = wrong(&words);
    assert!(wrong.is_empty(), "calls up or sideways:\n{}", wrong.join("\n"));
}

#[test]
fn a_call_from_one_floor_to_another_is_found() {
    let of = |floor, code: &str| (floor, format!("{floor:?}"), Words::of(code));
    let house = |code: &str| {
        vec![
            of(Floor::Duty, "impl Peer { fn vote_if_due(&mut self) {} }"),
            of(Floor::Act, "impl Peer { fn settle(&mut self) {} }"),
            of(Floor::Handle, code),
        ]
    };
    for code in [
        "impl Peer { fn on_votes(&mut self) { self.vote_if_due(); } }",
        "impl Peer { fn on_votes(&mut self) { each(Self::vote_if_due); } }",
        "use crate::peer::duty::Turn;",
    ] {
        assert_eq!(wrong(&house(code)).len(), 1, "{code}");
    }
    for code in [
        "impl Peer { fn on_votes(&mut self) { self.settle(); self.vote_if_due; } }",
        "mod tests { fn f() { peer.vote_if_due(); } }",
    ] {
        assert!(wrong(&house(code)).is_empty(), "{code}");
    }
    assert!(!Floor::Ground.may_use(Floor::Act) && !Floor::Show.may_use(Floor::Handle));
}
