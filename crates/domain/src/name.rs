//! Names people give to things: any script, bounded, no control characters.

use serde::Serialize;

use crate::text::checked_text;

/// Why a name was refused. `what` is the field in words ("The key's name").
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Nothing but white space.
    #[error("{what} is {}", too_short(*found, *least))]
    TooShort {
        /// The field in words.
        what: &'static str,
        /// How many were given.
        found: usize,
        /// The least number of characters.
        least: usize,
    },
    /// More characters than fit.
    #[error("{what} has {found} characters; {most} is the most")]
    TooLong {
        /// The field in words.
        what: &'static str,
        /// How many were given.
        found: usize,
        /// The most that are allowed.
        most: usize,
    },
    /// A line break, a tab or another character that can't be seen.
    #[error("{what} contains a character that can't be seen (U+{code:04X}); remove it")]
    Invisible {
        /// The field in words.
        what: &'static str,
        /// Its code point.
        code: u32,
    },
    /// A username with other characters than its alphabet.
    #[error("{what} may have lower-case letters a–z, digits and single hyphens, and begins with a letter")]
    Alphabet {
        /// The field in words.
        what: &'static str,
    },
}

fn too_short(found: usize, least: usize) -> String {
    match (found, least) {
        (0, 0 | 1) => "empty; write something".to_owned(),
        (0, _) => format!("empty; write at least {least} characters"),
        _ => format!("too short; write at least {least} characters"),
    }
}

/// Characters that show nothing or turn text around: a name must not be able to look like another.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn bounded(
    text: &str,
    what: &'static str,
    least: usize,
    most: usize,
    line_breaks: bool,
) -> Result<String, NameProblem> {
    let trimmed = text.trim();
    let found = trimmed.chars().count();
    if found < least {
        return Err(NameProblem::TooShort { what, found, least });
    }
    if found > most {
        return Err(NameProblem::TooLong { what, found, most });
    }
    if let Some(c) = trimmed
        .chars()
        .find(|c| is_invisible(*c) && !(line_breaks && *c == '\n'))
    {
        return Err(NameProblem::Invisible { what, code: c as u32 });
    }
    Ok(trimmed.to_owned())
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $least:literal..=$most:literal, breaks: $breaks:literal, check: $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[cfg_attr(feature = "specta", specta(transparent))]
        #[serde(transparent)]
        pub struct $name(String);

        checked_text!($name, NameProblem, $least..=$most);

        impl $name {
            /// Reads and trims the text.
            ///
            /// # Errors
            /// [`NameProblem`] when it is too short, too long or has characters that are not allowed.
            pub fn parse(text: &str) -> Result<Self, NameProblem> {
                let text = bounded(text, $what, $least, $most, $breaks)?;
                let check: fn(&str) -> Result<(), NameProblem> = $check;
                check(&text)?;
                Ok(Self(text))
            }
        }
    };
}

name!(
    /// What a key is called: 1 to 100 characters of any script.
    KeyName, "The key's name", 1..=100, breaks: false, check: |_| Ok(())
);
name!(
    /// A wallet's name: 1 to 100 characters.
    WalletName, "The wallet's name", 1..=100, breaks: false, check: |_| Ok(())
);
name!(
    /// What a key is for: up to 500 characters, line breaks allowed; may be empty.
    Description, "The description", 0..=500, breaks: true, check: |_| Ok(())
);
name!(
    /// What a group is called: 1 to 100 characters.
    GroupName, "The group's name", 1..=100, breaks: false, check: |_| Ok(())
);
name!(
    /// What a service account is called: 1 to 100 characters.
    ServiceAccountName, "The service account's name", 1..=100, breaks: false, check: |_| Ok(())
);
name!(
    /// What an organization is called: 1 to 100 characters.
    OrganizationName, "The organization's name", 1..=100, breaks: false, check: |_| Ok(())
);
name!(
    /// How a person is shown: 1 to 100 characters.
    DisplayName, "Your name", 1..=100, breaks: false, check: |_| Ok(())
);
name!(
    /// A permanent username: 3 to 39 characters of `a-z`, `0-9` and single hyphens, beginning with a letter.
    Username, "The username", 3..=39, breaks: false, check: |text| {
        let bytes = text.as_bytes();
        let fits = bytes.first().is_some_and(u8::is_ascii_lowercase)
            && bytes.last().is_some_and(|b| *b != b'-')
            && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
            && !text.contains("--");
        if fits { Ok(()) } else { Err(NameProblem::Alphabet { what: "The username" }) }
    }
);

name!(
    /// What something of the catalog is called: 1 to 100 characters.
    Label, "The name", 1..=100, breaks: false, check: |_| Ok(())
);
name!(
    /// What is counted, in the singular or the plural: 1 to 40 characters.
    UnitName, "The unit", 1..=40, breaks: false, check: |_| Ok(())
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_script_are_trimmed_and_kept() {
        for text in [
            "ci-deploy",
            "Выгрузка счетов",
            "請求書の書き出し",
            "Ibo — notebook",
            "🔑",
        ] {
            assert_eq!(KeyName::parse(&format!("  {text} ")).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_refusal_says_the_bound() {
        assert_eq!(
            KeyName::parse(" ").unwrap_err().to_string(),
            "The key's name is empty; write something"
        );
        assert_eq!(
            KeyName::parse(&"ä".repeat(101)).unwrap_err().to_string(),
            "The key's name has 101 characters; 100 is the most"
        );
        assert_eq!(
            KeyName::parse("safe\u{202E}exe").unwrap_err().to_string(),
            "The key's name contains a character that can't be seen (U+202E); remove it"
        );
        assert!(KeyName::parse("two\nlines").is_err());
        assert!(Description::parse("two\nlines").is_ok());
    }

    #[test]
    fn a_username_is_plain() {
        assert!(Username::parse("mara-l1").is_ok());
        for text in ["ab", "Mara", "1mara", "mara--l", "mara-", "mara_l", "marä"] {
            assert!(Username::parse(text).is_err(), "{text}");
        }
    }
}
