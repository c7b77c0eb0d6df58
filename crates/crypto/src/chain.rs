//! The hash chain of the record: each event's hash takes in the one before it.

use sha2::{Digest, Sha256};

/// The end of a chain so far: 32 bytes.
pub type Head = [u8; 32];

/// The head of a chain without events.
pub const START: Head = [0; 32];

/// The head after one more event, given as its canonical bytes: `SHA-256(previous ‖ length as u64, big-endian ‖
/// bytes)`.
#[must_use]
pub fn extend(previous: &Head, event: &[u8]) -> Head {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update((event.len() as u64).to_be_bytes());
    hash.update(event);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_and_its_place_matter() {
        let ab = extend(&extend(&START, b"a"), b"b");
        let ba = extend(&extend(&START, b"b"), b"a");
        assert_ne!(ab, ba);
        assert_ne!(extend(&START, b"ab"), ab);
        assert_eq!(ab, extend(&extend(&START, b"a"), b"b"));
    }
}
