//! Members and invitations: listed from the copy, changed at the server alone. Nothing of it waits in the outbox: who may
//! come in, and who may not any more, is not to be decided hours later.

use std::sync::Arc;

use domain::clock::Timestamp;
use domain::id::{InvitationId, MemberId};
use domain::invitation::{InvitationState, may_touch};
use domain::member::{
    may_change, may_invite, may_leave, may_remove, may_touch as may_touch_member, may_touch_invitation,
};
use domain::role::Role;
use protocol::invitation::{InvitationView, InviteRequest, SentInvitation};
use protocol::organization::MemberView;
use protocol::path::{self, fill};

use crate::error::DeskError;
use crate::open::OpenConnection;
use crate::there::{There, at_server};
use crate::view::{
    ActRule, GroupChoice, InvitationRow, InviteDraft, InviteReport, MemberRow, NotInvited, PeopleView,
    RoleRule, SentLink, sentence,
};
use crate::{Desk, blocking};

/// A rule as screens take it.
pub(crate) fn rule<E: std::fmt::Display>(may: Result<(), E>) -> ActRule {
    let reason = may.err().map(|reason| sentence(&reason.to_string()));
    ActRule {
        allowed: reason.is_none(),
        reason,
    }
}

impl Desk {
    /// The members of the organization and who is invited, from the copy.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn people(self: &Arc<Self>) -> Result<PeopleView, DeskError> {
        let open = self.current()?;
        let now = self.now();
        blocking(move || open.people(now)).await
    }

    /// Invites people; each address is answered for itself. Where the server has no mail to send with, the answer has the
    /// links, this once.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a role that may not; the server is away.
    pub async fn invite_people(self: &Arc<Self>, draft: InviteDraft) -> Result<InviteReport, DeskError> {
        let there = self.there()?;
        may_invite(there.open.record().role, draft.role)?;
        let emails: Vec<String> = draft
            .emails
            .iter()
            .map(|email| email.trim().to_owned())
            .filter(|email| !email.is_empty())
            .collect();
        if emails.is_empty() {
            return Err(DeskError::input("emails", "write at least one email address"));
        }
        let request = InviteRequest {
            emails,
            role: draft.role,
            groups: draft.groups,
        };
        let view = there
            .session
            .invite(there.organization, there.operation, &request)
            .await
            .map_err(at_server)?;
        self.sync_now().await?;
        Ok(InviteReport {
            invited: view.invited.into_iter().map(|sent| there.sent(sent)).collect(),
            refused: view
                .refused
                .into_iter()
                .map(|refused| NotInvited {
                    email: refused.email,
                    reason: refused.reason,
                })
                .collect(),
        })
    }

    /// Sends an invitation again: it gets a new link and a new end, and the old link is dead.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn resend_invitation(self: &Arc<Self>, id: InvitationId) -> Result<SentLink, DeskError> {
        let there = self.there()?;
        let sent = there
            .session
            .resend_invitation(there.organization, there.operation, id)
            .await
            .map_err(at_server)?;
        self.sync_now().await?;
        Ok(there.sent(sent))
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn cancel_invitation(self: &Arc<Self>, id: InvitationId) -> Result<(), DeskError> {
        let there = self.there()?;
        there
            .session
            .cancel_invitation(there.organization, there.operation, id)
            .await
            .map_err(at_server)?;
        self.sync_now().await?;
        Ok(())
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// [`DeskError::Refused`] where the table refuses.
    pub async fn change_role(self: &Arc<Self>, id: MemberId, role: Role) -> Result<(), DeskError> {
        let there = self.there()?;
        let member = there.open.member(id)?;
        let record = there.open.record();
        may_change(
            record.role,
            member.role,
            member.account_id == record.account_id,
            role,
        )?;
        there
            .session
            .change_role(there.organization, there.operation, id, role)
            .await
            .map_err(at_server)?;
        self.sync_now().await?;
        Ok(())
    }

    /// Removes a member from the organization.
    ///
    /// # Errors
    /// [`DeskError::Refused`] where the table refuses.
    pub async fn remove_member(self: &Arc<Self>, id: MemberId) -> Result<(), DeskError> {
        let there = self.there()?;
        let member = there.open.member(id)?;
        let record = there.open.record();
        may_remove(record.role, member.role, member.account_id == record.account_id)?;
        there
            .session
            .remove_member(there.organization, there.operation, id)
            .await
            .map_err(at_server)?;
        self.sync_now().await?;
        Ok(())
    }

    /// Leaves the organization; the copy on this computer is emptied.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for the Owner.
    pub async fn leave_organization(self: &Arc<Self>) -> Result<(), DeskError> {
        let there = self.there()?;
        may_leave(there.open.record().role)?;
        there
            .session
            .leave(there.organization, there.operation)
            .await
            .map_err(at_server)?;
        self.sync_now().await?;
        Ok(())
    }
}

impl There {
    fn sent(&self, sent: SentInvitation) -> SentLink {
        let server = self.session.server().address();
        let link = sent
            .code
            .map(|code| format!("{server}{}", fill(path::INVITATION_PAGE, &[&code.expose()])));
        SentLink {
            invitation_id: sent.invitation.id,
            email: sent.invitation.email.to_string(),
            mailed: sent.mailed,
            link,
            local: server.is_loopback(),
            expires_at: sent.invitation.expires_at,
        }
    }
}

impl OpenConnection {
    fn member(&self, id: MemberId) -> Result<MemberView, DeskError> {
        self.replica
            .members()?
            .into_iter()
            .find(|member| member.id == id)
            .ok_or_else(|| DeskError::NotFound("there is no such member any more".to_owned()))
    }

    fn people(&self, now: Timestamp) -> Result<PeopleView, DeskError> {
        let record = self.record();
        let actor = record.role;
        let (mut members, mut invitations) = (Vec::new(), Vec::new());
        for member in self.replica.members()? {
            let is_you = member.account_id == record.account_id;
            members.push(MemberRow {
                id: member.id,
                account_id: member.account_id,
                name: member.display_name.to_string(),
                email: member.email.to_string(),
                role: member.role,
                since: member.created_at,
                is_you,
                change: rule(may_touch_member(actor, member.role, is_you)),
                remove: rule(may_remove(actor, member.role, is_you)),
            });
        }
        for invitation in self.replica.invitations()? {
            let state = invitation.life().state(now);
            if matches!(state, InvitationState::Pending | InvitationState::Expired) {
                invitations.push(self.invitation_row(&invitation, state, now)?);
            }
        }
        let groups = self
            .replica
            .groups()?
            .into_iter()
            .map(|group| GroupChoice {
                id: group.id,
                name: group.name.to_string(),
            })
            .collect();
        let roles = Role::ALL
            .into_iter()
            .filter(|role| *role != Role::Owner)
            .map(|role| RoleRule {
                role,
                rule: rule(may_invite(actor, role)),
            })
            .collect();
        Ok(PeopleView {
            members,
            invitations,
            invite: rule(may_invite(actor, Role::Viewer)),
            roles,
            groups,
            leave: rule(may_leave(actor)),
        })
    }

    fn invitation_row(
        &self,
        invitation: &InvitationView,
        state: InvitationState,
        now: Timestamp,
    ) -> Result<InvitationRow, DeskError> {
        let may = may_touch_invitation(self.record().role, invitation.role)
            .map_err(|refusal| refusal.to_string())
            .and_then(|()| may_touch(invitation.life(), now).map_err(|refusal| refusal.to_string()));
        Ok(InvitationRow {
            id: invitation.id,
            email: invitation.email.to_string(),
            role: invitation.role,
            state,
            invited_by: self.name_of(invitation.created_by)?,
            sent_at: invitation.sent_at,
            expires_at: invitation.expires_at,
            groups: self.group_names(&invitation.groups)?,
            touch: rule(may),
        })
    }
}
