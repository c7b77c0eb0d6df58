//! The keys of an organization.

use axum::Json;
use axum::extract::State;
use protocol::key::KeysPage;
use protocol::path;
use store::key;

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::{InOrganization, Query};
use crate::refusal::Refusal;
use crate::sight;

const MOST: i64 = 1_000;
const USUAL: i64 = 100;

/// The keys of an organization, in the order of their ids
///
/// Members who see only assigned keys are given those, and their own personal tokens.
#[utoipa::path(get, path = path::KEYS, tag = "keys", operation_id = "list_keys",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("after" = Option<domain::id::KeyId>, Query, description = "The `next` of the page before."),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "At most so many; 100 if not said."),
    ),
    responses((status = 200, description = "A page of keys.", body = KeysPage)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    query: Query,
) -> Result<Json<KeysPage>, Refusal> {
    query.only(&["after", "limit"])?;
    let after = query.key("after")?;
    let limit = query.number("limit", 1..=MOST, USUAL)?;

    let mut read = app.store.read().await?;
    let standing = caller.standing(&mut read, organization).await?;
    // One more than asked for tells whether there is a next page.
    let seen = sight::keys(standing.role, standing.id);
    let mut keys = key::list(&mut read, organization, after, limit + 1, seen).await?;
    let more = i64::try_from(keys.len()).is_ok_and(|found| found > limit);
    if more {
        keys.pop();
    }
    let next = keys.last().filter(|_| more).map(|key| key.id);
    Ok(Json(KeysPage { keys, next }))
}
