//! What changed in an organization (O3).

use axum::Json;
use axum::extract::State;
use domain::role::{Action, grant};
use protocol::change::{ChangesPage, MOST_CHANGES};
use protocol::path;
use store::change::{self, Sight};

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::{InOrganization, Query};
use crate::refusal::Refusal;

const USUAL: i64 = 500;

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
    query.only(&["since", "limit"])?;
    let since = query.number("since", 0..=i64::MAX, 0)?;
    let limit = query.number("limit", 1..=i64::from(MOST_CHANGES), USUAL)?;

    let mut read = app.store.read().await?;
    let standing = caller.standing(&mut read, organization).await?;
    // Keys are assigned to nobody yet, so who sees assigned keys sees none.
    let sight = Sight {
        keys: grant(standing.role, Action::ReadKeys).is_full(),
    };
    let page = change::page(&mut read, organization, since, limit, sight).await?;
    Ok(Json(ChangesPage {
        changes: page.changes,
        next: page.next,
        head: page.head,
        remaining: page.remaining,
        epoch: standing.epoch,
    }))
}
