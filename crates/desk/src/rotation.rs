//! Rotation: a key's old secret gives way to a new one (K7).

use std::sync::Arc;

use domain::clock::Timestamp;
use domain::id::{KeyId, OperationId};
use domain::rotation::{NotRotating, RotationStep, check_overlap, is_drained, may_rotate};
use domain::token::Touch;
use protocol::key::{KeyUsageView, RotateKeyRequest};
use replica::{KeyRecord, Operation, OutboxEntry};

use crate::error::DeskError;
use crate::keys::no_such_key;
use crate::open::OpenConnection;
use crate::view::{ActRule, CreatedKey, KeyDetail, RotationView, UsageAddress, UsageHour, UsageView};
use crate::{Desk, blocking};

impl Desk {
    /// Gives a key a new secret. It is made here and in the keychain before anything is sent; the old one goes on working
    /// for `overlap_seconds` after the server has confirmed it, 0 to 7,776,000 (90 days).
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a key that has ended or is being rotated, or a role that may not;
    /// [`DeskError::Input`] at `overlapSeconds`.
    pub async fn rotate_key(
        self: &Arc<Self>,
        id: KeyId,
        overlap_seconds: u32,
    ) -> Result<CreatedKey, DeskError> {
        let open = self.current()?;
        check_overlap(overlap_seconds)
            .map_err(|refusal| DeskError::input("overlapSeconds", refusal.to_string()))?;
        let now = self.now();
        let operation_id = self.with_entropy(|entropy| OperationId::make(now, entropy));
        let desk = self.clone();
        blocking(move || {
            let record = open.replica.key(id)?.ok_or_else(no_such_key)?;
            open.may_touch(&record.view, Touch::Rotate)?;
            may_rotate_now(&record, now).map_err(DeskError::Refused)?;
            let born = desk.bear(record.view.kind, id, now);
            let request = RotateKeyRequest {
                secret: born.secret.clone(),
                overlap_seconds,
            };
            let name = record.shown.name.to_string();
            let created = open.keep(born, name, record.view.kind, || {
                let wish = Operation::RotateKey(request);
                Ok(open.replica.want(&[(operation_id, wish)], now)?)
            })?;
            desk.went(&open);
            Ok(created)
        })
        .await
    }

    /// Extends, finishes or rolls back the rotation of a key.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when none is under way, or for a role that may not; [`DeskError::Input`] at
    /// `overlapSeconds`.
    pub async fn step_rotation(
        self: &Arc<Self>,
        id: KeyId,
        step: RotationStep,
    ) -> Result<KeyDetail, DeskError> {
        let open = self.current()?;
        step.check()
            .map_err(|refusal| DeskError::input("overlapSeconds", refusal.to_string()))?;
        let now = self.now();
        let operation_id = self.with_entropy(|entropy| OperationId::make(now, entropy));
        let desk = self.clone();
        blocking(move || {
            let record = open.replica.key(id)?.ok_or_else(no_such_key)?;
            open.may_touch(&record.view, Touch::Rotate)?;
            may_step_now(&record, now).map_err(DeskError::Refused)?;
            let wish = Operation::StepRotation { key_id: id, step };
            open.replica.want(&[(operation_id, wish)], now)?;
            desk.went(&open);
            open.detail_of(id, now)
        })
        .await
    }

    /// How often a key was used in the last `hours` hours (1 to 9,600), by secret. Asked of the server: offline there is
    /// only what the last sync brought, in the key's detail.
    ///
    /// # Errors
    /// [`DeskError`]; the server is away, for one.
    pub async fn key_usage(self: &Arc<Self>, id: KeyId, hours: u32) -> Result<UsageView, DeskError> {
        let open = self.current()?;
        let organization = open.record().organization_id;
        let usage = open.engine.session()?.key_usage(organization, id, hours).await?;
        Ok(usage.into())
    }
}

impl From<KeyUsageView> for UsageView {
    fn from(usage: KeyUsageView) -> Self {
        let small = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            from: usage.from,
            until: usage.until,
            hours: usage
                .hours
                .into_iter()
                .map(|hour| UsageHour {
                    secret_id: hour.secret_id,
                    hour: hour.hour,
                    uses: small(hour.uses),
                })
                .collect(),
            addresses: usage
                .addresses
                .into_iter()
                .map(|of| UsageAddress {
                    secret_id: of.secret_id,
                    address: of.address,
                    uses: small(of.uses),
                    last_at: of.last_at,
                })
                .collect(),
        }
    }
}

/// Whether a key may be given a new secret, as far as is known here; the reason why not.
fn may_rotate_now(record: &KeyRecord, now: Timestamp) -> Result<(), String> {
    if record.unconfirmed {
        return Err("this key is not made yet; rotate it when it is in force".to_owned());
    }
    let waits =
        |entry: &OutboxEntry| matches!(entry.operation, Operation::RotateKey(_)) && entry.state.goes_on();
    if record.pending.iter().any(waits) {
        return Err("its rotation waits for the server already".to_owned());
    }
    may_rotate(record.view.life(), record.view.rotation(now), 0, now).map_err(|refusal| refusal.to_string())
}

/// Whether something may be done to the rotation of a key, as far as is known here; the reason why not.
fn may_step_now(record: &KeyRecord, now: Timestamp) -> Result<(), String> {
    record.view.rotation(now).ok_or_else(|| NotRotating.to_string())?;
    let ends = |entry: &OutboxEntry| {
        matches!(
            entry.operation,
            Operation::StepRotation {
                step: RotationStep::Finish | RotationStep::RollBack,
                ..
            }
        ) && entry.state.goes_on()
    };
    if record.pending.iter().any(ends) {
        return Err("the end of its rotation waits for the server already".to_owned());
    }
    Ok(())
}

impl OpenConnection {
    pub(crate) fn rotate_rule(&self, record: &KeyRecord, now: Timestamp) -> ActRule {
        self.rule(&record.view, Touch::Rotate, || may_rotate_now(record, now))
    }

    /// The rotation of a key, for those who watch it.
    pub(crate) fn rotation_of(&self, record: &KeyRecord, now: Timestamp) -> Option<RotationView> {
        let view = &record.view;
        let rotation = view.rotation(now)?;
        let of = |id| view.secrets.iter().find(|secret| secret.id == id);
        let (old, new) = (of(rotation.old)?, of(rotation.new)?);
        Some(RotationView {
            old: rotation.old,
            new: rotation.new,
            began_at: new.created_at,
            ends_at: rotation.ends_at,
            drained: is_drained(old.last_used_at, new.created_at, now),
            step: self.rule(view, Touch::Rotate, || may_step_now(record, now)),
        })
    }
}
