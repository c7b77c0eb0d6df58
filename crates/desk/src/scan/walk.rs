//! The walk: which files lie below what was given. It opens no file and follows no link but the one that was given.
//!
//! Walking keeps a stack of its own, so a deep folder costs memory and not the thread's stack. What is passed over is
//! answered like a file is, with the reason: nothing is left out without a word.

use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::report::SkipReason;

/// One thing on the way.
#[derive(Debug)]
pub(crate) enum Step {
    /// A file to search. `given` says that it was named itself: then a link is followed.
    File { path: PathBuf, given: bool },
    /// Something that is not searched.
    Passed(Passed),
}

/// Something that is not searched, and why.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) path: PathBuf,
    pub(crate) reason: SkipReason,
    /// The rest of the sentence "It was not searched: …".
    pub(crate) because: String,
}

impl Passed {
    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self {
            path: path.to_owned(),
            reason: SkipReason::Unreadable,
            because: match error.kind() {
                io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
                io::ErrorKind::NotFound => "there is nothing of this name".to_owned(),
                _ => error.to_string(),
            },
        }
    }
}

/// A walk under way.
pub(crate) struct Walk {
    /// What was given, the next last.
    roots: Vec<PathBuf>,
    below: Option<walkdir::IntoIter>,
}

impl Walk {
    /// A walk below these. What lies below another of them is walked once.
    pub(crate) fn below(given: &[PathBuf]) -> Self {
        let real: Vec<Option<PathBuf>> = given.iter().map(|path| path.canonicalize().ok()).collect();
        let covered = |at: usize| {
            let Some(mine) = &real[at] else { return false };
            real.iter().enumerate().any(|(other, theirs)| {
                theirs.as_ref().is_some_and(|theirs| {
                    if theirs == mine {
                        other < at
                    } else {
                        mine.starts_with(theirs)
                    }
                })
            })
        };
        let mut roots: Vec<PathBuf> = (0..given.len())
            .filter(|at| !covered(*at))
            .map(|at| given[at].clone())
            .collect();
        roots.reverse();
        Self { roots, below: None }
    }

    fn enter(&mut self, root: PathBuf) -> Option<Step> {
        match std::fs::metadata(&root) {
            Err(error) => Some(Step::Passed(Passed::unreadable(&root, &error))),
            Ok(found) if found.is_dir() => {
                self.below = Some(WalkDir::new(root).min_depth(1).sort_by_file_name().into_iter());
                None
            }
            Ok(found) => Some(step(root, found.file_type(), true)),
        }
    }
}

impl Iterator for Walk {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            if let Some(below) = &mut self.below {
                match below.next() {
                    None => self.below = None,
                    Some(Ok(entry)) if entry.file_type().is_dir() => {}
                    Some(Ok(entry)) => {
                        let kind = entry.file_type();
                        return Some(step(entry.into_path(), kind, false));
                    }
                    Some(Err(error)) => {
                        let path = error.path().unwrap_or(Path::new("")).to_owned();
                        let error = error
                            .into_io_error()
                            .unwrap_or_else(|| io::Error::other("it leads back to itself"));
                        return Some(Step::Passed(Passed::unreadable(&path, &error)));
                    }
                }
            } else {
                let root = self.roots.pop()?;
                if let Some(step) = self.enter(root) {
                    return Some(step);
                }
            }
        }
    }
}

fn step(path: PathBuf, kind: FileType, given: bool) -> Step {
    if kind.is_file() {
        return Step::File { path, given };
    }
    let (reason, because) = if kind.is_symlink() {
        (
            SkipReason::Link,
            "it is a link; what it leads to is searched where it lies",
        )
    } else {
        (
            SkipReason::Special,
            "it is no file but a device, a socket or a pipe",
        )
    };
    Step::Passed(Passed {
        path,
        reason,
        because: because.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(given: &[PathBuf]) -> Vec<String> {
        Walk::below(given)
            .map(|step| match step {
                Step::File { path, .. } => path.file_name().unwrap().to_string_lossy().into_owned(),
                Step::Passed(passed) => format!("{:?}", passed.reason),
            })
            .collect()
    }

    #[test]
    fn k13_what_is_given_twice_is_walked_once() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(inner.join("a"), "").unwrap();
        std::fs::write(folder.path().join("b"), "").unwrap();
        let root = folder.path().to_owned();
        assert_eq!(
            names(&[inner.clone(), root.clone(), root.clone(), inner.join("a")]),
            ["b", "a"]
        );
        assert_eq!(names(&[inner.clone(), inner]), ["a"]);
        assert_eq!(names(&[root.join("none"), root.join("b")]), ["Unreadable", "b"]);
    }
}
