//! The recovery code: made before it is needed, used when the keychain has lost a key.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use crypto::secret::Secret;
use desk::{Desk, DeskError};
use domain::id::ConnectionId;

use crate::ask;
use crate::connect::welcome;
use crate::output::Output;

fn of(desk: &Desk, connection: Option<ConnectionId>) -> Result<ConnectionId, DeskError> {
    connection.or_else(|| desk.last_used()).ok_or_else(|| {
        DeskError::NotFound(
            "no connection yet; begin with `keystead start` or `keystead connect URL`".to_owned(),
        )
    })
}

pub(crate) async fn make(
    desk: &Arc<Desk>,
    output: &Output,
    connection: Option<ConnectionId>,
) -> Result<ExitCode, DeskError> {
    let made = desk.make_recovery_code(of(desk, connection)?).await?;
    if made.replaced {
        output.say("The recovery code that was made before opens nothing any more.");
    }
    output.say("Print it, or write it down, and keep it away from this computer. It is shown this once:");
    output.result(&made, || made.code.clone())?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn status(
    desk: &Arc<Desk>,
    output: &Output,
    connection: Option<ConnectionId>,
) -> Result<ExitCode, DeskError> {
    let status = desk.recovery_status(of(desk, connection)?).await?;
    output.result(&status, || match status.made_at {
        Some(at) => format!("A recovery code was made at {at}."),
        None => "No recovery code was made; `keystead recovery make` makes one.".to_owned(),
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn open(
    desk: &Arc<Desk>,
    output: &Output,
    connection: Option<ConnectionId>,
    file: Option<&Path>,
) -> Result<ExitCode, DeskError> {
    let id = of(desk, connection)?;
    let opened = desk.recover(id, typed(file)?).await?;
    output.say("The key is in the keychain again.");
    welcome(output, &opened)
}

/// From the file, from what is piped in, or from the terminal; never from an argument, which other users can see.
fn typed(file: Option<&Path>) -> Result<Secret, DeskError> {
    if file.is_some() || std::io::stdin().is_terminal() {
        return ask::secret("Recovery code: ", file);
    }
    let mut text = String::new();
    std::io::stdin()
        .take(4_096)
        .read_to_string(&mut text)
        .map_err(|error| DeskError::Unexpected(format!("standard input: {error}")))?;
    Ok(Secret::new(text))
}
