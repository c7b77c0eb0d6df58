//! Identity providers outside.

use std::io::Read as _;
use std::process::ExitCode;
use std::sync::Arc;

use crypto::secret::Secret;
use desk::view::{IssuerDraft, IssuerLook, IssuerRow, TokenCheck};
use desk::{Desk, DeskError};
use domain::principal::Principal;
use serde::Serialize;

use crate::arguments::{AddIssuer, IssuersCommand, Switch};
use crate::exit;
use crate::groups::find_service_account;
use crate::keys::{ask_line, time};
use crate::look::Wanted;
use crate::output::{Output, table};
use crate::people::find_member;

/// A token is 16 KB at most; what is longer is not read to its end.
const MOST_BYTES: u64 = 64 * 1_024;

pub(crate) async fn run(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    command: IssuersCommand,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    match command {
        IssuersCommand::List => list(desk, output).await,
        IssuersCommand::Look { url } => {
            let found = desk.look_at_issuer(&url).await?;
            output.result(&found, || looked(&found))?;
            Ok(ExitCode::SUCCESS)
        }
        IssuersCommand::Add(wish) => add(desk, output, wish).await,
        IssuersCommand::Map {
            issuer,
            subject,
            member,
            service_account,
            nobody: _,
            by_email,
        } => {
            let issuer = find(desk, &issuer).await?;
            if let Some(switch) = by_email {
                desk.map_by_email(issuer.id, switch == Switch::On).await?;
            } else {
                let principal = match (member, service_account) {
                    (Some(wanted), _) => Some(Principal::Member(find_member(desk, &wanted).await?.id)),
                    (None, Some(wanted)) => Some(find_service_account(desk, &wanted).await?),
                    (None, None) => None,
                };
                desk.map_subject(issuer.id, &subject.unwrap_or_default(), principal)
                    .await?;
            }
            let issuer = find(desk, &issuer.id.to_string()).await?;
            output.result(&issuer, || lines(&issuer))?;
            Ok(ExitCode::SUCCESS)
        }
        IssuersCommand::Check { file } => check(desk, output, wanted, &file).await,
        IssuersCommand::Remove { issuer, yes } => remove(desk, output, &issuer, yes).await,
    }
}

fn names(issuer: &[domain::issuer::SigningAlgorithm]) -> String {
    let names: Vec<&str> = issuer.iter().map(|one| one.as_str()).collect();
    names.join(" ")
}

fn lines(issuer: &IssuerRow) -> String {
    let by_email = if issuer.by_email {
        "members are known by a verified address, too"
    } else {
        "only mapped subjects"
    };
    let head = format!(
        "{}\n  {}\n  audience {}, subject in {}, signed with {}, {} s of leeway\n  since {} by {}; {by_email}",
        issuer.url,
        issuer.id,
        issuer.audience,
        issuer.subject_claim,
        names(&issuer.algorithms),
        issuer.leeway_seconds,
        time(Some(issuer.since)),
        issuer.added_by,
    );
    let subjects = issuer
        .subjects
        .iter()
        .map(|known| format!("\n  {} is {}", known.subject, known.name));
    head + &subjects.collect::<String>()
}

fn looked(found: &IssuerLook) -> String {
    let refused = if found.refused_algorithms.is_empty() {
        String::new()
    } else {
        format!("\nnever accepted: {}", found.refused_algorithms.join(" "))
    };
    format!(
        "{}\nkeys: {} at {}\nsigns with: {}{refused}",
        found.url,
        found.keys,
        found.keys_url,
        names(&found.algorithms),
    )
}

async fn list(desk: &Arc<Desk>, output: &Output) -> Result<ExitCode, DeskError> {
    let page = desk.issuers().await?;
    output.result(&page.issuers, || {
        if page.issuers.is_empty() {
            return "No issuer is registered, or your role sees none.".to_owned();
        }
        page.issuers.iter().map(lines).collect::<Vec<_>>().join("\n\n")
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn add(desk: &Arc<Desk>, output: &Output, wish: AddIssuer) -> Result<ExitCode, DeskError> {
    let algorithms = if wish.algorithms.is_empty() {
        desk.look_at_issuer(&wish.url).await?.algorithms
    } else {
        wish.algorithms
    };
    let id = desk
        .add_issuer(IssuerDraft {
            url: wish.url,
            audience: wish.audience,
            subject_claim: wish.subject_claim,
            algorithms,
            leeway_seconds: wish.leeway,
            by_email: wish.by_email,
        })
        .await?;
    let issuer = find(desk, &id.to_string()).await?;
    output.result(&issuer, || lines(&issuer))?;
    Ok(ExitCode::SUCCESS)
}

async fn find(desk: &Arc<Desk>, wanted: &str) -> Result<IssuerRow, DeskError> {
    let mut found = desk
        .issuers()
        .await?
        .issuers
        .into_iter()
        .filter(|issuer| issuer.id.to_string() == wanted || issuer.url == wanted);
    match (found.next(), found.next()) {
        (Some(issuer), None) => Ok(issuer),
        (Some(_), Some(_)) => Err(DeskError::NotFound(format!(
            "{wanted} is registered for several audiences; name one by its id, as `keystead issuers list` shows it"
        ))),
        (None, _) => Err(DeskError::NotFound(format!(
            "no issuer has the URL or id {wanted}; `keystead issuers list` shows all"
        ))),
    }
}

fn read(file: &str) -> Result<Secret, DeskError> {
    let mut text = String::new();
    let read = if file == "-" {
        std::io::stdin().take(MOST_BYTES).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(MOST_BYTES).read_to_string(&mut text))
    };
    read.map_err(|error| DeskError::Unexpected(format!("{file}: {error}")))?;
    Ok(Secret::new(text))
}

fn verdict(check: &TokenCheck) -> String {
    let rows: Vec<Vec<String>> = check
        .steps
        .iter()
        .map(|step| {
            vec![
                if step.passed { "yes" } else { "NO" }.to_owned(),
                step.what.clone(),
                step.detail.clone(),
            ]
        })
        .collect();
    let answer = match &check.answer {
        Some(answer) => format!(
            "Good: {} as {}, until {}.",
            answer.name,
            answer.role.label(),
            time(Some(answer.expires_at))
        ),
        None => "Not good.".to_owned(),
    };
    let keys = check
        .keys_as_of
        .map(|at| format!(" The issuer's keys are as of {}.", time(Some(at))));
    format!(
        "{}\n\n{answer}{}",
        table(&["", "LOOKED AT", "FOUND"], &rows),
        keys.unwrap_or_default()
    )
}

async fn check(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    file: &str,
) -> Result<ExitCode, DeskError> {
    let check = desk.check_token(read(file)?, !wanted.offline).await?;
    output.result(&check, || verdict(&check))?;
    Ok(if check.answer.is_some() {
        ExitCode::SUCCESS
    } else {
        exit::REFUSED.into()
    })
}

#[derive(Serialize)]
struct Removed {
    removed: String,
}

async fn remove(desk: &Arc<Desk>, output: &Output, wanted: &str, yes: bool) -> Result<ExitCode, DeskError> {
    let issuer = find(desk, wanted).await?;
    if !yes {
        output.say(&format!(
            "Tokens of {} for {} will be good no more; {} mapped subjects go with it.",
            issuer.url,
            issuer.audience,
            issuer.subjects.len()
        ));
        let typed = ask_line("Type the URL to remove it: ")?;
        if typed.trim() != issuer.url {
            return Err(DeskError::Refused("nothing was removed".to_owned()));
        }
    }
    desk.remove_issuer(issuer.id).await?;
    let removed = Removed {
        removed: issuer.id.to_string(),
    };
    output.result(&removed, || format!("{} was removed.", issuer.url))?;
    Ok(ExitCode::SUCCESS)
}
