//! The relay envelope.
