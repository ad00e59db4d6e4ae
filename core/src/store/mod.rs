//! How stored bytes lie in a file: framed and checked. Pure functions on bytes; the host owns the file, and what the bytes mean is
//! [`peer`](crate::peer)'s business.

pub mod log;
