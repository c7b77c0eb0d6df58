//! Emptying the copy of an organization the account does not belong to any more (P10, P12).

use crate::{Feed, Replica, ReplicaError, meta, outbox};

impl Replica {
    /// Removes everything of the organization, what waits for it too, so that a later membership begins anew; the account's
    /// own half stays. Whether there was anything.
    ///
    /// # Errors
    /// [`ReplicaError`]; then nothing was removed.
    pub fn empty_organization(&self) -> Result<bool, ReplicaError> {
        self.transaction(|change| {
            change.execute("INSERT OR IGNORE INTO left_secret (id) SELECT id FROM secret", [])?;
            for request in outbox::rotations(change)? {
                change.execute(
                    "INSERT OR IGNORE INTO left_secret (id) VALUES (?1)",
                    [request.secret.id.to_string()],
                )?;
            }
            let mut removed = 0;
            for sql in [
                "DELETE FROM outbox",
                "DELETE FROM trace",
                "DELETE FROM key",
                "DELETE FROM issuer_keys",
                "DELETE FROM issuer",
                "DELETE FROM invitation",
                "DELETE FROM member_group",
                "DELETE FROM service_account",
                "DELETE FROM wallet",
                "DELETE FROM member",
                "DELETE FROM organization",
            ] {
                removed += change.execute(sql, [])?;
            }
            change.touched_everything();
            change.forget_names();
            change.forget_edited();
            meta::set_position(change, Feed::Organization, 0, 0)?;
            Ok(removed > 0)
        })
    }
}
