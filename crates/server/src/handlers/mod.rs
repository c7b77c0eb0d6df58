//! What the server does when asked: one folder a resource, one file a verb.

pub(crate) mod account;
pub(crate) mod catalog;
pub(crate) mod change;
pub(crate) mod group;
pub(crate) mod health;
pub(crate) mod invitation;
pub(crate) mod issuer;
pub(crate) mod key;
pub(crate) mod member;
pub(crate) mod notice;
pub(crate) mod openapi;
pub(crate) mod policy;
pub(crate) mod server;
pub(crate) mod service_account;
pub(crate) mod session;
pub(crate) mod verify;
pub(crate) mod wallet;
