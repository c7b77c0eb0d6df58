//! The record: events appended, and the chain they form checked.
//!
//! Whoever can write to the database and knows this program can compute a whole new chain; that is noticed only by
//! those who remember an older head. What [`verify_chain`] notices is every change, removal or insertion that does
//! not also rewrite everything behind it.

use crypto::chain::{self, Head};
use domain::activity::{ActivityEvent, Actor, Scope};
use domain::clock::Timestamp;
use domain::id::{AccountId, OrganizationId};
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, all, one, run};
use crate::read::Tx;
use crate::write::{head_from, scope_id};

/// Events looked at in one go while a chain is checked.
const STRIDE: i64 = 1_000;

/// The column `type` is read back from the JSON, so a new event needs no second list of names.
fn type_of(event: &ActivityEvent) -> Result<String, StoreError> {
    serde_json::to_value(&event.event)
        .ok()
        .and_then(|value| value.get("type")?.as_str().map(str::to_owned))
        .ok_or_else(|| StoreError::damaged("an event without a type"))
}

fn actor_text(actor: Actor) -> String {
    match actor {
        Actor::Account(account) => account.to_string(),
        Actor::Server => "server".to_owned(),
    }
}

/// Appends an event behind `previous`; answers the chain's new head.
pub(crate) async fn append(tx: &mut Tx, previous: &Head, event: &ActivityEvent) -> Result<Head, StoreError> {
    let json = serde_json::to_string(event).map_err(|_| StoreError::damaged("an event that is no JSON"))?;
    let head = chain::extend(previous, json.as_bytes());
    let kind = type_of(event)?;
    run!(
        tx,
        "INSERT INTO activity (scope_id, sequence, id, at, actor, type, json, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        scope_id(event.scope),
        event.sequence,
        event.id.as_uuid(),
        event.at.as_micros(),
        actor_text(event.actor),
        kind,
        json,
        head.as_slice(),
    )?;
    Ok(head)
}

#[derive(sqlx::FromRow)]
struct EventRow {
    sequence: i64,
    id: Uuid,
    at: i64,
    actor: String,
    #[sqlx(rename = "type")]
    kind: String,
    json: String,
    hash: Vec<u8>,
}

/// A chain that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// How many events.
    pub events: u64,
    /// Its end.
    pub head: Head,
    /// When the newest event was written.
    pub newest: Option<Timestamp>,
}

/// Where a chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The scope is gone while it was expected.
    #[error("the scope does not exist")]
    NoScope,
    /// An event's hash does not follow from it and the one before.
    #[error("event {sequence} was changed, or one before it was changed or removed")]
    Altered {
        /// The event's number.
        sequence: i64,
    },
    /// The columns beside an event's text say something else than the text.
    #[error("the columns of event {sequence} differ from what was recorded")]
    Columns {
        /// The event's number.
        sequence: i64,
    },
    /// The last event is not the one the scope remembers.
    #[error("the newest events were removed, or others were added behind the end")]
    End,
}

/// The events of a scope behind `after`, oldest first.
///
/// # Errors
/// The database does not answer, or holds what is no event.
pub async fn list(
    from: &mut impl Connected,
    scope: Scope,
    after: i64,
    limit: i64,
) -> Result<Vec<ActivityEvent>, StoreError> {
    rows(from, scope, after, limit)
        .await?
        .iter()
        .map(|row| {
            serde_json::from_str(&row.json).map_err(|_| StoreError::damaged("an event that can't be read"))
        })
        .collect()
}

async fn rows(
    from: &mut impl Connected,
    scope: Scope,
    after: i64,
    limit: i64,
) -> Result<Vec<EventRow>, StoreError> {
    all!(
        EventRow,
        from,
        "SELECT sequence, id, at, actor, type, json, hash FROM activity \
         WHERE scope_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
        scope_id(scope),
        after,
        limit,
    )
}

/// Checks the chain of one scope from its first event to the head the scope remembers. Give it a
/// [`Read`](crate::Read), so that nobody writes in between.
///
/// # Errors
/// The database does not answer. A chain that does not hold is an answer, not an error.
pub async fn verify_chain(
    from: &mut impl Connected,
    scope: Scope,
) -> Result<Result<Chain, Broken>, StoreError> {
    let row = one!(
        (i64, Vec<u8>),
        from,
        "SELECT sequence, chain_head FROM scope WHERE id = $1",
        scope_id(scope)
    )?;
    let Some((last, end)) = row else {
        return Ok(Err(Broken::NoScope));
    };
    let end = head_from(&end)?;
    let mut chain = Chain {
        events: 0,
        head: chain::START,
        newest: None,
    };
    let mut after = i64::MIN;
    loop {
        let page = rows(from, scope, after, STRIDE).await?;
        let Some(tail) = page.last() else { break };
        after = tail.sequence;
        for row in &page {
            chain.head = chain::extend(&chain.head, row.json.as_bytes());
            if chain.head.as_slice() != row.hash {
                return Ok(Err(Broken::Altered {
                    sequence: row.sequence,
                }));
            }
            if !columns_agree(row, scope) {
                return Ok(Err(Broken::Columns {
                    sequence: row.sequence,
                }));
            }
            chain.events += 1;
            chain.newest = Some(Timestamp::from_micros(row.at));
        }
    }
    if chain.head != end || after > last {
        return Ok(Err(Broken::End));
    }
    Ok(Ok(chain))
}

fn columns_agree(row: &EventRow, scope: Scope) -> bool {
    serde_json::from_str::<ActivityEvent>(&row.json).is_ok_and(|event| {
        event.scope == scope
            && event.sequence == row.sequence
            && event.id.as_uuid() == row.id
            && event.at.as_micros() == row.at
            && actor_text(event.actor) == row.actor
            && type_of(&event).is_ok_and(|kind| kind == row.kind)
    })
}

/// Every scope behind `after` in the order of their ids, to check them all.
///
/// # Errors
/// The database does not answer.
pub async fn scopes(
    from: &mut impl Connected,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Scope>, StoreError> {
    let rows = all!(
        (Uuid, String),
        from,
        "SELECT id, kind FROM scope WHERE id > $1 ORDER BY id LIMIT $2",
        after.unwrap_or(Uuid::nil()),
        limit,
    )?;
    rows.into_iter()
        .map(|(id, kind)| match kind.as_str() {
            "organization" => Ok(Scope::Organization(OrganizationId::from_uuid(id))),
            "account" => Ok(Scope::Account(AccountId::from_uuid(id))),
            _ => Err(StoreError::damaged("a scope of a kind")),
        })
        .collect()
}

/// The UUID beneath a scope, to go on behind it with [`scopes`].
#[must_use]
pub const fn id_of(scope: Scope) -> Uuid {
    scope_id(scope)
}
