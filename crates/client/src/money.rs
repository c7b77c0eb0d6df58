//! Wallets and their ledger.

use domain::id::{OperationId, OrganizationId, WalletId};
use domain::name::WalletName;
use protocol::path::{self, fill};
use protocol::wallet::{
    CreateWalletRequest, CreditMovedView, LedgerPage, MoveCreditRequest, RenameWalletRequest, WalletView,
};
use reqwest::Method;

use crate::error::ClientError;
use crate::request::Session;

impl Session {
    /// Makes a wallet.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn create_wallet(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        request: &CreateWalletRequest,
    ) -> Result<WalletView, ClientError> {
        let path = fill(path::WALLETS, &[&organization]);
        self.write(Method::POST, &path, operation, request).await
    }

    /// Renames a wallet over the version its author saw.
    ///
    /// # Errors
    /// [`ClientError`]; a problem with the code `precondition_failed` when the wallet has another version by now.
    pub async fn rename_wallet(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        (wallet, version): (WalletId, i64),
        name: WalletName,
    ) -> Result<WalletView, ClientError> {
        let path = fill(path::WALLET, &[&organization, &wallet]);
        let request = RenameWalletRequest { name };
        self.edit(Method::PATCH, &path, operation, version, &request)
            .await
    }

    /// Moves credit between wallets.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn move_credit(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        request: &MoveCreditRequest,
    ) -> Result<CreditMovedView, ClientError> {
        let path = fill(path::WALLETS_MOVE, &[&organization]);
        self.write(Method::POST, &path, operation, request).await
    }

    /// Archives a wallet.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn archive_wallet(
        &self,
        organization: OrganizationId,
        operation: OperationId,
        wallet: WalletId,
    ) -> Result<WalletView, ClientError> {
        let path = fill(path::WALLET_ARCHIVE, &[&organization, &wallet]);
        self.write(Method::POST, &path, operation, &serde_json::json!({}))
            .await
    }

    /// A page of the ledger. `asked` is the parameters of the query, each by its name.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ledger(
        &self,
        organization: OrganizationId,
        asked: &[(&str, String)],
    ) -> Result<LedgerPage, ClientError> {
        let path = fill(path::LEDGER, &[&organization]);
        // Ids, numbers, times and names of kinds: nothing of them has to be written otherwise in a query.
        let query: Vec<String> = asked
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        self.get(&format!("{path}?{}", query.join("&"))).await
    }
}
