//! The commands of the window: each hands over to the desk and translates nothing but the error.

pub(crate) mod catalog;
pub(crate) mod connection;
pub(crate) mod groups;
pub(crate) mod import;
pub(crate) mod issuers;
pub(crate) mod key;
pub(crate) mod keychain;
pub(crate) mod lock;
pub(crate) mod money;
pub(crate) mod people;
pub(crate) mod policy;
pub(crate) mod preferences;
pub(crate) mod recovery;
pub(crate) mod scan;
pub(crate) mod sessions;
pub(crate) mod sync;

use std::sync::Arc;

use desk::Desk;
use desk::view::AppError;

/// The desk, as Tauri hands it to a command.
type DeskState<'a> = tauri::State<'a, Arc<Desk>>;
type Answer<T> = Result<T, AppError>;
