//! Time as a parameter.
//!
//! Times are whole microseconds since the Unix epoch: PostgreSQL keeps no finer ones, and integers sort the same
//! in every database. On the wire a time is an RFC 3339 string in UTC.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Where the present moment comes from. Only composition roots implement it over the system's clock.
pub trait Clock: Send + Sync {
    /// The present moment, truncated to microseconds.
    fn now(&self) -> Timestamp;
}

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "specta", specta(transparent))]
pub struct Timestamp(#[cfg_attr(feature = "specta", specta(type = String))] i64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since the Unix epoch; 0 for a time before it.
    #[must_use]
    pub fn as_unix_millis(self) -> u64 {
        u64::try_from(self.0.div_euclid(1_000)).unwrap_or(0)
    }

    /// This moment plus `seconds` (which may be negative), saturating at the ends of the range.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// This moment plus `days` of 24 hours, saturating.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(86_400))
    }

    /// Microseconds from `earlier` to this moment; negative when `earlier` is later.
    #[must_use]
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "{}µs", self.0),
        }
    }
}

/// The text is not an RFC 3339 time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a time; write it like 2026-03-12T10:42:07Z")]
pub struct NotATime(pub String);

impl FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        text.parse::<jiff::Timestamp>()
            .map(|time| Self(time.as_microsecond()))
            .map_err(|_| NotATime(text.to_owned()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_and_read_as_rfc_3339() {
        let time = Timestamp::from_micros(1_773_312_127_000_250);
        assert_eq!(time.to_string(), "2026-03-12T10:42:07.00025Z");
        assert_eq!("2026-03-12T10:42:07.00025Z".parse(), Ok(time));
        assert_eq!("2026-03-12T12:42:07.00025+02:00".parse(), Ok(time));
    }

    #[test]
    fn anything_else_is_refused_with_an_example() {
        let error = "tomorrow".parse::<Timestamp>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "“tomorrow” is not a time; write it like 2026-03-12T10:42:07Z"
        );
    }
}
