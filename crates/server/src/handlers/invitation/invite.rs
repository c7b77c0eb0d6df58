//! Inviting people (P7): many at once, each address answered for itself.

use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use crypto::token;
use domain::activity::Event;
use domain::email::EmailAddress;
use domain::id::{GroupId, InvitationId};
use domain::invitation::{InvitationState, MOST_AT_ONCE};
use domain::member::may_invite;
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::invitation::{InviteRequest, InvitedView, RefusedAddress, SentInvitation};
use protocol::path;
use store::invitation::{self, NewInvitation};
use store::{Changed, group, mail};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::invitation::{Inviting, named};
use crate::operation::Written;
use crate::parameters::InOrganization;
use crate::refusal::{Refusal, punctuated};
use crate::work::Work;

/// Invite people
///
/// Each address is answered for itself. An invitation lasts 7 days. Its link goes to the address by mail; where the server
/// has none to send with, the answer has the code of the link, this once: a repeated question is answered without it.
#[utoipa::path(post, path = path::INVITATIONS, tag = "members", operation_id = "invite",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = InviteRequest,
    responses((status = 200, description = "What became of each address.", body = InvitedView)))]
pub(crate) async fn invite(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    Written {
        operation,
        body: request,
    }: Written<InviteRequest>,
) -> Result<Answer, Refusal> {
    let mut work = match Work::begin(&app, &caller, organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManageMembers)?;
    may_invite(work.role, request.role).map_err(|refusal| Refusal::from(refusal).at("role"))?;
    if request.emails.is_empty() || request.emails.len() > MOST_AT_ONCE {
        return Err(Refusal::field(
            "emails",
            format!("invite from 1 to {MOST_AT_ONCE} addresses at once"),
        ));
    }

    for id in &request.groups {
        if group::find(&mut work.write, organization, *id).await?.is_none() {
            return Err(Refusal::field("groups", format!("there is no group {id} here")));
        }
    }

    let inviting = Inviting::of(&mut work).await?;
    let mut seen = HashSet::new();
    let (mut invited, mut refused, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for text in request.emails {
        let refuse = |email: String, reason: &str| RefusedAddress {
            email,
            reason: punctuated(reason),
        };
        let email = match EmailAddress::parse(&text) {
            Ok(email) => email,
            Err(problem) => {
                let short = text.trim().chars().take(80).collect();
                refused.push(refuse(short, &problem.to_string()));
                continue;
            }
        };
        if !seen.insert(email.clone()) {
            continue;
        }
        if invitation::member_with(&mut work.write, organization, &email)
            .await?
            .is_some()
        {
            refused.push(refuse(email.to_string(), "is a member already"));
            continue;
        }
        if let Some(open) = invitation::open_to(&mut work.write, organization, &email).await? {
            if open.life().state(work.at()) == InvitationState::Pending {
                refused.push(refuse(
                    email.to_string(),
                    "is invited already; send that invitation again, or cancel it first",
                ));
                continue;
            }
            invitation::cancel(&mut work.write, open.id).await?;
            mail::take_back(&mut work.write, open.id.as_uuid()).await?;
            changed.push(Changed::Here(EntityRef::Invitation(open.id)));
        }
        let (id, code) =
            work.make(|now, entropy| (InvitationId::make(now, entropy), token::mint_invitation(entropy)));
        let new = NewInvitation {
            id,
            organization,
            email: &email,
            role: request.role,
            hash: App::hash_token(code.expose()),
            by: work.account,
        };
        invitation::insert(&mut work.write, &new).await?;
        let groups: BTreeSet<GroupId> = request.groups.iter().copied().collect();
        for group in groups {
            group::invite_into(&mut work.write, id, group).await?;
        }
        let linked = inviting
            .tell(&app, &mut work, (id, &email, request.role), code)
            .await?;
        changed.push(Changed::Here(EntityRef::Invitation(id)));
        invited.push(SentInvitation {
            invitation: invitation::find(&mut work.write, organization, id)
                .await?
                .ok_or_else(Refusal::internal)?,
            mailed: linked.mailed,
            code: linked.code,
        });
    }
    // Nothing was done: there is nothing to record, and asking again does no harm.
    if invited.is_empty() {
        return Answer::new(StatusCode::OK, &InvitedView { invited, refused });
    }

    let people = invited.iter().map(|sent| named(&sent.invitation)).collect();
    let kept = InvitedView {
        invited: invited.iter().map(SentInvitation::kept).collect(),
        refused: refused.clone(),
    };
    let view = InvitedView { invited, refused };
    work.end_once(
        StatusCode::OK,
        (&view, &kept),
        Event::PeopleInvited { people },
        changed,
    )
    .await
}
