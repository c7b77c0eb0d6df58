//! What a person does with hands: pointer, keyboard, the window's edge.

use serde_json::{Value, json};
use thirtyfour::TypingData;
use thirtyfour::prelude::*;

use crate::failure::{Failure, Outcome, PATIENCE};
use crate::page::Sought;
use crate::window::Window;

impl Window {
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
                let script = "const [e] = arguments; return e.type === 'radio' ? e.labels[0] ?? e : e";
                let drawn = self.web()?.execute(script, vec![element.to_json()?]).await;
                let Ok(drawn) = drawn.and_then(ScriptRet::element) else {
                    return Ok(None);
                };
                // Something may pass over it, or it may be drawn anew.
                Ok(drawn.click().await.ok())
            },
        )
        .await
    }

    /// Replaces what a field holds by typing.
    ///
    /// # Errors
    /// That there is no such field, or that it did not take the text.
    pub async fn fill(&self, sought: &Sought, text: &str) -> Outcome {
        self.ask::<bool>(sought, "arguments[0].focus(); arguments[0].select(); return true")
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

    /// Shows the screen light or dark, whatever was chosen.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn show(&self, theme: &str) -> Outcome {
        let script = "document.documentElement.dataset.theme = arguments[0]; return null";
        self.script::<Option<bool>>(script, vec![json!(theme)]).await?;
        self.settle().await
    }
}
