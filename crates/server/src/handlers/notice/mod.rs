//! Notices that something changed.

pub(crate) mod stream;
