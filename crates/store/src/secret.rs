//! Secrets: looked up by their hash, and how often they were used.
//!
//! A use is a measurement, not a write: it makes no activity event, or a busy key would bury the record of what people
//! did and every verification would wait for a disk. Uses are gathered by the server and put down together. Desktops
//! hear of them through the feed, at most once a minute for a secret: `announced_at` says when they last did,
//! `announce_due` when they next will. A use is never left untold: it only waits until it is due.

use std::sync::LazyLock;

use crypto::token::SecretHash;
use domain::activity::Scope;
use domain::clock::Timestamp;
use domain::grant::KeyGrant;
use domain::id::{AccountId, KeyId, MemberId, OrganizationId, SecretId};
use domain::key::{KeyKind, Life};
use domain::limit::RequestLimit;
use domain::policy::{Holder, Suspension, TokenPolicy, suspension};
use domain::principal::Principal;
use domain::role::Role;
use domain::rotation::SecretLife;
use protocol::change::EntityRef;
use uuid::Uuid;

use crate::account::moment;
use crate::error::StoreError;
use crate::link::{Connected, all, on, one};
use crate::open::Store;
use crate::principal::principal;
use crate::read::Tx;
use crate::usage::ServiceUse;
use crate::write::{Changed, commit_and_tell, hold, tell_of};
use crate::{grant, key, usage};

/// The least time between two announcements of a secret's use, in seconds.
pub const ANNOUNCED_EVERY_SECONDS: i64 = 60;
const MOST_ANNOUNCED: i64 = 500;

/// A secret and its key, as far as verifying needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The secret.
    pub secret: SecretId,
    /// Its key.
    pub key: KeyId,
    /// Whose.
    pub organization: OrganizationId,
    /// The key's kind.
    pub kind: KeyKind,
    /// Whether it is the organization's free service key (K2).
    pub free: bool,
    /// The services it may call, where it is a paid service key.
    pub grants: Vec<KeyGrant>,
    /// The key's name.
    pub name: String,
    /// How many requests it may make in a minute.
    pub requests_per_minute: Option<RequestLimit>,
    /// What the key's state is computed from, but for a rotation.
    pub life: Life,
    /// What says whether the secret works.
    pub secret_life: SecretLife,
    /// Whether the organization's policy suspends personal tokens.
    pub policy_suspends: bool,
    /// Whose it is, of a personal token.
    pub holder: Option<KnownHolder>,
    /// Whose own the secret is, of a service key (K6).
    pub member: Option<MemberId>,
}

/// Whose a personal token is, as far as verifying needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownHolder {
    /// The owner.
    pub owner: Principal,
    /// The account of a member.
    pub account: Option<AccountId>,
    /// As what the token acts.
    pub role: Role,
    /// Whether a service account is enabled; of a member, whether they are one still.
    pub enabled: bool,
}

impl Known {
    /// What suspends the key, apart from its own state.
    #[must_use]
    pub fn suspension(&self) -> Option<Suspension> {
        let holder = self.holder.map(|holder| match holder.owner {
            Principal::Member(_) if holder.enabled => Holder::Member { role: holder.role },
            // A former member's is revoked; should it not be, it lets nobody in.
            Principal::Member(_) | Principal::ServiceAccount(_) => Holder::ServiceAccount {
                enabled: holder.enabled,
            },
        });
        suspension(self.kind, self.policy_suspends, holder)
    }
}

#[derive(sqlx::FromRow)]
struct KnownRow {
    secret: Uuid,
    key: Uuid,
    organization: Uuid,
    kind: String,
    free: bool,
    name: String,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    paused_at: Option<i64>,
    created_at: i64,
    retires_at: Option<i64>,
    retired_at: Option<i64>,
    requests_per_minute: Option<i64>,
    token_policy: String,
    owner_member: Option<Uuid>,
    owner_service_account: Option<Uuid>,
    member_account: Option<Uuid>,
    member_role: Option<String>,
    service_role: Option<String>,
    disabled_at: Option<i64>,
    secret_member: Option<Uuid>,
}

impl KnownRow {
    fn holder(&self) -> Result<Option<KnownHolder>, StoreError> {
        let Some(owner) = principal(self.owner_member, self.owner_service_account) else {
            return Ok(None);
        };
        let role = match owner {
            Principal::Member(_) => &self.member_role,
            Principal::ServiceAccount(_) => &self.service_role,
        };
        let found = role
            .as_deref()
            .map(|name| Role::from_name(name).ok_or_else(|| StoreError::damaged("a role")))
            .transpose()?;
        Ok(Some(KnownHolder {
            owner,
            account: self.member_account.map(AccountId::from_uuid),
            role: found.unwrap_or(Role::Viewer),
            enabled: found.is_some() && self.disabled_at.is_none(),
        }))
    }
}

/// The secret with this hash.
///
/// # Errors
/// The database does not answer.
pub async fn by_hash(from: &mut impl Connected, hash: &SecretHash) -> Result<Option<Known>, StoreError> {
    let row = one!(
        KnownRow,
        from,
        "SELECT secret.id AS secret, key.id AS key, key.organization_id AS organization, key.kind, key.free, key.name, \
         key.expires_at, key.revoked_at, key.paused_at, secret.created_at, secret.retires_at, secret.retired_at, \
         key.requests_per_minute, organization.token_policy, key.owner_member, key.owner_service_account, \
         member.account_id AS member_account, member.role AS member_role, service_account.role AS service_role, \
         service_account.disabled_at, secret.member_id AS secret_member \
         FROM secret JOIN key ON key.id = secret.key_id JOIN organization ON organization.id = key.organization_id \
         LEFT JOIN member ON member.id = key.owner_member \
         LEFT JOIN service_account ON service_account.id = key.owner_service_account \
         WHERE secret.hash = $1",
        hash.as_bytes().as_slice(),
    )?;
    let Some(row) = row else { return Ok(None) };
    let holder = row.holder()?;
    let kind = key::kind(&row.kind)?;
    let grants = if kind == KeyKind::Service && !row.free {
        grant::of_key(from, KeyId::from_uuid(row.key)).await?
    } else {
        Vec::new()
    };
    Ok(Some(Known {
        holder,
        member: row.secret_member.map(MemberId::from_uuid),
        policy_suspends: row.token_policy == TokenPolicy::Nobody.as_str(),
        secret: SecretId::from_uuid(row.secret),
        key: KeyId::from_uuid(row.key),
        organization: OrganizationId::from_uuid(row.organization),
        kind,
        free: row.free,
        grants,
        name: row.name,
        requests_per_minute: key::limit(row.requests_per_minute)?,
        life: Life {
            revoked_at: moment(row.revoked_at),
            expires_at: moment(row.expires_at),
            paused_at: moment(row.paused_at),
            rotates_until: None,
        },
        secret_life: SecretLife {
            id: SecretId::from_uuid(row.secret),
            created_at: Timestamp::from_micros(row.created_at),
            retires_at: moment(row.retires_at),
            retired_at: moment(row.retired_at),
        },
    }))
}

/// How a secret was used from one address since it was last put down, in the hour of `last_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The secret.
    pub secret: SecretId,
    /// How often.
    pub count: i64,
    /// When last.
    pub last_at: Timestamp,
    /// From where last.
    pub last_from: String,
}

/// What is known of each secret as a whole, from uses sorted by secret and time.
fn together(uses: &[&Use]) -> Vec<Use> {
    uses.chunk_by(|one, other| one.secret == other.secret)
        .filter_map(|of_one| {
            let latest = of_one.last()?;
            Some(Use {
                count: of_one.iter().map(|used| used.count).sum(),
                ..Use::clone(latest)
            })
        })
        .collect()
}

/// Rows in one statement: a busy server puts down thousands each second, and each statement is a way to the database
/// and back. What is left over goes one by one, so that there are two statements to prepare.
const AT_ONCE: usize = 50;

/// In parts of [`AT_ONCE`], and then of one.
pub(crate) fn in_parts<T>(all: &[T]) -> impl Iterator<Item = &[T]> {
    let (parts, rest) = all.split_at(all.len() - all.len() % AT_ONCE);
    parts.chunks(AT_ONCE).chain(rest.chunks(1))
}

/// A statement for [`AT_ONCE`] rows and for one: `rows` stands for the values of `columns` placeholders each, which come
/// before its other placeholders; those are numbered from the end of the rows on, as `others` says.
pub(crate) fn for_rows(
    columns: usize,
    statement: fn(rows: &str, others: &dyn Fn(usize) -> String) -> String,
) -> [String; 2] {
    [AT_ONCE, 1].map(|count| {
        let row = |at: usize| {
            let values: Vec<String> = (1..=columns)
                .map(|column| format!("${}", at * columns + column))
                .collect();
            format!("({})", values.join(", "))
        };
        let rows: Vec<String> = (0..count).map(row).collect();
        statement(&format!("(VALUES {}) AS used", rows.join(", ")), &|number| {
            format!("${}", count * columns + number)
        })
    })
}

/// The statement for so many rows.
pub(crate) fn of_rows(statements: &'static [String; 2], count: usize) -> &'static str {
    &statements[usize::from(count == 1)]
}

static COUNT: LazyLock<[String; 2]> = LazyLock::new(|| {
    for_rows(4, |rows, other| {
        let (long_ago, each, now) = (other(1), other(2), other(3));
        format!(
            "UPDATE secret SET use_count = secret.use_count + column2, \
             last_used_from = CASE WHEN secret.last_used_at > column3 THEN secret.last_used_from ELSE column4 END, \
             last_used_at = CASE WHEN secret.last_used_at > column3 THEN secret.last_used_at ELSE column3 END, \
             announce_due = CASE WHEN secret.announce_due IS NOT NULL THEN secret.announce_due \
                                 WHEN secret.announced_at > {long_ago} THEN secret.announced_at + {each} ELSE {now} END \
             FROM {rows} WHERE secret.id = column1"
        )
    })
});

async fn count(tx: &mut Tx, uses: &[Use], now: Timestamp) -> Result<(), StoreError> {
    let sql = of_rows(&COUNT, uses.len());
    on!(tx, connection => async {
        let mut query = sqlx::query::<Db>(sql);
        for used in uses {
            query = query
                .bind(used.secret.as_uuid())
                .bind(used.count)
                .bind(used.last_at.as_micros())
                .bind(used.last_from.as_str());
        }
        query
            .bind(now.plus_seconds(-ANNOUNCED_EVERY_SECONDS).as_micros())
            .bind(ANNOUNCED_EVERY_SECONDS * 1_000_000)
            .bind(now.as_micros())
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Puts uses down, all or none, and each into the hour of its `last_at`. A measurement: no event. Telling desktops is [`announce`].
///
/// # Errors
/// The database does not answer; then nothing was put down.
pub async fn record_uses(
    store: &Store,
    uses: &[Use],
    of_services: &[ServiceUse],
    now: Timestamp,
) -> Result<(), StoreError> {
    // In one order everywhere, so that two nodes never wait for each other.
    let mut uses: Vec<&Use> = uses.iter().collect();
    uses.sort_by(|one, other| {
        (one.secret, one.last_at, &one.last_from).cmp(&(other.secret, other.last_at, &other.last_from))
    });
    let mut tx = store.writing().await?;
    for some in in_parts(&together(&uses)) {
        count(&mut tx, some, now).await?;
    }
    usage::record(&mut tx, &uses).await?;
    usage::record_services(&mut tx, of_services).await?;
    tx.commit().await
}

/// Tells the feeds of uses that are due: the key of each such secret takes a new number. Answers when the next is
/// due, which may be now. A measurement: no event.
///
/// # Errors
/// The database does not answer; then nothing was told.
pub async fn announce(store: &Store, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let due = all!(
        (Uuid, Uuid),
        &mut store.direct().await?,
        "SELECT organization_id, id FROM secret WHERE announce_due <= $1 ORDER BY organization_id, id LIMIT $2",
        now.as_micros(),
        MOST_ANNOUNCED,
    )?;
    for together in due.chunk_by(|one, other| one.0 == other.0) {
        if let Some((organization, _)) = together.first() {
            let organization = OrganizationId::from_uuid(*organization);
            announce_in(
                store,
                organization,
                together.iter().map(|(_, secret)| *secret),
                now,
            )
            .await?;
        }
    }
    let next = one!(
        (Option<i64>,),
        &mut store.direct().await?,
        "SELECT MIN(announce_due) FROM secret WHERE announce_due IS NOT NULL",
    )?;
    Ok(next.and_then(|(due,)| moment(due)))
}

/// One organization in one transaction: its row first, as every writer takes it.
async fn announce_in(
    store: &Store,
    organization: OrganizationId,
    secrets: impl Iterator<Item = Uuid> + Send,
    now: Timestamp,
) -> Result<(), StoreError> {
    let scope = Scope::Organization(organization);
    let mut tx = store.writing().await?;
    let last = hold(&mut tx, scope).await?;
    let mut changed: Vec<Changed> = Vec::new();
    for secret in secrets {
        // Another node may have told it meanwhile.
        let told = one!(
            (Uuid,),
            &mut tx,
            "UPDATE secret SET announced_at = $2, announce_due = NULL WHERE id = $1 AND announce_due <= $2 \
             RETURNING key_id",
            secret,
            now.as_micros(),
        )?;
        if let Some((key,)) = told {
            let key = Changed::Here(EntityRef::Key(KeyId::from_uuid(key)));
            if !changed.contains(&key) {
                changed.push(key);
            }
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let heard = tell_of(&mut tx, scope, last, &changed).await?;
    commit_and_tell(tx, &store.notices, vec![heard].into()).await
}
