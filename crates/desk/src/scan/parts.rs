//! Searching bytes that arrive in parts of any lengths: for proving that it makes no difference how they are cut.

use super::search::Search;

/// Where something begins like a secret in bytes that come in parts of these lengths, over and over, and whether it is
/// whole.
#[must_use]
pub fn places_in_parts(bytes: &[u8], parts: &[usize]) -> Vec<(u64, bool)> {
    let (mut search, mut found) = (Search::new(true), Vec::new());
    let (mut window, mut at) = (Vec::new(), 0);
    let mut lengths = parts.iter().copied().filter(|length| *length > 0).cycle();
    loop {
        let next = bytes.len().min(at + lengths.next().unwrap_or(bytes.len().max(1)));
        window.extend_from_slice(&bytes[at..next]);
        at = next;
        let last = at == bytes.len();
        let done = search.look(&window, last, |spot| {
            found.push((spot.offset, spot.problem.is_none()));
        });
        window.drain(..done);
        if last {
            return found;
        }
    }
}
