//! The measured pieces of work for a JavaScript engine, which brings the clock: built and run by `cargo xtask bench core`.

#![cfg(target_arch = "wasm32")]

#[path = "../benches/costs/books.rs"]
mod books;
#[path = "../benches/costs/workloads.rs"]
mod workloads;

use std::any::Any;

use wasm_bindgen::prelude::wasm_bindgen;
use workloads::{Work, Workload};

/// A piece of work made ready.
#[wasm_bindgen]
pub struct Prepared {
    workload: Workload,
    work: Work,
    results: Vec<Box<dyn Any>>,
}

#[wasm_bindgen]
impl Prepared {
    /// The piece with this number, from 0; none after the last.
    pub fn number(number: usize) -> Option<Self> {
        let workload = *Workload::ALL.get(number)?;
        Some(Self {
            workload,
            work: workload.prepare(),
            results: Vec::new(),
        })
    }

    /// What the tables call it.
    pub fn name(&self) -> String {
        self.workload.to_string()
    }

    /// How many things it is done on.
    pub fn items(&self) -> u32 {
        self.workload.items()
    }

    /// Does it some times, and keeps the results.
    pub fn run(&mut self, times: usize) {
        self.results.reserve(times);
        for _ in 0..times {
            self.results.push((self.work)());
        }
    }

    /// Drops the results.
    pub fn clear(&mut self) {
        self.results.clear();
    }
}
