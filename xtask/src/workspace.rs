//! Where things are. Everything is asked of cargo once, so a target directory set by the environment is respected.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::exec::Program;
use crate::failure::{Failure, Outcome};

/// What `cargo metadata --no-deps` says, as far as the tasks ask.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `dev`, `build`, or nothing for an ordinary dependency.
    pub(crate) kind: Option<String>,
    /// Set for dependencies inside the repository.
    pub(crate) path: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    #[serde(rename = "required-features", default)]
    pub(crate) required_features: Vec<String>,
}

impl Workspace {
    pub(crate) fn find() -> Outcome<Self> {
        // The manifest directory is the one this program was built in, so the task works from any folder.
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        let json = Program::cargo()
            .args([
                "metadata",
                "--no-deps",
                "--format-version",
                "1",
                "--manifest-path",
            ])
            .arg(&manifest)
            .limit(Duration::from_secs(120))
            .text()?;
        serde_json::from_str(&json)
            .map_err(|error| Failure::said(format!("cargo metadata answered something unexpected: {error}")))
    }

    /// The screens' folder.
    pub(crate) fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// A binary of the debug build.
    pub(crate) fn debug_binary(&self, name: &str) -> Outcome<PathBuf> {
        self.binary("debug", name)
    }

    /// A binary of the release build.
    pub(crate) fn release_binary(&self, name: &str) -> Outcome<PathBuf> {
        self.binary("release", name)
    }

    fn binary(&self, profile: &str, name: &str) -> Outcome<PathBuf> {
        let path = self
            .target
            .join(profile)
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        if path.is_file() {
            return Ok(path);
        }
        Err(Failure::said(format!(
            "the build left no {}. Is the binary still called `{name}`?",
            path.display()
        )))
    }

    /// `cargo run` of a binary of the workspace, with the features it asks for.
    pub(crate) fn cargo_run(&self, package: &str, binary: &str) -> Outcome<Program> {
        let target = self
            .packages
            .iter()
            .find(|candidate| candidate.name == package)
            .and_then(|found| {
                found
                    .targets
                    .iter()
                    .find(|target| target.name == binary && target.kind.iter().any(|kind| kind == "bin"))
            })
            .ok_or_else(|| Failure::said(format!("the package `{package}` has no binary `{binary}` yet.")))?;
        let mut program = Program::cargo()
            .args(["run", "--quiet", "--package", package, "--bin", binary])
            .dir(&self.root);
        if !target.required_features.is_empty() {
            program = program.arg("--features").arg(target.required_features.join(","));
        }
        Ok(program.arg("--"))
    }
}
