//! Every test, on the real thing: a PostgreSQL, a keychain, a screen and a session bus of their own, and the
//! programs themselves. What is missing is a failure here, never a skipped test.

use std::time::Duration;

use crate::bundle;
use crate::check::{self, Step, carry_out};
use crate::display::Display;
use crate::exec::Program;
use crate::failure::Outcome;
use crate::postgres::Postgres;
use crate::workspace::{FEATURES, Workspace};

/// The limit of all tests together; each test has its own in .config/nextest.toml.
const LIMIT: Duration = Duration::from_secs(30 * 60);
/// The same of the long run.
const LONG_LIMIT: Duration = Duration::from_secs(3 * 60 * 60);
/// How many interleavings the long run tries.
const LONG: &str = "10000";
/// The tests that drive the real window.
const WINDOW_TESTS: &str = "test(/(^|::)window_/)";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Run only the tests whose names contain one of these, without `check` and the installer.
    filters: Vec<String>,
    /// Leave out the tests that drive the real window.
    #[arg(long)]
    no_window: bool,
    /// Leave out building, installing and removing the package.
    #[arg(long)]
    no_bundle: bool,
    /// Try 10,000 random interleavings of three desktops and a server instead of 500.
    #[arg(long)]
    long: bool,
    /// Further arguments for `cargo nextest run`, such as `-- --no-capture`; like a filter, they leave out the rest.
    #[arg(last = true)]
    nextest: Vec<String>,
}

impl Arguments {
    /// Whether somebody works on something and wants to know about just that.
    pub(crate) fn is_inner_loop(&self) -> bool {
        !self.filters.is_empty() || !self.nextest.is_empty()
    }
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    if arguments.is_inner_loop() {
        workspace.build_all()?;
        return nextest(workspace, arguments);
    }
    let mut steps = vec![
        Step::new("check", || check::run(workspace, &check::Arguments::default())),
        Step::new("build", || workspace.build_all()),
        Step::new("tests", || nextest(workspace, arguments)),
    ];
    if !arguments.no_bundle {
        steps.push(Step::new("installer", || bundle::build_and_try(workspace)));
    }
    carry_out(&steps, false)
}

fn nextest(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    let postgres = Postgres::start()?;
    let display = Display::start()?;
    let mut tests = display
        .dress(Program::cargo())
        .args([
            "nextest",
            "run",
            "--locked",
            "--cargo-quiet",
            "--workspace",
            "--no-tests=fail",
        ])
        .args(FEATURES)
        .env("KEYSTEAD_TEST_POSTGRES", postgres.url())
        .env("KEYSTEAD_APP", workspace.debug_binary("keystead-desktop")?)
        .env("KEYSTEAD_CLI", workspace.debug_binary("keystead")?)
        .env("KEYSTEAD_SERVER", workspace.debug_binary("keystead-server")?)
        .dir(&workspace.root)
        .limit(if arguments.long { LONG_LIMIT } else { LIMIT });
    if std::env::var_os("CI").is_some() {
        tests = tests.args(["--profile", "ci"]);
    }
    if arguments.long {
        tests = tests.env("KEYSTEAD_INTERLEAVINGS", LONG);
    }
    if arguments.no_window {
        tests = tests.args(["--filterset", &format!("not {WINDOW_TESTS}")]);
    }
    tests.args(&arguments.nextest).args(&arguments.filters).run()
}
