//! The tasks of the repository: `cargo xtask --help`.
//!
//! One file a command; beside them what the commands share: `exec` (running programs within a time limit),
//! `tree` (ending everything that was started), `display` and `postgres` (the private surroundings of a test).
//! Nothing here is shipped, and nothing shipped depends on it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task runner speaks to the terminal it was started in"
)]

mod bench;
mod bundle;
mod check;
mod codegen;
mod display;
mod exec;
mod failure;
mod fuzz;
mod icons;
mod layers;
mod postgres;
mod run;
mod screens;
mod setup;
mod shots;
mod test;
mod tree;
mod within;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::{Failure, Outcome};
use setup::Group;
use workspace::Workspace;

/// Set up, run, test, look, package.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
struct Arguments {
    /// Take it that everything needed is installed and the screens are built.
    #[arg(long, global = true)]
    no_setup: bool,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing: system packages, npm packages, cargo tools; build the screens.
    Setup,
    /// Build the app and start it; without a display, on a private one, with a screenshot.
    Run(run::Arguments),
    /// Everything that can be judged without running the product: format, lints, docs, licenses, layers.
    Check(check::Arguments),
    /// `check`, every test with a real database, keychain and window, and the installer.
    Test(test::Arguments),
    /// Screenshots of the screens, light and dark, into target/shots.
    Shots(shots::Arguments),
    /// Run a command as tests are run: on a private display, with a private keychain.
    Within(within::Arguments),
    /// Build the .deb and the .rpm.
    Bundle(bundle::Arguments),
    /// Measure time and memory of the release build; figures are kept in docs/figures.md.
    Bench(bench::Arguments),
    /// Try inputs nobody thought of on what reads strangers' texts: secrets, catalogs, tokens, files.
    Fuzz(fuzz::Arguments),
    /// Prove that the crates point only downward.
    Layers,
    /// Write what is generated from the code: the screens' bindings and the server's OpenAPI document.
    Codegen(codegen::Arguments),
    /// Draw the icon files from icons/keystead.svg and icons/tray.svg.
    Icons,
}

impl Task {
    /// The groups of things the task cannot do without.
    fn needs(&self) -> &'static [Group] {
        match self {
            Self::Setup => &Group::ALL,
            Self::Run(_) | Self::Shots(_) => &[Group::Build, Group::Running, Group::Screens],
            Self::Check(_) => &[Group::Build, Group::Screens, Group::Tools],
            Self::Test(arguments) if arguments.is_inner_loop() => &[
                Group::Build,
                Group::Running,
                Group::Postgres,
                Group::Screens,
                Group::Nextest,
            ],
            Self::Test(_) => &Group::ALL,
            Self::Bundle(_) => &[Group::Build, Group::Running, Group::Packaging, Group::Screens],
            Self::Within(arguments) if arguments.wants_postgres() => &[Group::Running, Group::Postgres],
            Self::Within(_) => &[Group::Running],
            Self::Bench(_) => &[Group::Build, Group::Running, Group::Screens],
            Self::Fuzz(_) => &[Group::Build],
            Self::Layers => &[],
            Self::Codegen(_) => &[Group::Build, Group::Screens],
            Self::Icons => &[Group::Packages],
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = tree::adopt_orphans_and_hear_signals().and_then(|()| perform(arguments));
    tree::end_all_descendants();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::ExitCode(code)) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("\nerror: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn perform(arguments: Arguments) -> Outcome {
    let workspace = Workspace::find()?;
    if !arguments.no_setup {
        setup::run(&workspace, arguments.task.needs())?;
    }
    match arguments.task {
        Task::Setup => {
            println!("Everything is in place. Next: cargo xtask run");
            Ok(())
        }
        Task::Run(arguments) => run::run(&workspace, &arguments),
        Task::Check(arguments) => check::run(&workspace, &arguments),
        Task::Test(arguments) => test::run(&workspace, &arguments),
        Task::Bench(arguments) => bench::run(&workspace, &arguments),
        Task::Fuzz(arguments) => fuzz::run(&workspace, &arguments),
        Task::Shots(arguments) => shots::run(&workspace, &arguments),
        Task::Within(arguments) => within::run(&arguments),
        Task::Bundle(arguments) => bundle::run(&workspace, &arguments),
        Task::Layers => layers::run(&workspace),
        Task::Codegen(arguments) => codegen::run(&workspace, &arguments),
        Task::Icons => icons::run(&workspace),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
