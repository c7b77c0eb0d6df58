//! Services, models and prices.

use desk::view::{CatalogView, EstimateDraft, EstimateView};

use super::{Answer, DeskState};

/// The services of the server, from the copy on this computer; none before they were fetched.
#[tauri::command]
#[specta::specta]
pub(crate) async fn catalog(desk: DeskState<'_>) -> Answer<Option<CatalogView>> {
    Ok(desk.catalog().await?)
}

/// What so many requests cost.
#[tauri::command]
#[specta::specta]
pub(crate) async fn estimate(desk: DeskState<'_>, draft: EstimateDraft) -> Answer<EstimateView> {
    Ok(desk.estimate(draft).await?)
}
