//! Personal tokens on service keys.

use std::process::ExitCode;
use std::sync::Arc;

use desk::{Desk, DeskError};

use crate::keys::{facts, find, give_out};
use crate::look::Wanted;
use crate::output::Output;
use crate::people::find_member;

pub(crate) async fn make(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    key: &str,
    no_print: bool,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let row = find(desk, key).await?.row;
    let created = desk.make_key_token(row.id).await?;
    let key = desk.key_detail(row.id).await?;
    output.say(&format!(
        "You have a secret of {} of your own; it is in this computer's keychain.",
        key.row.name
    ));
    give_out(output, key, &created, no_print)
}

pub(crate) async fn end(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    key: &str,
    member: Option<&str>,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let detail = find(desk, key).await?;
    let member = match member {
        Some(member) => Some(find_member(desk, member).await?.id),
        None => None,
    };
    let found = detail.tokens.iter().find(|token| {
        let is_meant = member.map_or(token.is_you, |member| token.member_id == member);
        is_meant && token.secret.retired_at.is_none()
    });
    let Some(token) = found else {
        return Err(DeskError::NotFound(format!(
            "there is no such personal token on {} that works",
            detail.row.name
        )));
    };
    desk.end_key_token(detail.row.id, token.secret.id).await?;
    let detail = desk.key_detail(detail.row.id).await?;
    output.result(&detail, || facts(&detail))?;
    Ok(ExitCode::SUCCESS)
}
