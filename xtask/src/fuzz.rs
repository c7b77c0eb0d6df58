//! Inputs nobody thought of, for as long as is wanted. The tests do the same for seconds.

use std::time::Duration;

use crate::exec::Program;
use crate::failure::Outcome;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What is tried: secret, catalog, jwt or scan; all of them, one after another, if not said.
    target: Option<String>,
    /// How long each is tried.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    seconds: u64,
    /// Where chance begins; another number is another run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    Program::cargo()
        .args([
            "run", "--quiet", "--locked", "-p", "stories", "--bin", "fuzz", "--",
        ])
        .args([arguments.target.as_deref().unwrap_or_default()])
        .args([arguments.seconds.to_string(), arguments.seed.to_string()])
        .dir(&workspace.root)
        .limit(Duration::from_secs(30 * 60 + arguments.seconds.saturating_mul(5)))
        .run()
}
