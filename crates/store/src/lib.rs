//! Server persistence on SQLite and PostgreSQL from one SQL text.
//!
//! The crate refuses to know HTTP, permissions and the clock. It guarantees three absences:
//!
//! - No write is committed without its activity event and its change rows: a [`Write`] ends only in
//!   [`Write::commit`], which takes them, or in a rollback. The exceptions are measurements (uses of secrets, when a
//!   session was last seen), charges, whose record is the ledger ([`charge`]), the removal of what ran out, and the
//!   sending of mails; each is one named function here.
//! - No statement exists twice. A constant text with `$1` placeholders runs on either database through `on!`; only the
//!   table definitions in `migrations/` differ.
//! - No reader sees a number of an organization's sequence before every smaller one: writers take the scope's row
//!   first and hold it until they commit.

mod error;
mod fresh;
mod link;
mod migrate;
mod notice;
mod open;
mod principal;
mod read;
mod write;

pub mod account;
pub mod activity;
pub mod assigned;
pub mod change;
pub mod charge;
pub mod grant;
pub mod group;
pub mod import;
pub mod invitation;
pub mod issuer;
pub mod key;
pub mod ledger;
pub mod mail;
pub mod member;
pub mod operation;
pub mod organization;
pub mod policy;
pub mod radar;
pub mod rotation;
pub mod secret;
pub mod service_account;
pub mod session;
#[cfg(feature = "testing")]
pub mod testing;
pub mod usage;
pub mod wallet;

pub use error::StoreError;
pub use fresh::Mark;
pub use link::Connected;
pub use migrate::LATEST as SCHEMA_VERSION;
pub use notice::Heard;
pub use open::{Kind, Store};
pub use read::{Direct, Read};
pub use write::{Changed, Record, Write};
