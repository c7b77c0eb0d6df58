//! Wallets and the ledger: how credits lie is read from the copy; the ledger is read, and credit moved, at the server alone.
//! Nothing of it waits in the outbox: what is in a wallet hours later is not known now.

use std::io::Write as _;
use std::sync::Arc;

use domain::id::{AccountId, WalletId};
use domain::money::{Currency, Money};
use domain::name::WalletName;
use domain::role::{Action, require};
use domain::wallet::{EntryKind, may_archive, may_rename, totals};
use protocol::wallet::{
    CreateWalletRequest, EntryView, LedgerPage, MOST_ENTRIES, MoveCreditRequest, WalletView,
};

use crate::error::{DeskError, named};
use crate::open::OpenConnection;
use crate::people::rule;
use crate::secrets::write_new_file;
use crate::there::{asked, at_server};
use crate::view::{
    ActRule, CreditDraft, EntryRow, LedgerQuery, LedgerView, MoneyOverview, Saved, TotalsView, WalletDraft,
    WalletRow, sentence,
};
use crate::{Desk, blocking};

/// As many entries are shown at once.
const SHOWN: u32 = 100;
/// As many entries are written into a file at the most.
const MOST_SAVED: usize = 1_000_000;

impl Desk {
    /// How the credits of the organization lie, from the copy.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn money(self: &Arc<Self>) -> Result<MoneyOverview, DeskError> {
        let open = self.current()?;
        blocking(move || open.money()).await
    }

    /// Makes a wallet, with some of the credit that is in none where that is wanted.
    ///
    /// # Errors
    /// [`DeskError::Input`] at the field that is the reason; the role may not; the server is away.
    pub async fn create_wallet(self: &Arc<Self>, draft: WalletDraft) -> Result<(), DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManageMoney)?;
        let name = named("name", WalletName::parse(&draft.name))?;
        let assign = match draft.assign.trim() {
            "" => None,
            written => {
                Some(amount("assign", written, there.open.currency()?)?).filter(|money| money.micros != 0)
            }
        };
        let request = CreateWalletRequest { name, assign };
        asked(|| {
            there
                .session
                .create_wallet(there.organization, there.operation, &request)
        })
        .await?;
        self.sync_now().await?;
        Ok(())
    }

    /// Renames a wallet.
    ///
    /// # Errors
    /// [`DeskError::Input`] at `name`; [`DeskError::Refused`] where somebody else was faster.
    pub async fn rename_wallet(self: &Arc<Self>, id: WalletId, name: &str) -> Result<(), DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManageMoney)?;
        let wallet = there.open.wallet(id)?;
        may_rename(wallet.purse()).map_err(|refusal| DeskError::Refused(refusal.to_string()))?;
        let name = named("name", WalletName::parse(name))?;
        asked(|| {
            let version = (id, wallet.version);
            there
                .session
                .rename_wallet(there.organization, there.operation, version, name.clone())
        })
        .await?;
        self.sync_now().await?;
        Ok(())
    }

    /// Archives a wallet that is empty and on which no key draws.
    ///
    /// # Errors
    /// [`DeskError::Refused`] says what is in the way.
    pub async fn archive_wallet(self: &Arc<Self>, id: WalletId) -> Result<(), DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManageMoney)?;
        asked(|| {
            there
                .session
                .archive_wallet(there.organization, there.operation, id)
        })
        .await?;
        self.sync_now().await?;
        Ok(())
    }

    /// Moves credit: assigns it to a wallet, gives it back, or transfers it from wallet to wallet.
    ///
    /// # Errors
    /// [`DeskError::Input`] at `amount` or at the wallet that is the reason.
    pub async fn move_credit(self: &Arc<Self>, draft: CreditDraft) -> Result<(), DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManageMoney)?;
        let request = MoveCreditRequest {
            from: draft.from,
            to: draft.to,
            amount: amount("amount", &draft.amount, there.open.currency()?)?,
        };
        asked(|| {
            there
                .session
                .move_credit(there.organization, there.operation, &request)
        })
        .await?;
        self.sync_now().await?;
        Ok(())
    }

    /// Entries of the ledger, the newest first, from the server.
    ///
    /// # Errors
    /// The role may not; the server is away.
    pub async fn ledger(self: &Arc<Self>, query: LedgerQuery) -> Result<LedgerView, DeskError> {
        let (open, page) = self.ledger_page(&query, SHOWN).await?;
        blocking(move || {
            let wallets = open.replica.wallets()?;
            let rows = page.entries.iter().map(|entry| open.entry_row(entry, &wallets));
            Ok(LedgerView {
                entries: rows.collect::<Result<_, _>>()?,
                next: page.next,
            })
        })
        .await
    }

    /// The ledger as CSV, the newest entry first.
    ///
    /// # Errors
    /// The role may not; the server is away.
    pub async fn ledger_csv(self: &Arc<Self>, query: LedgerQuery) -> Result<String, DeskError> {
        let mut query = query;
        let mut written = csv::Writer::from_writer(Vec::new());
        let head = [
            "at",
            "wallet",
            "type",
            "amount",
            "balance",
            "currency",
            "cause",
            "by",
            "wallet_id",
            "entry_id",
        ];
        let failed = |error: csv::Error| DeskError::Unexpected(error.to_string());
        written.write_record(head).map_err(failed)?;
        let mut count = 0;
        loop {
            let (open, page) = self.ledger_page(&query, MOST_ENTRIES).await?;
            let wallets = open.replica.wallets()?;
            for entry in &page.entries {
                let row = open.entry_row(entry, &wallets)?;
                written
                    .write_record([
                        row.at.to_string(),
                        plain(&row.wallet_name),
                        row.kind.as_str().to_owned(),
                        row.amount.amount,
                        row.balance.amount,
                        row.balance.currency,
                        plain(&row.cause),
                        plain(&row.by),
                        row.wallet_id.to_string(),
                        row.id.to_string(),
                    ])
                    .map_err(failed)?;
            }
            count += page.entries.len();
            query.before = page.next;
            if page.next.is_none() || count >= MOST_SAVED {
                break;
            }
        }
        let bytes = written
            .into_inner()
            .map_err(|error| DeskError::Unexpected(error.to_string()))?;
        String::from_utf8(bytes).map_err(|error| DeskError::Unexpected(error.to_string()))
    }

    /// Writes the ledger as CSV into a new file in the downloads folder.
    ///
    /// # Errors
    /// As for [`Desk::ledger_csv`], and where the file can't be written.
    pub async fn save_ledger(self: &Arc<Self>, query: LedgerQuery) -> Result<Saved, DeskError> {
        let text = self.ledger_csv(query).await?;
        let host = self.ports.host.clone();
        blocking(move || {
            let folder = host.downloads().ok_or_else(|| {
                DeskError::Unexpected("this computer has no folder for downloads".to_owned())
            })?;
            std::fs::create_dir_all(&folder).map_err(|error| DeskError::file(&folder, error))?;
            let path = write_new_file(&folder, ("keystead-ledger", "csv"), |file| {
                file.write_all(text.as_bytes())
            })?;
            Ok(Saved {
                path: path.display().to_string(),
            })
        })
        .await
    }

    async fn ledger_page(
        self: &Arc<Self>,
        query: &LedgerQuery,
        limit: u32,
    ) -> Result<(Arc<OpenConnection>, LedgerPage), DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManageMoney)?;
        let mut asked = vec![("limit", limit.to_string())];
        let given = [
            ("wallet", query.wallet_id.map(|id| id.to_string())),
            ("kind", query.kind.map(|kind| kind.as_str().to_owned())),
            ("from", query.from.map(|at| at.to_string())),
            ("until", query.until.map(|at| at.to_string())),
            ("before", query.before.map(|id| id.to_string())),
        ];
        asked.extend(given.into_iter().filter_map(|(name, value)| Some((name, value?))));
        let page = there
            .session
            .ledger(there.organization, &asked)
            .await
            .map_err(at_server)?;
        Ok((there.open, page))
    }
}

/// What begins like a formula is none for a spreadsheet.
fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// An amount as people write it: 1234.5 or 1,234.50.
fn amount(field: &'static str, written: &str, currency: Currency) -> Result<Money, DeskError> {
    let digits: String = written
        .trim()
        .trim_end_matches(&currency.to_string())
        .chars()
        .filter(|c| !matches!(c, ',' | ' ' | '\u{a0}' | '\u{202f}'))
        .collect();
    Money::parse(&digits, currency)
        .map_err(|problem| DeskError::input(field, sentence(&format!("“{}” {problem}", written.trim()))))
}

impl OpenConnection {
    fn money(&self) -> Result<MoneyOverview, DeskError> {
        let manage = rule(require(self.record().role, Action::ManageMoney));
        let (mut wallets, mut archived, mut purses) = (Vec::new(), Vec::new(), Vec::new());
        if manage.allowed {
            for wallet in self.replica.wallets()? {
                purses.push(wallet.purse());
                let row = self.wallet_row(&wallet)?;
                if row.archived_at.is_some() {
                    archived.push(row);
                } else {
                    wallets.push(row);
                }
            }
        }
        Ok(MoneyOverview {
            manage,
            totals: totals(purses).map(|totals| TotalsView {
                total: totals.total.into(),
                unassigned: totals.unassigned.into(),
                assigned: totals.assigned.into(),
                smallest: totals.smallest.map(Into::into),
                largest: totals.largest.map(Into::into),
            }),
            wallets,
            archived,
            as_of: self.replica.synced_at()?,
        })
    }

    fn wallet_row(&self, wallet: &WalletView) -> Result<WalletRow, DeskError> {
        let reason = may_archive(wallet.purse(), 0)
            .err()
            .map(|refusal| sentence(&refusal.to_string()));
        Ok(WalletRow {
            id: wallet.id,
            unassigned: wallet.unassigned,
            name: wallet.name.to_string(),
            balance: wallet.balance.into(),
            empty: wallet.balance.micros == 0,
            created_at: wallet.created_at,
            created_by: self.who(wallet.created_by)?,
            archived_at: wallet.archived_at,
            archive: ActRule {
                allowed: reason.is_none(),
                reason,
            },
        })
    }

    fn entry_row(&self, entry: &EntryView, wallets: &[WalletView]) -> Result<EntryRow, DeskError> {
        let name = |id: WalletId| {
            wallets
                .iter()
                .find(|wallet| wallet.id == id)
                .map_or_else(|| id.to_string(), |wallet| wallet.name.to_string())
        };
        let cause = match (&entry.charge, entry.other) {
            (Some(charge), _) => {
                let key = self
                    .replica
                    .key(charge.key_id)?
                    .map_or_else(|| charge.key_id.to_string(), |key| key.shown.name.to_string());
                let id = charge.charge_id.as_deref();
                format!(
                    "{} {}, with {key}{}",
                    charge.service,
                    charge.model,
                    id.map(|id| format!(" ({id})")).unwrap_or_default()
                )
            }
            (None, Some(other)) if entry.amount.micros < 0 => format!("to {}", name(other)),
            (None, Some(other)) => format!("from {}", name(other)),
            (None, None) => "what the organization began with".to_owned(),
        };
        let by = match (&entry.charge, entry.by) {
            (Some(_), _) => "a request".to_owned(),
            (None, by) => self.who(by)?,
        };
        Ok(EntryRow {
            id: entry.id,
            at: entry.at,
            kind: entry.kind,
            label: EntryKind::label(entry.kind).to_owned(),
            wallet_id: entry.wallet_id,
            wallet_name: name(entry.wallet_id),
            amount: entry.amount.into(),
            balance: entry.balance.into(),
            cause,
            by,
        })
    }

    fn who(&self, account: Option<AccountId>) -> Result<String, DeskError> {
        account.map_or_else(|| Ok("the server".to_owned()), |account| self.name_of(account))
    }

    fn wallet(&self, id: WalletId) -> Result<WalletView, DeskError> {
        self.replica
            .wallets()?
            .into_iter()
            .find(|wallet| wallet.id == id)
            .ok_or_else(|| DeskError::NotFound("there is no such wallet any more".to_owned()))
    }

    /// The currency of the organization's credits.
    fn currency(&self) -> Result<Currency, DeskError> {
        self.replica
            .wallets()?
            .first()
            .map(|wallet| wallet.balance.currency)
            .ok_or_else(|| {
                DeskError::NotFound(
                    "the organization's credits are not here yet; they come with the next sync".to_owned(),
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use domain::clock::Timestamp;

    use super::*;

    #[test]
    fn b6_amounts_are_read_as_people_write_them() {
        let euro = Currency::parse("EUR").unwrap();
        for (written, micros) in [
            ("25", 25_000_000),
            (" 1,234.50 EUR ", 1_234_500_000),
            ("0.000001", 1),
            ("1 000", 1_000_000_000),
        ] {
            assert_eq!(
                amount("amount", written, euro).unwrap().micros,
                micros,
                "{written}"
            );
        }
        let wrong = amount("amount", "ten", euro).unwrap_err();
        assert_eq!(
            (wrong.field(), wrong.to_string().as_str()),
            (
                Some("amount"),
                "“ten” is no amount of money; write digits with a point, like 0.40."
            )
        );
    }

    #[test]
    fn b5_no_name_is_a_formula_in_a_spreadsheet() {
        assert_eq!(plain("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(plain("Research"), "Research");
    }

    #[test]
    fn b5_a_moment_is_written_for_a_query() {
        let at = Timestamp::from_micros(1_773_312_127_000_250).to_string();
        assert!(
            at.bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"&#+%=".contains(&byte)),
            "{at}"
        );
    }
}
