//! The computer, as the desk asks it from a terminal: no clipboard, no downloads.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crypto::secret::Secret;
use desk::host::{Host, LocalPlace, LocalServer};
use keychain::{Keychain, KeychainError, OsKeychain};

pub(crate) struct TerminalHost;

impl Host for TerminalHost {
    fn local_server(
        &self,
        place: LocalPlace,
    ) -> Pin<Box<dyn Future<Output = Result<Arc<LocalServer>, String>> + Send + '_>> {
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

    fn copy(&self, _: &Secret, _: Duration) -> Result<(), String> {
        Err("a terminal has no clipboard of its own".to_owned())
    }

    fn paste(&self) -> Result<Option<Secret>, String> {
        Err("a terminal has no clipboard of its own; pipe the text to `keystead inspect -`".to_owned())
    }

    fn notify(&self, _: &str, _: &str) -> Result<(), String> {
        Err("a terminal shows no notices of the system".to_owned())
    }

    fn downloads(&self) -> Option<PathBuf> {
        None
    }
}
