//! Small sums over whole numbers, as a catalog writes them: `origins * destinations`, `max(visits, 10) + 1`.
//!
//! There is no subtraction and every division rounds up, so a larger input never gives a smaller result. What fits at
//! the largest inputs therefore fits at all of them, which is what a catalog is checked by when it is read.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The most bytes of a written expression.
pub const MOST_BYTES: usize = 300;
/// The most parentheses within one another.
const MOST_DEPTH: usize = 16;
/// The longest word.
const MOST_LETTERS: usize = 40;

/// A name that an expression can refer to: up to 40 of `a-z`, `0-9` and `_`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "specta", specta(transparent))]
#[serde(transparent)]
pub struct Word(String);

/// Why a text is no [`Word`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” can't be a name in a formula; write up to 40 of a–z, 0–9 and _, beginning with a letter")]
pub struct NoWord(String);

impl Word {
    /// Reads a name.
    ///
    /// # Errors
    /// [`NoWord`].
    pub fn parse(text: &str) -> Result<Self, NoWord> {
        let fits = text.len() <= MOST_LETTERS
            && text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
            && text.bytes().all(is_of_word)
            && Function::named(text).is_none();
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoWord(text.chars().take(MOST_LETTERS).collect()))
        }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Word {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[a-z][a-z0-9_]{0,39}$"))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Word {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Function {
    Largest,
    Least,
    Up,
}

impl Function {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "max" => Self::Largest,
            "min" => Self::Least,
            "ceil" => Self::Up,
            _ => return None,
        })
    }
}

/// What an expression is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Number(u64),
    Name(Word),
    Sum(Vec<Node>),
    Product(Vec<Node>),
    Largest(Box<[Node; 2]>),
    Least(Box<[Node; 2]>),
    /// Divided by a number that is not zero, rounded up.
    Up(Box<Node>, u64),
}

/// A sum over whole numbers: numbers, names, `+`, `*`, parentheses, `max(a, b)`, `min(a, b)` and `ceil(a / 10)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// As it was written.
    text: String,
    node: Node,
}

/// Why a text is no [`Expression`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionProblem {
    /// Something else stands there than can.
    #[error("the formula can't be read at {at}: {expected} is expected there")]
    Unexpected {
        /// Where: the character's number, from 1, and what stands there.
        at: String,
        /// What could stand there.
        expected: &'static str,
    },
    /// A word that is neither a name nor a function.
    #[error(transparent)]
    Word(#[from] NoWord),
    /// Rounding up needs a number to divide by.
    #[error("ceil divides by a number from 1 on, like ceil(visits / 10)")]
    DividedByNothing,
    /// More than 18,446,744,073,709,551,615.
    #[error("the number {0} in the formula is too large")]
    TooLarge(String),
    /// Too many bytes.
    #[error("the formula is longer than 300 characters; give parts of it names of their own as quantities")]
    TooLong,
    /// Parentheses within parentheses.
    #[error(
        "more than 16 parentheses stand within one another; give parts of it names of their own as quantities"
    )]
    TooDeep,
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationProblem {
    /// A name that has no value.
    #[error("“{0}” is neither a parameter nor a quantity")]
    Unknown(Word),
    /// More than a number holds.
    #[error("the result is larger than 18,446,744,073,709,551,615")]
    Overflow,
}

impl Expression {
    /// An expression that is a name.
    #[must_use]
    pub fn name(name: Word) -> Self {
        Self {
            text: name.to_string(),
            node: Node::Name(name),
        }
    }

    /// Reads an expression.
    ///
    /// # Errors
    /// [`ExpressionProblem`] says where it can't be read and what could stand there.
    pub fn parse(text: &str) -> Result<Self, ExpressionProblem> {
        if text.len() > MOST_BYTES {
            return Err(ExpressionProblem::TooLong);
        }
        let mut parser = Parser { text, at: 0 };
        let node = parser.sum(0)?;
        match parser.peek() {
            None => Ok(Self {
                text: text.trim().to_owned(),
                node,
            }),
            Some(_) => Err(parser.unexpected("+, * or the end")),
        }
    }

    /// Its value, exactly.
    ///
    /// # Errors
    /// [`EvaluationProblem`].
    pub fn value(&self, of: &BTreeMap<Word, u64>) -> Result<u64, EvaluationProblem> {
        value(&self.node, of)
    }

    /// The names it refers to, as often as it does.
    #[must_use]
    pub fn names(&self) -> Vec<&Word> {
        let mut names = Vec::new();
        let mut left = vec![&self.node];
        while let Some(node) = left.pop() {
            match node {
                Node::Number(_) => {}
                Node::Name(name) => names.push(name),
                Node::Sum(parts) | Node::Product(parts) => left.extend(parts.iter().rev()),
                Node::Largest(both) | Node::Least(both) => left.extend(both.iter().rev()),
                Node::Up(inner, _) => left.push(inner),
            }
        }
        names
    }
}

/// As deep as [`MOST_DEPTH`] lets it be.
fn value(node: &Node, of: &BTreeMap<Word, u64>) -> Result<u64, EvaluationProblem> {
    match node {
        Node::Number(number) => Ok(*number),
        Node::Name(name) => of
            .get(name)
            .copied()
            .ok_or_else(|| EvaluationProblem::Unknown(name.clone())),
        Node::Sum(parts) => parts.iter().try_fold(0u64, |sum, part| {
            sum.checked_add(value(part, of)?)
                .ok_or(EvaluationProblem::Overflow)
        }),
        Node::Product(parts) => parts.iter().try_fold(1u64, |product, part| {
            product
                .checked_mul(value(part, of)?)
                .ok_or(EvaluationProblem::Overflow)
        }),
        Node::Largest(both) => Ok(value(&both[0], of)?.max(value(&both[1], of)?)),
        Node::Least(both) => Ok(value(&both[0], of)?.min(value(&both[1], of)?)),
        Node::Up(inner, by) => Ok(value(inner, of)?.div_ceil((*by).max(1))),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn need(&mut self, wanted: char, expected: &'static str) -> Result<(), ExpressionProblem> {
        if self.take(wanted) {
            Ok(())
        } else {
            Err(self.unexpected(expected))
        }
    }

    fn unexpected(&mut self, expected: &'static str) -> ExpressionProblem {
        let found = self.peek();
        let number = self.text[..self.at].chars().count() + 1;
        let at = match found {
            Some(found) => format!("character {number} (“{}”)", found.escape_debug()),
            None => "its end".to_owned(),
        };
        ExpressionProblem::Unexpected { at, expected }
    }

    fn sum(&mut self, depth: usize) -> Result<Node, ExpressionProblem> {
        let first = self.product(depth)?;
        let mut parts = vec![first];
        while self.take('+') {
            parts.push(self.product(depth)?);
        }
        Ok(one_or(parts, Node::Sum))
    }

    fn product(&mut self, depth: usize) -> Result<Node, ExpressionProblem> {
        let mut parts = vec![self.factor(depth)?];
        while self.take('*') {
            parts.push(self.factor(depth)?);
        }
        Ok(one_or(parts, Node::Product))
    }

    fn factor(&mut self, depth: usize) -> Result<Node, ExpressionProblem> {
        const EXPECTED: &str = "a number, a name, (, max, min or ceil";
        if depth > MOST_DEPTH {
            return Err(ExpressionProblem::TooDeep);
        }
        match self.peek() {
            Some('(') => {
                self.at += 1;
                let inner = self.sum(depth + 1)?;
                self.need(')', "+, * or )")?;
                Ok(inner)
            }
            Some(digit) if digit.is_ascii_digit() => self.number().map(Node::Number),
            Some(letter) if letter.is_ascii_alphabetic() || letter == '_' => {
                let name = self.run(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                match Function::named(name) {
                    Some(function) => self.call(function, depth + 1),
                    None => Ok(Node::Name(Word::parse(name)?)),
                }
            }
            _ => Err(self.unexpected(EXPECTED)),
        }
    }

    fn call(&mut self, function: Function, depth: usize) -> Result<Node, ExpressionProblem> {
        self.need('(', "(")?;
        let first = self.sum(depth)?;
        let node = if function == Function::Up {
            self.need('/', "/")?;
            self.peek();
            match self.number() {
                Ok(by) if by > 0 => Node::Up(Box::new(first), by),
                Err(ExpressionProblem::TooLarge(digits)) if !digits.is_empty() => {
                    return Err(ExpressionProblem::TooLarge(digits));
                }
                _ => return Err(ExpressionProblem::DividedByNothing),
            }
        } else {
            self.need(',', "a comma")?;
            let both = Box::new([first, self.sum(depth)?]);
            if function == Function::Largest {
                Node::Largest(both)
            } else {
                Node::Least(both)
            }
        };
        self.need(')', ")")?;
        Ok(node)
    }

    fn number(&mut self) -> Result<u64, ExpressionProblem> {
        let digits = self.run(|byte| byte.is_ascii_digit());
        digits
            .parse()
            .map_err(|_| ExpressionProblem::TooLarge(digits.to_owned()))
    }

    fn run(&mut self, fits: impl Fn(u8) -> bool) -> &'t str {
        let begin = self.at;
        self.at += self.text.as_bytes()[begin..]
            .iter()
            .take_while(|byte| fits(**byte))
            .count();
        &self.text[begin..self.at]
    }
}

fn one_or(mut parts: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    many(parts)
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Expression {
    type Err = ExpressionProblem;
    fn from_str(text: &str) -> Result<Self, ExpressionProblem> {
        Self::parse(text)
    }
}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Expression {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "A sum over whole numbers: numbers, names, `+`, `*`, parentheses, `max(a, b)`, `min(a, b)`, `ceil(a / 10)`.",
            ))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Expression {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[(&str, u64)]) -> BTreeMap<Word, u64> {
        values
            .iter()
            .map(|(name, value)| (Word::parse(name).unwrap(), *value))
            .collect()
    }

    #[test]
    fn b7_formulas_are_worked_out_exactly() {
        let inputs = of(&[("a", 7), ("b", 11), ("big", u64::MAX)]);
        for (text, expected) in [
            ("7", Ok(7)),
            ("a*b", Ok(77)),
            ("a + b * 2", Ok(29)),
            ("(a + b) * 2", Ok(36)),
            ("a * a", Ok(49)),
            ("max(a, b) + min(a, 3)", Ok(14)),
            ("ceil(b / 4)", Ok(3)),
            ("ceil(a * b / 77)", Ok(1)),
            ("big + 1", Err(EvaluationProblem::Overflow)),
            ("big * 2", Err(EvaluationProblem::Overflow)),
            ("c", Err(EvaluationProblem::Unknown(Word::parse("c").unwrap()))),
        ] {
            let expression = Expression::parse(text).unwrap();
            assert_eq!(expression.value(&inputs), expected, "{text}");
            assert_eq!(Expression::parse(&expression.to_string()).unwrap(), expression);
        }
    }

    #[test]
    fn b7_what_is_no_formula_is_said_with_its_place() {
        let said: Vec<String> = [
            "",
            "a +",
            "a - b",
            "a b",
            "(a",
            "max(a)",
            "max a",
            "ceil(a / b)",
            "ceil(a / 0)",
            "A",
            "2a",
            "99999999999999999999",
            &"(".repeat(40),
            &"a+".repeat(200),
        ]
        .into_iter()
        .map(|text| {
            let short: String = text.chars().take(20).collect();
            format!("{short} → {}", Expression::parse(text).unwrap_err())
        })
        .collect();
        insta::assert_snapshot!(said.join("\n"));
    }

    proptest! {
        #[test]
        fn b7_no_text_is_too_strange_to_be_refused(text in ".{0,400}") {
            if let Ok(expression) = Expression::parse(&text) {
                prop_assert_eq!(&Expression::parse(&expression.to_string()).unwrap(), &expression);
                let _value = expression.value(&of(&[("a", u64::MAX)]));
            }
        }

        #[test]
        fn b7_a_larger_input_never_gives_a_smaller_result(
            text in "(a|b|max\\(a, 9\\)|ceil\\(b / 7\\)|\\(a \\+ 3\\))( [*+] (a|b|12|min\\(a, b\\))){0,4}",
            a in 0u64..1_000, b in 0u64..1_000, more in 0u64..1_000,
        ) {
            let expression = Expression::parse(&text).unwrap();
            let less = expression.value(&of(&[("a", a), ("b", b)])).unwrap();
            prop_assert!(expression.value(&of(&[("a", a + more), ("b", b)])).unwrap() >= less);
            prop_assert!(expression.value(&of(&[("a", a), ("b", b + more)])).unwrap() >= less);
        }
    }
}
