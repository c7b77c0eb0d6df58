//! The crates point only downward, proven from `cargo metadata`. ARCHITECTURE.md draws the same arrows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::failure::{Failure, Outcome};
use crate::workspace::{Package, Workspace};

/// A crate and the crates it may use directly. What is missing here may not exist.
const ARROWS: [(&str, &[&str]); 14] = [
    ("domain", &[]),
    ("crypto", &["domain"]),
    ("protocol", &["crypto", "domain"]),
    ("client", &["protocol", "crypto", "domain"]),
    ("replica", &["protocol", "crypto", "domain"]),
    ("keychain", &["protocol", "crypto", "domain"]),
    ("store", &["protocol", "crypto", "domain"]),
    ("sync", &["replica", "client", "protocol", "crypto", "domain"]),
    (
        "desk",
        &[
            "sync", "keychain", "replica", "client", "protocol", "crypto", "domain",
        ],
    ),
    ("server", &["store", "protocol", "crypto", "domain"]),
    ("keystead-cli", PROGRAM),
    ("keystead-desktop", PROGRAM),
    (TESTKIT, ANYTHING),
    (STORIES, ANYTHING),
];

/// A program shows what `desk` decides, and may start a server within itself ("This computer").
const PROGRAM: &[&str] = &["desk", "server", "keychain", "protocol", "crypto", "domain"];
/// What is never shipped may look at everything that is.
const ANYTHING: &[&str] = &[
    "desk",
    "server",
    "sync",
    "store",
    "replica",
    "client",
    "keychain",
    "protocol",
    "crypto",
    "domain",
    "keystead-cli",
    "keystead-desktop",
    TESTKIT,
];

const TESTKIT: &str = "testkit";
const STORIES: &str = "stories";
/// Builds the others and is built of none of them.
const TASKS: &str = "xtask";

/// Libraries that would break an invariant: where, which (by the beginning of their names), and why.
const FOREIGN: [(&[&str], &[&str], &str); 4] = [
    (
        &[
            "domain",
            "crypto",
            "protocol",
            "client",
            "replica",
            "keychain",
            "store",
            "sync",
            "desk",
            "server",
            "keystead-cli",
            TESTKIT,
        ],
        &["tauri"],
        "only the shell knows Tauri",
    ),
    (
        &["domain", "crypto", "protocol"],
        &[
            "tokio",
            "reqwest",
            "axum",
            "sqlx",
            "rusqlite",
            "getrandom",
            "rand",
        ],
        "words, rules and ciphers do no I/O and take time and chance as parameters",
    ),
    (
        &["replica", "keychain"],
        &["reqwest", "axum", "hyper"],
        "what lies on this computer knows nothing of HTTP",
    ),
    (
        &["client", "sync", "desk"],
        &["sqlx", "rusqlite", "axum"],
        "SQL lives in replica and store, routes in server",
    ),
];

/// The one folder of the screens that talks to the shell, and the one that plays the shell in tests.
const IPC: [&str; 2] = ["ipc", "test"];

pub(crate) fn run(workspace: &Workspace) -> Outcome {
    let mut wrong = wrong_arrows(&workspace.packages);
    wrong.extend(strays(&workspace.ui().join("src"))?);
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failure::said(format!(
        "the layers are broken (ARCHITECTURE.md says which way the arrows go, xtask/src/layers.rs checks them):\n  {}",
        wrong.into_iter().collect::<Vec<_>>().join("\n  ")
    )))
}

fn wrong_arrows(packages: &[Package]) -> BTreeSet<String> {
    let members: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut wrong = BTreeSet::new();
    for package in packages {
        let name = package.name.as_str();
        let allowed = ARROWS.iter().find(|(from, _)| *from == name).map(|(_, to)| *to);
        if allowed.is_none() && name != TASKS {
            wrong.insert(format!("{name} has no place yet: give it a line in ARROWS"));
            continue;
        }
        for dependency in &package.dependencies {
            let to = dependency.name.as_str();
            let in_tests = dependency.kind.as_deref() == Some("dev");
            if dependency.path.is_some() && members.contains(to) {
                let fits = allowed.is_some_and(|allowed| allowed.contains(&to));
                // A crate's own tests may use the testkit, and the crate itself through it.
                let fits = fits || (in_tests && (to == TESTKIT || to == name));
                if !fits {
                    let note = if to == TESTKIT {
                        " (testkit is only ever a dev-dependency)"
                    } else {
                        ""
                    };
                    wrong.insert(format!("{name} → {to}{note}"));
                }
            } else if dependency.path.is_some() {
                wrong.insert(format!("{name} → {to}: a path outside the workspace"));
            }
            if in_tests {
                continue;
            }
            for (_, prefixes, why) in FOREIGN.iter().filter(|(crates, ..)| crates.contains(&name)) {
                if prefixes.iter().any(|prefix| is_of_family(to, prefix)) {
                    wrong.insert(format!("{name} → {to}: {why}"));
                }
            }
        }
    }
    wrong
}

/// `tauri` and `tauri-plugin-store` are of the family `tauri`; `randomness` is not of the family `rand`.
fn is_of_family(name: &str, family: &str) -> bool {
    name.strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

/// Files of the screens that import Tauri outside the one folder that may.
fn strays(sources: &Path) -> Outcome<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut folders = vec![sources.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(Failure::file(&folder))? {
            let path = entry.map_err(Failure::file(&folder))?.path();
            let below = path.strip_prefix(sources).unwrap_or(&path).to_path_buf();
            if path.is_dir() {
                if !IPC.iter().any(|folder| below == Path::new(folder)) && !below.ends_with("node_modules") {
                    folders.push(path);
                }
            } else if below
                .extension()
                .is_some_and(|kind| ["ts", "js", "mjs", "svelte"].iter().any(|code| kind == *code))
            {
                let text = fs::read_to_string(&path).map_err(Failure::file(&path))?;
                if text.contains("@tauri-apps/") {
                    found.insert(format!(
                        "ui/src/{} uses @tauri-apps/: only ui/src/ipc/ does",
                        below.display()
                    ));
                }
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{ARROWS, strays, wrong_arrows};
    use crate::workspace::{Dependency, Package};
    use std::fs;
    use std::path::PathBuf;

    fn package(name: &str, dependencies: &[(&str, &str)]) -> Package {
        let dependencies = dependencies.iter().map(|&(name, kind)| Dependency {
            name: name.to_owned(),
            kind: (kind != "normal").then(|| kind.to_owned()),
            path: is_ours(name).then(|| PathBuf::from("/somewhere")),
        });
        Package {
            name: name.to_owned(),
            dependencies: dependencies.collect(),
        }
    }

    fn is_ours(name: &str) -> bool {
        name == "xtask" || ARROWS.iter().any(|(ours, _)| *ours == name)
    }

    /// Every crate without dependencies, but for one.
    fn complaints(name: &str, dependencies: &[(&str, &str)]) -> Vec<String> {
        let mut packages: Vec<Package> = ARROWS.iter().map(|(name, _)| package(name, &[])).collect();
        packages.retain(|other| other.name != name);
        packages.push(package(name, dependencies));
        wrong_arrows(&packages).into_iter().collect()
    }

    #[test]
    fn downward_is_right() {
        assert_eq!(complaints("crypto", &[("domain", "normal")]), [""; 0]);
        assert_eq!(
            complaints("sync", &[("replica", "normal"), ("client", "normal")]),
            [""; 0]
        );
        assert_eq!(
            complaints("keystead-desktop", &[("desk", "normal"), ("tauri", "normal")]),
            [""; 0]
        );
        assert_eq!(
            complaints("keystead-desktop", &[("tauri-build", "build")]),
            [""; 0]
        );
        assert_eq!(
            complaints("store", &[("sqlx", "normal"), ("testkit", "dev")]),
            [""; 0]
        );
        assert_eq!(
            complaints("stories", &[("testkit", "normal"), ("keystead-cli", "normal")]),
            [""; 0]
        );
        assert_eq!(complaints("xtask", &[("clap", "normal")]), [""; 0]);
    }

    #[test]
    fn upward_and_sideways_are_wrong() {
        assert_eq!(complaints("domain", &[("crypto", "normal")]), ["domain → crypto"]);
        assert_eq!(complaints("store", &[("client", "normal")]), ["store → client"]);
        assert_eq!(
            complaints("keystead-cli", &[("store", "normal")]),
            ["keystead-cli → store"]
        );
        assert_eq!(complaints("replica", &[("store", "dev")]), ["replica → store"]);
        assert_eq!(complaints("server", &[("desk", "build")]), ["server → desk"]);
        assert_eq!(complaints("xtask", &[("domain", "normal")]), ["xtask → domain"]);
    }

    #[test]
    fn the_testkit_is_never_shipped() {
        let said = ["desk → testkit (testkit is only ever a dev-dependency)"];
        assert_eq!(complaints("desk", &[("testkit", "normal")]), said);
    }

    #[test]
    fn foreign_libraries_keep_out() {
        assert_eq!(
            complaints("desk", &[("tauri-plugin-store", "normal")]),
            ["desk → tauri-plugin-store: only the shell knows Tauri"]
        );
        assert_eq!(
            complaints("domain", &[("tokio", "normal"), ("randomness", "normal")]),
            ["domain → tokio: words, rules and ciphers do no I/O and take time and chance as parameters"]
        );
    }

    #[test]
    fn a_crate_without_a_place_is_noticed() {
        assert_eq!(
            complaints("helpers", &[]),
            ["helpers has no place yet: give it a line in ARROWS"]
        );
    }

    #[test]
    fn only_ipc_imports_tauri() {
        let sources = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("ipc/tauri.ts", "import { invoke } from '@tauri-apps/api/core'"),
            (
                "tabs/keys/Keys.svelte",
                "<script>import { live } from '../../ipc'</script>",
            ),
            ("test/setup.ts", "import { mockIPC } from '@tauri-apps/api/mocks'"),
            (
                "kit/Copy.svelte",
                "<script>import { writeText } from '@tauri-apps/plugin-clipboard-manager'</script>",
            ),
        ] {
            let path = sources.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found: Vec<String> = strays(sources.path()).unwrap().into_iter().collect();
        assert_eq!(
            found,
            ["ui/src/kit/Copy.svelte uses @tauri-apps/: only ui/src/ipc/ does"]
        );
    }
}
