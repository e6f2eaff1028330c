//! Money: reais with exactly two decimals, exact, checked, rounded in one place.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The largest single amount accepted anywhere: R$ 9,999,999.99. No sale of a shop comes near it, and
/// sums of [`crate::limits::LOTS_PER_ACCOUNT`] such amounts stay far inside the exact range.
pub const MAXIMUM: Money = Money(Decimal::from_parts(999_999_999, 0, 0, false, 2));

/// An amount of reais: never negative, always two decimals, at most [`MAXIMUM`] when it comes from outside.
///
/// Stored as whole cents (`Serialize` writes an integer); shown on the wire as a decimal number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(Decimal);

/// Why a number is not an amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMoney {
    /// Below zero where only an amount can stand.
    #[error("the amount is negative")]
    Negative,
    /// A fraction of a cent.
    #[error("the amount has more than two decimals")]
    FractionOfCent,
    /// Above [`MAXIMUM`].
    #[error("the amount is above {MAXIMUM}")]
    TooLarge,
}

impl Money {
    /// No money.
    pub const ZERO: Money = Money(Decimal::from_parts(0, 0, 0, false, 2));

    /// Whole cents as money. Cents are what the storage holds.
    #[must_use]
    pub fn from_cents(cents: u32) -> Self {
        Self(Decimal::new(i64::from(cents), 2))
    }

    /// An amount that came from outside.
    ///
    /// Trailing zeros do not count as decimals: `10.500` is R$ 10.50.
    pub fn from_decimal(value: Decimal) -> Result<Self, NotMoney> {
        let value = value.normalize();
        if value.is_sign_negative() && !value.is_zero() {
            return Err(NotMoney::Negative);
        }
        if value > MAXIMUM.0 {
            return Err(NotMoney::TooLarge);
        }
        if value.scale() > 2 {
            return Err(NotMoney::FractionOfCent);
        }
        Ok(Self(two_decimals(value)))
    }

    /// Rounds an exact figure to cents, half to even: the one place where money is rounded.
    /// Negative figures become zero, because an amount cannot be negative.
    #[must_use]
    pub fn rounded(exact: Decimal) -> Self {
        Self::rounded_to(exact, Money::from_cents(1), Rounding::HalfEven)
    }

    /// Rounds an exact figure to a multiple of `unit` (a campaign may round its bonus to whole reais).
    /// A zero unit counts as one cent.
    #[must_use]
    pub fn rounded_to(exact: Decimal, unit: Money, rounding: Rounding) -> Self {
        let unit = if unit.is_zero() { Money::from_cents(1) } else { unit };
        let strategy = match rounding {
            Rounding::HalfEven => RoundingStrategy::MidpointNearestEven,
            Rounding::Down => RoundingStrategy::ToZero,
        };
        let units = exact.max(Decimal::ZERO).checked_div(unit.0).unwrap_or_default();
        let rounded = units.round_dp_with_strategy(0, strategy).checked_mul(unit.0).unwrap_or(MAXIMUM.0);
        Self(two_decimals(rounded.min(MAXIMUM.0)))
    }

    /// The exact decimal, with two decimals.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// Whether this is nothing at all.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The sum. Amounts are bounded by [`MAXIMUM`] and counted by bounded lists, so it cannot leave the range
    /// of an exact decimal.
    #[must_use]
    pub fn plus(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }

    /// The difference, or `None` when `other` is more than there is.
    #[must_use]
    pub fn minus(self, other: Money) -> Option<Money> {
        (self >= other).then(|| Money(self.0.saturating_sub(other.0)))
    }

    /// The difference, or nothing when `other` is more than there is.
    #[must_use]
    pub fn minus_or_zero(self, other: Money) -> Money {
        self.minus(other).unwrap_or(Money::ZERO)
    }

    /// The signed difference.
    #[must_use]
    pub fn signed_minus(self, other: Money) -> Balance {
        Balance(self.0.saturating_sub(other.0))
    }
}

impl Default for Money {
    fn default() -> Self {
        Self::ZERO
    }
}

/// How a campaign rounds its bonus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest unit, ties to the even one.
    #[default]
    HalfEven,
    /// Down to the unit: never more than the rate says.
    Down,
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Money::plus)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "R$ {}", self.0)
    }
}

/// A signed figure: what an account is worth, or how a posting changed it. Two decimals, exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Balance(Decimal);

impl Balance {
    /// Nothing.
    pub const ZERO: Balance = Balance(Decimal::from_parts(0, 0, 0, false, 2));

    /// A signed amount that came from outside, within the same limits as [`Money`].
    pub fn from_decimal(value: Decimal) -> Result<Self, NotMoney> {
        let magnitude = Money::from_decimal(value.abs())?;
        Ok(if value.is_sign_negative() { Self::from(magnitude).negated() } else { magnitude.into() })
    }

    /// The exact decimal, with two decimals.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Balance) -> Balance {
        Balance(self.0.saturating_add(other.0))
    }

    /// The same figure with the other sign.
    #[must_use]
    pub fn negated(self) -> Balance {
        // Zero has one sign only, or equal figures would print differently.
        if self.0.is_zero() { Balance::ZERO } else { Balance(-self.0) }
    }

    /// What a customer may be shown: a debt shows as nothing to spend.
    #[must_use]
    pub fn floored(self) -> Money {
        if self.0.is_sign_negative() { Money::ZERO } else { Money(self.0) }
    }

    /// The size of the figure, whatever its sign.
    #[must_use]
    pub fn magnitude(self) -> Money {
        Money(self.0.abs())
    }

    /// Below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }
}

impl From<Money> for Balance {
    fn from(amount: Money) -> Self {
        Self(amount.0)
    }
}

impl fmt::Display for Balance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Debug for Balance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "R$ {}", self.0)
    }
}

fn two_decimals(mut value: Decimal) -> Decimal {
    value.rescale(2);
    value
}

fn to_cents(value: Decimal) -> Option<i64> {
    i64::try_from(two_decimals(value).mantissa()).ok()
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cents = to_cents(self.0).ok_or_else(|| serde::ser::Error::custom("amount out of range"))?;
        serializer.serialize_i64(cents)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let cents = i64::deserialize(deserializer)?;
        if cents < 0 {
            return Err(serde::de::Error::custom("a stored amount is negative"));
        }
        Ok(Self(Decimal::new(cents, 2)))
    }
}

impl Serialize for Balance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cents = to_cents(self.0).ok_or_else(|| serde::ser::Error::custom("balance out of range"))?;
        serializer.serialize_i64(cents)
    }
}

impl<'de> Deserialize<'de> for Balance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Decimal::new(i64::deserialize(deserializer)?, 2)))
    }
}

/// A rate in hundredths of a percent: 1250 is 12.5 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rate(u32);

impl Rate {
    /// All of it: 100 %.
    pub const WHOLE: Rate = Rate(10_000);
    /// The highest rate accepted: 1,000 %. Beyond it is a typing error.
    pub const MAXIMUM_BASIS_POINTS: u32 = 100_000;

    /// A percentage with at most two decimals, from 0 to 1,000 %.
    #[must_use]
    pub fn from_percentage(percentage: Decimal) -> Option<Self> {
        let points = percentage.checked_mul(Decimal::ONE_HUNDRED)?.normalize();
        let points = (points.scale() == 0).then(|| u32::try_from(points.mantissa()).ok())??;
        (points <= Self::MAXIMUM_BASIS_POINTS).then_some(Self(points))
    }

    /// The percentage: 12.5 for 12.5 %.
    #[must_use]
    pub fn percentage(self) -> Decimal {
        Decimal::new(i64::from(self.0), 2).normalize()
    }

    /// The exact share of an amount, not yet rounded.
    #[must_use]
    pub fn exact_share(self, of: Decimal) -> Decimal {
        of.saturating_mul(Decimal::new(i64::from(self.0), 4))
    }

    /// The share of an amount in cents, never more than the rate allows: what limits are made of.
    #[must_use]
    pub fn limit(self, of: Money) -> Money {
        Money::rounded_to(self.exact_share(of.decimal()), Money::from_cents(1), Rounding::Down)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::str::FromStr;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str(text).unwrap()
    }

    #[test]
    fn an_amount_always_prints_two_decimals() {
        for (given, printed) in [("0", "0.00"), ("80", "80.00"), ("80.5", "80.50"), ("10.500", "10.50")] {
            assert_eq!(Money::from_decimal(decimal(given)).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn each_kind_of_bad_amount_has_its_own_reason() {
        assert_eq!(Money::from_decimal(decimal("-0.01")), Err(NotMoney::Negative));
        assert_eq!(Money::from_decimal(decimal("0.001")), Err(NotMoney::FractionOfCent));
        assert_eq!(Money::from_decimal(decimal("10000000")), Err(NotMoney::TooLarge));
        assert_eq!(Money::from_decimal(decimal("-0")), Ok(Money::ZERO));
    }

    #[test]
    fn rounding_is_half_to_even() {
        for (exact, rounded) in [("0.005", "0.00"), ("0.015", "0.02"), ("0.025", "0.02"), ("0.0251", "0.03")] {
            assert_eq!(Money::rounded(decimal(exact)).to_string(), rounded, "{exact}");
        }
    }

    #[test]
    fn a_limit_is_never_rounded_up() {
        let third = Rate::from_percentage(decimal("33.33")).unwrap();
        assert_eq!(third.limit(Money::from_cents(10_000)).to_string(), "33.33");
        assert_eq!(third.limit(Money::from_cents(1)).to_string(), "0.00");
    }

    #[test]
    fn cents_survive_storage() {
        let amount = Money::from_decimal(decimal("1234567.89")).unwrap();
        let stored = serde_json::to_string(&amount).unwrap();
        assert_eq!(stored, "123456789");
        assert_eq!(serde_json::from_str::<Money>(&stored).unwrap(), amount);
        assert!(serde_json::from_str::<Money>("-1").is_err());
    }
}
