//! The HTTP backend.
