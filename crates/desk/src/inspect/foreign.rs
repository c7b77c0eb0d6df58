//! Where in a text a secret of another system may stand. Pure.
//!
//! Such a secret has no form of ours, so every word of the right length and letters may be one; whether it is, its hash
//! says. A word is also looked at behind the signs that stand between a name and its value.

use crypto::token::BRAND;
use domain::import::FOREIGN_LENGTH;

/// The most words of a text that are looked at.
pub(super) const MOST_WORDS: usize = 5_000;
/// The most places of a word that it is looked at from.
const MOST_STARTS: usize = 8;

/// A run of visible ASCII.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    start: usize,
    /// Byte offset behind it.
    pub(super) end: usize,
    /// Behind the first signs that may stand before a value.
    values: Vec<usize>,
}

impl Word {
    /// The byte offsets a secret may begin at, the whole word first.
    pub(super) fn starts(&self) -> impl Iterator<Item = usize> {
        std::iter::once(self.start).chain(self.values.iter().copied())
    }
}

/// What no secret has, and what stands around one in texts and programs.
const fn divides(byte: u8) -> bool {
    !byte.is_ascii_graphic()
        || matches!(
            byte,
            b'"' | b'\''
                | b'`'
                | b','
                | b';'
                | b'<'
                | b'>'
                | b'('
                | b')'
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'|'
                | b'\\'
        )
}

/// The words of a text that may hold a secret of another system; one more than [`MOST_WORDS`] says that there are more.
pub(super) fn words(text: &str) -> Vec<Word> {
    let bytes = text.as_bytes();
    let mut words = Vec::new();
    let mut start = 0;
    for end in 0..=bytes.len() {
        if end < bytes.len() && !divides(bytes[end]) {
            continue;
        }
        let word = &bytes[start..end];
        if word.len() >= *FOREIGN_LENGTH.start() && !word.starts_with(BRAND.as_bytes()) {
            let values = word
                .iter()
                .enumerate()
                .filter(|(_, byte)| matches!(byte, b'=' | b':' | b'@' | b'&' | b'?'))
                .map(|(at, _)| start + at + 1)
                .take(MOST_STARTS)
                .collect();
            words.push(Word { start, end, values });
            if words.len() > MOST_WORDS {
                break;
            }
        }
        start = end + 1;
    }
    words
}

/// Its known beginning, or two characters, dots, and the last four: enough to tell apart, not enough to use.
pub(super) fn mask(found: &str, prefix: &str) -> String {
    let known = if !prefix.is_empty() && found.starts_with(prefix) {
        prefix
    } else {
        found.get(..2).unwrap_or_default()
    };
    let tail = found.get(found.len().saturating_sub(4)..).unwrap_or_default();
    format!("{known}••••••••{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked_at(text: &str) -> Vec<&str> {
        words(text)
            .iter()
            .flat_map(|word| {
                word.starts()
                    .map(|start| &text[start..word.end])
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn k13_a_foreign_secret_is_found_in_what_stands_around_it() {
        let secret = "sk_live_51H8xkz4e9";
        for text in [
            secret.to_owned(),
            format!("KEY={secret}\n"),
            format!("{{\"key\":\"{secret}\"}}"),
            format!("authorization: Bearer {secret}"),
            format!("https://api.example/?a=1&key={secret}"),
            format!("ключ={secret};"),
        ] {
            assert!(looked_at(&text).contains(&secret), "{text}");
        }
        assert!(looked_at("short words only, and nothing of sixteen").is_empty());
    }

    #[test]
    fn k13_a_foreign_secret_is_masked() {
        assert_eq!(mask("sk_live_51H8xkz4e9", "sk_live_"), "sk_live_••••••••z4e9");
        assert_eq!(mask("51H8xkz4e9qqqqqqqq", "sk_live_"), "51••••••••qqqq");
    }

    #[test]
    fn k13_a_text_of_many_words_ends() {
        let text = "sixteen-letters-and-more ".repeat(100_000);
        assert_eq!(words(&text).len(), MOST_WORDS + 1);
    }
}
