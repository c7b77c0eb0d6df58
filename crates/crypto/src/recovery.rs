//! The recovery code: random bits a person can print, type again, and open a sealed key with.
//!
//! 160 random bits as 32 characters of Crockford's base 32 and 4 characters of checksum, in groups of four:
//! `7K2M-…-9XQ4`. Lower case, spaces and missing dashes are read; O is 0, I and L are 1. The checksum (the first 20 bits
//! of SHA-256 over what precedes) tells a typing error before anything is tried. The bits have full entropy, so the key
//! they give is one round of HKDF-SHA-256 (RFC 5869) and no slow hash. The format is frozen by the vectors below.

use domain::entropy::Entropy;
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::secret::{Secret, SecretBytes};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const NAMESPACE: &[u8] = b"keystead.recovery.v1";
/// Random bytes of a code.
const BYTES: usize = 20;
/// Characters that carry them.
const BODY: usize = 32;
/// Characters of checksum at the end.
const CHECK: usize = 4;
const GROUP: usize = 4;
/// Characters of a code, without dashes.
pub const LENGTH: usize = BODY + CHECK;

/// A recovery code.
pub struct RecoveryCode(Zeroizing<[u8; BYTES]>);

/// Where a text stops being a recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryCodeProblem {
    /// Nothing was typed.
    #[error("type the recovery code: {LENGTH} letters and digits in groups of {GROUP}")]
    Empty,
    /// A character that no code has.
    #[error("“{0}” is in no recovery code; look at it again")]
    Alphabet(char),
    /// Too short or too long.
    #[error("a recovery code has {LENGTH} letters and digits; this has {found}")]
    Length {
        /// Letters and digits.
        found: usize,
    },
    /// The checksum does not fit: something was mistyped.
    #[error("something in it is mistyped; compare it with what was printed")]
    Checksum,
}

impl RecoveryCode {
    /// A new code.
    #[must_use]
    pub fn mint(entropy: &mut dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0u8; BYTES]);
        entropy.fill(bytes.as_mut());
        Self(bytes)
    }

    /// Reads what a person typed.
    ///
    /// # Errors
    /// [`RecoveryCodeProblem`] says where the text stops being a code.
    pub fn parse(text: &str) -> Result<Self, RecoveryCodeProblem> {
        let mut digits = Zeroizing::new(Vec::with_capacity(LENGTH));
        let signs = text
            .chars()
            .filter(|sign| !sign.is_whitespace() && !matches!(sign, '-' | '‐' | '–'));
        for sign in signs {
            digits.push(digit(sign).ok_or(RecoveryCodeProblem::Alphabet(sign))?);
        }
        match digits.len() {
            0 => return Err(RecoveryCodeProblem::Empty),
            LENGTH => {}
            found => return Err(RecoveryCodeProblem::Length { found }),
        }
        let (body, check) = digits.split_at(BODY);
        let mut bytes = Zeroizing::new([0u8; BYTES]);
        for (five, eight) in bytes.chunks_exact_mut(5).zip(body.chunks_exact(8)) {
            let bits = eight
                .iter()
                .fold(0u64, |bits, digit| bits << 5 | u64::from(*digit));
            five.copy_from_slice(&bits.to_be_bytes()[3..]);
        }
        if checksum(&bytes) == check {
            Ok(Self(bytes))
        } else {
            Err(RecoveryCodeProblem::Checksum)
        }
    }

    /// The text to print: nine groups of four, with dashes.
    #[must_use]
    pub fn to_text(&self) -> Secret {
        let mut digits = Zeroizing::new(Vec::with_capacity(LENGTH));
        for five in self.0.chunks_exact(5) {
            let bits = five.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
            digits.extend((0..8u32).rev().map(|at| (bits >> (5 * at) & 31) as u8));
        }
        digits.extend(checksum(&self.0));
        let mut text = Zeroizing::new(String::with_capacity(LENGTH + LENGTH / GROUP));
        for (at, digit) in digits.iter().enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(*digit)]));
        }
        Secret::new(std::mem::take(&mut *text))
    }

    /// The key that seals what the code opens: the same each time, another one for each `id`.
    #[must_use]
    pub fn derive_key(&self, id: &str) -> SecretBytes {
        let mut key = Zeroizing::new([0u8; 32]);
        // 32 bytes are far below the most HKDF gives (255 × 32), the only thing it can refuse.
        let _fits = Hkdf::<Sha256>::new(Some(NAMESPACE), self.0.as_ref()).expand(id.as_bytes(), key.as_mut());
        SecretBytes::from_bytes(*key)
    }
}

fn digit(sign: char) -> Option<u8> {
    let sign = match sign.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET
        .iter()
        .position(|known| char::from(*known) == sign)
        .and_then(|at| u8::try_from(at).ok())
}

fn checksum(bytes: &[u8; BYTES]) -> [u8; CHECK] {
    let hash = Sha256::new()
        .chain_update(NAMESPACE)
        .chain_update(bytes)
        .finalize();
    let bits = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) >> 12;
    [15, 10, 5, 0].map(|shift| (bits >> shift & 31) as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Counting(u8);
    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0;
                self.0 = self.0.wrapping_add(1);
            }
        }
    }

    fn text() -> String {
        RecoveryCode::mint(&mut Counting(0)).to_text().expose().to_owned()
    }

    /// Codes are printed on paper and must open for ever.
    #[test]
    fn o5_the_format_is_frozen() {
        assert_eq!(text(), "000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2K2C");
        let key = RecoveryCode::mint(&mut Counting(0)).derive_key("con_1");
        assert_eq!(
            key.to_hex().expose(),
            "9e363909f5bba68654252b4e669e898c5e39f12bb096c9620e985e947c344181"
        );
    }

    #[test]
    fn o5_a_code_is_read_as_people_type() {
        let code = text();
        let spoken = code
            .to_lowercase()
            .replace('-', " ")
            .replace('0', "o")
            .replace('1', "l");
        for typed in [
            code.clone(),
            code.replace('-', ""),
            spoken,
            format!("\n {code} \t"),
        ] {
            let read = RecoveryCode::parse(&typed).map(|code| code.to_text().expose().to_owned());
            assert_eq!(read, Ok(code.clone()), "{typed}");
        }
    }

    #[test]
    fn o5_a_typing_error_is_told_before_anything_is_tried() {
        let problem = |text: &str| RecoveryCode::parse(text).err().unwrap();
        assert_eq!(problem(" - "), RecoveryCodeProblem::Empty);
        assert_eq!(problem("U"), RecoveryCodeProblem::Alphabet('U'));
        assert_eq!(problem("7K2M-"), RecoveryCodeProblem::Length { found: 4 });
        let code = text().replace('-', "");
        for at in 0..LENGTH {
            let mut other: Vec<char> = code.chars().collect();
            other[at] = if other[at] == 'Z' { 'Y' } else { 'Z' };
            let other: String = other.into_iter().collect();
            assert_eq!(problem(&other), RecoveryCodeProblem::Checksum, "{other}");
        }
    }

    #[test]
    fn o5_each_id_has_a_key_of_its_own() {
        let code = RecoveryCode::mint(&mut Counting(0));
        assert_ne!(
            code.derive_key("con_1").expose(),
            code.derive_key("con_2").expose()
        );
        let other = RecoveryCode::mint(&mut Counting(1));
        assert_ne!(
            code.derive_key("con_1").expose(),
            other.derive_key("con_1").expose()
        );
    }

    proptest! {
        #[test]
        fn o5_every_code_is_read_again(bytes: [u8; BYTES]) {
            let code = RecoveryCode(Zeroizing::new(bytes));
            let read = RecoveryCode::parse(code.to_text().expose()).unwrap();
            prop_assert_eq!(*read.0, bytes);
        }
    }
}
