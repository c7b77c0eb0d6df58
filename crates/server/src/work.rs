//! A write to an organization, from its first look to its answer.
//!
//! What every such handler begins and ends with stands here, so that none forgets a part: the caller's standing, the
//! answer that was given before, the answer that is kept, the event.

use std::ops::ControlFlow;

use axum::http::StatusCode;
use domain::activity::{Actor, Event, Scope};
use domain::clock::Timestamp;
use domain::id::{AccountId, EventId, OrganizationId};
use domain::role::{Action, Role, grant, require};
use serde::Serialize;
use store::{Changed, Record, Write};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::operation::Operation;
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
