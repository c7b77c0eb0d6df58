//! The services of a key, read and shown (K5).

use domain::catalog::{BillingPolicy, CatalogId};
use domain::grant::{KeyGrant, Offer, check, in_order};
use domain::id::WalletId;
use protocol::key::KeyFields;
use replica::KeyRecord;

use crate::error::DeskError;
use crate::open::OpenConnection;
use crate::view::{GrantRow, GrantText, sentence};

/// Reads what was written of a key's services.
pub(crate) fn read(grants: &[GrantText]) -> Result<Vec<KeyGrant>, DeskError> {
    let id = |text: &String| {
        CatalogId::parse(text).map_err(|problem| DeskError::input("grants", problem.to_string()))
    };
    let grants = grants
        .iter()
        .map(|grant| {
            Ok(KeyGrant {
                service: id(&grant.service_id)?,
                policy: grant.policy,
                models: grant.models.iter().map(id).collect::<Result<_, _>>()?,
                wallet: grant.wallet_id,
            })
        })
        .collect::<Result<Vec<_>, DeskError>>()?;
    Ok(in_order(grants))
}

/// A key's services, for people.
pub(crate) fn text(grants: &[KeyGrant]) -> Vec<GrantText> {
    grants
        .iter()
        .map(|grant| GrantText {
            service_id: grant.service.to_string(),
            policy: grant.policy,
            models: grant.models.iter().map(ToString::to_string).collect(),
            wallet_id: grant.wallet,
        })
        .collect()
}

impl OpenConnection {
    /// Whether a key can have these services, as far as the copy tells; the server decides.
    pub(crate) fn check_grants(&self, before: &[KeyGrant], grants: &[KeyGrant]) -> Result<(), DeskError> {
        let Some(catalog) = self.replica.catalog()? else {
            return Ok(());
        };
        let wallets: Vec<WalletId> = self
            .replica
            .wallets()?
            .into_iter()
            .filter(|wallet| !wallet.unassigned && wallet.archived_at.is_none())
            .map(|wallet| wallet.id)
            .collect();
        let offer = Offer {
            catalog: &catalog,
            wallets: &wallets,
            subscribed: &[],
        };
        check(grants, before, offer)
            .map_err(|problem| DeskError::input("grants", sentence(&problem.sentence)))
    }

    /// The services a key may call: of the free key every free service (K2).
    pub(crate) fn grant_rows(&self, record: &KeyRecord) -> Result<Vec<GrantRow>, DeskError> {
        let KeyFields { grants, .. } = &record.shown;
        if !record.view.free && grants.is_empty() {
            return Ok(Vec::new());
        }
        let catalog = self.replica.catalog()?;
        let services = catalog.iter().flat_map(|catalog| &catalog.services);
        let (free, policy) = (record.view.free, BillingPolicy::Free);
        if free {
            return Ok(services
                .filter(|service| service.policies.contains(&policy))
                .map(|service| GrantRow {
                    service_id: service.id.to_string(),
                    service_name: service.name.to_string(),
                    offered: true,
                    policy,
                    policy_label: policy.label().to_owned(),
                    models: Vec::new(),
                    wallet_id: None,
                    wallet_name: None,
                    wallet_balance: None,
                })
                .collect());
        }
        let wallets = self.replica.wallets()?;
        Ok(grants
            .iter()
            .map(|grant| {
                let service = catalog
                    .as_ref()
                    .and_then(|catalog| catalog.service(grant.service.as_str()));
                let wallet = wallets.iter().find(|wallet| Some(wallet.id) == grant.wallet);
                GrantRow {
                    service_id: grant.service.to_string(),
                    service_name: service
                        .map_or_else(|| grant.service.to_string(), |service| service.name.to_string()),
                    // Before the catalog came nothing is said against it.
                    offered: catalog.is_none()
                        || service.is_some_and(|service| service.policies.contains(&grant.policy)),
                    policy: grant.policy,
                    policy_label: grant.policy.label().to_owned(),
                    models: grant
                        .models
                        .iter()
                        .map(|id| {
                            service
                                .and_then(|service| service.model(id.as_str()))
                                .map_or_else(|| id.to_string(), |model| model.name.to_string())
                        })
                        .collect(),
                    wallet_id: grant.wallet,
                    wallet_name: wallet.map(|wallet| wallet.name.to_string()),
                    wallet_balance: wallet.map(|wallet| wallet.balance.into()),
                }
            })
            .collect())
    }
}
