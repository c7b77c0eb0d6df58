//! Applying pages of the server's feed: each in one transaction with its cursor (O3).

use std::collections::HashSet;

use protocol::change::{ChangesPage, Entity, EntityRef};

use crate::{Replica, ReplicaError, Topic, key, meta, people};

impl Replica {
    /// Applies one page and moves the cursor behind it, in one transaction.
    ///
    /// When the page is of another visibility epoch than the copy, it has to be the first page of a fresh snapshot
    /// (asked from 0): everything but unconfirmed keys is removed first.
    ///
    /// # Errors
    /// [`ReplicaError`]; then nothing of the page was applied.
    pub fn apply(&self, page: &ChangesPage, fresh: bool) -> Result<HashSet<Topic>, ReplicaError> {
        self.transaction(|change| {
            let mut topics = HashSet::new();
            if fresh {
                change.execute_batch(
                    "DELETE FROM key WHERE unconfirmed = 0; DELETE FROM member; DELETE FROM organization;",
                )?;
                change.touched_everything();
                topics.extend([Topic::Keys, Topic::Organization]);
            }
            for entry in &page.changes {
                match &entry.entity {
                    Entity::Organization(view) => {
                        people::put_organization(change, view)?;
                        topics.insert(Topic::Organization);
                    }
                    Entity::Member(view) => {
                        people::put_member(change, view)?;
                        topics.insert(Topic::Organization);
                    }
                    Entity::Key(view) => {
                        key::put(change, view, false)?;
                        topics.insert(Topic::Keys);
                    }
                    Entity::Gone { what } => {
                        if let EntityRef::Key(id) = what {
                            change.touched(*id);
                        }
                        let (sql, id, topic) = match what {
                            EntityRef::Organization(id) => (
                                "DELETE FROM organization WHERE id = ?1",
                                id.to_string(),
                                Topic::Organization,
                            ),
                            EntityRef::Member(id) => (
                                "DELETE FROM member WHERE id = ?1",
                                id.to_string(),
                                Topic::Organization,
                            ),
                            EntityRef::Key(id) => (
                                "DELETE FROM key WHERE id = ?1 AND unconfirmed = 0",
                                id.to_string(),
                                Topic::Keys,
                            ),
                        };
                        change.execute(sql, [id])?;
                        topics.insert(topic);
                    }
                }
            }
            meta::set_position(change, page.next, page.epoch)?;
            Ok(topics)
        })
    }
}
