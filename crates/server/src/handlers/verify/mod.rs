//! Whether a secret is good.

#[expect(clippy::module_inception, reason = "the verb has the name of the resource")]
pub(crate) mod verify;
