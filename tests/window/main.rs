//! The real window, driven as a person drives it.
#![expect(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]

mod first_light;
