//! Stories: paragraphs of behaviour on the real thing. Each is named after the feature code it proves.

mod command_line;
mod faults;
mod first_light;
mod ladder;
mod local;
mod nowhere;
