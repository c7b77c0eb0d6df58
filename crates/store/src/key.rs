//! Keys, each with what is known of its secrets.

use std::collections::BTreeSet;

use crypto::token::SecretHash;
use domain::clock::Timestamp;
use domain::grant::KeyGrant;
use domain::id::{AccountId, KeyId, MemberId, OrganizationId, SecretId};
use domain::key::KeyKind;
use domain::limit::RequestLimit;
use domain::name::{Description, KeyName};
use domain::principal::Principal;
use protocol::key::{KeyFields, KeyView, NewSecret, SecretView};
use uuid::Uuid;

use crate::account::moment;
use crate::assigned::{self, PersonRow, Sees};
use crate::error::StoreError;
use crate::grant::{self, GrantRow};
use crate::link::{Connected, all, one, run};
use crate::principal::{columns, principal};
use crate::rotation;
use crate::write::Write;

/// A new key with its first secret.
#[derive(Debug)]
pub struct NewKey<'a> {
    /// Whose.
    pub organization: OrganizationId,
    /// The kind.
    pub kind: KeyKind,
    /// Whether it is the organization's free service key (K2).
    pub free: bool,
    /// The name.
    pub name: &'a KeyName,
    /// What it is for.
    pub description: &'a Description,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// How many requests it may make in a minute.
    pub requests_per_minute: Option<RequestLimit>,
    /// Whose it is, of a personal token.
    pub owner: Option<Principal>,
    /// The services it may call.
    pub grants: &'a [KeyGrant],
    /// Who makes it.
    pub by: AccountId,
    /// Its first secret, which names the key.
    pub secret: &'a NewSecret,
}

/// Adds a key and its first secret.
///
/// # Errors
/// [`StoreError::Taken`] when key, secret or hash exist anywhere, or a second free key is added.
pub async fn insert(write: &mut Write, new: &NewKey<'_>) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    let (member, service_account) = new.owner.map_or((None, None), columns);
    run!(
        write,
        "INSERT INTO key (id, organization_id, kind, free, name, description, version, created_at, created_by, \
         expires_at, requests_per_minute, owner_member, owner_service_account) \
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10, $11, $12)",
        new.secret.key_id.as_uuid(),
        new.organization.as_uuid(),
        new.kind.as_str(),
        new.free,
        new.name.as_str(),
        new.description.as_str(),
        at,
        new.by.as_uuid(),
        new.expires_at.map(Timestamp::as_micros),
        per_minute(new.requests_per_minute),
        member,
        service_account,
    )?;
    if !new.grants.is_empty() {
        grant::replace(write, new.secret.key_id, new.grants).await?;
    }
    rotation::insert_secret(write, new.organization, new.secret, None).await
}

/// Stops a key for a while, or lets it go on.
///
/// # Errors
/// The database does not answer.
pub async fn pause(
    write: &mut Write,
    organization: OrganizationId,
    id: KeyId,
    by: Option<AccountId>,
) -> Result<(), StoreError> {
    let at = by.map(|_| write.at().as_micros());
    run!(
        write,
        "UPDATE key SET paused_at = $3, paused_by = $4, version = version + 1 \
         WHERE organization_id = $1 AND id = $2",
        organization.as_uuid(),
        id.as_uuid(),
        at,
        by.map(AccountId::as_uuid),
    )?;
    Ok(())
}

/// Ends a key for good.
///
/// # Errors
/// The database does not answer, or refuses because the key is the free one.
pub async fn revoke(
    write: &mut Write,
    organization: OrganizationId,
    id: KeyId,
    by: AccountId,
) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "UPDATE key SET revoked_at = $3, revoked_by = $4, version = version + 1 \
         WHERE organization_id = $1 AND id = $2 AND revoked_at IS NULL",
        organization.as_uuid(),
        id.as_uuid(),
        at,
        by.as_uuid(),
    )?;
    Ok(())
}

/// Gives a key what its admins wrote of it; its services only where they are others than `before`.
///
/// # Errors
/// The database does not answer.
pub async fn edit(
    write: &mut Write,
    organization: OrganizationId,
    id: KeyId,
    (before, fields): (&KeyFields, &KeyFields),
) -> Result<(), StoreError> {
    if before.grants != fields.grants {
        grant::replace(write, id, &fields.grants).await?;
    }
    run!(
        write,
        "UPDATE key SET name = $3, description = $4, requests_per_minute = $5, version = version + 1 \
         WHERE organization_id = $1 AND id = $2",
        organization.as_uuid(),
        id.as_uuid(),
        fields.name.as_str(),
        fields.description.as_str(),
        per_minute(fields.requests_per_minute),
    )?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: Uuid,
    kind: String,
    free: bool,
    name: String,
    description: String,
    version: i64,
    created_at: i64,
    created_by: Uuid,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    revoked_by: Option<Uuid>,
    paused_at: Option<i64>,
    paused_by: Option<Uuid>,
    requests_per_minute: Option<i64>,
    owner_member: Option<Uuid>,
    owner_service_account: Option<Uuid>,
}

#[derive(sqlx::FromRow)]
struct SecretRow {
    id: Uuid,
    key_id: Uuid,
    hash: Vec<u8>,
    prefix: String,
    last_four: String,
    created_at: i64,
    last_used_at: Option<i64>,
    last_used_from: Option<String>,
    use_count: i64,
    retires_at: Option<i64>,
    retired_at: Option<i64>,
    member_id: Option<Uuid>,
}

fn per_minute(limit: Option<RequestLimit>) -> Option<i64> {
    limit.map(|limit| i64::from(limit.per_minute()))
}

pub(crate) fn limit(per_minute: Option<i64>) -> Result<Option<RequestLimit>, StoreError> {
    let Some(number) = per_minute else {
        return Ok(None);
    };
    let limit = u32::try_from(number)
        .ok()
        .and_then(|number| RequestLimit::new(number).ok());
    limit.map(Some).ok_or_else(|| StoreError::damaged("a limit"))
}

pub(crate) fn kind(name: &str) -> Result<KeyKind, StoreError> {
    KeyKind::from_name(name).ok_or_else(|| StoreError::damaged("a kind of key"))
}

fn key_view(row: &KeyRow) -> Result<KeyView, StoreError> {
    Ok(KeyView {
        id: KeyId::from_uuid(row.id),
        kind: kind(&row.kind)?,
        free: row.free,
        name: KeyName::parse(&row.name).map_err(|_| StoreError::damaged("a key's name"))?,
        description: Description::parse(&row.description)
            .map_err(|_| StoreError::damaged("a description"))?,
        version: row.version,
        created_at: Timestamp::from_micros(row.created_at),
        created_by: AccountId::from_uuid(row.created_by),
        expires_at: moment(row.expires_at),
        revoked_at: moment(row.revoked_at),
        revoked_by: row.revoked_by.map(AccountId::from_uuid),
        paused_at: moment(row.paused_at),
        paused_by: row.paused_by.map(AccountId::from_uuid),
        requests_per_minute: limit(row.requests_per_minute)?,
        people: BTreeSet::new(),
        owner: principal(row.owner_member, row.owner_service_account),
        grants: Vec::new(),
        secrets: Vec::new(),
    })
}

/// Puts secrets, which come oldest first, people, and grants, which come by service, to their keys.
fn join(
    keys: &[KeyRow],
    secrets: Vec<SecretRow>,
    people: Vec<PersonRow>,
    grants: Vec<GrantRow>,
) -> Result<Vec<KeyView>, StoreError> {
    let mut views = keys.iter().map(key_view).collect::<Result<Vec<_>, _>>()?;
    let places: std::collections::HashMap<KeyId, usize> =
        views.iter().enumerate().map(|(at, view)| (view.id, at)).collect();
    for person in people {
        if let Some(at) = places.get(&KeyId::from_uuid(person.key_id)) {
            views[*at].people.insert(MemberId::from_uuid(person.member_id));
        }
    }
    for row in secrets {
        let Some(at) = places.get(&KeyId::from_uuid(row.key_id)) else {
            continue;
        };
        let hash: [u8; 32] = row
            .hash
            .try_into()
            .map_err(|_| StoreError::damaged("a hash of another length"))?;
        views[*at].secrets.push(SecretView {
            id: SecretId::from_uuid(row.id),
            hash: SecretHash::from_bytes(hash),
            prefix: row.prefix,
            // Four spaces stand for what an import did not tell.
            last_four: row.last_four.trim_end().to_owned(),
            created_at: Timestamp::from_micros(row.created_at),
            last_used_at: moment(row.last_used_at),
            last_used_from: row.last_used_from,
            use_count: row.use_count,
            retires_at: moment(row.retires_at),
            retired_at: moment(row.retired_at),
            member: row.member_id.map(MemberId::from_uuid),
        });
    }
    for row in grants {
        if let Some(at) = places.get(&KeyId::from_uuid(row.key_id)) {
            views[*at].grants.push(row.view()?);
        }
    }
    Ok(views)
}

/// One key of an organization; `None` when it is not there or another organization's.
///
/// # Errors
/// The database does not answer.
pub async fn find(
    from: &mut impl Connected,
    organization: OrganizationId,
    id: KeyId,
) -> Result<Option<KeyView>, StoreError> {
    let row = one!(
        KeyRow,
        from,
        "SELECT id, kind, free, name, description, version, created_at, created_by, expires_at, revoked_at, \
         revoked_by, paused_at, paused_by, requests_per_minute, owner_member, owner_service_account \
         FROM key WHERE organization_id = $1 AND id = $2",
        organization.as_uuid(),
        id.as_uuid(),
    )?;
    let Some(row) = row else { return Ok(None) };
    let secrets = all!(
        SecretRow,
        from,
        "SELECT id, key_id, hash, prefix, last_four, created_at, last_used_at, last_used_from, use_count, \
         retires_at, retired_at, member_id FROM secret WHERE key_id = $1 ORDER BY created_at, id",
        id.as_uuid(),
    )?;
    let people = assigned::of_key(from, id).await?;
    let mut view = join(&[row], secrets, people, Vec::new())?.pop();
    if let Some(view) = view
        .as_mut()
        .filter(|view| view.kind == KeyKind::Service && !view.free)
    {
        view.grants = grant::of_key(from, id).await?;
    }
    Ok(view)
}

/// The keys of an organization behind `after` that `sees` lets be seen, in the order of their ids.
///
/// # Errors
/// The database does not answer.
pub async fn list(
    from: &mut impl Connected,
    organization: OrganizationId,
    after: Option<KeyId>,
    limit: i64,
    sees: Sees,
) -> Result<Vec<KeyView>, StoreError> {
    let after = after.map_or(Uuid::nil(), KeyId::as_uuid);
    let (all, member, own) = sees.parts();
    let rows = all!(
        KeyRow,
        from,
        "SELECT id, kind, free, name, description, version, created_at, created_by, expires_at, revoked_at, \
         revoked_by, paused_at, paused_by, requests_per_minute, owner_member, owner_service_account \
         FROM key WHERE organization_id = $1 AND id > $2 AND ($4 OR owner_member = $6 \
         OR EXISTS (SELECT 1 FROM key_person WHERE key_person.key_id = key.id AND key_person.member_id = $5)) \
         ORDER BY id LIMIT $3",
        organization.as_uuid(),
        after,
        limit,
        all,
        member,
        own,
    )?;
    let Some(last) = rows.last().map(|row| row.id) else {
        return Ok(Vec::new());
    };
    let secrets = all!(
        SecretRow,
        from,
        "SELECT secret.id, secret.key_id, secret.hash, secret.prefix, secret.last_four, secret.created_at, \
         secret.last_used_at, secret.last_used_from, secret.use_count, secret.retires_at, secret.retired_at, \
         secret.member_id \
         FROM key JOIN secret ON secret.key_id = key.id \
         WHERE key.organization_id = $1 AND key.id > $2 AND key.id <= $3 ORDER BY secret.created_at, secret.id",
        organization.as_uuid(),
        after,
        last,
    )?;
    let people = assigned::of_ids(from, organization, (after, last)).await?;
    let grants = all!(
        GrantRow,
        from,
        "SELECT key_grant.key_id, key_grant.service, key_grant.policy, key_grant.models, key_grant.wallet_id \
         FROM key JOIN key_grant ON key_grant.key_id = key.id \
         WHERE key.organization_id = $1 AND key.id > $2 AND key.id <= $3 ORDER BY key_grant.service",
        organization.as_uuid(),
        after,
        last,
    )?;
    join(&rows, secrets, people, grants)
}

/// The personal tokens of an organization that are not revoked, in the order of their ids.
pub(crate) async fn personal(
    from: &mut impl Connected,
    organization: OrganizationId,
) -> Result<Vec<KeyView>, StoreError> {
    let rows = all!(
        KeyRow,
        from,
        "SELECT id, kind, free, name, description, version, created_at, created_by, expires_at, revoked_at, \
         revoked_by, paused_at, paused_by, requests_per_minute, owner_member, owner_service_account \
         FROM key WHERE organization_id = $1 AND kind = 'personal' AND revoked_at IS NULL ORDER BY id",
        organization.as_uuid(),
    )?;
    let secrets = all!(
        SecretRow,
        from,
        "SELECT secret.id, secret.key_id, secret.hash, secret.prefix, secret.last_four, secret.created_at, \
         secret.last_used_at, secret.last_used_from, secret.use_count, secret.retires_at, secret.retired_at, \
         secret.member_id \
         FROM key JOIN secret ON secret.key_id = key.id \
         WHERE key.organization_id = $1 AND key.kind = 'personal' AND key.revoked_at IS NULL \
         ORDER BY secret.created_at, secret.id",
        organization.as_uuid(),
    )?;
    // A personal token is assigned to nobody, and calls no services.
    join(&rows, secrets, Vec::new(), Vec::new())
}

#[derive(sqlx::FromRow)]
struct ChangedRow {
    sequence: i64,
    #[sqlx(flatten)]
    key: KeyRow,
}

/// The keys whose latest change lies behind `since`, with its number: the first `limit` of those that are seen, in order.
pub(crate) async fn changed(
    from: &mut impl Connected,
    organization: OrganizationId,
    since: i64,
    limit: i64,
    sees: Sees,
) -> Result<Vec<(i64, KeyView)>, StoreError> {
    let (all, member, own) = sees.parts();
    let rows = all!(
        ChangedRow,
        from,
        "SELECT change.sequence, key.id, key.kind, key.free, key.name, key.description, key.version, key.created_at, \
         key.created_by, key.expires_at, key.revoked_at, key.revoked_by, key.paused_at, key.paused_by, \
         key.requests_per_minute, key.owner_member, key.owner_service_account \
         FROM change JOIN key ON key.id = change.entity_id \
         WHERE change.scope_id = $1 AND change.entity_type = 'key' AND NOT change.gone AND change.sequence > $2 \
         AND ($4 OR key.owner_member = $6 \
         OR EXISTS (SELECT 1 FROM key_person WHERE key_person.key_id = key.id AND key_person.member_id = $5)) \
         ORDER BY change.sequence LIMIT $3",
        organization.as_uuid(),
        since,
        limit,
        all,
        member,
        own,
    )?;
    let Some(last) = rows.last().map(|row| row.sequence) else {
        return Ok(Vec::new());
    };
    let secrets = all!(
        SecretRow,
        from,
        "SELECT secret.id, secret.key_id, secret.hash, secret.prefix, secret.last_four, secret.created_at, \
         secret.last_used_at, secret.last_used_from, secret.use_count, secret.retires_at, secret.retired_at, \
         secret.member_id \
         FROM change JOIN secret ON secret.key_id = change.entity_id \
         WHERE change.scope_id = $1 AND change.entity_type = 'key' \
         AND change.sequence > $2 AND change.sequence <= $3 ORDER BY secret.created_at, secret.id",
        organization.as_uuid(),
        since,
        last,
    )?;
    let people = assigned::of_changes(from, organization, (since, last)).await?;
    let has_services = |row: &ChangedRow| row.key.kind == KeyKind::Service.as_str() && !row.key.free;
    let grants = if rows.iter().any(has_services) {
        all!(
            GrantRow,
            from,
            "SELECT key_grant.key_id, key_grant.service, key_grant.policy, key_grant.models, key_grant.wallet_id \
             FROM change JOIN key_grant ON key_grant.key_id = change.entity_id \
             WHERE change.scope_id = $1 AND change.entity_type = 'key' \
             AND change.sequence > $2 AND change.sequence <= $3 ORDER BY key_grant.service",
            organization.as_uuid(),
            since,
            last,
        )?
    } else {
        Vec::new()
    };
    let (numbers, keys): (Vec<i64>, Vec<KeyRow>) =
        rows.into_iter().map(|row| (row.sequence, row.key)).unzip();
    Ok(numbers
        .into_iter()
        .zip(join(&keys, secrets, people, grants)?)
        .collect())
}
