//! Groups and service accounts.

use desk::view::{GroupDraft, GroupsView, ServiceAccountDraft, ServiceAccountRemoval};
use domain::id::{GroupId, ServiceAccountId};

use super::{Answer, DeskState};

/// The groups and service accounts of the organization, from the copy.
#[tauri::command]
#[specta::specta]
pub(crate) async fn groups(desk: DeskState<'_>) -> Answer<GroupsView> {
    Ok(desk.groups().await?)
}

/// Makes or changes a group.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_group(desk: DeskState<'_>, draft: GroupDraft) -> Answer<()> {
    Ok(desk.save_group(draft).await?)
}

/// Removes a group.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_group(desk: DeskState<'_>, group_id: GroupId) -> Answer<()> {
    Ok(desk.remove_group(group_id).await?)
}

/// Makes or changes a service account.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_service_account(desk: DeskState<'_>, draft: ServiceAccountDraft) -> Answer<()> {
    Ok(desk.save_service_account(draft).await?)
}

/// Disables or enables a service account.
#[tauri::command]
#[specta::specta]
pub(crate) async fn able_service_account(
    desk: DeskState<'_>,
    service_account_id: ServiceAccountId,
    enabled: bool,
) -> Answer<()> {
    Ok(desk.able_service_account(service_account_id, enabled).await?)
}

/// What the removal of a service account would revoke.
#[tauri::command]
#[specta::specta]
pub(crate) async fn service_account_removal(
    desk: DeskState<'_>,
    service_account_id: ServiceAccountId,
) -> Answer<ServiceAccountRemoval> {
    Ok(desk.service_account_removal(service_account_id).await?)
}

/// Removes a service account; its tokens are revoked.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_service_account(
    desk: DeskState<'_>,
    service_account_id: ServiceAccountId,
) -> Answer<()> {
    Ok(desk.remove_service_account(service_account_id).await?)
}
