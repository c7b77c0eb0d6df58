//! The first request with a key (K15): programs that run as they are, and what to do when they are refused. Made here,
//! without the network; the secret is in none of it.

mod snippet;

use std::sync::Arc;

use domain::clock::Timestamp;
use domain::id::KeyId;
use protocol::path;
use protocol::verify::VerifyRefusal;
use replica::KeyQuery;

use crate::error::DeskError;
use crate::open::OpenConnection;
use crate::view::{FirstRequest, Language, ReasonHelp, sentence};
use crate::{Desk, blocking};

impl Desk {
    /// The first request with a key, in every language.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when the key is not here, or the server of this computer does not run.
    pub async fn first_request(self: &Arc<Self>, id: KeyId) -> Result<FirstRequest, DeskError> {
        let open = self.current()?;
        let now = self.now();
        blocking(move || {
            let url = open.url().ok_or_else(|| {
                DeskError::NotFound(
                    "the server of this computer does not run, so it has no address; open the workspace again".to_owned(),
                )
            })?;
            let detail = open.detail_of(id, now)?;
            let address = format!("{url}{}", path::VERIFY);
            let key = open.argument_of(id, &detail.row.name, now)?;
            let secret_here = detail
                .secrets
                .iter()
                .chain(detail.tokens.iter().map(|token| &token.secret))
                .any(|secret| secret.on_this_computer && secret.retired_at.is_none());
            Ok(FirstRequest {
                key_id: id,
                key_name: detail.row.name,
                openapi_url: format!("{url}{}", path::OPENAPI),
                url,
                variable: snippet::VARIABLE.to_owned(),
                secret_here,
                snippets: Language::ALL
                    .into_iter()
                    .map(|language| snippet::snippet(language, &address, &key))
                    .collect(),
                reasons: reasons(),
            })
        })
        .await
    }
}

impl OpenConnection {
    /// How `keystead run` is told this key: its name where that is plain and no other key has it, else its id.
    fn argument_of(&self, id: KeyId, name: &str, now: Timestamp) -> Result<String, DeskError> {
        let plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            && !name.starts_with('-');
        let query = KeyQuery {
            search: name.to_owned(),
            ..KeyQuery::by_name(1_000)
        };
        let (records, total) = self.replica.keys(&query, now)?;
        let same = records
            .iter()
            .filter(|record| record.shown.name.as_str() == name)
            .count();
        let all_seen = records.len() == usize::try_from(total).unwrap_or(usize::MAX);
        Ok(if plain && same == 1 && all_seen {
            name.to_owned()
        } else {
            id.to_string()
        })
    }
}

fn reasons() -> Vec<ReasonHelp> {
    let of = |refusal: VerifyRefusal, remedy: &str| ReasonHelp {
        reason: refusal.as_str().to_owned(),
        meaning: sentence(refusal.sentence()),
        remedy: remedy.to_owned(),
    };
    vec![
        ReasonHelp {
            reason: "missing".to_owned(),
            meaning: "The request carries no key (only GET /v1/verify says so).".to_owned(),
            remedy: "Send the header Authorization: Bearer and the secret, and look whether a proxy takes it away."
                .to_owned(),
        },
        of(
            VerifyRefusal::Malformed,
            "Take the secret whole, without spaces or quotation marks around it. Inspect says what is wrong with it.",
        ),
        of(
            VerifyRefusal::Unknown,
            "Look whether this is the server of the key. A key made offline is in force when the server has confirmed it.",
        ),
        of(VerifyRefusal::Expired, "Make a new key with a later expiry, or with none."),
        of(VerifyRefusal::Revoked, "Make a new key; this one does not come back."),
        of(VerifyRefusal::Paused, "Resume the key, or ask who paused it."),
        of(
            VerifyRefusal::Suspended,
            "Ask an Owner or Admin about the token policy; the token works again when it is loosened.",
        ),
        of(
            VerifyRefusal::Retired,
            "The key was rotated: put its newest secret where the old one is.",
        ),
        of(
            VerifyRefusal::RateLimited,
            "Wait as long as retry-after says and try again; whoever manages the key can raise its limit.",
        ),
        of(
            VerifyRefusal::UnknownService,
            "Look at Services & prices for what this server offers, and how it is called in requests.",
        ),
        of(VerifyRefusal::UnknownModel, "Name one of the models of the service."),
        of(
            VerifyRefusal::InvalidParameters,
            "The field detail says which parameter is wrong and what it takes.",
        ),
        of(
            VerifyRefusal::NotGranted,
            "Use a service key, and give it this service and model in its card Services.",
        ),
        of(
            VerifyRefusal::NoSubscription,
            "Let the key pay for this service in another way, in its card Services.",
        ),
        of(
            VerifyRefusal::InsufficientCredit,
            "Assign credit to the wallet that pays, or let another pay.",
        ),
        of(
            VerifyRefusal::ChargeIdReused,
            "Send an id of its own with each request, and the same one only when the very same is asked again.",
        ),
    ]
}
