//! The main job on this computer.

use stories::outside::{refused_within_a_second, verify};
use stories::{Outcome, Place, Window, button, heading, row};

/// From nothing to a revoked key, through the window; what it says is checked from outside it.
#[tokio::test(flavor = "multi_thread")]
async fn window_first_light_on_this_computer() -> Outcome {
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.start_here("Ada Vance", "Northwind").await?;
    window.see(&row("Free")).await?;
    window.quit().await
}
