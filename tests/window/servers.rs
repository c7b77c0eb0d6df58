//! Servers that can't be connected to, and a program that is started twice.

use std::process::Stdio;
use std::time::Duration;

use stories::failure::{PATIENCE, until};
use stories::steps::PASSWORD;
use stories::window::app_binary;
use stories::{Outcome, Place, Sought, Window, alert, button, field, heading, radio, row};
use testkit::{TestServer, trouble};

#[tokio::test(flavor = "multi_thread")]
async fn window_connect_errors_stand_where_they_belong_and_lose_nothing() -> Outcome {
    let server = TestServer::new().await;
    let stranger = trouble::stranger(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await;
    let unsigned = trouble::self_signed().await;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.choose("Connect to a server").await?;
    let address = field("Server address");
    for (url, words) in [
        ("http://127.0.0.1:1".to_owned(), "can't be reached"),
        (format!("http://{}", stranger.address()), "not a Keystead server"),
        (
            format!("https://localhost:{}", unsigned.address().port()),
            "nothing was sent",
        ),
    ] {
        window.fill(&address, &url).await?;
        window.click(&button("Connect")).await?;
        window
            .read_in(&alert(), words)
            .await
            .map_err(|failure| failure.during(&format!("address {url}")))?;
        assert_eq!(window.value(&address).await?, url, "what was typed stays");
    }

    for url in ["", "ftp://keys.example.org", "keys of ours"] {
        window.fill(&address, url).await?;
        window.click(&button("Connect")).await?;
        window
            .error_at(&address)
            .await
            .map_err(|failure| failure.during(&format!("address {url}")))?;
        assert_eq!(window.value(&address).await?, url, "what was typed stays");
    }

    window.ask_who_answers(&server.url()).await?;
    window.fill(&field("Email"), "ada@northwind.example").await?;
    window.fill(&field("Password"), PASSWORD).await?;
    window.click(&button("Sign in")).await?;
    window.read_in(&alert(), "password").await?;
    assert_eq!(window.value(&field("Email")).await?, "ada@northwind.example");
    assert_eq!(window.value(&field("Password")).await?, PASSWORD);

    window.fill_in_sign_up().await?;
    for (name, typed, right) in [
        ("Username", "Ada Vance", "ada"),
        ("Password", "short", PASSWORD),
        ("Email", "ada", "ada@northwind.example"),
    ] {
        window.fill(&field(name), typed).await?;
        window.click(&button("Create account")).await?;
        window.error_at(&field(name)).await?;
        assert_eq!(
            window.value(&field("Organization name")).await?,
            stories::steps::ORGANIZATION
        );
        window.fill(&field(name), right).await?;
    }
    window.click(&button("Create account")).await?;
    window.inventory().await?;
    window.quit().await?;

    // The account is there: from a computer with nothing set up, its password opens it.
    let elsewhere = Place::with_keychain().await?;
    let window = Window::open(&elsewhere).await?;
    window.choose("Connect to a server").await?;
    window.ask_who_answers(&server.url()).await?;
    window.see(&radio("Sign in")).await?;
    window.fill(&field("Email"), "ada@northwind.example").await?;
    window.fill(&field("Password"), PASSWORD).await?;
    window.click(&button("Sign in")).await?;
    window.see(&row("Free service key")).await?;
    window.quit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn window_a_second_start_brings_the_first_to_the_front() -> Outcome {
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.see(&heading("Welcome to Keystead")).await?;
    let mut second = place
        .command(app_binary()?)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let ended = until("the second start to end by itself", PATIENCE, async || {
        Ok(second.try_wait()?)
    })
    .await;
    if ended.is_err() {
        second.kill()?;
        second.wait()?;
    }
    assert!(ended?.success());
    // The first is as it was, alone, and can be worked with.
    assert_eq!(window.count()?, 1);
    window.start_here("Ada Vance", "Northwind").await?;
    window
        .see_within(&Sought::new("grid", "Keys"), Duration::from_secs(10))
        .await?;
    window.quit().await
}
