//! The feed: each entity of an organization once, at its latest number (O3).

use domain::id::{KeyId, MemberId, OrganizationId};
use protocol::change::{Change, Entity, EntityRef};
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, all, one, run};
use crate::read::Tx;
use crate::write::Changed;
use crate::{key, member, organization};

const ORGANIZATION: &str = "organization";
const MEMBER: &str = "member";
const KEY: &str = "key";

const fn parts(entity: EntityRef) -> (&'static str, Uuid) {
    match entity {
        EntityRef::Organization(id) => (ORGANIZATION, id.as_uuid()),
        EntityRef::Member(id) => (MEMBER, id.as_uuid()),
        EntityRef::Key(id) => (KEY, id.as_uuid()),
    }
}

/// Numbers changed entities from `first` on; answers the last number given out.
pub(crate) async fn number(
    tx: &mut Tx,
    organization: OrganizationId,
    first: i64,
    changed: &[Changed],
) -> Result<i64, StoreError> {
    let mut next = first;
    for change in changed {
        let (entity, gone) = match *change {
            Changed::Here(entity) => (entity, false),
            Changed::Gone(entity) => (entity, true),
        };
        let (entity_type, entity_id) = parts(entity);
        run!(
            tx,
            "INSERT INTO change (organization_id, entity_type, entity_id, sequence, gone) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (organization_id, entity_type, entity_id) \
             DO UPDATE SET sequence = excluded.sequence, gone = excluded.gone",
            organization.as_uuid(),
            entity_type,
            entity_id,
            next,
            gone,
        )?;
        next += 1;
    }
    Ok(next - 1)
}

/// What of an organization a caller may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// Its keys. Those that may not be seen are left out as if they were not there.
    pub keys: bool,
}

/// A piece of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The changes, by rising number.
    pub changes: Vec<Change>,
    /// Where to go on.
    pub next: i64,
    /// The organization's number now.
    pub head: i64,
    /// How many changes remain.
    pub remaining: i64,
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    sequence: i64,
    entity_type: String,
    entity_id: Uuid,
    gone: bool,
}

/// The changes behind `since`, at most `limit`, as far as the caller sees. Give it a [`Read`](crate::Read).
///
/// # Errors
/// The database does not answer.
pub async fn page(
    from: &mut impl Connected,
    organization: OrganizationId,
    since: i64,
    limit: i64,
    sight: Sight,
) -> Result<Page, StoreError> {
    let head = one!(
        (i64,),
        from,
        "SELECT sequence FROM scope WHERE id = $1",
        organization.as_uuid()
    )?
    .map_or(0, |(head,)| head);
    let rows = all!(
        ChangeRow,
        from,
        "SELECT sequence, entity_type, entity_id, gone FROM change \
         WHERE organization_id = $1 AND sequence > $2 AND ($3 OR entity_type <> $4) ORDER BY sequence LIMIT $5",
        organization.as_uuid(),
        since,
        sight.keys,
        KEY,
        limit,
    )?;
    // A page that is not full reaches the end, whatever the numbers of what is not seen.
    let last = rows.last().map(|row| row.sequence);
    let next = match last {
        Some(last) if i64::try_from(rows.len()).is_ok_and(|found| found >= limit) => last,
        _ => head.max(since),
    };
    let remaining = one!(
        (i64,),
        from,
        "SELECT COUNT(*) FROM change WHERE organization_id = $1 AND sequence > $2 AND ($3 OR entity_type <> $4)",
        organization.as_uuid(),
        next,
        sight.keys,
        KEY,
    )?
    .map_or(0, |(count,)| count);
    let next = if remaining == 0 { head.max(since) } else { next };

    let mut keys = Vec::new();
    if let (true, Some(last)) = (sight.keys, last) {
        keys = key::changed(from, organization, since, last).await?;
    }
    let mut changes = Vec::with_capacity(rows.len());
    for row in rows {
        let entity = if row.gone {
            gone(&row)?
        } else {
            here(from, organization, &row, &mut keys).await?
        };
        changes.push(Change {
            sequence: row.sequence,
            entity,
        });
    }
    Ok(Page {
        changes,
        next,
        head,
        remaining,
    })
}

fn gone(row: &ChangeRow) -> Result<Entity, StoreError> {
    let what = match row.entity_type.as_str() {
        ORGANIZATION => EntityRef::Organization(OrganizationId::from_uuid(row.entity_id)),
        MEMBER => EntityRef::Member(MemberId::from_uuid(row.entity_id)),
        KEY => EntityRef::Key(KeyId::from_uuid(row.entity_id)),
        _ => return Err(StoreError::damaged("a change of a type")),
    };
    Ok(Entity::Gone { what })
}

/// The entity as it is now. Keys were read for the whole page; the few others are read one by one.
async fn here(
    from: &mut impl Connected,
    organization: OrganizationId,
    row: &ChangeRow,
    keys: &mut Vec<protocol::key::KeyView>,
) -> Result<Entity, StoreError> {
    let found = match row.entity_type.as_str() {
        ORGANIZATION => organization::find(from, organization)
            .await?
            .map(Entity::Organization),
        MEMBER => member::view(from, organization, MemberId::from_uuid(row.entity_id))
            .await?
            .map(Entity::Member),
        KEY => {
            let id = KeyId::from_uuid(row.entity_id);
            keys.iter()
                .position(|key| key.id == id)
                .map(|at| Entity::Key(keys.swap_remove(at)))
        }
        _ => None,
    };
    found.ok_or_else(|| StoreError::damaged("a change of an entity that is not there"))
}

/// The organization's number now.
///
/// # Errors
/// The database does not answer.
pub async fn head(
    from: &mut impl Connected,
    organization: OrganizationId,
) -> Result<Option<i64>, StoreError> {
    let row = one!(
        (i64,),
        from,
        "SELECT sequence FROM scope WHERE id = $1 AND kind = 'organization'",
        organization.as_uuid(),
    )?;
    Ok(row.map(|(head,)| head))
}
