//! Everything that can be judged without running the product. Ordered so that the cheapest verdicts come first.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::codegen;
use crate::exec::Program;
use crate::failure::{Failure, Outcome, spell};
use crate::layers;
use crate::screens;
use crate::setup;
use crate::workspace::{FEATURES, Workspace};

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Arguments {
    /// Go on after a failure, and name all failures at the end.
    #[arg(long)]
    keep_going: bool,
    /// Also ask the advisory database (needs the network, or a copy of it in cargo's home).
    #[arg(long)]
    advisories: bool,
}

/// A step of a task: what it is called, and what it does.
pub(crate) struct Step<'a> {
    pub(crate) name: &'static str,
    pub(crate) act: Box<dyn Fn() -> Outcome + 'a>,
}

impl<'a> Step<'a> {
    pub(crate) fn new(name: &'static str, act: impl Fn() -> Outcome + 'a) -> Self {
        Self {
            name,
            act: Box::new(act),
        }
    }
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    carry_out(&steps(workspace, arguments), arguments.keep_going)
}

fn steps<'a>(workspace: &'a Workspace, arguments: &Arguments) -> Vec<Step<'a>> {
    let cargo = |line: &'static str| Program::cargo().args(line.split(' ')).dir(&workspace.root);
    let ui = workspace.ui();
    let script = |name: &'static str| {
        let ui = ui.clone();
        Step::new(name_of_script(name), move || {
            screens::npm(&ui, &["run", "--silent", name]).run()
        })
    };
    let mut steps = vec![
        Step::new("fmt", move || {
            advise(cargo("fmt --all --check").run(), "Run `cargo fmt --all`.")
        }),
        Step::new("layers", move || layers::run(workspace)),
        Step::new("machete", move || {
            advise(
                cargo("machete").run(),
                "Remove the unused dependencies it named from their Cargo.toml.",
            )
        }),
        // deny reads the manifests of every platform's dependencies, which a build of this one does not fetch.
        Step::new("fetch", move || cargo("fetch --locked").run()),
        Step::new("deny", move || {
            cargo("deny --offline --log-level warn check --hide-inclusion-graph licenses bans sources").run()
        }),
        script("lint"),
        script("check"),
        script("test"),
        script("knip"),
        Step::new("clippy", move || {
            cargo("clippy --locked --workspace --all-targets")
                .args(FEATURES)
                .args(["--", "-D", "warnings"])
                .run()
        }),
        Step::new("doc", move || {
            cargo("doc --locked --workspace --no-deps --quiet")
                .args(FEATURES)
                .env("RUSTDOCFLAGS", "-D warnings")
                .run()
        }),
        Step::new("codegen", move || codegen::check(workspace)),
    ];
    if arguments.advisories || has_advisories(&advisories()) {
        let line = if arguments.advisories {
            "deny check advisories"
        } else {
            "deny --offline check advisories"
        };
        steps.insert(5, Step::new("advisories", move || cargo(line).run()));
    }
    steps
}

fn name_of_script(script: &str) -> &'static str {
    match script {
        "lint" => "ui lint",
        "check" => "ui types",
        "test" => "ui tests",
        _ => "ui unused code",
    }
}

/// Where cargo-deny keeps its copy of the advisory database.
fn advisories() -> PathBuf {
    setup::cargo_home().join("advisory-dbs")
}

fn has_advisories(folder: &Path) -> bool {
    folder
        .read_dir()
        .is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(|entry| entry.path().is_dir())))
}

fn advise(outcome: Outcome, advice: &str) -> Outcome {
    outcome.map_err(|failure| match failure {
        Failure::Ended { .. } => Failure::said(format!("{failure} {advice}")),
        other => other,
    })
}

/// Carries out the steps, with a line and a time for each; stops at the first failure unless told to go on.
pub(crate) fn carry_out(steps: &[Step<'_>], keep_going: bool) -> Outcome {
    let began = Instant::now();
    let mut failed = Vec::new();
    for step in steps {
        let started = Instant::now();
        println!("── {}", step.name);
        let outcome = (step.act)();
        let took = spell(started.elapsed());
        match outcome {
            Ok(()) => println!("   {} ok, {took}", step.name),
            Err(failure @ (Failure::Interrupted | Failure::ExitCode(_))) => return Err(failure),
            Err(failure) => {
                println!("   {} FAILED, {took}", step.name);
                let failure = Failure::said(format!("{}: {failure}", step.name));
                if !keep_going {
                    return Err(failure);
                }
                println!("   {failure}");
                failed.push(step.name);
            }
        }
    }
    if failed.is_empty() {
        println!("── all {} steps passed, {}", steps.len(), spell(began.elapsed()));
        return Ok(());
    }
    Err(Failure::said(format!(
        "{} of {} steps failed: {}.",
        failed.len(),
        steps.len(),
        failed.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::{Step, carry_out};
    use crate::failure::Failure;
    use std::cell::Cell;

    #[test]
    fn the_first_failure_ends_it_unless_told_to_go_on() {
        let count = Cell::new(0);
        let steps = [
            Step::new("one", || Err(Failure::said("no."))),
            Step::new("two", || {
                count.set(count.get() + 1);
                Ok(())
            }),
        ];
        assert_eq!(carry_out(&steps, false).unwrap_err().to_string(), "one: no.");
        assert_eq!(count.get(), 0);
        assert_eq!(
            carry_out(&steps, true).unwrap_err().to_string(),
            "1 of 2 steps failed: one."
        );
        assert_eq!(count.get(), 1);
    }
}
