//! Sessions.

pub(crate) mod end;
pub(crate) mod end_some;
pub(crate) mod read;
pub(crate) mod sign_in;
