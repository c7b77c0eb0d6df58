//! The token creation policy: shown, tried, changed.

use std::process::ExitCode;
use std::sync::Arc;

use desk::view::{
    AffectedTokenRow, TokenPolicyDraft, TokenPolicyEffectView, TokenPolicyScreen, TokenPolicyWish,
};
use desk::{Desk, DeskError};
use domain::id::GroupId;
use domain::policy::TokenPolicy;

use crate::arguments::tokens::{PolicyCommand, PolicySet, PolicyWho};
use crate::groups::find_groups;
use crate::keys::{ask_line, time};
use crate::look::Wanted;
use crate::output::{Output, table};

fn sentence(screen: &TokenPolicyScreen) -> String {
    let who = match &screen.policy {
        TokenPolicy::All => "All members may make personal tokens.".to_owned(),
        TokenPolicy::Nobody => "Nobody may have personal tokens; all of them are suspended.".to_owned(),
        TokenPolicy::Groups { groups } => {
            let names: Vec<&str> = screen
                .groups
                .iter()
                .filter(|group| groups.contains(&group.id))
                .map(|group| group.name.as_str())
                .collect();
            format!(
                "Members of {} may have personal tokens made; Owner and Admins may in any case.",
                names.join(", ")
            )
        }
    };
    format!(
        "{who}\n{} personal token(s) are here that are not revoked.",
        screen.tokens
    )
}

fn tokens(rows: &[AffectedTokenRow]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.name.clone(),
                row.owner_name.clone(),
                time(row.last_used_at),
                row.last_used_from.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table(&["TOKEN", "OWNER", "LAST USED", "FROM"], &rows)
}

fn effect(effect: &TokenPolicyEffectView) -> String {
    let mut parts = Vec::new();
    if effect.stops.is_empty() {
        parts.push("No token stops.".to_owned());
    } else {
        parts.push(format!(
            "These tokens stop; they are not revoked:\n{}",
            tokens(&effect.stops)
        ));
    }
    if !effect.returns.is_empty() {
        parts.push(format!("These tokens work again:\n{}", tokens(&effect.returns)));
    }
    if !effect.lose_creation.is_empty() {
        parts.push(format!(
            "These can have no tokens made any more: {}.",
            effect.lose_creation.join(", ")
        ));
    }
    if !effect.gain_creation.is_empty() {
        parts.push(format!(
            "These can have tokens made again: {}.",
            effect.gain_creation.join(", ")
        ));
    }
    parts.join("\n\n")
}

fn draft(who: PolicyWho, groups: &[GroupId]) -> TokenPolicyDraft {
    TokenPolicyDraft {
        who: match who {
            PolicyWho::All => TokenPolicyWish::All,
            PolicyWho::Groups => TokenPolicyWish::Groups,
            PolicyWho::Nobody => TokenPolicyWish::Nobody,
        },
        groups: groups.to_vec(),
    }
}

pub(crate) async fn run(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    command: PolicyCommand,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let PolicyCommand::Set(PolicySet {
        who,
        groups,
        dry_run,
        yes,
    }) = command
    else {
        let screen = desk.token_policy().await?;
        output.result(&screen, || sentence(&screen))?;
        return Ok(ExitCode::SUCCESS);
    };
    let groups = find_groups(desk, &groups).await?;
    let does = desk.preview_token_policy(draft(who, &groups)).await?;
    if dry_run {
        output.result(&does, || effect(&does))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !yes && !does.stops.is_empty() {
        output.say(&effect(&does));
        let count = does.stops.len().to_string();
        let asked = format!("Type {count}, the number of tokens that stop, to change the policy: ");
        if ask_line(&asked)?.trim() != count {
            return Err(DeskError::Refused(
                "the number does not match; the policy is as it was".to_owned(),
            ));
        }
    }
    desk.set_token_policy(draft(who, &groups), does.version).await?;
    let screen = desk.token_policy().await?;
    output.result(&screen, || sentence(&screen))?;
    Ok(ExitCode::SUCCESS)
}
