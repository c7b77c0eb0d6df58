//! Mails that wait to be sent. They are written in the transaction of what they tell of: a rollback sends nothing.
//!
//! A row goes when its mail is sent or given up. Sending is no write: what it tells of has its event already.

use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::id::MailId;
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, all, run};
use crate::open::Store;
use crate::write::Write;

/// A mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id.
    pub id: MailId,
    /// To whom.
    pub recipient: EmailAddress,
    /// What it is about, in one line.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The same for programs that show HTML.
    pub html: String,
}

/// A mail that waits, and how often it was tried.
pub struct Waiting {
    /// It.
    pub mail: Mail,
    /// Attempts before this one.
    pub attempts: i64,
}

/// Puts a mail among those to be sent. `about` names what it is about.
///
/// # Errors
/// The database does not answer.
pub async fn insert(write: &mut Write, about: Uuid, mail: &Mail) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "INSERT INTO mail (id, about, recipient, subject, text, html, created_at, next_at, attempts) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0)",
        mail.id.as_uuid(),
        about,
        mail.recipient.as_str(),
        mail.subject.as_str(),
        mail.text.as_str(),
        mail.html.as_str(),
        at,
    )?;
    Ok(())
}

/// Takes back what waits and is about something.
///
/// # Errors
/// The database does not answer.
pub async fn take_back(write: &mut Write, about: Uuid) -> Result<(), StoreError> {
    run!(write, "DELETE FROM mail WHERE about = $1", about)?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct MailRow {
    id: Uuid,
    recipient: String,
    subject: String,
    text: String,
    html: String,
    attempts: i64,
}

/// Mails whose time has come, at most `limit`.
///
/// # Errors
/// The database does not answer.
pub async fn due(from: &mut impl Connected, now: Timestamp, limit: i64) -> Result<Vec<Waiting>, StoreError> {
    let rows = all!(
        MailRow,
        from,
        "SELECT id, recipient, subject, text, html, attempts FROM mail WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2",
        now.as_micros(),
        limit,
    )?;
    rows.into_iter()
        .map(|row| {
            Ok(Waiting {
                mail: Mail {
                    id: MailId::from_uuid(row.id),
                    recipient: EmailAddress::parse(&row.recipient)
                        .map_err(|_| StoreError::damaged("an email address"))?,
                    subject: row.subject,
                    text: row.text,
                    html: row.html,
                },
                attempts: row.attempts,
            })
        })
        .collect()
}

/// Takes a mail to send it; `false` when another node was first, or it was taken back. When nothing is heard of it, it is
/// due again at `next`.
///
/// # Errors
/// The database does not answer.
pub async fn take(store: &Store, id: MailId, now: Timestamp, next: Timestamp) -> Result<bool, StoreError> {
    let mut tx = store.writing().await?;
    let taken = run!(
        &mut tx,
        "UPDATE mail SET next_at = $3, attempts = attempts + 1 WHERE id = $1 AND next_at <= $2",
        id.as_uuid(),
        now.as_micros(),
        next.as_micros(),
    )?;
    tx.commit().await?;
    Ok(taken == 1)
}

/// Forgets a mail: it was sent, or is given up.
///
/// # Errors
/// The database does not answer.
pub async fn forget(store: &Store, id: MailId) -> Result<(), StoreError> {
    let mut tx = store.writing().await?;
    run!(&mut tx, "DELETE FROM mail WHERE id = $1", id.as_uuid())?;
    tx.commit().await
}
