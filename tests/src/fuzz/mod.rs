//! Inputs nobody thought of: changed from ones that mean something, for a bounded time.
//!
//! Each target is a function that panics when something is not as it has to be. What made one panic is written below
//! `tests/fuzz/crashes`, and from then on tried first, by every run and by the tests. Chance is seeded, so a run can be
//! repeated; there is no feedback from the code, so the corpus is what leads deep into it.

pub mod targets;

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use targets::Target;

/// The longest input, in bytes.
const LONGEST: usize = 20_000;
/// The most changes made to one input.
const MOST_CHANGES: usize = 6;

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    /// How many inputs were tried.
    pub tried: u64,
    /// Where the input that made it panic was written.
    pub crash: Option<PathBuf>,
}

/// SplitMix64 (Steele et al. 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below `end`; 0 where that is 0.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}

/// One change: a bit, a byte, a piece doubled, cut, moved, or taken from another input or from the words of the target.
fn change(input: &mut Vec<u8>, others: &[Vec<u8>], words: &[&str], chance: &mut Chance) {
    let at = chance.below(input.len() + 1);
    let end = at + chance.below((input.len() - at).min(64) + 1);
    match chance.below(8) {
        0 if at < input.len() => input[at] ^= 1 << chance.below(8),
        1 if at < input.len() => input[at] = u8::try_from(chance.below(256)).unwrap_or(0),
        2 => drop(input.drain(at..end)),
        3 => {
            let piece = input[at..end].to_vec();
            input.splice(at..at, piece);
        }
        4 => {
            let piece = input[at..end].to_vec();
            let to = chance.below(input.len() + 1);
            input.splice(to..to, piece);
        }
        5 => {
            if let Some(other) = chance.one_of(others) {
                let from = chance.below(other.len() + 1);
                let to = from + chance.below(other.len() - from + 1);
                input.splice(at..end, other[from..to].iter().copied());
            }
        }
        6 => input.truncate(at),
        _ => {
            if let Some(word) = chance.one_of(words) {
                input.splice(at..end, word.bytes());
            }
        }
    }
    input.truncate(LONGEST);
}

fn inputs(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(files) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| fs::read(path).ok()).collect()
}

fn panics(target: Target, input: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| target.try_one(input))).is_err()
}

/// Tries what is kept, and then changed inputs until the time is over or one makes the target panic. `folder` is
/// `tests/fuzz`.
///
/// # Errors
/// The input that made it panic can't be written.
pub fn run(target: Target, folder: &Path, time: Duration, seed: u64) -> std::io::Result<Ran> {
    let begun = Instant::now();
    let crashes = folder.join("crashes").join(target.name());
    let mut corpus = target.seeds();
    corpus.extend(inputs(&folder.join("corpus").join(target.name())));
    corpus.push(Vec::new());
    let kept = inputs(&crashes);
    let mut ran = Ran {
        tried: 0,
        crash: None,
    };
    for input in kept.iter().chain(&corpus) {
        ran.tried += 1;
        if panics(target, input) {
            ran.crash = Some(keep(&crashes, input)?);
            return Ok(ran);
        }
    }
    let mut chance = Chance(seed);
    while begun.elapsed() < time {
        let mut input = chance.one_of(&corpus).cloned().unwrap_or_default();
        for _ in 0..=chance.below(MOST_CHANGES) {
            change(&mut input, &corpus, target.words(), &mut chance);
        }
        ran.tried += 1;
        if panics(target, &input) {
            ran.crash = Some(keep(&crashes, &input)?);
            return Ok(ran);
        }
    }
    Ok(ran)
}

fn keep(crashes: &Path, input: &[u8]) -> std::io::Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    fs::create_dir_all(crashes)?;
    let path = crashes.join(format!("{:016x}", hasher.finish()));
    fs::write(&path, input)?;
    Ok(path)
}
