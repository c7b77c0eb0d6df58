//! Asking an issuer what it says of itself, and for its keys (OpenID Connect Discovery 1.0).
//!
//! An address of somebody else's choice is asked: over https alone, without following anybody elsewhere, with little
//! patience, and never inside the server's own network unless the operator allows it. Names are looked up once, and the
//! address that was looked at is the one that is connected to.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use crypto::jwt::{KeySet, NoKeySet};
use domain::issuer::{IssuerUrl, SigningAlgorithm, is_loopback};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use serde::Deserialize;
use url::Url;

use super::inside::is_inside;

const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(10);
/// The largest description, and the largest list of keys, in bytes.
const MOST_BYTES: usize = 256 * 1_024;

/// An issuer could not be asked, or its answer can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IssuerFailure {
    /// Nobody there, no trusted certificate, too slow.
    #[error("{host} could not be reached from this server: {reason}")]
    Away { host: String, reason: &'static str },
    /// An address that only this server can reach.
    #[error(
        "{host} is an address of this server's own computer or network; where that is meant, its operator allows it \
         with issuers_inside"
    )]
    Inside { host: String },
    /// Neither 200 nor anything that is followed.
    #[error("{url} answered with status {status}; only 200 is taken, and nobody is followed elsewhere")]
    Status { url: String, status: u16 },
    /// Endless, or no JSON of this form.
    #[error("what stands at {url} is no description of an OpenID provider")]
    NoDescription { url: String },
    /// It is somebody else's.
    #[error("the description there is of another issuer, “{said}”; register exactly that URL")]
    OtherIssuer { said: String },
    /// Keys at an address that is not asked.
    #[error("the issuer says that its keys stand at “{url}”, which is no address reached by https")]
    KeysUrl { url: String },
    /// No keys.
    #[error("the issuer's keys at {url} can't be used: {reason}")]
    Keys { url: String, reason: NoKeySet },
    /// This computer's list of trusted certificates.
    #[error("this server has no list of trusted certificates, so no issuer can be asked")]
    Tls,
}

/// What an issuer says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Description {
    pub(crate) keys_url: String,
    /// How it signs, as far as that can be checked.
    pub(crate) algorithms: Vec<SigningAlgorithm>,
    /// How else it signs.
    pub(crate) others: Vec<String>,
    pub(crate) keys: KeySet,
    /// How long its keys may be kept, where it says so.
    pub(crate) fresh_seconds: Option<i64>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
    #[serde(default)]
    id_token_signing_alg_values_supported: Vec<String>,
}

/// Looks names up, and leaves out what is inside.
struct Outside {
    inside: bool,
}

impl Resolve for Outside {
    fn resolve(&self, name: Name) -> Resolving {
        let inside = self.inside;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| inside || !is_inside(address.ip()))
                .collect();
            if allowed.is_empty() {
                return Err(NO_ADDRESS.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

const NO_ADDRESS: &str = "no address outside this server's own network";

/// How issuers are asked.
pub(crate) struct Asking {
    inside: bool,
    http: OnceLock<Option<reqwest::Client>>,
}

impl Asking {
    pub(crate) const fn new(inside: bool) -> Self {
        Self {
            inside,
            http: OnceLock::new(),
        }
    }

    fn http(&self) -> Result<&reqwest::Client, IssuerFailure> {
        self.http
            .get_or_init(|| {
                // Another one may be installed already; then that one serves.
                let _already = rustls::crypto::ring::default_provider().install_default();
                reqwest::Client::builder()
                    .user_agent(concat!("keystead-server/", env!("CARGO_PKG_VERSION")))
                    .connect_timeout(CONNECT)
                    .timeout(ANSWER)
                    .redirect(Policy::none())
                    // A proxy would look the name up itself, and somewhere else.
                    .no_proxy()
                    .dns_resolver(std::sync::Arc::new(Outside { inside: self.inside }))
                    .build()
                    .ok()
            })
            .as_ref()
            .ok_or(IssuerFailure::Tls)
    }

    /// Its description and its keys.
    pub(crate) async fn describe(&self, issuer: &IssuerUrl) -> Result<Description, IssuerFailure> {
        let at = issuer.discovery();
        let no_description = || IssuerFailure::NoDescription { url: at.clone() };
        let url = Url::parse(&at).map_err(|_| no_description())?;
        let (body, _) = self.get(&url).await?;
        let discovery: Discovery = serde_json::from_slice(&body).map_err(|_| no_description())?;
        if discovery.issuer != issuer.as_str() {
            let said = discovery.issuer.chars().filter(|c| !c.is_control()).take(200);
            return Err(IssuerFailure::OtherIssuer { said: said.collect() });
        }
        let keys_url = keys_url(&discovery.jwks_uri)?;
        let (body, headers) = self.get(&keys_url).await?;
        let keys = KeySet::read(&body).map_err(|reason| IssuerFailure::Keys {
            url: keys_url.to_string(),
            reason,
        })?;
        let (mut algorithms, mut others) = (Vec::new(), Vec::new());
        for name in discovery
            .id_token_signing_alg_values_supported
            .into_iter()
            .take(50)
        {
            match SigningAlgorithm::from_name(&name) {
                Some(known) if algorithms.contains(&known) => {}
                Some(known) => algorithms.push(known),
                None => others.push(name.chars().filter(|c| !c.is_control()).take(20).collect()),
            }
        }
        Ok(Description {
            keys_url: keys_url.to_string(),
            algorithms,
            others,
            keys,
            fresh_seconds: fresh_seconds(&headers),
        })
    }

    async fn get(&self, url: &Url) -> Result<(Vec<u8>, HeaderMap), IssuerFailure> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let address = match url.host() {
            Some(url::Host::Ipv4(address)) => Some(address.into()),
            Some(url::Host::Ipv6(address)) => Some(address.into()),
            _ => None,
        };
        if !self.inside
            && (address.is_some_and(is_inside) || url.host().is_some_and(|host| is_loopback(&host)))
        {
            return Err(IssuerFailure::Inside { host });
        }
        let away = |error: &reqwest::Error| reason_of(error, &host);
        let mut response = self
            .http()?
            .get(url.clone())
            .header(header::ACCEPT, "application/json")
            .send()
            .await
            .map_err(|error| away(&error))?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(IssuerFailure::Status {
                url: url.to_string(),
                status: response.status().as_u16(),
            });
        }
        let headers = response.headers().clone();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| away(&error))? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(IssuerFailure::NoDescription { url: url.to_string() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok((body, headers))
    }
}

fn reason_of(error: &reqwest::Error, host: &str) -> IssuerFailure {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(inner) = cause {
        if inner.to_string() == NO_ADDRESS {
            return IssuerFailure::Inside {
                host: host.to_owned(),
            };
        }
        cause = inner.source();
    }
    IssuerFailure::Away {
        host: host.to_owned(),
        reason: if error.is_timeout() {
            "it took too long"
        } else if error.is_connect() {
            "there is no connection, or no certificate that this server trusts"
        } else {
            "the answer broke off"
        },
    }
}

fn keys_url(text: &str) -> Result<Url, IssuerFailure> {
    let refused = || IssuerFailure::KeysUrl {
        url: text.chars().filter(|c| !c.is_control()).take(200).collect(),
    };
    let url = Url::parse(text).map_err(|_| refused())?;
    let plain = url.scheme() == "http" && url.host().is_some_and(|host| is_loopback(&host));
    let bare = url.username().is_empty() && url.password().is_none();
    if (url.scheme() == "https" || plain) && bare && text.len() <= 2_000 {
        Ok(url)
    } else {
        Err(refused())
    }
}

/// `max-age` of the answer (RFC 9111, section 5.2.2.1); 0 where it may not be kept.
fn fresh_seconds(headers: &HeaderMap) -> Option<i64> {
    let said = headers
        .get(header::CACHE_CONTROL)?
        .to_str()
        .ok()?
        .to_ascii_lowercase();
    let mut parts = said.split(',').map(str::trim);
    if parts.clone().any(|part| part == "no-store" || part == "no-cache") {
        return Some(0);
    }
    parts.find_map(|part| part.strip_prefix("max-age=")?.trim_matches('"').parse().ok())
}
