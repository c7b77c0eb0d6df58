//! Wallets and the ledger, and the services of keys that draw on them.

use std::process::ExitCode;
use std::sync::Arc;

use desk::view::{CreditDraft, GrantText, LedgerQuery, MoneyOverview, WalletDraft, WalletRow};
use desk::{Desk, DeskError};
use domain::id::WalletId;

use crate::arguments::{Entries, Granted, WalletsCommand};
use crate::keys::time;
use crate::look::Wanted;
use crate::output::{Output, table};

pub(crate) async fn run(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    command: WalletsCommand,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    match command {
        WalletsCommand::List => return list(desk, output).await,
        WalletsCommand::Entries(wish) => return entries(desk, output, wish).await,
        WalletsCommand::Create { name, assign } => {
            desk.create_wallet(WalletDraft { name, assign }).await?;
        }
        WalletsCommand::Rename { wallet, name } => {
            let found = find(&overview(desk).await?, &wallet)?;
            desk.rename_wallet(found, &name).await?;
        }
        WalletsCommand::Assign { wallet, amount } => {
            let money = overview(desk).await?;
            let (from, to) = (unassigned(&money)?, find(&money, &wallet)?);
            desk.move_credit(CreditDraft { from, to, amount }).await?;
        }
        WalletsCommand::GiveBack { wallet, amount } => {
            let money = overview(desk).await?;
            let (from, to) = (find(&money, &wallet)?, unassigned(&money)?);
            desk.move_credit(CreditDraft { from, to, amount }).await?;
        }
        WalletsCommand::Transfer { from, to, amount } => {
            let money = overview(desk).await?;
            let (from, to) = (find(&money, &from)?, find(&money, &to)?);
            desk.move_credit(CreditDraft { from, to, amount }).await?;
        }
        WalletsCommand::Archive { wallet } => {
            let found = find(&overview(desk).await?, &wallet)?;
            desk.archive_wallet(found).await?;
        }
    }
    list(desk, output).await
}

/// How credits lie, for those who may see it.
async fn overview(desk: &Arc<Desk>) -> Result<MoneyOverview, DeskError> {
    let money = desk.money().await?;
    if money.manage.allowed {
        Ok(money)
    } else {
        Err(DeskError::Refused(money.manage.reason.unwrap_or_default()))
    }
}

fn unassigned(money: &MoneyOverview) -> Result<WalletId, DeskError> {
    money
        .wallets
        .iter()
        .find(|wallet| wallet.unassigned)
        .map(|wallet| wallet.id)
        .ok_or_else(|| {
            DeskError::NotFound(
                "the organization's credits are not here yet; they come with the next sync".to_owned(),
            )
        })
}

/// The wallet of that id, or the one of that exact name.
fn find(money: &MoneyOverview, wanted: &str) -> Result<WalletId, DeskError> {
    let fits = |wallet: &&WalletRow| {
        !wallet.unassigned && (wallet.name == wanted || wallet.id.to_string() == wanted)
    };
    money
        .wallets
        .iter()
        .find(fits)
        .map(|wallet| wallet.id)
        .ok_or_else(|| {
            DeskError::NotFound(format!(
                "no wallet is named {wanted}; `keystead wallets list` shows all"
            ))
        })
}

async fn list(desk: &Arc<Desk>, output: &Output) -> Result<ExitCode, DeskError> {
    let money = overview(desk).await?;
    output.result(&money, || text(&money))?;
    Ok(ExitCode::SUCCESS)
}

fn text(money: &MoneyOverview) -> String {
    let Some(totals) = &money.totals else {
        return "The organization's credits are not here yet; they come with the next sync.".to_owned();
    };
    let shown = |money: &Option<desk::view::MoneyView>| {
        money
            .as_ref()
            .map_or_else(|| "–".to_owned(), |money| money.shown.clone())
    };
    let mut lines = vec![
        format!("Total       {}", totals.total.shown),
        format!("Unassigned  {}", totals.unassigned.shown),
        format!("Assigned    {}", totals.assigned.shown),
        format!("Smallest    {}", shown(&totals.smallest)),
        format!("Largest     {}", shown(&totals.largest)),
    ];
    let rows: Vec<Vec<String>> = money
        .wallets
        .iter()
        .filter(|wallet| !wallet.unassigned)
        .map(|wallet| {
            vec![
                wallet.name.clone(),
                wallet.balance.shown.clone(),
                wallet.id.to_string(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        lines.push(String::new());
        lines.push(table(&["WALLET", "BALANCE", "ID"], &rows));
    }
    lines.join("\n")
}

async fn entries(desk: &Arc<Desk>, output: &Output, wish: Entries) -> Result<ExitCode, DeskError> {
    let money = overview(desk).await?;
    let wallet = match &wish.wallet {
        Some(wallet) => Some(find(&money, wallet)?),
        None if wish.unassigned => Some(unassigned(&money)?),
        None => None,
    };
    let query = LedgerQuery {
        wallet_id: wallet,
        kind: wish.kind.map(Into::into),
        from: wish.from,
        until: wish.until,
        before: None,
    };
    if wish.csv {
        let csv = desk.ledger_csv(query).await?;
        output.result(&csv, || csv.clone())?;
        return Ok(ExitCode::SUCCESS);
    }
    let ledger = desk.ledger(query).await?;
    output.result(&ledger, || {
        if ledger.entries.is_empty() {
            return "No entry fits.".to_owned();
        }
        let rows: Vec<Vec<String>> = ledger
            .entries
            .iter()
            .map(|entry| {
                vec![
                    time(Some(entry.at)),
                    entry.wallet_name.clone(),
                    entry.label.clone(),
                    entry.amount.shown.clone(),
                    entry.balance.shown.clone(),
                    entry.cause.clone(),
                    entry.by.clone(),
                ]
            })
            .collect();
        let mut text = table(
            &["AT", "WALLET", "TYPE", "AMOUNT", "BALANCE", "CAUSE", "BY"],
            &rows,
        );
        if ledger.next.is_some() {
            text.push_str("\nThere is more; narrow it, or print all of it with --csv.");
        }
        text
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Services as they were written, with their wallets found.
pub(crate) async fn grants(desk: &Arc<Desk>, written: Vec<Granted>) -> Result<Vec<GrantText>, DeskError> {
    if written.is_empty() {
        return Ok(Vec::new());
    }
    let money = desk.money().await?;
    written
        .into_iter()
        .map(|granted| {
            let wallet_id = granted.wallet.map(|wallet| find(&money, &wallet)).transpose()?;
            Ok(GrantText {
                service_id: granted.service,
                policy: granted.policy,
                models: granted.models,
                wallet_id,
            })
        })
        .collect()
}
