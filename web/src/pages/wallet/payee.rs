//! Who is about to be paid: whether this wallet knows the account, or one that only looks like it.
//!
//! Whoever wants coins that were meant for somebody else makes a key whose address begins and ends alike, or takes the name. Both are said.

use ting_core::{
    crypto::keys::Address,
    peer::view::{HistoryKind, HistoryView},
};
use yew::prelude::*;

use crate::{
    parts::{
        icon::{Icon, Symbol},
        identicon::Identicon,
        key::Copied,
        said::Said,
    },
    people::People,
    store::use_slice,
};

/// Letters of the address, at its beginning and at its end, that people compare at a glance.
const GLANCE: usize = 4;
/// What every address begins with.
const PREFIX: usize = "ting1".len();

/// How well this wallet knows an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acquaintance {
    /// This wallet paid it before, or was paid by it.
    Known,
    /// Nothing passed between the two yet, as far as this wallet remembers.
    First,
    /// As `First`, and it looks like this other account.
    LooksLike(Address),
}

impl Acquaintance {
    /// Of an account, by what the wallet's history and the room's names say.
    pub fn with(account: &Address, me: Option<Address>, history: &[HistoryView], people: &People) -> Self {
        let dealt_with = |entry: &HistoryView| match &entry.kind {
            HistoryKind::Sent { to, .. } => Some(*to),
            HistoryKind::Received { from, .. } => Some(*from),
            _ => None,
        };
        let partners: Vec<Address> = history.iter().filter_map(dealt_with).collect();
        if partners.contains(account) {
            return Self::Known;
        }
        let in_room = people.iter().map(|(account, _)| account);
        let others = partners.into_iter().chain(in_room);
        let mut others = others.filter(|other| other != account && Some(*other) != me);
        match others.find(|other| looks_like(account, other, people)) {
            Some(other) => Self::LooksLike(other),
            None => Self::First,
        }
    }
}

fn looks_like(account: &Address, other: &Address, people: &People) -> bool {
    people.are_alike(account, other) || alike(&account.to_string(), &other.to_string())
}

/// Whether two addresses begin or end alike.
fn alike(own: &str, other: &str) -> bool {
    let head = |text: &str| text.get(PREFIX..PREFIX + GLANCE).map(str::to_owned);
    let tail = |text: &str| text.get(text.len().saturating_sub(GLANCE)..).map(str::to_owned);
    head(own) == head(other) || tail(own) == tail(other)
}

/// What [`Payee`] shows.
#[derive(PartialEq, Properties)]
pub struct PayeeProps {
    /// Account that gets the coins.
    pub account: Address,
}

/// Weave, name, and so much of the address that nobody can make another one that looks so.
#[component]
pub fn Payee(props: &PayeeProps) -> Html {
    let people = use_slice::<People>().unwrap_or_default();
    let account = props.account;
    html! {
        <span class="account">
            <Identicon {account} />
            if let Some(name) = people.name(&account) { <Said text={name.to_owned()} class="account-name" /> }
            <Copied what="address" whole={account.to_string()} short={account.six_and_six()} />
        </span>
    }
}

/// What [`PayeeWords`] shows.
#[derive(PartialEq, Properties)]
pub struct PayeeWordsProps {
    /// How well the payer knows the payee.
    pub acquaintance: Acquaintance,
}

/// What a payer should know of the payee before anything is signed.
#[component]
pub fn PayeeWords(props: &PayeeWordsProps) -> Html {
    match &props.acquaintance {
        Acquaintance::Known => Html::default(),
        Acquaintance::First => html! {
            <div class="notice first">
                <Icon symbol={Symbol::People} />
                <p>{"You pay this account for the first time. Compare its address with what the person says it is."}</p>
            </div>
        },
        Acquaintance::LooksLike(other) => html! {
            <div class="notice wrong" role="alert">
                <Icon symbol={Symbol::Warning} />
                <p>{"You never paid this account, and it looks like another one: "}<Payee account={*other} />{" Compare the whole address before you pay."}</p>
            </div>
        },
    }
}

#[cfg(test)]
mod tests {
    use ting_core::{
        crypto::{hash::Hash, keys::SecretKey},
        peer::view::Delivery,
    };

    use super::*;

    fn account(seed: u8) -> Address {
        SecretKey::from_seed([seed; 32]).address()
    }

    fn paid(to: Address) -> HistoryView {
        HistoryView {
            id: Hash([1; 32]),
            kind: HistoryKind::Sent {
                to,
                memo: String::new(),
            },
            amount_micro: 1,
            fee_micro: 1,
            time_ms: 0,
            delivery: Delivery::Sent,
        }
    }

    fn people(named: &[(Address, &str)]) -> People {
        People::default().with(named.iter().copied())
    }

    #[test]
    fn the_first_payment_to_somebody_is_told_from_the_second() {
        let anna = account(1);
        let room = people(&[(anna, "Anna"), (account(2), "Bertil")]);
        assert_eq!(Acquaintance::with(&anna, None, &[], &room), Acquaintance::First);
        assert_eq!(
            Acquaintance::with(&anna, None, &[paid(anna)], &room),
            Acquaintance::Known
        );
    }

    #[test]
    fn a_new_account_with_a_known_name_looks_like_that_one() {
        let (anna, other) = (account(1), account(2));
        let room = people(&[(anna, "Anna"), (other, "ANNA")]);
        assert_eq!(
            Acquaintance::with(&other, None, &[paid(anna)], &room),
            Acquaintance::LooksLike(anna)
        );
        // Whom one paid before is known, whoever takes the name later.
        assert_eq!(
            Acquaintance::with(&anna, None, &[paid(anna)], &room),
            Acquaintance::Known
        );
    }

    #[test]
    fn an_account_that_begins_or_ends_like_a_known_one_looks_like_it() {
        let anna = "ting1qwe9xxxxxxxxxxxxxxxxxk7mz";
        assert!(alike("ting1qwe9yyyyyyyyyyyyyyyyyyyyy", anna));
        assert!(alike("ting1yyyyyyyyyyyyyyyyyyyyyk7mz", anna));
        assert!(!alike("ting1qwe8yyyyyyyyyyyyyyyyyk7mx", anna));
    }
}
