//! Chance that is none, for tests of one module.

use domain::entropy::Entropy;

/// Only zeros.
pub(crate) struct Zeros;

impl Entropy for Zeros {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// One, two, three, in the last eight bytes.
#[derive(Default)]
pub(crate) struct Counted(u64);

impl Entropy for Counted {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0 += 1;
        bytes.fill(0);
        for (byte, number) in bytes.iter_mut().rev().zip(self.0.to_le_bytes()) {
            *byte = number;
        }
    }
}
