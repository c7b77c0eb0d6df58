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

/// Moves every secret from the system's keychain into a new vault.
#[tauri::command]
#[specta::specta]
pub(crate) async fn move_to_vault(app: AppHandle, desk: DeskState<'_>, passphrase: String) -> Answer<Boot> {
    desk.move_to_vault(Secret::new(passphrase)).await?;
    Ok(desk.boot(preferences::read(&app)).await?)
}

/// Moves every secret from the vault into the system's keychain, and removes the vault.
#[tauri::command]
#[specta::specta]
pub(crate) async fn move_to_os_keychain(app: AppHandle, desk: DeskState<'_>) -> Answer<Boot> {
    desk.move_to_os_keychain().await?;
    Ok(desk.boot(preferences::read(&app)).await?)
}

/// Gives the vault another passphrase.
#[tauri::command]
#[specta::specta]
pub(crate) async fn change_vault_passphrase(
    desk: DeskState<'_>,
    current: String,
    passphrase: String,
) -> Answer<()> {
    Ok(desk
        .change_vault_passphrase(Secret::new(current), Secret::new(passphrase))
        .await?)
}

/// Looks at the keychain again.
#[tauri::command]
#[specta::specta]
pub(crate) async fn retry_keychain(app: AppHandle, desk: DeskState<'_>) -> Answer<Boot> {
    Ok(desk.boot(preferences::read(&app)).await?)
}
