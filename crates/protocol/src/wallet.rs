//! Wallets and the ledger on the wire (B5, B6). Amounts are whole micro-units with their currency, never fractions.

use domain::clock::Timestamp;
use domain::id::{AccountId, EntryId, KeyId, SecretId, WalletId};
use domain::money::Money;
use domain::name::WalletName;
use domain::wallet::{EntryKind, Purse, Totals};
use serde::{Deserialize, Serialize};

/// The most entries a page may be asked for.
pub const MOST_ENTRIES: u32 = 1_000;

/// A wallet, or the credit that is in none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WalletView {
    /// The wallet.
    pub id: WalletId,
    /// Whether it is the credit that is in no wallet: an organization has exactly one, which is neither renamed nor
    /// archived.
    pub unassigned: bool,
    /// Its name.
    pub name: WalletName,
    /// What is in it.
    pub balance: Money,
    /// Moves with every edit, not with the balance.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it; none where the server did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<AccountId>,
    /// When it was archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
}

impl WalletView {
    /// What rules need of it.
    #[must_use]
    pub const fn purse(&self) -> Purse {
        Purse {
            unassigned: self.unassigned,
            archived: self.archived_at.is_some(),
            balance: self.balance,
        }
    }
}

/// The wallets of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WalletsView {
    /// How its credits lie.
    pub totals: Totals,
    /// First the credit that is in no wallet, then the wallets in the order they were made; archived ones too.
    pub wallets: Vec<WalletView>,
}

/// Makes a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateWalletRequest {
    /// The name; no other wallet of the organization has it.
    pub name: WalletName,
    /// What it is given at once of the credit that is in no wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<Money>,
}

/// Renames a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RenameWalletRequest {
    /// The new name.
    pub name: WalletName,
}

/// Moves credit from a wallet into another. Where one of them is the credit that is in no wallet, this assigns or gives
/// back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MoveCreditRequest {
    /// Where it is.
    pub from: WalletId,
    /// Where it goes.
    pub to: WalletId,
    /// How much: more than nothing.
    pub amount: Money,
}

/// Both wallets after credit was moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreditMovedView {
    /// Where it was.
    pub from: WalletView,
    /// Where it is.
    pub to: WalletView,
}

/// One line of the ledger: never changed, never removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntryView {
    /// The entry.
    pub id: EntryId,
    /// Of which wallet, or of the credit that is in none.
    pub wallet_id: WalletId,
    /// What it is.
    pub kind: EntryKind,
    /// How much came; below zero what went.
    pub amount: Money,
    /// What was in the wallet after it.
    pub balance: Money,
    /// When.
    pub at: Timestamp,
    /// Who; none where the server did, or a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AccountId>,
    /// The wallet on the other side of a movement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<WalletId>,
    /// What was paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<ChargeView>,
}

/// What a charge was for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChargeView {
    /// The key of the request.
    pub key_id: KeyId,
    /// Which of its secrets.
    pub secret_id: SecretId,
    /// The service.
    pub service: String,
    /// The model.
    pub model: String,
    /// The caller's own id of the request, where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_id: Option<String>,
}

/// A page of the ledger, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerPage {
    /// The entries.
    pub entries: Vec<EntryView>,
    /// Ask for `?before=` this for what is older; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<EntryId>,
}
