//! Editing what admins write of a key: name, description, limit, people (K4), services (K5). No edit is applied over a
//! version its author had not seen.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use domain::activity::{Edited, Event, GrantsEdited, LimitEdited};
use domain::id::MemberId;
use domain::key::{MOST_PEOPLE, may_edit};
use domain::token::Touch;
use protocol::key::{EditKeyRequest, KeyView};
use protocol::organization::MemberView;
use protocol::path;
use protocol::problem::ProblemCode;
use store::{assigned, key};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::handlers::key::grants::check_grants;
use crate::handlers::key::people::{assignable, members, tell, too_many};
use crate::handlers::member::named;
use crate::operation::{IfMatch, Written};
use crate::parameters::OneKey;
use crate::refusal::Refusal;
use crate::work::Work;

/// Edit a key's name, description, limit, people or services
///
/// Fields that are left out stay as they are. When the key has another version than `If-Match` names, it was changed
/// meanwhile: nothing is done, and the caller reads it, merges, and asks again.
#[utoipa::path(patch, path = path::KEY, tag = "keys", operation_id = "edit_key",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("key_id" = domain::id::KeyId, Path, description = "The key."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
        ("if-match" = String, Header, description = "The version the edit was made over, in quotes: `\"3\"`."),
    ),
    request_body = EditKeyRequest,
    responses(
        (status = 200, description = "The key, edited.", body = KeyView),
        (status = 412, description = "The key was changed since that version.", body = protocol::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn edit(
    State(app): State<App>,
    caller: Caller,
    one: OneKey,
    IfMatch(version): IfMatch,
    Written {
        operation,
        body: request,
    }: Written<EditKeyRequest>,
) -> Result<Answer, Refusal> {
    let touch = Touch::Edit;
    let (mut work, key) = match Work::begin_on_key(&app, &caller, one, operation, touch).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(begun) => begun,
    };
    let id = key.id;

    if request.is_empty() {
        return Err(Refusal::field(
            "name",
            "there is nothing to edit: give a name, a description, a limit, people or services",
        ));
    }
    may_edit(key.life()).map_err(|refusal| Refusal::new(ProblemCode::Refused, refusal.to_string()))?;
    if key.version != version {
        return Err(Refusal::new(
            ProblemCode::PreconditionFailed,
            "this key was changed meanwhile; read it again, and decide which of both holds",
        )
        .at(protocol::header::IF_MATCH));
    }

    let before = key.fields();
    let notify = request.notify_people;
    if let Some(grants) = &request.grants {
        let of = (key.kind, key.free);
        check_grants(&app, &mut work, of, &before.grants, grants).await?;
    }
    let after = request.upon(&before);
    let added: BTreeSet<MemberId> = after.people.difference(&before.people).copied().collect();
    let taken: BTreeSet<MemberId> = before.people.difference(&after.people).copied().collect();
    assignable(key.kind, &after.people)?;
    if after.people.len() > MOST_PEOPLE {
        return Err(too_many(after.people.len()));
    }
    let assigned = members(&mut work, &added).await?;
    let unassigned = members(&mut work, &taken).await?;
    key::edit(&mut work.write, work.organization, id, (&before, &after)).await?;
    let ids = |members: &[MemberView]| members.iter().map(|member| member.id).collect::<Vec<_>>();
    assigned::change(
        &mut work.write,
        work.organization,
        id,
        &ids(&assigned),
        &ids(&unassigned),
    )
    .await?;
    if notify {
        tell(&app, &mut work, (id, &after.name), &assigned, true).await?;
        tell(&app, &mut work, (id, &after.name), &unassigned, false).await?;
    }

    let event = Event::KeyEdited {
        key: id,
        name: edited(before.name.as_str(), after.name.as_str()),
        description: edited(before.description.as_str(), after.description.as_str()),
        requests_per_minute: (before.requests_per_minute != after.requests_per_minute).then_some(
            LimitEdited {
                from: before.requests_per_minute,
                to: after.requests_per_minute,
            },
        ),
        assigned: assigned.iter().map(named).collect(),
        unassigned: unassigned.iter().map(named).collect(),
        grants: (before.grants != after.grants).then_some(GrantsEdited {
            from: before.grants,
            to: after.grants,
        }),
    };
    work.end_on_key(StatusCode::OK, id, event).await
}

/// A text before and after, where it differs.
pub(crate) fn edited(from: &str, to: &str) -> Option<Edited> {
    (from != to).then(|| Edited {
        from: from.to_owned(),
        to: to.to_owned(),
    })
}
