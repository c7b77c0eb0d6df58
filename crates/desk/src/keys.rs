//! Keys: list, look, make, edit, revoke.

use std::sync::Arc;

use domain::clock::Timestamp;
use domain::id::{AccountId, KeyId, OperationId};
use domain::key::{KeyKind, KeyState, check_expiry, may_edit, may_revoke, revoke_asks_for_name};
use domain::limit::RequestLimit;
use domain::name::{Description, KeyName};
use domain::role::{Action, require};
use domain::rotation::RotationStep;
use domain::token::Touch;
use protocol::key::{CreateKeyRequest, KeyFields, KeyView, SecretView};
use replica::{KeyQuery, KeyRecord, Operation, OutboxEntry, OutboxState};
use sync::failpoint::reach;

use crate::error::{DeskError, named};
use crate::grants;
use crate::open::{OpenConnection, item};
use crate::tokens::owner_shown;
use crate::view::{
    ActRule, AssignedPerson, CreatedKey, KeyDetail, KeyDraft, KeyEditDraft, KeyPage, KeyRow, KeyText,
    PendingMark, PendingOperation, RevokeRule, SecretRow, Stop, sentence,
};
use crate::{Desk, Topic, blocking};

/// The most rows a list answers at once.
const MOST_ROWS: u32 = 1_000;

impl Desk {
    /// Keys that fit a query.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn list_keys(self: &Arc<Self>, mut query: KeyQuery) -> Result<KeyPage, DeskError> {
        let open = self.current()?;
        let now = self.now();
        query.limit = query.limit.min(MOST_ROWS);
        blocking(move || {
            let (records, total) = open.replica.keys(&query, now)?;
            let counts = open.replica.key_counts(now)?;
            let rows = records.iter().map(|record| row(record, now)).collect();
            Ok(KeyPage {
                total,
                offset: query.offset,
                rows,
                counts,
            })
        })
        .await
    }

    /// One key.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when it is not in the replica.
    pub async fn key_detail(self: &Arc<Self>, id: KeyId) -> Result<KeyDetail, DeskError> {
        let open = self.current()?;
        let now = self.now();
        blocking(move || open.detail_of(id, now)).await
    }

    /// Makes a key. Its secret is made here and in the keychain before anything is sent; the key is in force when the
    /// server has confirmed it.
    ///
    /// # Errors
    /// [`DeskError`], at the field that is the reason; then nothing was made.
    pub async fn create_key(self: &Arc<Self>, draft: KeyDraft) -> Result<CreatedKey, DeskError> {
        let open = self.current()?;
        if draft.owner.is_some() && draft.kind != KeyKind::Personal {
            return Err(DeskError::input(
                "owner",
                "only personal tokens have an owner; choose the kind personal",
            ));
        }
        let grants = grants::read(&draft.grants)?;
        if draft.kind != KeyKind::Service && !grants.is_empty() {
            return Err(DeskError::input("grants", "only service keys call services"));
        }
        let owner = match draft.kind {
            KeyKind::Personal => Some(open.owner_of_new(draft.owner)?),
            KeyKind::Team | KeyKind::Service => {
                require(open.record().role, Action::ManageKeys)?;
                None
            }
            KeyKind::Project => {
                return Err(DeskError::input(
                    "kind",
                    "team keys, service keys and personal tokens can be made here",
                ));
            }
        };
        let name = named("name", KeyName::parse(&draft.name))?;
        let description = named("description", Description::parse(&draft.description))?;
        let now = self.now();
        check_expiry(draft.expires_at, now)?;
        let (key_id, operation_id) =
            self.with_entropy(|entropy| (KeyId::make(now, entropy), OperationId::make(now, entropy)));
        let born = self.bear(draft.kind, key_id, now);
        let request = CreateKeyRequest {
            kind: draft.kind,
            name,
            description,
            expires_at: draft.expires_at,
            requests_per_minute: limit(draft.requests_per_minute)?,
            people: draft.people.iter().copied().collect(),
            owner,
            grants,
            secret: born.secret.clone(),
        };
        let (desk, account) = (self.clone(), open.record().account_id);
        blocking(move || {
            open.check_grants(&[], &request.grants)?;
            let name = request.name.to_string();
            let shown = as_shown(&request, account, now);
            let created = open.keep(born, name, draft.kind, || {
                Ok(open.replica.want_key(operation_id, &request, &shown, now)?)
            })?;
            reach("create.wanted");
            desk.went(&open);
            Ok(created)
        })
        .await
    }

    /// Edits a key's name and description (K4). It is in force when the server has confirmed it.
    ///
    /// # Errors
    /// [`DeskError::Input`] at the field that is the reason; [`DeskError::Refused`] for a revoked key, a role that may
    /// not, or when an earlier edit has still to be decided.
    pub async fn edit_key(self: &Arc<Self>, id: KeyId, draft: KeyEditDraft) -> Result<KeyDetail, DeskError> {
        let open = self.current()?;
        let (seen, made) = (fields(&draft.seen)?, fields(&draft.made)?);
        let now = self.now();
        let operation_id = self.with_entropy(|entropy| OperationId::make(now, entropy));
        let desk = self.clone();
        blocking(move || {
            let record = open.replica.key(id)?.ok_or_else(no_such_key)?;
            open.may_touch(&record.view, Touch::Edit)?;
            may_edit(record.view.life())?;
            if made.grants != seen.grants {
                services_may_be_edited(&record.view).map_err(DeskError::Refused)?;
                open.check_grants(&seen.grants, &made.grants)?;
            }
            if record
                .pending
                .iter()
                .any(|entry| entry.state == OutboxState::Conflict)
            {
                return Err(DeskError::Refused(
                    "an earlier edit of this key has still to be decided; open the pending changes"
                        .to_owned(),
                ));
            }
            open.replica
                .want_edit(operation_id, id, (&seen, &made), draft.notify_people, now)?;
            desk.went(&open);
            open.detail_of(id, now)
        })
        .await
    }

    /// Revokes a key. It is in force when the server has confirmed it.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for the free key, a revoked key or a role that may not; [`DeskError::Input`] at
    /// `confirmName` when the key was used recently and the name given is not its name.
    pub async fn revoke_key(
        self: &Arc<Self>,
        id: KeyId,
        confirm_name: Option<String>,
    ) -> Result<KeyDetail, DeskError> {
        let open = self.current()?;
        let now = self.now();
        let operation_id = self.with_entropy(|entropy| OperationId::make(now, entropy));
        let desk = self.clone();
        blocking(move || {
            let record = open.replica.key(id)?.ok_or_else(no_such_key)?;
            open.may_touch(&record.view, Touch::Stop)?;
            may_revoke(record.view.free, record.view.life())?;
            let asks = revoke_asks_for_name(record.view.last_used_at(), now);
            if asks && confirm_name.as_deref().map(str::trim) != Some(record.shown.name.as_str()) {
                return Err(DeskError::input(
                    "confirmName",
                    format!(
                        "this key was used in the last 7 days; type its name, {}, to revoke it",
                        record.shown.name
                    ),
                ));
            }
            let wish = Operation::RevokeKey { key_id: id };
            open.replica.want(&[(operation_id, wish)], now)?;
            desk.went(&open);
            open.detail_of(id, now)
        })
        .await
    }
}

impl Desk {
    /// Something is wanted of the server: screens show it, and the engine sends it.
    pub(crate) fn went(&self, open: &OpenConnection) {
        self.announce(&[Topic::Keys, Topic::Outbox, Topic::Sync]);
        open.engine.wake();
    }
}

impl OpenConnection {
    pub(crate) fn detail_of(&self, id: KeyId, now: Timestamp) -> Result<KeyDetail, DeskError> {
        let record = self.replica.key(id)?.ok_or_else(no_such_key)?;
        self.detail(&record, now)
    }

    pub(crate) fn detail(&self, record: &KeyRecord, now: Timestamp) -> Result<KeyDetail, DeskError> {
        let view = &record.view;
        let shown = row(record, now);
        let newest = view.secrets.iter().max_by_key(|secret| secret.last_used_at);
        let settled = !record.unconfirmed && record.pending.is_empty();
        Ok(KeyDetail {
            created_by: self.name_of(view.created_by)?,
            revoked_at: view.revoked_at,
            revoked_by: view.revoked_by.map(|account| self.name_of(account)).transpose()?,
            in_force_since: settled.then(|| {
                let newest = view
                    .shared()
                    .next_back()
                    .map_or(view.created_at, |secret| secret.created_at);
                view.revoked_at.unwrap_or(newest)
            }),
            use_count: view
                .secrets
                .iter()
                .map(|secret| u32::try_from(secret.use_count).unwrap_or(u32::MAX))
                .fold(0, u32::saturating_add),
            last_used_from: newest.and_then(|secret| secret.last_used_from.clone()),
            secrets: self.secret_rows(view, now),
            tokens: self.key_token_rows(record, now)?,
            make_token: self.make_token_rule(record),
            paused_at: view.paused_at,
            paused_by: view.paused_by.map(|account| self.name_of(account)).transpose()?,
            rotation: self.rotation_of(record, now),
            people: self.people_of(record)?,
            services: self.grant_rows(record)?,
            edit_services: self.rule(view, Touch::Edit, || {
                services_may_be_edited(view)?;
                may_edit(view.life()).map_err(|refusal| refusal.to_string())
            }),
            edit: self.rule(view, Touch::Edit, || may_edit(view.life())),
            pause: self.rule(view, Touch::Stop, || Stop::Pause.may(record, now)),
            resume: self.rule(view, Touch::Stop, || Stop::Resume.may(record, now)),
            rotate: self.rotate_rule(record, now),
            revoke: self.revoke_rule(record, now),
            row: shown,
        })
    }

    /// Whether the role, or that the key is one's own, and then the key, allow something.
    pub(crate) fn rule<E: std::fmt::Display>(
        &self,
        view: &KeyView,
        touch: Touch,
        may: impl FnOnce() -> Result<(), E>,
    ) -> ActRule {
        let reason = self
            .may_touch(view, touch)
            .map_err(|error| error.to_string())
            .and_then(|()| may().map_err(|error| error.to_string()))
            .err()
            .map(|reason| sentence(&reason));
        ActRule {
            allowed: reason.is_none(),
            reason,
        }
    }

    /// The secrets of a key that all share who have it, newest first.
    fn secret_rows(&self, view: &KeyView, now: Timestamp) -> Vec<SecretRow> {
        let shared = view.shared().rev();
        shared.map(|secret| self.secret_row(secret, now)).collect()
    }

    pub(crate) fn secret_row(&self, secret: &SecretView, now: Timestamp) -> SecretRow {
        SecretRow {
            id: secret.id,
            prefix: secret.prefix.clone(),
            last_four: secret.last_four.clone(),
            created_at: secret.created_at,
            // A keychain that does not answer now is asked again when the secret is wanted.
            on_this_computer: matches!(self.keychain.get(&item(self.record().id, secret.id)), Ok(Some(_))),
            last_used_at: secret.last_used_at,
            last_used_from: secret.last_used_from.clone(),
            use_count: u32::try_from(secret.use_count).unwrap_or(u32::MAX),
            retires_at: secret.retires_at,
            retired_at: secret.life().ended_at(now),
        }
    }

    fn revoke_rule(&self, record: &KeyRecord, now: Timestamp) -> RevokeRule {
        let waits = record
            .pending
            .iter()
            .any(|entry| matches!(entry.operation, Operation::RevokeKey { .. }) && entry.state.goes_on());
        let reason = self
            .may_touch(&record.view, Touch::Stop)
            .map_err(|error| error.to_string())
            .and_then(|()| {
                may_revoke(record.view.free, record.view.life()).map_err(|error| error.to_string())
            })
            .and_then(|()| {
                if waits {
                    Err("its revocation waits for the server already".to_owned())
                } else {
                    Ok(())
                }
            })
            .err()
            .map(|reason| sentence(&reason));
        RevokeRule {
            allowed: reason.is_none(),
            reason,
            name_required: revoke_asks_for_name(record.view.last_used_at(), now),
        }
    }

    /// The members a key is assigned to, by name.
    fn people_of(&self, record: &KeyRecord) -> Result<Vec<AssignedPerson>, DeskError> {
        let mut people = Vec::with_capacity(record.shown.people.len());
        for id in &record.shown.people {
            let member = self.replica.member(*id)?;
            people.push(AssignedPerson {
                id: *id,
                name: member.as_ref().map_or_else(
                    || "a former member".to_owned(),
                    |member| member.display_name.to_string(),
                ),
                email: member.map(|member| member.email.to_string()),
                in_force: record.view.people.contains(id),
            });
        }
        people.sort_by_cached_key(|person| person.name.to_lowercase());
        Ok(people)
    }

    pub(crate) fn name_of(&self, account: AccountId) -> Result<String, DeskError> {
        if account == self.record().account_id {
            return Ok(self.record().account_name.clone());
        }
        Ok(self.replica.member_of(account)?.map_or_else(
            || "a former member".to_owned(),
            |member| member.display_name.to_string(),
        ))
    }
}

pub(crate) fn no_such_key() -> DeskError {
    DeskError::NotFound("this key is not here: it does not exist, or your role does not show it".to_owned())
}

/// A key as it is shown until the server has confirmed it.
pub(crate) fn as_shown(request: &CreateKeyRequest, account: AccountId, now: Timestamp) -> KeyView {
    KeyView {
        id: request.secret.key_id,
        kind: request.kind,
        free: false,
        name: request.name.clone(),
        description: request.description.clone(),
        version: 0,
        created_at: now,
        created_by: account,
        expires_at: request.expires_at,
        revoked_at: None,
        revoked_by: None,
        paused_at: None,
        paused_by: None,
        requests_per_minute: request.requests_per_minute,
        people: request.people.clone(),
        owner: request.owner,
        grants: request.grants.clone(),
        secrets: vec![SecretView {
            id: request.secret.id,
            hash: request.secret.hash,
            prefix: request.secret.prefix.clone(),
            last_four: request.secret.last_four.clone(),
            created_at: now,
            last_used_at: None,
            last_used_from: None,
            use_count: 0,
            retires_at: None,
            retired_at: None,
            member: None,
        }],
    }
}

pub(crate) const fn pending_operation(operation: &Operation) -> PendingOperation {
    match operation {
        Operation::CreateKey(_) => PendingOperation::Create,
        Operation::EditKey(_) => PendingOperation::Edit,
        Operation::RotateKey(_) => PendingOperation::Rotate,
        Operation::StepRotation { step, .. } => match step {
            RotationStep::Extend { .. } => PendingOperation::ExtendRotation,
            RotationStep::Finish => PendingOperation::FinishRotation,
            RotationStep::RollBack => PendingOperation::RollBackRotation,
        },
        Operation::PauseKey { .. } => PendingOperation::Pause,
        Operation::ResumeKey { .. } => PendingOperation::Resume,
        Operation::RevokeKey { .. } => PendingOperation::Revoke,
    }
}

pub(crate) fn row(record: &KeyRecord, now: Timestamp) -> KeyRow {
    let view = &record.view;
    let newest = view.current_secret(now);
    KeyRow {
        id: view.id,
        name: record.shown.name.to_string(),
        description: record.shown.description.to_string(),
        requests_per_minute: record.shown.requests_per_minute.map(RequestLimit::per_minute),
        people: record.shown.people.iter().copied().collect(),
        grants: grants::text(&record.shown.grants),
        kind: view.kind,
        free: view.free,
        prefix: newest.map(|secret| secret.prefix.clone()).unwrap_or_default(),
        last_four: newest.map(|secret| secret.last_four.clone()).unwrap_or_default(),
        state: record.state(now),
        expires_at: view.expires_at,
        last_used_at: view.last_used_at(),
        created_at: view.created_at,
        owner: view.owner,
        owner_name: view
            .owner
            .map(|owner| owner_shown(owner, record.owner_name.as_deref())),
        suspension: (record.state(now) == KeyState::Suspended)
            .then(|| record.suspension.map(|why| sentence(why.sentence())))
            .flatten(),
        pending: most_pressing(&record.pending).map(|entry| PendingMark {
            operation: pending_operation(&entry.operation),
            state: entry.state,
            message: entry.message.as_deref().map(sentence),
        }),
    }
}

/// What of a key's pending changes its row shows: what needs the person, else that it is not made yet, else that it is
/// to be revoked, stopped or rotated, else the latest.
fn most_pressing(pending: &[OutboxEntry]) -> Option<&OutboxEntry> {
    pending.iter().max_by_key(|entry| {
        let weight = match entry.operation {
            Operation::CreateKey(_) => 4,
            Operation::RevokeKey { .. } => 3,
            Operation::PauseKey { .. } | Operation::ResumeKey { .. } => 2,
            Operation::RotateKey(_) | Operation::StepRotation { .. } => 1,
            Operation::EditKey(_) => 0,
        };
        (!entry.state.goes_on(), weight)
    })
}

/// What a person wrote of a key, checked.
pub(crate) fn fields(text: &KeyText) -> Result<KeyFields, DeskError> {
    Ok(KeyFields {
        name: named("name", KeyName::parse(&text.name))?,
        description: named("description", Description::parse(&text.description))?,
        requests_per_minute: limit(text.requests_per_minute)?,
        people: text.people.iter().copied().collect(),
        grants: grants::read(&text.grants)?,
    })
}

fn limit(per_minute: Option<u32>) -> Result<Option<RequestLimit>, DeskError> {
    per_minute
        .map(RequestLimit::new)
        .transpose()
        .map_err(|problem| DeskError::input("requestsPerMinute", problem.to_string()))
}

/// What admins wrote of a key, for people.
pub(crate) fn text(fields: &KeyFields) -> KeyText {
    KeyText {
        name: fields.name.to_string(),
        description: fields.description.to_string(),
        requests_per_minute: fields.requests_per_minute.map(RequestLimit::per_minute),
        people: fields.people.iter().copied().collect(),
        grants: grants::text(&fields.grants),
    }
}

/// Whether the services of a key can be edited, but for its life (K2, K5).
fn services_may_be_edited(view: &KeyView) -> Result<(), String> {
    if view.free {
        return Err(
            "the services of the free service key can't be edited: every free service is on".to_owned(),
        );
    }
    if view.kind != KeyKind::Service {
        return Err("only service keys call services".to_owned());
    }
    Ok(())
}
