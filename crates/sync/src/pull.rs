//! Brings the copy of a feed to the server's number, page by page.

use std::collections::HashSet;

use protocol::change::{ChangesPage, EntityRef, MOST_CHANGES};
use replica::{Feed, Replica, Topic};
use tokio::sync::mpsc;

use crate::engine::Engine;
use crate::failpoint::reach;
use crate::plan::{Course, Step};
use crate::status::{Phase, RoundError};

/// A pull of more changes than this shows its progress.
const SHOW_PROGRESS_FROM: u64 = 2_000;

/// A pull of more changes than this touches more pages of the replica than it usually keeps in memory.
const MAKE_ROOM_FROM: u64 = 50;

/// So many pages may have come and not be written down.
const PAGES_AHEAD: usize = 4;

/// So many changes are written down together, where there are as many: each transaction writes the pages of the file it
/// touched, and those of one thousand changes are nearly those of four.
const TOGETHER: usize = 4_000;

/// How far a pull has come.
#[derive(Default)]
struct Progress {
    /// What the snapshot under way held so far.
    seen: HashSet<EntityRef>,
    /// How many changes were applied.
    applied: u64,
    /// Whether it is long enough to be shown.
    is_long: bool,
    /// Whether the replica was told to make room for it.
    has_room: bool,
    topics: HashSet<Topic>,
}

impl Engine {
    /// Pulls until there is nothing more.
    pub(crate) async fn pull(&self, feed: Feed) -> Result<(), RoundError> {
        let mut progress = Progress::default();
        let pulled = self.pull_pages(feed, &mut progress).await;
        if progress.has_room {
            self.replica_work(Replica::end_bulk).await?;
        }
        pulled?;
        if self.replica_work(Replica::forget_satisfied).await? {
            progress.topics.extend([Topic::Outbox, Topic::Keys]);
        }
        if !progress.topics.is_empty() {
            (self.announce)(&progress.topics);
        }
        Ok(())
    }

    /// Asks for page after page while those that came are written down.
    async fn pull_pages(&self, feed: Feed, progress: &mut Progress) -> Result<(), RoundError> {
        let (came, pages) = mpsc::channel(PAGES_AHEAD);
        let (asked, written) = tokio::join!(self.ask_all(feed, came), self.write_all(feed, pages, progress));
        // What can't be written down stops the asking; it says why.
        written.and(asked)
    }

    async fn ask_all(&self, feed: Feed, came: mpsc::Sender<(Step, ChangesPage)>) -> Result<(), RoundError> {
        let cursor = self.replica_work(move |replica| replica.cursor(feed)).await?;
        let mut course = Course::from(cursor);
        loop {
            let page = self.ask(feed, course.since()).await?;
            reach("pull.answered");
            let step = course.take(&page);
            match step {
                Step::Nothing => return Ok(()),
                Step::GoneBack => {
                    return Err(RoundError::GoneBack {
                        seen: cursor.sequence,
                        now: page.head,
                    });
                }
                Step::Begin | Step::Gather | Step::Apply { .. } | Step::Finish => {}
            }
            if came.send((step, page)).await.is_err() || step.is_last() {
                return Ok(());
            }
        }
    }

    async fn write_all(
        &self,
        feed: Feed,
        mut pages: mpsc::Receiver<(Step, ChangesPage)>,
        progress: &mut Progress,
    ) -> Result<(), RoundError> {
        let mut held = None;
        loop {
            let next = match held.take() {
                Some(next) => Some(next),
                None => pages.recv().await,
            };
            let Some((mut step, mut page)) = next else {
                return Ok(());
            };
            if step == Step::Begin {
                progress.seen.clear();
                progress.applied = 0;
                continue;
            }
            while page.changes.len() < TOGETHER
                && let Ok((following, more)) = pages.try_recv()
            {
                if following == Step::Begin {
                    held = Some((following, more));
                    break;
                }
                step = following;
                page = joined(page, more);
            }
            self.take(feed, step, page, progress).await?;
        }
    }

    async fn ask(&self, feed: Feed, since: i64) -> Result<ChangesPage, RoundError> {
        let session = self.session()?;
        Ok(match feed {
            Feed::Account => {
                let (page, told) = session.account_changes(since, MOST_CHANGES).await?;
                self.note_catalog(told);
                page
            }
            Feed::Organization => session.changes(self.organization, since, MOST_CHANGES).await?,
        })
    }

    /// Writes a page down.
    async fn take(
        &self,
        feed: Feed,
        step: Step,
        page: ChangesPage,
        progress: &mut Progress,
    ) -> Result<(), RoundError> {
        let count = page.changes.len() as u64;
        let remaining = u64::try_from(page.remaining).unwrap_or(0);
        let (next, epoch) = (page.next, page.epoch);
        progress.is_long |= count + remaining >= SHOW_PROGRESS_FROM;
        if !progress.has_room && count + remaining >= MAKE_ROOM_FROM {
            progress.has_room = true;
            self.replica_work(Replica::begin_bulk).await?;
        }
        let topics = if let Step::Apply { .. } = step {
            self.replica_work(move |replica| replica.apply(feed, &page))
                .await?
        } else {
            let here = page.changes.iter().filter_map(|change| change.entity.here());
            progress.seen.extend(here);
            self.replica_work(move |replica| replica.apply_of_snapshot(&page))
                .await?
        };
        progress.topics.extend(topics);
        reach("pull.applied");
        if step == Step::Finish {
            let seen = std::mem::take(&mut progress.seen);
            self.replica_work(move |replica| replica.finish_snapshot(feed, &seen, next, epoch))
                .await?;
            reach("pull.finished");
            progress
                .topics
                .extend([Topic::Keys, Topic::Organization, Topic::Account]);
        }
        progress.applied += count;
        if progress.is_long {
            self.set_status(
                Phase::Syncing,
                Some((progress.applied, progress.applied + remaining)),
                None,
            );
            (self.announce)(&progress.topics);
        }
        Ok(())
    }
}

/// Two pages of a feed as one.
fn joined(mut earlier: ChangesPage, page: ChangesPage) -> ChangesPage {
    earlier.changes.extend(page.changes);
    ChangesPage {
        changes: earlier.changes,
        ..page
    }
}
