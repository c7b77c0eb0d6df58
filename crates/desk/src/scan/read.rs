//! Reading: one file, or standard input, through one small buffer. A file is never in memory as a whole, and the buffer
//! is wiped.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crypto::token::LONGEST_CANDIDATE;
use zeroize::Zeroizing;

use super::search::{Search, Spot};

/// Bytes read at a time: few enough to stay in a core's cache and to hear a cancellation soon.
const CHUNK: usize = 256 * 1_024;
/// A NUL among so many first bytes makes a file no text, as for git.
const TELLING: usize = 8_000;

/// The memory of one searching thread.
pub(crate) struct Buffer(Zeroizing<Vec<u8>>);

impl Buffer {
    pub(crate) fn new() -> Self {
        Self(Zeroizing::new(vec![0; LONGEST_CANDIDATE + CHUNK]))
    }
}

/// How far a file was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// To its end.
    End,
    /// To the limit: it is longer than it said.
    Limit,
    /// Until the search was cancelled.
    Cancelled,
}

/// Why a file is not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It is longer than the limit, by what it says.
    TooLarge(u64),
    /// It is no file any more.
    Special,
    /// What the system says.
    Failed(io::Error),
}

/// Opens a file that is to be searched. Whatever took its place since it was seen is not waited for, and no link is
/// followed unless it was `given`.
pub(crate) fn open(path: &Path, given: bool, most: u64) -> Result<File, Unread> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let mut flags = OFlags::NONBLOCK;
        flags.set(OFlags::NOFOLLOW, !given);
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
    }
    #[cfg(not(unix))]
    let _never_a_pipe_here = given;
    let file = options.open(path).map_err(Unread::Failed)?;
    let found = file.metadata().map_err(Unread::Failed)?;
    if !found.is_file() {
        return Err(Unread::Special);
    }
    if found.len() > most {
        return Err(Unread::TooLarge(found.len()));
    }
    Ok(file)
}

/// Searches what a source holds, at most `most` bytes of it. `passed` hears how many bytes were read, and answers whether to go on.
///
/// # Errors
/// What the system says. What was found up to there stands.
pub(crate) fn search(
    source: &mut dyn Read,
    most: u64,
    buffer: &mut Buffer,
    mut passed: impl FnMut(u64) -> bool,
    mut each: impl FnMut(Spot),
) -> io::Result<Ending> {
    let buffer = buffer.0.as_mut_slice();
    let mut search: Option<Search> = None;
    let (mut kept, mut read) = (0, 0);
    loop {
        let mut filled = kept;
        let mut last = false;
        // The beginning comes in one window, so that the same bytes are a text however they come.
        while !last && (filled == kept || search.is_none() && filled < TELLING) {
            let got = match source.read(&mut buffer[filled..]) {
                Ok(got) => got,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            last = got == 0;
            filled += got;
            read += got as u64;
            if !passed(got as u64) {
                return Ok(Ending::Cancelled);
            }
        }
        let cut = read > most;
        let window = &buffer[..filled];
        let search = search
            .get_or_insert_with(|| Search::new(memchr::memchr(0, &window[..filled.min(TELLING)]).is_none()));
        let done = search.look(window, last || cut, &mut each);
        if last || cut {
            return Ok(if last { Ending::End } else { Ending::Limit });
        }
        buffer.copy_within(done..filled, 0);
        kept = filled - done;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source that gives a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);
    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let mut part = &self.0[..self.0.len().min(self.1)];
            let got = part.read(buffer)?;
            self.0 = &self.0[got..];
            Ok(got)
        }
    }

    fn found(bytes: &[u8], part: usize, most: u64) -> (Ending, Vec<(u64, bool)>) {
        let mut found = Vec::new();
        let ending = search(
            &mut Slow(bytes, part),
            most,
            &mut Buffer::new(),
            |_| true,
            |spot| found.push((spot.offset, spot.place.is_some())),
        );
        (ending.unwrap(), found)
    }

    #[test]
    fn k13_a_secret_across_the_border_of_two_reads_is_found_once() {
        for cut in 0..60 {
            let mut bytes = vec![b'x'; CHUNK + LONGEST_CANDIDATE - cut];
            let at = bytes.len() as u64;
            bytes.extend_from_slice(b"kst_team_07ELSZgnu18FMTahov29GNUbipw3AH2brrpx");
            bytes.extend_from_slice(&[b' '; 2_000]);
            assert_eq!(
                found(&bytes, usize::MAX, u64::MAX),
                (Ending::End, vec![(at, true)])
            );
            assert_eq!(found(&bytes, 1_001, u64::MAX), (Ending::End, vec![(at, true)]));
        }
    }

    #[test]
    fn k13_bytes_are_a_text_or_not_however_they_come() {
        let bytes = [b"kst_team_x ".as_slice(), &[b'a'; 7_000], b"\0"].concat();
        for part in [1, 100, usize::MAX] {
            assert_eq!(found(&bytes, part, u64::MAX).1, [(0, false)]);
            assert_eq!(found(&bytes[..7_000], part, u64::MAX).1, [(0, true)]);
        }
    }

    #[test]
    fn k13_what_never_ends_is_read_to_the_limit() {
        let mut passed = 0;
        let ending = search(
            &mut io::repeat(b'k'),
            10_000_000,
            &mut Buffer::new(),
            |bytes| {
                passed += bytes;
                true
            },
            |_| panic!("nothing is there"),
        );
        assert_eq!(ending.unwrap(), Ending::Limit);
        assert!(passed < 11_000_000, "{passed}");
    }
}
