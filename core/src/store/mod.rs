//! How a peer's [`Record`](crate::peer::record::Record)s lie in a file: framed, checked, compacted. Pure functions on bytes; the
//! host owns the file.

pub mod log;
