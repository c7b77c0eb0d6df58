//! What verify is measured beside: the least that a server of this kind can do. It hashes what it was sent and looks the
//! hash up in memory; it records nothing, limits nothing, and forgets nothing.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::post;
use crypto::token::SecretHash;
use serde::{Deserialize, Serialize};

/// Makes this program the floor: followed by its port and a file with a secret on each line.
pub(crate) const ARGUMENT: &str = "--floor";

#[derive(Deserialize)]
struct Asked {
    secret: String,
}

#[derive(Serialize)]
struct Said {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

type Lines = Arc<HashMap<SecretHash, usize>>;

async fn verify(State(lines): State<Lines>, Json(asked): Json<Asked>) -> Json<Said> {
    let line = lines.get(&SecretHash::of(&asked.secret)).copied();
    Json(Said {
        valid: line.is_some(),
        line,
    })
}

/// Serves until it is killed.
pub(crate) fn serve(port: u16, secrets: &Path) {
    let text = std::fs::read_to_string(secrets).unwrap();
    let lines: Lines = Arc::new(
        text.lines()
            .enumerate()
            .map(|(line, secret)| (SecretHash::of(secret), line))
            .collect(),
    );
    let router = axum::Router::new()
        .route("/v1/verify", post(verify))
        .with_state(lines);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        axum::serve(listener, router).await.unwrap();
    });
}
