//! Preferences, kept by the store plugin in one file of the data folder. It holds no secret.

use std::path::PathBuf;

use desk::view::{AppError, Preferences, Theme};
use desk::{DeskError, DeskTopic};
use tauri::{AppHandle, Emitter as _, Manager as _};
use tauri_plugin_store::StoreExt as _;

/// Where the file lies.
pub(crate) struct StorePath(pub(crate) PathBuf);

const THEME: &str = "theme";
const EXPIRY_NOTICES: &str = "expiryNotices";

/// What is kept; what can't be read is as if it had never been chosen.
pub(crate) fn read(app: &AppHandle) -> Preferences {
    let theme = app
        .store(&app.state::<StorePath>().0)
        .ok()
        .and_then(|store| store.get(THEME))
        .and_then(|value| match value.as_str() {
            Some("light") => Some(Theme::Light),
            Some("dark") => Some(Theme::Dark),
            _ => None,
        })
        .unwrap_or_default();
    let expiry_notices = app
        .store(&app.state::<StorePath>().0)
        .ok()
        .and_then(|store| store.get(EXPIRY_NOTICES)?.as_bool())
        .unwrap_or(true);
    Preferences {
        theme,
        expiry_notices,
    }
}

/// Keeps preferences, on the disk when this returns.
pub(crate) fn write(app: &AppHandle, preferences: Preferences) -> Result<(), AppError> {
    let path = &app.state::<StorePath>().0;
    let kept = app.store(path).and_then(|store| {
        let theme = match preferences.theme {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        store.set(THEME, theme);
        store.set(EXPIRY_NOTICES, preferences.expiry_notices);
        store.save()
    });
    kept.map_err(|error| {
        AppError::from(DeskError::Unexpected(format!(
            "the preferences could not be kept: {}: {error}",
            path.display()
        )))
    })?;
    let changed = desk::view::TopicsChanged {
        topics: vec![DeskTopic::Preferences],
    };
    if let Err(error) = app.emit_to(crate::window::MAIN, crate::TOPICS_CHANGED, changed) {
        tracing::warn!(%error, "the window was not told of its preferences");
    }
    Ok(())
}
