//! Preferences of the person at this computer.

use desk::view::Preferences;
use tauri::AppHandle;

use super::Answer;
use crate::preferences as kept;

/// Keeps preferences.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_preferences(app: AppHandle, preferences: Preferences) -> Answer<Preferences> {
    kept::write(&app, preferences)?;
    Ok(preferences)
}
