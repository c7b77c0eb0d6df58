//! The main job, performed by itself through the real window, on a computer with nothing set up: `cargo xtask run
//! --demo`. Says at each step what it saw, and ends with 1 at the first that did not happen. Never says a secret.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a demonstration speaks to the terminal it runs in"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use stories::outside::{http, refused_within_a_second, verify};
use stories::steps::short;
use stories::window::app_binary;
use stories::{
    Failure, Outcome, Place, RealServer, Sought, Window, button, dialog, heading, menu_item, row, secret_of,
    tab,
};
use testkit::TestServer;

const KEY: &str = "ci-deploy";

#[tokio::main]
async fn main() -> ExitCode {
    let started = Instant::now();
    let mut step = Step::default();
    let done = tokio::select! {
        done = perform(&mut step) => done,
        _ = tokio::signal::ctrl_c() => Err(Failure::said("interrupted")),
    };
    match done {
        Ok(()) => {
            println!(
                "\nAll seven steps, through the window, in {:.1} s.",
                started.elapsed().as_secs_f32()
            );
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{} {:<8} FAILED: {failure}", step.number, step.name);
            ExitCode::FAILURE
        }
    }
}

/// Where the demonstration is.
#[derive(Default)]
struct Step {
    number: u32,
    name: &'static str,
}

impl Step {
    fn begin(&mut self, name: &'static str) {
        self.number += 1;
        self.name = name;
    }

    fn saw(&self, words: &str) {
        println!("{} {:<8} {words}", self.number, self.name);
    }
}

/// The server of an organization: the program itself, where one is named, or its library in this process.
enum Organization {
    Program(RealServer, PathBuf),
    Library(Box<TestServer>),
}

impl Organization {
    async fn start(place: &Place) -> Outcome<Self> {
        Ok(match std::env::var_os("KEYSTEAD_SERVER").map(PathBuf::from) {
            Some(path) => {
                let path = path.canonicalize().map_err(|error| {
                    Failure::said(format!("KEYSTEAD_SERVER is {}: {error}", path.display()))
                })?;
                Self::Program(RealServer::start(&path, place).await?, path)
            }
            None => Self::Library(Box::new(TestServer::new().await)),
        })
    }

    fn url(&self) -> String {
        match self {
            Self::Program(server, _) => server.url(),
            Self::Library(server) => server.url(),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Program(_, path) => path.file_name().unwrap_or_default().display().to_string(),
            Self::Library(_) => "the server's library, in this process".to_owned(),
        }
    }

    async fn stop(&mut self) {
        match self {
            Self::Program(server, _) => server.stop(),
            Self::Library(server) => server.stop().await,
        }
    }
}

async fn perform(step: &mut Step) -> Outcome {
    step.begin("start");
    app_binary()?;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    let offered = offered(&window).await?;
    step.saw(&format!("nothing is set up; offered: {offered}"));

    step.begin("here");
    window.start_here("Ada Vance", "My workspace").await?;
    step.saw(&on_this_computer(&window, &place).await?);

    step.begin("connect");
    let mut server = Organization::start(&place).await?;
    let card = connect(&window, &server.url()).await?;
    step.saw(&format!(
        "{} answers: {card}; signed up as ada@northwind.example, Owner",
        server.words()
    ));

    step.begin("create");
    let (secret, item) = create(&window, &place).await?;
    let shown = short(&secret);
    step.saw(&format!(
        "team key “{KEY}” made; secret {shown} is item {item} of the keychain, was shown once with Copy and Download, \
         and is not in the page any more"
    ));

    step.begin("verify");
    step.saw(&use_it(&window, &server.url(), &secret).await?);

    step.begin("revoke");
    window.revoke(KEY, true).await?;
    let took = refused_within_a_second(&server.url(), &secret).await?;
    window.panel_says("Revoked").await?;
    step.saw(&format!(
        "asked for the key's name, since it is in use; verify refused it {} ms later",
        took.as_millis()
    ));

    step.begin("offline");
    window.quit().await?;
    server.stop().await;
    if verify(&server.url(), &secret).await.is_ok() {
        return Err(Failure::expected("the server to be stopped", "it answers"));
    }
    let window = Window::open(&place).await?;
    window.see(&row(KEY)).await?;
    let badge = window.badge_says("Offline since").await?;
    let found = window.inspect(&secret, "which is revoked").await?;
    if !found.contains("from 127.0.0.1") {
        return Err(Failure::expected("the key's last use, from the copy", found));
    }
    step.saw(&format!(
        "the server is stopped, the app started again: “{badge}”; the inventory is there, and Inspect says of \
         {shown}: “A secret of {KEY}, which is revoked”, last used from 127.0.0.1"
    ));
    window.quit().await
}

async fn offered(window: &Window) -> Outcome<String> {
    window.see(&heading("Welcome to Keystead")).await?;
    let ways = [
        "On this computer",
        "Connect to a server",
        "Look around with sample data",
    ];
    for way in ways {
        window.see(&stories::radio(way)).await?;
    }
    Ok(ways.join(" · "))
}

async fn on_this_computer(window: &Window, place: &Place) -> Outcome<String> {
    let url = place.this_computer_url()?;
    http()?
        .get(format!("{url}/v1/server"))
        .send()
        .await?
        .error_for_status()?;
    let free = window.read_in(&row("Free service key"), "Active").await?;
    let last_four = free
        .split_whitespace()
        .find(|word| word.starts_with('…'))
        .unwrap_or("…")
        .to_owned();
    let session = format!("{}/session", place.current_connection()?);
    if place.keychain_item(&session)?.is_none() {
        return Err(Failure::expected(
            &format!("the session as item {session} of the keychain"),
            "no such item",
        ));
    }
    Ok(format!(
        "the server inside the app answers at {url}; organization “My workspace”, free service key {last_four}; the \
         session is item {session} of the keychain"
    ))
}

async fn connect(window: &Window, url: &str) -> Outcome<String> {
    window
        .click(&Sought::new("button", "Switch connection").in_part())
        .await?;
    window.click(&menu_item("menuitem", "Add a connection")).await?;
    window.see(&heading("Add a connection")).await?;
    window.click(&stories::radio("Connect to a server")).await?;
    window.click(&button("Continue")).await?;
    let card = window.ask_who_answers(url).await?;
    window.fill_in_sign_up().await?;
    window.click(&button("Create account")).await?;
    window.inventory().await?;
    window.see(&row("Free service key")).await?;
    Ok(card.trim_end_matches("Another server").trim().to_owned())
}

async fn create(window: &Window, place: &Place) -> Outcome<(String, String)> {
    let secret = window.create_key(KEY, "Deploys the planner").await?;
    window.in_force().await?;
    window.read("stored in its keychain").await?;
    for act in ["Copy", "Download .txt"] {
        window.see(&button(act)).await?;
    }
    let item = place.keychain_user_of(&secret)?;
    if !window.page_holds(&secret).await? {
        return Err(Failure::expected(
            "the secret on the screen, before it is closed",
            "it is not there",
        ));
    }
    window.close_secret(&secret).await?;
    if window.sees(&dialog("Your new secret")).await? || window.sees(&secret_of()).await? {
        return Err(Failure::expected("the secret's dialog to be gone", "it is there"));
    }
    Ok((secret, item))
}

async fn use_it(window: &Window, url: &str, secret: &str) -> Outcome<String> {
    let answer = verify(url, secret).await?;
    if !answer.valid || answer.key.as_deref() != Some(KEY) {
        return Err(Failure::expected(
            "verify to accept the secret",
            format!("{answer:?}"),
        ));
    }
    let asked = Instant::now();
    window.click(&tab("Keys")).await?;
    window.open_key(KEY).await?;
    window.panel_says("Last used now from 127.0.0.1").await?;
    let took = asked.elapsed().max(Duration::from_millis(1));
    Ok(format!(
        "POST /v1/verify from outside accepts it as “{KEY}”; {:.1} s later the inventory says: last used now from \
         127.0.0.1",
        took.as_secs_f32()
    ))
}
