//! The mail that says that a key expires soon (K16).

use askama::Template;
use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::id::MailId;
use store::mail::Mail;

use super::day;

/// Which key ends where.
pub(crate) struct ExpiringMail<'a> {
    pub(crate) organization: &'a str,
    pub(crate) key: &'a str,
    pub(crate) expires_at: Timestamp,
    pub(crate) now: Timestamp,
}

#[derive(Template)]
#[template(path = "expiring.txt")]
struct Text<'a> {
    subject: &'a str,
    organization: &'a str,
    until: &'a str,
    server: &'a str,
}

#[derive(Template)]
#[template(path = "expiring.html")]
struct Html<'a> {
    subject: &'a str,
    organization: &'a str,
    until: &'a str,
    server: &'a str,
}

/// In whole days, as people count them: what is left of the last day is “a day”.
fn left(expires_at: Timestamp, now: Timestamp) -> String {
    let hours = expires_at.micros_since(now) / 3_600_000_000;
    match hours / 24 {
        0 => "within a day".to_owned(),
        1 => "in a day".to_owned(),
        days => format!("in {days} days"),
    }
}

pub(super) fn expiring(
    id: MailId,
    recipient: &EmailAddress,
    letter: &ExpiringMail<'_>,
    server: &str,
) -> Result<Mail, askama::Error> {
    let ExpiringMail {
        organization, key, ..
    } = *letter;
    let subject = format!("{key} expires {}", left(letter.expires_at, letter.now));
    let until = &*day(letter.expires_at);
    let text = Text {
        subject: &subject,
        organization,
        until,
        server,
    };
    let html = Html {
        subject: &subject,
        organization,
        until,
        server,
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
    fn k16_the_mail_of_a_key_that_expires() {
        let now = Timestamp::from_micros(1_773_312_127_000_000);
        let letter = ExpiringMail {
            organization: "Fish & <b>Chips</b>",
            key: "ci-deploy",
            expires_at: now.plus_days(7),
            now,
        };
        let email = EmailAddress::parse("ada@northwind.example").unwrap();
        let mail = expiring(MailId::make(now, &mut Zeros), &email, &letter, "Northwind keys").unwrap();
        insta::assert_snapshot!(format!("{}\n\n{}\n-----\n{}", mail.subject, mail.text, mail.html));
        assert_eq!(left(now.plus_seconds(86_399), now), "within a day");
        assert_eq!(left(now.plus_days(1), now), "in a day");
    }
}
