//! The recovery code of a connection.

use crypto::secret::Secret;
use desk::view::{Copied, MadeRecoveryCode, Opened, RecoveryStatus, Saved};
use domain::id::ConnectionId;

use super::{Answer, DeskState};

/// Whether a connection has a recovery code.
#[tauri::command]
#[specta::specta]
pub(crate) async fn recovery_status(
    desk: DeskState<'_>,
    connection_id: ConnectionId,
) -> Answer<RecoveryStatus> {
    Ok(desk.recovery_status(connection_id).await?)
}

/// Makes a recovery code; an older one opens nothing from then on.
#[tauri::command]
#[specta::specta]
pub(crate) async fn make_recovery_code(
    desk: DeskState<'_>,
    connection_id: ConnectionId,
) -> Answer<MadeRecoveryCode> {
    Ok(desk.make_recovery_code(connection_id).await?)
}

/// Copies the code on the screen inside the core. Leaves the clipboard by itself.
#[tauri::command]
#[specta::specta]
pub(crate) async fn copy_recovery_code(desk: DeskState<'_>, connection_id: ConnectionId) -> Answer<Copied> {
    Ok(desk.copy_recovery_code(connection_id).await?)
}

/// Writes the code on the screen to a text file that can be printed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_recovery_code(desk: DeskState<'_>, connection_id: ConnectionId) -> Answer<Saved> {
    Ok(desk.save_recovery_code(connection_id).await?)
}

/// Forgets the code on the screen: its dialog was closed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn forget_recovery_code(desk: DeskState<'_>) -> Answer<()> {
    desk.forget_recovery_code();
    Ok(())
}

/// Opens a connection whose key the keychain has lost.
#[tauri::command]
#[specta::specta]
pub(crate) async fn recover(
    desk: DeskState<'_>,
    connection_id: ConnectionId,
    code: String,
) -> Answer<Opened> {
    Ok(desk.recover(connection_id, Secret::new(code)).await?)
}
