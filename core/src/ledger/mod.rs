//! The books: accounts and what changes them.

pub mod trie;
