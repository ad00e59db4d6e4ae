//! What lies over the page, one at a time, and who opens and closes it.

use ting_core::crypto::keys::Address;
use yew::prelude::*;

/// What a payment form begins with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PayRequest {
    /// Name or address, as typed.
    pub to: String,
    /// In µTNG; none to leave it open.
    pub amount_micro: Option<u64>,
    /// Straight to the summary, if nothing is wrong.
    pub review: bool,
}

/// What lies over the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Overlay {
    /// Nothing lies over the page.
    #[default]
    None,
    /// The dialog with the invite link.
    Invite,
    /// The palette, which finds pages, people and messages.
    Palette,
    /// The list of shortcuts.
    Shortcuts,
    /// The payment form, which begins with this.
    Pay(PayRequest),
}

/// Opens and closes overlays; without a shell around it, nothing happens.
#[derive(Clone, Default, PartialEq)]
pub struct Overlays(Option<UseStateSetter<Overlay>>);

impl Overlays {
    /// Those of the shell that keeps this state.
    pub const fn new(shown: UseStateSetter<Overlay>) -> Self {
        Self(Some(shown))
    }

    /// Shows this one instead of what shows.
    pub fn show(&self, overlay: Overlay) {
        if let Some(shown) = &self.0 {
            shown.set(overlay);
        }
    }

    /// Shows the form that pays somebody.
    pub fn pay(&self, to: &Address) {
        self.show(Overlay::Pay(PayRequest {
            to: to.to_string(),
            ..PayRequest::default()
        }));
    }
}

/// What opens and closes overlays.
#[hook]
pub fn use_overlays() -> Overlays {
    use_context::<Overlays>().unwrap_or_default()
}
