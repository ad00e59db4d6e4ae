//! A payment before it is signed: what is typed, whom and how much it means, and in words why it cannot be signed yet. What is no payment
//! is refused at a place of the form at least, so that no click on its button goes without an answer.

use std::{cell::RefCell, rc::Rc};

use ting_core::{crypto::keys::Address, params::MAX_MEMO_BYTES, peer::view::WalletView};

use super::{means::Means, payee::Acquaintance};
use crate::{
    amount::{self, AmountError, coins, plain, tng},
    direction::isolated,
    overlays::PayRequest,
    people::People,
};

/// What is typed into the form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Typed {
    /// Name or address of the receiver.
    pub to: String,
    /// Amount in TNG, as it was typed.
    pub amount: String,
    /// Text for the receiver.
    pub memo: String,
    /// Everything, as far as the fee allows: the amount follows the memo.
    pub is_all: bool,
}

/// The payment in work. It outlives the form: a dialog that is closed by accident, or another page in between, costs nothing.
#[derive(Clone, Default)]
pub struct PaymentDraft(Rc<RefCell<Option<(PayRequest, Typed)>>>);

impl PartialEq for PaymentDraft {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl PaymentDraft {
    /// What was typed for this request, or the request itself. A form that asks for nothing goes on with the payment in work, if there is one.
    pub fn begin(&self, request: &PayRequest) -> Typed {
        let mut draft = self.0.borrow_mut();
        match &*draft {
            Some((begun, typed)) if begun == request || *request == PayRequest::default() => typed.clone(),
            _ => {
                let typed = Typed {
                    to: request.to.clone(),
                    amount: request.amount_micro.map(coins).unwrap_or_default(),
                    ..Typed::default()
                };
                *draft = (typed != Typed::default()).then(|| (request.clone(), typed.clone()));
                typed
            }
        }
    }

    /// Keeps what is typed now; nothing of an empty form.
    pub fn keep(&self, request: &PayRequest, typed: &Typed) {
        let is_empty = *typed == Typed::default();
        *self.0.borrow_mut() = (!is_empty).then(|| (request.clone(), typed.clone()));
    }
}

/// A payment that only needs a yes.
#[derive(Clone, Debug, PartialEq)]
pub struct Payment {
    /// Account that gets the coins.
    pub to: Address,
    /// In µTNG, without the fee.
    pub amount_micro: u64,
    /// Least fee for it, in µTNG.
    pub fee_micro: u64,
    /// Text for the receiver, possibly empty.
    pub memo: String,
    /// How well the payer knows the payee.
    pub acquaintance: Acquaintance,
    /// So little is left that its owner cannot write any more.
    pub leaves_nothing: bool,
}

/// Where in the form something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The field for the receiver.
    Receiver,
    /// The field for the amount.
    Amount,
    /// The field for the text.
    Memo,
    /// Nowhere: what the account holds is not known yet.
    Wallet,
}

/// Why there is no payment yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// Field that it is about.
    pub place: Place,
    /// The reason, and what to do.
    pub words: String,
    /// To be said only to who takes it for finished.
    pub is_unfinished: bool,
}

/// What the form says so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Who is meant, if that is clear.
    pub to: Option<Address>,
    /// The amount as it shows: of everything, how much that is.
    pub amount: String,
    /// Fee in µTNG, as far as it can be counted.
    pub fee_micro: u64,
    /// The payment, or all that is wrong: one reason at least.
    pub payment: Result<Payment, Vec<Refusal>>,
}

impl Reading {
    /// Reads the form beside the wallet, or beside the reason why that is unknown.
    pub fn of(typed: &Typed, wallet: &Result<WalletView, String>, people: &People) -> Self {
        let mut refusals = Vec::new();
        let mut refuse = |place, is_unfinished, words| {
            refusals.push(Refusal {
                place,
                words,
                is_unfinished,
            });
        };
        let known = wallet.as_ref().ok();
        let (me, means) = (known.map(|wallet| wallet.account), known.map(Means::of));
        let to = receiver(&typed.to, people, me)
            .map_err(|words| refuse(Place::Receiver, !typed.to.starts_with("ting1"), words))
            .ok();
        let memo = typed.memo.trim();
        let counted = means.zip(to.or(me));
        let amount = match counted.filter(|_| typed.is_all) {
            Some((means, to)) => plain(means.most_payable_micro(to, memo)),
            None => typed.amount.clone(),
        };
        let amount_micro = match amount::parse(&amount) {
            Ok(0) => Err(AmountError::Empty),
            parsed => parsed,
        };
        let sum_micro = amount_micro.unwrap_or(0);
        let fee_micro = counted.map_or(0, |(means, to)| means.transfer_fee_micro(to, sum_micro, memo));
        let needed_micro = sum_micro.saturating_add(fee_micro);
        match (amount_micro, means) {
            (Ok(_), Some(means)) if needed_micro > means.available_micro => {
                let (needed, available) = (tng(needed_micro), tng(means.available_micro));
                let words =
                    format!("Insufficient funds: {needed} needed with the fee, {available} available.");
                refuse(Place::Amount, false, words);
            }
            (Err(error), _) => refuse(Place::Amount, error == AmountError::Empty, error.to_string()),
            (Ok(_), _) => {}
        }
        if memo.len() > MAX_MEMO_BYTES {
            let words = format!("{} bytes too long.", memo.len() - MAX_MEMO_BYTES);
            refuse(Place::Memo, false, words);
        }
        if let Err(reason) = wallet {
            refuse(Place::Wallet, true, reason.clone());
        }
        let payment = match (to, known, means) {
            (Some(to), Some(wallet), Some(means)) if refusals.is_empty() => Ok(Payment {
                to,
                amount_micro: sum_micro,
                fee_micro,
                memo: memo.to_owned(),
                acquaintance: Acquaintance::with(&to, me, &wallet.history, people),
                leaves_nothing: means.available_micro - needed_micro < means.message_fee_micro(1),
            }),
            _ => Err(refusals),
        };
        Self {
            to,
            amount,
            fee_micro,
            payment,
        }
    }
}

/// Who is meant by a name or an address.
fn receiver(typed: &str, people: &People, me: Option<Address>) -> Result<Address, String> {
    let typed = typed.trim().trim_start_matches('@');
    if typed.is_empty() {
        return Err("Choose who gets the coins.".into());
    }
    let found = match typed.parse::<Address>() {
        Ok(address) => address,
        Err(error) if typed.starts_with("ting1") => return Err(format!("That is no address: {error}.")),
        Err(_) => by_name(typed, people)?,
    };
    if Some(found) == me {
        Err("That is you.".into())
    } else {
        Ok(found)
    }
}

fn by_name(typed: &str, people: &People) -> Result<Address, String> {
    let has_that_name = |account: &Address| {
        let name = people.name(account);
        name.is_some_and(|name| name.to_lowercase() == typed.to_lowercase())
    };
    let shown = isolated(typed);
    match people.like(typed).as_slice() {
        [only] if has_that_name(only) => Ok(*only),
        [] => Err(format!(
            "Nobody here is called {shown}. Use a name or an address."
        )),
        [_] => Err(format!(
            "Nobody here is called {shown}; somebody has a name that looks like it. Choose by the address."
        )),
        _ => Err(format!(
            "Several people here have a name that looks like {shown}. Choose by the address."
        )),
    }
}

#[cfg(test)]
mod tests {
    use ting_core::{crypto::keys::SecretKey, ledger::genesis::ClaimMode, peer::view::PassView};

    use super::*;

    fn account(seed: u8) -> Address {
        SecretKey::from_seed([seed; 32]).address()
    }

    fn wallet(available_micro: u64) -> WalletView {
        WalletView {
            account: account(1),
            name: "Me".into(),
            available_micro,
            bonded_micro: 0,
            granted_bond_micro: 0,
            unbonding: Vec::new(),
            pending_in_micro: 0,
            pending_out_micro: 0,
            grant: None,
            claim_mode: ClaimMode::default(),
            pass: PassView::None,
            may_invite: false,
            invites: Vec::new(),
            grant_micro: 0,
            history: Vec::new(),
            fee_flat_micro: 1_000,
            fee_per_byte_micro: 10,
            fee_basis_points: 0,
            unbonding_slots: 0,
            known_after_height: 0,
            blocks_made: 0,
            earned_micro: 0,
            stake_share_ppm: 0,
        }
    }

    fn typed(to: &str, amount: &str, memo: &str) -> Typed {
        Typed {
            to: to.into(),
            amount: amount.into(),
            memo: memo.into(),
            is_all: false,
        }
    }

    #[test]
    fn what_is_no_payment_is_refused_in_words_at_its_place() {
        let people = People::default().with([(account(2), "Anna")]);
        let unknown = || Err("Asking the others for the room's books.".to_owned());
        let rich = || Ok(wallet(800_000_000));
        let long = "a".repeat(MAX_MEMO_BYTES + 1);
        for (typed, wallet, place) in [
            (typed("", "5", ""), rich(), Place::Receiver),
            (typed("Nobody", "5", ""), rich(), Place::Receiver),
            (typed("ting1nonsense", "5", ""), rich(), Place::Receiver),
            (typed(&account(1).to_string(), "5", ""), rich(), Place::Receiver),
            (typed("Anna", "", ""), rich(), Place::Amount),
            (typed("Anna", "0", ""), rich(), Place::Amount),
            (typed("Anna", "1,000", ""), rich(), Place::Amount),
            (typed("Anna", "800", ""), rich(), Place::Amount),
            (typed("Anna", "5", &long), rich(), Place::Memo),
            (typed("Anna", "5", ""), unknown(), Place::Wallet),
        ] {
            let refusals = Reading::of(&typed, &wallet, &people).payment.unwrap_err();
            let places: Vec<Place> = refusals.iter().map(|refusal| refusal.place).collect();
            assert_eq!(places, [place], "{typed:?}");
            assert!(refusals.iter().all(|refusal| !refusal.words.is_empty()));
        }
        let nothing = Reading::of(&Typed::default(), &unknown(), &people).payment;
        assert_eq!(nothing.unwrap_err().len(), 3);
    }

    #[test]
    fn what_is_not_finished_is_told_only_to_who_takes_it_for_finished() {
        let people = People::default().with([(account(2), "Anna")]);
        let is_told_at_once = |to: &str, amount: &str| {
            let reading = Reading::of(&typed(to, amount, ""), &Ok(wallet(1_000_000)), &people);
            let refusals = reading.payment.err().unwrap_or_default();
            refusals.iter().any(|refusal| !refusal.is_unfinished)
        };
        assert!(!is_told_at_once("An", "") && !is_told_at_once("", "0"));
        assert!(
            is_told_at_once("ting1xx", "") && is_told_at_once("Anna", "5x") && is_told_at_once("Anna", "2")
        );
    }

    #[test]
    fn a_payment_is_what_was_typed_and_all_is_what_the_fee_leaves() {
        let people = People::default().with([(account(2), "Anna")]);
        let wallet = Ok(wallet(800_000_000));
        let payment = Reading::of(&typed(" @anna ", "12.5", " for the herring "), &wallet, &people)
            .payment
            .unwrap();
        assert_eq!((payment.to, payment.amount_micro), (account(2), 12_500_000));
        assert_eq!(
            (payment.memo.as_str(), payment.leaves_nothing),
            ("for the herring", false)
        );
        let all = Typed {
            is_all: true,
            ..typed("Anna", "", "")
        };
        let all = Reading::of(&all, &wallet, &people).payment.unwrap();
        assert_eq!(all.amount_micro + all.fee_micro, 800_000_000);
        assert!(all.leaves_nothing);
    }

    #[test]
    fn a_receiver_is_found_by_name_and_by_address() {
        let people = People::default().with([(account(1), "Anna"), (account(2), "Bertil")]);
        assert_eq!(receiver("@anna", &people, None), Ok(account(1)));
        assert_eq!(receiver(&account(3).to_string(), &people, None), Ok(account(3)));
        assert!(receiver("Carin", &people, None).is_err());
        assert!(receiver("", &people, None).is_err());
        assert!(receiver("Anna", &people, Some(account(1))).is_err());
    }

    #[test]
    fn two_people_of_one_name_are_told_apart_by_address_only() {
        for other in ["Anna", "ANNA"] {
            let people = People::default().with([(account(1), "Anna"), (account(2), other)]);
            assert!(receiver("Anna", &people, None).is_err());
        }
        let people = People::default().with([(account(1), "Ernrna")]);
        assert!(receiver("Emma", &people, None).is_err());
        assert_eq!(receiver("ernrna", &people, None), Ok(account(1)));
    }

    #[test]
    fn a_payment_in_work_is_still_there_when_the_same_form_opens_again() {
        let draft = PaymentDraft::default();
        let anna = PayRequest {
            to: "Anna".into(),
            ..PayRequest::default()
        };
        let typed = Typed {
            memo: "for the herring".into(),
            ..draft.begin(&anna)
        };
        draft.keep(&anna, &typed);
        assert_eq!(draft.begin(&anna), typed);
        assert_eq!(draft.begin(&PayRequest::default()), typed);
    }

    #[test]
    fn a_payment_that_was_asked_for_in_the_talk_and_given_up_is_still_in_the_wallet() {
        let draft = PaymentDraft::default();
        let asked = PayRequest {
            to: "Anna".into(),
            amount_micro: Some(5_000_000),
            review: true,
        };
        let typed = draft.begin(&asked);
        assert_eq!((typed.to.as_str(), typed.amount.as_str()), ("Anna", "5.00"));
        assert_eq!(draft.begin(&PayRequest::default()), typed);
    }

    #[test]
    fn a_mistyped_address_is_refused() {
        let address = account(1).to_string();
        let mistyped = address.replace(address.chars().last().unwrap(), "q");
        assert!(receiver(&mistyped, &People::default(), None).is_err() || mistyped == address);
    }
}
