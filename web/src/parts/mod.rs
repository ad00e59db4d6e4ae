//! Small things that pages are made of.

pub mod again;
pub mod back;
pub mod coin;
pub mod dialog;
pub mod empty;
pub mod icon;
pub mod identicon;
pub mod key;
pub mod link;
pub mod listbox;
pub mod qr;
pub mod said;
pub mod signing;
pub mod tabs;
pub mod ticker;
pub mod toast;
