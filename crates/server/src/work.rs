//! A write to an organization, from its first look to its answer.
//!
//! What every such handler begins and ends with stands here, so that none forgets a part: the caller's standing, the
//! answer that was given before, the answer that is kept, the event.

use std::ops::ControlFlow;

use axum::http::StatusCode;
use domain::activity::{Actor, Event, Scope};
use domain::clock::Timestamp;
use domain::entropy::Entropy;
use domain::id::{
    AccountId, EventId, GroupId, InvitationId, KeyId, MemberId, OrganizationId, ServiceAccountId,
};
use domain::invitation::may_touch;
use domain::member::may_touch_invitation;
use domain::role::{Action, Grant, Role, grant, require};
use domain::token::{Touch, may_touch as may_touch_token};
use protocol::change::EntityRef;
use protocol::group::GroupView;
use protocol::invitation::InvitationView;
use protocol::key::KeyView;
use protocol::organization::MemberView;
use protocol::service_account::ServiceAccountView;
use serde::Serialize;
use store::{Changed, Record, Write, group, invitation, key, member, service_account};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::operation::Operation;
use crate::parameters::{OneInvitation, OneKey};
use crate::refusal::Refusal;
use crate::sight;

/// A write that has begun: other writers of the organization wait for it.
pub(crate) struct Work {
    app: App,
    operation: Operation,
    /// Where.
    pub(crate) organization: OrganizationId,
    /// Who.
    pub(crate) account: AccountId,
    /// As what.
    pub(crate) role: Role,
    /// The caller's own membership.
    pub(crate) standing: MemberId,
    theirs: Option<Theirs>,
    /// To read and to write with.
    pub(crate) write: Write,
}

/// What a write does to the feed and the record of the account it is about.
pub(crate) struct Theirs {
    pub(crate) account: AccountId,
    pub(crate) event: Event,
    pub(crate) changed: Vec<Changed>,
}

impl Work {
    /// Begins. Breaks with the answer, when the operation was done before: also when the caller is no member since.
    pub(crate) async fn begin(
        app: &App,
        caller: &Caller,
        organization: OrganizationId,
        operation: Operation,
    ) -> Result<ControlFlow<Answer, Self>, Refusal> {
        let mut write = app.write_organization(organization, app.now()).await?;
        if let Some(answer) = operation.answered(&mut write, caller).await? {
            return Ok(ControlFlow::Break(answer));
        }
        let standing = caller.standing(&mut write, organization).await?;
        Ok(ControlFlow::Continue(Self {
            app: app.clone(),
            operation,
            organization,
            account: caller.account,
            role: standing.role,
            standing: standing.id,
            theirs: None,
            write,
        }))
    }

    /// Begins a write about one key that the caller sees; answers the key as it is.
    pub(crate) async fn begin_at_key(
        app: &App,
        caller: &Caller,
        one: OneKey,
        operation: Operation,
    ) -> Result<ControlFlow<Answer, (Self, KeyView)>, Refusal> {
        let mut work = match Self::begin(app, caller, one.organization, operation).await? {
            ControlFlow::Break(answer) => return Ok(ControlFlow::Break(answer)),
            ControlFlow::Continue(work) => work,
        };
        let seen = work.seen_key(one.key).await?;
        let key = seen.ok_or_else(|| Refusal::not_found("key"))?;
        Ok(ControlFlow::Continue((work, key)))
    }

    /// Begins a write to one key, which the role has to allow, everywhere or for assigned keys, or which the caller owns;
    /// answers the key as it is.
    pub(crate) async fn begin_on_key(
        app: &App,
        caller: &Caller,
        one: OneKey,
        operation: Operation,
        touch: Touch,
    ) -> Result<ControlFlow<Answer, (Self, KeyView)>, Refusal> {
        let mut work = match Self::begin(app, caller, one.organization, operation).await? {
            ControlFlow::Break(answer) => return Ok(ControlFlow::Break(answer)),
            ControlFlow::Continue(work) => work,
        };
        // What is not seen is refused as if it were not there, unless the role is refused anyway.
        let seen = work.seen_key(one.key).await?;
        let action = touch.of_shared();
        match seen.as_ref().and_then(|key| key.owner) {
            Some(owner) => may_touch_token(work.role, owner.seen_by(work.standing), touch)?,
            None if grant(work.role, action) == Grant::Assigned => {}
            None => work.may(action)?,
        }
        let key = seen.ok_or_else(|| Refusal::not_found("key"))?;
        Ok(ControlFlow::Continue((work, key)))
    }

    /// A key, where the caller sees it.
    async fn seen_key(&mut self, id: KeyId) -> Result<Option<KeyView>, Refusal> {
        let sees = sight::keys(self.role, self.standing);
        let found = key::find(&mut self.write, self.organization, id).await?;
        Ok(found.filter(|key| sight::has(sees, key)))
    }

    /// Begins a write to one invitation that still waits, by somebody who may invite as what it invites.
    pub(crate) async fn begin_on_invitation(
        app: &App,
        caller: &Caller,
        one: OneInvitation,
        operation: Operation,
    ) -> Result<ControlFlow<Answer, (Self, InvitationView)>, Refusal> {
        let mut work = match Self::begin(app, caller, one.organization, operation).await? {
            ControlFlow::Break(answer) => return Ok(ControlFlow::Break(answer)),
            ControlFlow::Continue(work) => work,
        };
        work.may(Action::ManageMembers)?;
        let found = work.invitation(one.invitation).await?;
        may_touch_invitation(work.role, found.role)?;
        may_touch(found.life(), work.at())?;
        Ok(ControlFlow::Continue((work, found)))
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

    /// Asks for an action everywhere in the organization.
    pub(crate) fn may(&self, action: Action) -> Result<(), Refusal> {
        Ok(require(self.role, action)?)
    }

    /// A member of the organization.
    pub(crate) async fn member(&mut self, id: MemberId) -> Result<MemberView, Refusal> {
        member::view(&mut self.write, self.organization, id)
            .await?
            .ok_or_else(|| Refusal::not_found("member"))
    }

    /// A group of the organization.
    pub(crate) async fn group(&mut self, id: GroupId) -> Result<GroupView, Refusal> {
        group::find(&mut self.write, self.organization, id)
            .await?
            .ok_or_else(|| Refusal::not_found("group"))
    }

    /// A service account of the organization.
    pub(crate) async fn service_account(
        &mut self,
        id: ServiceAccountId,
    ) -> Result<ServiceAccountView, Refusal> {
        service_account::find(&mut self.write, self.organization, id)
            .await?
            .ok_or_else(|| Refusal::not_found("service account"))
    }

    /// An invitation into the organization.
    pub(crate) async fn invitation(&mut self, id: InvitationId) -> Result<InvitationView, Refusal> {
        invitation::find(&mut self.write, self.organization, id)
            .await?
            .ok_or_else(|| Refusal::not_found("invitation"))
    }

    /// Makes something, like an id or a code.
    pub(crate) fn make<T>(&self, make: impl FnOnce(Timestamp, &mut dyn Entropy) -> T) -> T {
        let now = self.at();
        self.app.ports.with_entropy(|entropy| make(now, entropy))
    }

    /// Tells the account that this write is about, too.
    pub(crate) fn and_with(mut self, theirs: Theirs) -> Self {
        self.theirs = Some(theirs);
        self
    }

    /// The moment of this write.
    pub(crate) const fn at(&self) -> Timestamp {
        self.write.at()
    }

    /// Keeps the answer, records what happened, and commits.
    pub(crate) async fn end(
        self,
        status: StatusCode,
        view: &impl Serialize,
        event: Event,
        changed: Vec<Changed>,
    ) -> Result<Answer, Refusal> {
        let answer = Answer::new(status, view)?;
        self.commit(&answer, event, changed).await?;
        Ok(answer)
    }

    /// The same for an answer with something that is told once: `kept` is what a repeated question is answered with.
    pub(crate) async fn end_once(
        self,
        status: StatusCode,
        (view, kept): (&impl Serialize, &impl Serialize),
        event: Event,
        changed: Vec<Changed>,
    ) -> Result<Answer, Refusal> {
        let answer = Answer::new(status, view)?;
        self.commit(&Answer::new(status, kept)?, event, changed).await?;
        Ok(answer)
    }

    async fn commit(mut self, kept: &Answer, event: Event, changed: Vec<Changed>) -> Result<(), Refusal> {
        self.operation.keep(&mut self.write, self.account, kept).await?;
        let actor = Actor::Account(self.account);
        let record = Record {
            id: self.app.make(self.at(), EventId::make),
            scope: Scope::Organization(self.organization),
            actor,
            event,
            changed,
        };
        let mut records = vec![record];
        if let Some(theirs) = self.theirs.take() {
            let scope = Scope::Account(theirs.account);
            if !self.write.open(scope).await? {
                return Err(Refusal::internal());
            }
            records.push(Record {
                id: self.app.make(self.at(), EventId::make),
                scope,
                actor,
                event: theirs.event,
                changed: theirs.changed,
            });
        }
        Ok(self.write.commit(records).await?)
    }
}
