//! The catalog, and how cheaply one learns that it is the same (B7).

use domain::catalog::{Catalog, Inputs};
use protocol::{header, path};
use reqwest::Method;
use store::Kind;

use crate::given::{Given, answer};

#[tokio::test]
async fn b7_the_catalog_is_handed_out_once() {
    let given = Given::new().await;
    let ada = given.sign_up("ada").await;
    let ask = |known: Option<&str>| {
        let request = given.request(Method::GET, path::CATALOG, ada.token.as_deref());
        match known {
            Some(known) => request.header("if-none-match", known),
            None => request,
        }
    };
    let first = ask(None).send().await.unwrap();
    assert_eq!(first.status(), 200);
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(first.headers()["content-type"], "application/json");
    let catalog: Catalog = first.json().await.unwrap();
    assert_eq!(catalog, server::catalog::load(None).unwrap());
    let model = catalog
        .service("distance-matrix")
        .and_then(|service| service.model("road"));
    let cost = model.unwrap().cost(&Inputs::new(), catalog.currency).unwrap();
    assert_eq!(cost.to_string(), "0.501 EUR");

    for known in [tag.as_str(), &format!("\"other\", W/{tag}"), "*"] {
        let again = ask(Some(known)).send().await.unwrap();
        assert_eq!(again.status(), 304, "{known}");
        assert_eq!(again.headers()["etag"].to_str().unwrap(), tag);
        assert_eq!(again.text().await.unwrap(), "");
    }
    assert_eq!(ask(Some("\"other\"")).send().await.unwrap().status(), 200);

    // The account's feed says which it is, so nobody has to ask.
    let feed = given.request(Method::GET, path::ACCOUNT_CHANGES, ada.token.as_deref());
    let feed = feed.send().await.unwrap();
    assert_eq!(
        format!("\"{}\"", feed.headers()[header::CATALOG].to_str().unwrap()),
        tag
    );
    let nobody = answer(given.request(Method::GET, path::CATALOG, None)).await;
    assert_eq!((nobody.status.as_u16(), nobody.code()), (401, "signed_out"));
}

#[tokio::test]
async fn b7_a_server_does_not_start_with_a_wrong_catalog() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("catalog.toml"), "currency = \"euro\"\n").unwrap();
    let mut given = Given::with(Kind::Sqlite, |config| config.catalog = None)
        .await
        .unwrap();
    given.stop().await;
    let config = server::Config {
        catalog: Some(folder.path().to_owned()),
        database: given.database.url.clone(),
        listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        ..server::Config::default()
    };
    let error = server::start(config, server::system::ports())
        .await
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        error
            .to_string()
            .replace(&folder.path().display().to_string(), "FOLDER"),
        "the catalog can't be used: FOLDER/catalog.toml:1: “euro” is no currency; write its three letters of ISO 4217, \
         like EUR"
    );
}
