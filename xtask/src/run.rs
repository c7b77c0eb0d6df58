//! The app as a person sees it; on a machine without a screen, on a private one, with a picture of it.

use std::time::Duration;

use crate::display::{self, Display};
use crate::exec::Program;
use crate::failure::{Failure, Outcome};
use crate::workspace::Workspace;

/// Generous: the first start makes a database and its keys.
const WINDOW_WITHIN: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Show the product by itself: an organization, its keys, a rotation, a day without network.
    #[arg(long)]
    demo: bool,
    /// Arguments for the app, or for the demo.
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    if arguments.demo {
        return demo(workspace, arguments);
    }
    println!("Building the app, the command line and the server");
    Program::cargo()
        .args([
            "build",
            "--quiet",
            "--package",
            "keystead-desktop",
            "--package",
            "keystead-cli",
            "--package",
            "server",
            "--bins",
        ])
        .dir(&workspace.root)
        .run()?;
    let app = workspace.debug_binary("keystead-desktop")?;
    let command_line = workspace.debug_binary("keystead")?;
    println!("The command line is {}", command_line.display());
    let app = Program::new(app).args(&arguments.arguments).unlimited();
    if display::user_has_one() {
        app.run_and_pass_on_its_code()
    } else {
        on_a_private_screen(workspace, app)
    }
}

fn demo(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    println!("Building the app, the command line, the server and who will use them");
    workspace.build_all()?;
    let display = Display::start()?;
    display
        .dress(Program::new(workspace.debug_binary("demo")?))
        .env("KEYSTEAD_APP", workspace.debug_binary("keystead-desktop")?)
        .env("KEYSTEAD_CLI", workspace.debug_binary("keystead")?)
        .env("KEYSTEAD_SERVER", workspace.debug_binary("keystead-server")?)
        .args(&arguments.arguments)
        .run_and_pass_on_its_code()
}

fn on_a_private_screen(workspace: &Workspace, app: Program) -> Outcome {
    let folder = workspace.target.join("run");
    println!("There is no display here: the app starts on a private one, with a home of its own.");
    let display = Display::start_with_home(&folder.join("home"))?;
    println!(
        "Home:       {} (kept; remove it to begin anew)",
        display.home().display()
    );
    let mut app = display.dress(app).start()?;
    display.wait_for_window("Keystead", WINDOW_WITHIN, &mut app)?;
    let picture = folder.join("keystead.png");
    display.take_picture(&picture)?;
    println!("Screenshot: {}", picture.display());
    println!("The app is running. Ctrl-C ends it and everything started for it.");
    match app.wait(None) {
        // Ending it by Ctrl-C is what the person was told to do.
        Err(Failure::Interrupted) => Ok(()),
        Err(failure) => Err(failure),
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::ExitCode(
            status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .unwrap_or(1),
        )),
    }
}
