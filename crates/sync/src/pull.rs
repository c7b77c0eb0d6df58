//! Brings the copy of a feed to the server's number, page by page.

use std::collections::HashSet;

use protocol::change::{ChangesPage, EntityRef, MOST_CHANGES};
use replica::{Feed, Replica, Topic};

use crate::engine::Engine;
use crate::failpoint::reach;
use crate::plan::{Course, Step};
use crate::status::{Phase, RoundError};

/// A pull of more changes than this shows its progress.
const SHOW_PROGRESS_FROM: u64 = 2_000;

/// A pull of more changes than this touches more pages of the replica than it usually keeps in memory.
const MAKE_ROOM_FROM: u64 = 50;

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

    async fn pull_pages(&self, feed: Feed, progress: &mut Progress) -> Result<(), RoundError> {
        let cursor = self.replica_work(move |replica| replica.cursor(feed)).await?;
        let mut course = Course::from(cursor);
        let mut page = self.ask(feed, course.since()).await?;
        loop {
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
                Step::Begin => {
                    progress.seen.clear();
                    progress.applied = 0;
                    page = self.ask(feed, course.since()).await?;
                }
                Step::Apply { more: true } | Step::Gather => {
                    // The next page is on its way while this one is written down.
                    let next = self.ask(feed, course.since());
                    let (next, applied) = tokio::join!(next, self.take(feed, step, page, progress));
                    applied?;
                    page = next?;
                }
                Step::Apply { more: false } | Step::Finish => {
                    return self.take(feed, step, page, progress).await;
                }
            }
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
