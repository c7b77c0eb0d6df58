//! Whether a secret is good.

pub(crate) mod call;
mod external;
pub(crate) mod forward;
#[expect(clippy::module_inception, reason = "the verb has the name of the resource")]
pub(crate) mod verify;
