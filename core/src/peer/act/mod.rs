//! The verbs that inputs and duties share: say, import, settle, vote, submit, offer, greet, join; whether this peer may sign, and which device does.
//!
//! `handle/`, `duty/` and `show/` stand on these and never on each other (xtask/tests/architecture). Nothing here decides when it is time for
//! something.

mod device;
mod greet;
mod import;
mod join;
mod leave;
mod offer;
mod ready;
mod say;
mod settle;
mod submit;
mod vote;

pub(super) use self::submit::{command_error, refused};
