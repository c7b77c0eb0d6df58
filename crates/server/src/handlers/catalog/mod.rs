//! The catalog.

pub(crate) mod read;
