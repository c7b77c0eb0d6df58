//! Secrets the person types, or has in a file; never in an argument, which other users can see.

use std::path::Path;

use crypto::secret::Secret;
use desk::DeskError;

pub(crate) fn secret(prompt: &str, file: Option<&Path>) -> Result<Secret, DeskError> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map(Secret::new)
            .map_err(|error| DeskError::Unexpected(format!("{}: {error}", path.display())))?;
        let line = text.expose().lines().next().unwrap_or_default();
        return Ok(Secret::new(line.to_owned()));
    }
    rpassword::prompt_password(prompt)
        .map(Secret::new)
        .map_err(|error| {
            DeskError::Unexpected(format!(
                "there is no terminal to ask on ({error}); give a file instead"
            ))
        })
}

/// A passphrase that is being chosen: twice, where it is typed.
pub(crate) fn new_passphrase(file: Option<&Path>) -> Result<Secret, DeskError> {
    let passphrase = secret("New passphrase (at least 10 characters): ", file)?;
    if file.is_none() && secret("The same again: ", None)?.expose() != passphrase.expose() {
        return Err(DeskError::Refused(
            "the two passphrases differ; nothing was changed".to_owned(),
        ));
    }
    Ok(passphrase)
}
