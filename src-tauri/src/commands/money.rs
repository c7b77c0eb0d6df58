//! Wallets and the ledger.

use desk::view::{CreditDraft, LedgerQuery, LedgerView, MoneyOverview, Saved, WalletDraft};
use domain::id::WalletId;

use super::{Answer, DeskState};

/// How the credits of the organization lie, from the copy.
#[tauri::command]
#[specta::specta]
pub(crate) async fn money(desk: DeskState<'_>) -> Answer<MoneyOverview> {
    Ok(desk.money().await?)
}

/// Makes a wallet.
#[tauri::command]
#[specta::specta]
pub(crate) async fn create_wallet(desk: DeskState<'_>, draft: WalletDraft) -> Answer<()> {
    Ok(desk.create_wallet(draft).await?)
}

/// Renames a wallet.
#[tauri::command]
#[specta::specta]
pub(crate) async fn rename_wallet(desk: DeskState<'_>, wallet_id: WalletId, name: String) -> Answer<()> {
    Ok(desk.rename_wallet(wallet_id, &name).await?)
}

/// Archives a wallet that is empty.
#[tauri::command]
#[specta::specta]
pub(crate) async fn archive_wallet(desk: DeskState<'_>, wallet_id: WalletId) -> Answer<()> {
    Ok(desk.archive_wallet(wallet_id).await?)
}

/// Assigns credit to a wallet, gives it back, or transfers it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn move_credit(desk: DeskState<'_>, draft: CreditDraft) -> Answer<()> {
    Ok(desk.move_credit(draft).await?)
}

/// Entries of the ledger, from the server.
#[tauri::command]
#[specta::specta]
pub(crate) async fn ledger(desk: DeskState<'_>, query: LedgerQuery) -> Answer<LedgerView> {
    Ok(desk.ledger(query).await?)
}

/// Writes the ledger as CSV into the downloads folder.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_ledger(desk: DeskState<'_>, query: LedgerQuery) -> Answer<Saved> {
    Ok(desk.save_ledger(query).await?)
}
