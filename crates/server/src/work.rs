//! A write to an organization, from its first look to its answer.
//!
//! What every such handler begins and ends with stands here, so that none forgets a part: the caller's standing, the
//! answer that was given before, the answer that is kept, the event.

use std::ops::ControlFlow;

use axum::http::StatusCode;
use domain::activity::{Actor, Event, Scope};
use domain::clock::Timestamp;
use domain::id::{AccountId, EventId, KeyId, OrganizationId};
use domain::role::{Action, Role, grant, require};
use protocol::change::EntityRef;
use protocol::key::KeyView;
use serde::Serialize;
use store::{Changed, Record, Write, key};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::operation::Operation;
use crate::parameters::OneKey;
use crate::refusal::Refusal;

/// A write that has begun: other writers of the organization wait for it.
pub(crate) struct Work {
    app: App,
    operation: Operation,
    /// Where.
    pub(crate) organization: OrganizationId,
    /// Who.
    pub(crate) account: AccountId,
    /// As what.
    role: Role,
    /// To read and to write with.
    pub(crate) write: Write,
}

impl Work {
    /// Begins. Breaks with the answer, when the operation was done before.
    pub(crate) async fn begin(
        app: &App,
        caller: &Caller,
        organization: OrganizationId,
        operation: Operation,
    ) -> Result<ControlFlow<Answer, Self>, Refusal> {
        let mut write = app.write_organization(organization, app.now()).await?;
        let standing = caller.standing(&mut write, organization).await?;
        if let Some(answer) = operation.answered(&mut write, caller).await? {
            return Ok(ControlFlow::Break(answer));
        }
        Ok(ControlFlow::Continue(Self {
            app: app.clone(),
            operation,
            organization,
            account: caller.account,
            role: standing.role,
            write,
        }))
    }

    /// Begins a write to one key, which the role has to allow; answers the key as it is.
    pub(crate) async fn begin_on_key(
        app: &App,
        caller: &Caller,
        one: OneKey,
        operation: Operation,
        action: Action,
    ) -> Result<ControlFlow<Answer, (Self, KeyView)>, Refusal> {
        let mut work = match Self::begin(app, caller, one.organization, operation).await? {
            ControlFlow::Break(answer) => return Ok(ControlFlow::Break(answer)),
            ControlFlow::Continue(work) => work,
        };
        work.may(action)?;
        let key = key::find(&mut work.write, one.organization, one.key)
            .await?
            .ok_or_else(|| Refusal::not_found("key"))?;
        Ok(ControlFlow::Continue((work, key)))
    }

    /// Ends a write to one key with the key as it is now.
    pub(crate) async fn end_on_key(
        mut self,
        status: StatusCode,
        id: KeyId,
        event: Event,
    ) -> Result<Answer, Refusal> {
        let view = key::find(&mut self.write, self.organization, id)
            .await?
            .ok_or_else(Refusal::internal)?;
        let changed = vec![Changed::Here(EntityRef::Key(id))];
        self.end(status, &view, event, changed).await
    }

    /// Asks for an action on a key. Who may do it to assigned keys only is told that this one is not there: keys are
    /// assigned to nobody yet.
    pub(crate) fn may(&self, action: Action) -> Result<(), Refusal> {
        if grant(self.role, action).is_some() && !grant(self.role, action).is_full() {
            return Err(Refusal::not_found("key"));
        }
        Ok(require(self.role, action)?)
    }

    /// The moment of this write.
    pub(crate) const fn at(&self) -> Timestamp {
        self.write.at()
    }

    /// Keeps the answer, records what happened, and commits.
    pub(crate) async fn end(
        mut self,
        status: StatusCode,
        view: &impl Serialize,
        event: Event,
        changed: Vec<Changed>,
    ) -> Result<Answer, Refusal> {
        let answer = Answer::new(status, view)?;
        self.operation
            .keep(&mut self.write, self.account, &answer)
            .await?;
        let record = Record {
            id: self.app.make(self.at(), EventId::make),
            scope: Scope::Organization(self.organization),
            actor: Actor::Account(self.account),
            event,
            changed,
        };
        self.write.commit([record]).await?;
        Ok(answer)
    }
}
