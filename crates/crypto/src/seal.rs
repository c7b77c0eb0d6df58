//! Sealed bytes: AES-256-GCM (NIST SP 800-38D) that knows what it seals.
//!
//! The namespace and the id are authenticated with the bytes, so a sealed thing moved to another place does not open.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use domain::entropy::Entropy;
use zeroize::Zeroizing;

use crate::secret::SecretBytes;

const NONCE: usize = 12;

/// It could not be opened: another key, another place, or changed bytes. Which one can't be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed bytes do not open with this key in this place")]
pub struct NotOpened;

/// Seals `plain` for one place. The answer is a fresh nonce (12 bytes), the ciphertext and its tag (16 bytes).
///
/// # Errors
/// [`NotOpened`] when the bytes are longer than AES-GCM can seal (64 GiB).
pub fn seal(
    key: &SecretBytes,
    namespace: &str,
    id: &str,
    plain: &[u8],
    entropy: &mut dyn Entropy,
) -> Result<Vec<u8>, NotOpened> {
    let mut nonce = [0u8; NONCE];
    entropy.fill(&mut nonce);
    let place = place(namespace, id);
    let sealed = Aes256Gcm::new(key.expose().into())
        .encrypt(
            &Nonce::from(nonce),
            Payload {
                msg: plain,
                aad: &place,
            },
        )
        .map_err(|_| NotOpened)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`seal`] made for the same place.
///
/// # Errors
/// [`NotOpened`] when key, place or bytes differ.
pub fn open(
    key: &SecretBytes,
    namespace: &str,
    id: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(NotOpened)?;
    let place = place(namespace, id);
    Aes256Gcm::new(key.expose().into())
        .decrypt(
            &Nonce::from(*nonce),
            Payload {
                msg: sealed,
                aad: &place,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| NotOpened)
}

/// The length of the namespace goes first, so no two pairs give the same bytes.
fn place(namespace: &str, id: &str) -> Vec<u8> {
    [
        &(namespace.len() as u64).to_be_bytes(),
        namespace.as_bytes(),
        id.as_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn it_opens_only_where_it_was_sealed() {
        let key = SecretBytes::from_bytes([7; 32]);
        let sealed = seal(&key, "vault", "a", b"plain", &mut Zeros).unwrap();
        assert_eq!(open(&key, "vault", "a", &sealed).unwrap().as_slice(), b"plain");
        assert_eq!(open(&key, "vault", "b", &sealed), Err(NotOpened));
        assert_eq!(open(&key, "vaul", "ta", &sealed), Err(NotOpened));
        assert_eq!(
            open(&SecretBytes::from_bytes([8; 32]), "vault", "a", &sealed),
            Err(NotOpened)
        );
        let mut changed = sealed.clone();
        changed[20] ^= 1;
        assert_eq!(open(&key, "vault", "a", &changed), Err(NotOpened));
        assert_eq!(open(&key, "vault", "a", b"short"), Err(NotOpened));
    }
}
