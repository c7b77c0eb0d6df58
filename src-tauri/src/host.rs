//! The computer, as the desk asks it: keychain, clipboard, downloads, the server inside.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crypto::secret::Secret;
use crypto::token::SecretHash;
use desk::host::{Host, LocalPlace, LocalServer};
use keychain::{Keychain, KeychainError, OsKeychain};

/// The computer the window is on.
pub(crate) struct DesktopHost;

/// One clipboard for the process: on X11 and Wayland its owner has to live as long as the content.
static CLIPBOARD: Mutex<Option<arboard::Clipboard>> = Mutex::new(None);
/// What Keystead put there last, by its hash.
static COPIED: Mutex<Option<SecretHash>> = Mutex::new(None);

impl Host for DesktopHost {
    fn local_server(
        &self,
        place: LocalPlace,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Arc<LocalServer>, String>> + Send + '_>> {
        Box::pin(async move {
            let local = server::local::start_or_join(&place.folder, &place.name)
                .await
                .map_err(|error| error.to_string())?;
            let url = local.url().to_owned();
            Ok(match local.into_running() {
                Some(running) => LocalServer::started(url, Box::new(move || Box::pin(running.stop()))),
                None => LocalServer::joined(url),
            })
        })
    }

    fn os_keychain(&self) -> Result<Arc<dyn Keychain>, KeychainError> {
        Ok(Arc::new(OsKeychain::probe()?))
    }

    fn copy(&self, secret: &Secret, clear_after: Duration) -> Result<(), String> {
        with_clipboard(|clipboard| {
            let set = clipboard.set();
            // Clipboard managers are asked to keep no copy of it.
            #[cfg(all(unix, not(target_os = "macos")))]
            let set = arboard::SetExtLinux::exclude_from_history(set);
            #[cfg(target_os = "macos")]
            let set = arboard::SetExtApple::exclude_from_history(set);
            #[cfg(windows)]
            let set = arboard::SetExtWindows::exclude_from_history(set);
            set.text(secret.expose())
        })
        .map_err(|error| clipboard_problem(&error, "save the secret as a file instead"))?;
        let hash = SecretHash::of(secret.expose());
        *COPIED.lock().unwrap_or_else(PoisonError::into_inner) = Some(hash);
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(clear_after).await;
            let done = tokio::task::spawn_blocking(move || clear(Some(hash))).await;
            if !matches!(done, Ok(Ok(()))) {
                tracing::warn!("the clipboard could not be cleared");
            }
        });
        Ok(())
    }

    fn paste(&self) -> Result<Option<Secret>, String> {
        match with_clipboard(arboard::Clipboard::get_text) {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(arboard::Error::ContentNotAvailable) => Ok(None),
            Err(error) => Err(clipboard_problem(&error, "paste the text into the field instead")),
        }
    }

    fn notify(&self, title: &str, text: &str) -> Result<(), String> {
        notify_rust::Notification::new()
            .appname("Keystead")
            .summary(title)
            .body(text)
            .icon("keystead")
            .show()
            .map(drop)
            .map_err(|error| format!("the system shows no notices ({error})"))
    }

    fn downloads(&self) -> Option<PathBuf> {
        let dirs = directories::UserDirs::new()?;
        Some(
            dirs.download_dir()
                .map_or_else(|| dirs.home_dir().join("Downloads"), PathBuf::from),
        )
    }
}

fn with_clipboard<T>(
    work: impl FnOnce(&mut arboard::Clipboard) -> Result<T, arboard::Error>,
) -> Result<T, arboard::Error> {
    let mut slot = CLIPBOARD.lock().unwrap_or_else(PoisonError::into_inner);
    let clipboard = match &mut *slot {
        Some(clipboard) => clipboard,
        empty => empty.insert(arboard::Clipboard::new()?),
    };
    work(clipboard)
}

fn clipboard_problem(error: &arboard::Error, instead: &str) -> String {
    format!("the clipboard can't be used ({error}); {instead}")
}

/// Takes what Keystead put on the clipboard off again, if it is still there and still the last that was put.
fn clear(only: Option<SecretHash>) -> Result<(), arboard::Error> {
    let mut copied = COPIED.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(hash) = *copied else { return Ok(()) };
    if only.is_some_and(|only| only != hash) {
        return Ok(());
    }
    *copied = None;
    with_clipboard(|clipboard| match clipboard.get_text() {
        Ok(text) if SecretHash::of(&text) == hash => clipboard.clear(),
        Ok(_) | Err(arboard::Error::ContentNotAvailable) => Ok(()),
        Err(error) => Err(error),
    })
}

/// Leaves no secret on the clipboard behind the app's end.
pub(crate) fn forget_clipboard() {
    if let Err(error) = clear(None) {
        tracing::warn!(%error, "the clipboard could not be cleared");
    }
    *CLIPBOARD.lock().unwrap_or_else(PoisonError::into_inner) = None;
}
