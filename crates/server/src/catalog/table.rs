//! Reading TOML with the line of everything that is read: what is wrong is gathered, and reading goes on.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// Something a catalog says that can't be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Which file, as it was named.
    pub file: String,
    /// Which line, from 1; 0 for the file itself.
    pub line: usize,
    /// What is wrong, and what to do.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.text),
            line => write!(f, "{}:{line}: {}", self.file, self.text),
        }
    }
}

/// A file that is read.
pub(super) struct Source<'t> {
    pub(super) file: &'t str,
    pub(super) text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Source<'t> {
    pub(super) const fn new(file: &'t str, text: &'t str) -> Self {
        Self {
            file,
            text,
            problems: RefCell::new(Vec::new()),
        }
    }

    pub(super) fn line(&self, at: &Range<usize>) -> usize {
        let end = at.start.min(self.text.len());
        1 + self.text.as_bytes()[..end]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
    }

    /// Notes a problem.
    pub(super) fn say(&self, at: &Range<usize>, text: impl Into<String>) {
        self.problems.borrow_mut().push(Problem {
            file: self.file.to_owned(),
            line: self.line(at),
            text: text.into(),
        });
    }

    /// How many problems were noted so far.
    pub(super) fn problems(&self) -> usize {
        self.problems.borrow().len()
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}

/// Something and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) at: Range<usize>,
}

/// A table, some of whose fields were asked for already. What is answered with none was noted as a problem, unless it
/// may be missing.
pub(super) struct Table<'t> {
    pub(super) source: &'t Source<'t>,
    /// What it is, in words: "a model".
    what: &'static str,
    pub(super) at: Range<usize>,
    entries: &'t DeTable<'t>,
    known: RefCell<Vec<&'static str>>,
}

impl<'t> Table<'t> {
    pub(super) fn new(source: &'t Source<'t>, what: &'static str, table: &'t Spanned<DeTable<'t>>) -> Self {
        Self::over(source, what, table.span(), table.get_ref())
    }

    fn over(source: &'t Source<'t>, what: &'static str, at: Range<usize>, entries: &'t DeTable<'t>) -> Self {
        Self {
            source,
            what,
            at,
            entries,
            known: RefCell::default(),
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.keys().any(|name| name.get_ref() == key)
    }

    fn find(&self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.known.borrow_mut().push(key);
        self.entries
            .iter()
            .find(|(name, _)| name.get_ref() == key)
            .map(|(_, value)| value)
    }

    fn need(&self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        let found = self.find(key);
        if found.is_none() {
            self.say_missing(key);
        }
        found
    }

    pub(super) fn say_missing(&self, key: &str) {
        self.source
            .say(&self.at, format!("{} needs “{key}”, which is missing", self.what));
    }

    fn say_kind(&self, key: &str, value: &Spanned<DeValue<'t>>, wanted: &str) {
        self.source.say(
            &value.span(),
            format!("“{key}” has to be {wanted}, and is {}", kind(value.get_ref())),
        );
    }

    /// Notes every field that was not asked for: most likely a typing mistake.
    pub(super) fn end(self) {
        let known = self.known.borrow();
        for key in self.entries.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let name: String = key.get_ref().chars().take(60).collect();
                self.source.say(
                    &key.span(),
                    format!("{} has no field “{name}”; it has {}", self.what, known.join(", ")),
                );
            }
        }
    }

    fn as_text(&self, key: &str, value: &'t Spanned<DeValue<'t>>) -> Option<Found<&'t str>> {
        match value.get_ref().as_str() {
            Some(text) => Some(Found {
                value: text,
                at: value.span(),
            }),
            None => {
                self.say_kind(key, value, "text in quotes");
                None
            }
        }
    }

    pub(super) fn text(&self, key: &'static str) -> Option<Found<&'t str>> {
        self.need(key).and_then(|value| self.as_text(key, value))
    }

    /// Text that may be missing.
    pub(super) fn maybe_text(&self, key: &'static str) -> Option<Found<&'t str>> {
        self.find(key).and_then(|value| self.as_text(key, value))
    }

    /// Text of a kind of its own.
    pub(super) fn parsed<T, E: fmt::Display>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Found<T>> {
        let Found { value, at } = self.text(key)?;
        match parse(value) {
            Ok(value) => Some(Found { value, at }),
            Err(problem) => {
                self.source.say(&at, problem.to_string());
                None
            }
        }
    }

    /// An amount of money in micro-units; it has to be text, for a number with a point is no exact one.
    pub(super) fn amount(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<i64, String>,
    ) -> Option<Found<u64>> {
        let value = self.find(key)?;
        let at = value.span();
        let Some(text) = value.get_ref().as_str() else {
            self.source.say(
                &at,
                format!("“{key}” is an amount of money; write it in quotes, like \"0.40\""),
            );
            return None;
        };
        let said = match parse(text).map(u64::try_from) {
            Ok(Ok(micros)) => return Some(Found { value: micros, at }),
            Ok(Err(_)) => "a price can't be below zero; write 0 where nothing is to be paid".to_owned(),
            Err(problem) => problem,
        };
        self.source.say(&at, said);
        None
    }

    fn as_number(&self, key: &str, value: &'t Spanned<DeValue<'t>>, most: u64) -> Option<Found<u64>> {
        let Some(integer) = value.get_ref().as_integer() else {
            self.say_kind(key, value, "a whole number");
            return None;
        };
        let digits = integer.as_str().replace('_', "");
        match i128::from_str_radix(&digits, integer.radix()) {
            Ok(number) if number >= 0 && number <= i128::from(most) => Some(Found {
                value: u64::try_from(number).unwrap_or(most),
                at: value.span(),
            }),
            _ => {
                self.source.say(
                    &value.span(),
                    format!(
                        "“{key}” has to be a whole number from 0 to {}",
                        domain::money::count(most)
                    ),
                );
                None
            }
        }
    }

    pub(super) fn number(&self, key: &'static str, most: u64) -> Option<Found<u64>> {
        self.need(key).and_then(|value| self.as_number(key, value, most))
    }

    /// A number that may be missing.
    pub(super) fn maybe_number(&self, key: &'static str, most: u64) -> Option<Found<u64>> {
        self.find(key).and_then(|value| self.as_number(key, value, most))
    }

    /// A table that may be missing.
    pub(super) fn maybe_table(&self, key: &'static str, what: &'static str) -> Option<Self> {
        let value = self.find(key)?;
        match value.get_ref().as_table() {
            Some(entries) => Some(Self::over(self.source, what, value.span(), entries)),
            None => {
                self.say_kind(key, value, "a table");
                None
            }
        }
    }

    pub(super) fn table(&self, key: &'static str, what: &'static str) -> Option<Self> {
        if !self.has(key) {
            self.known.borrow_mut().push(key);
            self.say_missing(key);
            return None;
        }
        self.maybe_table(key, what)
    }

    fn maybe_array(&self, key: &'static str, most: usize, wanted: &str) -> Option<&'t DeArray<'t>> {
        let value = self.find(key)?;
        match value.get_ref().as_array() {
            Some(array) if array.len() > most => {
                self.source.say(
                    &value.span(),
                    format!("there are {} of “{key}”; {most} is the most", array.len()),
                );
                None
            }
            Some(array) => Some(array),
            None => {
                self.say_kind(key, value, wanted);
                None
            }
        }
    }

    /// Tables, at most so many; none at all where the field is missing.
    pub(super) fn tables(&self, key: &'static str, what: &'static str, most: usize) -> Vec<Self> {
        let mut tables = Vec::new();
        for value in self.maybe_array(key, most, "tables").into_iter().flatten() {
            match value.get_ref().as_table() {
                Some(entries) => tables.push(Self::over(self.source, what, value.span(), entries)),
                None => self.say_kind(key, value, "tables"),
            }
        }
        tables
    }

    /// Texts, at most so many; none at all where the field is missing.
    pub(super) fn texts(&self, key: &'static str, most: usize) -> Vec<Found<&'t str>> {
        let wanted = "a list of texts";
        let array = self.maybe_array(key, most, wanted);
        array
            .into_iter()
            .flatten()
            .filter_map(|value| self.as_text(key, value))
            .collect()
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
