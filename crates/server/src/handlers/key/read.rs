//! One key.

use axum::Json;
use axum::extract::State;
use protocol::key::KeyView;
use protocol::path;
use store::key;

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::OneKey;
use crate::refusal::Refusal;
use crate::sight::sight_of_keys;

/// One key
#[utoipa::path(get, path = path::KEY, tag = "keys", operation_id = "read_key",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("key_id" = domain::id::KeyId, Path, description = "The key."),
    ),
    responses((status = 200, description = "The key.", body = KeyView)))]
pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    OneKey {
        organization,
        key: id,
    }: OneKey,
) -> Result<Json<KeyView>, Refusal> {
    let mut read = app.store.read().await?;
    let standing = caller.standing(&mut read, organization).await?;
    let sight = sight_of_keys(standing.role, standing.id);
    key::find(&mut read, organization, id)
        .await?
        .filter(|key| sight.sees(key))
        .map(Json)
        .ok_or_else(|| Refusal::not_found("key"))
}
