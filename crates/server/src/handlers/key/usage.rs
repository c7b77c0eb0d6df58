//! How often a key was used, by secret and hour: what a rotation is watched by (K7).

use axum::Json;
use axum::extract::State;
use protocol::key::{AddressUses, KeyUsageView};
use protocol::path;
use store::usage::hour_of;
use store::{key, usage};

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::{OneKey, Query};
use crate::refusal::Refusal;
use crate::sight;

const MOST_HOURS: i64 = 24 * 400;
const USUAL_HOURS: i64 = 24 * 7;
const MOST_ADDRESSES: usize = 50;

/// How often a key was used
///
/// By secret and hour, by secret and address, and by service and model. A use counts within about a second; usage is kept for 400 days.
#[utoipa::path(get, path = path::KEY_USAGE, tag = "keys", operation_id = "read_key_usage",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("key_id" = domain::id::KeyId, Path, description = "The key."),
        ("hours" = Option<i64>, Query, minimum = 1, maximum = 9600, description = "How many hours back; 168 if not said."),
    ),
    responses((status = 200, description = "The uses.", body = KeyUsageView)))]
pub(crate) async fn usage(
    State(app): State<App>,
    caller: Caller,
    OneKey {
        organization,
        key: id,
    }: OneKey,
    query: Query,
) -> Result<Json<KeyUsageView>, Refusal> {
    query.only(&["hours"])?;
    let hours = query.number("hours", 1..=MOST_HOURS, USUAL_HOURS)?;
    let until = app.now();
    let from = hour_of(until.plus_seconds(-(hours - 1) * 3_600));
    let mut read = app.store.read().await?;
    let standing = caller.standing(&mut read, organization).await?;
    key::find(&mut read, organization, id)
        .await?
        .filter(|key| sight::has(sight::keys(standing.role, standing.id), key))
        .ok_or_else(|| Refusal::not_found("key"))?;
    Ok(Json(KeyUsageView {
        from,
        until,
        hours: usage::hours(&mut read, organization, id, from).await?,
        services: usage::services(&mut read, id, from).await?,
        addresses: most(usage::addresses(&mut read, organization, id, from).await?),
    }))
}

/// The first of each secret.
fn most(addresses: Vec<AddressUses>) -> Vec<AddressUses> {
    let mut counts = std::collections::HashMap::new();
    addresses
        .into_iter()
        .filter(|uses| {
            let count = counts.entry(uses.secret_id).or_insert(0usize);
            *count += 1;
            *count <= MOST_ADDRESSES
        })
        .collect()
}
