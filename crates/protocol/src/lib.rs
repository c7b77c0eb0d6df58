//! What crosses the wire between Keystead's programs: requests, views, problems, changes, paths.
//!
//! Every request refuses unknown fields, so a typing mistake is told and not ignored. Views may gain fields. A secret
//! of a key is in exactly one request: [`verify::VerifyRequest`].

pub mod account;
pub mod change;
pub mod group;
pub mod header;
pub mod import;
pub mod invitation;
pub mod issuer;
pub mod key;
pub mod organization;
pub mod path;
pub mod policy;
pub mod problem;
pub mod server;
pub mod service_account;
pub mod verify;
pub mod wallet;
