//! What a person sees, and what is in the page although nobody sees it.

use std::time::Duration;

use serde_json::json;
use thirtyfour::prelude::*;

use crate::failure::{Failure, Outcome, PATIENCE};
use crate::page::Sought;
use crate::window::{Window, yes};

impl Window {
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

    /// What a field holds.
    ///
    /// # Errors
    /// That there is no such field.
    pub async fn value(&self, sought: &Sought) -> Outcome<String> {
        self.ask(sought, "return arguments[0].value ?? ''").await
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
            Ok(self.of::<Option<String>>(sought, script).await?.flatten())
        })
        .await
    }

    /// Whether it has the focus.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn has_focus(&self, sought: &Sought) -> Outcome<bool> {
        let script = "return document.activeElement === arguments[0]";
        Ok(self.of(sought, script).await?.unwrap_or(false))
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
        self.ask(sought, "return arguments[0].innerText").await
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
                let Some(text) = self.of::<String>(sought, "return arguments[0].innerText").await? else {
                    return Ok(None);
                };
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                Ok(text.contains(words).then_some(text))
            },
        )
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
            return met !== null && (e.contains(met) || met.contains(e)) ? '' : `${met?.outerHTML.slice(0, 120)} lies over it`;
        ";
        self.settle().await?;
        let problem: String = self.ask(sought, script).await?;
        if problem.is_empty() {
            return Ok(());
        }
        let failure = Failure::expected(&format!("{} within the window", sought.words()), problem);
        Err(self.explained(failure).await)
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
}
