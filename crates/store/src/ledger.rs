//! The ledger: every movement of every wallet (B5). It only grows; the tables refuse to change or remove an entry.

use domain::clock::Timestamp;
use domain::id::{AccountId, EntryId, KeyId, OrganizationId, SecretId, WalletId};
use domain::money::Money;
use domain::wallet::EntryKind;
use protocol::wallet::{ChargeView, EntryView};
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, all, one, run};
use crate::wallet::currency;
use crate::write::Write;

/// A new entry that is no charge; charges are made in [`crate::charge`].
#[derive(Debug)]
pub(crate) struct NewEntry {
    pub(crate) id: EntryId,
    pub(crate) organization: OrganizationId,
    pub(crate) wallet: WalletId,
    pub(crate) kind: EntryKind,
    pub(crate) amount: Money,
    pub(crate) balance: i64,
    pub(crate) by: Option<AccountId>,
    pub(crate) other: Option<WalletId>,
}

pub(crate) async fn insert(write: &mut Write, new: &NewEntry) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "INSERT INTO ledger (id, organization_id, wallet_id, kind, amount, balance, currency, at, by_account, other_wallet) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new.id.as_uuid(),
        new.organization.as_uuid(),
        new.wallet.as_uuid(),
        new.kind.as_str(),
        new.amount.micros,
        new.balance,
        new.amount.currency.to_string(),
        at,
        new.by.map(AccountId::as_uuid),
        new.other.map(WalletId::as_uuid),
    )?;
    Ok(())
}

/// Which entries.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Of this wallet alone.
    pub wallet: Option<WalletId>,
    /// Of this kind alone.
    pub kind: Option<EntryKind>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// Older than this entry.
    pub before: Option<EntryId>,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    id: Uuid,
    wallet_id: Uuid,
    kind: String,
    amount: i64,
    balance: i64,
    currency: String,
    at: i64,
    by_account: Option<Uuid>,
    other_wallet: Option<Uuid>,
    key_id: Option<Uuid>,
    secret_id: Option<Uuid>,
    service: Option<String>,
    model: Option<String>,
    charge_id: Option<String>,
}

impl EntryRow {
    fn view(self) -> Result<EntryView, StoreError> {
        let currency = currency(&self.currency)?;
        let charge = match (self.key_id, self.secret_id, self.service, self.model) {
            (Some(key), Some(secret), Some(service), Some(model)) => Some(ChargeView {
                key_id: KeyId::from_uuid(key),
                secret_id: SecretId::from_uuid(secret),
                service,
                model,
                charge_id: self.charge_id,
            }),
            _ => None,
        };
        Ok(EntryView {
            id: EntryId::from_uuid(self.id),
            wallet_id: WalletId::from_uuid(self.wallet_id),
            kind: EntryKind::from_name(&self.kind).ok_or_else(|| StoreError::damaged("a kind of entry"))?,
            amount: Money::from_micros(self.amount, currency),
            balance: Money::from_micros(self.balance, currency),
            at: Timestamp::from_micros(self.at),
            by: self.by_account.map(AccountId::from_uuid),
            other: self.other_wallet.map(WalletId::from_uuid),
            charge,
        })
    }
}

/// Entries of an organization, the newest first: those of a wallet in the order in which its balance moved.
///
/// # Errors
/// The database does not answer.
pub async fn page(
    from: &mut impl Connected,
    organization: OrganizationId,
    wanted: &Wanted,
    limit: i64,
) -> Result<Vec<EntryView>, StoreError> {
    let before = match wanted.before {
        None => i64::MAX,
        Some(entry) => one!(
            (i64,),
            from,
            "SELECT position FROM ledger WHERE organization_id = $1 AND id = $2",
            organization.as_uuid(),
            entry.as_uuid(),
        )?
        .map_or(0, |(position,)| position),
    };
    let kind = wanted.kind.map_or("", EntryKind::as_str);
    let since = wanted.from.map_or(i64::MIN, Timestamp::as_micros);
    let until = wanted.until.map_or(i64::MAX, Timestamp::as_micros);
    // Two statements, so that each has its index.
    let rows = match wanted.wallet {
        Some(wallet) => all!(
            EntryRow,
            from,
            "SELECT id, wallet_id, kind, amount, balance, currency, at, by_account, other_wallet, key_id, secret_id, \
             service, model, charge_id FROM ledger WHERE wallet_id = $2 AND organization_id = $1 AND position < $3 \
             AND ($4 = '' OR kind = $4) AND at >= $5 AND at < $6 ORDER BY position DESC LIMIT $7",
            organization.as_uuid(),
            wallet.as_uuid(),
            before,
            kind,
            since,
            until,
            limit,
        )?,
        None => all!(
            EntryRow,
            from,
            "SELECT id, wallet_id, kind, amount, balance, currency, at, by_account, other_wallet, key_id, secret_id, \
             service, model, charge_id FROM ledger WHERE organization_id = $1 AND position < $2 \
             AND ($3 = '' OR kind = $3) AND at >= $4 AND at < $5 ORDER BY position DESC LIMIT $6",
            organization.as_uuid(),
            before,
            kind,
            since,
            until,
            limit,
        )?,
    };
    rows.into_iter().map(EntryRow::view).collect()
}
