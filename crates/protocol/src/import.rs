//! Keys brought from another system by the hashes of their secrets.
//!
//! The rows cross the wire as they were written, and both sides read them with [`ImportRow::read`]: so what the desktop
//! says of a row before it is sent is what the server says of it.

use crypto::token::SecretHash;
use domain::clock::Timestamp;
use domain::id::KeyId;
use domain::import::{check_created, check_last_four, check_order, check_prefix, read_kind};
use domain::key::{KeyKind, check_expiry};
use domain::name::{Description, KeyName};
use serde::{Deserialize, Serialize};

/// Brings keys of another system, or says what would become of each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportKeysRequest {
    /// Whether to say only what would become of each row. Then nothing is written.
    pub dry_run: bool,
    /// The rows: 1 to 500.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 500))]
    pub rows: Vec<ImportRow>,
}

/// A key of another system, as it was written there. What is empty is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportRow {
    /// The name: 1 to 100 characters.
    pub name: String,
    /// SHA-256 of the whole secret: 64 hexadecimal digits, or 43 characters of base64url.
    pub hash: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The kind; `team`, or empty, for now.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// What its secret begins with, to be told by: at most 16 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// The last four characters of its secret.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_four: String,
    /// When it was made: RFC 3339, or a day.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub created_at: String,
    /// When it ends by itself: RFC 3339, or a day, at whose first moment in UTC it ends.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expires_at: String,
}

/// A row whose every cell is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportKey {
    /// The name.
    pub name: KeyName,
    /// What it is for.
    pub description: Description,
    /// The kind.
    pub kind: KeyKind,
    /// SHA-256 of its secret.
    pub hash: SecretHash,
    /// What its secret begins with; may be empty.
    pub prefix: String,
    /// The last four characters of its secret; may be empty.
    pub last_four: String,
    /// When the other system made it.
    pub created_at: Option<Timestamp>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A column of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ImportColumn {
    /// The name.
    Name,
    /// The hash of the secret.
    Hash,
    /// What it is for.
    Description,
    /// The kind.
    Kind,
    /// What the secret begins with.
    Prefix,
    /// What the secret ends in.
    LastFour,
    /// When it was made.
    CreatedAt,
    /// When it ends.
    ExpiresAt,
}

impl ImportColumn {
    /// Every column, in the order they are shown.
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Hash,
        Self::Description,
        Self::Kind,
        Self::Prefix,
        Self::LastFour,
        Self::CreatedAt,
        Self::ExpiresAt,
    ];

    /// Its name in a file and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Hash => "hash",
            Self::Description => "description",
            Self::Kind => "kind",
            Self::Prefix => "prefix",
            Self::LastFour => "last_four",
            Self::CreatedAt => "created_at",
            Self::ExpiresAt => "expires_at",
        }
    }
}

/// What is wrong with a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ImportProblem {
    /// In which column.
    pub column: ImportColumn,
    /// What to do about it, in a sentence.
    pub message: String,
}

/// A time of RFC 3339, or a day in UTC; none where nothing is written.
fn moment(text: &str) -> Result<Option<Timestamp>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let whole = if day {
        format!("{text}T00:00:00Z")
    } else {
        text.to_owned()
    };
    whole
        .parse()
        .map(Some)
        .map_err(|_| "this is not a time; write it like 2026-03-12 or 2026-03-12T10:42:07Z".to_owned())
}

impl ImportRow {
    /// The cell of a column.
    #[must_use]
    pub fn cell_mut(&mut self, column: ImportColumn) -> &mut String {
        match column {
            ImportColumn::Name => &mut self.name,
            ImportColumn::Hash => &mut self.hash,
            ImportColumn::Description => &mut self.description,
            ImportColumn::Kind => &mut self.kind,
            ImportColumn::Prefix => &mut self.prefix,
            ImportColumn::LastFour => &mut self.last_four,
            ImportColumn::CreatedAt => &mut self.created_at,
            ImportColumn::ExpiresAt => &mut self.expires_at,
        }
    }

    /// Reads the row.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the columns.
    pub fn read(&self, now: Timestamp) -> Result<ImportKey, Vec<ImportProblem>> {
        let mut problems = Vec::new();
        let mut wrong = |column, message: String| {
            problems.push(ImportProblem {
                column,
                message: spoken(&message),
            });
        };
        macro_rules! cell {
            ($column:ident, $read:expr) => {
                $read
                    .map_err(|problem| wrong(ImportColumn::$column, problem.to_string()))
                    .ok()
            };
        }
        let name = cell!(Name, KeyName::parse(&self.name));
        let hash = cell!(Hash, SecretHash::read_foreign(self.hash.trim()));
        let description = cell!(Description, Description::parse(&self.description));
        let kind = cell!(Kind, read_kind(self.kind.trim()));
        let prefix = cell!(Prefix, check_prefix(&self.prefix));
        let last_four = cell!(LastFour, check_last_four(&self.last_four));
        let created_at = cell!(CreatedAt, moment(&self.created_at));
        let created_at = created_at.and_then(|at| cell!(CreatedAt, check_created(at, now).map(|()| at)));
        let expires_at = cell!(ExpiresAt, moment(&self.expires_at));
        let expires_at = expires_at.and_then(|at| cell!(ExpiresAt, check_expiry(at, now).map(|()| at)));
        let in_order = match (created_at, expires_at) {
            (Some(created), Some(expires)) => cell!(ExpiresAt, check_order(created, expires)),
            _ => None,
        };
        match (
            name,
            hash,
            description,
            kind,
            prefix,
            last_four,
            created_at,
            expires_at,
            in_order,
        ) {
            (
                Some(name),
                Some(hash),
                Some(description),
                Some(kind),
                Some(()),
                Some(()),
                Some(created_at),
                Some(expires_at),
                Some(()),
            ) => Ok(ImportKey {
                name,
                description,
                kind,
                hash,
                prefix: self.prefix.clone(),
                last_four: self.last_four.clone(),
                created_at,
                expires_at,
            }),
            _ => Err(problems),
        }
    }
}

/// A sentence of its own: with a capital and a full stop.
fn spoken(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    let mut sentence: String = first.chain(letters).collect();
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

/// What became of a row, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// A key was made of it.
    Imported,
    /// A key of this organization has this hash: it was imported before, and nothing is done.
    Known,
    /// Something is wrong with it.
    Refused,
}

/// What became of a row, or would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportedRow {
    /// What.
    pub outcome: ImportOutcome,
    /// The key that was made of it, or that has its hash; none in a dry run of a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<KeyId>,
    /// What is wrong with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ImportProblem>,
}

impl ImportedRow {
    /// A row that can't be taken.
    #[must_use]
    pub const fn refused(problems: Vec<ImportProblem>) -> Self {
        Self {
            outcome: ImportOutcome::Refused,
            key_id: None,
            problems,
        }
    }

    /// A row whose hash cannot be taken.
    #[must_use]
    pub fn refused_hash(message: &str) -> Self {
        Self::refused(vec![ImportProblem {
            column: ImportColumn::Hash,
            message: spoken(message),
        }])
    }
}

/// What became of the rows, or would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportKeysView {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// The rows, in the order they were told.
    pub rows: Vec<ImportedRow>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_773_312_127_000_000);

    fn row() -> ImportRow {
        ImportRow {
            name: " billing ".to_owned(),
            hash: SecretHash::of("sk_live_51H8xkz4e9").to_string(),
            prefix: "sk_live_".to_owned(),
            last_four: "z4e9".to_owned(),
            created_at: "2024-02-29".to_owned(),
            expires_at: "2026-12-31T23:00:00+01:00".to_owned(),
            ..ImportRow::default()
        }
    }

    #[test]
    fn import_a_good_row_is_read() {
        let key = row().read(NOW).unwrap();
        assert_eq!(key.name.as_str(), "billing");
        assert_eq!(key.hash, SecretHash::of("sk_live_51H8xkz4e9"));
        assert_eq!(key.created_at.unwrap().to_string(), "2024-02-29T00:00:00Z");
        assert_eq!(key.expires_at.unwrap().to_string(), "2026-12-31T22:00:00Z");
    }

    #[test]
    fn import_everything_wrong_with_a_row_is_said_at_its_column() {
        let row = ImportRow {
            name: String::new(),
            hash: "sk_live_51H8xkz4e9".to_owned(),
            description: "x".repeat(501),
            kind: "personal".to_owned(),
            prefix: "sk_live_51H8xkz4e9".to_owned(),
            last_four: "abc".to_owned(),
            created_at: "yesterday".to_owned(),
            expires_at: "2020-01-01".to_owned(),
        };
        let problems = row.read(NOW).unwrap_err();
        let said: Vec<String> = problems
            .iter()
            .map(|problem| format!("{}: {}", problem.column.as_str(), problem.message))
            .collect();
        assert_eq!(
            said,
            [
                "name: The key's name is empty; write something.",
                "hash: The hash has 18 characters; a SHA-256 has 64 hexadecimal digits or 43 characters of base64url. If \
                 this is the secret itself, leave it out: only its hash may be in the file.",
                "description: The description has 501 characters; 500 is the most.",
                "kind: Team keys can be imported now, keys of other kinds can't.",
                "prefix: The prefix has 18 characters; 16 is the most, or it would give the secret away.",
                "last_four: The last four are four characters; 3 were given.",
                "created_at: This is not a time; write it like 2026-03-12 or 2026-03-12T10:42:07Z.",
                "expires_at: The expiry lies in the past; choose a later time, or none.",
            ]
        );
        assert!(!said.join("").contains("51H8xkz4e9"), "no cell is quoted");
        let swapped = ImportRow {
            created_at: "2026-03-01".to_owned(),
            expires_at: "2026-02-01".to_owned(),
            ..self::row()
        };
        assert_eq!(swapped.read(NOW).unwrap_err().len(), 1);
    }
}
