//! What a PUT says of a salon.

use jiff::Timestamp;
use ponte_domain::ids::{Environment, StoreId};
use ponte_domain::store::{BonusTurn, BonusTurns};
use ponte_domain::trinks::{ConnectionId, EstablishmentId};
use ponte_platform::fields::Fields;
use ponte_trinks::connection::{BonusSource, Establishment};
use utoipa::ToSchema;

use crate::call::known_only;
use crate::problem::Problem;
use crate::views::whole_second;
use crate::{limits, read};

/// What a PUT says of a salon.
#[derive(ToSchema)]
#[schema(as = TrinksSalonBody)]
#[serde(deny_unknown_fields)]
pub(crate) struct SalonBody {
    /// The connection whose key opens it. Required for a new salon.
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9-]{1,40}$", example = "demo")]
    connection: Option<ConnectionId>,
    /// The store that it is. Required for a new salon; to link it to another, hand its bonuses to the till (`bonus_source`),
    /// then delete the salon.
    #[schema(value_type = Option<StoreBody>)]
    store: Option<StoreId>,
    /// Which system's sales earn. Required for a new salon.
    #[schema(value_type = Option<BonusSourceName>)]
    bonus_source: Option<BonusSource>,
    /// From which moment on: not in the future, and no later than it is already. Absent, a change is from now on. Accounts
    /// closed in Trinks since then earn there, those that the till closed meanwhile earned as well: name it only where the till
    /// gave nothing. What GET shows of it, sent back, says nothing.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-03-01T03:00:00Z")]
    bonus_source_since: Option<Timestamp>,
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
    pub(super) const NAMES: &[&str] =
        &["connection", "store", "bonus_source", "bonus_source_since", "redemption_reasons", "version"];

    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Problem> {
        let connection = fields.text("connection")?;
        let slug = |text: String| {
            ConnectionId::parse(&text).ok_or_else(|| Problem::field("connection", "the slug of a connection"))
        };
        Ok(Self {
            connection: connection.map(slug).transpose()?,
            store: fields.object("store")?.map(|store| self::store(&store)).transpose()?,
            bonus_source: bonus_source(fields)?,
            bonus_source_since: moment(fields)?,
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

    /// The store that the salon is: the body's for a new one; a linked one stays.
    pub(super) fn store(&self, old: Option<&Establishment>) -> Result<StoreId, Problem> {
        let Some(old) = old else { return read::required(self.store, "store") };
        if self.store.is_some_and(|store| store != old.store) {
            let message = "This salon is linked to another store, and its sales are reversed there. If the link was \
                           wrong: PUT `bonus_source` `till`, so that the till of that store gives its bonuses again, delete \
                           the salon, and link it anew.";
            return Err(Problem::conflict("store_fixed", message));
        }
        Ok(old.store)
    }

    /// A salon that is linked now; `turns` are those of its store, which may have been a salon before.
    pub(super) fn new_salon(
        self,
        id: EstablishmentId,
        turns: BonusTurns,
        now: Timestamp,
    ) -> Result<Establishment, Problem> {
        read::required(self.bonus_source, "bonus_source")?;
        let turns = self.turns(turns, now)?;
        let current = read::required(turns.current(), "bonus_source")?;
        Ok(Establishment {
            id,
            connection: read::required(self.connection.clone(), "connection")?,
            store: self.store(None)?,
            bonus_source: current.source,
            bonus_source_since: current.since,
            former_bonus_turns: turns.former(),
            redemption_reasons: self.redemption_reasons.unwrap_or_default(),
            version: 0,
        })
    }

    pub(super) fn applied(self, old: Establishment, now: Timestamp) -> Result<Establishment, Problem> {
        self.store(Some(&old))?;
        let turns = self.turns(old.bonus_turns(), now)?;
        let current = read::required(turns.current(), "bonus_source")?;
        Ok(Establishment {
            connection: self.connection.unwrap_or(old.connection),
            bonus_source: current.source,
            bonus_source_since: current.since,
            former_bonus_turns: turns.former(),
            redemption_reasons: self.redemption_reasons.unwrap_or(old.redemption_reasons),
            ..old
        })
    }

    /// Which system gives the bonuses when, after this body.
    fn turns(&self, known: BonusTurns, now: Timestamp) -> Result<BonusTurns, Problem> {
        let current = known.current();
        let Some(source) = self.bonus_source.or(current.map(|turn| turn.source)) else { return Ok(known) };
        // The moment that GET showed comes back with whatever else is changed: it is no wish to rewrite all that time.
        let said = self.bonus_source_since.filter(|said| current.is_none_or(|turn| turn.since != *said));
        if said.is_some_and(|said| said > now) {
            return Err(Problem::field("bonus_source_since", "a moment in the past"));
        }
        let stays = current.filter(|turn| turn.source == source);
        match (stays, said) {
            (Some(_), None) => Ok(known),
            (Some(turn), Some(said)) if said > turn.since => {
                let must = format!("no later than {}, from when on this system gives the bonuses already", turn.since);
                Err(Problem::field("bonus_source_since", must))
            }
            (_, said) => Ok(known.with(BonusTurn { source, since: said.unwrap_or_else(|| whole_second(now)) })),
        }
    }
}

fn store(fields: &Fields<'_>) -> Result<StoreId, Problem> {
    known_only(fields, &["tipo_ambiente", "cnpj"], &[])?;
    let environment = read::required(fields.text("tipo_ambiente")?, "tipo_ambiente")?;
    let cnpj = read::required(fields.identifier("cnpj")?, "cnpj")?;
    Ok(StoreId {
        environment: Environment::parse(&environment)
            .ok_or_else(|| Problem::field("tipo_ambiente", "0 (homologação) or 1 (produção)"))?,
        cnpj: read::cnpj(&cnpj)?,
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

fn moment(fields: &Fields<'_>) -> Result<Option<Timestamp>, Problem> {
    const NAME: &str = "bonus_source_since";
    let must = |_| Problem::field(NAME, "a moment with its offset, as 2026-03-01T03:00:00Z");
    let read = |text: String| text.parse::<Timestamp>().map(whole_second).map_err(must);
    fields.text(NAME)?.map(read).transpose()
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
        body(change).unwrap().applied(made(BonusTurns::default()), Timestamp::UNIX_EPOCH).unwrap()
    }

    fn made(turns: BonusTurns) -> Establishment {
        linked(WHOLE, turns, 0).unwrap()
    }

    fn linked(json: &str, turns: BonusTurns, second: i64) -> Result<Establishment, Problem> {
        body(json).unwrap().new_salon(EstablishmentId::new(7).unwrap(), turns, at(second))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// When a closing earns, of the moments 5, 15 and so on.
    fn earns(salon: &Establishment) -> [bool; 4] {
        [5, 15, 25, 35].map(|moment| salon.earns_at_trinks(at(moment)))
    }

    #[test]
    fn a_new_salon_says_whose_it_is_and_which_system_earns() {
        assert_eq!(new("{}").store.to_string(), "1#11222333000181");
        for missing in [r#"{"connection":"demo","bonus_source":"till"}"#, r#"{"bonus_source":"till"}"#] {
            assert_eq!(linked(missing, BonusTurns::default(), 0).unwrap_err().code(), "missing_field", "{missing}");
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
            (r#"{"bonus_source_since":"yesterday"}"#, "invalid_field"),
            (r#"{"bonus_source_since":"2026-03-01"}"#, "invalid_field"),
            (r#"{"connection":"No Slug"}"#, "invalid_field"),
            (r#"{"redemption_reasons":[{"a":1}]}"#, "invalid_field"),
        ] {
            assert_eq!(body(json).err().map(|problem| problem.code()), Some(code), "{json}");
        }
    }

    #[test]
    fn what_was_closed_before_a_change_stays_with_the_former_system() {
        let changed =
            |salon: Establishment, json: &str, second: i64| body(json).unwrap().applied(salon, at(second)).unwrap();
        let salon = changed(linked(WHOLE, BonusTurns::default(), 10).unwrap(), r#"{"bonus_source":"till"}"#, 20);
        assert_eq!((earns(&salon), salon.bonus_source_since), ([false, true, false, false], at(20)));
        let salon = changed(salon, r#"{"bonus_source":"trinks"}"#, 30);
        assert_eq!(earns(&salon), [false, true, false, true]);
        assert_eq!(changed(salon.clone(), r#"{"bonus_source":"trinks"}"#, 40), salon, "nothing changed");
    }

    #[test]
    fn a_store_that_was_unlinked_goes_on_where_it_was() {
        let salon = linked(WHOLE, linked(WHOLE, BonusTurns::default(), 10).unwrap().bonus_turns(), 30).unwrap();
        assert_eq!((earns(&salon), salon.bonus_source_since), ([false, true, true, true], at(10)));
        let other = WHOLE.replace(r#""bonus_source":"trinks""#, r#""bonus_source":"till""#);
        assert_eq!(earns(&linked(&other, salon.bonus_turns(), 30).unwrap()), [false, true, true, false]);
    }

    #[test]
    fn an_operator_lets_accounts_earn_since_a_moment_in_the_past() {
        let since = |moment: &str| format!(r#"{{"bonus_source_since":"{moment}"}}"#);
        let salon = linked(WHOLE, BonusTurns::default(), 30).unwrap();
        let earlier = body(&since("1970-01-01T00:00:10Z")).unwrap().applied(salon.clone(), at(40)).unwrap();
        assert_eq!((earns(&earlier), earlier.bonus_source_since), ([false, true, true, true], at(10)));
        for wrong in ["1970-01-01T00:00:50Z", "1970-01-01T00:00:35Z"] {
            let problem = body(&since(wrong)).unwrap().applied(salon.clone(), at(40)).unwrap_err();
            assert_eq!(problem.code(), "invalid_field", "{wrong}");
        }
    }

    #[test]
    fn the_moment_that_was_shown_sent_back_rewrites_nothing() {
        let salon = linked(WHOLE, BonusTurns::default(), 10).unwrap();
        let json = r#"{"bonus_source":"till","bonus_source_since":"1970-01-01T00:00:10Z"}"#;
        let changed = body(json).unwrap().applied(salon, at(30)).unwrap();
        assert_eq!((earns(&changed), changed.bonus_source_since), ([false, true, true, false], at(30)));
    }
}
