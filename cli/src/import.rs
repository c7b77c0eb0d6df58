//! `keystead keys import`: keys of another system, by the hashes of their secrets.

use std::process::ExitCode;
use std::sync::Arc;

use desk::view::{ImportCounts, ImportPreview, ImportReport, ImportRowView};
use desk::{Desk, DeskError};

use crate::arguments::Import;
use crate::exit;
use crate::look::Wanted;
use crate::output::Output;

pub(crate) async fn import(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    wish: Import,
) -> Result<ExitCode, DeskError> {
    if wanted.offline && !wish.dry_run {
        return Err(DeskError::Refused(
            "an import needs the server; leave --offline out, or add --dry-run to look at the file alone"
                .to_owned(),
        ));
    }
    wanted.open(desk, output).await?;
    let preview = desk.read_import(wish.file).await?;
    for column in &preview.ignored {
        output.say(&format!("The column {column} is not read."));
    }
    if wish.dry_run {
        output.result(&preview, || looked(&preview))?;
        return Ok(code(preview.counts));
    }
    let interrupted = tokio::spawn({
        let desk = desk.clone();
        async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                desk.cancel_import();
            }
        }
    });
    let mut said = 0;
    let report = desk
        .start_import(|progress| {
            // A line for each tenth is enough for a terminal and a log.
            let tenth = (progress.done * 10).checked_div(progress.total).unwrap_or(0);
            if tenth > said {
                said = tenth;
                output.say(&format!("{} of {} rows", progress.done, progress.total));
            }
        })
        .await;
    interrupted.abort();
    let report = report?;
    // The copy learns of them, so that the next command knows them offline.
    let _said_by_status = desk.sync_now().await?;
    output.result(&report, || became(&report))?;
    Ok(if report.cancelled {
        exit::INTERRUPTED.into()
    } else if report.stopped.is_some() {
        exit::AWAY.into()
    } else {
        code(report.counts)
    })
}

fn code(counts: ImportCounts) -> ExitCode {
    if counts.refused > 0 {
        exit::SOME_REFUSED.into()
    } else {
        ExitCode::SUCCESS
    }
}

/// What is wrong with a row, each on a line that begins like a compiler's.
fn wrong(file: &str, row: &ImportRowView) -> Vec<String> {
    let of_row = row
        .problem
        .iter()
        .map(|problem| format!("{file}:{}: {problem}", row.line));
    let of_cells = row.problems.iter().map(|problem| {
        format!(
            "{file}:{}: {}: {}",
            row.line,
            problem.column.as_str(),
            problem.message
        )
    });
    of_row.chain(of_cells).collect()
}

fn looked(preview: &ImportPreview) -> String {
    let mut lines: Vec<String> = preview
        .rows
        .iter()
        .flat_map(|row| wrong(&preview.file, row))
        .collect();
    let ImportCounts {
        imported,
        known,
        refused,
    } = preview.counts;
    lines.push(format!(
        "{imported} would be imported, {known} are keys here already, {refused} are refused."
    ));
    if let Some(why) = &preview.unasked {
        lines.push(format!("The server was not asked: {why}"));
    }
    lines.join("\n")
}

fn became(report: &ImportReport) -> String {
    let mut lines: Vec<String> = report
        .refused
        .iter()
        .flat_map(|row| wrong(&report.file, row))
        .collect();
    let ImportCounts {
        imported,
        known,
        refused,
    } = report.counts;
    lines.push(format!(
        "{imported} imported, {known} were keys here already, {refused} refused."
    ));
    if report.left > 0 {
        let why = report.stopped.as_deref().unwrap_or("Cancelled.");
        lines.push(format!(
            "{why} {} were not sent; import the same file again to go on.",
            report.left
        ));
    }
    lines.join("\n")
}
