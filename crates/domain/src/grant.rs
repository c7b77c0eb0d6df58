//! What a service key may call, and how it pays for it (K5).

use serde::{Deserialize, Serialize};

use crate::catalog::{BillingPolicy, Catalog, CatalogId, Model};
use crate::id::WalletId;

/// One service that a service key may call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyGrant {
    /// The service.
    pub service: CatalogId,
    /// How it is paid for.
    pub policy: BillingPolicy,
    /// The models it may call. At least one where it pays as it goes; elsewhere none stands for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<CatalogId>,
    /// The wallet that pays, where it pays as it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet: Option<WalletId>,
}

impl KeyGrant {
    /// Whether a model may be called.
    #[must_use]
    pub fn allows(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|one| one.as_str() == model)
    }
}

/// Why a grant can't be, and at which field of the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct GrantProblem {
    /// Which grant, in the order they were given.
    pub at: usize,
    /// Its field: `service`, `policy`, `models` or `wallet`.
    pub field: &'static str,
    /// What is wrong and what to do.
    pub sentence: String,
}

/// In one order, so that the same grants are equal however they were written.
#[must_use]
pub fn in_order(mut grants: Vec<KeyGrant>) -> Vec<KeyGrant> {
    for grant in &mut grants {
        grant.models.sort();
        grant.models.dedup();
    }
    grants.sort();
    grants
}

/// What grants are checked against.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// The services of the server.
    pub catalog: &'a Catalog,
    /// The wallets of the organization that may pay.
    pub wallets: &'a [WalletId],
    /// The services for which the organization has a job plan.
    pub subscribed: &'a [CatalogId],
}

/// Checks the grants of a key. What it had `before`, unchanged, stays even where the service left the catalog.
///
/// # Errors
/// [`GrantProblem`], the first in the order they were given.
pub fn check(grants: &[KeyGrant], before: &[KeyGrant], offer: Offer<'_>) -> Result<(), GrantProblem> {
    for (at, grant) in grants.iter().enumerate() {
        let refuse = |field, sentence: String| Err(GrantProblem { at, field, sentence });
        if grants[..at].iter().any(|other| other.service == grant.service) {
            return refuse(
                "service",
                format!("the service {} stands twice; give it once", grant.service),
            );
        }
        let had = |one: &KeyGrant| in_order(vec![one.clone()]) == in_order(vec![grant.clone()]);
        if before.iter().any(had) {
            continue;
        }
        let Some(service) = offer.catalog.service(grant.service.as_str()) else {
            let known = offer.catalog.services.iter().map(|service| service.id.as_str());
            return refuse(
                "service",
                format!(
                    "there is no service “{}”; there are {}",
                    grant.service,
                    listed(known)
                ),
            );
        };
        if !service.policies.contains(&grant.policy) {
            let known = service.policies.iter().map(|policy| policy.as_str());
            return refuse(
                "policy",
                format!(
                    "{} can't be paid for as {}; it can as {}",
                    service.name,
                    grant.policy.as_str(),
                    listed(known)
                ),
            );
        }
        if let Some(wrong) = grant
            .models
            .iter()
            .find(|model| service.model(model.as_str()).is_none())
        {
            let known = service.models.iter().map(|model| model.id.as_str());
            return refuse(
                "models",
                format!(
                    "{} has no model “{wrong}”; it has {}",
                    service.name,
                    listed(known)
                ),
            );
        }
        match grant.policy {
            BillingPolicy::PayAsYouGo => pays(at, grant, service.name.as_str(), offer)?,
            BillingPolicy::Subscription if !offer.subscribed.contains(&grant.service) => {
                return refuse(
                    "policy",
                    format!(
                        "this organization has no job plan that pays for {}; choose another way to pay",
                        service.name
                    ),
                );
            }
            BillingPolicy::Free | BillingPolicy::Subscription => {
                if grant.wallet.is_some() {
                    return refuse(
                        "wallet",
                        format!(
                            "{} is not paid for by a wallet here; leave the wallet out",
                            service.name
                        ),
                    );
                }
            }
        }
    }
    Ok(())
}

fn pays(at: usize, grant: &KeyGrant, service: &str, offer: Offer<'_>) -> Result<(), GrantProblem> {
    let refuse = |field, sentence| Err(GrantProblem { at, field, sentence });
    if grant.models.is_empty() {
        return refuse(
            "models",
            format!("choose at least one model of {service} that is paid for by the request"),
        );
    }
    match grant.wallet {
        None => refuse("wallet", format!("choose the wallet that pays for {service}")),
        Some(wallet) if !offer.wallets.contains(&wallet) => refuse(
            "wallet",
            format!("there is no such wallet any more that could pay for {service}; choose another"),
        ),
        Some(_) => Ok(()),
    }
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// Why a key may not call a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallRefusal {
    /// The server offers no such service.
    UnknownService,
    /// The service has no such model, or none was named where one has to be.
    UnknownModel,
    /// The key may not call it.
    NotGranted,
    /// The key pays by a job plan, and the organization has none for it.
    NoSubscription,
}

/// A call that is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call<'a> {
    /// It costs nothing.
    Free,
    /// The wallet pays what the model costs.
    Paid {
        /// The model, whose [`Model::cost`] is charged.
        model: &'a Model,
        /// Who pays.
        wallet: WalletId,
    },
}

/// Whether a service key may call a service, and how it is paid for. `free` is the organization's free key, on which
/// every free service is on (K2).
///
/// # Errors
/// [`CallRefusal`].
pub fn call<'c>(
    (free, grants): (bool, &[KeyGrant]),
    (service, model): (&str, Option<&str>),
    catalog: &'c Catalog,
    subscribed: &[CatalogId],
) -> Result<Call<'c>, CallRefusal> {
    let offered = catalog.service(service).ok_or(CallRefusal::UnknownService)?;
    let found = match model {
        Some(id) => Some(offered.model(id).ok_or(CallRefusal::UnknownModel)?),
        None => None,
    };
    if free {
        return if offered.policies.contains(&BillingPolicy::Free) {
            Ok(Call::Free)
        } else {
            Err(CallRefusal::NotGranted)
        };
    }
    let granted = grants
        .iter()
        .find(|grant| grant.service.as_str() == service)
        .ok_or(CallRefusal::NotGranted)?;
    if found.is_some_and(|model| !granted.allows(model.id.as_str())) {
        return Err(CallRefusal::NotGranted);
    }
    // The operator may have taken the policy out of the catalog since.
    if !offered.policies.contains(&granted.policy) {
        return Err(CallRefusal::NotGranted);
    }
    match (granted.policy, granted.wallet) {
        (BillingPolicy::Free, _) => Ok(Call::Free),
        (BillingPolicy::Subscription, _) if subscribed.contains(&granted.service) => Ok(Call::Free),
        (BillingPolicy::Subscription, _) => Err(CallRefusal::NoSubscription),
        (BillingPolicy::PayAsYouGo, Some(wallet)) => Ok(Call::Paid {
            model: found.ok_or(CallRefusal::UnknownModel)?,
            wallet,
        }),
        (BillingPolicy::PayAsYouGo, None) => Err(CallRefusal::NotGranted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Service;
    use crate::money::Currency;
    use crate::name::{Description, Label};
    use crate::price::Price;

    fn id(text: &str) -> CatalogId {
        CatalogId::parse(text).unwrap()
    }

    fn wallet(number: u8) -> WalletId {
        WalletId::from_uuid(uuid::Uuid::from_bytes([number; 16]))
    }

    fn service(name: &str, policies: &[BillingPolicy]) -> Service {
        let model = |name: &str| Model {
            id: id(name),
            name: Label::parse(name).unwrap(),
            description: Description::parse("").unwrap(),
            parameters: Vec::new(),
            quantities: Vec::new(),
            price: Some(Price {
                base_micros: 1_000,
                minimum_micros: 0,
                terms: Vec::new(),
            }),
        };
        Service {
            id: id(name),
            name: Label::parse(name).unwrap(),
            description: Description::parse("").unwrap(),
            policies: policies.to_vec(),
            models: vec![model("road"), model("truck")],
        }
    }

    fn catalog() -> Catalog {
        Catalog {
            currency: Currency::parse("EUR").unwrap(),
            services: vec![
                service("routes", &BillingPolicy::ALL),
                service("tsp", &[BillingPolicy::Subscription, BillingPolicy::PayAsYouGo]),
            ],
        }
    }

    fn grant(service: &str, policy: BillingPolicy, models: &[&str], wallet: Option<WalletId>) -> KeyGrant {
        KeyGrant {
            service: id(service),
            policy,
            models: models.iter().map(|model| id(model)).collect(),
            wallet,
        }
    }

    #[test]
    fn k5_what_can_not_be_granted_is_said_at_its_field() {
        let catalog = catalog();
        let refused = |grants: &[KeyGrant]| {
            let offer = Offer {
                catalog: &catalog,
                wallets: &[wallet(1)],
                subscribed: &[],
            };
            check(grants, &[], offer)
                .err()
                .map(|problem| (problem.at, problem.field, problem.sentence))
        };
        let paid = |models: &[&str], wallet| grant("routes", BillingPolicy::PayAsYouGo, models, wallet);
        let free = grant("routes", BillingPolicy::Free, &[], None);
        assert_eq!(refused(&[]), None);
        assert_eq!(refused(std::slice::from_ref(&free)), None);
        assert_eq!(refused(&[paid(&["road"], Some(wallet(1)))]), None);
        for (grants, at, field, sentence) in [
            (
                vec![free.clone(), free.clone()],
                1,
                "service",
                "the service routes stands twice; give it once",
            ),
            (
                vec![grant("tiles", BillingPolicy::Free, &[], None)],
                0,
                "service",
                "there is no service “tiles”; there are routes, tsp",
            ),
            (
                vec![free, grant("tsp", BillingPolicy::Free, &[], None)],
                1,
                "policy",
                "tsp can't be paid for as free; it can as subscription, pay_as_you_go",
            ),
            (
                vec![paid(&["boat"], Some(wallet(1)))],
                0,
                "models",
                "routes has no model “boat”; it has road, truck",
            ),
            (
                vec![paid(&[], Some(wallet(1)))],
                0,
                "models",
                "choose at least one model of routes that is paid for by the request",
            ),
            (
                vec![paid(&["road"], None)],
                0,
                "wallet",
                "choose the wallet that pays for routes",
            ),
            (
                vec![paid(&["road"], Some(wallet(2)))],
                0,
                "wallet",
                "there is no such wallet any more that could pay for routes; choose another",
            ),
            (
                vec![grant("routes", BillingPolicy::Free, &[], Some(wallet(1)))],
                0,
                "wallet",
                "routes is not paid for by a wallet here; leave the wallet out",
            ),
            (
                vec![grant("routes", BillingPolicy::Subscription, &[], None)],
                0,
                "policy",
                "this organization has no job plan that pays for routes; choose another way to pay",
            ),
        ] {
            assert_eq!(refused(&grants), Some((at, field, sentence.to_owned())));
        }
    }

    #[test]
    fn k5_what_a_key_has_stays_when_its_service_left_the_catalog() {
        let catalog = catalog();
        let offer = Offer {
            catalog: &catalog,
            wallets: &[],
            subscribed: &[],
        };
        let old = grant("tiles", BillingPolicy::PayAsYouGo, &["a", "b"], Some(wallet(9)));
        let again = grant("tiles", BillingPolicy::PayAsYouGo, &["b", "a"], Some(wallet(9)));
        let other = grant("tiles", BillingPolicy::PayAsYouGo, &["b"], Some(wallet(9)));
        assert!(check(&[again], std::slice::from_ref(&old), offer).is_ok());
        assert!(check(&[other], &[old], offer).is_err());
    }

    #[test]
    fn k14_a_call_is_let_in_by_its_grant_alone() {
        let catalog = catalog();
        let grants = [
            grant("routes", BillingPolicy::PayAsYouGo, &["road"], Some(wallet(1))),
            grant("tsp", BillingPolicy::Subscription, &[], None),
        ];
        let ask = |free: bool, service: &str, model: Option<&str>| {
            call((free, &grants), (service, model), &catalog, &[])
        };
        assert!(matches!(
            ask(false, "routes", Some("road")),
            Ok(Call::Paid { wallet: paying, .. }) if paying == wallet(1)
        ));
        assert_eq!(ask(false, "routes", None), Err(CallRefusal::UnknownModel));
        assert_eq!(ask(false, "routes", Some("boat")), Err(CallRefusal::UnknownModel));
        assert_eq!(ask(false, "routes", Some("truck")), Err(CallRefusal::NotGranted));
        assert_eq!(ask(false, "tiles", None), Err(CallRefusal::UnknownService));
        assert_eq!(ask(false, "tsp", None), Err(CallRefusal::NoSubscription));
        assert_eq!(ask(true, "routes", None), Ok(Call::Free));
        assert_eq!(ask(true, "tsp", None), Err(CallRefusal::NotGranted));
        assert_eq!(
            call((false, &grants), ("tsp", None), &catalog, &[id("tsp")]),
            Ok(Call::Free)
        );
    }
}
