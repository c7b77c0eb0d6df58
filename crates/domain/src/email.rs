//! An email address that has been looked at once, at the border.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

/// A syntactically valid address (RFC 5321), trimmed, in lower case: two spellings of one mailbox are one account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = Email, max_length = 254))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "specta", specta(transparent))]
#[serde(transparent)]
pub struct EmailAddress(String);

/// The text is not an email address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not an email address; write it like mara@example.org")]
pub struct NotAnEmailAddress(pub String);

impl EmailAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// [`NotAnEmailAddress`] when the text is not one, or is longer than 254 characters.
    pub fn parse(text: &str) -> Result<Self, NotAnEmailAddress> {
        let trimmed = text.trim();
        let options = email_address::Options::default()
            .without_display_text()
            .without_domain_literal();
        if trimmed.len() > 254 || email_address::EmailAddress::parse_with_options(trimmed, options).is_err() {
            return Err(NotAnEmailAddress(trimmed.chars().take(80).collect()));
        }
        Ok(Self(trimmed.to_lowercase()))
    }

    /// The address as a stranger may see it: `b…@northwind.example`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, host) = self.0.split_once('@').unwrap_or((&self.0, ""));
        let first: String = local.chars().take(1).collect();
        format!("{first}…@{host}")
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EmailAddress {
    type Err = NotAnEmailAddress;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_differences_are_one_mailbox() {
        assert_eq!(
            EmailAddress::parse(" Mara@Example.ORG "),
            EmailAddress::parse("mara@example.org")
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "mara",
            "mara@",
            "@example.org",
            "Mara <mara@example.org>",
            "a b@example.org",
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text}");
        }
        assert!(EmailAddress::parse(&format!("{}@example.org", "a".repeat(255))).is_err());
    }
}
