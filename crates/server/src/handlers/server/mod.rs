//! Who answers here.

pub(crate) mod read;
