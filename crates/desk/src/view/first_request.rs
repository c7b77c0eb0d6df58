//! The first request with a key, ready to be run (K15).

use domain::id::KeyId;
use serde::{Deserialize, Serialize};

view! {
    /// The first request with a key.
    #[derive(Clone, Debug)]
    pub struct FirstRequest {
        /// The key.
        pub key_id: KeyId,
        /// Its name.
        pub key_name: String,
        /// The server that is asked.
        pub url: String,
        /// Its OpenAPI document.
        pub openapi_url: String,
        /// The variable the snippets read the secret from. It stands in none of them.
        pub variable: String,
        /// Whether the secret is in this computer's keychain, so that the commands can be run here.
        pub secret_here: bool,
        /// The snippets, by language.
        pub snippets: Vec<Snippet>,
        /// Why a key is not let in, and what to do about it.
        pub reasons: Vec<ReasonHelp>,
    }

    /// Two programs in one language.
    #[derive(Clone, Debug)]
    pub struct Snippet {
        /// The language.
        pub language: Language,
        /// Its name.
        pub label: String,
        /// What the client's program is called.
        pub send_file: String,
        /// The client: it sends the key with a request.
        pub send: String,
        /// Runs it with the secret in its environment.
        pub run_send: String,
        /// What the service's program is called.
        pub verify_file: String,
        /// The service: it asks whether a key it was sent is let in.
        pub verify: String,
        /// Runs it with the secret in its environment.
        pub run_verify: String,
    }

    /// A reason not to let a key in.
    #[derive(Clone, Debug)]
    pub struct ReasonHelp {
        /// As it stands in the answer.
        pub reason: String,
        /// What it means.
        pub meaning: String,
        /// What to do.
        pub remedy: String,
    }
}

/// A language of snippets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// curl in a shell.
    Curl,
    /// JavaScript on Node.js 18 or newer.
    JavaScript,
    /// Python 3, with nothing but its own library.
    Python,
    /// Ruby, with nothing but its own library.
    Ruby,
}

impl Language {
    /// Every language, in the order they are offered.
    pub const ALL: [Self; 4] = [Self::Curl, Self::JavaScript, Self::Python, Self::Ruby];

    /// Its name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::JavaScript => "JavaScript",
            Self::Python => "Python",
            Self::Ruby => "Ruby",
        }
    }

    /// What runs it, and what its files end in.
    #[must_use]
    pub const fn program(self) -> (&'static str, &'static str) {
        match self {
            Self::Curl => ("bash", "sh"),
            Self::JavaScript => ("node", "mjs"),
            Self::Python => ("python3", "py"),
            Self::Ruby => ("ruby", "rb"),
        }
    }
}
