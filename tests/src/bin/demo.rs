//! Demo.
use stories::*;
use thirtyfour::prelude::Key;
#[tokio::main]
async fn main() -> Outcome {
    let server = testkit::TestServer::new().await;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.sign_up_at(&server.url()).await?;
    window.control('n').await?;
    window.focused(&field("Name")).await?;
    window.keys("ci-deploy").await?;
    window.keys(Key::Enter).await?;
    window.shown_secret().await?;
    let act = "return document.activeElement.outerHTML.slice(0,150)";
    eprintln!("in secret {}", window.script::<String>(act, vec![]).await?);
    window.tab_to(&button("Close")).await?;
    window.keys(Key::Enter).await?;
    window.gone(&dialog("Your new secret")).await?;
    for _ in 0..5 {
    window.settle().await?;
    eprintln!("{}", window.script::<String>(act, vec![]).await?);
    }
    let t = std::time::Instant::now();
    window.quit().await?;
    eprintln!("quit {:?}", t.elapsed());
    let r = place.replica()?;
    eprintln!("{:?}", std::fs::read_dir(r.parent().unwrap())?.flatten().map(|e| (e.file_name(), e.metadata().unwrap().len())).collect::<Vec<_>>());
    tour::damage(&r)?;
    let b = std::fs::read(&r)?;
    let window = Window::open(&place).await?;
    window.see(&heading("The data file is damaged")).await?;
    let c = std::fs::read(&r)?;
    eprintln!("{} {}", b==c, c.len());
    window.click(&button("Set the file aside and download again")).await?;
    window.see(&row("ci-deploy")).await?;
    for e in std::fs::read_dir(r.parent().unwrap())?.flatten() { eprintln!("{:?} {} {}", e.file_name(), e.metadata()?.len(), std::fs::read(e.path())? == b); }
    window.quit().await
}
