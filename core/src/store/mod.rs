//! How stored bytes lie in a file: in entries with checksums. Pure functions on bytes; the host owns the file, and what the bytes mean is
//! [`peer`](crate::peer)'s business.

pub mod log;
