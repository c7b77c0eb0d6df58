//! The search itself: bytes in, findings out. Pure, so that it can be cut anywhere and still finds the same.
//!
//! It knows nothing of files and of whoever may own a secret. It is handed windows of bytes and says how much of each it
//! is done with; what it is not done with has to begin the next window. So a secret across a border is seen whole, and
//! nothing is ever copied or kept but the finding, masked and hashed.

use crypto::token::{BRAND, Look, SecretHash, TokenProblem, look_at};
use domain::key::KeyKind;
use memchr::memmem::Finder;
use memchr::{memchr_iter, memrchr};

use crate::verdict::mask;

/// Something that begins like a secret of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// Bytes before it.
    pub(crate) offset: u64,
    /// Where it stands, in a text.
    pub(crate) place: Option<Place>,
    /// The kind its prefix names.
    pub(crate) kind: KeyKind,
    /// Whether it is whole.
    pub(crate) problem: Option<TokenProblem>,
    /// Its beginning and end; the middle is dots.
    pub(crate) masked: String,
    /// The hash of all of it.
    pub(crate) hash: SecretHash,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The line, from 1.
    pub(crate) line: u64,
    /// The column in characters of UTF-8, from 1.
    pub(crate) column: u64,
}

/// A search under way.
pub(crate) struct Search {
    finder: Finder<'static>,
    /// Bytes that are done with.
    offset: u64,
    /// The place behind them; none where the bytes are no text.
    place: Option<Place>,
}

impl Search {
    /// A search from the first byte on; in a text, lines and columns are counted.
    pub(crate) fn new(text: bool) -> Self {
        Self {
            finder: Finder::new(BRAND),
            offset: 0,
            place: text.then_some(Place { line: 1, column: 1 }),
        }
    }

    /// Looks at the next bytes and answers how many of them, from the first on, it is done with. The others, at most
    /// [`crypto::token::LONGEST_CANDIDATE`], have to begin the next window. After a window that was the last, all are done with.
    pub(crate) fn look(&mut self, window: &[u8], last: bool, mut each: impl FnMut(Spot)) -> usize {
        let mut from = 0;
        let mut counted = 0;
        while let Some(at) = self.finder.find(&window[from..]) {
            let start = from + at;
            match look_at(window, start, last) {
                Look::Nothing => from = start + BRAND.len(),
                Look::More => {
                    self.pass(&window[counted..start]);
                    return start;
                }
                Look::Found(candidate) => {
                    self.pass(&window[counted..start]);
                    counted = start;
                    // Of what is found, every byte is ASCII.
                    let text = String::from_utf8_lossy(&window[start..candidate.end]);
                    each(Spot {
                        offset: self.offset,
                        place: self.place,
                        kind: candidate.kind,
                        problem: candidate.problem,
                        masked: mask(&text, candidate.kind),
                        hash: SecretHash::of(&text),
                    });
                    from = candidate.resume();
                }
            }
        }
        // The last bytes may be the first of the brand.
        let done = if last {
            window.len()
        } else {
            from.max(window.len().saturating_sub(BRAND.len() - 1))
        };
        self.pass(&window[counted..done]);
        done
    }

    /// Counts bytes that are done with.
    fn pass(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        let Some(place) = &mut self.place else { return };
        let rest = match memrchr(b'\n', bytes) {
            None => bytes,
            Some(at) => {
                place.line += memchr_iter(b'\n', bytes).count() as u64;
                place.column = 1;
                &bytes[at + 1..]
            }
        };
        // Characters of UTF-8, by their first bytes.
        place.column += rest.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u64;
    }
}

#[cfg(test)]
mod tests {
    use crypto::token::{LONGEST_CANDIDATE, Token};
    use domain::entropy::Entropy;
    use proptest::prelude::*;

    use super::*;

    struct Counting(u8);
    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                self.0 = self.0.wrapping_mul(31).wrapping_add(7);
                *byte = self.0;
            }
        }
    }

    fn secret(seed: u8) -> String {
        let kind = KeyKind::ALL[usize::from(seed % 4)];
        Token::mint(kind, &mut Counting(seed)).expose().to_owned()
    }

    /// Searches bytes that come in parts of these lengths, over and over.
    fn in_parts(bytes: &[u8], parts: &[usize]) -> Vec<Spot> {
        let (mut search, mut found) = (Search::new(true), Vec::new());
        let (mut window, mut at) = (Vec::new(), 0);
        let mut lengths = parts.iter().cycle();
        loop {
            let next = bytes
                .len()
                .min(at + lengths.next().copied().unwrap_or(usize::MAX));
            window.extend_from_slice(&bytes[at..next]);
            at = next;
            let last = at == bytes.len();
            let done = search.look(&window, last, |spot| found.push(spot));
            window.drain(..done);
            assert!(
                window.len() < LONGEST_CANDIDATE,
                "{} bytes are kept",
                window.len()
            );
            if last {
                assert_eq!(window, b"");
                return found;
            }
        }
    }

    fn whole(bytes: &[u8]) -> Vec<Spot> {
        in_parts(bytes, &[bytes.len().max(1)])
    }

    #[test]
    fn k13_lines_and_columns_count_from_one_and_in_characters() {
        let secret = secret(1);
        let text = format!("{secret}\nключ={secret} {secret}\r\n\n  {secret}");
        let places: Vec<(u64, u64, u64)> = whole(text.as_bytes())
            .iter()
            .map(|spot| (spot.place.unwrap(), spot.offset))
            .map(|(place, offset)| (place.line, place.column, offset))
            .collect();
        let length = secret.len() as u64;
        assert_eq!(
            places,
            [
                (1, 1, 0),
                (2, 6, length + 10),
                (2, 7 + length, 2 * length + 11),
                (4, 3, 3 * length + 16)
            ]
        );
    }

    #[test]
    fn k13_a_cut_secret_does_not_hide_the_next() {
        let secret = secret(2);
        let found = whole(format!("kst_team_abc{secret}{secret}").as_bytes());
        let problems: Vec<bool> = found.iter().map(|spot| spot.problem.is_none()).collect();
        assert_eq!(problems, [false, true, true]);
    }

    #[test]
    fn k13_a_run_without_end_is_found_once_and_not_kept() {
        let mut text = b"kst_team_".to_vec();
        text.resize(1_000_000, b'a');
        let found = in_parts(&text, &[777]);
        assert_eq!(found, whole(&text));
        assert_eq!(found.len(), 1);
        let problem = found[0].problem.unwrap().to_string();
        assert!(
            problem.starts_with("after the prefix 1000 or more characters follow"),
            "{problem}"
        );
    }

    /// Pieces that provoke: beginnings, near misses, line ends, bytes that are no text.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            any::<u8>().prop_map(|seed| secret(seed).into_bytes()),
            (any::<u8>(), 0usize..45).prop_map(|(seed, cut)| secret(seed).into_bytes()[..cut].to_vec()),
            prop::sample::select(vec![
                "k",
                "ks",
                "kst",
                "kst_",
                "kst_te",
                "kst_team_",
                "kst_pat",
                "kss_",
                "\n",
                "\r\n",
                "ключ"
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..40),
        ]
    }

    proptest! {
        #[test]
        fn k13_splits_equal_the_whole(
            pieces in prop::collection::vec(piece(), 0..30),
            parts in prop::collection::vec(1usize..90, 1..20),
        ) {
            let bytes = pieces.concat();
            prop_assert_eq!(in_parts(&bytes, &parts), whole(&bytes));
        }

        #[test]
        fn k13_a_secret_anywhere_is_found_once(
            before in prop::collection::vec(any::<u8>(), 0..300),
            after in prop::collection::vec(any::<u8>(), 0..300),
            seed in any::<u8>(),
            part in 1usize..120,
        ) {
            let secret = secret(seed);
            let bytes = [before.as_slice(), secret.as_bytes(), after.as_slice()].concat();
            let found: Vec<Spot> = in_parts(&bytes, &[part])
                .into_iter()
                .filter(|spot| spot.problem.is_none())
                .collect();
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].offset, before.len() as u64);
            prop_assert_eq!(found[0].hash, SecretHash::of(&secret));
            prop_assert!(!found[0].masked.contains(&secret[20..40]));
        }

        #[test]
        fn k13_junk_is_no_secret(bytes in prop::collection::vec(any::<u8>(), 0..4_000)) {
            prop_assert!(whole(&bytes).iter().all(|spot| spot.problem.is_some()));
        }
    }
}
