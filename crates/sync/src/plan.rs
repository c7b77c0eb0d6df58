//! What to do next, decided from values alone.

use protocol::change::ChangesPage;
use replica::{Cursor, Operation, OutboxEntry};

/// What of a key an operation is about: operations of one lane go in their order, those of different lanes don't wait
/// for each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lane {
    Making,
    Text,
    Secrets,
    Stops,
    End,
}

const fn lane(operation: &Operation) -> Lane {
    match operation {
        Operation::CreateKey(_) => Lane::Making,
        Operation::EditKey(_) => Lane::Text,
        Operation::RotateKey(_) | Operation::StepRotation { .. } => Lane::Secrets,
        Operation::PauseKey { .. } | Operation::ResumeKey { .. } => Lane::Stops,
        Operation::RevokeKey { .. } => Lane::End,
    }
}

/// Whether an operation stops what should not go on: it goes before everything that can wait.
const fn presses(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::RevokeKey { .. } | Operation::PauseKey { .. }
    )
}

/// The entry to send next: what may be sent now, revocations and pauses before everything else, then in the order it was
/// meant.
///
/// An entry waits for the making of its key, and while an earlier one of the same key and lane waits, was refused or
/// stands in conflict.
#[must_use]
pub fn next_to_push(outbox: &[OutboxEntry]) -> Option<&OutboxEntry> {
    let ready = |at: usize, entry: &&OutboxEntry| {
        let own = lane(&entry.operation);
        entry.state.goes_on()
            && !outbox[..at].iter().any(|earlier| {
                earlier.operation.key_id() == entry.operation.key_id()
                    && (lane(&earlier.operation) == Lane::Making || lane(&earlier.operation) == own)
            })
    };
    let ready = || {
        outbox
            .iter()
            .enumerate()
            .filter(move |(at, entry)| ready(*at, entry))
            .map(|(_, entry)| entry)
    };
    ready()
        .find(|entry| presses(&entry.operation))
        .or_else(|| ready().next())
}

/// A pull under way: from where to ask, and what to do with each answer.
///
/// A copy goes on from its cursor, page by page. When the epoch moved, what the account may see has changed: everything
/// is asked for anew, and what the snapshot does not hold goes at its end.
#[derive(Clone, Debug)]
pub struct Course {
    cursor: Cursor,
    snapshot: Option<Snapshot>,
}

#[derive(Clone, Copy, Debug)]
struct Snapshot {
    epoch: i64,
    next: i64,
}

/// What to do with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing is new: the copy is in step.
    Nothing,
    /// Apply it, and move the cursor behind it.
    Apply {
        /// Whether there is another page.
        more: bool,
    },
    /// Leave it, and ask for everything from the start.
    Begin,
    /// Apply it as a piece of the snapshot, and ask for the next.
    Gather,
    /// Apply it as the last piece of the snapshot; what was in none of them goes.
    Finish,
    /// Stop: the server has less than the copy has seen (trap 8: it was restored from an older backup).
    GoneBack,
}

impl Step {
    /// Whether there is no page to ask for after it.
    #[must_use]
    pub const fn is_last(self) -> bool {
        match self {
            Self::Nothing | Self::Finish | Self::GoneBack | Self::Apply { more: false } => true,
            Self::Begin | Self::Gather | Self::Apply { more: true } => false,
        }
    }
}

impl Course {
    /// From where the copy is.
    #[must_use]
    pub const fn from(cursor: Cursor) -> Self {
        Self {
            cursor,
            snapshot: None,
        }
    }

    /// The number to ask behind.
    #[must_use]
    pub const fn since(&self) -> i64 {
        match self.snapshot {
            Some(snapshot) => snapshot.next,
            None => self.cursor.sequence,
        }
    }

    /// What to do with the answer.
    pub fn take(&mut self, page: &ChangesPage) -> Step {
        if page.head < self.cursor.sequence {
            return Step::GoneBack;
        }
        // A page that does not lead on is the last, whatever it says: a server must not hold us in a circle.
        let more = page.next < page.head && page.next > self.since();
        match &mut self.snapshot {
            Some(snapshot) if snapshot.epoch == page.epoch => {
                snapshot.next = page.next;
                if more { Step::Gather } else { Step::Finish }
            }
            None if self.cursor.sequence == 0 || self.cursor.epoch == page.epoch => {
                let is_new = !page.changes.is_empty()
                    || page.next > self.cursor.sequence
                    || page.epoch != self.cursor.epoch;
                if !is_new {
                    return Step::Nothing;
                }
                self.cursor.sequence = page.next.max(self.cursor.sequence);
                self.cursor.epoch = page.epoch;
                Step::Apply { more }
            }
            Some(_) | None => {
                self.snapshot = Some(Snapshot {
                    epoch: page.epoch,
                    next: 0,
                });
                Step::Begin
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::clock::Timestamp;
    use domain::entropy::Entropy;
    use domain::id::{KeyId, OperationId, SecretId};
    use domain::key::KeyKind;
    use domain::name::{Description, KeyName};
    use proptest::prelude::*;
    use protocol::key::{CreateKeyRequest, KeyFields, NewSecret};
    use replica::{KeyEdit, OutboxState};

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn key(number: u8) -> KeyId {
        KeyId::make(Timestamp::from_micros(0), &mut Fixed(number))
    }

    fn entry(position: usize, revoke: bool, number: u8, refused: bool) -> OutboxEntry {
        let key_id = key(number);
        let operation = if revoke {
            Operation::RevokeKey { key_id }
        } else {
            Operation::CreateKey(CreateKeyRequest {
                kind: KeyKind::Team,
                name: KeyName::parse("ci").unwrap(),
                description: Description::parse("").unwrap(),
                expires_at: None,
                requests_per_minute: None,
                people: std::collections::BTreeSet::new(),
                owner: None,
                grants: Vec::new(),
                secret: NewSecret {
                    key_id,
                    id: SecretId::make(Timestamp::from_micros(0), &mut Fixed(number)),
                    hash: crypto_hash(number),
                    prefix: "kst_team_".to_owned(),
                    last_four: "aaaa".to_owned(),
                },
            })
        };
        OutboxEntry {
            operation_id: OperationId::make(Timestamp::from_micros(position as i64 * 1_000), &mut Fixed(0)),
            operation,
            state: if refused {
                OutboxState::Refused
            } else {
                OutboxState::Waiting
            },
            message: None,
            attempts: 0,
            queued_at: Timestamp::from_micros(position as i64),
        }
    }

    fn crypto_hash(number: u8) -> crypto::token::SecretHash {
        crypto::token::SecretHash::from_bytes([number; 32])
    }

    #[test]
    fn o2_revocations_go_first() {
        let outbox = [entry(0, false, 1, false), entry(1, true, 2, false)];
        assert_eq!(next_to_push(&outbox), Some(&outbox[1]));
    }

    #[test]
    fn o2_a_key_made_offline_is_made_before_it_is_revoked() {
        let outbox = [entry(0, false, 1, false), entry(1, true, 1, false)];
        assert_eq!(next_to_push(&outbox), Some(&outbox[0]));
        let refused = [entry(0, false, 1, true), entry(1, true, 1, false)];
        assert_eq!(next_to_push(&refused), None);
    }

    fn at(sequence: i64) -> Course {
        Course::from(Cursor { sequence, epoch: 1 })
    }

    fn page(next: i64, head: i64, epoch: i64) -> ChangesPage {
        ChangesPage {
            changes: vec![],
            next,
            head,
            remaining: head - next,
            epoch,
        }
    }

    #[test]
    fn o3_a_pull_goes_on_until_the_head() {
        let mut course = at(7);
        assert_eq!(course.since(), 7);
        assert_eq!(course.take(&page(9, 12, 1)), Step::Apply { more: true });
        assert_eq!(course.since(), 9);
        assert_eq!(course.take(&page(12, 12, 1)), Step::Apply { more: false });
        assert_eq!(course.take(&page(12, 12, 1)), Step::Nothing);
        assert_eq!(
            at(7).take(&page(7, 12, 1)),
            Step::Nothing,
            "a server that does not move on"
        );
        assert_eq!(
            at(0).take(&page(5, 9, 3)),
            Step::Apply { more: true },
            "an empty copy is fresh already"
        );
    }

    #[test]
    fn o3_when_the_epoch_moves_everything_is_read_anew() {
        let mut course = at(7);
        assert_eq!(course.take(&page(9, 12, 2)), Step::Begin);
        assert_eq!(course.since(), 0);
        assert_eq!(course.take(&page(6, 12, 2)), Step::Gather);
        assert_eq!(course.since(), 6);
        assert_eq!(course.take(&page(8, 12, 3)), Step::Begin, "it moved again");
        assert_eq!(course.since(), 0);
        assert_eq!(course.take(&page(12, 12, 3)), Step::Finish);
    }

    /// Trap 8: a server that was restored from an older backup.
    #[test]
    fn o3_a_server_that_has_gone_back_is_noticed() {
        assert_eq!(at(7).take(&page(7, 7, 1)), Step::Nothing);
        assert_eq!(at(7).take(&page(7, 6, 1)), Step::GoneBack);
        assert_eq!(at(7).take(&page(6, 6, 2)), Step::GoneBack, "whatever its epoch");
    }

    #[test]
    fn o2_a_revocation_waits_for_no_edit() {
        let mut edit = entry(0, false, 1, false);
        edit.operation = Operation::EditKey(KeyEdit {
            key_id: key(1),
            base: fields("a"),
            mine: fields("b"),
            notify: false,
            sent: None,
        });
        edit.state = OutboxState::Conflict;
        let outbox = [edit, entry(1, true, 1, false)];
        assert_eq!(next_to_push(&outbox), Some(&outbox[1]));
        assert_eq!(
            next_to_push(&outbox[..1]),
            None,
            "a conflict is its author's to decide"
        );
    }

    fn fields(name: &str) -> KeyFields {
        KeyFields {
            name: KeyName::parse(name).unwrap(),
            description: Description::parse("").unwrap(),
            requests_per_minute: None,
            people: std::collections::BTreeSet::new(),
            grants: Vec::new(),
        }
    }

    proptest! {
        /// Sending what the plan says until it says nothing empties the outbox of everything that can go, each key's
        /// entries in their order.
        #[test]
        fn everything_that_can_go_goes_in_order(spec in prop::collection::vec((any::<bool>(), 0u8..4, prop::bool::weighted(0.1)), 0..12)) {
            let all: Vec<OutboxEntry> =
                spec.iter().enumerate().map(|(at, (revoke, number, refused))| entry(at, *revoke, *number, *refused)).collect();
            let mut outbox = all.clone();
            let mut sent = Vec::new();
            while let Some(next) = next_to_push(&outbox).cloned() {
                outbox.retain(|entry| entry.operation_id != next.operation_id);
                sent.push(next);
            }
            for number in 0..4 {
                let order: Vec<_> = sent.iter().filter(|e| e.operation.key_id() == key(number)).collect();
                for (at, later) in order.iter().enumerate() {
                    let makes = |e: &OutboxEntry| matches!(e.operation, Operation::CreateKey(_));
                    let overtaken = order[at + 1..].iter().any(|e| e.queued_at < later.queued_at && makes(e));
                    prop_assert!(!overtaken, "nothing of a key goes before its making");
                }
                let stuck = all.iter().filter(|e| e.operation.key_id() == key(number)).find(|e| !e.state.goes_on());
                if stuck.is_none() {
                    prop_assert_eq!(order.len(), all.iter().filter(|e| e.operation.key_id() == key(number)).count());
                }
            }
        }
    }
}
