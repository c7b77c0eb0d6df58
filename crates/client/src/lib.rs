//! Typed HTTP to a Keystead server.
//!
//! One function a request; each says in its errors whether the answer was a refusal (asking again changes nothing) or
//! did not arrive (asking again, with the same operation id, is right). It knows no files and keeps no state.

mod address;
mod error;
mod issuer;
mod money;
mod request;
mod resource;
mod tokens;

pub use address::{ServerAddress, ServerAddressProblem};
pub use error::ClientError;
pub use request::{Server, Session};
pub use resource::Notices;
