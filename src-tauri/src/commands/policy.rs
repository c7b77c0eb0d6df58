//! The token creation policy.

use desk::view::{TokenPolicyDraft, TokenPolicyEffectView, TokenPolicyScreen};

use super::{Answer, DeskState};

/// The policy, what can be chosen, and for whom tokens can be made; from the copy.
#[tauri::command]
#[specta::specta]
pub(crate) async fn token_policy(desk: DeskState<'_>) -> Answer<TokenPolicyScreen> {
    Ok(desk.token_policy().await?)
}

/// What another policy would do.
#[tauri::command]
#[specta::specta]
pub(crate) async fn preview_token_policy(
    desk: DeskState<'_>,
    draft: TokenPolicyDraft,
) -> Answer<TokenPolicyEffectView> {
    Ok(desk.preview_token_policy(draft).await?)
}

/// Changes the policy, over the version the dry run showed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_token_policy(
    desk: DeskState<'_>,
    draft: TokenPolicyDraft,
    version: u32,
) -> Answer<()> {
    Ok(desk.set_token_policy(draft, version).await?)
}
