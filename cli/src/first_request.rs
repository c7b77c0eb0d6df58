//! `keystead keys start`: the first request with a key.

use std::process::ExitCode;
use std::sync::Arc;

use desk::view::Language;
use desk::{Desk, DeskError};

use crate::arguments::{FirstRequest, Written};
use crate::keys;
use crate::look::Wanted;
use crate::output::Output;

pub(crate) async fn start(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    wish: FirstRequest,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let key = keys::find(desk, &wish.key).await?;
    let first = desk.first_request(key.row.id).await?;
    let language = match wish.language {
        Written::Curl => Language::Curl,
        Written::JavaScript => Language::JavaScript,
        Written::Python => Language::Python,
        Written::Ruby => Language::Ruby,
    };
    let snippet = first
        .snippets
        .iter()
        .find(|snippet| snippet.language == language)
        .ok_or_else(|| DeskError::NotFound("there is no such language here".to_owned()))?;
    let (text, file, run) = if wish.verify {
        (&snippet.verify, &snippet.verify_file, &snippet.run_verify)
    } else {
        (&snippet.send, &snippet.send_file, &snippet.run_send)
    };
    output.result(&first, || text.clone())?;
    output.say(&format!("Keep it as {file} and run it:\n  {run}"));
    if !first.secret_here {
        output.say(&format!(
            "The secret is not in this computer's keychain: put it into {} another way.",
            first.variable
        ));
    }
    output.say(&format!("The server's OpenAPI document: {}", first.openapi_url));
    Ok(ExitCode::SUCCESS)
}
