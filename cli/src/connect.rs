//! Getting in.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use desk::view::{JoinWithInvitation, Opened, SignIn, SignInWithInvitation, SignUp, StartHere};
use desk::{Desk, DeskError};

use crate::arguments::Connect;
use crate::ask;
use crate::output::{Output, table};

pub(crate) async fn start(
    desk: &Arc<Desk>,
    output: &Output,
    organization_name: String,
    your_name: String,
) -> Result<ExitCode, DeskError> {
    let opened = desk
        .start_here(StartHere {
            organization_name,
            your_name,
        })
        .await?;
    desk.sync_now().await?;
    welcome(output, &opened)
}

pub(crate) async fn connect(
    desk: &Arc<Desk>,
    output: &Output,
    request: Connect,
) -> Result<ExitCode, DeskError> {
    if let Some(link) = &request.invitation {
        return by_invitation(desk, output, link, &request).await;
    }
    let card = desk
        .probe_server(request.url.as_deref().unwrap_or_default())
        .await?;
    output.say(&format!(
        "{} answers: {} {}, region {}.",
        card.host, card.name, card.version, card.region
    ));
    if card.exposed {
        output.say("The connection is not encrypted: others on the network can read the password.");
    }
    let password = ask::secret("Password: ", request.password_file.as_deref())?
        .expose()
        .to_owned();
    let opened = if request.sign_up {
        desk.sign_up(SignUp {
            url: card.url,
            organization_name: request.organization.unwrap_or_default(),
            your_name: request.name.unwrap_or_default(),
            username: request.username.unwrap_or_default(),
            email: request.email,
            password,
        })
        .await?
    } else {
        desk.sign_in(SignIn {
            url: card.url,
            email: request.email,
            password,
        })
        .await?
    };
    desk.sync_now().await?;
    welcome(output, &opened)
}

/// Comes in by an invitation: with a new account where a username is given, else by signing in.
async fn by_invitation(
    desk: &Arc<Desk>,
    output: &Output,
    link: &str,
    request: &Connect,
) -> Result<ExitCode, DeskError> {
    let link = crate::people::link_of(link)?;
    let seen = desk.look_at_invitation(&link).await?;
    output.say(&crate::people::told(&seen));
    let password = ask::secret("Password: ", request.password_file.as_deref())?
        .expose()
        .to_owned();
    let email = request.email.clone();
    let opened = if let Some(username) = request.username.clone() {
        desk.join_with_invitation(JoinWithInvitation {
            link,
            your_name: request.name.clone().unwrap_or_default(),
            username,
            email,
            password,
        })
        .await?
    } else {
        desk.sign_in_with_invitation(SignInWithInvitation {
            link,
            email,
            password,
        })
        .await?
    };
    desk.sync_now().await?;
    welcome(output, &opened)
}

pub(crate) fn welcome(output: &Output, opened: &Opened) -> Result<ExitCode, DeskError> {
    let connection = &opened.connection;
    output.result(opened, || {
        format!(
            "{} at {}, as {} ({}). Connection {}.",
            connection.organization_name,
            connection.place,
            connection.account_email,
            format!("{:?}", connection.role).to_lowercase(),
            connection.id,
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn list(desk: &Arc<Desk>, output: &Output) -> Result<ExitCode, DeskError> {
    let connections = desk.connections();
    let last = desk.last_used();
    output.result(&connections, || {
        if connections.is_empty() {
            return "No connection yet. Begin with `keystead start` or `keystead connect URL`.".to_owned();
        }
        let rows: Vec<Vec<String>> = connections
            .iter()
            .map(|connection| {
                vec![
                    if Some(connection.id) == last {
                        "*".to_owned()
                    } else {
                        String::new()
                    },
                    connection.organization_name.clone(),
                    connection.place.clone(),
                    connection.account_email.clone(),
                    connection.id.to_string(),
                ]
            })
            .collect();
        table(&["", "ORGANIZATION", "PLACE", "ACCOUNT", "CONNECTION"], &rows)
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn vault(
    desk: &Arc<Desk>,
    output: &Output,
    file: Option<&Path>,
) -> Result<ExitCode, DeskError> {
    let status = match desk.keychain_status().await? {
        open @ desk::view::KeychainStatus::Vault { .. } => open,
        _ => desk.create_vault(ask::new_passphrase(file)?).await?,
    };
    output.result(&status, || {
        "Secrets are kept in the vault behind your passphrase.".to_owned()
    })?;
    Ok(ExitCode::SUCCESS)
}
