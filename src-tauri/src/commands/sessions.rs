//! The account that is signed in.

use desk::view::AccountOverview;
use domain::id::SessionId;

use super::{Answer, DeskState};

/// Who is signed in, where they belong, and their sessions.
#[tauri::command]
#[specta::specta]
pub(crate) async fn account_overview(desk: DeskState<'_>) -> Answer<AccountOverview> {
    Ok(desk.account_overview().await?)
}

/// Ends one session of the account, or all but this one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn end_sessions(desk: DeskState<'_>, session_id: Option<SessionId>) -> Answer<()> {
    Ok(desk.end_sessions(session_id).await?)
}
