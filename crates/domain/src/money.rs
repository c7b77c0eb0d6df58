//! Money: whole micro-units of a currency. Never a floating-point number.
//!
//! A micro-unit is a millionth of the currency's unit, fine enough for the price of one request out of a million.
//! Arithmetic is checked: what does not fit is an error, never another amount.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// So many micro-units make one unit of the currency.
pub const MICROS: i64 = 1_000_000;
/// As many digits an amount may have after its point.
const DIGITS: usize = 6;

/// Why a text is no amount or no currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyProblem {
    /// Not digits, at most one point, and digits.
    #[error("is no amount of money; write digits with a point, like 0.40")]
    NoAmount,
    /// Finer than a micro-unit.
    #[error("is finer than a millionth; write at most six digits after the point")]
    TooFine,
    /// More than fits.
    #[error("is more money than can be counted; the most is 9223372036854.775807")]
    TooLarge,
    /// Not three capitals.
    #[error("is no currency; write its three letters of ISO 4217, like EUR")]
    NoCurrency,
}

/// A currency by its three letters of ISO 4217, like EUR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// None: what ISO 4217 writes where no currency is meant. For amounts that are only checked.
    pub const NONE: Self = Self(*b"XXX");

    /// Reads three capitals.
    ///
    /// # Errors
    /// [`MoneyProblem::NoCurrency`].
    pub fn parse(text: &str) -> Result<Self, MoneyProblem> {
        let letters: [u8; 3] = text.as_bytes().try_into().map_err(|_| MoneyProblem::NoCurrency)?;
        if letters.iter().all(u8::is_ascii_uppercase) {
            Ok(Self(letters))
        } else {
            Err(MoneyProblem::NoCurrency)
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl FromStr for Currency {
    type Err = MoneyProblem;
    fn from_str(text: &str) -> Result<Self, MoneyProblem> {
        Self::parse(text)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|problem| de::Error::custom(format!("“{text}” {problem}")))
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("A currency by its three letters of ISO 4217."))
            .pattern(Some("^[A-Z]{3}$"))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Currency {}

/// An amount of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Money {
    /// Millionths of the currency's unit; below zero what is owed.
    pub micros: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// An amount in micro-units.
    #[must_use]
    pub const fn from_micros(micros: i64, currency: Currency) -> Self {
        Self { micros, currency }
    }

    /// The sum; none where it does not fit, or the currencies differ.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.micros.checked_add(other.micros))
            .flatten()
            .map(|micros| Self { micros, ..self })
    }

    /// The difference; none where it does not fit, or the currencies differ.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.micros.checked_sub(other.micros))
            .flatten()
            .map(|micros| Self { micros, ..self })
    }

    /// So many times the amount; none where it does not fit.
    #[must_use]
    pub fn checked_times(self, times: u32) -> Option<Self> {
        self.micros
            .checked_mul(i64::from(times))
            .map(|micros| Self { micros, ..self })
    }

    /// Reads an amount: digits, and at most six more after a point; a minus may stand before them.
    ///
    /// # Errors
    /// [`MoneyProblem`].
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, MoneyProblem> {
        let (negative, digits) = match amount.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, amount),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(MoneyProblem::NoAmount),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(MoneyProblem::NoAmount);
        }
        if fraction.len() > DIGITS {
            return Err(MoneyProblem::TooFine);
        }
        // Digits alone fail only by being too many.
        let number: i128 = format!("{whole}{fraction:0<DIGITS$}")
            .parse()
            .map_err(|_| MoneyProblem::TooLarge)?;
        let micros =
            i64::try_from(if negative { -number } else { number }).map_err(|_| MoneyProblem::TooLarge)?;
        Ok(Self { micros, currency })
    }

    /// The amount alone, as [`Money::parse`] reads it: `1234.50`.
    #[must_use]
    pub fn amount(self) -> String {
        self.written(false)
    }

    /// At least two digits after the point, and as many as it takes.
    fn written(self, separated: bool) -> String {
        let (whole, fraction) = (
            self.micros.unsigned_abs() / MICROS.unsigned_abs(),
            self.micros.unsigned_abs() % MICROS.unsigned_abs(),
        );
        let fraction = format!("{fraction:0DIGITS$}");
        let fraction = format!("{:0<2}", fraction.trim_end_matches('0'));
        let sign = if self.micros < 0 { "-" } else { "" };
        let whole = if separated {
            count(whole)
        } else {
            whole.to_string()
        };
        format!("{sign}{whole}.{fraction}")
    }
}

/// For people: `1,234.50 EUR`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.written(true), self.currency)
    }
}

/// A number for people: `1,234`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn euro() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    fn euros(micros: i64) -> Money {
        Money::from_micros(micros, euro())
    }

    #[test]
    fn b5_amounts_are_read_and_shown() {
        for (text, micros, shown) in [
            ("0", 0, "0.00 EUR"),
            ("0.4", 400_000, "0.40 EUR"),
            ("0.0004", 400, "0.0004 EUR"),
            ("1234567.5", 1_234_567_500_000, "1,234,567.50 EUR"),
            ("-12.000001", -12_000_001, "-12.000001 EUR"),
        ] {
            let money = Money::parse(text, euro()).unwrap();
            assert_eq!((money.micros, money.to_string().as_str()), (micros, shown));
        }
        for (text, problem) in [
            ("", MoneyProblem::NoAmount),
            (".5", MoneyProblem::NoAmount),
            ("5.", MoneyProblem::NoAmount),
            ("1e3", MoneyProblem::NoAmount),
            ("1,000", MoneyProblem::NoAmount),
            ("--1", MoneyProblem::NoAmount),
            ("0.0000001", MoneyProblem::TooFine),
            ("9223372036854.775808", MoneyProblem::TooLarge),
        ] {
            assert_eq!(Money::parse(text, euro()), Err(problem), "{text}");
        }
        assert_eq!(Currency::parse("eur"), Err(MoneyProblem::NoCurrency));
        assert_eq!(Currency::parse("EURO"), Err(MoneyProblem::NoCurrency));
    }

    #[test]
    fn b5_what_does_not_fit_is_no_amount() {
        let dollar = Money::from_micros(1, Currency::parse("USD").unwrap());
        assert_eq!(euros(i64::MAX).checked_add(euros(1)), None);
        assert_eq!(euros(i64::MIN).checked_sub(euros(1)), None);
        assert_eq!(euros(i64::MAX / 2).checked_times(3), None);
        assert_eq!(euros(1).checked_add(dollar), None);
        assert_eq!(euros(5).checked_sub(euros(7)), Some(euros(-2)));
        assert_eq!(euros(400).checked_times(1_000), Some(euros(400_000)));
    }

    proptest! {
        #[test]
        fn b5_every_amount_is_read_as_it_was_written(micros: i64) {
            let money = euros(micros);
            prop_assert_eq!(Money::parse(&money.amount(), euro()), Ok(money));
            let json = format!("{{\"micros\":{micros},\"currency\":\"EUR\"}}");
            prop_assert_eq!(serde_json::to_string(&money).unwrap(), json.clone());
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn b5_no_text_is_too_strange_to_be_refused(text: String) {
            let _read = Money::parse(&text, euro());
            let _read = Currency::parse(&text);
        }
    }
}
