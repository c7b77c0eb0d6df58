//! The feeds: each entity of an organization, or of an account, once, at its latest number (O3).

use domain::activity::Scope;
use domain::id::{
    AccountId, GroupId, InvitationId, IssuerId, KeyId, MemberId, OrganizationId, ServiceAccountId, SessionId,
    WalletId,
};
use protocol::change::{Change, Entity, EntityRef};
use uuid::Uuid;

use crate::assigned::Sees;
use crate::error::StoreError;
use crate::link::{Connected, all, one, run};
use crate::read::Tx;
use crate::write::{Changed, scope_id, scope_kind};
use crate::{
    account, group, invitation, issuer, key, member, organization, service_account, session, wallet,
};

const ORGANIZATION: &str = "organization";
const MEMBER: &str = "member";
const INVITATION: &str = "invitation";
const ISSUER: &str = "issuer";
const GROUP: &str = "group";
const SERVICE_ACCOUNT: &str = "service_account";
const KEY: &str = "key";
const WALLET: &str = "wallet";
const PROFILE: &str = "profile";
const MEMBERSHIP: &str = "membership";
const SESSION: &str = "session";

const fn parts(entity: EntityRef) -> (&'static str, Uuid) {
    match entity {
        EntityRef::Organization(id) => (ORGANIZATION, id.as_uuid()),
        EntityRef::Member(id) => (MEMBER, id.as_uuid()),
        EntityRef::Invitation(id) => (INVITATION, id.as_uuid()),
        EntityRef::Issuer(id) => (ISSUER, id.as_uuid()),
        EntityRef::Group(id) => (GROUP, id.as_uuid()),
        EntityRef::ServiceAccount(id) => (SERVICE_ACCOUNT, id.as_uuid()),
        EntityRef::Key(id) => (KEY, id.as_uuid()),
        EntityRef::Wallet(id) => (WALLET, id.as_uuid()),
        EntityRef::Profile(id) => (PROFILE, id.as_uuid()),
        EntityRef::Membership(id) => (MEMBERSHIP, id.as_uuid()),
        EntityRef::Session(id) => (SESSION, id.as_uuid()),
    }
}

/// Whether an entity is told in a scope's feed.
const fn fits(scope: Scope, entity: EntityRef) -> bool {
    let of_account = matches!(
        entity,
        EntityRef::Profile(_) | EntityRef::Membership(_) | EntityRef::Session(_)
    );
    of_account == matches!(scope, Scope::Account(_))
}

/// Numbers changed entities from `first` on; answers the last number given out.
///
/// [`StoreError::Unrecorded`] for an entity that is not of the scope's feed.
pub(crate) async fn number(
    tx: &mut Tx,
    scope: Scope,
    first: i64,
    changed: &[Changed],
) -> Result<i64, StoreError> {
    let mut next = first;
    for change in changed {
        let (entity, gone) = match *change {
            Changed::Here(entity) => (entity, false),
            Changed::Gone(entity) => (entity, true),
        };
        if !fits(scope, entity) {
            return Err(StoreError::Unrecorded);
        }
        let (entity_type, entity_id) = parts(entity);
        run!(
            tx,
            "INSERT INTO change (scope_id, entity_type, entity_id, sequence, gone) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (scope_id, entity_type, entity_id) \
             DO UPDATE SET sequence = excluded.sequence, gone = excluded.gone",
            scope_id(scope),
            entity_type,
            entity_id,
            next,
            gone,
        )?;
        next += 1;
    }
    Ok(next - 1)
}

/// What of an organization a caller may see. Accounts see all of their own feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// Which of its keys. The others are left out as if they were not there. Its issuers are told with all of them.
    pub keys: Sees,
    /// Its invitations, likewise.
    pub invitations: bool,
    /// Its wallets, likewise.
    pub money: bool,
}

/// A piece of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The changes, by rising number.
    pub changes: Vec<Change>,
    /// Where to go on.
    pub next: i64,
    /// The scope's number now.
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
    scope: Scope,
    since: i64,
    limit: i64,
    sight: Sight,
) -> Result<Page, StoreError> {
    let head = head(from, scope).await?.unwrap_or(0);
    let keys = match scope {
        Scope::Organization(organization) if sight.keys != Sees::None => {
            key::changed(from, organization, since, limit, sight.keys).await?
        }
        Scope::Organization(_) | Scope::Account(_) => Vec::new(),
    };
    let (all_keys, of_member, own) = sight.keys.parts();
    // Nearly all of a feed is keys: what is not lies between them, and no further than they go.
    let is_full = |count: usize| i64::try_from(count).is_ok_and(|count| count >= limit);
    let to = match keys.last() {
        Some((last, _)) if is_full(keys.len()) => *last,
        _ => i64::MAX,
    };
    let others = all!(
        ChangeRow,
        from,
        "SELECT sequence, entity_type, entity_id, gone FROM change \
         WHERE scope_id = $1 AND sequence > $2 AND sequence <= $3 AND (entity_type <> $5 OR (gone AND $4)) \
         AND ($6 OR entity_type <> $7) AND ($8 OR entity_type <> $9) AND ($4 OR entity_type <> $11) \
         ORDER BY sequence LIMIT $10",
        scope_id(scope),
        since,
        to,
        all_keys,
        KEY,
        sight.invitations,
        INVITATION,
        sight.money,
        WALLET,
        limit,
        ISSUER,
    )?;
    let mut changes: Vec<Change> = keys
        .into_iter()
        .map(|(sequence, key)| Change {
            sequence,
            entity: Entity::Key(key),
        })
        .collect();
    for row in others {
        let entity = if row.gone {
            gone(&row)?
        } else {
            here(from, scope, &row).await?
        };
        changes.push(Change {
            sequence: row.sequence,
            entity,
        });
    }
    changes.sort_by_key(|change| change.sequence);
    changes.truncate(usize::try_from(limit).unwrap_or(0));

    // A page that is not full reaches the end, whatever the numbers of what is not seen.
    let next = match changes.last() {
        Some(last) if is_full(changes.len()) => last.sequence,
        _ => head.max(since),
    };
    let remaining = if next >= head {
        0
    } else {
        one!(
            (i64,),
            from,
            "SELECT COUNT(*) FROM change WHERE scope_id = $1 AND sequence > $2 \
             AND ($3 OR entity_type <> $4 OR EXISTS (SELECT 1 FROM key_person \
             WHERE key_person.key_id = change.entity_id AND key_person.member_id = $7) \
             OR EXISTS (SELECT 1 FROM key WHERE key.id = change.entity_id AND key.owner_member = $9)) \
             AND ($5 OR entity_type <> $6) AND ($3 OR entity_type <> $8) AND ($10 OR entity_type <> $11)",
            scope_id(scope),
            next,
            all_keys,
            KEY,
            sight.invitations,
            INVITATION,
            of_member,
            ISSUER,
            own,
            sight.money,
            WALLET,
        )?
        .map_or(0, |(count,)| count)
    };
    let next = if remaining == 0 { head.max(since) } else { next };
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
        INVITATION => EntityRef::Invitation(InvitationId::from_uuid(row.entity_id)),
        ISSUER => EntityRef::Issuer(IssuerId::from_uuid(row.entity_id)),
        GROUP => EntityRef::Group(GroupId::from_uuid(row.entity_id)),
        SERVICE_ACCOUNT => EntityRef::ServiceAccount(ServiceAccountId::from_uuid(row.entity_id)),
        KEY => EntityRef::Key(KeyId::from_uuid(row.entity_id)),
        WALLET => EntityRef::Wallet(WalletId::from_uuid(row.entity_id)),
        PROFILE => EntityRef::Profile(AccountId::from_uuid(row.entity_id)),
        MEMBERSHIP => EntityRef::Membership(MemberId::from_uuid(row.entity_id)),
        SESSION => EntityRef::Session(SessionId::from_uuid(row.entity_id)),
        _ => return Err(StoreError::damaged("a change of a type")),
    };
    Ok(Entity::Gone { what })
}

/// The entity as it is now. Keys are read for the whole page; the few others are read one by one.
async fn here(from: &mut impl Connected, scope: Scope, row: &ChangeRow) -> Result<Entity, StoreError> {
    let found = match (scope, row.entity_type.as_str()) {
        (Scope::Organization(organization), ORGANIZATION) => organization::find(from, organization)
            .await?
            .map(Entity::Organization),
        (Scope::Organization(organization), MEMBER) => {
            member::view(from, organization, MemberId::from_uuid(row.entity_id))
                .await?
                .map(Entity::Member)
        }
        (Scope::Organization(organization), INVITATION) => {
            invitation::find(from, organization, InvitationId::from_uuid(row.entity_id))
                .await?
                .map(Entity::Invitation)
        }
        (Scope::Organization(organization), ISSUER) => {
            issuer::find(from, organization, IssuerId::from_uuid(row.entity_id))
                .await?
                .map(Entity::Issuer)
        }
        (Scope::Organization(organization), GROUP) => {
            group::find(from, organization, GroupId::from_uuid(row.entity_id))
                .await?
                .map(Entity::Group)
        }
        (Scope::Organization(organization), SERVICE_ACCOUNT) => {
            service_account::find(from, organization, ServiceAccountId::from_uuid(row.entity_id))
                .await?
                .map(Entity::ServiceAccount)
        }
        (Scope::Organization(organization), WALLET) => {
            wallet::find(from, organization, WalletId::from_uuid(row.entity_id))
                .await?
                .map(Entity::Wallet)
        }
        (Scope::Account(account), PROFILE) => account::profile(from, account).await?.map(Entity::Profile),
        (Scope::Account(account), MEMBERSHIP) => {
            member::membership(from, account, MemberId::from_uuid(row.entity_id))
                .await?
                .map(Entity::Membership)
        }
        (Scope::Account(_), SESSION) => session::view(from, SessionId::from_uuid(row.entity_id))
            .await?
            .map(Entity::Session),
        _ => None,
    };
    found.ok_or_else(|| StoreError::damaged("a change of an entity that is not there"))
}

/// The scope's number now; `None` when there is no such scope.
///
/// # Errors
/// The database does not answer.
pub async fn head(from: &mut impl Connected, scope: Scope) -> Result<Option<i64>, StoreError> {
    let row = one!(
        (i64,),
        from,
        "SELECT sequence FROM scope WHERE id = $1 AND kind = $2",
        scope_id(scope),
        scope_kind(scope),
    )?;
    Ok(row.map(|(head,)| head))
}
