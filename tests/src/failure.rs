//! Why a step did not happen, in one sentence for whoever reads the test's output.

use std::fmt;
use std::time::Duration;

use thirtyfour::error::WebDriverError;

/// What did not happen. Shown as its sentence, also where a test returns it.
pub struct Failure(String);

/// Something, or why not.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// In these words.
    #[must_use]
    pub fn said(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// What was expected, and what was there instead.
    #[must_use]
    pub fn expected(expected: &str, seen: impl fmt::Display) -> Self {
        Self(format!("expected {expected}; saw {seen}"))
    }

    /// The same, with what it happened in.
    #[must_use]
    pub fn during(self, what: &str) -> Self {
        Self(format!("{what}: {}", self.0))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<WebDriverError> for Failure {
    fn from(error: WebDriverError) -> Self {
        Self(format!("the window's driver said: {error}"))
    }
}

impl From<desk::DeskError> for Failure {
    fn from(error: desk::DeskError) -> Self {
        Self(format!("the other desk: {error}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("not the expected JSON: {error}"))
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self(error.to_string())
    }
}

/// How long a condition is waited for when nothing else is said: far beyond what an honest step takes on a busy
/// machine, so that only what never comes fails.
pub const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(25);

/// Looks every 25 ms whether something is there.
///
/// # Errors
/// That it was not there in time, or the first failure of the look itself.
pub async fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Outcome<Option<T>>,
) -> Outcome<T> {
    let end = tokio::time::Instant::now() + limit;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if tokio::time::Instant::now() > end {
            return Err(Failure(format!(
                "waited {} s in vain for {what}",
                limit.as_secs_f32()
            )));
        }
        tokio::time::sleep(POLL).await;
    }
}
