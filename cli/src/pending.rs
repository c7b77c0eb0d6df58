//! Changes that are not in force yet.

use std::process::ExitCode;
use std::sync::Arc;

use desk::view::{EditField, GrantText, KeyEditDraft, KeyText, PendingChange, PendingEdit, PendingOperation};
use desk::{Desk, DeskError, OutboxState};
use domain::id::OperationId;

use crate::arguments::Side;
use crate::exit;
use crate::keys::{limit, time};
use crate::look::Wanted;
use crate::output::{Output, table};

fn what(change: &PendingChange) -> String {
    let act = match change.operation {
        PendingOperation::Create => "create",
        PendingOperation::Edit => "edit",
        PendingOperation::Rotate => "rotate",
        PendingOperation::ExtendRotation => "extend the rotation of",
        PendingOperation::FinishRotation => "finish the rotation of",
        PendingOperation::RollBackRotation => "roll back the rotation of",
        PendingOperation::Pause => "pause",
        PendingOperation::Resume => "resume",
        PendingOperation::Revoke => "revoke",
    };
    format!("{act} {}", change.key_name)
}

const fn state(change: &PendingChange) -> &'static str {
    match change.state {
        OutboxState::Waiting => "waiting",
        OutboxState::Sent => "sent",
        OutboxState::Refused => "refused",
        OutboxState::Conflict => "to be decided",
    }
}

/// A field of a key's text, for people.
type Field = fn(&KeyText) -> String;

/// Whose fields hold.
pub(crate) struct Sides {
    pub(crate) name: Option<Side>,
    pub(crate) description: Option<Side>,
    pub(crate) limit: Option<Side>,
    pub(crate) services: Option<Side>,
}

/// Services in a line, as `--grant` takes them but for their wallets.
fn services(grants: &[GrantText]) -> String {
    let all: Vec<String> = grants
        .iter()
        .map(|grant| format!("{}={}", grant.service_id, grant.policy.as_str()))
        .collect();
    if all.is_empty() {
        "none".to_owned()
    } else {
        all.join(", ")
    }
}

/// Both sides of an edit, a line for each field that differs.
fn sides(edit: &PendingEdit) -> String {
    let theirs = |field: Field| edit.theirs.as_ref().map_or_else(|| "(gone)".to_owned(), field);
    let fields: [(&str, Field); 4] = [
        ("name", |text| text.name.clone()),
        ("description", |text| text.description.clone()),
        ("limit", |text| limit(text.requests_per_minute)),
        ("services", |text| services(&text.grants)),
    ];
    fields
        .into_iter()
        .filter(|(_, field)| field(&edit.mine) != field(&edit.base) || theirs(*field) != field(&edit.base))
        .map(|(label, field)| {
            format!(
                "  {label}: “{}” before, “{}” mine, “{}” theirs",
                field(&edit.base),
                field(&edit.mine),
                theirs(field)
            )
        })
        .collect::<Vec<_>>()
        .join("\n")
}

pub(crate) async fn list(desk: &Arc<Desk>, output: &Output, wanted: &Wanted) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let pending = desk.list_pending().await?;
    output.result(&pending, || {
        if pending.is_empty() {
            return "Everything is in force.".to_owned();
        }
        let rows: Vec<Vec<String>> = pending
            .iter()
            .map(|change| {
                vec![
                    what(change),
                    state(change).to_owned(),
                    time(Some(change.queued_at)),
                    change.operation_id.to_string(),
                ]
            })
            .collect();
        let mut text = table(&["CHANGE", "STATE", "SINCE", "ID"], &rows);
        for change in &pending {
            let edit = change.edit.as_ref().map(sides).filter(|sides| !sides.is_empty());
            let parts: Vec<String> = change.message.clone().into_iter().chain(edit).collect();
            if !parts.is_empty() {
                text.push_str(&format!("\n{}:\n{}", what(change), parts.join("\n")));
            }
        }
        text
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn find(desk: &Arc<Desk>, id: OperationId) -> Result<PendingChange, DeskError> {
    desk.list_pending()
        .await?
        .into_iter()
        .find(|change| change.operation_id == id)
        .ok_or_else(|| {
            DeskError::NotFound("no such change is pending; `keystead pending list` shows all".to_owned())
        })
}

pub(crate) async fn drop(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    id: OperationId,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let change = find(desk, id).await?;
    desk.drop_pending(id).await?;
    output.say(&format!("Dropped: {}.", what(&change)));
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn retry(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    id: OperationId,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let change = find(desk, id).await?;
    desk.retry_pending(id).await?;
    outcome(desk, output, wanted, &change).await
}

pub(crate) async fn decide(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    id: OperationId,
    sides: Sides,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let change = find(desk, id).await?;
    let nothing = || DeskError::NotFound("there is nothing to decide about this change".to_owned());
    let edit = change.edit.as_ref().ok_or_else(nothing)?;
    let seen = edit.theirs.clone().ok_or_else(nothing)?;
    for (field, side, option) in [
        (EditField::Name, sides.name, "--name"),
        (EditField::Description, sides.description, "--description"),
        (EditField::RequestsPerMinute, sides.limit, "--limit"),
        (EditField::Grants, sides.services, "--services"),
    ] {
        if edit.conflicts.contains(&field) && side.is_none() {
            return Err(DeskError::Refused(format!(
                "both changed this field; say {option} mine or {option} theirs"
            )));
        }
    }
    let made = KeyText {
        name: chosen(sides.name, &edit.base.name, &edit.mine.name, &seen.name),
        description: chosen(
            sides.description,
            &edit.base.description,
            &edit.mine.description,
            &seen.description,
        ),
        requests_per_minute: chosen(
            sides.limit,
            &edit.base.requests_per_minute,
            &edit.mine.requests_per_minute,
            &seen.requests_per_minute,
        ),
        people: seen.people.clone(),
        grants: chosen(sides.services, &edit.base.grants, &edit.mine.grants, &seen.grants),
    };
    desk.decide_edit(id, KeyEditDraft::of(seen, made)).await?;
    outcome(desk, output, wanted, &change).await
}

/// What was said; else what only one side changed.
fn chosen<T: Clone + PartialEq>(side: Option<Side>, base: &T, mine: &T, theirs: &T) -> T {
    let mine_holds = match side {
        Some(side) => side == Side::Mine,
        None => mine != base,
    };
    if mine_holds { mine } else { theirs }.clone()
}

/// Sends what waits, unless that was not wanted, and says what became of the key's change.
async fn outcome(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    change: &PendingChange,
) -> Result<ExitCode, DeskError> {
    if !wanted.offline {
        desk.sync_now().await?;
    }
    let left: Vec<PendingChange> = desk
        .list_pending()
        .await?
        .into_iter()
        .filter(|left| left.key_id == change.key_id)
        .collect();
    output.result(&left, || match left.first() {
        None => format!("In force: {}.", what(change)),
        Some(left) => format!(
            "{}: {}. {}",
            what(left),
            state(left),
            left.message.as_deref().unwrap_or_default()
        ),
    })?;
    Ok(match left.first().map(|left| left.state) {
        None => ExitCode::SUCCESS,
        Some(OutboxState::Waiting | OutboxState::Sent) => exit::AWAY.into(),
        Some(OutboxState::Refused | OutboxState::Conflict) => exit::REFUSED.into(),
    })
}
