//! The ledger (B5): every movement of an organization's credits.

use axum::Json;
use axum::extract::State;
use domain::clock::Timestamp;
use domain::id::{EntryId, WalletId};
use domain::role::{Action, require};
use domain::wallet::EntryKind;
use protocol::path;
use protocol::wallet::{LedgerPage, MOST_ENTRIES};
use store::ledger::{self, Wanted};

use crate::app::App;
use crate::caller::Caller;
use crate::parameters::{InOrganization, Query};
use crate::refusal::Refusal;

const USUAL: i64 = 100;

/// The ledger, the newest entry first
///
/// Entries are never changed and never removed. Those of one wallet are in the order in which its balance moved.
#[utoipa::path(get, path = path::LEDGER, tag = "money", operation_id = "list_ledger",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("wallet" = Option<WalletId>, Query, description = "Only entries of this wallet."),
        ("kind" = Option<EntryKind>, Query, description = "Only entries of this kind."),
        ("from" = Option<Timestamp>, Query, description = "Only entries from this moment on."),
        ("until" = Option<Timestamp>, Query, description = "Only entries before this moment."),
        ("before" = Option<EntryId>, Query, description = "The `next` of the page before: what is older than that entry."),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "At most so many; 100 if not said."),
    ),
    responses((status = 200, description = "A page of entries.", body = LedgerPage)))]
pub(crate) async fn ledger(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    query: Query,
) -> Result<Json<LedgerPage>, Refusal> {
    query.only(&["wallet", "kind", "from", "until", "before", "limit"])?;
    let kinds = || EntryKind::ALL.map(EntryKind::as_str).join(", ");
    let wanted = Wanted {
        wallet: query.read("wallet", "wal_ and 32 hexadecimal digits", |text| {
            text.parse().ok()
        })?,
        kind: query.read("kind", &format!("one of {}", kinds()), EntryKind::from_name)?,
        from: query.read("from", TIME, |text| text.parse().ok())?,
        until: query.read("until", TIME, |text| text.parse().ok())?,
        before: query.read("before", "ent_ and 32 hexadecimal digits", |text| {
            text.parse().ok()
        })?,
    };
    let limit = query.number("limit", 1..=i64::from(MOST_ENTRIES), USUAL)?;

    let mut read = app.store.read().await?;
    let standing = caller.standing(&mut read, organization).await?;
    require(standing.role, Action::ManageMoney)?;
    // One more than asked for tells whether there is a next page.
    let mut entries = ledger::page(&mut read, organization, &wanted, limit + 1).await?;
    let more = i64::try_from(entries.len()).is_ok_and(|found| found > limit);
    if more {
        entries.pop();
    }
    let next = entries.last().filter(|_| more).map(|entry| entry.id);
    Ok(Json(LedgerPage { entries, next }))
}

const TIME: &str = "a time like 2026-03-12T10:42:07Z";
