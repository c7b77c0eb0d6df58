//! How far the copy is in step, and what waits.

use desk::view::{KeyEditDraft, PendingChange, SyncStatus};
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

/// Sends what was refused once more.
#[tauri::command]
#[specta::specta]
pub(crate) async fn retry_pending(desk: DeskState<'_>, operation_id: OperationId) -> Answer<()> {
    Ok(desk.retry_pending(operation_id).await?)
}

/// Decides an edit that stands in conflict.
#[tauri::command]
#[specta::specta]
pub(crate) async fn decide_edit(
    desk: DeskState<'_>,
    operation_id: OperationId,
    draft: KeyEditDraft,
) -> Answer<()> {
    Ok(desk.decide_edit(operation_id, draft).await?)
}
