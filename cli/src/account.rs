//! The account that is signed in, and its sessions.

use std::process::ExitCode;
use std::sync::Arc;

use desk::view::AccountOverview;
use desk::{Desk, DeskError};

use crate::arguments::AccountCommand;
use crate::keys::time;
use crate::look::Wanted;
use crate::output::{Output, table};

pub(crate) async fn run(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    command: Option<AccountCommand>,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    match command {
        None => {}
        Some(AccountCommand::EndSession { session }) => desk.end_sessions(Some(session)).await?,
        Some(AccountCommand::EndOthers) => desk.end_sessions(None).await?,
    }
    let view = desk.account_overview().await?;
    output.result(&view, || lines(&view))?;
    Ok(ExitCode::SUCCESS)
}

fn lines(view: &AccountOverview) -> String {
    let memberships: Vec<String> = view
        .memberships
        .iter()
        .map(|membership| format!("{} ({})", membership.organization_name, membership.role.label()))
        .collect();
    let rows: Vec<Vec<String>> = view
        .sessions
        .iter()
        .map(|session| {
            vec![
                session.client.clone(),
                session.address.clone().unwrap_or_default(),
                time(Some(session.since)),
                time(Some(session.last_seen_at)),
                if session.is_this == Some(true) {
                    "this one".to_owned()
                } else {
                    String::new()
                },
                session.id.to_string(),
            ]
        })
        .collect();
    format!(
        "{} ({}), {}\nin {}\n\n{}",
        view.name,
        view.username,
        view.email,
        memberships.join(", "),
        table(&["PROGRAM", "FROM", "SIGNED IN", "LAST SEEN", "", "ID"], &rows)
    )
}
