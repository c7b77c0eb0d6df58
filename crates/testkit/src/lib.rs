//! For tests only: exact time and chance, a real server, real desks, and the troubles of the world in small.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't be set up has failed"
)]
#![expect(
    clippy::missing_panics_doc,
    reason = "everything here panics where the test can't go on"
)]

pub mod chance;
pub mod desk;
pub mod seed;
pub mod server;
pub mod trouble;

pub use chance::{SeededEntropy, TestClock};
pub use desk::{Notices, TestDesk, wait_for};
pub use server::{Kind, TestServer};
