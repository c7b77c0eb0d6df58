//! What to do next, decided from values alone.

use protocol::change::ChangesPage;
use replica::{Cursor, Operation, OutboxEntry, OutboxState};

/// The entry to send next: what may be sent now, revocations before everything else, then in the order it was meant.
///
/// Entries of one key go in their order: one waits while an earlier one of the same key waits or is refused.
#[must_use]
pub fn next_to_push(outbox: &[OutboxEntry]) -> Option<&OutboxEntry> {
    let ready = |at: usize, entry: &&OutboxEntry| {
        entry.state != OutboxState::Refused
            && !outbox[..at]
                .iter()
                .any(|earlier| earlier.operation.key_id() == entry.operation.key_id())
    };
    let ready = || {
        outbox
            .iter()
            .enumerate()
            .filter(move |(at, entry)| ready(*at, entry))
            .map(|(_, entry)| entry)
    };
    ready()
        .find(|entry| matches!(entry.operation, Operation::RevokeKey { .. }))
        .or_else(|| ready().next())
}

/// What the next question of a pull is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Changes behind this number; the page continues the copy.
    Since(i64),
    /// Everything from the start: what the account may see has changed.
    Afresh,
    /// Nothing: the copy is in step.
    Nothing,
}

/// Whether the server has less than the copy has seen: a sequence never falls by itself.
#[must_use]
pub const fn has_gone_back(cursor: Cursor, page: &ChangesPage) -> bool {
    page.head < cursor.sequence
}

/// What to ask after `page` was read with the copy at `cursor`. `None` before the first page of a round.
#[must_use]
pub fn next_to_ask(cursor: Cursor, page: Option<&ChangesPage>) -> Ask {
    match page {
        None => Ask::Since(cursor.sequence),
        Some(page) if page.epoch != cursor.epoch && cursor.sequence != 0 => Ask::Afresh,
        Some(page) if page.next < page.head && page.next > cursor.sequence => Ask::Since(page.next),
        Some(_) => Ask::Nothing,
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
    use protocol::key::{CreateKeyRequest, NewSecret};

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

    #[test]
    fn o3_a_pull_goes_on_until_the_head() {
        let page = |next, head, epoch| ChangesPage {
            changes: vec![],
            next,
            head,
            remaining: head - next,
            epoch,
        };
        let at = |sequence| Cursor {
            sequence,
            epoch: 1,
            synced_at: None,
        };
        assert_eq!(next_to_ask(at(7), None), Ask::Since(7));
        assert_eq!(next_to_ask(at(7), Some(&page(9, 12, 1))), Ask::Since(9));
        assert_eq!(next_to_ask(at(7), Some(&page(12, 12, 1))), Ask::Nothing);
        assert_eq!(next_to_ask(at(7), Some(&page(12, 12, 2))), Ask::Afresh);
        assert_eq!(
            next_to_ask(at(7), Some(&page(7, 12, 1))),
            Ask::Nothing,
            "a server that does not move on"
        );
        assert_eq!(
            next_to_ask(at(0), Some(&page(5, 9, 3))),
            Ask::Since(5),
            "an empty copy is fresh already"
        );
    }

    /// Trap 8: a server that was restored from an older backup.
    #[test]
    fn o3_a_server_that_has_gone_back_is_noticed() {
        let page = |head| ChangesPage {
            changes: vec![],
            next: 7,
            head,
            remaining: 0,
            epoch: 1,
        };
        let cursor = Cursor {
            sequence: 7,
            epoch: 1,
            synced_at: None,
        };
        assert!(!has_gone_back(cursor, &page(7)));
        assert!(has_gone_back(cursor, &page(6)));
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
                let order: Vec<_> = sent.iter().filter(|e| e.operation.key_id() == key(number)).map(|e| e.operation_id).collect();
                let meant: Vec<_> = all.iter().filter(|e| e.operation.key_id() == key(number))
                    .take_while(|e| e.state != OutboxState::Refused).map(|e| e.operation_id).collect();
                prop_assert_eq!(order, meant);
            }
        }
    }
}
