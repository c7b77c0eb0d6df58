//! What axe finds on the screen as it is: all its rules, contrast among them, in the engine the app runs in.

use std::path::Path;

use serde::Deserialize;

use crate::failure::{Failure, Outcome};
use crate::window::Window;

#[derive(Deserialize)]
struct Violation {
    id: String,
    help: String,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    html: String,
    #[serde(rename = "failureSummary")]
    summary: Option<String>,
}

const RUN: &str = r"
    const [runOnly, done] = arguments;
    axe.run(document, { resultTypes: ['violations'], ...(runOnly ? { runOnly } : {}) }).then(
        ({ violations }) => done({ violations: violations.map(({ id, help, nodes }) => ({
            id, help, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })),
        })) }),
        (error) => done({ failed: String(error) }),
    );
";

impl Window {
    /// Everything axe finds light, and what it says of the contrast dark, as sentences; an empty list is the wish.
    ///
    /// # Errors
    /// That axe could not be run.
    pub async fn complaints(&self) -> Outcome<Vec<String>> {
        self.show("light").await?;
        let light = self.ask_axe(None).await?;
        self.show("dark").await?;
        let dark = self.ask_axe(Some("color-contrast")).await?;
        self.show("light").await?;
        Ok(light
            .into_iter()
            .chain(dark.into_iter().map(|complaint| format!("dark: {complaint}")))
            .collect())
    }

    async fn ask_axe(&self, only: Option<&str>) -> Outcome<Vec<String>> {
        if !self
            .script::<bool>("return typeof window.axe === 'object'", vec![])
            .await?
        {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
            let source = std::fs::read_to_string(&path).map_err(|error| {
                Failure::said(format!(
                    "axe is not in ui/node_modules (run `npm ci` there): {error}"
                ))
            })?;
            self.script::<Option<bool>>(&format!("{source}; window.axe = axe; return null"), vec![])
                .await?;
        }
        let only = only.map(|rule| vec![rule]);
        let answer: serde_json::Value = self.script_async(RUN, vec![serde_json::json!(only)]).await?;
        if let Some(reason) = answer["failed"].as_str() {
            return Err(Failure::said(format!("axe could not look: {reason}")));
        }
        let violations: Vec<Violation> = serde_json::from_value(answer["violations"].clone())?;
        Ok(violations
            .into_iter()
            .flat_map(|Violation { id, help, nodes }| {
                nodes.into_iter().map(move |node| {
                    let html: String = node.html.chars().take(160).collect();
                    let summary = node.summary.unwrap_or_default().replace('\n', " ");
                    format!("{id}: {help}: {html}: {summary}")
                })
            })
            .collect())
    }
}
