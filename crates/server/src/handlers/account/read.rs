//! The signed-in account.

use axum::Json;
use axum::extract::State;
use protocol::account::AccountView;
use protocol::path;
use store::account;

use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// The signed-in account and where it belongs
#[utoipa::path(get, path = path::ACCOUNT, tag = "account", operation_id = "read_account",
    responses((status = 200, description = "The account.", body = AccountView)))]
pub(crate) async fn read(State(app): State<App>, caller: Caller) -> Result<Json<AccountView>, Refusal> {
    let account = account::view(&mut app.store.read().await?, caller.account).await?;
    account.map(Json).ok_or_else(Refusal::signed_out)
}
