//! The server's ids of requests: in the log, in problems and in the header of every answer.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::ports::Ports;

/// Gives them out: 96 bits that begin anywhere and go on one by one. Chance is asked for once and not by each request,
/// because that is a call to the system, under a lock.
pub(crate) struct RequestIds {
    high: u32,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new(ports: &Ports) -> Self {
        let (mut high, mut next) = ([0; 4], [0; 8]);
        ports.with_entropy(|entropy| {
            entropy.fill(&mut high);
            entropy.fill(&mut next);
        });
        Self {
            high: u32::from_be_bytes(high),
            next: AtomicU64::new(u64::from_be_bytes(next)),
        }
    }

    pub(crate) fn make(&self) -> String {
        let low = self.next.fetch_add(1, Ordering::Relaxed);
        format!("req_{:08x}{low:016x}", self.high)
    }
}
