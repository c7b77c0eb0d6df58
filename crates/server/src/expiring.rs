//! Telling those who manage keys, by mail, that one expires soon (K16).
//!
//! The mails are written in the transaction that remembers that they were: once for each key and threshold, however often
//! servers start and however many there are.

use domain::activity::{Actor, Event, Scope};
use domain::clock::Timestamp;
use domain::id::{EventId, KeyId, MailId, OrganizationId};
use domain::radar::threshold;
use domain::role::{Action, grant};
use protocol::change::EntityRef;
use store::{Changed, Record, key, mail, member, organization, radar};

use crate::app::App;
use crate::mail::ExpiringMail;
use crate::refusal::Refusal;

/// Tells of every key whose end came within a threshold.
pub(crate) async fn tell(app: &App, now: Timestamp) -> Result<(), Refusal> {
    if !app.mailing.reaches() {
        return Ok(());
    }
    let due = radar::untold(&mut app.store.direct().await?, now).await?;
    for (organization, key) in due {
        tell_of(app, organization, key, now).await?;
    }
    Ok(())
}

async fn tell_of(app: &App, organization: OrganizationId, id: KeyId, now: Timestamp) -> Result<(), Refusal> {
    let scope = Scope::Organization(organization);
    let Some(mut write) = app.store.write(scope, now).await? else {
        return Ok(());
    };
    // Another node may have been first, and a person may have changed the key.
    let Some(key) = key::find(&mut write, organization, id).await? else {
        return Ok(());
    };
    let near = key
        .expires_at
        .filter(|_| key.revoked_at.is_none())
        .and_then(|end| Some((end, threshold(end, now)?)));
    let Some((expires_at, days)) = near else {
        return Ok(());
    };
    let told = radar::told(&mut write, id, expires_at).await?;
    if told.is_some_and(|told| told <= i64::from(days)) {
        return Ok(());
    }
    let at = organization::find(&mut write, organization)
        .await?
        .ok_or_else(Refusal::internal)?;
    let letter = ExpiringMail {
        organization: at.name.as_str(),
        key: key.name.as_str(),
        expires_at,
        now,
    };
    let mut people = Vec::new();
    for member in member::list(&mut write, organization).await? {
        if !grant(member.role, Action::ManageKeys).is_full() {
            continue;
        }
        let mail = app
            .mailing
            .expiring(app.make(now, MailId::make), &member.email, &letter)?;
        mail::insert(&mut write, id.as_uuid(), &mail).await?;
        people.push(member.id);
    }
    radar::tell(&mut write, id, expires_at, days).await?;
    let record = Record {
        id: app.make(now, EventId::make),
        scope,
        actor: Actor::Server,
        event: Event::ExpiryTold {
            key: id,
            name: key.name.to_string(),
            expires_at,
            days,
            people,
        },
        changed: vec![Changed::Here(EntityRef::Key(id))],
    };
    write.commit([record]).await?;
    Ok(())
}
