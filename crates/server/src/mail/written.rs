//! What stands in the mails.

use askama::Template;
use crypto::secret::Secret;
use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::id::MailId;
use domain::role::Role;
use store::mail::Mail;

/// Who invites into what.
pub(crate) struct InvitationMail<'a> {
    pub(crate) organization: &'a str,
    pub(crate) by: &'a str,
    pub(crate) role: Role,
    pub(crate) code: &'a Secret,
    pub(crate) expires_at: Timestamp,
}

#[derive(Template)]
#[template(path = "invitation.txt")]
struct Text<'a> {
    by: &'a str,
    organization: &'a str,
    server: &'a str,
    role: &'a str,
    link: &'a str,
    until: &'a str,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct Html<'a> {
    subject: &'a str,
    by: &'a str,
    organization: &'a str,
    server: &'a str,
    role: &'a str,
    link: &'a str,
    until: &'a str,
    email: &'a str,
}

/// A moment as people read it, in UTC: `2026-03-19 10:42 UTC`.
pub(crate) fn day(at: Timestamp) -> String {
    let text = at.to_string();
    let minute = text.get(..16).unwrap_or(&text).replace('T', " ");
    format!("{minute} UTC")
}

pub(crate) fn invitation(
    id: MailId,
    recipient: &EmailAddress,
    letter: &InvitationMail<'_>,
    link: &Secret,
    server: &str,
) -> Result<Mail, askama::Error> {
    let InvitationMail { organization, by, .. } = *letter;
    let (role, until) = (letter.role.label(), &*day(letter.expires_at));
    let (link, email) = (link.expose(), recipient.as_str());
    let subject = format!("{by} invites you to {organization}");
    let text = Text {
        by,
        organization,
        server,
        role,
        link,
        until,
        email,
    };
    let html = Html {
        subject: &subject,
        by,
        organization,
        server,
        role,
        link,
        until,
        email,
    };
    Ok(Mail {
        id,
        recipient: recipient.clone(),
        text: text.render()?,
        html: html.render()?,
        subject,
    })
}

/// Who assigned which key to its reader, or took it from them.
pub(crate) struct AssignedMail<'a> {
    pub(crate) organization: &'a str,
    pub(crate) by: &'a str,
    pub(crate) key: &'a str,
    /// Whether it is assigned now.
    pub(crate) now: bool,
}

#[derive(Template)]
#[template(path = "assigned.txt")]
struct AssignedText<'a> {
    by: &'a str,
    organization: &'a str,
    server: &'a str,
    key: &'a str,
    now: bool,
}

#[derive(Template)]
#[template(path = "assigned.html")]
struct AssignedHtml<'a> {
    subject: &'a str,
    by: &'a str,
    organization: &'a str,
    server: &'a str,
    key: &'a str,
    now: bool,
}

pub(crate) fn assigned(
    id: MailId,
    recipient: &EmailAddress,
    letter: &AssignedMail<'_>,
    server: &str,
) -> Result<Mail, askama::Error> {
    let AssignedMail {
        organization,
        by,
        key,
        now,
    } = *letter;
    let subject = if now {
        format!("The key “{key}” was assigned to you")
    } else {
        format!("The key “{key}” is no longer assigned to you")
    };
    let text = AssignedText {
        by,
        organization,
        server,
        key,
        now,
    };
    let html = AssignedHtml {
        subject: &subject,
        by,
        organization,
        server,
        key,
        now,
    };
    Ok(Mail {
        id,
        recipient: recipient.clone(),
        text: text.render()?,
        html: html.render()?,
        subject,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Zeros;

    #[test]
    fn p7_the_mail_of_an_invitation() {
        let at = Timestamp::from_micros(1_773_312_127_000_000);
        let letter = InvitationMail {
            organization: "Fish & <b>Chips</b>",
            by: "Ada Vance",
            role: Role::Editor,
            code: &Secret::new("ksi_code".to_owned()),
            expires_at: at,
        };
        let email = EmailAddress::parse("bob@northwind.example").unwrap();
        let link = Secret::new("https://keys.example.org/invite/ksi_code".to_owned());
        let mail = invitation(
            MailId::make(at, &mut Zeros),
            &email,
            &letter,
            &link,
            "Northwind keys",
        )
        .unwrap();
        insta::assert_snapshot!(format!("{}\n\n{}\n-----\n{}", mail.subject, mail.text, mail.html));
    }

    #[test]
    fn k4_the_mails_of_an_assignment() {
        let at = Timestamp::from_micros(1_773_312_127_000_000);
        let email = EmailAddress::parse("bob@northwind.example").unwrap();
        let mails = [true, false].map(|now| {
            let letter = AssignedMail {
                organization: "Fish & <b>Chips</b>",
                by: "Ada Vance",
                key: "Route <planner>",
                now,
            };
            let id = MailId::make(at, &mut Zeros);
            let mail = assigned(id, &email, &letter, "Northwind keys").unwrap();
            format!("{}\n\n{}\n-----\n{}", mail.subject, mail.text, mail.html)
        });
        insta::assert_snapshot!(mails.join("\n=====\n"));
    }
}
