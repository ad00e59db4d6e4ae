//! One step of the set-up: something is looked for, or installed, and the screen says how it was had and how long that took.

use std::time::Instant;

use anyhow::{Context, Result};

/// What a step found: the thing, and how it was had, for the screen.
pub struct Had<T> {
    thing: T,
    how: String,
}

impl<T> Had<T> {
    /// The thing alone, for whom it does not matter how it was had.
    pub fn into_thing(self) -> T {
        self.thing
    }
}

pub fn had<T>(thing: T, how: impl Into<String>) -> Had<T> {
    Had {
        thing,
        how: how.into(),
    }
}

pub fn step<T>(name: &str, ensure: impl FnOnce() -> Result<Had<T>>) -> Result<T> {
    let start = Instant::now();
    let Had { thing, how } = ensure().with_context(|| format!("set-up of {name}"))?;
    println!(
        "set-up  {name:<14} {how} ({:.0} s)",
        start.elapsed().as_secs_f32()
    );
    Ok(thing)
}
