//! Applying pages of the server's feed: each in one transaction with its cursor (O3).

use std::collections::HashSet;

use protocol::change::{ChangesPage, Entity, EntityRef};

use crate::{Feed, Replica, ReplicaError, Topic, account, groups, issuer, key, meta, people, wallet};

impl Replica {
    /// Applies one page and moves the cursor behind it, in one transaction.
    ///
    /// # Errors
    /// [`ReplicaError`]; then nothing of the page was applied.
    pub fn apply(&self, feed: Feed, page: &ChangesPage) -> Result<HashSet<Topic>, ReplicaError> {
        self.take(page, Some(feed))
    }

    /// Applies one page of a snapshot of another visibility epoch. The cursor stays, and what is no longer to be seen
    /// stays too, until [`Replica::finish_snapshot`]: a pull that is cut before that begins the snapshot anew.
    ///
    /// # Errors
    /// [`ReplicaError`]; then nothing of the page was applied.
    pub fn apply_of_snapshot(&self, page: &ChangesPage) -> Result<HashSet<Topic>, ReplicaError> {
        self.take(page, None)
    }

    /// Removes everything the snapshot did not hold, but for keys that are not made yet, and moves the cursor behind
    /// the snapshot, in one transaction.
    ///
    /// # Errors
    /// [`ReplicaError`]; then nothing was removed.
    pub fn finish_snapshot(
        &self,
        feed: Feed,
        seen: &HashSet<EntityRef>,
        next: i64,
        epoch: i64,
    ) -> Result<(), ReplicaError> {
        self.transaction(|change| {
            let seen: HashSet<String> = seen.iter().map(id_of).collect();
            for (ids, delete) in held_by(feed) {
                let known: Vec<String> = change
                    .prepare_cached(ids)?
                    .query_map([], |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                let mut delete = change.prepare_cached(delete)?;
                for id in known.iter().filter(|id| !seen.contains(*id)) {
                    delete.execute([id])?;
                }
            }
            change.touched_everything();
            meta::set_position(change, feed, next, epoch)
        })
    }

    fn take(&self, page: &ChangesPage, moves: Option<Feed>) -> Result<HashSet<Topic>, ReplicaError> {
        self.transaction(|change| {
            let mut topics = HashSet::new();
            for entry in &page.changes {
                match &entry.entity {
                    Entity::Organization(view) => {
                        people::put_organization(change, view)?;
                        change.touched_rules();
                        topics.extend([Topic::Organization, Topic::Keys]);
                    }
                    Entity::Member(view) => {
                        people::put_member(change, view)?;
                        change.forget_names();
                        change.touched_rules();
                        topics.extend([Topic::Organization, Topic::Keys]);
                    }
                    Entity::Group(view) => {
                        groups::put_group(change, view)?;
                        topics.insert(Topic::Organization);
                    }
                    Entity::ServiceAccount(view) => {
                        groups::put_service_account(change, view)?;
                        change.touched_rules();
                        topics.extend([Topic::Organization, Topic::Keys]);
                    }
                    Entity::Invitation(view) => {
                        people::put_invitation(change, view)?;
                        topics.insert(Topic::Organization);
                    }
                    Entity::Issuer(view) => {
                        issuer::put(change, view)?;
                        topics.insert(Topic::Organization);
                    }
                    Entity::Key(view) => {
                        key::put(change, view, false)?;
                        topics.insert(Topic::Keys);
                    }
                    Entity::Wallet(view) => {
                        wallet::put(change, view)?;
                        topics.insert(Topic::Money);
                    }
                    Entity::Profile(view) => {
                        account::put_profile(change, view)?;
                        topics.insert(Topic::Account);
                    }
                    Entity::Membership(view) => {
                        account::put_membership(change, view)?;
                        topics.insert(Topic::Account);
                    }
                    Entity::Session(view) => {
                        account::put_session(change, view)?;
                        topics.insert(Topic::Account);
                    }
                    Entity::Gone { what } => {
                        if let EntityRef::Key(id) = what {
                            change.touched(*id);
                        }
                        change.touched_rules();
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
                            EntityRef::Invitation(id) => (
                                "DELETE FROM invitation WHERE id = ?1",
                                id.to_string(),
                                Topic::Organization,
                            ),
                            EntityRef::Issuer(id) => (issuer::DELETE, id.to_string(), Topic::Organization),
                            EntityRef::Group(id) => (
                                "DELETE FROM member_group WHERE id = ?1",
                                id.to_string(),
                                Topic::Organization,
                            ),
                            EntityRef::ServiceAccount(id) => (
                                "DELETE FROM service_account WHERE id = ?1",
                                id.to_string(),
                                Topic::Organization,
                            ),
                            EntityRef::Key(id) => (
                                "DELETE FROM key WHERE id = ?1 AND unconfirmed = 0",
                                id.to_string(),
                                Topic::Keys,
                            ),
                            EntityRef::Wallet(id) => {
                                ("DELETE FROM wallet WHERE id = ?1", id.to_string(), Topic::Money)
                            }
                            EntityRef::Profile(id) => (
                                "DELETE FROM profile WHERE id = ?1",
                                id.to_string(),
                                Topic::Account,
                            ),
                            EntityRef::Membership(id) => (
                                "DELETE FROM membership WHERE id = ?1",
                                id.to_string(),
                                Topic::Account,
                            ),
                            EntityRef::Session(id) => (
                                "DELETE FROM session WHERE id = ?1",
                                id.to_string(),
                                Topic::Account,
                            ),
                        };
                        change.execute(sql, [id])?;
                        topics.insert(topic);
                    }
                }
            }
            if let Some(feed) = moves {
                meta::set_position(change, feed, page.next, page.epoch)?;
            }
            Ok(topics)
        })
    }
}

/// What a copy holds of a feed: how the ids are read, and how one is removed. Keys that are not made yet are of no feed.
const fn held_by(feed: Feed) -> &'static [(&'static str, &'static str)] {
    match feed {
        Feed::Organization => &[
            (
                "SELECT id FROM key WHERE unconfirmed = 0",
                "DELETE FROM key WHERE id = ?1",
            ),
            ("SELECT id FROM member", "DELETE FROM member WHERE id = ?1"),
            (
                "SELECT id FROM invitation",
                "DELETE FROM invitation WHERE id = ?1",
            ),
            ("SELECT id FROM issuer", issuer::DELETE),
            (
                "SELECT id FROM member_group",
                "DELETE FROM member_group WHERE id = ?1",
            ),
            (
                "SELECT id FROM service_account",
                "DELETE FROM service_account WHERE id = ?1",
            ),
            ("SELECT id FROM wallet", "DELETE FROM wallet WHERE id = ?1"),
            (
                "SELECT id FROM organization",
                "DELETE FROM organization WHERE id = ?1",
            ),
        ],
        Feed::Account => &[
            ("SELECT id FROM profile", "DELETE FROM profile WHERE id = ?1"),
            (
                "SELECT id FROM membership",
                "DELETE FROM membership WHERE id = ?1",
            ),
            ("SELECT id FROM session", "DELETE FROM session WHERE id = ?1"),
        ],
    }
}

fn id_of(entity: &EntityRef) -> String {
    match entity {
        EntityRef::Organization(id) => id.to_string(),
        EntityRef::Member(id) => id.to_string(),
        EntityRef::Invitation(id) => id.to_string(),
        EntityRef::Issuer(id) => id.to_string(),
        EntityRef::Group(id) => id.to_string(),
        EntityRef::ServiceAccount(id) => id.to_string(),
        EntityRef::Key(id) => id.to_string(),
        EntityRef::Wallet(id) => id.to_string(),
        EntityRef::Profile(id) => id.to_string(),
        EntityRef::Membership(id) => id.to_string(),
        EntityRef::Session(id) => id.to_string(),
    }
}
