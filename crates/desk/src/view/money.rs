//! Wallets, how credits lie, and the ledger; and the services of a key that draw on them.

use domain::catalog::BillingPolicy;
use domain::clock::Timestamp;
use domain::id::{EntryId, WalletId};
use domain::wallet::EntryKind;
use serde::{Deserialize, Serialize};

use crate::view::{ActRule, MoneyView};

view! {
    /// How the credits of the organization lie, as of the last sync (B5, B6).
    #[derive(Clone, Debug)]
    pub struct MoneyOverview {
        /// Whether the role manages money; without, nothing else is here.
        pub manage: ActRule,
        /// None before they came the first time, and for those who don't manage money.
        pub totals: Option<TotalsView>,
        /// First the credit that is in no wallet, then the wallets that are not archived, the oldest first.
        pub wallets: Vec<WalletRow>,
        /// Wallets that were archived: they stay in the ledger.
        pub archived: Vec<WalletRow>,
        /// When the copy was last in step with the server.
        pub as_of: Option<Timestamp>,
    }

    /// How credits lie.
    #[derive(Clone, Debug)]
    pub struct TotalsView {
        /// All of it.
        pub total: MoneyView,
        /// What is in no wallet.
        pub unassigned: MoneyView,
        /// What is in wallets.
        pub assigned: MoneyView,
        /// What the poorest wallet holds; none where there is no wallet.
        pub smallest: Option<MoneyView>,
        /// What the richest wallet holds; none where there is no wallet.
        pub largest: Option<MoneyView>,
    }

    /// A wallet.
    #[derive(Clone, Debug)]
    pub struct WalletRow {
        /// The wallet.
        pub id: WalletId,
        /// Whether it is the credit that is in no wallet.
        pub unassigned: bool,
        /// Its name.
        pub name: String,
        /// What is in it.
        pub balance: MoneyView,
        /// Whether nothing is in it.
        pub empty: bool,
        /// When it was made.
        pub created_at: Timestamp,
        /// Who made it.
        pub created_by: String,
        /// When it was archived.
        pub archived_at: Option<Timestamp>,
        /// Whether it can be archived, as far as is known here; keys may draw on it.
        pub archive: ActRule,
    }

    /// Entries of the ledger, the newest first.
    #[derive(Clone, Debug)]
    pub struct LedgerView {
        /// The entries.
        pub entries: Vec<EntryRow>,
        /// To go on with what is older.
        pub next: Option<EntryId>,
    }

    /// One line of the ledger.
    #[derive(Clone, Debug)]
    pub struct EntryRow {
        /// The entry.
        pub id: EntryId,
        /// When.
        pub at: Timestamp,
        /// What it is.
        pub kind: EntryKind,
        /// In words.
        pub label: String,
        /// Of which wallet.
        pub wallet_id: WalletId,
        /// Its name.
        pub wallet_name: String,
        /// How much came; below zero what went.
        pub amount: MoneyView,
        /// What was in the wallet after it.
        pub balance: MoneyView,
        /// What it was for, in words.
        pub cause: String,
        /// Who.
        pub by: String,
    }

    /// A service that a key may call.
    #[derive(Clone, Debug)]
    pub struct GrantRow {
        /// The service.
        pub service_id: String,
        /// Its name; its id where it left the catalog.
        pub service_name: String,
        /// Whether the catalog has it, and may be paid for so.
        pub offered: bool,
        /// How it is paid for.
        pub policy: BillingPolicy,
        /// In words.
        pub policy_label: String,
        /// The names of its models; none stands for all.
        pub models: Vec<String>,
        /// The wallet that pays.
        pub wallet_id: Option<WalletId>,
        /// Its name, where it is known here.
        pub wallet_name: Option<String>,
        /// What is in it, where that is known here.
        pub wallet_balance: Option<MoneyView>,
    }
}

request! {
    /// A wallet to be made.
    pub struct WalletDraft {
        /// The name.
        pub name: String,
        /// What it begins with of the credit that is in no wallet, as it was written; may be empty.
        pub assign: String,
    }

    /// Credit to be moved.
    pub struct CreditDraft {
        /// Where it is.
        pub from: WalletId,
        /// Where it goes.
        pub to: WalletId,
        /// How much, as it was written.
        pub amount: String,
    }

    /// Which entries of the ledger.
    #[derive(Clone, Debug, Default)]
    pub struct LedgerQuery {
        /// Of this wallet alone.
        pub wallet_id: Option<WalletId>,
        /// Of this kind alone.
        pub kind: Option<EntryKind>,
        /// From this moment on.
        pub from: Option<Timestamp>,
        /// Before this moment.
        pub until: Option<Timestamp>,
        /// Older than this entry.
        pub before: Option<EntryId>,
    }
}

/// A service that a key is to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GrantText {
    /// The service.
    pub service_id: String,
    /// How it is paid for.
    pub policy: BillingPolicy,
    /// The models; none stands for all.
    pub models: Vec<String>,
    /// The wallet that pays.
    pub wallet_id: Option<WalletId>,
}
