//! Keys and their secrets.

use desk::KeyQuery;
use desk::view::{
    BulkReport, Copied, CreatedKey, ExpiryRadar, FirstRequest, InspectReport, KeyDetail, KeyDraft,
    KeyEditDraft, KeyPage, Saved, Stop, UsageView,
};
use domain::id::{KeyId, SecretId};
use domain::rotation::RotationStep;

use super::{Answer, DeskState};

/// Keys that fit a query.
#[tauri::command]
#[specta::specta]
pub(crate) async fn list_keys(desk: DeskState<'_>, query: KeyQuery) -> Answer<KeyPage> {
    Ok(desk.list_keys(query).await?)
}

/// One key.
#[tauri::command]
#[specta::specta]
pub(crate) async fn key_detail(desk: DeskState<'_>, key_id: KeyId) -> Answer<KeyDetail> {
    Ok(desk.key_detail(key_id).await?)
}

/// Makes a key; the answer carries its secret.
#[tauri::command]
#[specta::specta]
pub(crate) async fn create_key(desk: DeskState<'_>, draft: KeyDraft) -> Answer<CreatedKey> {
    Ok(desk.create_key(draft).await?)
}

/// Copies inside the core; the text never crosses to the webview. Leaves the clipboard by itself.
#[tauri::command]
#[specta::specta]
pub(crate) async fn copy_secret(desk: DeskState<'_>, secret_id: SecretId) -> Answer<Copied> {
    Ok(desk.copy_secret(secret_id).await?)
}

/// Writes a text file, readable by its owner alone, never over another file, into the downloads folder.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_secret(desk: DeskState<'_>, secret_id: SecretId) -> Answer<Saved> {
    Ok(desk.save_secret(secret_id).await?)
}

/// Edits a key's name and description.
#[tauri::command]
#[specta::specta]
pub(crate) async fn edit_key(desk: DeskState<'_>, key_id: KeyId, draft: KeyEditDraft) -> Answer<KeyDetail> {
    Ok(desk.edit_key(key_id, draft).await?)
}

/// Revokes a key; `confirm_name` is the key's name where that is asked for.
#[tauri::command]
#[specta::specta]
pub(crate) async fn revoke_key(
    desk: DeskState<'_>,
    key_id: KeyId,
    confirm_name: Option<String>,
) -> Answer<KeyDetail> {
    Ok(desk.revoke_key(key_id, confirm_name).await?)
}

/// Says what a text holds, from the replica alone.
#[tauri::command]
#[specta::specta]
pub(crate) async fn inspect(desk: DeskState<'_>, text: String) -> Answer<InspectReport> {
    Ok(desk.inspect(text).await?)
}

/// The first request with a key, in every language; the secret is in none of it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn first_request(desk: DeskState<'_>, key_id: KeyId) -> Answer<FirstRequest> {
    Ok(desk.first_request(key_id).await?)
}

/// Keys that expire soon, the first to expire first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn expiry_radar(desk: DeskState<'_>) -> Answer<ExpiryRadar> {
    Ok(desk.expiry_radar().await?)
}

/// Pauses or resumes a key.
#[tauri::command]
#[specta::specta]
pub(crate) async fn stop_key(desk: DeskState<'_>, key_id: KeyId, stop: Stop) -> Answer<KeyDetail> {
    Ok(desk.stop_key(key_id, stop).await?)
}

/// Pauses, resumes or revokes many keys; `confirm_count` is how many are chosen where that is asked for.
#[tauri::command]
#[specta::specta]
pub(crate) async fn stop_keys(
    desk: DeskState<'_>,
    key_ids: Vec<KeyId>,
    stop: Stop,
    confirm_count: Option<u32>,
) -> Answer<BulkReport> {
    Ok(desk.stop_keys(key_ids, stop, confirm_count).await?)
}

/// Gives a key a new secret; the answer carries it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn rotate_key(
    desk: DeskState<'_>,
    key_id: KeyId,
    overlap_seconds: u32,
) -> Answer<CreatedKey> {
    Ok(desk.rotate_key(key_id, overlap_seconds).await?)
}

/// Makes a secret of a service key for whoever is signed in.
#[tauri::command]
#[specta::specta]
pub(crate) async fn make_key_token(desk: DeskState<'_>, key_id: KeyId) -> Answer<CreatedKey> {
    Ok(desk.make_key_token(key_id).await?)
}

/// Ends a member's own secret of a key.
#[tauri::command]
#[specta::specta]
pub(crate) async fn end_key_token(desk: DeskState<'_>, key_id: KeyId, secret_id: SecretId) -> Answer<()> {
    Ok(desk.end_key_token(key_id, secret_id).await?)
}

/// Extends, finishes or rolls back the rotation of a key.
#[tauri::command]
#[specta::specta]
pub(crate) async fn step_rotation(
    desk: DeskState<'_>,
    key_id: KeyId,
    step: RotationStep,
) -> Answer<KeyDetail> {
    Ok(desk.step_rotation(key_id, step).await?)
}

/// How often a key was used in the last hours, as the server counts.
#[tauri::command]
#[specta::specta]
pub(crate) async fn key_usage(desk: DeskState<'_>, key_id: KeyId, hours: u32) -> Answer<UsageView> {
    Ok(desk.key_usage(key_id, hours).await?)
}
