//! What changed in an organization, or of an account (O3).

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::activity::Scope;
use protocol::change::{ChangesPage, MOST_CHANGES};
use protocol::{header, path};
use store::assigned::Sees;
use store::change::{self, Page, Sight};

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::{InOrganization, Query};
use crate::refusal::Refusal;
use crate::sight;

const USUAL: i64 = 500;
/// Accounts see everything of their own, always.
const ACCOUNT_EPOCH: i64 = 1;

/// What changed in an organization since a sequence number
///
/// Each entity stands here once, at its latest number. What the caller may not see is left out.
#[utoipa::path(get, path = path::CHANGES, tag = "changes", operation_id = "list_changes",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("since" = Option<i64>, Query, minimum = 0, description = "The `next` of the page before; 0 if not said."),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "At most so many; 500 if not said."),
    ),
    responses((status = 200, description = "A page of changes.", body = ChangesPage)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    query: Query,
) -> Result<Json<ChangesPage>, Refusal> {
    let (since, limit) = asked(&query)?;

    let mut read = app.store.read().await?;
    let standing = caller.standing(&mut read, organization).await?;
    let seen = sight::of_feed(standing);
    let page = change::page(&mut read, Scope::Organization(organization), since, limit, seen).await?;
    Ok(Json(answer(page, standing.epoch)))
}

/// What changed of the signed-in account since a sequence number
///
/// Its profile, its memberships, its sessions; each stands here once, at its latest number.
#[utoipa::path(get, path = path::ACCOUNT_CHANGES, tag = "changes", operation_id = "list_account_changes",
    params(
        ("since" = Option<i64>, Query, minimum = 0, description = "The `next` of the page before; 0 if not said."),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "At most so many; 500 if not said."),
    ),
    responses((status = 200, description = "A page of changes.", body = ChangesPage,
        headers(("x-keystead-catalog" = String, description = "Which catalog is offered now: the entity tag of `GET /v1/catalog`, without its quotes.")))))]
pub(crate) async fn list_of_account(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<impl IntoResponse, Refusal> {
    let (since, limit) = asked(&query)?;
    let mut read = app.store.read().await?;
    let scope = Scope::Account(caller.account);
    let sight = Sight {
        keys: Sees::None,
        invitations: false,
        money: false,
    };
    let page = change::page(&mut read, scope, since, limit, sight).await?;
    let told = [(header::CATALOG, app.catalog.tag.clone())];
    Ok((told, Json(answer(page, ACCOUNT_EPOCH))))
}

fn asked(query: &Query) -> Result<(i64, i64), Refusal> {
    query.only(&["since", "limit"])?;
    let since = query.number("since", 0..=i64::MAX, 0)?;
    let limit = query.number("limit", 1..=i64::from(MOST_CHANGES), USUAL)?;
    Ok((since, limit))
}

fn answer(page: Page, epoch: i64) -> ChangesPage {
    ChangesPage {
        changes: page.changes,
        next: page.next,
        head: page.head,
        remaining: page.remaining,
        epoch,
    }
}
