//! Pictures of every screen and state there is, light and dark, as the real window shows them: `cargo xtask shots`.
//! Arguments choose pictures whose names contain one of them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "says in the terminal what it made"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use stories::{Failure, Outcome, Window, tour};

#[tokio::main]
async fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let folder = std::env::var_os("KEYSTEAD_SHOTS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/shots"),
        PathBuf::from,
    );
    let done = tokio::select! {
        done = take(&folder, &wanted) => done,
        _ = tokio::signal::ctrl_c() => Err(Failure::said("interrupted")),
    };
    match done {
        Ok(count) => {
            println!("{count} screens, light and dark");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn take(folder: &Path, wanted: &[String]) -> Outcome<usize> {
    std::fs::create_dir_all(folder)?;
    if wanted.is_empty() {
        // What is no longer taken shall not be taken for what is.
        for old in std::fs::read_dir(folder)?.flatten().map(|file| file.path()) {
            if old.extension().is_some_and(|kind| kind == "png") {
                std::fs::remove_file(old)?;
            }
        }
    }
    let mut count = 0;
    let mut camera = async |window: &Window, name: &str| {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part)) {
            return Ok(());
        }
        // Dark first: the next step then begins as the person would see it.
        for theme in ["dark", "light"] {
            window.show(theme).await?;
            window
                .picture(&folder.join(format!("{name}-{theme}.png")))
                .await?;
        }
        count += 1;
        println!("{name}");
        Ok(())
    };
    tour::first_start(&mut camera).await?;
    tour::keychain(&mut camera).await?;
    tour::workspace(&mut camera).await?;
    tour::this_computer(&mut camera).await?;
    tour::trouble(&mut camera).await?;
    tour::edits(&mut camera).await?;
    tour::import(&mut camera).await?;
    tour::people(&mut camera).await?;
    tour::rights(&mut camera).await?;
    Ok(count)
}
