//! Keys: list, show, create, edit, revoke.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use desk::view::{CreatedKey, GrantText, KeyDetail, KeyDraft, KeyEditDraft, KeyRow, KeyText};
use desk::{Desk, DeskError, KeyQuery, OutboxState, Sort};
use domain::clock::{Clock as _, Timestamp};
use domain::id::KeyId;
use domain::key::{KeyKind, KeyState};
use serde::Serialize;
use server::system::SystemClock;

use crate::arguments::{Create, Edit, List, State};
use crate::exit;
use crate::groups::{find_owner, find_service_account};
use crate::look::Wanted;
use crate::output::{Output, table};
use crate::people::members;
use crate::wallets;

pub(crate) fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(
        || "never".to_owned(),
        |at| {
            at.to_string()
                .chars()
                .take(16)
                .collect::<String>()
                .replace('T', " ")
        },
    )
}

fn state(row: &KeyRow) -> String {
    let state = row.state.as_str();
    match &row.pending {
        Some(mark) if mark.state == OutboxState::Refused => format!("{state} (change refused)"),
        Some(mark) if mark.state == OutboxState::Conflict => format!("{state} (to be decided)"),
        Some(_) => format!("{state} (not yet in force)"),
        None => state.to_owned(),
    }
}

pub(crate) async fn list(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    query: List,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let owner = match &query.of.owner {
        Some(name) => Some(find_owner(desk, name).await?),
        None => None,
    };
    let page = desk
        .list_keys(KeyQuery {
            search: query.search.join(" "),
            kinds: query.of.kind.into_iter().map(KeyKind::from).collect(),
            owner,
            states: query
                .state
                .into_iter()
                .map(|state| match state {
                    State::Active => KeyState::Active,
                    State::Rotating => KeyState::Rotating,
                    State::Paused => KeyState::Paused,
                    State::Suspended => KeyState::Suspended,
                    State::Expired => KeyState::Expired,
                    State::Revoked => KeyState::Revoked,
                })
                .collect(),
            expires_within_days: query.expires_within,
            unused_for_days: query.unused_for,
            sort: Sort {
                by: query.sort.into(),
                descending: false,
            },
            ..KeyQuery::by_name(query.limit)
        })
        .await?;
    output.result(&page, || {
        if page.rows.is_empty() {
            return "No key fits.".to_owned();
        }
        let rows: Vec<Vec<String>> = page
            .rows
            .iter()
            .map(|row| {
                vec![
                    row.name.clone(),
                    format!("…{}", row.last_four),
                    row.kind.as_str().to_owned(),
                    state(row),
                    time(row.expires_at),
                    time(row.last_used_at),
                    row.id.to_string(),
                ]
            })
            .collect();
        let mut text = table(
            &["NAME", "ENDS IN", "KIND", "STATE", "EXPIRES", "LAST USED", "ID"],
            &rows,
        );
        if page.total as usize > page.rows.len() {
            text.push_str(&format!(
                "\n{} of {} keys; narrow the search to see the others.",
                page.rows.len(),
                page.total
            ));
        }
        text
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The key of that id, or the one of that exact name.
pub(crate) async fn find(desk: &Arc<Desk>, key: &str) -> Result<KeyDetail, DeskError> {
    if let Ok(id) = key.parse::<KeyId>() {
        return desk.key_detail(id).await;
    }
    let query = KeyQuery {
        search: key.to_owned(),
        ..KeyQuery::by_name(1_000)
    };
    let named: Vec<KeyRow> = desk
        .list_keys(query)
        .await?
        .rows
        .into_iter()
        .filter(|row| row.name == key)
        .collect();
    match named.as_slice() {
        [one] => desk.key_detail(one.id).await,
        [] => Err(DeskError::NotFound(format!(
            "no key is named {key}; `keystead keys list` shows all"
        ))),
        more => Err(DeskError::Refused(format!(
            "{} keys are named {key}; give the id of one",
            more.len()
        ))),
    }
}

pub(crate) fn limit(per_minute: Option<u32>) -> String {
    per_minute.map_or_else(|| "none".to_owned(), |most| format!("{most} requests a minute"))
}

pub(crate) fn facts(detail: &KeyDetail) -> String {
    let row = &detail.row;
    let mut facts = vec![
        ("Name", row.name.clone()),
        ("Id", row.id.to_string()),
        ("Kind", row.kind.as_str().to_owned()),
        ("State", state(row)),
        ("Secret", format!("{}…{}", row.prefix, row.last_four)),
        (
            "Created",
            format!("{} by {}", time(Some(row.created_at)), detail.created_by),
        ),
        ("Expires", time(row.expires_at)),
        ("Last used", time(row.last_used_at)),
        ("Requests", detail.use_count.to_string()),
        ("Limit", limit(row.requests_per_minute)),
    ];
    if !detail.people.is_empty() {
        let names: Vec<&str> = detail.people.iter().map(|person| person.name.as_str()).collect();
        facts.push(("Assigned", names.join(", ")));
    }
    if let Some(owner) = &row.owner_name {
        facts.push(("Owner", owner.clone()));
    }
    if let Some(why) = &row.suspension {
        facts.push(("Suspended", why.clone()));
    }
    for service in &detail.services {
        let mut said = format!(
            "{}, {}",
            service.service_name,
            service.policy_label.to_lowercase()
        );
        if !service.models.is_empty() {
            said.push_str(&format!(": {}", service.models.join(", ")));
        }
        if let Some(wallet) = &service.wallet_name {
            said.push_str(&format!(", from {wallet}"));
        }
        if !service.offered {
            said.push_str(" (not offered any more)");
        }
        facts.push(("Service", said));
    }
    for token in &detail.tokens {
        if token.secret.retired_at.is_none() {
            let said = format!("{}, …{}", token.member_name, token.secret.last_four);
            facts.push(("Token of", said));
        }
    }
    if let Some(at) = detail.paused_at {
        let by = detail.paused_by.as_deref().unwrap_or("the server");
        facts.push(("Paused", format!("{} by {by}", time(Some(at)))));
    }
    if let Some(rotation) = &detail.rotation {
        facts.push(("Rotating", format!("until {}", time(Some(rotation.ends_at)))));
    }
    if let Some(at) = detail.revoked_at {
        let by = detail.revoked_by.as_deref().unwrap_or("the server");
        facts.push(("Revoked", format!("{} by {by}", time(Some(at)))));
    }
    facts
        .iter()
        .map(|(name, value)| format!("{name:<10} {value}"))
        .collect::<Vec<_>>()
        .join("\n")
}

pub(crate) async fn show(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    key: &str,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let detail = find(desk, key).await?;
    output.result(&detail, || facts(&detail))?;
    Ok(ExitCode::SUCCESS)
}

/// A key with a secret that was just made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    key: KeyDetail,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

pub(crate) async fn create(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    draft: Create,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let owner = match &draft.of.owner {
        Some(name) => Some(find_service_account(desk, name).await?),
        None => None,
    };
    let in_days = draft
        .expires_in
        .map(|days| SystemClock.now().plus_days(i64::from(days)));
    let created = desk
        .create_key(KeyDraft {
            kind: draft.of.kind.into(),
            owner,
            name: draft.name,
            description: draft.description,
            expires_at: draft.expires_at.or(in_days),
            requests_per_minute: draft.limit,
            people: members(desk, &draft.assign).await?,
            grants: wallets::grants(desk, draft.grants).await?,
        })
        .await?;
    let key = settle(desk, wanted, created.key_id).await?;
    output.say(&format!(
        "{} ({}) is made; its secret is in this computer's keychain.",
        key.row.name, key.row.id
    ));
    give_out(output, key, &created, draft.no_print)
}

/// Prints a secret that was just made, this once, unless that is not wanted.
pub(crate) fn give_out(
    output: &Output,
    key: KeyDetail,
    created: &CreatedKey,
    no_print: bool,
) -> Result<ExitCode, DeskError> {
    let secret = (!no_print).then(|| format!("{}{}{}", created.prefix, created.body, created.checksum));
    if secret.is_some() {
        output.say("It is printed this once:");
    }
    let code = outcome(output, &key);
    let made = Made { key, secret };
    if output.json || made.secret.is_some() {
        output.result(&made, || made.secret.clone().unwrap_or_default())?;
    }
    Ok(code)
}

pub(crate) async fn edit(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    edit: Edit,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let row = find(desk, &edit.key).await?.row;
    let seen = KeyText {
        name: row.name,
        description: row.description,
        requests_per_minute: row.requests_per_minute,
        people: row.people,
        grants: row.grants,
    };
    let assigned = members(desk, &edit.assign).await?;
    let unassigned = members(desk, &edit.unassign).await?;
    let kept = seen.people.iter().filter(|member| !unassigned.contains(member));
    let people = kept.chain(&assigned).copied().collect();
    let mut grants: Vec<GrantText> = seen.grants.clone();
    for gone in &edit.no_grants {
        let before = grants.len();
        grants.retain(|grant| grant.service_id != *gone);
        if grants.len() == before {
            return Err(DeskError::NotFound(format!("this key has no service {gone}")));
        }
    }
    for grant in wallets::grants(desk, edit.grants).await? {
        grants.retain(|had| had.service_id != grant.service_id);
        grants.push(grant);
    }
    let made = KeyText {
        name: edit.name.unwrap_or_else(|| seen.name.clone()),
        description: edit.description.unwrap_or_else(|| seen.description.clone()),
        requests_per_minute: if edit.no_limit {
            None
        } else {
            edit.limit.or(seen.requests_per_minute)
        },
        people,
        grants,
    };
    let draft = KeyEditDraft {
        notify_people: edit.notify,
        ..KeyEditDraft::of(seen, made)
    };
    desk.edit_key(row.id, draft).await?;
    let detail = settle(desk, wanted, row.id).await?;
    output.result(&detail, || facts(&detail))?;
    Ok(outcome(output, &detail))
}

pub(crate) async fn revoke(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    key: &str,
    yes: bool,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let detail = find(desk, key).await?;
    let name = detail.row.name.clone();
    let confirmed = if yes {
        name.clone()
    } else {
        output.say(&format!(
            "Requests with {name} will fail from now on; this can't be undone. {} request(s), last used {}.",
            detail.use_count,
            time(detail.row.last_used_at)
        ));
        ask_line(&format!("Type {name} to revoke it: "))?
    };
    if confirmed.trim() != name {
        return Err(DeskError::Refused(
            "the name does not match; nothing was revoked".to_owned(),
        ));
    }
    desk.revoke_key(detail.row.id, Some(confirmed)).await?;
    let detail = settle(desk, wanted, detail.row.id).await?;
    output.result(&detail, || match detail.revoked_at {
        Some(at) => format!("{name} is revoked, in force since {at}."),
        None => format!("{name}: the revocation is not yet in force."),
    })?;
    Ok(outcome(output, &detail))
}

/// Sends what waits, unless that was not wanted, and reads the key again.
pub(crate) async fn settle(desk: &Arc<Desk>, wanted: &Wanted, id: KeyId) -> Result<KeyDetail, DeskError> {
    if !wanted.offline {
        desk.sync_now().await?;
    }
    desk.key_detail(id).await
}

/// Says when a change is not yet in force, and gives its exit code.
pub(crate) fn outcome(output: &Output, key: &KeyDetail) -> ExitCode {
    let Some(mark) = &key.row.pending else {
        return ExitCode::SUCCESS;
    };
    let message = mark.message.as_deref().unwrap_or("It waits for the server.");
    if mark.state == OutboxState::Refused {
        output.say(&format!("The server refused it: {message}"));
        exit::REFUSED.into()
    } else if mark.state == OutboxState::Conflict {
        output.say(&format!("{message} `keystead pending list` shows both."));
        exit::REFUSED.into()
    } else {
        output.say(&format!("Not yet in force. {message}"));
        exit::AWAY.into()
    }
}

pub(crate) fn ask_line(prompt: &str) -> Result<String, DeskError> {
    let failed = |error: std::io::Error| DeskError::Unexpected(format!("the terminal: {error}"));
    let mut stderr = std::io::stderr();
    write!(stderr, "{prompt}")
        .and_then(|()| stderr.flush())
        .map_err(failed)?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(failed)?;
    Ok(line)
}
