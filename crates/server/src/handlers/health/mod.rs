//! Whether the server is well, for whoever watches it.

pub(crate) mod live;
pub(crate) mod ready;
