//! Wallets and their ledger (B5, B6).

pub(crate) mod archive;
pub(crate) mod create;
pub(crate) mod ledger;
pub(crate) mod list;
pub(crate) mod move_credit;
pub(crate) mod open;
pub(crate) mod rename;

use domain::activity::NamedWallet;
use domain::id::WalletId;
use protocol::wallet::WalletView;
use store::{StoreError, wallet};

use crate::refusal::Refusal;
use crate::work::Work;

/// A wallet of the organization. `field` is where it is named in the request.
pub(crate) async fn named_in(work: &mut Work, id: WalletId, field: &str) -> Result<WalletView, Refusal> {
    wallet::find(&mut work.write, work.organization, id)
        .await?
        .ok_or_else(|| Refusal::field(field, "there is no such wallet in this organization"))
}

/// A wallet of the organization, named in the path.
pub(crate) async fn found(work: &mut Work, id: WalletId) -> Result<WalletView, Refusal> {
    wallet::find(&mut work.write, work.organization, id)
        .await?
        .ok_or_else(|| Refusal::not_found("wallet"))
}

/// As the record names it.
pub(crate) fn named(wallet: &WalletView) -> NamedWallet {
    NamedWallet {
        wallet: wallet.id,
        name: wallet.name.to_string(),
    }
}

/// Where a name was refused because another wallet has it.
pub(crate) fn name_taken(error: StoreError) -> Refusal {
    match error {
        StoreError::Taken => Refusal::field("name", "another wallet has this name; choose another"),
        error => error.into(),
    }
}
