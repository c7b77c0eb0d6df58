//! What changed.

pub(crate) mod list;
