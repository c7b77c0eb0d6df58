//! What service keys may call (K5): read with their keys, one statement for all of a page.

use domain::catalog::{BillingPolicy, CatalogId};
use domain::grant::KeyGrant;
use domain::id::{KeyId, WalletId};
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, all, run};
use crate::write::Write;

#[derive(sqlx::FromRow)]
pub(crate) struct GrantRow {
    pub(crate) key_id: Uuid,
    service: String,
    policy: String,
    models: String,
    wallet_id: Option<Uuid>,
}

impl GrantRow {
    pub(crate) fn view(self) -> Result<KeyGrant, StoreError> {
        Ok(KeyGrant {
            service: CatalogId::parse(&self.service).map_err(|_| StoreError::damaged("a service"))?,
            policy: BillingPolicy::from_name(&self.policy)
                .ok_or_else(|| StoreError::damaged("a billing policy"))?,
            models: serde_json::from_str(&self.models).map_err(|_| StoreError::damaged("models"))?,
            wallet: self.wallet_id.map(WalletId::from_uuid),
        })
    }
}

/// Gives a key these grants in the place of those it has.
///
/// # Errors
/// The database does not answer.
pub async fn replace(write: &mut Write, key: KeyId, grants: &[KeyGrant]) -> Result<(), StoreError> {
    run!(write, "DELETE FROM key_grant WHERE key_id = $1", key.as_uuid())?;
    for grant in grants {
        let models = serde_json::to_string(&grant.models)
            .map_err(|_| StoreError::damaged("models that are no JSON"))?;
        run!(
            write,
            "INSERT INTO key_grant (key_id, service, policy, models, wallet_id) VALUES ($1, $2, $3, $4, $5)",
            key.as_uuid(),
            grant.service.as_str(),
            grant.policy.as_str(),
            models,
            grant.wallet.map(WalletId::as_uuid),
        )?;
    }
    Ok(())
}

/// The grants of one key, by service.
pub(crate) async fn of_key(from: &mut impl Connected, key: KeyId) -> Result<Vec<KeyGrant>, StoreError> {
    let rows = all!(
        GrantRow,
        from,
        "SELECT key_id, service, policy, models, wallet_id FROM key_grant WHERE key_id = $1 ORDER BY service",
        key.as_uuid(),
    )?;
    rows.into_iter().map(GrantRow::view).collect()
}
