//! Keys that expire soon (K16): listed, and told by notices of the system, once for each key and threshold. Asked of the
//! replica alone, so it works offline.

use std::sync::Arc;

use domain::clock::Timestamp;
use domain::id::KeyId;
use domain::key::KeyState;
use domain::radar::{THRESHOLDS, threshold};
use replica::{KeyQuery, KeyRecord, Sort, SortBy};

use crate::error::DeskError;
use crate::keys::row;
use crate::open::OpenConnection;
use crate::view::{ExpiringKey, ExpiryRadar};
use crate::{Desk, blocking};

/// The most keys that are listed.
const MOST_LISTED: u32 = 100;
/// The most keys that are looked at for notices at once; the others are told with the next look.
const MOST_TOLD: u32 = 1_000;
/// More keys than this are told with one notice.
const MOST_NOTICES: usize = 3;
/// The most names in a notice of many.
const MOST_NAMES: usize = 3;

/// A key whose end has come within a threshold.
struct Due {
    key: KeyId,
    name: String,
    expires_at: Timestamp,
    days: u32,
}

impl Desk {
    /// Keys that expire within 30 days, the first to expire first.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn expiry_radar(self: &Arc<Self>) -> Result<ExpiryRadar, DeskError> {
        let open = self.current()?;
        let now = self.now();
        blocking(move || {
            let (records, total) = open.expiring(MOST_LISTED, now)?;
            let keys = records
                .iter()
                .filter_map(|record| {
                    let within_days = threshold(record.view.expires_at?, now)?;
                    Some(ExpiringKey {
                        row: row(record, now),
                        within_days,
                        rotate: open.rotate_rule(record, now),
                    })
                })
                .collect();
            Ok(ExpiryRadar { keys, total })
        })
        .await
    }

    /// Tells, by notices of the system, of the keys whose end has come within another threshold since they were told
    /// last; how many notices that were. What could not be shown is told the next time.
    ///
    /// # Errors
    /// [`DeskError`]; nothing is told while Keystead is locked.
    pub async fn tell_expiring(self: &Arc<Self>) -> Result<usize, DeskError> {
        let open = self.current()?;
        let now = self.now();
        let host = self.ports.host.clone();
        blocking(move || {
            let mut due = Vec::new();
            for record in open.expiring(MOST_TOLD, now)?.0 {
                if let Some(found) = open.due(&record, now)? {
                    due.push(found);
                }
            }
            let told: Vec<(KeyId, Timestamp, u32)> = due
                .iter()
                .map(|due| (due.key, due.expires_at, due.days))
                .collect();
            let organization = open.record().organization_name.clone();
            let notices = notices(&due, &organization, now);
            for (title, text) in &notices {
                host.notify(title, text).map_err(DeskError::Unexpected)?;
            }
            open.replica.tell_expiry(&told)?;
            Ok(notices.len())
        })
        .await
    }
}

impl OpenConnection {
    /// The keys that work and expire within the first threshold, the first to expire first.
    fn expiring(&self, limit: u32, now: Timestamp) -> Result<(Vec<KeyRecord>, u32), DeskError> {
        let query = KeyQuery {
            states: vec![
                KeyState::Active,
                KeyState::Rotating,
                KeyState::Paused,
                KeyState::Suspended,
            ],
            expires_within_days: THRESHOLDS.into_iter().max(),
            sort: Sort {
                by: SortBy::Expires,
                descending: false,
            },
            ..KeyQuery::by_name(limit)
        };
        Ok(self.replica.keys(&query, now)?)
    }

    /// What is to be told of a key, unless it was.
    fn due(&self, record: &KeyRecord, now: Timestamp) -> Result<Option<Due>, DeskError> {
        let view = &record.view;
        let Some((expires_at, days)) = view.expires_at.and_then(|end| Some((end, threshold(end, now)?)))
        else {
            return Ok(None);
        };
        let told = self.replica.expiry_told(view.id, expires_at)?;
        if told.is_some_and(|told| told <= days) {
            return Ok(None);
        }
        Ok(Some(Due {
            key: view.id,
            name: record.shown.name.to_string(),
            expires_at,
            days,
        }))
    }
}

/// How far away an end is, in words.
fn away(expires_at: Timestamp, now: Timestamp) -> String {
    const HOUR: i64 = 3_600_000_000;
    let hours = expires_at.micros_since(now) / HOUR;
    match (hours / 24, hours) {
        (0, 0) => "in less than an hour".to_owned(),
        (0, 1) => "in an hour".to_owned(),
        (0, hours) => format!("in {hours} hours"),
        (1, _) => "in a day".to_owned(),
        (days, _) => format!("in {days} days"),
    }
}

/// One notice a key, or one for many.
fn notices(due: &[Due], organization: &str, now: Timestamp) -> Vec<(String, String)> {
    if due.len() <= MOST_NOTICES {
        return due
            .iter()
            .map(|due| {
                (
                    format!("{} expires {}", due.name, away(due.expires_at, now)),
                    format!(
                        "A key of {organization}. What uses it fails from then on; open Keystead to act on it."
                    ),
                )
            })
            .collect();
    }
    let names: Vec<&str> = due.iter().take(MOST_NAMES).map(|due| due.name.as_str()).collect();
    let first = due
        .first()
        .map_or_else(String::new, |due| away(due.expires_at, now));
    vec![(
        format!("{} keys of {organization} expire soon", due.len()),
        format!(
            "The first {first}: {} and {} more.",
            names.join(", "),
            due.len() - names.len()
        ),
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k16_a_distance_is_said_in_words() {
        let now = Timestamp::from_micros(0);
        let said = |seconds| away(now.plus_seconds(seconds), now);
        assert_eq!(said(60), "in less than an hour");
        assert_eq!(said(3_600), "in an hour");
        assert_eq!(said(20 * 3_600), "in 20 hours");
        assert_eq!(said(86_400), "in a day");
        assert_eq!(said(6 * 86_400 + 80_000), "in 6 days");
    }
}
