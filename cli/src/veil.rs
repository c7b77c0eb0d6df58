//! The veil over what a command prints: each secret it was given is replaced while the output streams. Pure.
//!
//! Only bytes that may be the beginning of a secret are held back, until it is known whether they are.

use crypto::secret::Secret;
use crypto::token::{BODY_LENGTH, CHECKSUM_LENGTH};
use memchr::memmem;
use zeroize::Zeroizing;

/// Secrets, and what is shown in their place.
pub(crate) struct Veil {
    secrets: Vec<(Secret, String)>,
}

/// One stream behind a veil.
pub(crate) struct Veiled<'a> {
    veil: &'a Veil,
    /// What may be the beginning of a secret.
    held: Zeroizing<Vec<u8>>,
}

impl Veil {
    pub(crate) fn over(secrets: impl IntoIterator<Item = Secret>) -> Self {
        let secrets = secrets
            .into_iter()
            .filter(|secret| !secret.expose().is_empty())
            .map(|secret| {
                let text = secret.expose();
                let prefix = text.len().saturating_sub(BODY_LENGTH + CHECKSUM_LENGTH);
                let shown = format!("{}[masked]", text.get(..prefix).unwrap_or_default());
                (secret, shown)
            })
            .collect();
        Self { secrets }
    }

    pub(crate) fn stream(&self) -> Veiled<'_> {
        Veiled {
            veil: self,
            held: Zeroizing::new(Vec::new()),
        }
    }

    /// The first secret in some bytes: where, how long, and what is shown instead.
    fn first(&self, bytes: &[u8]) -> Option<(usize, usize, &str)> {
        self.secrets
            .iter()
            .filter_map(|(secret, shown)| {
                let at = memmem::find(bytes, secret.expose().as_bytes())?;
                Some((at, secret.expose().len(), shown.as_str()))
            })
            .min_by_key(|(at, ..)| *at)
    }

    /// How many of the last bytes may be the beginning of a secret.
    fn undecided(&self, bytes: &[u8]) -> usize {
        self.secrets
            .iter()
            .flat_map(|(secret, _)| {
                let secret = secret.expose().as_bytes();
                (1..secret.len().min(bytes.len() + 1))
                    .rev()
                    .find(|length| bytes.ends_with(&secret[..*length]))
            })
            .max()
            .unwrap_or(0)
    }
}

impl Veiled<'_> {
    /// Takes the next bytes in and puts out what can be shown by now.
    pub(crate) fn pass(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.held.extend_from_slice(bytes);
        let mut from = 0;
        while let Some((at, length, shown)) = self.veil.first(&self.held[from..]) {
            out.extend_from_slice(&self.held[from..from + at]);
            out.extend_from_slice(shown.as_bytes());
            from += at + length;
        }
        let rest = &self.held[from..];
        let shown = rest.len() - self.veil.undecided(rest);
        out.extend_from_slice(&rest[..shown]);
        self.held.drain(..from + shown);
    }

    /// The stream has ended: what was held back is no secret.
    pub(crate) fn end(mut self, out: &mut Vec<u8>) {
        out.append(&mut self.held);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: &str = "kst_team_07ELSZgnu18FMTahov29GNUbipw3AH2brrpx";
    const OTHER: &str = "kst_svc_0kst_svc_0kst_svc_0kst_svc_0kst_svc_";

    fn veil() -> Veil {
        Veil::over([ONE, OTHER].map(|text| Secret::new(text.to_owned())))
    }

    fn in_parts(text: &[u8], parts: &[usize]) -> Vec<u8> {
        let veil = veil();
        let (mut stream, mut out, mut rest) = (veil.stream(), Vec::new(), text);
        for part in parts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at(rest.len().min(*part));
            stream.pass(now, &mut out);
            rest = later;
        }
        stream.end(&mut out);
        out
    }

    #[test]
    fn k17_a_secret_is_veiled_wherever_it_is_cut() {
        let text = format!("a {ONE}{ONE} b {OTHER}.");
        for part in 1..text.len() {
            assert_eq!(
                in_parts(text.as_bytes(), &[part]),
                b"a kst_team_[masked]kst_team_[masked] b kst_svc_[masked]."
            );
        }
    }

    #[test]
    fn k17_only_what_may_be_a_secret_is_held_back() {
        let veil = veil();
        let (mut stream, mut out) = (veil.stream(), Vec::new());
        stream.pass(b"Password: ", &mut out);
        assert_eq!(out, b"Password: ");
        stream.pass(b"kst_te", &mut out);
        assert_eq!(out, b"Password: ");
        stream.pass(b"st", &mut out);
        assert_eq!(out, b"Password: kst_test");
        stream.pass(&ONE.as_bytes()[..44], &mut out);
        assert_eq!(out, b"Password: kst_test");
        stream.end(&mut out);
        assert_eq!(out.len(), 18 + 44);
    }

    proptest! {
        #[test]
        fn k17_however_it_comes_it_is_veiled_the_same(
            pieces in prop::collection::vec(prop::sample::select(vec![ONE, OTHER, "kst_", "kst_svc_0", "k", "\n", &ONE[..30]]), 0..12),
            parts in prop::collection::vec(1usize..60, 1..9),
        ) {
            let text = pieces.concat();
            let out = in_parts(text.as_bytes(), &parts);
            prop_assert_eq!(&out, &in_parts(text.as_bytes(), &[text.len().max(1)]));
            prop_assert!(memmem::find(&out, ONE.as_bytes()).is_none());
            prop_assert!(memmem::find(&out, OTHER.as_bytes()).is_none());
        }
    }
}
