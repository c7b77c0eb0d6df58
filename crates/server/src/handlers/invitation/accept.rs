//! Coming in by an invitation with the signed-in account (P7).

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::{Actor, Event, Scope};
use domain::id::{AccountId, EventId, MemberId, OrganizationId};
use domain::invitation::may_accept;
use protocol::change::EntityRef;
use protocol::invitation::{InvitationCode, InvitationView, JoinedView};
use protocol::path;
use protocol::problem::ProblemCode;
use store::member::{self, NewMember};
use store::{Changed, Record, Write, account, group, invitation, mail};

use crate::address::ClientAddress;
use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::invitation::{attempt, by_code, for_another, named};
use crate::handlers::member::{named as named_member, named_organization};
use crate::operation::Written;
use crate::refusal::Refusal;

/// Come in by an invitation
///
/// With the signed-in account, whose address has to be the one that was invited.
#[utoipa::path(post, path = path::INVITATION_ACCEPT, tag = "members", operation_id = "accept_invitation",
    params(("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits.")),
    request_body = InvitationCode,
    responses(
        (status = 200, description = "The account's new place.", body = JoinedView),
        (status = 403, description = "It is for another address, was accepted, cancelled, or has expired.",
            body = protocol::problem::Problem, content_type = "application/problem+json"),
        (status = 404, description = "No invitation has this code.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn accept(
    State(app): State<App>,
    caller: Caller,
    from: ClientAddress,
    Written {
        operation,
        body: request,
    }: Written<InvitationCode>,
) -> Result<Answer, Refusal> {
    attempt(&app, from)?;
    let now = app.now();
    let (organization, _) = by_code(&mut app.store.direct().await?, &request.code).await?;
    let mut write = app.write_organization(organization, now).await?;
    if let Some(answer) = operation.answered(&mut write, &caller).await? {
        app.attempts.invited(from.household());
        return Ok(answer);
    }

    // Looked up once more: it may have been accepted, cancelled or sent again meanwhile.
    let (_, found) = by_code(&mut write, &request.code).await?;
    let me = account::view(&mut write, caller.account)
        .await?
        .ok_or_else(Refusal::signed_out)?;
    if me.email != found.email {
        return Err(for_another(&found, "sign in with it"));
    }
    let known = me
        .memberships
        .iter()
        .find(|known| known.organization_id == organization);
    if let Some(membership) = known {
        if found.accepted_at.is_none() {
            return Err(Refusal::new(
                ProblemCode::Refused,
                format!("you are a member of {} already", membership.organization_name),
            ));
        }
        // Its answer was lost.
        let membership = membership.clone();
        app.attempts.invited(from.household());
        return Answer::new(StatusCode::OK, &JoinedView { membership });
    }
    may_accept(found.life(), now)?;
    app.attempts.invited(from.household());

    if !write.open(Scope::Account(caller.account)).await? {
        return Err(Refusal::signed_out());
    }
    let member = app.make(now, MemberId::make);
    let records = come_in(&app, &mut write, (organization, &found), caller.account, member).await?;

    let membership = member::of_account(&mut write, caller.account)
        .await?
        .into_iter()
        .find(|membership| membership.id == member)
        .ok_or_else(Refusal::internal)?;
    let answer = Answer::new(StatusCode::OK, &JoinedView { membership })?;
    operation.keep(&mut write, caller.account, &answer).await?;
    write.commit(records).await?;
    Ok(answer)
}

/// Makes the member and notes that the invitation was accepted; answers the records of both scopes, the account's last.
pub(crate) async fn come_in(
    app: &App,
    write: &mut Write,
    (organization, found): (OrganizationId, &InvitationView),
    account: AccountId,
    id: MemberId,
) -> Result<[Record; 2], Refusal> {
    let now = write.at();
    let new = NewMember {
        id,
        organization,
        account,
        role: found.role,
    };
    member::insert(write, new).await?;
    let groups = group::join_invited(write, found.id, id).await?;
    invitation::accept(write, found.id, account).await?;
    mail::take_back(write, found.id.as_uuid()).await?;
    let view = member::view(write, organization, id)
        .await?
        .ok_or_else(Refusal::internal)?;
    let actor = Actor::Account(account);
    let there = Record {
        id: app.make(now, EventId::make),
        scope: Scope::Organization(organization),
        actor,
        event: Event::InvitationAccepted {
            invited: named(found),
            who: named_member(&view),
        },
        changed: [EntityRef::Member(id), EntityRef::Invitation(found.id)]
            .into_iter()
            .chain(groups.into_iter().map(EntityRef::Group))
            .map(Changed::Here)
            .collect(),
    };
    let theirs = Record {
        id: app.make(now, EventId::make),
        scope: Scope::Account(account),
        actor,
        event: Event::OrganizationJoined {
            at: named_organization(write, organization).await?,
            role: found.role,
        },
        changed: vec![Changed::Here(EntityRef::Membership(id))],
    };
    Ok([there, theirs])
}
