//! Personal tokens on service keys (K6): made here, for whoever is signed in, and told the server at once.

use std::sync::Arc;

use domain::clock::Timestamp;
use domain::id::{KeyId, SecretId};
use domain::token::{may_end_own, may_have_own};
use protocol::key::MakeKeyTokenRequest;
use replica::KeyRecord;

use crate::error::DeskError;
use crate::keys::no_such_key;
use crate::open::{OpenConnection, item};
use crate::people::rule;
use crate::there::asked;
use crate::view::{ActRule, CreatedKey, KeyTokenRow};
use crate::{Desk, blocking};

impl Desk {
    /// Makes a secret of a service key for whoever is signed in. It is made here and in the keychain before anything is
    /// sent; what they had of their own of that key ends when the server confirms it.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a key that is not assigned to them; the server is away. Where its answer was lost
    /// ([`DeskError::AnswerLost`]), the secret stays in the keychain, for it may be in force.
    pub async fn make_key_token(self: &Arc<Self>, id: KeyId) -> Result<CreatedKey, DeskError> {
        let there = self.there()?;
        let now = self.now();
        let (desk, open) = (self.clone(), there.open.clone());
        let (created, request) = blocking(move || {
            let record = open.replica.key(id)?.ok_or_else(no_such_key)?;
            open.may_have_own(&record)?;
            let born = desk.bear(record.view.kind, id, now);
            let request = MakeKeyTokenRequest {
                secret: born.secret.clone(),
            };
            let name = record.shown.name.to_string();
            let created = open.keep(born, name, record.view.kind, || Ok(()))?;
            Ok((created, request))
        })
        .await?;
        let made = asked(|| {
            there
                .session
                .make_key_token(there.organization, there.operation, &request)
        })
        .await;
        match made {
            Ok(_) => {}
            Err(error @ DeskError::AnswerLost(_)) => return Err(error),
            Err(error) => {
                let (open, kept_as) = (
                    there.open.clone(),
                    item(there.open.record().id, created.secret_id),
                );
                blocking(move || Ok(open.keychain.remove(&kept_as)?)).await?;
                return Err(error);
            }
        }
        // It is in force; a copy that can't be brought in step now is later.
        let _synced = self.sync_now().await;
        Ok(created)
    }

    /// Ends a member's own secret of a key.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn end_key_token(self: &Arc<Self>, id: KeyId, secret: SecretId) -> Result<(), DeskError> {
        let there = self.there()?;
        asked(|| {
            there
                .session
                .end_key_token(there.organization, there.operation, (id, secret))
        })
        .await?;
        self.sync_now().await?;
        Ok(())
    }
}

impl OpenConnection {
    fn may_have_own(&self, record: &KeyRecord) -> Result<(), DeskError> {
        let view = &record.view;
        let is_assigned = self.me()?.is_some_and(|me| view.people.contains(&me));
        may_have_own(self.record().role, view.kind, is_assigned, view.life())
            .map_err(|refusal| DeskError::Refused(refusal.to_string()))
    }

    /// Whether whoever is signed in may make a secret of a key for themselves.
    pub(crate) fn make_token_rule(&self, record: &KeyRecord) -> ActRule {
        rule(self.may_have_own(record))
    }

    /// The secrets of a key that are of one member each, newest first; those that ended, too.
    pub(crate) fn key_token_rows(
        &self,
        record: &KeyRecord,
        now: Timestamp,
    ) -> Result<Vec<KeyTokenRow>, DeskError> {
        let me = self.me()?;
        let mut rows = Vec::new();
        for secret in record.view.secrets.iter().rev() {
            let Some(member) = secret.member else {
                continue;
            };
            let found = self.replica.member(member)?;
            let is_you = me == Some(member);
            rows.push(KeyTokenRow {
                secret: self.secret_row(secret, now),
                member_id: member,
                member_name: found.map_or_else(
                    || "a former member".to_owned(),
                    |member| member.display_name.to_string(),
                ),
                is_you,
                end: rule(may_end_own(self.record().role, is_you)),
            });
        }
        Ok(rows)
    }
}
