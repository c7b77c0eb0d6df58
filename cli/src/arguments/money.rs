//! Wallets, the ledger, and the services of keys.

use clap::{Args, Subcommand, ValueEnum};
use domain::catalog::BillingPolicy;
use domain::clock::Timestamp;
use domain::wallet::EntryKind;

#[derive(Subcommand)]
pub(crate) enum WalletsCommand {
    /// Say how the organization's credits lie: in which wallet how much, and what is in none.
    List,
    /// Make a wallet.
    Create {
        /// The name: 1 to 100 characters.
        name: String,
        /// What it begins with, of the credit that is in no wallet.
        #[arg(long, value_name = "AMOUNT", default_value = "")]
        assign: String,
    },
    /// Rename a wallet.
    Rename {
        /// The wallet's name or id.
        wallet: String,
        /// The new name.
        name: String,
    },
    /// Assign credit that is in no wallet to one.
    Assign {
        /// The wallet's name or id.
        wallet: String,
        /// How much, like 12.50.
        amount: String,
    },
    /// Give credit of a wallet back, into what is in none.
    GiveBack {
        /// The wallet's name or id.
        wallet: String,
        /// How much, like 12.50.
        amount: String,
    },
    /// Transfer credit from a wallet to another.
    Transfer {
        /// Where it is: the wallet's name or id.
        from: String,
        /// Where it goes.
        to: String,
        /// How much, like 12.50.
        amount: String,
    },
    /// Archive a wallet that is empty and on which no key draws.
    Archive {
        /// The wallet's name or id.
        wallet: String,
    },
    /// List the ledger: every movement, the newest first. Asks the server.
    Entries(Entries),
}

#[derive(Args)]
pub(crate) struct Entries {
    /// Only of this wallet: its name or id.
    #[arg(long)]
    pub(crate) wallet: Option<String>,
    /// Only of the credit that is in no wallet.
    #[arg(long, conflicts_with = "wallet")]
    pub(crate) unassigned: bool,
    /// Only of this kind.
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,
    /// Only from this moment on, like 2026-03-12T10:42:07Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Timestamp>,
    /// Only before this moment.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Timestamp>,
    /// Print all of them as CSV, instead of the newest 100.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// What the organization began with.
    StartingCredit,
    /// From what is in no wallet into one.
    Assigned,
    /// From a wallet back.
    GivenBack,
    /// From a wallet into another.
    Transferred,
    /// A request was paid for.
    Charged,
}

impl From<Kind> for EntryKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::StartingCredit => Self::StartingCredit,
            Kind::Assigned => Self::Assigned,
            Kind::GivenBack => Self::GivenBack,
            Kind::Transferred => Self::Transferred,
            Kind::Charged => Self::Charged,
        }
    }
}

/// A service that a key is to call, as it is written: `SERVICE=POLICY[:MODEL,…][@WALLET]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Granted {
    pub(crate) service: String,
    pub(crate) policy: BillingPolicy,
    pub(crate) models: Vec<String>,
    pub(crate) wallet: Option<String>,
}

/// Reads a service with how it is paid for.
pub(crate) fn granted(text: &str) -> Result<Granted, String> {
    let wrong = || {
        format!(
            "{text} is no service with its way to pay; write geocoding=free or geocoding=pay-as-you-go:forward@Research"
        )
    };
    let (service, rest) = text.split_once('=').ok_or_else(wrong)?;
    let (rest, wallet) = match rest.split_once('@') {
        Some((rest, wallet)) => (rest, Some(wallet.trim().to_owned())),
        None => (rest, None),
    };
    let (policy, models) = rest.split_once(':').unwrap_or((rest, ""));
    let policy = BillingPolicy::from_name(&policy.trim().replace('-', "_")).ok_or_else(wrong)?;
    Ok(Granted {
        service: service.trim().to_owned(),
        policy,
        models: models
            .split(',')
            .map(|model| model.trim().to_owned())
            .filter(|model| !model.is_empty())
            .collect(),
        wallet,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k5_services_are_read_with_their_ways_to_pay() {
        assert_eq!(
            granted("geocoding=pay-as-you-go:forward, reverse@My research"),
            Ok(Granted {
                service: "geocoding".to_owned(),
                policy: BillingPolicy::PayAsYouGo,
                models: vec!["forward".to_owned(), "reverse".to_owned()],
                wallet: Some("My research".to_owned()),
            })
        );
        let free = granted("map-tiles=free").unwrap();
        assert_eq!(
            (free.policy, free.models.len(), free.wallet),
            (BillingPolicy::Free, 0, None)
        );
        for wrong in ["geocoding", "geocoding=cheap", "=", ""] {
            assert!(granted(wrong).is_err(), "{wrong}");
        }
    }
}
