//! Where secrets are kept, and moving them between the rungs of the ladder.

use std::process::ExitCode;
use std::sync::Arc;

use crypto::secret::Secret;
use desk::view::KeychainStatus;
use desk::{Desk, DeskError};

use crate::arguments::KeychainCommand;
use crate::ask;
use crate::output::Output;

pub(crate) async fn run(
    desk: &Arc<Desk>,
    output: &Output,
    command: KeychainCommand,
    passphrase: Option<Secret>,
) -> Result<ExitCode, DeskError> {
    let status = match command {
        KeychainCommand::Status => desk.keychain_status().await?,
        KeychainCommand::ToVault {
            new_passphrase_file: file,
        } => desk.move_to_vault(ask::new_passphrase(file.as_deref())?).await?,
        KeychainCommand::ToOs => desk.move_to_os_keychain().await?,
        KeychainCommand::ChangePassphrase {
            new_passphrase_file: file,
        } => {
            let current = passphrase.ok_or_else(|| {
                DeskError::Refused(
                    "secrets are not kept in a vault; there is no passphrase to change".to_owned(),
                )
            })?;
            desk.change_vault_passphrase(current, ask::new_passphrase(file.as_deref())?)
                .await?;
            output.say("The vault has its new passphrase.");
            desk.keychain_status().await?
        }
    };
    output.result(&status, || match &status {
        KeychainStatus::Os { name } => format!("Secrets are kept in this computer's keychain ({name})."),
        KeychainStatus::Vault { .. } => "Secrets are kept in the vault behind your passphrase.".to_owned(),
        KeychainStatus::Locked { message } | KeychainStatus::Absent { message } => message.clone(),
    })?;
    Ok(ExitCode::SUCCESS)
}
