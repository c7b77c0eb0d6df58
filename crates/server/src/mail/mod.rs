//! Mails: written when something happens, in its transaction; sent by a job of the server.
//!
//! They go over SMTP; where no mail server is named, into a folder as `.eml` files, which an operator can look at and
//! another program can send.

mod expiring;
mod send;
mod written;

use std::path::PathBuf;
use std::time::Duration;

use crypto::secret::Secret;
use domain::email::EmailAddress;
use domain::id::MailId;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use protocol::path;
use store::mail::Mail;

use crate::config::{Config, MailSecurity};
use crate::refusal::Refusal;

pub(crate) use expiring::ExpiringMail;
pub(crate) use send::run;
pub(crate) use written::{AssignedMail, InvitationMail, day};

/// Until a mail server has answered.
const ANSWER: Duration = Duration::from_secs(20);

/// Mail can't be sent with these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MailError(String);

/// Where mails go.
enum Way {
    /// To a mail server.
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    /// Into a folder, as files.
    Folder(PathBuf),
    /// Nowhere: none is written.
    Nowhere,
}

/// How mails are written and sent.
pub(crate) struct Mailing {
    way: Way,
    from: Mailbox,
    /// What links begin with.
    base: String,
    server: String,
    /// Whether somebody takes what is written: a mail server, or the folder an operator named.
    reaches: bool,
}

impl Mailing {
    /// As the settings say. `config.listen` is where the server really listens.
    pub(crate) fn new(config: &Config) -> Result<Self, MailError> {
        let way = match &config.mail_host {
            Some(host) => Way::Smtp(Box::new(smtp(host, config)?)),
            None => folder(config).map_or(Way::Nowhere, Way::Folder),
        };
        let from = config.mail_from.as_deref().unwrap_or("keystead@localhost");
        let from: Mailbox = from.parse().map_err(|_| {
            MailError(format!(
                "mail_from: “{from}” is no address; write it like Keystead <keys@example.org>"
            ))
        })?;
        let base = config.public_url.as_deref().map_or_else(
            || format!("http://{}", config.listen),
            |url| url.trim_end_matches('/').to_owned(),
        );
        Ok(Self {
            way,
            from,
            base,
            server: config.name.clone(),
            reaches: config.mail_host.is_some() || config.mail_folder.is_some(),
        })
    }

    /// Whether mails are written at all.
    pub(crate) const fn writes(&self) -> bool {
        !matches!(self.way, Way::Nowhere)
    }

    /// Whether mails reach people. Where not, who invites is given the link.
    pub(crate) const fn sends(&self) -> bool {
        matches!(self.way, Way::Smtp(_))
    }

    /// Whether somebody takes what is written. The folder beside the database of one computer is read by nobody.
    pub(crate) const fn reaches(&self) -> bool {
        self.reaches
    }

    /// Writes the mail that says that a key expires soon.
    pub(crate) fn expiring(
        &self,
        id: MailId,
        email: &EmailAddress,
        letter: &ExpiringMail<'_>,
    ) -> Result<Mail, Refusal> {
        expiring::expiring(id, email, letter, &self.server).map_err(|error| {
            tracing::error!(%error, "a mail could not be written");
            Refusal::internal()
        })
    }

    /// The link of an invitation.
    pub(crate) fn link(&self, code: &Secret) -> Secret {
        Secret::new(format!(
            "{}{}",
            self.base,
            path::fill(path::INVITATION_PAGE, &[&code.expose()])
        ))
    }

    /// Writes the mail of an invitation.
    pub(crate) fn invitation(
        &self,
        id: MailId,
        email: &EmailAddress,
        letter: &InvitationMail<'_>,
    ) -> Result<Mail, Refusal> {
        written::invitation(id, email, letter, &self.link(letter.code), &self.server)
            .map_err(|error| unwritten(&error))
    }

    /// Writes the mail of an assignment.
    pub(crate) fn assigned(
        &self,
        id: MailId,
        email: &EmailAddress,
        letter: &AssignedMail<'_>,
    ) -> Result<Mail, Refusal> {
        written::assigned(id, email, letter, &self.server).map_err(|error| unwritten(&error))
    }
}

fn unwritten(error: &askama::Error) -> Refusal {
    tracing::error!(%error, "a mail could not be written");
    Refusal::internal()
}

fn smtp(host: &str, config: &Config) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailError> {
    let encrypted = || {
        TlsParameters::new(host.to_owned()).map_err(|error| {
            MailError(format!(
                "mail_host: “{host}” can't be spoken to with TLS: {error}"
            ))
        })
    };
    let (tls, port) = match config.mail_security {
        MailSecurity::Tls => (Tls::Wrapper(encrypted()?), 465),
        MailSecurity::Starttls => (Tls::Required(encrypted()?), 587),
        MailSecurity::None => (Tls::None, 25),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(config.mail_port.unwrap_or(port))
        .tls(tls)
        .timeout(Some(ANSWER));
    if let (Some(user), Some(password)) = (&config.mail_user, &config.mail_password) {
        builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
    }
    Ok(builder.build())
}

/// The folder for mails: the one that was named, or one beside the file of the database.
fn folder(config: &Config) -> Option<PathBuf> {
    if let Some(folder) = &config.mail_folder {
        return Some(folder.clone());
    }
    if config.database.starts_with("postgres") {
        return None;
    }
    let file = config
        .database
        .strip_prefix("sqlite://")
        .unwrap_or(&config.database);
    Some(PathBuf::from(file).with_file_name("mail"))
}
