//! Money on the wire: a JSON number with two decimals, exact, never through a float.

use ponte_domain::money::{Balance, Money};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::{PartialSchema, ToSchema};

/// A figure as a JSON number: `80.00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireMoney(pub Decimal);

impl From<Money> for WireMoney {
    fn from(amount: Money) -> Self {
        Self(amount.decimal())
    }
}

impl From<Balance> for WireMoney {
    fn from(balance: Balance) -> Self {
        Self(balance.decimal())
    }
}

impl Serialize for WireMoney {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A decimal's text is a JSON number; raw text is the only way to give serde_json one without a float.
        let raw = RawValue::from_string(self.0.to_string()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl PartialSchema for WireMoney {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Number)
            .description(Some("Reais with two decimals"))
            .into()
    }
}

impl ToSchema for WireMoney {}
