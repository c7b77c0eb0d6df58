//! Stopping keys for a while, and giving them new secrets.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use desk::view::{KeyDetail, SecretRow, Stop, UsageView};
use desk::{Desk, DeskError};
use domain::id::SecretId;
use domain::rotation::{NotRotating, RotationStep};

use crate::arguments::{Rotate, RotationCommand};
use crate::exit;
use crate::keys::{facts, find, give_out, outcome, settle, time};
use crate::look::Wanted;
use crate::output::{Output, table};

/// Pauses or resumes keys; all are looked up before anything is done.
pub(crate) async fn stop(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    keys: &[String],
    stop: Stop,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let mut ids = Vec::with_capacity(keys.len());
    for key in keys {
        ids.push(find(desk, key).await?.row.id);
    }
    if let [id] = ids[..] {
        desk.stop_key(id, stop).await?;
        let detail = settle(desk, wanted, id).await?;
        output.result(&detail, || facts(&detail))?;
        return Ok(outcome(output, &detail));
    }
    let report = desk.stop_keys(ids.clone(), stop, None).await?;
    if !wanted.offline {
        desk.sync_now().await?;
    }
    let mut code = ExitCode::SUCCESS;
    for id in ids {
        if desk.key_detail(id).await?.row.pending.is_some() {
            code = exit::AWAY.into();
        }
    }
    if !report.refused.is_empty() {
        code = exit::REFUSED.into();
    }
    let act = if stop == Stop::Pause { "paused" } else { "resumed" };
    output.result(&report, || {
        let mut lines = vec![format!("{} of {} {act}.", report.done, keys.len())];
        lines.extend(
            report
                .refused
                .iter()
                .map(|refusal| format!("{}: {}", refusal.key_name, refusal.reason)),
        );
        lines.join("\n")
    })?;
    Ok(code)
}

pub(crate) async fn rotate(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    rotate: Rotate,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let row = find(desk, &rotate.key).await?.row;
    let created = desk.rotate_key(row.id, rotate.overlap.unwrap_or(0)).await?;
    let key = settle(desk, wanted, row.id).await?;
    output.say(&format!(
        "{} has a new secret; it is in this computer's keychain.",
        key.row.name
    ));
    if let Some(rotation) = &key.rotation {
        let end = time(Some(rotation.ends_at));
        output.say(&format!("The old one works until {end} (UTC)."));
    }
    give_out(output, key, &created, rotate.no_print)
}

pub(crate) async fn rotation(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    command: RotationCommand,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let (key, step) = match command {
        RotationCommand::Show { key } => (key, None),
        RotationCommand::Extend { key, overlap } => (
            key,
            Some(RotationStep::Extend {
                overlap_seconds: overlap,
            }),
        ),
        RotationCommand::Finish { key } => (key, Some(RotationStep::Finish)),
        RotationCommand::RollBack { key } => (key, Some(RotationStep::RollBack)),
    };
    let id = find(desk, &key).await?.row.id;
    let Some(step) = step else {
        let detail = settle(desk, wanted, id).await?;
        if detail.rotation.is_none() {
            return Err(DeskError::Refused(NotRotating.to_string()));
        }
        output.result(&detail, || sides(&detail))?;
        return Ok(ExitCode::SUCCESS);
    };
    desk.step_rotation(id, step).await?;
    let detail = settle(desk, wanted, id).await?;
    output.result(&detail, || {
        if detail.rotation.is_some() {
            sides(&detail)
        } else {
            facts(&detail)
        }
    })?;
    Ok(outcome(output, &detail))
}

/// The old secret and the new one, side by side.
fn sides(detail: &KeyDetail) -> String {
    let Some(rotation) = &detail.rotation else {
        return facts(detail);
    };
    let line = |which: &str, secret: &SecretRow| {
        vec![
            which.to_owned(),
            format!("{}…{}", secret.prefix, secret.last_four),
            secret.use_count.to_string(),
            time(secret.last_used_at),
            secret.last_used_from.clone().unwrap_or_default(),
            secret.retires_at.map(|end| time(Some(end))).unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = [("old", rotation.old), ("new", rotation.new)]
        .into_iter()
        .filter_map(|(which, id)| Some(line(which, secret(detail, id)?)))
        .collect();
    let mut text = table(&["SECRET", "IS", "REQUESTS", "LAST USED", "FROM", "ENDS"], &rows);
    text.push_str(if rotation.drained {
        "\nThe old secret was not used for a day: it can be finished."
    } else {
        "\nThe old secret was used in the last day, or is not watched for a day yet: update what uses it first."
    });
    text
}

fn secret(detail: &KeyDetail, id: SecretId) -> Option<&SecretRow> {
    detail.secrets.iter().find(|secret| secret.id == id)
}

pub(crate) async fn usage(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    key: &str,
    days: u32,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let detail = find(desk, key).await?;
    let usage = desk.key_usage(detail.row.id, days * 24).await?;
    output.result(&usage, || by_day(&detail, &usage))?;
    Ok(ExitCode::SUCCESS)
}

fn by_day(detail: &KeyDetail, usage: &UsageView) -> String {
    if usage.hours.is_empty() {
        return format!(
            "{} was not used since {}.",
            detail.row.name,
            time(Some(usage.from))
        );
    }
    let named = |id: SecretId| {
        secret(detail, id).map_or_else(
            || id.to_string(),
            |secret| format!("{}…{}", secret.prefix, secret.last_four),
        )
    };
    let mut days: BTreeMap<(String, String), u64> = BTreeMap::new();
    for hour in &usage.hours {
        let day: String = hour.hour.to_string().chars().take(10).collect();
        *days.entry((day, named(hour.secret_id))).or_default() += u64::from(hour.uses);
    }
    let rows: Vec<Vec<String>> = days
        .into_iter()
        .map(|((day, secret), uses)| vec![day, secret, uses.to_string()])
        .collect();
    let mut text = table(&["DAY", "SECRET", "REQUESTS"], &rows);
    let from: Vec<Vec<String>> = usage
        .addresses
        .iter()
        .map(|of| {
            vec![
                of.address.clone(),
                named(of.secret_id),
                of.uses.to_string(),
                time(Some(of.last_at)),
            ]
        })
        .collect();
    text.push_str("\n\n");
    text.push_str(&table(&["FROM", "SECRET", "REQUESTS", "LAST"], &from));
    text
}
