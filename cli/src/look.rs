//! Looking: the state of the copy, and what a string is.

use std::io::Read as _;
use std::process::ExitCode;
use std::sync::Arc;

use desk::view::{SyncState, SyncStatus};
use desk::{Desk, DeskError};
use domain::id::ConnectionId;
use serde::Serialize;

use crate::output::Output;

/// Which connection is wanted, and whether its server is to be asked.
pub(crate) struct Wanted {
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) offline: bool,
}

impl Wanted {
    /// Opens the connection and brings its copy up to date; a server that is away is said, not fatal.
    pub(crate) async fn open(&self, desk: &Arc<Desk>, output: &Output) -> Result<(), DeskError> {
        let id = self.connection.or_else(|| desk.last_used()).ok_or_else(|| {
            DeskError::NotFound(
                "no connection yet; begin with `keystead start` or `keystead connect URL`".to_owned(),
            )
        })?;
        desk.open_connection(id).await?;
        if !self.offline {
            let status = desk.sync_now().await?;
            if status.state != SyncState::Synced {
                output.say(&away(&status));
            }
        }
        Ok(())
    }
}

fn away(status: &SyncStatus) -> String {
    let why = status
        .problem
        .as_ref()
        .map_or("The server was not asked.", |problem| problem.message.as_str());
    let as_of = status.last_synced_at.map_or_else(
        || "There was no sync yet.".to_owned(),
        |at| format!("Answers are as of the last sync, {at}."),
    );
    format!("{why} {as_of}")
}

pub(crate) async fn status(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
) -> Result<ExitCode, DeskError> {
    #[derive(Serialize)]
    struct View {
        sync: SyncStatus,
        pending: Vec<desk::view::PendingChange>,
    }
    wanted.open(desk, output).await?;
    let view = View {
        sync: desk.sync_status().await?,
        pending: desk.list_pending().await?,
    };
    output.result(&view, || {
        let mut lines = vec![match (view.sync.state, view.sync.last_synced_at) {
            (SyncState::Synced, Some(at)) => format!("Synced at {at}."),
            (_, Some(at)) => format!("Not in step; last synced at {at}."),
            (_, None) => "Not synced yet.".to_owned(),
        }];
        lines.extend(view.pending.iter().map(|change| {
            format!(
                "{} {} ({}): {}",
                format!("{:?}", change.state).to_lowercase(),
                format!("{:?}", change.operation).to_lowercase(),
                change.key_name,
                change.message.as_deref().unwrap_or("not yet in force"),
            )
        }));
        lines.join("\n")
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn inspect(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    text: &str,
) -> Result<ExitCode, DeskError> {
    let text = if text == "-" {
        let mut bytes = Vec::new();
        std::io::stdin()
            .take(64 * 1_024 * 1_024)
            .read_to_end(&mut bytes)
            .map_err(|error| DeskError::Unexpected(format!("standard input: {error}")))?;
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        text.to_owned()
    };
    // Inspecting never asks the server: the answer is the copy's, at once.
    let wanted = Wanted {
        connection: wanted.connection,
        offline: true,
    };
    wanted.open(desk, output).await?;
    let report = desk.inspect(text).await?;
    output.result(&report, || {
        let mut lines: Vec<String> = report
            .findings
            .iter()
            .map(|finding| format!("{}\n  {}", finding.masked, finding.sentence))
            .collect();
        if lines.is_empty() {
            lines.push(format!(
                "{} characters, and none of them a secret of Keystead's.",
                report.characters
            ));
        }
        if report.truncated {
            lines.push("The text is longer than what was looked at; give it in smaller parts.".to_owned());
        }
        if let Some(at) = report.as_of {
            lines.push(format!("As of the last sync, {at}."));
        }
        lines.join("\n")
    })?;
    Ok(ExitCode::SUCCESS)
}
