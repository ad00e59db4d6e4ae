//! The people of the room as far as this page saw them: their names, and whose may be taken for another's.
//!
//! Names are chosen freely, on the chain or by announcing them, so one may take another's, or one that looks like it: [`look`] says what
//! that means. Whose name may be taken for another's is known here and nowhere else, and shows with its address wherever it shows.
//!
//! Who opens many sessions under many names makes this page remember [`MAX_KNOWN`] of them; then all are forgotten but those who are here.

mod look;

use std::collections::{BTreeMap, BTreeSet};

use ting_core::{crypto::keys::Address, sorting};

use crate::{browser, direction::isolated};

/// Most accounts whose names are remembered.
const MAX_KNOWN: usize = 4_096;

/// The names that people go by, and which of them look alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct People {
    known: BTreeMap<Address, Known>,
    alike: BTreeSet<Address>,
}

#[derive(Clone, Debug, PartialEq)]
struct Known {
    /// Profile name; empty if the account has none.
    name: String,
    looks: [String; 2],
}

impl Known {
    fn new(account: &Address, name: &str) -> Self {
        // Who has no name shows by the short address, which somebody else may take for a name.
        let shown = if name.is_empty() {
            account.short()
        } else {
            browser::apart(name)
        };
        Self {
            looks: look::looks(&shown),
            name: name.to_owned(),
        }
    }
}

impl People {
    /// Whether all these names are known already.
    pub fn knows<'a>(&self, names: impl IntoIterator<Item = (Address, &'a str)>) -> bool {
        names
            .into_iter()
            .all(|(account, name)| self.known.get(&account).is_some_and(|known| known.name == name))
    }

    /// With these names, which replace older ones of their accounts.
    pub fn with<'a>(mut self, names: impl IntoIterator<Item = (Address, &'a str)>) -> Self {
        let names: BTreeMap<Address, &str> = sorting::map(names);
        let count_new = names
            .keys()
            .filter(|account| !self.known.contains_key(account))
            .count();
        if self.known.len() + count_new > MAX_KNOWN {
            self.known.retain(|account, _| names.contains_key(account));
        }
        for (account, name) in names {
            if self.known.get(&account).is_none_or(|known| known.name != name) {
                self.known.insert(account, Known::new(&account, name));
            }
        }
        self.alike = alike(&self.known);
        self
    }

    /// Accounts with their names, which may be empty.
    pub fn iter(&self) -> impl Iterator<Item = (Address, &str)> {
        self.known
            .iter()
            .map(|(account, known)| (*account, known.name.as_str()))
    }

    /// The name of an account, if it has one.
    pub fn name(&self, account: &Address) -> Option<&str> {
        let name = self.known.get(account)?.name.as_str();
        (!name.is_empty()).then_some(name)
    }

    /// The name of an account, or its short address. It may be another's as well: whatever shows it shows the address beside it.
    pub fn name_of(&self, account: &Address) -> String {
        self.name(account).map_or_else(|| account.short(), str::to_owned)
    }

    /// Whether it has a name and somebody else shows by one that looks like it.
    pub fn is_ambiguous(&self, account: &Address) -> bool {
        self.alike.contains(account) && self.name(account).is_some()
    }

    /// The name, and the short address where the name may be another's: for the ears and for plain text.
    pub fn words(&self, account: &Address) -> String {
        let name = self.name_of(account);
        if self.is_ambiguous(account) {
            format!("{name} ({})", account.short())
        } else {
            name
        }
    }

    /// As [`People::words`], for the middle of a sentence: nothing in the name turns what stands beside it.
    pub fn isolated_words(&self, account: &Address) -> String {
        isolated(&self.words(account))
    }

    /// Whether the names of two accounts look alike.
    pub fn are_alike(&self, one: &Address, other: &Address) -> bool {
        let looks = |account| self.known.get(account).map(|known| &known.looks);
        looks(one)
            .zip(looks(other))
            .is_some_and(|(one, other)| one.iter().any(|look| other.contains(look)))
    }

    /// All whose names look like this one.
    pub fn like(&self, name: &str) -> Vec<Address> {
        let looks = look::looks(&browser::apart(name));
        self.known
            .iter()
            .filter(|(_, known)| {
                !known.name.is_empty() && known.looks.iter().any(|look| looks.contains(look))
            })
            .map(|(account, _)| *account)
            .collect()
    }
}

/// All accounts that share a look with another one.
fn alike(known: &BTreeMap<Address, Known>) -> BTreeSet<Address> {
    let mut looks: Vec<(&str, Address)> = known
        .iter()
        .flat_map(|(account, known)| known.looks.iter().map(|look| (look.as_str(), *account)))
        .collect();
    sorting::sort(&mut looks);
    looks.dedup();
    let of_one_look = looks.chunk_by(|one, other| one.0 == other.0);
    of_one_look
        .filter(|accounts| accounts.len() > 1)
        .flat_map(|accounts| accounts.iter().map(|(_, account)| *account))
        .collect()
}

#[cfg(test)]
mod tests {
    use ting_core::crypto::keys::SecretKey;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn account(seed: u16) -> Address {
        let mut bytes = [0; 32];
        bytes[..2].copy_from_slice(&seed.to_le_bytes());
        SecretKey::from_seed(bytes).address()
    }

    fn people(names: &[&str]) -> People {
        let names = (0..).zip(names).map(|(seed, name)| (account(seed), *name));
        People::default().with(names)
    }

    fn ambiguous(names: &[&str]) -> Vec<usize> {
        let people = people(names);
        let is_ambiguous = |place: &usize| people.is_ambiguous(&account(*place as u16));
        (0..names.len()).filter(is_ambiguous).collect()
    }

    #[test]
    fn both_of_two_like_names_are_ambiguous_and_nobody_else() {
        assert_eq!(
            ambiguous(&["Anna", "Bertil", "anna", "Ernrna", "Emma"]),
            [0, 2, 3, 4]
        );
        assert_eq!(ambiguous(&["Anna", "Bertil", "Carin", "", ""]), [] as [usize; 0]);
    }

    #[test]
    fn who_takes_the_short_address_of_a_nameless_one_for_a_name_is_told_from_it() {
        let short = account(0).short().replace('…', "...");
        assert_eq!(ambiguous(&["", &short]), [1]);
        let people = people(&["Anna", "ANNA"]);
        let words = people.words(&account(1));
        assert_eq!(words, format!("ANNA ({})", account(1).short()));
    }

    #[test]
    fn a_name_that_is_given_up_is_ambiguous_no_more() {
        let people = people(&["Anna", "Anna"]);
        assert!(people.is_ambiguous(&account(0)));
        assert!(!people.knows([(account(1), "Bertil")]));
        let people = people.with([(account(1), "Bertil")]);
        assert!(!people.is_ambiguous(&account(0)) && !people.is_ambiguous(&account(1)));
        assert!(people.knows([(account(0), "Anna"), (account(1), "Bertil")]));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_who_is_here_stays() {
        let name = |seed: u16| (account(seed), "Anna");
        let people = People::default().with((0..4_096).map(name));
        assert_eq!(people.iter().count(), MAX_KNOWN);
        let people = people.with((4_090..4_100).map(name));
        assert_eq!(people.iter().count(), 10);
        assert!(people.is_ambiguous(&account(4_095)));
    }

    #[wasm_bindgen_test]
    fn what_the_browser_takes_apart_is_alike_as_well() {
        for (one, other) in [
            ("Åke", "Ake"),
            ("Ａnna", "Anna"),
            ("𝐀𝓷𝔫𝕒", "Anna"),
            ("ﬁn", "fin"),
            ("Ⓐnna", "anna"),
        ] {
            let people = people(&[one, other]);
            assert!(people.is_ambiguous(&account(0)), "{one} and {other}");
        }
        let short = account(0).short();
        assert!(people(&["", &short]).is_ambiguous(&account(1)));
    }
}
