//! The lock. These answer while it is locked, too.

use crypto::secret::Secret;
use desk::view::{Boot, LockStatus, LockWish};
use tauri::AppHandle;

use super::{Answer, DeskState};
use crate::preferences;

/// Changes what the lock does.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_lock(desk: DeskState<'_>, wish: LockWish) -> Answer<LockStatus> {
    Ok(desk.set_lock(wish).await?)
}

/// Notes that somebody is using the window.
#[tauri::command]
#[specta::specta]
pub(crate) async fn touch(desk: DeskState<'_>) -> Answer<()> {
    desk.touch();
    Ok(())
}

/// Locks now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn lock_now(desk: DeskState<'_>) -> Answer<LockStatus> {
    Ok(desk.lock_now().await?)
}

/// Unlocks with the passphrase: of the vault, or of the lock.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unlock(app: AppHandle, desk: DeskState<'_>, passphrase: String) -> Answer<Boot> {
    desk.unlock(Secret::new(passphrase)).await?;
    Ok(desk.boot(preferences::read(&app)).await?)
}
