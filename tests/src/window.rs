//! The running app and its window.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thirtyfour::Capabilities;
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::prelude::*;

use crate::failure::{Failure, Outcome, PATIENCE, until};
use crate::page::Sought;
use crate::place::Place;
use crate::process::{self, Process};
use crate::screen;

const FIND: &str = include_str!("find.js");
/// How long the app may take to show its window on a machine that is busy with other things.
const START: Duration = Duration::from_secs(60);

/// The window of a running app. Dropped, the app is ended with everything it started.
pub struct Window {
    web: Option<WebDriver>,
    driver: Process,
    app: u32,
    place: PathBuf,
}

/// Where the app's binary is.
///
/// # Errors
/// That nobody said.
pub fn app_binary() -> Outcome<PathBuf> {
    let path = std::env::var_os("KEYSTEAD_APP").map(PathBuf::from).ok_or_else(|| {
        Failure::said(
            "KEYSTEAD_APP does not name the app: build it (cargo build -p keystead-desktop) and set it to \
             target/debug/keystead-desktop, or let `cargo xtask run --demo`, `test` or `shots` do both",
        )
    })?;
    path.canonicalize()
        .map_err(|error| Failure::said(format!("KEYSTEAD_APP is {}: {error}", path.display())))
}

impl Window {
    /// Starts the app on this computer and waits for its first screen.
    ///
    /// # Errors
    /// Why there is no window.
    pub async fn open(place: &Place) -> Outcome<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let binary = app_binary()?;
        let log = place.log(&format!("app-{}", COUNT.fetch_add(1, Ordering::SeqCst)));
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?
            .local_addr()?
            .port();
        let mut command = place.command("WebKitWebDriver");
        command
            .arg(format!("--port={port}"))
            .arg("--host=127.0.0.1")
            .env("TAURI_WEBVIEW_AUTOMATION", "true");
        let mut driver = Process::start(&command, &log, b"")?;
        until("WebKitWebDriver to listen", Duration::from_secs(10), async || {
            if driver.ended()?.is_some() {
                return Err(driver.failure("ended at once"));
            }
            Ok(tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .ok()
                .map(drop))
        })
        .await?;
        let options = json!({ "webkitgtk:browserOptions": { "binary": binary, "args": [] } });
        let Value::Object(capabilities) = options else {
            return Err(Failure::said("no capabilities"));
        };
        // reqwest is built without a provider of its own for TLS, and asks for one even on loopback.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().timeout(START).build()?;
        let config = thirtyfour::common::config::WebDriverConfig::builder().build()?;
        let web = WebDriver::new_with_config_and_client(
            format!("http://127.0.0.1:{port}"),
            Capabilities::from(capabilities),
            config,
            http,
        )
        .await
        .map_err(|error| driver.failure(&format!("did not open the window ({error})")))?;
        let app = process::children(driver.id(), &binary)
            .first()
            .copied()
            .ok_or_else(|| driver.failure("has no app running"))?;
        let window = Self {
            web: Some(web),
            driver,
            app,
            place: place.data(),
        };
        window
            .until("the first screen", START, async || {
                window
                    .script::<bool>("return document.querySelector('#app main') !== null", vec![])
                    .await
                    .map(yes)
            })
            .await?;
        Ok(window)
    }

    pub(crate) fn web(&self) -> Outcome<&WebDriver> {
        self.web
            .as_ref()
            .ok_or_else(|| Failure::said("the window is closed"))
    }

    /// The app's process id.
    #[must_use]
    pub const fn app(&self) -> u32 {
        self.app
    }

    /// What the app and its driver have said on their streams.
    #[must_use]
    pub fn said(&self) -> String {
        self.driver.said()
    }

    /// Closes the window as a person does, and waits until the app has ended by itself.
    ///
    /// # Errors
    /// That it did not.
    pub async fn quit(mut self) -> Outcome {
        let Some(web) = self.web.take() else { return Ok(()) };
        // It would end the app the moment its page is gone, in the middle of what the app does at its end.
        self.driver.leave()?;
        for window in screen::shown(self.app)? {
            screen::close(window)?;
        }
        let app = self.app;
        let ended = until(
            "the app to end after its window was closed",
            PATIENCE,
            async || Ok((!process::is_running(app)).then_some(())),
        )
        .await;
        self.driver.stop();
        let _forgotten = web.leak();
        ended
    }

    /// Runs a script in the page.
    ///
    /// # Errors
    /// What it threw.
    pub async fn script<T: DeserializeOwned>(&self, script: &str, arguments: Vec<Value>) -> Outcome<T> {
        let answer = self.web()?.execute(script, arguments).await?;
        Ok(serde_json::from_value(answer.json().clone())?)
    }

    /// Runs a script in the page that calls its last argument with the answer.
    ///
    /// # Errors
    /// What it threw.
    pub async fn script_async<T: DeserializeOwned>(&self, script: &str, arguments: Vec<Value>) -> Outcome<T> {
        let answer = self.web()?.execute_async(script, arguments).await?;
        Ok(serde_json::from_value(answer.json().clone())?)
    }

    pub(crate) async fn all(&self, sought: &Sought) -> Outcome<Vec<WebElement>> {
        loop {
            match self.web()?.execute(FIND, vec![sought.question()]).await {
                Ok(found) => return Ok(found.elements()?),
                // It went while it was being found: look again.
                Err(error) if is_stale(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// What a script makes of something, where it is there.
    pub(crate) async fn of<T: DeserializeOwned>(&self, sought: &Sought, script: &str) -> Outcome<Option<T>> {
        let Some(element) = self.all(sought).await?.into_iter().next() else {
            return Ok(None);
        };
        match self.web()?.execute(script, vec![element.to_json()?]).await {
            Ok(answer) => Ok(Some(serde_json::from_value(answer.json().clone())?)),
            Err(error) if is_stale(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What a script makes of something, which is waited for.
    ///
    /// # Errors
    /// That it did not come.
    pub async fn ask<T: DeserializeOwned>(&self, sought: &Sought, script: &str) -> Outcome<T> {
        self.until(&sought.words(), PATIENCE, async || self.of(sought, script).await)
            .await
    }

    /// Waits for a condition; in vain, tells what was on the screen and leaves a picture of it.
    ///
    /// # Errors
    /// That it did not come.
    pub async fn until<T>(
        &self,
        what: &str,
        limit: Duration,
        look: impl AsyncFnMut() -> Outcome<Option<T>>,
    ) -> Outcome<T> {
        match until(what, limit, look).await {
            Ok(found) => Ok(found),
            Err(failure) => Err(self.explained(failure).await),
        }
    }

    pub(crate) async fn explained(&self, failure: Failure) -> Failure {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("window").replace("::", "-");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/window-failures");
        let picture = folder.join(format!("{name}-{}.png", COUNT.fetch_add(1, Ordering::SeqCst)));
        let taken = std::fs::create_dir_all(&folder).is_ok() && self.picture(&picture).await.is_ok();
        let text = self
            .text()
            .await
            .unwrap_or_else(|error| format!("nothing: {error}"));
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let picture = if taken {
            format!("\npicture: {}", picture.display())
        } else {
            String::new()
        };
        let running = if process::is_running(self.app) {
            ""
        } else {
            "\nthe app has ended"
        };
        Failure::said(format!(
            "{failure}\non the screen: {text}{picture}{running}\n{}",
            self.said().trim()
        ))
    }

    /// Waits until nothing on the screen moves any more, and fonts are there.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn settle(&self) -> Outcome {
        let script = r"
            const done = arguments[0];
            const ending = document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity);
            Promise.allSettled([document.fonts.ready, ...ending.map((a) => a.finished)])
                .then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(null))));
        ";
        self.script_async::<Option<bool>>(script, vec![]).await.map(drop)
    }

    /// How many windows the app shows.
    ///
    /// # Errors
    /// What the X server says.
    pub fn count(&self) -> Outcome<usize> {
        Ok(screen::shown(self.app)?.len())
    }

    /// A picture of the window as it is on the screen, once it has come to rest.
    ///
    /// It is the X server's, not the driver's: WebKit would take it when it draws next, which a screen at rest never
    /// does.
    ///
    /// # Errors
    /// What the tools say, or the disk.
    pub async fn picture(&self, path: &Path) -> Outcome {
        if let Some(frame) = screen::shown(self.app)?.first() {
            screen::raise(*frame)?;
        }
        let mut before = Vec::new();
        for _ in 0..20 {
            let now = self.pixels()?;
            if now == before {
                break;
            }
            before = now;
            // Longer than a frame.
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        Ok(std::fs::write(path, before)?)
    }

    fn pixels(&self) -> Outcome<Vec<u8>> {
        let shown = screen::shown(self.app)?;
        let frame = shown
            .first()
            .ok_or_else(|| Failure::expected("a window on the screen", "none"))?
            .to_string();
        answer(
            "import",
            &[
                "-window",
                &frame,
                "-define",
                "png:exclude-chunks=date,time",
                "png:-",
            ],
        )
    }

    /// The data folder this window works on.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.place
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.driver.stop();
        if let Some(web) = self.web.take() {
            // Its session went with the app; there is nobody left to tell.
            let _forgotten = web.leak();
        }
    }
}

fn is_stale(error: &WebDriverError) -> bool {
    matches!(
        **error,
        WebDriverErrorInner::StaleElementReference(_) | WebDriverErrorInner::NoSuchElement(_)
    )
}

/// What a tool writes to standard output.
fn answer(program: &str, arguments: &[&str]) -> Outcome<Vec<u8>> {
    let output = std::process::Command::new(program)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| Failure::said(format!("{program} could not be started: {error}")))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Failure::said(format!(
            "{program}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )))
    }
}

pub(crate) fn yes(whether: bool) -> Option<()> {
    whether.then_some(())
}
