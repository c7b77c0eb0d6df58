//! Stories: paragraphs of behaviour on the real thing. Each is named after the feature code it proves.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a story that can't go on has failed"
)]

mod assigned;
mod catalog;
mod command_line;
mod crashes;
mod faults;
mod first_light;
mod first_request;
mod fuzz;
mod import;
mod interleavings;
mod issuers;
mod key_tokens;
mod ladder;
mod limits;
mod local;
mod lock;
mod mails;
mod members;
mod money;
mod nowhere;
mod offline;
mod radar;
mod recovery;
mod rotation;
mod rungs;
mod scan;
mod sessions;
mod terminal;
mod terminal_run;
mod terminal_scan;
mod tokens;
mod traces;
