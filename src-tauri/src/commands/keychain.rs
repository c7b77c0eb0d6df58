//! The keychain ladder.

use crypto::secret::Secret;
use desk::view::Boot;
use tauri::AppHandle;

use super::{Answer, DeskState};
use crate::preferences;

/// Makes the passphrase vault, where the computer has no keychain.
#[tauri::command]
#[specta::specta]
pub(crate) async fn create_vault(app: AppHandle, desk: DeskState<'_>, passphrase: String) -> Answer<Boot> {
    desk.create_vault(Secret::new(passphrase)).await?;
    Ok(desk.boot(preferences::read(&app)).await?)
}

/// Opens the passphrase vault.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unlock_vault(app: AppHandle, desk: DeskState<'_>, passphrase: String) -> Answer<Boot> {
    desk.unlock_vault(Secret::new(passphrase)).await?;
    Ok(desk.boot(preferences::read(&app)).await?)
}

/// Looks at the keychain again.
#[tauri::command]
#[specta::specta]
pub(crate) async fn retry_keychain(app: AppHandle, desk: DeskState<'_>) -> Answer<Boot> {
    Ok(desk.boot(preferences::read(&app)).await?)
}
