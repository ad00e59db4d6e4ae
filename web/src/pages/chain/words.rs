//! What a transaction does, in words.

use ting_core::{codec::letters, peer::view::ActionView};

/// Most characters of a row.
const MAX_ROW_CHARS: usize = 120;

/// One word for it, which styles know it by, too.
pub const fn action_word(action: &ActionView) -> &'static str {
    match action {
        ActionView::Transfer { .. } => "transfer",
        ActionView::Post { .. } => "post",
        ActionView::Bond { .. } => "bond",
        ActionView::Unbond { .. } => "unbond",
        ActionView::Operator { .. } => "operator",
        ActionView::Profile { .. } => "profile",
        ActionView::Claim { .. } => "claim",
        ActionView::Invite { .. } => "invite",
    }
}

/// What a row says of it beside that word.
pub fn row_words(action: &ActionView) -> String {
    match action {
        ActionView::Transfer { to, memo, .. } => {
            let separator = if memo.is_empty() { "" } else { ": " };
            let words = format!("to {}{separator}{memo}", to.short());
            letters::beginning(&words, MAX_ROW_CHARS).to_owned()
        }
        ActionView::Post { channel, body_bytes } => format!("#{channel}, {body_bytes} bytes"),
        ActionView::Bond { .. } | ActionView::Unbond { .. } => action_word(action).to_owned(),
        ActionView::Operator { signing_key } => format!("signing key {}", signing_key.short()),
        ActionView::Profile { name } if name.is_empty() => action_word(action).to_owned(),
        ActionView::Profile { name } => name.clone(),
        ActionView::Claim { anchor, .. } => format!("bound to block {}", anchor.short()),
        ActionView::Invite { uses, until } => format!("for {uses}, until slot {until}"),
    }
}

#[cfg(test)]
mod tests {
    use ting_core::crypto::keys::SecretKey;

    use super::*;

    #[test]
    fn a_payment_says_to_whom_and_what_for_and_no_row_is_endless() {
        let to = SecretKey::from_seed([1; 32]).address();
        let paid = |memo: &str| {
            row_words(&ActionView::Transfer {
                to,
                amount_micro: 1,
                memo: memo.into(),
            })
        };
        assert_eq!(paid(""), format!("to {}", to.short()));
        assert_eq!(paid("thanks"), format!("to {}: thanks", to.short()));
        assert_eq!(paid(&"ä".repeat(200)).chars().count(), MAX_ROW_CHARS);
    }

    #[test]
    fn what_has_nothing_to_say_says_its_word() {
        assert_eq!(row_words(&ActionView::Bond { amount_micro: 1 }), "bond");
        let nameless = ActionView::Profile { name: String::new() };
        assert_eq!(row_words(&nameless), "profile");
    }
}
