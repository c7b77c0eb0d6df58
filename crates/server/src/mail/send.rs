//! The job that sends what waits. A mail that can't be sent is tried again, ever more rarely, and given up after days.

use std::path::Path;
use std::time::Duration;

use domain::clock::Timestamp;
use lettre::AsyncTransport as _;
use lettre::message::{Mailbox, Message, MultiPart};
use store::StoreError;
use store::mail::{self, Mail, Waiting};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::mail::Way;

const EACH: Duration = Duration::from_secs(1);
const AT_ONCE: i64 = 20;
/// The first wait; each further one is twice as long, up to the longest.
const FIRST_WAIT_SECONDS: i64 = 30;
const LONGEST_WAIT_SECONDS: i64 = 6 * 3_600;
/// Three days of trying.
const MOST_ATTEMPTS: i64 = 20;

/// Sends until `ending` is cancelled.
pub(crate) async fn run(app: App, ending: CancellationToken) {
    if !app.mailing.writes() {
        return;
    }
    let mut ticks = tokio::time::interval(EACH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = ending.cancelled() => return,
        }
        let sent = tokio::select! {
            sent = send_due(&app) => sent,
            // What was under way is not known to have arrived: it is sent again after the next start.
            () = ending.cancelled() => return,
        };
        if let Err(error) = sent {
            tracing::warn!(%error, "the mails that wait could not be read; tried again");
        }
    }
}

async fn send_due(app: &App) -> Result<(), StoreError> {
    let due = mail::due(&mut app.store.direct().await?, app.now(), AT_ONCE).await?;
    for Waiting { mail, attempts } in due {
        let now = app.now();
        let next = now.plus_seconds(wait(attempts));
        if !mail::take(&app.store, mail.id, now, next).await? {
            continue;
        }
        match send(app, &mail, now).await {
            Ok(()) => mail::forget(&app.store, mail.id).await?,
            Err(reason) if attempts + 1 >= MOST_ATTEMPTS => {
                tracing::error!(id = %mail.id, reason, "a mail was given up after days of trying");
                mail::forget(&app.store, mail.id).await?;
            }
            Err(reason) => {
                tracing::warn!(id = %mail.id, reason, %next, "a mail could not be sent; tried again later");
            }
        }
    }
    Ok(())
}

/// Seconds until the next attempt, after so many.
fn wait(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(0, 20)).unwrap_or(0);
    (FIRST_WAIT_SECONDS << doublings).min(LONGEST_WAIT_SECONDS)
}

async fn send(app: &App, mail: &Mail, now: Timestamp) -> Result<(), String> {
    let mailing = &app.mailing;
    let letter = letter(mail, &mailing.from)?;
    match &mailing.way {
        Way::Smtp(smtp) => smtp
            .send(letter)
            .await
            .map(|_| ())
            .map_err(|error| error.to_string()),
        Way::Folder(folder) => {
            let file = folder.join(format!("{}-{}.eml", now.as_unix_millis(), mail.id));
            let bytes = letter.formatted();
            match tokio::task::spawn_blocking(move || put(&file, &bytes)).await {
                Ok(done) => done.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            }
        }
        Way::Nowhere => Ok(()),
    }
}

fn letter(mail: &Mail, from: &Mailbox) -> Result<Message, String> {
    let to: Mailbox = mail
        .recipient
        .as_str()
        .parse()
        .map_err(|_| "the address can't be written into a mail".to_owned())?;
    // The same for every attempt: a mail that arrives twice is known to be one.
    let id = format!("<{}@{}>", mail.id, from.email.domain());
    Message::builder()
        .message_id(Some(id))
        .from(from.clone())
        .to(to)
        .subject(&mail.subject)
        .multipart(MultiPart::alternative_plain_html(
            mail.text.clone(),
            mail.html.clone(),
        ))
        .map_err(|error| error.to_string())
}

/// Writes a file whole, readable by its owner alone: there may be a link in it that lets somebody in.
fn put(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options.open(&beside)?;
    open.write_all(bytes)?;
    open.sync_all()?;
    std::fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p7_a_mail_is_tried_for_days_ever_more_rarely() {
        let waits: Vec<i64> = (0..MOST_ATTEMPTS).map(wait).collect();
        assert_eq!(waits[..4], [30, 60, 120, 240]);
        assert!(waits.iter().all(|wait| *wait <= LONGEST_WAIT_SECONDS));
        let days = waits.iter().sum::<i64>() / 86_400;
        assert!((2..=4).contains(&days), "{days}");
    }
}
