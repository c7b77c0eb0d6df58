//! Passwords and passphrases: Argon2id (RFC 9106), deliberately slow.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::entropy::Entropy;

use crate::secret::{Secret, SecretBytes};

/// How much work a hash is: memory in KiB, passes, lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Work {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Work {
    /// For passwords at a server: 19 MiB, 2 passes, 1 lane (OWASP's recommended minimum for Argon2id).
    pub const PASSWORD: Self = Self {
        memory_kib: 19 * 1_024,
        passes: 2,
        lanes: 1,
    };
    /// For a passphrase that opens a vault on this computer: 64 MiB, 3 passes, 1 lane (RFC 9106, second
    /// recommendation, with one lane).
    pub const VAULT: Self = Self {
        memory_kib: 64 * 1_024,
        passes: 3,
        lanes: 1,
    };
    /// The most that is accepted from a file: 1 GiB and 16 passes, so a damaged file can't ask for the whole machine.
    pub const MOST: Self = Self {
        memory_kib: 1_024 * 1_024,
        passes: 16,
        lanes: 4,
    };

    fn engine(self) -> Result<Argon2<'static>, DeriveError> {
        if self.memory_kib > Self::MOST.memory_kib
            || self.passes > Self::MOST.passes
            || self.lanes > Self::MOST.lanes
        {
            return Err(DeriveError::Work);
        }
        let params =
            Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).map_err(|_| DeriveError::Work)?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// A hash could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeriveError {
    /// The parameters are outside what is accepted.
    #[error("the parameters of the password hash are out of range")]
    Work,
    /// The stored text is not a PHC string.
    #[error("the stored password hash can't be read")]
    Stored,
}

/// Hashes a password for storage, as a PHC string (`$argon2id$v=19$…`).
///
/// # Errors
/// [`DeriveError::Work`] when `work` is out of range.
pub fn mint_password_hash(
    password: &Secret,
    work: Work,
    entropy: &mut dyn Entropy,
) -> Result<String, DeriveError> {
    let mut salt = [0u8; 16];
    entropy.fill(&mut salt);
    let hash: PasswordHash = work
        .engine()?
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map_err(|_| DeriveError::Work)?;
    Ok(hash.to_string())
}

/// Whether the password is the one that was hashed. Takes the same time for a right and a wrong one.
///
/// # Errors
/// [`DeriveError::Stored`] when `stored` is not a PHC string.
pub fn password_matches(password: &Secret, stored: &str) -> Result<bool, DeriveError> {
    let hash = PasswordHash::new(stored).map_err(|_| DeriveError::Stored)?;
    Ok(Argon2::default()
        .verify_password(password.expose().as_bytes(), &hash)
        .is_ok())
}

/// The key that a passphrase and a salt give: the same each time.
///
/// # Errors
/// [`DeriveError::Work`] when `work` is out of range.
pub fn derive_key(passphrase: &Secret, salt: &[u8; 16], work: Work) -> Result<SecretBytes, DeriveError> {
    let mut key = zeroize::Zeroizing::new([0u8; 32]);
    work.engine()?
        .hash_password_into(passphrase.expose().as_bytes(), salt, key.as_mut())
        .map_err(|_| DeriveError::Work)?;
    Ok(SecretBytes::from_bytes(*key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIGHT: Work = Work {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    fn text(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn a_password_is_known_again_and_no_other() {
        let stored = mint_password_hash(&text("correct horse battery"), LIGHT, &mut Zeros).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert_eq!(
            password_matches(&text("correct horse battery"), &stored),
            Ok(true)
        );
        assert_eq!(
            password_matches(&text("correct horse batterx"), &stored),
            Ok(false)
        );
        assert_eq!(password_matches(&text("x"), "plain"), Err(DeriveError::Stored));
    }

    #[test]
    fn a_derived_key_is_the_same_each_time() {
        let one = derive_key(&text("passphrase"), &[1; 16], LIGHT).unwrap();
        let two = derive_key(&text("passphrase"), &[1; 16], LIGHT).unwrap();
        let other = derive_key(&text("passphrase"), &[2; 16], LIGHT).unwrap();
        assert_eq!(one.expose(), two.expose());
        assert_ne!(one.expose(), other.expose());
    }

    #[test]
    fn a_file_can_not_ask_for_the_whole_machine() {
        let greedy = Work {
            memory_kib: u32::MAX,
            ..LIGHT
        };
        assert!(derive_key(&text("passphrase"), &[0; 16], greedy).is_err());
    }
}
