//! Drives the real desktop window: the app a person starts, on a data folder, a session bus and a keychain of its
//! own, through WebDriver. The window tests, the demo and the screenshots are written with it.
//!
//! What is looked for is named as a person (or a screen reader) would: by role and accessible name. Every wait looks
//! for a condition and, in vain, says what was on the screen instead and leaves a picture of it.

pub mod axe;
mod eyes;
pub mod failure;
pub mod fuzz;
mod hands;
pub mod outside;
pub mod page;
pub mod place;
pub mod process;
pub mod screen;
pub mod steps;
pub mod tour;
pub mod window;

pub use failure::{Failure, Outcome};
pub use outside::RealServer;
pub use page::{
    Sought, alert, button, dialog, field, group, heading, link, menu_item, option, radio, row, secret_of,
    status, tab,
};
pub use place::{Keyring, Place};
pub use window::Window;
