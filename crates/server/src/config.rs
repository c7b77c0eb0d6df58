//! What an operator can set: defaults, then a TOML file, then `KEYSTEAD_…` variables, then flags.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use domain::money::{Currency, Money, MoneyProblem};
use figment::providers::{Env, Format, Serialized, Toml};
use figment::{Figment, Provider};
use ipnet::IpNet;
use protocol::server::SignUp;
use serde::{Deserialize, Serialize};

/// The file that is read when none is named and it exists.
pub const DEFAULT_FILE: &str = "keystead-server.toml";
const PREFIX: &str = "KEYSTEAD_";

/// Where the server stands: fixed for its whole life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// United States.
    Us,
    /// European Union.
    Eu,
    /// Asia and Pacific.
    Ap,
    /// One computer or one house.
    Local,
}

impl Region {
    /// The name used on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
            Self::Ap => "ap",
            Self::Local => "local",
        }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// How what is said to the mail server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// TLS from the first byte; usually port 465.
    Tls,
    /// TLS after a plain greeting, without which nothing is sent; usually port 587.
    Starttls,
    /// Not at all: for a mail server on this computer.
    None,
}

/// All settings.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// A file path, `sqlite:///path` or `postgres://user:password@host/name`.
    pub database: String,
    /// How the server calls itself.
    pub name: String,
    /// Where it stands.
    pub region: Region,
    /// Who may sign up.
    pub sign_up: SignUp,
    /// Days after which a session that is not used ends.
    pub session_days: u32,
    /// How log lines look.
    pub log: LogFormat,
    /// The largest body that is read, in bytes.
    pub body_limit: usize,
    /// Networks of reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Wrong passwords in 15 minutes for one email from one address.
    pub sign_in_attempts: u32,
    /// Wrong passwords in 15 minutes from one address.
    pub sign_in_attempts_per_address: u32,
    /// Sign-ups in an hour from one address.
    pub sign_ups_per_hour: u32,
    /// The folder of the catalog; the one that is part of the program if none.
    pub catalog: Option<PathBuf>,
    /// What an organization begins with, in the currency of the catalog, like `25.00`.
    pub starting_credit: String,
    /// Where people reach the server, like `https://keys.example.org`: links in mails begin with it.
    pub public_url: Option<String>,
    /// The mail server; without one, mails are files in a folder.
    pub mail_host: Option<String>,
    /// Its port; without one, the usual port of `mail_security`.
    pub mail_port: Option<u16>,
    /// How what is said to it is kept from others.
    pub mail_security: MailSecurity,
    /// Who the server is to it.
    pub mail_user: Option<String>,
    /// The password of `mail_user`.
    pub mail_password: Option<String>,
    /// Whom mails are from, like `Keystead <keys@example.org>`.
    pub mail_from: Option<String>,
    /// The folder for mails where there is no mail server; without one, `mail` beside the file of the database.
    pub mail_folder: Option<PathBuf>,
    /// Whether organizations may register issuers at addresses of this computer and of private networks.
    pub issuers_inside: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8_787)),
            database: "keystead.db".to_owned(),
            name: "Keystead".to_owned(),
            region: Region::Local,
            sign_up: SignUp::Open,
            session_days: 30,
            log: LogFormat::Text,
            body_limit: 64 * 1_024,
            trusted_proxies: Vec::new(),
            sign_in_attempts: 10,
            sign_in_attempts_per_address: 100,
            sign_ups_per_hour: 20,
            catalog: None,
            starting_credit: "25.00".to_owned(),
            public_url: None,
            mail_host: None,
            mail_port: None,
            mail_security: MailSecurity::Starttls,
            mail_user: None,
            mail_password: None,
            mail_from: None,
            mail_folder: None,
            issuers_inside: false,
        }
    }
}

/// The database's address may hold a password.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The settings can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The named file can't be read.
    #[error("the configuration file {file} can't be read: {reason}")]
    File {
        /// The file.
        file: String,
        /// What the system or the parser says.
        reason: String,
    },
    /// A key nobody knows: most likely a typing mistake.
    #[error("{file}: there is no setting “{key}”; there are {known}")]
    UnknownKey {
        /// The file.
        file: String,
        /// The key.
        key: String,
        /// All keys.
        known: String,
    },
    /// A value that does not fit.
    #[error("{place}: {key}: {reason}")]
    Value {
        /// The file, variable or flag.
        place: String,
        /// The key.
        key: String,
        /// Why.
        reason: String,
    },
}

/// Flags: each overrides the setting of the same name.
#[derive(Debug, Clone, Default, Serialize, clap::Args)]
pub struct Flags {
    /// Where to listen; port 0 takes any free one [default: 127.0.0.1:8787] [env: KEYSTEAD_LISTEN]
    #[arg(long, value_name = "ADDRESS:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// A SQLite file (keystead.db, sqlite:///var/lib/keystead/keystead.db) or a PostgreSQL database
    /// (postgres://user:password@host/name) [default: keystead.db in the current folder] [env: KEYSTEAD_DATABASE]
    #[arg(long, value_name = "FILE OR URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// How the server calls itself [default: Keystead] [env: KEYSTEAD_NAME]
    #[arg(long, value_name = "TEXT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where the server stands; apps show it and it never changes [default: local] [env: KEYSTEAD_REGION]
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Who may sign up: anybody (open), only the first account (first), nobody (closed) [default: open]
    /// [env: KEYSTEAD_SIGN_UP]
    #[arg(long, value_parser = ["open", "first", "closed"])]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_up: Option<String>,
    /// Days after which a session that is not used ends [default: 30] [env: KEYSTEAD_SESSION_DAYS]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3_650))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_days: Option<u32>,
    /// Log lines for people (text) or for programs (json) [default: text] [env: KEYSTEAD_LOG]
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogFormat>,
    /// The largest request body that is read, in bytes [default: 65536] [env: KEYSTEAD_BODY_LIMIT]
    #[arg(long, value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_limit: Option<usize>,
    /// A reverse proxy, or a network of them, whose X-Forwarded-For is believed, like 10.0.0.0/8; may be repeated
    /// [default: none] [env: KEYSTEAD_TRUSTED_PROXIES=["10.0.0.0/8"]]
    #[arg(long = "trusted-proxy", value_name = "ADDRESS/BITS")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trusted_proxies: Vec<IpNet>,
    /// Wrong passwords in 15 minutes for one email from one address [default: 10] [env: KEYSTEAD_SIGN_IN_ATTEMPTS]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_attempts: Option<u32>,
    /// Wrong passwords in 15 minutes from one address [default: 100] [env: KEYSTEAD_SIGN_IN_ATTEMPTS_PER_ADDRESS]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_attempts_per_address: Option<u32>,
    /// Sign-ups in an hour from one address [default: 20] [env: KEYSTEAD_SIGN_UPS_PER_HOUR]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_ups_per_hour: Option<u32>,
    /// The folder of the catalog of services and prices [default: the catalog that is part of the program]
    /// [env: KEYSTEAD_CATALOG]
    #[arg(long, value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog: Option<PathBuf>,
    /// What an organization begins with, in the currency of the catalog [default: 25.00] [env: KEYSTEAD_STARTING_CREDIT]
    #[arg(long, value_name = "AMOUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_credit: Option<String>,
    /// Where people reach the server, like `https://keys.example.org`; links in mails begin with it [default: where it
    /// listens] [env: KEYSTEAD_PUBLIC_URL]
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
}

impl Config {
    /// Reads all layers. `file` is the file that was named; without one, [`DEFAULT_FILE`] is read if it exists.
    ///
    /// # Errors
    /// [`ConfigError`] names the file, variable or flag and the setting.
    pub fn read(file: Option<&Path>, flags: &Flags) -> Result<Self, ConfigError> {
        let known = known();
        let named = file.map(Path::to_path_buf);
        let file = named.or_else(|| Some(PathBuf::from(DEFAULT_FILE)).filter(|file| file.is_file()));
        let mut layers = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = &file {
            check_file(file, &known)?;
            layers = layers.merge(Toml::file_exact(file));
        }
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        let config: Self = layers
            .merge(Env::prefixed(PREFIX).only(&names))
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(|error| value_error(&error))?;
        config.check()?;
        Ok(config)
    }

    /// What an organization begins with.
    ///
    /// # Errors
    /// [`MoneyProblem`]: it is no amount, or below zero.
    pub fn starting_credit(&self, currency: Currency) -> Result<Money, MoneyProblem> {
        match Money::parse(&self.starting_credit, currency)? {
            money if money.micros < 0 => Err(MoneyProblem::NoAmount),
            money => Ok(money),
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let refuse = |key: &str, reason: &str| {
            Err(ConfigError::Value {
                place: "configuration".to_owned(),
                key: key.to_owned(),
                reason: reason.to_owned(),
            })
        };
        if self.session_days == 0 || self.session_days > 3_650 {
            return refuse("session_days", "has to be a number of days from 1 to 3650");
        }
        if self.body_limit < 4_096 {
            return refuse("body_limit", "has to be at least 4096 bytes, or no request fits");
        }
        if self.name.trim().is_empty() || self.name.chars().count() > 100 {
            return refuse("name", "has to have 1 to 100 characters");
        }
        // What it is in, the catalog says later.
        if let Err(problem) = self.starting_credit(Currency::NONE) {
            return refuse(
                "starting_credit",
                &format!("“{}” {problem}", self.starting_credit),
            );
        }
        if let Some(url) = &self.public_url {
            let parsed = url::Url::parse(url).ok();
            if !parsed.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
                return refuse("public_url", "has to be an address like https://keys.example.org");
            }
        }
        if self.mail_host.is_some() {
            if self.public_url.is_none() {
                return refuse("public_url", "is needed for mail: links in mails begin with it");
            }
            if self.mail_from.is_none() {
                return refuse(
                    "mail_from",
                    "is needed for mail, like “Keystead <keys@example.org>”",
                );
            }
            if self.mail_user.is_some() != self.mail_password.is_some() {
                return refuse("mail_password", "and mail_user are needed both, or neither");
            }
            if self.mail_user.is_some() && self.mail_security == MailSecurity::None {
                return refuse(
                    "mail_security",
                    "has to be “tls” or “starttls” where a password is sent",
                );
            }
        }
        let limits = [
            self.sign_in_attempts,
            self.sign_in_attempts_per_address,
            self.sign_ups_per_hour,
        ];
        if limits.contains(&0) {
            return refuse(
                "limits",
                "have to be at least 1; to let nobody sign up, set sign_up to “closed”",
            );
        }
        Ok(())
    }
}

fn known() -> Vec<String> {
    let data = Serialized::defaults(Config::default()).data().unwrap_or_default();
    data.into_values()
        .flat_map(std::collections::BTreeMap::into_keys)
        .collect()
}

/// Looks at the keys before the layers are merged, where it is still known which file they are from.
fn check_file(file: &Path, known: &[String]) -> Result<(), ConfigError> {
    let name = || file.display().to_string();
    let cannot = |reason: String| ConfigError::File { file: name(), reason };
    let text = std::fs::read_to_string(file).map_err(|error| cannot(error.to_string()))?;
    let data = Toml::string(&text)
        .data()
        .map_err(|error| cannot(error.to_string()))?;
    let unknown = data
        .into_values()
        .flat_map(std::collections::BTreeMap::into_keys)
        .find(|key| !known.contains(key));
    match unknown {
        Some(key) => Err(ConfigError::UnknownKey {
            file: name(),
            key,
            known: known.join(", "),
        }),
        None => Ok(()),
    }
}

fn value_error(error: &figment::Error) -> ConfigError {
    let key = error.path.join(".");
    let source = error
        .metadata
        .as_ref()
        .and_then(|data| data.source.as_ref())
        .map(ToString::to_string);
    let place = match (&source, &error.metadata) {
        (Some(file), _) => file.clone(),
        (None, Some(data)) if data.name.contains("environment") => format!("{PREFIX}{}", key.to_uppercase()),
        _ => "configuration".to_owned(),
    };
    // The kind's own text repeats the value, which for the database may hold a password.
    let reason = if key == "database" || key == "mail_password" {
        "is no text".to_owned()
    } else {
        error.kind.to_string()
    };
    ConfigError::Value { place, key, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("server.toml");
        std::fs::write(&file, text).unwrap();
        Config::read(Some(&file), &Flags::default()).map_err(|error| {
            error
                .to_string()
                .replace(&folder.path().display().to_string(), ".")
        })
    }

    #[test]
    fn a_file_overrides_the_defaults_and_a_flag_the_file() {
        let config =
            with_file("name = \"House\"\nsession_days = 7\ntrusted_proxies = [\"10.0.0.0/8\"]").unwrap();
        assert_eq!(
            (
                config.name.as_str(),
                config.session_days,
                config.sign_ups_per_hour
            ),
            ("House", 7, 20)
        );

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("server.toml");
        std::fs::write(&file, "name = \"House\"").unwrap();
        let flags = Flags {
            name: Some("Flag".to_owned()),
            ..Flags::default()
        };
        assert_eq!(Config::read(Some(&file), &flags).unwrap().name, "Flag");
    }

    #[test]
    fn an_unknown_key_is_named_with_its_file() {
        let error = with_file("nmae = \"House\"").unwrap_err();
        assert!(
            error.starts_with("./server.toml: there is no setting “nmae”; there are "),
            "{error}"
        );
    }

    #[test]
    fn a_wrong_value_is_named_with_its_key() {
        let error = with_file("session_days = \"many\"").unwrap_err();
        assert!(
            error.contains("session_days") && error.contains("server.toml"),
            "{error}"
        );
        let error = with_file("session_days = 0").unwrap_err();
        assert_eq!(
            error,
            "configuration: session_days: has to be a number of days from 1 to 3650"
        );
        assert!(
            with_file("name = ")
                .unwrap_err()
                .starts_with("the configuration file ./server.toml can't be read")
        );
    }
}
