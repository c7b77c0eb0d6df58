//! The address of a server, as people type it.

use std::fmt;

use url::{Host, Url};

/// The base address of a server: scheme, host and port, without path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress(Url);

/// Why a typed address was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerAddressProblem {
    /// Not an address.
    #[error("“{0}” is not an address; write it like https://keys.example.org")]
    Form(String),
    /// Not HTTP.
    #[error("an address begins with https:// (or http:// on your own network), not with {0}:")]
    Scheme(String),
    /// A name or password inside.
    #[error("leave the user name and password out of the address; Keystead asks for them separately")]
    Credentials,
    /// A path, a query or a fragment.
    #[error("an address ends after the host or port; leave out “{0}”")]
    Path(String),
}

impl ServerAddress {
    /// Reads an address. Without a scheme it is `https://`, except for this computer itself.
    ///
    /// # Errors
    /// [`ServerAddressProblem`], which says how to write it.
    pub fn parse(text: &str) -> Result<Self, ServerAddressProblem> {
        let trimmed = text.trim();
        let form = || ServerAddressProblem::Form(trimmed.chars().take(80).collect());
        if trimmed.is_empty() || trimmed.contains(char::is_whitespace) {
            return Err(form());
        }
        let url = if trimmed.contains("://") {
            Url::parse(trimmed).map_err(|_| form())?
        } else {
            let guess = Url::parse(&format!("https://{trimmed}")).map_err(|_| form())?;
            if is_loopback(&guess) {
                Url::parse(&format!("http://{trimmed}")).map_err(|_| form())?
            } else {
                guess
            }
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ServerAddressProblem::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ServerAddressProblem::Credentials);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            let after = &url[url::Position::BeforePath..];
            return Err(ServerAddressProblem::Path(after.to_owned()));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(form());
        }
        Ok(Self(url))
    }

    /// The host, with the port where it is not the scheme's own: `keys.example.org`, `127.0.0.1:8787`.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether what is sent is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it names this computer itself.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether others on the way can read what is sent: it is neither encrypted nor stays on this computer.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        !self.is_encrypted() && !self.is_loopback()
    }

    /// The address of a path of the server.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p1_what_is_sent_can_be_read_on_the_way_unless_it_is_encrypted_or_stays_here() {
        let exposed = |text| ServerAddress::parse(text).map(|address| address.is_exposed());
        for safe in [
            "https://keys.example.org",
            "http://127.0.0.1:8787",
            "http://[::1]:8787",
            "http://localhost",
            "http://keys.localhost:1",
        ] {
            assert_eq!(exposed(safe), Ok(false), "{safe}");
        }
        for open in [
            "http://keys.example.org",
            "http://10.0.0.9",
            "http://127.example.org",
            "http://localhost.example.org",
        ] {
            assert_eq!(exposed(open), Ok(true), "{open}");
        }
    }

    #[test]
    fn addresses_are_read_as_people_type_them() {
        let read = |text| ServerAddress::parse(text).map(|address| address.to_string());
        assert_eq!(
            read(" keys.example.org "),
            Ok("https://keys.example.org".to_owned())
        );
        assert_eq!(
            read("https://keys.example.org/"),
            Ok("https://keys.example.org".to_owned())
        );
        assert_eq!(read("localhost:8787"), Ok("http://localhost:8787".to_owned()));
        assert_eq!(
            read("http://10.0.0.4:8787"),
            Ok("http://10.0.0.4:8787".to_owned())
        );
        assert_eq!(
            ServerAddress::parse("[::1]:8787").map(|address| address.host()),
            Ok("[::1]:8787".to_owned())
        );
    }

    #[test]
    fn a_refusal_says_how_to_write_it() {
        let refuse = |text| ServerAddress::parse(text).unwrap_err();
        assert!(matches!(refuse(""), ServerAddressProblem::Form(_)));
        assert!(matches!(refuse("not an address"), ServerAddressProblem::Form(_)));
        assert!(matches!(refuse("https://"), ServerAddressProblem::Form(_)));
        assert_eq!(
            refuse("ftp://keys.example.org"),
            ServerAddressProblem::Scheme("ftp".to_owned())
        );
        assert_eq!(
            refuse("https://mara:pw@keys.example.org"),
            ServerAddressProblem::Credentials
        );
        assert_eq!(
            refuse("https://keys.example.org/app?x=1"),
            ServerAddressProblem::Path("/app?x=1".to_owned())
        );
    }
}
