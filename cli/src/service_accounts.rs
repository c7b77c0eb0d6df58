//! Service accounts.

use std::process::ExitCode;
use std::sync::Arc;

use desk::view::{KeyRow, ServiceAccountDraft, ServiceAccountRow};
use desk::{Desk, DeskError};

use crate::arguments::tokens::ServiceAccountsCommand;
use crate::groups::find_account;
use crate::keys::{ask_line, time};
use crate::look::Wanted;
use crate::output::{Output, table};

fn lines(accounts: &[ServiceAccountRow]) -> String {
    if accounts.is_empty() {
        return "There are no service accounts.".to_owned();
    }
    let rows: Vec<Vec<String>> = accounts
        .iter()
        .map(|account| {
            vec![
                account.name.clone(),
                account.role.label().to_owned(),
                if account.disabled_at.is_some() {
                    "disabled".to_owned()
                } else {
                    "enabled".to_owned()
                },
                account.tokens.to_string(),
                account.groups.join(", "),
                account.id.to_string(),
            ]
        })
        .collect();
    table(&["NAME", "ROLE", "STATE", "TOKENS", "GROUPS", "ID"], &rows)
}

/// Tokens with their last use.
fn tokens(rows: &[KeyRow]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.name.clone(),
                format!("…{}", row.last_four),
                row.state.as_str().to_owned(),
                time(row.last_used_at),
            ]
        })
        .collect();
    table(&["TOKEN", "ENDS IN", "STATE", "LAST USED"], &rows)
}

pub(crate) async fn run(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    command: ServiceAccountsCommand,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let named = match command {
        ServiceAccountsCommand::List => {
            let accounts = desk.groups().await?.service_accounts;
            output.result(&accounts, || lines(&accounts))?;
            return Ok(ExitCode::SUCCESS);
        }
        ServiceAccountsCommand::Remove { account, yes } => {
            return remove(desk, output, &account, yes).await;
        }
        ServiceAccountsCommand::Create {
            name,
            description,
            role,
        } => {
            let named = name.trim().to_owned();
            desk.save_service_account(ServiceAccountDraft {
                id: None,
                version: 0,
                name,
                description,
                role: role.into(),
            })
            .await?;
            named
        }
        ServiceAccountsCommand::Edit {
            account,
            name,
            description,
            role,
        } => {
            let found = find_account(desk, &account).await?;
            let id = found.id.to_string();
            desk.save_service_account(ServiceAccountDraft {
                id: Some(found.id),
                version: found.version,
                name: name.unwrap_or(found.name),
                description: description.unwrap_or(found.description),
                role: role.map_or(found.role, Into::into),
            })
            .await?;
            id
        }
        ServiceAccountsCommand::Disable { account } => {
            let found = find_account(desk, &account).await?;
            desk.able_service_account(found.id, false).await?;
            found.id.to_string()
        }
        ServiceAccountsCommand::Enable { account } => {
            let found = find_account(desk, &account).await?;
            desk.able_service_account(found.id, true).await?;
            found.id.to_string()
        }
    };
    let found = find_account(desk, &named).await?;
    output.result(&found, || lines(std::slice::from_ref(&found)))?;
    Ok(ExitCode::SUCCESS)
}

async fn remove(desk: &Arc<Desk>, output: &Output, account: &str, yes: bool) -> Result<ExitCode, DeskError> {
    let found = find_account(desk, account).await?;
    let removal = desk.service_account_removal(found.id).await?;
    if !yes {
        if removal.tokens.is_empty() {
            output.say(&format!("{} has no tokens that work.", found.name));
        } else {
            output.say(&format!(
                "These tokens of {} are revoked with it, for good:\n{}",
                found.name,
                tokens(&removal.tokens)
            ));
        }
        if ask_line(&format!("Type {} to remove it: ", found.name))?.trim() != found.name {
            return Err(DeskError::Refused(
                "the name does not match; nothing was removed".to_owned(),
            ));
        }
    }
    desk.remove_service_account(found.id).await?;
    output.result(&removal, || match removal.tokens.len() {
        0 => format!("{} was removed; it had no tokens that worked.", found.name),
        1 => format!("{} was removed, and its token revoked.", found.name),
        count => format!("{} was removed, and its {count} tokens revoked.", found.name),
    })?;
    Ok(ExitCode::SUCCESS)
}
