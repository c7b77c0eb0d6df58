//! The one rule about passwords and passphrases: long enough, and not endless.

/// The least number of characters of a password or passphrase.
pub const LEAST: usize = 10;
/// The most bytes that are hashed; more would only be a way to keep a server busy.
pub const MOST_BYTES: usize = 1_024;

/// Why a password or passphrase was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// Fewer characters than [`LEAST`].
    #[error("at least {LEAST} characters are needed; a few unrelated words make a good one")]
    TooShort,
    /// More bytes than [`MOST_BYTES`].
    #[error("at most {MOST_BYTES} bytes can be used")]
    TooLong,
}

/// Checks the length of a password or passphrase.
///
/// # Errors
/// [`PasswordProblem`] when it is too short or too long.
pub fn check(text: &str) -> Result<(), PasswordProblem> {
    if text.len() > MOST_BYTES {
        return Err(PasswordProblem::TooLong);
    }
    if text.chars().count() < LEAST {
        return Err(PasswordProblem::TooShort);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(check("пароль"), Err(PasswordProblem::TooShort));
        assert_eq!(check("пароль-пароль"), Ok(()));
        assert_eq!(check(&"x".repeat(1_025)), Err(PasswordProblem::TooLong));
    }
}
