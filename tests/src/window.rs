//! The running app and its window.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{Capabilities, TypingData};

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

    fn web(&self) -> Outcome<&WebDriver> {
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

    async fn all(&self, sought: &Sought) -> Outcome<Vec<WebElement>> {
        Ok(self
            .web()?
            .execute(FIND, vec![sought.question()])
            .await?
            .elements()?)
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

    async fn explained(&self, failure: Failure) -> Failure {
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

    /// Waits until it is on the screen.
    ///
    /// # Errors
    /// That it did not come.
    pub async fn see(&self, sought: &Sought) -> Outcome<WebElement> {
        self.see_within(sought, PATIENCE).await
    }

    /// Waits this long until it is on the screen.
    ///
    /// # Errors
    /// That it did not come.
    pub async fn see_within(&self, sought: &Sought, limit: Duration) -> Outcome<WebElement> {
        self.until(&sought.words(), limit, async || {
            Ok(self.all(sought).await?.into_iter().next())
        })
        .await
    }

    /// Whether it is on the screen now.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn sees(&self, sought: &Sought) -> Outcome<bool> {
        Ok(!self.all(sought).await?.is_empty())
    }

    /// Waits until it is no longer on the screen.
    ///
    /// # Errors
    /// That it stayed.
    pub async fn gone(&self, sought: &Sought) -> Outcome {
        self.until(&format!("{} to be gone", sought.words()), PATIENCE, async || {
            Ok(self.all(sought).await?.is_empty().then_some(()))
        })
        .await
    }

    /// Waits for it, which must be the only one, and clicks it.
    ///
    /// # Errors
    /// That it can't be clicked.
    pub async fn click(&self, sought: &Sought) -> Outcome {
        self.until(
            &format!("{} to be clicked", sought.words()),
            PATIENCE,
            async || {
                let found = self.all(sought).await?;
                if found.len() > 1 {
                    return Err(Failure::said(format!(
                        "{} is there {} times",
                        sought.words(),
                        found.len()
                    )));
                }
                let Some(element) = found.into_iter().next() else {
                    return Ok(None);
                };
                // A radio button is drawn as its label; that is what a hand meets.
                let target = self
                    .web()?
                    .execute(
                        "const [e] = arguments; return e.type === 'radio' ? e.labels[0] ?? e : e",
                        vec![element.to_json()?],
                    )
                    .await?
                    .element()?;
                // Something may pass over it, or it may be drawn anew.
                Ok(target.click().await.ok())
            },
        )
        .await
    }

    /// Replaces what a field holds by typing.
    ///
    /// # Errors
    /// That there is no such field, or that it did not take the text.
    pub async fn fill(&self, sought: &Sought, text: &str) -> Outcome {
        let element = self.see(sought).await?;
        let script = "arguments[0].focus(); arguments[0].select(); return null";
        self.script::<Option<bool>>(script, vec![element.to_json()?])
            .await?;
        if text.is_empty() {
            self.keys(Key::Delete).await?;
        } else {
            self.keys(text).await?;
        }
        let words = format!("{} to hold what was typed", sought.words());
        self.until(&words, PATIENCE, async || {
            Ok((self.value(sought).await? == text).then_some(()))
        })
        .await
    }

    /// What a field holds.
    ///
    /// # Errors
    /// That there is no such field.
    pub async fn value(&self, sought: &Sought) -> Outcome<String> {
        let element = self.see(sought).await?;
        self.script("return arguments[0].value ?? ''", vec![element.to_json()?])
            .await
    }

    /// What is said to be wrong at a field, where something is.
    ///
    /// # Errors
    /// That nothing is.
    pub async fn error_at(&self, sought: &Sought) -> Outcome<String> {
        let script = r"
            const [field] = arguments;
            if (field.getAttribute('aria-invalid') !== 'true') return null;
            const ids = (field.getAttribute('aria-describedby') ?? '').split(' ');
            return ids.map((id) => document.getElementById(id)).find((e) => e?.role === 'alert')?.innerText ?? null;
        ";
        self.until(&format!("an error at {}", sought.words()), PATIENCE, async || {
            let Some(element) = self.all(sought).await?.into_iter().next() else {
                return Ok(None);
            };
            self.script::<Option<String>>(script, vec![element.to_json()?])
                .await
        })
        .await
    }

    /// Whether something is wholly within the window, and nothing lies over its middle.
    ///
    /// # Errors
    /// That it is not there.
    pub async fn in_reach(&self, sought: &Sought) -> Outcome {
        let script = r"
            const [e] = arguments;
            const { left, top, right, bottom } = e.getBoundingClientRect();
            if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight)
                return `it lies from ${left}, ${top} to ${right}, ${bottom} in a window of ${innerWidth} × ${innerHeight}`;
            const met = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
            return met !== null && (e.contains(met) || met.contains(e)) ? null : `${met?.outerHTML.slice(0, 120)} lies over it`;
        ";
        self.settle().await?;
        let element = self.see(sought).await?;
        match self
            .script::<Option<String>>(script, vec![element.to_json()?])
            .await?
        {
            None => Ok(()),
            Some(problem) => {
                let failure = Failure::expected(&format!("{} within the window", sought.words()), problem);
                Err(self.explained(failure).await)
            }
        }
    }

    /// How many pixels of the page lie beyond the window's right edge.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn overflow(&self) -> Outcome<i64> {
        self.script(
            "return document.scrollingElement.scrollWidth - innerWidth",
            vec![],
        )
        .await
    }

    /// Types to whatever has the focus.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn keys(&self, keys: impl Into<TypingData>) -> Outcome {
        let keys: TypingData = keys.into();
        Ok(self.web()?.action_chain().send_keys(keys).perform().await?)
    }

    /// Holds Control and presses a key.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn control(&self, key: char) -> Outcome {
        let chain = self
            .web()?
            .action_chain()
            .key_down(Key::Control)
            .key_down(key)
            .key_up(key)
            .key_up(Key::Control);
        Ok(chain.perform().await?)
    }

    /// Goes from stop to stop with the Tab key until this has the focus.
    ///
    /// # Errors
    /// That it is no stop.
    pub async fn tab_to(&self, sought: &Sought) -> Outcome {
        self.see(sought).await?;
        for _ in 0..40 {
            if self.has_focus(sought).await? {
                return Ok(());
            }
            self.keys(Key::Tab).await?;
        }
        Err(self
            .explained(Failure::said(format!(
                "40 Tabs did not lead to {}",
                sought.words()
            )))
            .await)
    }

    /// Whether it has the focus.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn has_focus(&self, sought: &Sought) -> Outcome<bool> {
        let Some(element) = self.all(sought).await?.into_iter().next() else {
            return Ok(false);
        };
        self.script(
            "return document.activeElement === arguments[0]",
            vec![element.to_json()?],
        )
        .await
    }

    /// Waits until it has the focus.
    ///
    /// # Errors
    /// That it did not get it.
    pub async fn focused(&self, sought: &Sought) -> Outcome {
        let words = format!("{} to have the focus", sought.words());
        self.until(&words, PATIENCE, async || self.has_focus(sought).await.map(yes))
            .await
    }

    /// The text of something, without what is hidden.
    ///
    /// # Errors
    /// That it is not there.
    pub async fn text_of(&self, sought: &Sought) -> Outcome<String> {
        let element = self.see(sought).await?;
        self.script("return arguments[0].innerText", vec![element.to_json()?])
            .await
    }

    /// All text on the screen.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn text(&self) -> Outcome<String> {
        self.script("return document.body.innerText", vec![]).await
    }

    /// Waits until these words are on the screen.
    ///
    /// # Errors
    /// That they did not come.
    pub async fn read(&self, words: &str) -> Outcome {
        self.read_within(words, PATIENCE).await
    }

    /// Waits this long until these words are on the screen.
    ///
    /// # Errors
    /// That they did not come.
    pub async fn read_within(&self, words: &str, limit: Duration) -> Outcome {
        self.until(&format!("the words “{words}”"), limit, async || {
            let text = self.text().await?;
            Ok(text
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .contains(words)
                .then_some(()))
        })
        .await
    }

    /// Waits until something's text contains these words, and returns it on one line.
    ///
    /// # Errors
    /// That they did not come.
    pub async fn read_in(&self, sought: &Sought, words: &str) -> Outcome<String> {
        self.until(
            &format!("the words “{words}” in {}", sought.words()),
            PATIENCE,
            async || {
                let Some(element) = self.all(sought).await?.into_iter().next() else {
                    return Ok(None);
                };
                let text: String = self
                    .script("return arguments[0].innerText", vec![element.to_json()?])
                    .await?;
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                Ok(text.contains(words).then_some(text))
            },
        )
        .await
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

    /// Shows the screen light or dark, whatever was chosen.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn show(&self, theme: &str) -> Outcome {
        let script = "document.documentElement.dataset.theme = arguments[0]; return null";
        self.script::<Option<bool>>(script, vec![json!(theme)]).await?;
        self.settle().await
    }

    /// Makes the window this large.
    ///
    /// # Errors
    /// That it did not become so.
    pub async fn resize(&self, width: u32, height: u32) -> Outcome {
        self.web()?.set_window_rect(0, 0, width, height).await?;
        let size = json!([width, height]);
        self.until(
            &format!("the window to be {width} × {height}"),
            PATIENCE,
            async || {
                let now: Value = self.script("return [innerWidth, innerHeight]", vec![]).await?;
                Ok((now == size).then_some(()))
            },
        )
        .await
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

    /// Whether this text is anywhere in the page: its elements, what fields hold, its storage.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn page_holds(&self, text: &str) -> Outcome<bool> {
        let script = r"
            const [text] = arguments;
            const places = [
                document.documentElement.outerHTML,
                document.documentElement.textContent,
                location.href,
                JSON.stringify(history.state) ?? '',
                ...[...document.querySelectorAll('input, textarea')].map((field) => field.value),
                ...[localStorage, sessionStorage].map((storage) => JSON.stringify(storage)),
            ];
            return places.some((place) => place.includes(text));
        ";
        self.script(script, vec![json!(text)]).await
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

fn yes(whether: bool) -> Option<()> {
    whether.then_some(())
}
