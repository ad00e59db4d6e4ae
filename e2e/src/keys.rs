//! WebDriver's codes of keys that have no character.

/// Closes what lies over the page.
pub const ESCAPE: &str = "\u{E00C}";
/// Moves the focus to the next field.
pub const TAB: &str = "\u{E004}";
/// Sends what was written, or presses a button.
pub const ENTER: &str = "\u{E007}";
/// Held for the keys after it, until [`RELEASE`].
pub const CONTROL: &str = "\u{E009}";
/// Held for the keys after it, until [`RELEASE`].
pub const SHIFT: &str = "\u{E008}";
/// Lets go of all held keys.
pub const RELEASE: &str = "\u{E000}";
/// Begins a line in the composer, where [`ENTER`] alone sends.
pub const LINE_END: &str = "\u{E008}\u{E007}\u{E000}";
/// Deletes what is selected.
pub const BACKSPACE: &str = "\u{E003}";
