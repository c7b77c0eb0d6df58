//! The HTTP backend: a library, so it also runs inside the desktop app and in tests, and the program
//! `keystead-server` around it.
//!
//! A handler reads like a sentence: load, decide, write, record, answer, all in one transaction. What it may not do is
//! in [`domain::role`]; how it is stored is in [`store`]; every refusal leaves through one door as a
//! [`protocol::problem::Problem`].

mod address;
mod answer;
mod app;
mod attempts;
mod body;
mod caller;
#[cfg(test)]
mod chance;
mod expiring;
mod finish;
mod handlers;
mod imported;
mod issuers;
mod jobs;
mod known;
mod limits;
mod mail;
mod operation;
mod own_host;
mod parameters;
mod passwords;
mod ports;
mod refusal;
mod request_id;
mod router;
mod sight;
mod start;
mod uses;
mod work;

pub mod catalog;
pub mod config;
pub mod doctor;
pub mod local;
pub mod system;

pub use config::Config;
pub use mail::MailError;
pub use ports::Ports;
pub use router::{Access, Declared, openapi, routes};
pub use start::{Running, StartError, start};
