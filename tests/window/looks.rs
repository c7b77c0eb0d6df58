//! How every screen looks: to axe, and in the smallest window there can be.

use stories::{Outcome, Place, Sought, Window, button, dialog, field, heading, row, status, tab, tour};

/// Goes with a leg of the tour and gathers what axe finds on each screen.
macro_rules! axe_finds_nothing {
    ($leg:path) => {{
        let mut found = Vec::new();
        $leg(&mut async |window: &Window, name: &str| {
            for complaint in window.complaints().await? {
                found.push(format!("{name}: {complaint}"));
            }
            Ok(())
        })
        .await?;
        assert!(
            found.is_empty(),
            "axe found {}:\n{}",
            found.len(),
            found.join("\n")
        );
        Ok(())
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn window_axe_finds_nothing_at_the_first_start() -> Outcome {
    axe_finds_nothing!(tour::first_start)
}

#[tokio::test(flavor = "multi_thread")]
async fn window_axe_finds_nothing_before_the_keychain() -> Outcome {
    axe_finds_nothing!(tour::keychain)
}

#[tokio::test(flavor = "multi_thread")]
async fn window_axe_finds_nothing_in_a_workspace() -> Outcome {
    axe_finds_nothing!(tour::workspace)
}

#[tokio::test(flavor = "multi_thread")]
async fn window_axe_finds_nothing_on_this_computer() -> Outcome {
    axe_finds_nothing!(tour::this_computer)
}

#[tokio::test(flavor = "multi_thread")]
async fn window_axe_finds_nothing_in_edits() -> Outcome {
    axe_finds_nothing!(tour::edits)
}

#[tokio::test(flavor = "multi_thread")]
async fn window_axe_finds_nothing_in_an_import() -> Outcome {
    axe_finds_nothing!(tour::import)
}

#[tokio::test(flavor = "multi_thread")]
async fn window_b6_k5_k6_k11_what_pays_and_who_has_tokens_and_axe_finds_nothing() -> Outcome {
    axe_finds_nothing!(tour::rights)
}

#[tokio::test(flavor = "multi_thread")]
async fn window_p7_p9_p10_k4_people_come_are_assigned_keys_and_go_and_axe_finds_nothing() -> Outcome {
    axe_finds_nothing!(tour::people)
}

#[tokio::test(flavor = "multi_thread")]
async fn window_axe_finds_nothing_in_trouble() -> Outcome {
    axe_finds_nothing!(tour::trouble)
}

#[tokio::test(flavor = "multi_thread")]
async fn window_900x600_keeps_everything_in_reach() -> Outcome {
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.resize(900, 600).await?;
    window.see(&heading("Welcome to Keystead")).await?;
    window.in_reach(&button("Continue")).await?;
    window.choose("Connect to a server").await?;
    window.in_reach(&button("Connect")).await?;
    window.click(&button("Cancel")).await?;
    window
        .start_here("Ada Vance", "A workspace with a rather long name, as some have")
        .await?;
    window.see(&row("Free service key")).await?;
    for sought in [button("New key"), tab("Keys"), tab("Inspect"), tab("Connections")] {
        window.in_reach(&sought).await?;
    }
    window.click(&button("New key")).await?;
    for sought in [field("Name"), button("Cancel"), button("Create key")] {
        window.in_reach(&sought).await?;
    }
    let name = "a-key-whose-name-is-long-enough-to-have-to-be-cut-off-somewhere";
    window.fill(&field("Name"), name).await?;
    window.click(&button("Create key")).await?;
    let secret = window.shown_secret().await?;
    for sought in [
        Sought::new("group", "Secret"),
        button("Copy"),
        button("Download .txt"),
        button("Close"),
    ] {
        window.in_reach(&sought).await?;
    }
    window.close_secret(&secret).await?;
    window.panel_says(name).await?;
    window.in_reach(&button("Close details")).await?;
    window.ask_to_revoke(name).await?;
    window.in_reach(&button("Revoke key")).await?;
    window.escape(&dialog(&format!("Revoke {name}"))).await?;
    for label in [
        "Inspect",
        "Preferences",
        "Connections",
        "Why don't I see…?",
        "Keys",
    ] {
        window.click(&tab(label)).await?;
        window.see(&heading(label)).await?;
        assert!(window.overflow().await? <= 0, "{label} is wider than the window");
    }
    window.see(&status("Sync")).await?;
    // The size is remembered.
    window.quit().await?;
    let window = Window::open(&place).await?;
    window.see(&row(name)).await?;
    let size: (i64, i64) = window.script("return [innerWidth, innerHeight]", vec![]).await?;
    assert_eq!(size, (900, 600));
    window.quit().await
}
