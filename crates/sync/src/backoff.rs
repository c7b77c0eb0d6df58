//! How long to wait after an attempt that failed: doubling, capped, with jitter so that a thousand desktops do not
//! come back in the same instant.

use std::time::Duration;

use domain::entropy::Entropy;

const FIRST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(60);

/// The wait after the `failures`-th failure in a row (1 is the first): between half and the whole of
/// `min(60 s, 2^(failures-1) s)`.
#[must_use]
pub fn wait(failures: u32, entropy: &mut dyn Entropy) -> Duration {
    let doubled = FIRST.saturating_mul(
        1u32.checked_shl(failures.saturating_sub(1).min(16))
            .unwrap_or(u32::MAX),
    );
    let whole = doubled.min(MOST);
    let mut byte = [0u8; 1];
    entropy.fill(&mut byte);
    whole / 2 + (whole / 2) * u32::from(byte[0]) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn the_wait_doubles_up_to_a_minute() {
        let waits: Vec<u64> = [1, 2, 3, 6, 7, 40, u32::MAX]
            .iter()
            .map(|n| wait(*n, &mut Fixed(255)).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 32, 60, 60, 60]);
        assert_eq!(wait(7, &mut Fixed(0)).as_secs(), 30);
    }
}
