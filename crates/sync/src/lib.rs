//! Keeps a replica in step with its server.
//!
//! What to do next is decided by pure functions ([`plan`], [`backoff`]); the [`engine::Engine`] only carries it out.
//! One round pushes what waits, revocations first, then pulls until there is nothing more. A round can be cut at any
//! point: the next one repeats or resumes.

pub mod backoff;
mod catalog;
pub mod engine;
pub mod failpoint;
pub mod merge;
pub mod plan;
mod pull;
mod push;
pub mod status;
mod traces;
