//! The app itself dies, as in a power cut: what was begun is ended by the next start, once, and nothing is skipped.

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use stories::failure::{Failure, PATIENCE, until};
use stories::process::Process;
use stories::steps::{EMAIL, PASSWORD};
use stories::{Outcome, Place, Window};
use testkit::desk::draft;
use testkit::trouble::Gate;
use testkit::{TestDesk, TestServer};

const SIGKILL: i32 = 9;
/// Every step of sending what waits, and of reading what others did.
const STEPS: [&str; 6] = [
    "pull.answered",
    "pull.applied",
    "push.chosen",
    "push.marked",
    "push.answered",
    "push.confirmed",
];

/// Makes a key while the server is away, with the command line over the same data.
fn want_offline(place: &Place, name: &str) -> Outcome {
    let program = std::env::var_os("KEYSTEAD_CLI")
        .ok_or_else(|| Failure::said("KEYSTEAD_CLI does not name the command line"))?;
    let output = place
        .command(program)
        .args(["keys", "create", name])
        .output()
        .map_err(|error| Failure::said(format!("the command line could not be started: {error}")))?;
    let said = String::from_utf8_lossy(&output.stderr);
    // Its exit code says that it is not in force yet.
    if said.contains("Not yet in force. It waits for the server.") {
        return Ok(());
    }
    Err(Failure::said(said))
}

#[tokio::test(flavor = "multi_thread")]
async fn window_o2_o3_killed_at_every_step_the_app_ends_what_was_begun_once() -> Outcome {
    let server = TestServer::new().await;
    let gate = Gate::before(server.address()).await;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.sign_up_at(&gate.url()).await?;
    window.inventory().await?;
    window.quit().await?;
    let other = TestDesk::still();
    let request = desk::view::SignIn {
        url: server.url(),
        email: EMAIL.to_owned(),
        password: PASSWORD.to_owned(),
    };
    other.desk.sign_in(request).await?;

    for at in STEPS {
        gate.shut();
        want_offline(&place, &format!("mine {at}"))?;
        other.desk.create_key(draft(&format!("theirs {at}"))).await?;
        other.desk.sync_now().await?;
        gate.open();
        let mut command = place.command(stories::window::app_binary()?);
        command.env("FAILPOINTS", format!("{at}=return"));
        let mut app = Process::start(&command, &place.log("killed"), b"")?;
        let died = until("the app to die", Duration::from_secs(20), async || app.ended())
            .await
            .map_err(|failure| app.failure(&failure.to_string()))?;
        if died.signal() != Some(SIGKILL) {
            return Err(app.failure(&format!("ended with {died} and not where it was to die, at {at}")));
        }
    }

    let window = Window::open(&place).await?;
    window.badge_says("Synced").await?;
    let shown = window
        .until("nothing to wait any more", PATIENCE, async || {
            let text = window.text().await?;
            Ok((!text.contains("not yet in force")).then_some(text))
        })
        .await?;
    for at in STEPS {
        for whose in ["mine", "theirs"] {
            let name = format!("{whose} {at}");
            assert!(shown.contains(&name), "{name} is missing in {shown}");
        }
    }
    window.quit().await?;
    let made = server
        .number("SELECT COUNT(*) FROM activity WHERE type = 'key_created'")
        .await;
    assert_eq!(made, 12, "each once");
    Ok(())
}
