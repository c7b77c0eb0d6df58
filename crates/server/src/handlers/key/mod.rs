//! Keys.

pub(crate) mod create;
pub(crate) mod edit;
pub(crate) mod grants;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod owner;
pub(crate) mod pause;
pub(crate) mod people;
pub(crate) mod read;
pub(crate) mod resume;
pub(crate) mod revoke;
pub(crate) mod rotate;
pub(crate) mod rotation;
pub(crate) mod secret;
pub(crate) mod token;
pub(crate) mod trace;
pub(crate) mod usage;
