//! What is told of a secret that was made elsewhere, checked as far as a hash allows.

use crypto::token;
use domain::key::KeyKind;
use protocol::key::NewSecret;

use crate::refusal::Refusal;

/// Checks prefix and last four characters. `field` is where the secret stands in the request.
pub(crate) fn check_secret(secret: &NewSecret, kind: KeyKind, field: &str) -> Result<(), Refusal> {
    let prefix = token::prefix(kind);
    if secret.prefix != prefix {
        let sentence = format!("a secret of a {} key begins with {prefix}", kind.as_str());
        return Err(Refusal::field(&format!("{field}.prefix"), sentence));
    }
    let fits =
        secret.last_four.len() == 4 && secret.last_four.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !fits {
        let sentence = "the last four characters of a secret are of 0-9, A-Z and a-z";
        return Err(Refusal::field(&format!("{field}.last_four"), sentence));
    }
    Ok(())
}
