//! What a PUT says of a salon.

use jiff::Timestamp;
use ponte_domain::documents::Cnpj;
use ponte_domain::ids::{Environment, StoreId};
use ponte_domain::trinks::{ConnectionId, EstablishmentId};
use ponte_platform::fields::Fields;
use ponte_trinks::connection::{BonusSource, Establishment};
use utoipa::ToSchema;

use crate::call::known_only;
use crate::problem::Problem;
use crate::{limits, read};

/// What a PUT says of a salon.
#[derive(ToSchema)]
#[schema(as = TrinksSalonBody)]
#[serde(deny_unknown_fields)]
pub(crate) struct SalonBody {
    /// The connection whose key opens it. Required for a new salon.
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9-]{1,40}$", example = "demo")]
    connection: Option<ConnectionId>,
    /// The store that it is. Required for a new salon; to link it to another, delete the salon first.
    #[schema(value_type = Option<StoreBody>)]
    store: Option<StoreId>,
    /// Which system's sales earn. Required for a new salon.
    #[schema(value_type = Option<BonusSourceName>)]
    bonus_source: Option<BonusSource>,
    /// `MotivoDesconto` that stand for the programme's bonus being spent; compared as they are written.
    #[schema(max_items = 50, example = json!(["Fidelidade"]))]
    redemption_reasons: Option<Vec<String>>,
    /// The version that was read: 409 when the salon was changed since. Absent, no such check is made.
    version: Option<u64>,
}

/// A store.
#[derive(ToSchema)]
#[schema(as = TrinksStoreBody)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents an object that is read field by field")]
pub(crate) struct StoreBody {
    /// 0 homologação, 1 produção.
    #[schema(minimum = 0, maximum = 1)]
    tipo_ambiente: u8,
    #[schema(example = "11222333000181")]
    cnpj: String,
}

/// `till`: the till's calls earn, and Trinks' closings post nothing. `trinks`: its closings earn and redeem. Never both, or a
/// sale would earn twice.
#[derive(ToSchema)]
#[schema(as = TrinksBonusSource, rename_all = "snake_case")]
#[allow(dead_code, reason = "documents the names of another type")]
pub(crate) enum BonusSourceName {
    Till,
    Trinks,
}

impl SalonBody {
    pub(super) const NAMES: &[&str] = &["connection", "store", "bonus_source", "redemption_reasons", "version"];

    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Problem> {
        let connection = fields.text("connection")?;
        let slug = |text: String| {
            ConnectionId::parse(&text).ok_or_else(|| Problem::field("connection", "the slug of a connection"))
        };
        Ok(Self {
            connection: connection.map(slug).transpose()?,
            store: fields.object("store")?.map(|store| self::store(&store)).transpose()?,
            bonus_source: bonus_source(fields)?,
            redemption_reasons: reasons(fields)?,
            version: fields.integer("version")?,
        })
    }

    pub(super) fn check_version(&self, read: u64) -> Result<(), Problem> {
        if self.version.is_none_or(|version| version == read) {
            Ok(())
        } else {
            Err(Problem::changed_meanwhile("salon"))
        }
    }

    pub(super) fn new_salon(self, id: EstablishmentId, now: Timestamp) -> Result<Establishment, Problem> {
        Ok(Establishment {
            id,
            connection: read::required(self.connection, "connection")?,
            store: read::required(self.store, "store")?,
            bonus_source: read::required(self.bonus_source, "bonus_source")?,
            bonus_source_since: second(now),
            redemption_reasons: self.redemption_reasons.unwrap_or_default(),
            version: 0,
        })
    }

    pub(super) fn applied(self, old: Establishment, now: Timestamp) -> Result<Establishment, Problem> {
        if self.store.is_some_and(|store| store != old.store) {
            let message = "This salon is linked to another store, and its sales are reversed there. If the link was \
                           wrong, delete the salon and link it anew.";
            return Err(Problem::conflict("store_fixed", message));
        }
        let bonus_source = self.bonus_source.unwrap_or(old.bonus_source);
        let since = if bonus_source == old.bonus_source { old.bonus_source_since } else { second(now) };
        Ok(Establishment {
            connection: self.connection.unwrap_or(old.connection),
            bonus_source,
            bonus_source_since: since,
            redemption_reasons: self.redemption_reasons.unwrap_or(old.redemption_reasons),
            ..old
        })
    }
}

/// As it is stored: what is answered now and what is read later must be the same.
fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn store(fields: &Fields<'_>) -> Result<StoreId, Problem> {
    known_only(fields, &["tipo_ambiente", "cnpj"], &[])?;
    let environment = read::required(fields.text("tipo_ambiente")?, "tipo_ambiente")?;
    let cnpj = read::required(fields.text("cnpj")?, "cnpj")?;
    Ok(StoreId {
        environment: Environment::parse(&environment)
            .ok_or_else(|| Problem::field("tipo_ambiente", "0 (homologação) or 1 (produção)"))?,
        cnpj: Cnpj::parse(&cnpj).ok_or_else(|| Problem::field("cnpj", "a CNPJ whose check digits match"))?,
    })
}

fn bonus_source(fields: &Fields<'_>) -> Result<Option<BonusSource>, Problem> {
    match fields.text("bonus_source")?.as_deref() {
        None => Ok(None),
        Some("till") => Ok(Some(BonusSource::Till)),
        Some("trinks") => Ok(Some(BonusSource::Trinks)),
        Some(_) => Err(Problem::field("bonus_source", "`till` or `trinks`")),
    }
}

/// `None` when they are not said; an empty list says that there are none.
fn reasons(fields: &Fields<'_>) -> Result<Option<Vec<String>>, Problem> {
    const NAME: &str = "redemption_reasons";
    if !fields.has(NAME) && !fields.is_empty_list(NAME) {
        return Ok(None);
    }
    let readable = |text: String| {
        let text = text.trim().to_owned();
        let fits = (1..=limits::NAME_CHARS).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then_some(text)
    };
    let must = format!("texts of at most {} characters", limits::NAME_CHARS);
    read::list(fields, NAME, limits::REDEMPTION_REASONS, &must, readable).map(Some)
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn body(json: &str) -> Result<SalonBody, Problem> {
        SalonBody::read(&Fields::parse(json).unwrap())
    }

    const WHOLE: &str = r#"{"connection":"demo","store":{"tipo_ambiente":1,"cnpj":"11.222.333/0001-81"},
        "bonus_source":"trinks","redemption_reasons":["Fidelidade"]}"#;

    /// A salon, with a change.
    pub(in super::super) fn new(change: &str) -> Establishment {
        let made = body(WHOLE).unwrap().new_salon(EstablishmentId::new(7).unwrap(), Timestamp::UNIX_EPOCH).unwrap();
        body(change).unwrap().applied(made, Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn a_new_salon_says_whose_it_is_and_which_system_earns() {
        assert_eq!(new("{}").store.to_string(), "1#11222333000181");
        for missing in [r#"{"connection":"demo","bonus_source":"till"}"#, r#"{"bonus_source":"till"}"#] {
            let problem =
                body(missing).unwrap().new_salon(EstablishmentId::new(7).unwrap(), Timestamp::UNIX_EPOCH).unwrap_err();
            assert_eq!(problem.code(), "missing_field", "{missing}");
        }
    }

    #[test]
    fn what_is_not_named_stays_and_an_empty_list_empties() {
        let changed = new(r#"{"bonus_source":"till"}"#);
        assert_eq!((changed.bonus_source, changed.redemption_reasons.len()), (BonusSource::Till, 1));
        assert!(new(r#"{"redemption_reasons":[]}"#).redemption_reasons.is_empty());
    }

    #[test]
    fn a_salon_never_moves_to_another_store() {
        let same = r#"{"store":{"tipo_ambiente":1,"cnpj":"11222333000181"}}"#;
        assert!(body(same).unwrap().applied(new("{}"), Timestamp::UNIX_EPOCH).is_ok());
        let other = r#"{"store":{"tipo_ambiente":0,"cnpj":"11222333000181"}}"#;
        assert_eq!(body(other).unwrap().applied(new("{}"), Timestamp::UNIX_EPOCH).unwrap_err().code(), "store_fixed");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (json, code) in [
            (r#"{"store":{"tipo_ambiente":2,"cnpj":"11222333000181"}}"#, "invalid_field"),
            (r#"{"store":{"tipo_ambiente":1,"cnpj":"11222333000182"}}"#, "invalid_field"),
            (r#"{"store":{"tipo_ambiente":1}}"#, "missing_field"),
            (r#"{"store":{"tipo_ambiente":1,"cnpj":"11222333000181","name":"x"}}"#, "unknown_field"),
            (r#"{"bonus_source":"both"}"#, "invalid_field"),
            (r#"{"connection":"No Slug"}"#, "invalid_field"),
            (r#"{"redemption_reasons":[{"a":1}]}"#, "invalid_field"),
        ] {
            assert_eq!(body(json).err().map(|problem| problem.code()), Some(code), "{json}");
        }
    }
}
