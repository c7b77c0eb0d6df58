//! The one window.

use tauri::{AppHandle, Manager as _, WebviewUrl, WebviewWindowBuilder};
use tauri_plugin_window_state::StateFlags;

/// Its label.
pub(crate) const MAIN: &str = "main";
/// What is remembered of it between starts.
pub(crate) const REMEMBERED: StateFlags = StateFlags::SIZE
    .union(StateFlags::POSITION)
    .union(StateFlags::MAXIMIZED);

/// Opens it.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, MAIN, WebviewUrl::default())
        .title("Keystead")
        .inner_size(1280.0, 820.0)
        .min_inner_size(900.0, 600.0)
        // The app's own content only: no link, script or redirect leads elsewhere.
        .on_navigation(|url| matches!(url.scheme(), "tauri") || url.host_str() == Some("tauri.localhost"))
        .build()?;
    Ok(())
}

/// Brings it to the front: somebody started Keystead a second time.
pub(crate) fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        for done in [window.unminimize(), window.show(), window.set_focus()] {
            if let Err(error) = done {
                tracing::warn!(%error, "the window did not come to the front");
            }
        }
    }
}
