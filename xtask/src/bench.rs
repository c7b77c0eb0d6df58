//! Figures: what the product takes in time and memory, beside what it may take.

use std::ffi::OsString;

use crate::display::Display;
use crate::exec::Program;
use crate::failure::Outcome;
use crate::postgres::Postgres;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only the figures whose names contain this.
    name: Option<String>,
    /// A JSON line for each figure instead of a table.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    eprintln!("Building the release (minutes, the first time)");
    Program::cargo()
        .args([
            "build",
            "--locked",
            "--quiet",
            "--release",
            "--package",
            "server",
            "--package",
            "stories",
            "--package",
            "keystead-desktop",
            "--bin",
            "keystead-server",
            "--bin",
            "bench",
            "--bin",
            "keystead-desktop",
        ])
        .dir(&workspace.root)
        .unlimited()
        .run()?;
    let release = workspace.target.join("release");
    let mut rest: Vec<OsString> = arguments.name.iter().map(OsString::from).collect();
    if arguments.json {
        rest.push("--json".into());
    }
    let wants_postgres = arguments
        .name
        .as_deref()
        .is_none_or(|name| name.starts_with("verify") || "verify".starts_with(name));
    let postgres = wants_postgres.then(Postgres::start).transpose()?;
    let display = Display::start()?;
    let mut bench = display.dress(Program::new(release.join("bench")));
    if let Some(postgres) = &postgres {
        bench = bench.env("KEYSTEAD_TEST_POSTGRES", postgres.url());
    }
    bench
        .env("KEYSTEAD_APP", workspace.release_binary("keystead-desktop")?)
        .env("KEYSTEAD_SERVER", release.join("keystead-server"))
        .args(&rest)
        .run()
}
