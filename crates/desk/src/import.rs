//! Keys brought from another system by the hashes of their secrets.
//!
//! A file is read and looked at here first; then its good rows go to the server, some at a time. It is no wish of the
//! outbox: whoever brings thousands of keys watches it, and can go on where it ended by bringing the same file again. A
//! row that was brought is known by its hash and makes nothing twice.

mod read;

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use client::ClientError;
use crypto::token::SecretHash;
use domain::clock::Timestamp;
use domain::id::OperationId;
use domain::import::MOST_FILE_BYTES;
use domain::role::{Action, require};
use protocol::import::{
    ImportColumn, ImportKeysRequest, ImportOutcome, ImportProblem, ImportRow, ImportedRow,
};

use crate::error::DeskError;
use crate::open::OpenConnection;
use crate::view::{ImportCounts, ImportPreview, ImportProgress, ImportReport, ImportRowView, sentence};
use crate::{Desk, blocking, lock};
use read::{FileRow, shortened};

/// The most rows that are sent at once.
const MOST_ROWS_AT_ONCE: usize = 200;
/// About the most bytes that are sent at once: less than any server that was not told otherwise refuses.
const MOST_BYTES_AT_ONCE: usize = 48 * 1_024;
/// How often the same rows are sent again when no good answer comes.
const ATTEMPTS: u32 = 3;
const BEFORE_AGAIN: Duration = Duration::from_millis(700);

/// A file that was read and looked at.
pub(crate) struct Prepared {
    file: String,
    rows: Vec<Row>,
    cancelled: AtomicBool,
}

struct Row {
    sent: ImportRow,
    shown: ImportRowView,
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn counts<'a>(rows: impl IntoIterator<Item = &'a ImportRowView>) -> ImportCounts {
    let mut counts = ImportCounts::default();
    for row in rows {
        match row.outcome {
            ImportOutcome::Imported => counts.imported += 1,
            ImportOutcome::Known => counts.known += 1,
            ImportOutcome::Refused => counts.refused += 1,
        }
    }
    counts
}

impl Desk {
    /// Reads a file of keys of another system, and says of each row what would become of it. The server is asked too,
    /// where it is there. Nothing is written.
    ///
    /// # Errors
    /// [`DeskError::Input`] at `file` when it can't be read as a whole; a role that may not.
    pub async fn read_import(self: &Arc<Self>, path: PathBuf) -> Result<ImportPreview, DeskError> {
        let open = self.current()?;
        require(open.record().role, Action::ManageKeys)?;
        let now = self.now();
        let looking = open.clone();
        let (file, rows, ignored) = blocking(move || {
            let bytes = bytes_of(&path)?;
            let found = read::read(&bytes).map_err(|problem| DeskError::input("file", problem))?;
            let rows = looking.look_at_rows(found.rows, now)?;
            let file = path
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            Ok((file, rows, found.ignored))
        })
        .await?;
        let mut prepared = Prepared {
            file,
            rows,
            cancelled: AtomicBool::new(false),
        };
        let unasked = self.ask_of(&open, &mut prepared).await?;
        let rows: Vec<ImportRowView> = prepared.rows.iter().map(|row| row.shown.clone()).collect();
        let preview = ImportPreview {
            file: prepared.file.clone(),
            counts: counts(&rows),
            rows,
            ignored,
            unasked,
        };
        let before = lock(&self.importing).replace(Arc::new(prepared));
        if let Some(before) = before {
            before.cancelled.store(true, Ordering::Relaxed);
        }
        Ok(preview)
    }

    /// Asks the server what it makes of the good rows; why it could not be asked.
    async fn ask_of(
        &self,
        open: &OpenConnection,
        prepared: &mut Prepared,
    ) -> Result<Option<String>, DeskError> {
        let good: Vec<usize> = prepared.good().collect();
        for some in prepared.batches(&good) {
            match self.send(open, prepared, some, true).await {
                Ok(answers) => prepared.answered(some, answers),
                Err(DeskError::Client(error)) if error.is_passing() => {
                    return Ok(Some(sentence(&error.to_string())));
                }
                Err(DeskError::SignedOut) => {
                    return Ok(Some(sentence(&DeskError::SignedOut.to_string())));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Brings the good rows of the file that was read last. `told` hears how far it has come.
    ///
    /// # Errors
    /// [`DeskError`] when nothing was begun. What ends it later is in the report, and the same file can be brought again.
    pub async fn start_import(
        self: &Arc<Self>,
        mut told: impl FnMut(ImportProgress) + Send,
    ) -> Result<ImportReport, DeskError> {
        let open = self.current()?;
        require(open.record().role, Action::ManageKeys)?;
        let prepared = lock(&self.importing).clone().ok_or_else(|| {
            DeskError::NotFound("no file is read; choose the file to import first".to_owned())
        })?;
        prepared.cancelled.store(false, Ordering::Relaxed);
        let good: Vec<usize> = prepared.good().collect();
        let total = small(good.len());
        let mut became: HashMap<usize, ImportedRow> = HashMap::new();
        let mut stopped = None;
        told(ImportProgress { done: 0, total });
        for some in prepared.batches(&good) {
            if prepared.cancelled.load(Ordering::Relaxed) {
                break;
            }
            match self.send(&open, &prepared, some, false).await {
                Ok(answers) => became.extend(some.iter().copied().zip(answers)),
                // Nothing has come of it, and its reason is what whoever asked acts on.
                Err(error) if became.is_empty() => return Err(error),
                Err(error) => {
                    stopped = Some(sentence(&error.to_string()));
                    break;
                }
            }
            told(ImportProgress {
                done: small(became.len()),
                total,
            });
        }
        self.went(&open);
        Ok(prepared.report(&good, &became, stopped))
    }

    /// Ends the import that is under way, behind the rows that are being sent.
    pub fn cancel_import(&self) {
        if let Some(prepared) = &*lock(&self.importing) {
            prepared.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Forgets the file that was read last.
    pub fn forget_import(&self) {
        if let Some(prepared) = lock(&self.importing).take() {
            prepared.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Sends some rows, and again as the very same question when the answer was lost.
    async fn send(
        &self,
        open: &OpenConnection,
        prepared: &Prepared,
        some: &[usize],
        dry_run: bool,
    ) -> Result<Vec<ImportedRow>, DeskError> {
        let session = open.engine.session()?;
        let now = self.now();
        let operation = self.with_entropy(|entropy| OperationId::make(now, entropy));
        let rows = some.iter().filter_map(|at| prepared.rows.get(*at));
        let request = ImportKeysRequest {
            dry_run,
            rows: rows.map(|row| row.sent.clone()).collect(),
        };
        let organization = open.record().organization_id;
        let mut attempt = 1;
        loop {
            match session.import_keys(organization, operation, &request).await {
                Ok(view) if view.rows.len() == some.len() => return Ok(view.rows),
                Ok(_) => {
                    return Err(DeskError::Unexpected(
                        "the server answered other rows than were asked; nothing more was sent".to_owned(),
                    ));
                }
                Err(error) if again(&error, dry_run) && attempt < ATTEMPTS => {
                    attempt += 1;
                    tokio::time::sleep(BEFORE_AGAIN).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Whether asking again at once may be answered better. A dry run can be had later.
const fn again(error: &ClientError, dry_run: bool) -> bool {
    !dry_run && error.is_passing()
}

/// The bytes of a file that is no larger than may be.
fn bytes_of(path: &Path) -> Result<Vec<u8>, DeskError> {
    let failed = |error: std::io::Error| DeskError::input("file", format!("{}: {error}", path.display()));
    let file = std::fs::File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(DeskError::input("file", format!("{} is no file", path.display())));
    }
    let mut bytes = Vec::new();
    file.take(MOST_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MOST_FILE_BYTES {
        return Err(DeskError::input(
            "file",
            "the file is larger than 8 MiB, the most that is read; cut it into several",
        ));
    }
    Ok(bytes)
}

impl OpenConnection {
    /// Says of each row what is known of it here.
    fn look_at_rows(&self, found: Vec<FileRow>, now: Timestamp) -> Result<Vec<Row>, DeskError> {
        let mut seen: HashMap<SecretHash, u32> = HashMap::new();
        found
            .into_iter()
            .map(|FileRow { line, row, problem }| {
                let mut shown = ImportRowView {
                    line,
                    name: shortened(&row.name),
                    prefix: shortened(&row.prefix),
                    last_four: shortened(&row.last_four),
                    expires_at: None,
                    outcome: ImportOutcome::Refused,
                    key_id: None,
                    problem: problem.as_deref().map(sentence),
                    problems: Vec::new(),
                };
                match row.read(now) {
                    Err(problems) => shown.problems = problems,
                    Ok(key) => {
                        shown.expires_at = key.expires_at;
                        if let Some(first) = seen.get(&key.hash) {
                            shown.problems = vec![ImportProblem {
                                column: ImportColumn::Hash,
                                message: format!("Line {first} has the same hash."),
                            }];
                        } else if problem.is_none() {
                            seen.insert(key.hash, line);
                            match self.replica.key_by_hash(&key.hash)? {
                                Some((record, _)) => {
                                    shown.outcome = ImportOutcome::Known;
                                    shown.key_id = Some(record.view.id);
                                }
                                None => shown.outcome = ImportOutcome::Imported,
                            }
                        }
                    }
                }
                Ok(Row { sent: row, shown })
            })
            .collect()
    }
}

impl Prepared {
    /// The rows a key can be made of, by their place.
    fn good(&self) -> impl Iterator<Item = usize> {
        self.rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.shown.outcome == ImportOutcome::Imported)
            .map(|(at, _)| at)
    }

    /// The places in parts that fit into one request each.
    fn batches<'a>(&self, good: &'a [usize]) -> Vec<&'a [usize]> {
        let mut batches = Vec::new();
        let (mut from, mut bytes) = (0, 0);
        for (at, place) in good.iter().enumerate() {
            let row = self.rows.get(*place).map(|row| serde_json::to_vec(&row.sent));
            let size = row.and_then(Result::ok).map_or(0, |json| json.len() + 1);
            if at > from && (at - from == MOST_ROWS_AT_ONCE || bytes + size > MOST_BYTES_AT_ONCE) {
                batches.push(&good[from..at]);
                (from, bytes) = (at, 0);
            }
            bytes += size;
        }
        if from < good.len() {
            batches.push(&good[from..]);
        }
        batches
    }

    /// Shows rows by what the server makes of them.
    fn answered(&mut self, some: &[usize], answers: Vec<ImportedRow>) {
        for (at, answer) in some.iter().zip(answers) {
            if let Some(row) = self.rows.get_mut(*at) {
                row.shown = with(&row.shown, answer);
            }
        }
    }

    fn report(
        &self,
        good: &[usize],
        became: &HashMap<usize, ImportedRow>,
        stopped: Option<String>,
    ) -> ImportReport {
        let left = good.len() - became.len();
        let shown: Vec<ImportRowView> = self
            .rows
            .iter()
            .enumerate()
            .filter(|(at, row)| row.shown.outcome != ImportOutcome::Imported || became.contains_key(at))
            .map(|(at, row)| match became.get(&at) {
                Some(answer) => with(&row.shown, answer.clone()),
                None => row.shown.clone(),
            })
            .collect();
        ImportReport {
            file: self.file.clone(),
            counts: counts(&shown),
            left: small(left),
            cancelled: left > 0 && stopped.is_none(),
            stopped,
            refused: shown
                .into_iter()
                .filter(|row| row.outcome == ImportOutcome::Refused)
                .collect(),
        }
    }
}

fn with(shown: &ImportRowView, answer: ImportedRow) -> ImportRowView {
    ImportRowView {
        outcome: answer.outcome,
        key_id: answer.key_id.or(shown.key_id),
        problems: answer.problems,
        ..shown.clone()
    }
}
