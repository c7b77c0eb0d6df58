//! How far the copy is in step, and what waits.

use desk::view::{PendingChange, SyncStatus};
use domain::id::OperationId;

use super::{Answer, DeskState};

/// How far the copy is in step.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sync_status(desk: DeskState<'_>) -> Answer<SyncStatus> {
    Ok(desk.sync_status().await?)
}

/// Does a round of sync now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sync_now(desk: DeskState<'_>) -> Answer<SyncStatus> {
    Ok(desk.sync_now().await?)
}

/// Changes that are not yet in force.
#[tauri::command]
#[specta::specta]
pub(crate) async fn list_pending(desk: DeskState<'_>) -> Answer<Vec<PendingChange>> {
    Ok(desk.list_pending().await?)
}

/// Drops a change that waits or was refused.
#[tauri::command]
#[specta::specta]
pub(crate) async fn drop_pending(desk: DeskState<'_>, operation_id: OperationId) -> Answer<()> {
    Ok(desk.drop_pending(operation_id).await?)
}
