//! Charging a wallet for a request (K14, B6): one conditional update and its ledger entry, in one transaction.
//!
//! The ledger is the record of it: an activity event for every request would bury what people did, and make every request
//! of an organization wait for every other. Only requests that draw on the same wallet wait for each other, and exactly
//! as many succeed as it can pay. Desktops hear of the balance through the feed, at most once a minute.

use domain::clock::Timestamp;
use domain::id::{EntryId, KeyId, OrganizationId, SecretId, WalletId};
use domain::money::Money;

use crate::error::StoreError;
use crate::link::{Connected, one, run};
use crate::open::Store;
use crate::wallet::{ANNOUNCED_EVERY_SECONDS, currency};

/// A request that is paid for.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'a> {
    /// The id of its entry.
    pub entry: EntryId,
    /// Whose.
    pub organization: OrganizationId,
    /// Who pays.
    pub wallet: WalletId,
    /// The key of the request.
    pub key: KeyId,
    /// Which of its secrets.
    pub secret: SecretId,
    /// The service.
    pub service: &'a str,
    /// The model.
    pub model: &'a str,
    /// The caller's own id of the request.
    pub charge_id: Option<&'a str>,
    /// What it costs: more than nothing.
    pub cost: Money,
}

/// What became of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charged {
    /// It is paid.
    Paid,
    /// It was paid before, with the same id: for so much.
    Before(Money),
    /// The id was used for another service or model.
    Reused,
    /// The wallet can't pay it.
    Dry,
}

/// Charges a wallet, whole or not at all.
///
/// # Errors
/// The database does not answer; then it may have been charged, and asking again with the same id tells.
pub async fn charge(store: &Store, charge: &Charge<'_>, now: Timestamp) -> Result<Charged, StoreError> {
    let mut tx = store.writing().await?;
    let drawn = one!(
        (i64,),
        &mut tx,
        "UPDATE wallet SET balance = balance - $3, \
         announce_due = CASE WHEN announce_due IS NOT NULL THEN announce_due \
                             WHEN announced_at > $5 THEN announced_at + $6 ELSE $7 END \
         WHERE id = $1 AND organization_id = $2 AND currency = $4 AND archived_at IS NULL AND balance >= $3 \
         RETURNING balance",
        charge.wallet.as_uuid(),
        charge.organization.as_uuid(),
        charge.cost.micros,
        charge.cost.currency.to_string(),
        now.plus_seconds(-ANNOUNCED_EVERY_SECONDS).as_micros(),
        ANNOUNCED_EVERY_SECONDS * 1_000_000,
        now.as_micros(),
    )?;
    let Some((balance,)) = drawn else {
        // It may have been the last that the wallet could pay, and be asked again.
        return Ok(before(&mut tx, charge).await?.unwrap_or(Charged::Dry));
    };
    let written = run!(
        &mut tx,
        "INSERT INTO ledger (id, organization_id, wallet_id, kind, amount, balance, currency, at, key_id, secret_id, \
         service, model, charge_id) VALUES ($1, $2, $3, 'charged', $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (key_id, charge_id) WHERE charge_id IS NOT NULL DO NOTHING",
        charge.entry.as_uuid(),
        charge.organization.as_uuid(),
        charge.wallet.as_uuid(),
        -charge.cost.micros,
        balance,
        charge.cost.currency.to_string(),
        now.as_micros(),
        charge.key.as_uuid(),
        charge.secret.as_uuid(),
        charge.service,
        charge.model,
        charge.charge_id,
    )?;
    if written == 0 {
        // Dropped, the transaction takes the balance back.
        return before(&mut tx, charge)
            .await?
            .ok_or_else(|| StoreError::damaged("a charge that is there and is not"));
    }
    tx.commit().await?;
    Ok(Charged::Paid)
}

/// What the same id was charged for before.
async fn before(from: &mut impl Connected, charge: &Charge<'_>) -> Result<Option<Charged>, StoreError> {
    let Some(id) = charge.charge_id else {
        return Ok(None);
    };
    let row = one!(
        (String, String, i64, String),
        from,
        "SELECT service, model, amount, currency FROM ledger WHERE key_id = $1 AND charge_id = $2",
        charge.key.as_uuid(),
        id,
    )?;
    row.map(|(service, model, amount, of)| {
        let cost = Money::from_micros(-amount, currency(&of)?);
        Ok(
            if (service.as_str(), model.as_str(), cost) == (charge.service, charge.model, charge.cost) {
                Charged::Before(cost)
            } else {
                Charged::Reused
            },
        )
    })
    .transpose()
}
