//! The wallets of an organization and how its credits lie (B6).

use axum::Json;
use axum::extract::State;
use domain::role::{Action, require};
use domain::wallet::totals;
use protocol::path;
use protocol::wallet::{WalletView, WalletsView};
use store::wallet;

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;

/// The wallets of an organization
///
/// First the credit that is in no wallet, then the wallets in the order they were made; archived ones too.
#[utoipa::path(get, path = path::WALLETS, tag = "money", operation_id = "list_wallets",
    params(("organization_id" = domain::id::OrganizationId, Path, description = "The organization.")),
    responses((status = 200, description = "The wallets.", body = WalletsView)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
) -> Result<Json<WalletsView>, Refusal> {
    let mut read = app.store.read().await?;
    let standing = caller.standing(&mut read, organization).await?;
    require(standing.role, Action::ManageMoney)?;
    let wallets = wallet::list(&mut read, organization).await?;
    let totals = totals(wallets.iter().map(WalletView::purse)).ok_or_else(Refusal::internal)?;
    Ok(Json(WalletsView { totals, wallets }))
}
