//! Where things are. Everything is asked of cargo once, so a target directory set by the environment is respected.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::exec::Program;
use crate::failure::{Failure, Outcome};

/// The features beside the default ones that checks, tests and generated files are built with.
pub(crate) const FEATURES: [&str; 2] = ["--features", "keystead-desktop/bindings,sync/failpoints"];
/// The limit of building everything.
const BUILD_LIMIT: Duration = Duration::from_secs(40 * 60);

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
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `dev`, `build`, or nothing for an ordinary dependency.
    pub(crate) kind: Option<String>,
    /// Set for dependencies inside the repository.
    pub(crate) path: Option<PathBuf>,
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

    /// Builds every program and test of the workspace, with the one set of features that all tasks share: another set
    /// would build half of the dependencies once more.
    pub(crate) fn build_all(&self) -> Outcome {
        Program::cargo()
            .args(["build", "--locked", "--quiet", "--workspace", "--bins", "--tests"])
            .args(FEATURES)
            .dir(&self.root)
            .limit(BUILD_LIMIT)
            .run()
    }
}
