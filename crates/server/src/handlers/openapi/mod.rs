//! The OpenAPI document.

pub(crate) mod read;
