//! How a request is sent and its answer read.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crypto::secret::Secret;
use domain::id::OperationId;
use protocol::header;
use protocol::problem::Problem;
use reqwest::{Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::address::ServerAddress;
use crate::error::ClientError;

const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(30);
/// A server's answer larger than this is not one of ours.
const MOST_BYTES: usize = 64 * 1_024 * 1_024;

/// A server at an address; cheap to clone.
#[derive(Clone)]
pub struct Server {
    http: reqwest::Client,
    address: ServerAddress,
}

/// A server and who asks it.
#[derive(Clone)]
pub struct Session {
    server: Server,
    token: Arc<Secret>,
}

/// One TLS provider for the whole process, installed at the first use.
fn install_tls_provider() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        // Another one may be installed already; then that one serves.
        let _already = rustls::crypto::ring::default_provider().install_default();
    });
}

impl Server {
    /// A server at this address. `client` is how the program names itself ("Keystead 0.1.0 on Linux").
    ///
    /// # Errors
    /// [`ClientError::Tls`] when this computer's list of trusted certificates can't be read.
    pub fn at(address: ServerAddress, client: &str) -> Result<Self, ClientError> {
        install_tls_provider();
        let mut headers = reqwest::header::HeaderMap::new();
        let name: String = client
            .chars()
            .filter(|c| c.is_ascii() && !c.is_ascii_control())
            .take(120)
            .collect();
        if let Ok(value) = name.parse() {
            headers.insert(header::CLIENT, value);
        }
        let mut builder = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(name)
            .connect_timeout(CONNECT)
            // An API does not move by itself; a redirect would carry the session elsewhere.
            .redirect(reqwest::redirect::Policy::none());
        if address.is_loopback() {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| ClientError::Tls {
            host: address.host(),
            reason: error.to_string(),
        })?;
        Ok(Self { http, address })
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> &ServerAddress {
        &self.address
    }

    /// The same server, asked by whoever holds `token`.
    #[must_use]
    pub fn with_session(&self, token: Secret) -> Session {
        Session {
            server: self.clone(),
            token: Arc::new(token),
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.address.join(path))
    }

    pub(crate) async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        let response = self.ask(request).await?;
        self.read(response).await
    }

    /// The answer, and what one of its headers says.
    pub(crate) async fn send_for<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        header: &str,
    ) -> Result<(T, Option<String>), ClientError> {
        let response = self.ask(request).await?;
        let told = response
            .headers()
            .get(header)
            .and_then(|value| value.to_str().ok());
        let told = told.map(str::to_owned);
        Ok((self.read(response).await?, told))
    }

    pub(crate) async fn ask(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        request
            .timeout(ANSWER)
            .send()
            .await
            .map_err(|error| self.transport(&error))
    }

    pub(crate) fn transport(&self, error: &reqwest::Error) -> ClientError {
        ClientError::from_transport(self.address.host(), error)
    }

    pub(crate) async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, ClientError> {
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        let body = self.body(response).await?;
        let text: &[u8] = if body.is_empty() { b"null" } else { &body };
        // The reason never quotes the body: an answer may hold a session token.
        serde_json::from_slice(text)
            .map_err(|error| self.not_keystead(format!("line {} of its answer can't be read", error.line())))
    }

    /// What an answer that is no success says.
    pub(crate) async fn refusal(&self, response: Response) -> ClientError {
        let status = response.status();
        let is_problem = response
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with(protocol::problem::MEDIA_TYPE));
        match self.body(response).await {
            Ok(body) if is_problem => serde_json::from_slice::<Problem>(&body).map_or_else(
                |_| self.not_keystead(format!("status {status}")),
                ClientError::Problem,
            ),
            Ok(_) => self.not_keystead(format!("status {status}")),
            Err(error) => error,
        }
    }

    fn not_keystead(&self, reason: String) -> ClientError {
        ClientError::NotKeystead {
            host: self.address.host(),
            reason,
        }
    }

    async fn body(&self, mut response: Response) -> Result<Zeroizing<Vec<u8>>, ClientError> {
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(|error| self.transport(&error))? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(self.not_keystead("its answer is endless".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl Session {
    /// The server it is of.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.server.request(method, path).bearer_auth(self.token.expose())
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.server.send(self.request(Method::GET, path)).await
    }

    /// A write over the version its author saw.
    pub(crate) async fn edit<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        operation: OperationId,
        version: i64,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let request = self
            .request(method, path)
            .header(header::IDEMPOTENCY_KEY, operation.to_string())
            .header(header::IF_MATCH, format!("\"{version}\""))
            .json(body);
        self.server.send(request).await
    }

    /// A write: the same operation with the same body is carried out once, however often it is asked.
    pub(crate) async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        operation: OperationId,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let request = self
            .request(method, path)
            .header(header::IDEMPOTENCY_KEY, operation.to_string())
            .json(body);
        self.server.send(request).await
    }
}
