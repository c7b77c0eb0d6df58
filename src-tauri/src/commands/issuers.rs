//! Identity providers outside.

use desk::view::{IssuerDraft, IssuerLook, IssuersPage, TokenCheck};
use domain::id::IssuerId;
use domain::principal::Principal;

use super::{Answer, DeskState};

/// The issuers of the organization, from the copy.
#[tauri::command]
#[specta::specta]
pub(crate) async fn issuers(desk: DeskState<'_>) -> Answer<IssuersPage> {
    Ok(desk.issuers().await?)
}

/// What an issuer says of itself; the server asks it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn look_at_issuer(desk: DeskState<'_>, url: String) -> Answer<IssuerLook> {
    Ok(desk.look_at_issuer(&url).await?)
}

/// Registers an issuer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_issuer(desk: DeskState<'_>, draft: IssuerDraft) -> Answer<IssuerId> {
    Ok(desk.add_issuer(draft).await?)
}

/// Lets a subject stand for a member or a service account; for nobody where none is given.
#[tauri::command]
#[specta::specta]
pub(crate) async fn map_subject(
    desk: DeskState<'_>,
    issuer_id: IssuerId,
    subject: String,
    principal: Option<Principal>,
) -> Answer<()> {
    Ok(desk.map_subject(issuer_id, &subject, principal).await?)
}

/// Says whether members are known by the address the issuer verified.
#[tauri::command]
#[specta::specta]
pub(crate) async fn map_by_email(desk: DeskState<'_>, issuer_id: IssuerId, on: bool) -> Answer<()> {
    Ok(desk.map_by_email(issuer_id, on).await?)
}

/// Removes an issuer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_issuer(desk: DeskState<'_>, issuer_id: IssuerId) -> Answer<()> {
    Ok(desk.remove_issuer(issuer_id).await?)
}

/// What would be answered to a token, and why; it is looked at on this computer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn check_token(desk: DeskState<'_>, token: String) -> Answer<TokenCheck> {
    Ok(desk.check_token(token.into(), true).await?)
}
