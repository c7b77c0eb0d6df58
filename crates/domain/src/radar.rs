//! When a key's end is near enough to be told (K16).

use crate::clock::Timestamp;

/// So many days before a key expires it is told, each once.
pub const THRESHOLDS: [u32; 4] = [30, 14, 7, 1];

/// The threshold a key's end has come within: the nearest of them. None while it is further away, and when it is over.
#[must_use]
pub fn threshold(expires_at: Timestamp, now: Timestamp) -> Option<u32> {
    if expires_at <= now {
        return None;
    }
    THRESHOLDS
        .into_iter()
        .filter(|days| expires_at <= now.plus_days(i64::from(*days)))
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k16_the_nearest_threshold_is_told() {
        let now = Timestamp::from_micros(1_773_312_127_000_000);
        let at = |seconds| threshold(now.plus_seconds(seconds), now);
        let day = 86_400;
        assert_eq!(at(31 * day), None);
        assert_eq!(at(30 * day), Some(30));
        assert_eq!(at(14 * day + 1), Some(30));
        assert_eq!(at(14 * day), Some(14));
        assert_eq!(at(7 * day), Some(7));
        assert_eq!(at(day + 1), Some(7));
        assert_eq!(at(day), Some(1));
        assert_eq!(at(1), Some(1));
        assert_eq!(at(0), None);
    }
}
