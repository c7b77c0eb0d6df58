//! Members and invitations.

use std::io::Read as _;
use std::process::ExitCode;
use std::sync::Arc;

use desk::view::{
    AcceptInvitation, InvitationRow, InvitationSeen, InviteDraft, MemberRow, PeopleView, SentLink,
};
use desk::{Desk, DeskError};
use domain::id::{MemberId, OrganizationId};
use domain::role::Role;
use serde::Serialize;

use crate::connect::welcome;
use crate::exit;
use crate::groups::find_groups;
use crate::keys::{ask_line, time};
use crate::look::Wanted;
use crate::output::{Output, table};

fn member_lines(people: &PeopleView) -> String {
    let rows: Vec<Vec<String>> = people
        .members
        .iter()
        .map(|member| {
            vec![
                member.name.clone(),
                member.email.clone(),
                member.role.label().to_owned(),
                time(Some(member.since)),
                if member.is_you {
                    "you".to_owned()
                } else {
                    String::new()
                },
            ]
        })
        .collect();
    table(&["NAME", "EMAIL", "ROLE", "SINCE", ""], &rows)
}

fn invitation_lines(invitations: &[InvitationRow]) -> String {
    let rows: Vec<Vec<String>> = invitations
        .iter()
        .map(|invitation| {
            vec![
                invitation.email.clone(),
                invitation.role.label().to_owned(),
                invitation.state.label().to_owned(),
                time(Some(invitation.expires_at)),
                invitation.invited_by.clone(),
                invitation.id.to_string(),
            ]
        })
        .collect();
    table(&["INVITED", "ROLE", "STATE", "UNTIL", "BY", "INVITATION"], &rows)
}

pub(crate) async fn list(desk: &Arc<Desk>, output: &Output, wanted: &Wanted) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let people = desk.people().await?;
    output.result(&people, || {
        if people.invitations.is_empty() {
            return member_lines(&people);
        }
        format!(
            "{}\n\n{}",
            member_lines(&people),
            invitation_lines(&people.invitations)
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn invitations(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let people = desk.people().await?;
    if !people.invite.allowed {
        let reason = people.invite.reason.unwrap_or_default();
        return Err(DeskError::Refused(reason));
    }
    output.result(&people.invitations, || {
        if people.invitations.is_empty() {
            "Nobody is invited.".to_owned()
        } else {
            invitation_lines(&people.invitations)
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn sent_line(sent: &SentLink) -> String {
    let until = time(Some(sent.expires_at));
    match &sent.link {
        Some(link) => format!(
            "{} is invited until {until}. Pass this link on to them; it is not shown again:\n{link}",
            sent.email
        ),
        None if sent.mailed => format!("{} is invited until {until}, by mail.", sent.email),
        None => format!(
            "{} is invited until {until}; the link was told already: send the invitation again for a new one.",
            sent.email
        ),
    }
}

pub(crate) async fn invite(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    emails: Vec<String>,
    role: Role,
    groups: Vec<String>,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let groups = find_groups(desk, &groups).await?;
    let report = desk.invite_people(InviteDraft { emails, role, groups }).await?;
    output.result(&report, || {
        report
            .invited
            .iter()
            .map(sent_line)
            .collect::<Vec<_>>()
            .join("\n")
    })?;
    for refused in &report.refused {
        output.say(&format!("{}: {}", refused.email, refused.reason));
    }
    Ok(if report.refused.is_empty() {
        ExitCode::SUCCESS
    } else {
        exit::REFUSED.into()
    })
}

pub(crate) async fn find_member(desk: &Arc<Desk>, wanted: &str) -> Result<MemberRow, DeskError> {
    let lower = wanted.to_lowercase();
    desk.people()
        .await?
        .members
        .into_iter()
        .find(|member| member.email == lower || member.id.to_string() == lower)
        .ok_or_else(|| {
            DeskError::NotFound(format!(
                "no member has the address or id {wanted}; `keystead members list` shows all"
            ))
        })
}

/// The members with these addresses or ids.
pub(crate) async fn members(desk: &Arc<Desk>, wanted: &[String]) -> Result<Vec<MemberId>, DeskError> {
    let mut ids = Vec::with_capacity(wanted.len());
    for one in wanted {
        ids.push(find_member(desk, one).await?.id);
    }
    Ok(ids)
}

async fn find_invitation(desk: &Arc<Desk>, wanted: &str) -> Result<InvitationRow, DeskError> {
    let lower = wanted.to_lowercase();
    desk.people()
        .await?
        .invitations
        .into_iter()
        .find(|invitation| invitation.email == lower || invitation.id.to_string() == lower)
        .ok_or_else(|| {
            DeskError::NotFound(format!(
                "no open invitation is for {wanted}; `keystead invitations list` shows all that can be sent again or \
                 cancelled"
            ))
        })
}

pub(crate) async fn role(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    member: &str,
    role: Role,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let found = find_member(desk, member).await?;
    desk.change_role(found.id, role).await?;
    let member = find_member(desk, &found.id.to_string()).await?;
    output.result(&member, || {
        format!("{} is {} now.", member.name, member.role.label())
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn remove(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    member: &str,
    yes: bool,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let found = find_member(desk, member).await?;
    if !yes {
        output.say(&format!(
            "{} will not see this organization any more; their copy of it is emptied at their next sync. Their personal \
             tokens are revoked. Keys they made stay, and secrets they know go on working until they are rotated.",
            found.name
        ));
        let typed = ask_line(&format!("Type {} to remove them: ", found.email))?;
        if typed.trim().to_lowercase() != found.email {
            return Err(DeskError::Refused(
                "the address does not match; nobody was removed".to_owned(),
            ));
        }
    }
    desk.remove_member(found.id).await?;
    output.result(&found, || format!("{} was removed.", found.name))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn leave(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    yes: bool,
) -> Result<ExitCode, DeskError> {
    #[derive(Serialize)]
    struct Left {
        organization: String,
    }
    wanted.open(desk, output).await?;
    let last = wanted.connection.or_else(|| desk.last_used());
    let organization = desk
        .connections()
        .into_iter()
        .find(|connection| Some(connection.id) == last)
        .map(|connection| connection.organization_name)
        .unwrap_or_default();
    if !yes {
        output.say("The copy on this computer is emptied; only a new invitation brings you back.");
        if ask_line(&format!("Type {organization} to leave it: "))?.trim() != organization {
            return Err(DeskError::Refused(
                "the name does not match; you are still a member".to_owned(),
            ));
        }
    }
    desk.leave_organization().await?;
    let left = Left { organization };
    output.result(&left, || format!("You left {}.", left.organization))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn resend(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    invitation: &str,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let found = find_invitation(desk, invitation).await?;
    let sent = desk.resend_invitation(found.id).await?;
    output.result(&sent, || sent_line(&sent))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn cancel(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    invitation: &str,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let found = find_invitation(desk, invitation).await?;
    desk.cancel_invitation(found.id).await?;
    output.result(&found, || {
        format!("The invitation of {} is cancelled.", found.email)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The link that was given, or the first line of standard input.
pub(crate) fn link_of(given: &str) -> Result<String, DeskError> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    std::io::stdin()
        .take(4_096)
        .read_to_string(&mut text)
        .map_err(|error| DeskError::Unexpected(format!("standard input: {error}")))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// An invitation in a sentence.
pub(crate) fn told(seen: &InvitationSeen) -> String {
    format!(
        "{} invites {} to {} at {}, as {}; {}, until {}.",
        seen.invited_by,
        seen.email,
        seen.organization_name,
        seen.host,
        seen.role.label(),
        seen.state.label(),
        time(Some(seen.expires_at)),
    )
}

pub(crate) async fn show(desk: &Arc<Desk>, output: &Output, link: &str) -> Result<ExitCode, DeskError> {
    let seen = desk.look_at_invitation(&link_of(link)?).await?;
    output.result(&seen, || told(&seen))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn accept(desk: &Arc<Desk>, output: &Output, link: &str) -> Result<ExitCode, DeskError> {
    let link = link_of(link)?;
    let opened = desk.accept_invitation(AcceptInvitation { link }).await?;
    desk.sync_now().await?;
    welcome(output, &opened)
}

pub(crate) async fn memberships(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let rows = desk.memberships().await?;
    output.result(&rows, || {
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                vec![
                    if row.is_open {
                        "*".to_owned()
                    } else {
                        String::new()
                    },
                    row.organization_name.clone(),
                    row.role.label().to_owned(),
                    row.organization_id.to_string(),
                ]
            })
            .collect();
        table(&["", "ORGANIZATION", "ROLE", "ID"], &lines)
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn open(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    organization: OrganizationId,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let opened = desk.open_membership(organization).await?;
    desk.sync_now().await?;
    welcome(output, &opened)
}
