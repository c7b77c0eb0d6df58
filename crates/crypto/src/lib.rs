//! Make, derive, seal, hash.
//!
//! A function named `mint_…` is random, one named `derive_…` is not. What is secret is a [`secret::Secret`]: it has
//! no `Debug`, `Clone` or `Serialize`, is wiped when dropped, and is read only through `expose`, which is easy to
//! search for. Every seal names what it seals, so two sealed things can't be swapped.

pub mod chain;
pub mod derive;
pub mod jwt;
pub mod recovery;
pub mod seal;
pub mod secret;
pub mod token;
