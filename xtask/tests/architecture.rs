//! The walls of the house: which package and which module of core may know which, and who draws the texts of people.

// The settings of clippy.toml reach only functions marked as tests; these files have helpers, too.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/floors.rs"]
mod floors;
#[path = "architecture/modules.rs"]
mod modules;
#[path = "architecture/packages.rs"]
mod packages;
#[path = "architecture/paths.rs"]
mod paths;
#[path = "architecture/texts.rs"]
mod texts;
#[path = "architecture/tokens.rs"]
mod tokens;
