//! Bringing keys of another system by the hashes of their secrets, so that none has to be given out anew.
//!
//! A row that was brought before is known by its hash and does nothing, so a file can be brought again after a cut. What
//! is wrong is said of each row; the good ones of a request come together, with one event.

use std::collections::HashMap;
use std::ops::ControlFlow;

use axum::extract::State;
use axum::http::StatusCode;
use crypto::token::SecretHash;
use domain::activity::{Event, Imported};
use domain::id::{KeyId, SecretId};
use domain::import::MOST_IN_A_REQUEST;
use domain::role::Action;
use protocol::change::EntityRef;
use protocol::import::{ImportKey, ImportKeysRequest, ImportKeysView, ImportOutcome, ImportRow, ImportedRow};
use protocol::path;
use store::import::NewImport;
use store::{Changed, import, secret};

use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::operation::Written;
use crate::parameters::InOrganization;
use crate::refusal::Refusal;
use crate::work::Work;

/// Import keys by their hashes
///
/// For keys of another system that stores the SHA-256 of its secrets: they go on working, unchanged. A row whose hash a
/// key of this organization has already is answered `known` and does nothing. With `dry_run` nothing is written.
#[utoipa::path(post, path = path::KEYS_IMPORT, tag = "keys", operation_id = "import_keys",
    params(
        ("organization_id" = domain::id::OrganizationId, Path, description = "The organization."),
        ("idempotency-key" = String, Header, description = "The intention's id: `opn_` and 32 hexadecimal digits."),
    ),
    request_body = ImportKeysRequest,
    responses((status = 200, description = "What became of each row, or would.", body = ImportKeysView)))]
pub(crate) async fn import(
    State(app): State<App>,
    caller: Caller,
    InOrganization(organization): InOrganization,
    Written {
        operation,
        body: request,
    }: Written<ImportKeysRequest>,
) -> Result<Answer, Refusal> {
    if request.rows.is_empty() || request.rows.len() > MOST_IN_A_REQUEST {
        let sentence = format!("1 to {MOST_IN_A_REQUEST} rows can be imported with one request");
        return Err(Refusal::field("rows", sentence));
    }
    let mut work = match Work::begin(&app, &caller, organization, operation).await? {
        ControlFlow::Break(answer) => return Ok(answer),
        ControlFlow::Continue(work) => work,
    };

    work.may(Action::ManageKeys)?;
    let mut rows = Vec::with_capacity(request.rows.len());
    let mut good = Vec::new();
    let mut seen = HashMap::new();
    for (at, row) in request.rows.iter().enumerate() {
        match look(&mut work, row, at, &mut seen).await? {
            Ok(key) => {
                let id = app.make(work.at(), KeyId::make);
                rows.push(ImportedRow {
                    outcome: ImportOutcome::Imported,
                    key_id: (!request.dry_run).then_some(id),
                    problems: Vec::new(),
                });
                good.push((id, app.make(work.at(), SecretId::make), key));
            }
            Err(row) => rows.push(row),
        }
    }
    let view = ImportKeysView {
        dry_run: request.dry_run,
        rows,
    };
    if request.dry_run || good.is_empty() {
        // Nothing is written: dropped, the write is as if it had never begun.
        return Answer::new(StatusCode::OK, &view);
    }

    for (key, secret, row) in &good {
        let new = NewImport {
            organization,
            key: *key,
            secret: *secret,
            by: work.account,
            row,
        };
        import::insert(&mut work.write, &new).await?;
    }
    let hashes: Vec<SecretHash> = good.iter().map(|(_, _, row)| row.hash).collect();
    let changed = good
        .iter()
        .map(|(key, ..)| Changed::Here(EntityRef::Key(*key)))
        .collect();
    let keys = good
        .into_iter()
        .map(|(key, secret, row)| Imported {
            key,
            secret,
            name: row.name.to_string(),
        })
        .collect();
    let answer = work
        .end(StatusCode::OK, &view, Event::KeysImported { keys }, changed)
        .await?;
    app.imported.add(&hashes);
    Ok(answer)
}

/// What a row is: a key to be made, or what is answered of it.
async fn look(
    work: &mut Work,
    row: &ImportRow,
    at: usize,
    seen: &mut HashMap<SecretHash, usize>,
) -> Result<Result<ImportKey, ImportedRow>, Refusal> {
    let key = match row.read(work.at()) {
        Ok(key) => key,
        Err(problems) => return Ok(Err(ImportedRow::refused(problems))),
    };
    if let Some(first) = seen.insert(key.hash, at) {
        seen.insert(key.hash, first);
        let sentence = format!("row {} of this request has the same hash", first + 1);
        return Ok(Err(ImportedRow::refused_hash(&sentence)));
    }
    Ok(match secret::by_hash(&mut work.write, &key.hash).await? {
        None => Ok(key),
        Some(known) if known.organization == work.organization => Err(ImportedRow {
            outcome: ImportOutcome::Known,
            key_id: Some(known.key),
            problems: Vec::new(),
        }),
        // Nothing is said about whose.
        Some(_) => Err(ImportedRow::refused_hash(
            "this hash can't be taken; give out a new key instead",
        )),
    })
}
