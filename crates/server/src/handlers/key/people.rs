//! The members a key is assigned to (K4).

use std::collections::BTreeSet;

use domain::id::{KeyId, MailId, MemberId};
use domain::key::{KeyKind, MOST_PEOPLE};
use domain::name::KeyName;
use protocol::organization::MemberView;
use store::mail;

use crate::app::App;
use crate::handlers::invitation::Inviting;
use crate::mail::AssignedMail;
use crate::refusal::Refusal;
use crate::work::Work;

/// The refusal of a list that is too long.
pub(crate) fn too_many(people: usize) -> Refusal {
    Refusal::field(
        "people",
        format!("a key is assigned to at most {MOST_PEOPLE} members, and these are {people}"),
    )
}

/// Refuses to assign a personal token, which is its owner's alone.
pub(crate) fn assignable(kind: KeyKind, people: &BTreeSet<MemberId>) -> Result<(), Refusal> {
    if kind == KeyKind::Personal && !people.is_empty() {
        return Err(Refusal::field(
            "people",
            "a personal token is its owner's alone; it is assigned to nobody",
        ));
    }
    Ok(())
}

/// The members of a list, which all have to belong to the organization.
pub(crate) async fn members(
    work: &mut Work,
    people: &BTreeSet<MemberId>,
) -> Result<Vec<MemberView>, Refusal> {
    if people.len() > MOST_PEOPLE {
        return Err(too_many(people.len()));
    }
    let mut members = Vec::with_capacity(people.len());
    for id in people {
        let found = store::member::view(&mut work.write, work.organization, *id).await?;
        members.push(found.ok_or_else(|| {
            Refusal::field(
                "people",
                format!("nobody here has the membership {id}; leave it out"),
            )
        })?);
    }
    Ok(members)
}

/// Tells members by mail that a key was assigned to them, or taken from them; not the one who did it.
pub(crate) async fn tell(
    app: &App,
    work: &mut Work,
    (id, name): (KeyId, &KeyName),
    members: &[MemberView],
    now: bool,
) -> Result<(), Refusal> {
    let others: Vec<&MemberView> = members
        .iter()
        .filter(|member| member.account_id != work.account)
        .collect();
    if others.is_empty() || !app.mailing.writes() {
        return Ok(());
    }
    let Inviting { organization, by } = Inviting::of(work).await?;
    for member in others {
        let letter = AssignedMail {
            organization: &organization,
            by: &by,
            key: name.as_str(),
            now,
        };
        let mail_id = work.make(|now, entropy| MailId::make(now, entropy));
        let mail = app.mailing.assigned(mail_id, &member.email, &letter)?;
        mail::insert(&mut work.write, id.as_uuid(), &mail).await?;
    }
    Ok(())
}
