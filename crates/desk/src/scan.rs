//! What do these files hold? Every secret in files and folders, answered from the replica alone (K13).
//!
//! `walk` says which files there are, `read` brings them through a small buffer, `search` (pure) finds, `collect`
//! answers and counts. As many threads as there are cores take files from one walk. A search is told of all along, and
//! ends when it is told to, whatever a slow disk is doing.

mod collect;
mod parts;
mod read;
pub(crate) mod report;
mod search;
mod walk;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use crate::error::DeskError;
use crate::{Desk, lock};
use collect::{Collection, Copy};
pub use parts::places_in_parts;
use read::{Buffer, Ending, Unread};
use report::{ScanProgress, ScanReport, SkipReason};
use walk::{Passed, Step, Walk};

/// The most bytes of a file that is searched, unless another limit is asked for: one gigabyte.
pub const DEFAULT_MOST_BYTES: u64 = 1_000_000_000;
/// The most findings that are listed of one file; more are counted.
pub const MOST_IN_A_FILE: usize = 1_000;
/// The most findings that are listed in all; more are counted.
pub const MOST_FINDINGS: usize = 10_000;
/// The most paths that are listed for each reason not to search them.
const MOST_SKIPPED: u32 = 200;
/// How often progress is told.
const TICK: Duration = Duration::from_millis(50);
/// How long a search that was cancelled may take to end before its answer is given without waiting for it.
const PATIENCE: Duration = Duration::from_millis(50);

/// Which findings are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// Everything that begins like a secret.
    Any,
    /// Whole secrets, whoever's.
    Whole,
    /// Secrets of keys that are known here.
    Known,
}

/// What to search, and how.
pub struct ScanWish {
    /// Files and folders. What is not valid is answered, not refused.
    pub paths: Vec<PathBuf>,
    /// Something to read to its end, with the name it is shown under.
    pub input: Option<(String, Box<dyn Read + Send>)>,
    /// The most bytes of a file that is searched; larger ones are skipped and named.
    pub most_bytes: u64,
    /// Which findings are wanted.
    pub only: Only,
    /// Whether to count the files meanwhile, so that progress has an end.
    pub count_ahead: bool,
    /// Why there is no copy to ask, where no connection is open.
    pub no_copy_because: Option<String>,
}

impl ScanWish {
    /// Everything in these files and folders.
    #[must_use]
    pub fn all_in(paths: Vec<PathBuf>) -> Self {
        Self {
            paths,
            input: None,
            most_bytes: DEFAULT_MOST_BYTES,
            only: Only::Any,
            count_ahead: true,
            no_copy_because: None,
        }
    }
}

/// A search under way, as it is watched from outside.
#[derive(Default)]
pub(crate) struct Watch {
    cancelled: AtomicBool,
    heard: Notify,
    files: AtomicU32,
    bytes: AtomicU64,
    findings: AtomicU32,
    total_files: Mutex<Option<u32>>,
    path: Mutex<PathBuf>,
}

impl Watch {
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
        self.heard.notify_one();
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn progress(&self) -> ScanProgress {
        ScanProgress {
            files: self.files.load(Ordering::Relaxed),
            total_files: *lock(&self.total_files),
            bytes: self.bytes.load(Ordering::Relaxed),
            findings: self.findings.load(Ordering::Relaxed),
            path: lock(&self.path).display().to_string(),
        }
    }
}

/// Ends the search when nobody waits for its answer any more.
struct Cancelling(Arc<Watch>);
impl Drop for Cancelling {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Desk {
    /// Says what files and folders hold. Nothing leaves this computer, and nothing of any file is kept. One search at a
    /// time: another one ends this one. `told` hears how far it has come, at least every 100 ms.
    ///
    /// # Errors
    /// [`DeskError::Locked`], also when Keystead is locked meanwhile. What a file refuses is in the report.
    pub async fn scan(
        self: &Arc<Self>,
        wish: ScanWish,
        mut told: impl FnMut(ScanProgress) + Send,
    ) -> Result<ScanReport, DeskError> {
        self.unlocked()?;
        let copy = match self.current() {
            Ok(open) => Copy::Open(open),
            Err(error) => Copy::Away(wish.no_copy_because.clone().unwrap_or_else(|| error.to_string())),
        };
        let watch = Arc::new(Watch::default());
        let _cancelling = Cancelling(watch.clone());
        let before = lock(&self.scanning).replace(watch.clone());
        if let Some(before) = before {
            before.cancel();
        }
        let collection = Arc::new(Mutex::new(Collection::new(copy, wish.only, self.now())));
        let (threads, mut ended) = Job::start(wish, watch.clone(), collection.clone())?;
        let mut ticks = tokio::time::interval(TICK);
        let done = loop {
            tokio::select! {
                _ = ended.recv() => break true,
                () = watch.heard.notified() => break false,
                _ = ticks.tick() => told(watch.progress()),
            }
        };
        if !done {
            // Between two reads they hear it; one that hangs in a read is left behind.
            let _heard = tokio::time::timeout(PATIENCE, ended.recv()).await;
        }
        for thread in threads {
            if thread.is_finished()
                && let Err(panic) = thread.join()
            {
                std::panic::resume_unwind(panic);
            }
        }
        told(watch.progress());
        self.unlocked()?;
        lock(&collection).report(watch.is_cancelled())
    }

    /// Ends the search that is under way, if one is; what it has found is answered at once.
    pub fn cancel_scan(&self) {
        if let Some(watch) = lock(&self.scanning).take() {
            watch.cancel();
        }
    }
}

/// What the searching threads share.
struct Job {
    walk: Mutex<(usize, Walk)>,
    input: Mutex<Option<(String, Box<dyn Read + Send>)>>,
    most_bytes: u64,
    watch: Arc<Watch>,
    collection: Arc<Mutex<Collection>>,
}

impl Job {
    /// Begins; the receiver ends when every thread has.
    fn start(
        wish: ScanWish,
        watch: Arc<Watch>,
        collection: Arc<Mutex<Collection>>,
    ) -> Result<(Vec<JoinHandle<()>>, mpsc::Receiver<()>), DeskError> {
        let failed = |error: std::io::Error| {
            DeskError::Unexpected(format!("the search could not start its threads: {error}"))
        };
        if wish.count_ahead {
            let (watch, paths) = (watch.clone(), wish.paths.clone());
            std::thread::Builder::new()
                .name("scan-count".to_owned())
                .spawn(move || count(&paths, &watch))
                .map_err(failed)?;
        }
        let job = Arc::new(Self {
            walk: Mutex::new((0, Walk::below(&wish.paths))),
            input: Mutex::new(wish.input),
            most_bytes: wish.most_bytes,
            watch,
            collection,
        });
        let (running, ended) = mpsc::channel(1);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = (0..cores)
            .map(|at| {
                let (job, running) = (job.clone(), running.clone());
                std::thread::Builder::new()
                    .name(format!("scan-{at}"))
                    .spawn(move || {
                        // Gone when this thread is, however it ends.
                        let _running = running;
                        job.work();
                    })
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        Ok((threads, ended))
    }

    fn work(&self) {
        let mut buffer = Buffer::new();
        let input = lock(&self.input).take();
        if let Some((name, mut source)) = input {
            self.search(0, Path::new(&name), &mut *source, u64::MAX, &mut buffer);
        }
        while !self.watch.is_cancelled() {
            let (place, step) = {
                let mut walk = lock(&self.walk);
                walk.0 += 1;
                (walk.0, walk.1.next())
            };
            match step {
                None => return,
                Some(Step::Passed(passed)) => lock(&self.collection).pass(&passed),
                Some(Step::File { path, given }) => self.file(place, path, given, &mut buffer),
            }
        }
    }

    fn file(&self, place: usize, path: PathBuf, given: bool, buffer: &mut Buffer) {
        lock(&self.watch.path).clone_from(&path);
        match read::open(&path, given, self.most_bytes) {
            Ok(mut file) => self.search(place, &path, &mut file, self.most_bytes, buffer),
            Err(unread) => lock(&self.collection).pass(&match unread {
                Unread::Failed(error) => Passed::unreadable(&path, &error),
                Unread::Special => Passed {
                    path,
                    reason: SkipReason::Special,
                    because: "it is no file but a device, a socket or a pipe".to_owned(),
                },
                Unread::TooLarge(bytes) => Passed {
                    path,
                    reason: SkipReason::TooLarge,
                    because: format!(
                        "not searched: its {bytes} bytes are more than the limit of {}",
                        self.most_bytes
                    ),
                },
            }),
        }
    }

    fn search(&self, place: usize, path: &Path, source: &mut dyn Read, most: u64, buffer: &mut Buffer) {
        let mut bytes = 0;
        let ending = read::search(
            source,
            most,
            buffer,
            |read| {
                bytes += read;
                self.watch.bytes.fetch_add(read, Ordering::Relaxed);
                !self.watch.is_cancelled()
            },
            |spot| {
                if lock(&self.collection).add(place, path, spot) {
                    self.watch.findings.fetch_add(1, Ordering::Relaxed);
                }
            },
        );
        self.watch.files.fetch_add(1, Ordering::Relaxed);
        let mut collection = lock(&self.collection);
        collection.searched(bytes);
        match ending {
            Ok(Ending::End | Ending::Cancelled) => {}
            Ok(Ending::Limit) => collection.pass(&Passed {
                path: path.to_owned(),
                reason: SkipReason::TooLarge,
                because: format!("only its first {most} bytes were searched: it goes on beyond the limit"),
            }),
            Err(error) => collection.pass(&Passed::unreadable(path, &error)),
        }
    }
}

/// Counts the files of a walk, so that progress has an end.
fn count(paths: &[PathBuf], watch: &Watch) {
    let mut files: u32 = 0;
    for step in Walk::below(paths) {
        if watch.is_cancelled() {
            return;
        }
        files = files.saturating_add(u32::from(matches!(step, Step::File { .. })));
    }
    *lock(&watch.total_files) = Some(files);
}
