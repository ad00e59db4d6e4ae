//! The theme: light, dark, or as the system has it. `theme.js` reads the choice before anything is drawn.

use crate::browser;

/// Name under which the choice is kept; `theme.js` knows it, too.
const KEY: &str = "ting.theme";

/// The themes that a person can choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Light or dark, as the system has it.
    System,
    /// Dark letters on a light page.
    Light,
    /// Light letters on a dark page.
    Dark,
}

impl Theme {
    /// In the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Name that the settings show.
    pub const fn title(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The word that styles and the storage know it by; the system's has none.
    const fn word(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    /// The one that was chosen in this browser.
    pub fn chosen() -> Self {
        let word = browser::recall(browser::lasting(), KEY);
        let mut all = Self::ALL.into_iter();
        all.find(|theme| theme.word() == word.as_deref())
            .unwrap_or(Self::System)
    }

    /// Draws the page in it, now and in future.
    pub fn choose(self) {
        browser::remember(browser::lasting(), KEY, self.word());
        browser::set_root_attribute("data-theme", self.word());
    }
}
