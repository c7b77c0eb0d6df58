//! `keystead scan`: what files and folders hold. The copy is asked if it opens; the search does without it.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use desk::scan::{Only, ScanWish};
use desk::view::{ScanFinding, ScanReport, SkipReason};
use desk::{Desk, DeskError};

use crate::arguments::{Finds, Scan};
use crate::look::Wanted;
use crate::output::Output;
use crate::{exit, sarif};

pub(crate) async fn scan(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    scan: Scan,
) -> Result<ExitCode, DeskError> {
    // Searching never asks the server: the answer is the copy's, at once.
    let wanted = Wanted {
        connection: wanted.connection,
        offline: true,
    };
    let no_copy_because = match wanted.open(desk, output).await {
        Ok(()) => None,
        // Without the copy nothing is known.
        Err(error) if scan.only == Finds::Known => return Err(error),
        Err(error) => Some(error.to_string()),
    };
    let (input, paths): (Vec<_>, Vec<_>) = scan.paths.into_iter().partition(|path| path == Path::new("-"));
    let wish = ScanWish {
        paths,
        input: (!input.is_empty()).then(|| ("standard input".to_owned(), Box::new(std::io::stdin()) as _)),
        most_bytes: scan.max_size,
        only: match scan.only {
            Finds::Known => Only::Known,
            Finds::Whole => Only::Whole,
            Finds::Any => Only::Any,
        },
        count_ahead: false,
        no_copy_because,
    };
    let interrupted = tokio::spawn({
        let desk = desk.clone();
        async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                desk.cancel_scan();
            }
        }
    });
    let report = desk.scan(wish, |_| {}).await;
    interrupted.abort();
    let report = report?;
    if scan.sarif {
        let log = sarif::log(&report);
        Output { json: true }.result(&log, String::new)?;
    } else if !scan.quiet {
        output.result(&report, || findings(&report))?;
        for remark in remarks(&report) {
            output.say(&remark);
        }
    }
    Ok(code(&report))
}

/// The exit code, for hooks.
fn code(report: &ScanReport) -> ExitCode {
    let counts = report.counts;
    if report.cancelled {
        exit::INTERRUPTED.into()
    } else if counts.working > 0 {
        exit::FOUND_WORKING.into()
    } else if counts.all() > 0 {
        exit::FOUND.into()
    } else if report.is_incomplete() {
        exit::INCOMPLETE.into()
    } else {
        ExitCode::SUCCESS
    }
}

fn findings(report: &ScanReport) -> String {
    let mut lines = Vec::new();
    for file in &report.files {
        for finding in &file.findings {
            let place = place(&file.path, finding);
            lines.push(format!("{place}: {}\n  {}", finding.masked, finding.sentence));
        }
        if file.more > 0 {
            lines.push(format!("{}: {} more, not listed", plain(&file.path), file.more));
        }
    }
    if lines.is_empty() {
        lines.push(format!("Nothing found in {}.", extent(report)));
    }
    lines.join("\n")
}

fn place(path: &str, finding: &ScanFinding) -> String {
    match (finding.line, finding.column) {
        (Some(line), Some(column)) => format!("{}:{line}:{column}", plain(path)),
        _ => format!("{}: byte {}", plain(path), finding.offset),
    }
}

/// What is said beside the findings: how many there are, and what was not searched.
fn remarks(report: &ScanReport) -> Vec<String> {
    let mut remarks = Vec::new();
    let counts = report.counts;
    if counts.all() > 0 {
        let sorts = [
            (counts.working, "of a key that works"),
            (counts.ended, "of a key that gives access to nothing any more"),
            (counts.unknown, "whole, and of no key known here"),
            (counts.malformed, "cut, mistyped or made up"),
        ];
        let sorts: Vec<String> = sorts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, sort)| format!("{count} {sort}"))
            .collect();
        remarks.push(format!(
            "{} found in {}: {}.",
            counts.all(),
            extent(report),
            sorts.join("; ")
        ));
    }
    if report.capped {
        remarks.push("Not all of it is listed: search smaller parts to see the rest.".to_owned());
    }
    if let Some(problem) = &report.copy_problem {
        remarks.push(format!(
            "The copy of the keys could not be asked whose they are. {problem}"
        ));
    } else if let Some(at) = report.as_of {
        remarks.push(format!("As of the last sync, {at}."));
    }
    let named = report
        .skipped
        .iter()
        .filter(|skipped| matches!(skipped.reason, SkipReason::TooLarge | SkipReason::Unreadable));
    remarks.extend(named.map(|skipped| format!("{}: {}", plain(&skipped.path), skipped.sentence)));
    let skips = report.skip_counts;
    let passed = [
        (skips.too_large, "larger than the limit (--max-size)"),
        (skips.unreadable, "could not be read"),
        (skips.special, "devices, sockets or pipes"),
        (skips.links, "links, not followed"),
    ];
    let passed: Vec<String> = passed
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !passed.is_empty() {
        remarks.push(format!("Not searched: {}.", passed.join("; ")));
    }
    if report.cancelled {
        remarks.push("Ended before everything was searched.".to_owned());
    }
    remarks
}

fn extent(report: &ScanReport) -> String {
    let files = match report.searched_files {
        1 => "1 file".to_owned(),
        files => format!("{files} files"),
    };
    format!("{files}, {} bytes", report.searched_bytes)
}

/// A name from a disk, without what would steer the terminal.
fn plain(name: &str) -> String {
    name.chars()
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_default());
            let kept = escaped.is_none().then_some(c);
            escaped.into_iter().flatten().chain(kept)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn k13_a_name_does_not_steer_the_terminal() {
        assert_eq!(super::plain("a\u{1b}[2Jключ\nb"), "a\\u{1b}[2Jключ\\nb");
    }
}
