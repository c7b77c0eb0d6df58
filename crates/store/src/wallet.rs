//! Wallets, and the credit of an organization that is in none: that is one of them, whose id is the organization's.

use domain::activity::Scope;
use domain::clock::Timestamp;
use domain::id::{AccountId, EntryId, OrganizationId, WalletId};
use domain::money::{Currency, Money};
use domain::name::WalletName;
use domain::wallet::EntryKind;
use protocol::change::EntityRef;
use protocol::wallet::WalletView;
use uuid::Uuid;

use crate::account::moment;
use crate::error::StoreError;
use crate::ledger::{self, NewEntry};
use crate::link::{Connected, all, one, run};
use crate::open::Store;
use crate::write::{Changed, Write, commit_and_tell, hold, tell_of};

/// The least time between two announcements of a balance that requests draw on, in seconds.
pub const ANNOUNCED_EVERY_SECONDS: i64 = 60;
const MOST_ANNOUNCED: i64 = 500;

/// The wallet that stands for the credit of an organization that is in none.
#[must_use]
pub const fn unassigned_of(organization: OrganizationId) -> WalletId {
    WalletId::from_uuid(organization.as_uuid())
}

/// Adds the credit that is in no wallet, with what an organization begins with.
///
/// # Errors
/// [`StoreError::Taken`] when the organization has it.
pub async fn open(
    write: &mut Write,
    organization: OrganizationId,
    name: &WalletName,
    credit: Money,
    entry: EntryId,
    by: Option<AccountId>,
) -> Result<WalletId, StoreError> {
    let id = unassigned_of(organization);
    add(write, organization, id, name, credit.currency, by).await?;
    if credit.micros > 0 {
        add_to(write, id, credit).await?;
        let started = NewEntry {
            id: entry,
            organization,
            wallet: id,
            kind: EntryKind::StartingCredit,
            amount: credit,
            balance: credit.micros,
            by,
            other: None,
        };
        ledger::insert(write, &started).await?;
    }
    Ok(id)
}

/// Adds an empty wallet.
///
/// # Errors
/// [`StoreError::Taken`] when another wallet that is not archived has this name.
pub async fn insert(
    write: &mut Write,
    organization: OrganizationId,
    id: WalletId,
    name: &WalletName,
    currency: Currency,
    by: AccountId,
) -> Result<(), StoreError> {
    add(write, organization, id, name, currency, Some(by)).await
}

async fn add(
    write: &mut Write,
    organization: OrganizationId,
    id: WalletId,
    name: &WalletName,
    currency: Currency,
    by: Option<AccountId>,
) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "INSERT INTO wallet (id, organization_id, unassigned, name, balance, currency, version, created_at, created_by) \
         VALUES ($1, $2, $3, $4, 0, $5, 1, $6, $7)",
        id.as_uuid(),
        organization.as_uuid(),
        id == unassigned_of(organization),
        name.as_str(),
        currency.to_string(),
        at,
        by.map(AccountId::as_uuid),
    )?;
    Ok(())
}

/// Adds to a balance, or takes from it; answers what it is now.
async fn add_to(write: &mut Write, id: WalletId, amount: Money) -> Result<i64, StoreError> {
    // Requests draw on the same row meanwhile: the balance that was read may not be there any more.
    let row = one!(
        (i64,),
        write,
        "UPDATE wallet SET balance = balance + $2 \
         WHERE id = $1 AND currency = $3 AND archived_at IS NULL AND balance + $2 >= 0 RETURNING balance",
        id.as_uuid(),
        amount.micros,
        amount.currency.to_string(),
    )?;
    row.map(|(balance,)| balance).ok_or(StoreError::Overdrawn)
}

/// A movement of credit between two wallets of an organization.
#[derive(Debug, Clone, Copy)]
pub struct Move {
    /// Whose.
    pub organization: OrganizationId,
    /// Where it is.
    pub from: WalletId,
    /// Where it goes.
    pub to: WalletId,
    /// How much: more than nothing.
    pub amount: Money,
    /// What it is.
    pub kind: EntryKind,
    /// Who moves it.
    pub by: AccountId,
    /// The ids of both entries.
    pub entries: [EntryId; 2],
}

/// Moves credit, with an entry for each of both wallets.
///
/// # Errors
/// [`StoreError::Overdrawn`] when there is less than that in the wallet, or either is archived; then nothing is moved.
pub async fn move_credit(write: &mut Write, moved: &Move) -> Result<(), StoreError> {
    let gone = Money::from_micros(-moved.amount.micros, moved.amount.currency);
    for (id, wallet, other, amount) in [
        (moved.entries[0], moved.from, moved.to, gone),
        (moved.entries[1], moved.to, moved.from, moved.amount),
    ] {
        let balance = add_to(write, wallet, amount).await?;
        let entry = NewEntry {
            id,
            organization: moved.organization,
            wallet,
            kind: moved.kind,
            amount,
            balance,
            by: Some(moved.by),
            other: Some(other),
        };
        ledger::insert(write, &entry).await?;
    }
    Ok(())
}

/// Gives a wallet another name.
///
/// # Errors
/// [`StoreError::Taken`] when another wallet that is not archived has it.
pub async fn rename(write: &mut Write, id: WalletId, name: &WalletName) -> Result<(), StoreError> {
    run!(
        write,
        "UPDATE wallet SET name = $2, version = version + 1 WHERE id = $1",
        id.as_uuid(),
        name.as_str(),
    )?;
    Ok(())
}

/// Archives a wallet.
///
/// # Errors
/// The database does not answer, or refuses because there is something in it.
pub async fn archive(write: &mut Write, id: WalletId) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "UPDATE wallet SET archived_at = $2, version = version + 1 WHERE id = $1 AND archived_at IS NULL",
        id.as_uuid(),
        at,
    )?;
    Ok(())
}

/// How many keys that are not revoked draw on a wallet.
///
/// # Errors
/// The database does not answer.
pub async fn drawn_by(from: &mut impl Connected, id: WalletId) -> Result<u32, StoreError> {
    let row = one!(
        (i64,),
        from,
        "SELECT COUNT(*) FROM key_grant JOIN key ON key.id = key_grant.key_id \
         WHERE key_grant.wallet_id = $1 AND key.revoked_at IS NULL",
        id.as_uuid(),
    )?;
    Ok(row.map_or(0, |(count,)| u32::try_from(count).unwrap_or(u32::MAX)))
}

#[derive(sqlx::FromRow)]
struct WalletRow {
    id: Uuid,
    unassigned: bool,
    name: String,
    balance: i64,
    currency: String,
    version: i64,
    created_at: i64,
    created_by: Option<Uuid>,
    archived_at: Option<i64>,
}

pub(crate) fn currency(text: &str) -> Result<Currency, StoreError> {
    Currency::parse(text).map_err(|_| StoreError::damaged("a currency"))
}

impl WalletRow {
    fn view(self) -> Result<WalletView, StoreError> {
        Ok(WalletView {
            id: WalletId::from_uuid(self.id),
            unassigned: self.unassigned,
            name: WalletName::parse(&self.name).map_err(|_| StoreError::damaged("a wallet's name"))?,
            balance: Money::from_micros(self.balance, currency(&self.currency)?),
            version: self.version,
            created_at: Timestamp::from_micros(self.created_at),
            created_by: self.created_by.map(AccountId::from_uuid),
            archived_at: moment(self.archived_at),
        })
    }
}

/// One wallet of an organization.
///
/// # Errors
/// The database does not answer.
pub async fn find(
    from: &mut impl Connected,
    organization: OrganizationId,
    id: WalletId,
) -> Result<Option<WalletView>, StoreError> {
    let row = one!(
        WalletRow,
        from,
        "SELECT id, unassigned, name, balance, currency, version, created_at, created_by, archived_at FROM wallet \
         WHERE organization_id = $1 AND id = $2",
        organization.as_uuid(),
        id.as_uuid(),
    )?;
    row.map(WalletRow::view).transpose()
}

/// The wallets of an organization: first the credit that is in none, then the others, the oldest first.
///
/// # Errors
/// The database does not answer.
pub async fn list(
    from: &mut impl Connected,
    organization: OrganizationId,
) -> Result<Vec<WalletView>, StoreError> {
    let rows = all!(
        WalletRow,
        from,
        "SELECT id, unassigned, name, balance, currency, version, created_at, created_by, archived_at FROM wallet \
         WHERE organization_id = $1 ORDER BY unassigned DESC, created_at, id",
        organization.as_uuid(),
    )?;
    rows.into_iter().map(WalletRow::view).collect()
}

/// Organizations that have no credit yet: they were made before there was any. At most 500.
///
/// # Errors
/// The database does not answer.
pub async fn without(from: &mut impl Connected) -> Result<Vec<OrganizationId>, StoreError> {
    let rows = all!(
        (Uuid,),
        from,
        "SELECT id FROM organization WHERE NOT EXISTS (SELECT 1 FROM wallet WHERE wallet.id = organization.id) \
         ORDER BY id LIMIT 500",
    )?;
    Ok(rows
        .into_iter()
        .map(|(id,)| OrganizationId::from_uuid(id))
        .collect())
}

/// Tells the feeds of balances that requests drew on and that are due. Answers when the next is due, which may be now. The
/// ledger has the entries already: no event.
///
/// # Errors
/// The database does not answer; then nothing was told.
pub async fn announce(store: &Store, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let due = all!(
        (Uuid, Uuid),
        &mut store.direct().await?,
        "SELECT organization_id, id FROM wallet WHERE announce_due <= $1 ORDER BY organization_id, id LIMIT $2",
        now.as_micros(),
        MOST_ANNOUNCED,
    )?;
    for together in due.chunk_by(|one, other| one.0 == other.0) {
        if let Some((organization, _)) = together.first() {
            let scope = Scope::Organization(OrganizationId::from_uuid(*organization));
            let mut tx = store.writing().await?;
            let last = hold(&mut tx, scope).await?;
            let mut changed: Vec<Changed> = Vec::new();
            for (_, wallet) in together {
                // Another node may have told it meanwhile.
                let told = run!(
                    &mut tx,
                    "UPDATE wallet SET announced_at = $2, announce_due = NULL WHERE id = $1 AND announce_due <= $2",
                    *wallet,
                    now.as_micros(),
                )?;
                if told > 0 {
                    changed.push(Changed::Here(EntityRef::Wallet(WalletId::from_uuid(*wallet))));
                }
            }
            if !changed.is_empty() {
                let heard = tell_of(&mut tx, scope, last, &changed).await?;
                commit_and_tell(tx, &store.notices, vec![heard].into()).await?;
            }
        }
    }
    let next = one!(
        (Option<i64>,),
        &mut store.direct().await?,
        "SELECT MIN(announce_due) FROM wallet WHERE announce_due IS NOT NULL",
    )?;
    Ok(next.and_then(|(due,)| moment(due)))
}
