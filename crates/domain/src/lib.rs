//! The words and the rules of Keystead, and nothing else.
//!
//! This crate refuses to know the clock, the entropy source, the network, the disk and async code: whatever it
//! decides, it decides from values. Time and chance arrive as parameters ([`clock::Clock`],
//! [`entropy::Entropy`]), so every id, time and decision in a test is exact.

pub mod activity;
pub mod catalog;
pub mod clock;
pub mod email;
pub mod entropy;
pub mod expression;
pub mod grant;
pub mod id;
pub mod import;
pub mod invitation;
pub mod issuer;
pub mod key;
pub mod limit;
pub mod member;
pub mod money;
pub mod name;
pub mod password;
pub mod policy;
pub mod price;
pub mod principal;
pub mod radar;
pub mod role;
pub mod rotation;
pub mod service_account;
mod text;
pub mod token;
pub mod trace;
pub mod wallet;
