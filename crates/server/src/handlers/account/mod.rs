//! Accounts.

pub(crate) mod read;
pub(crate) mod sign_up;
