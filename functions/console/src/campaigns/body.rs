//! Reading a campaign.

use ponte_domain::campaign::{Campaign, Reward, default_barren_forms};
use ponte_domain::documents::Cnpj;
use ponte_domain::ids::CampaignId;
use ponte_domain::ledger::RedemptionTerms;
use ponte_domain::limits::CAMPAIGN_LIST;
use ponte_domain::money::{Money, Rate, Rounding};
use ponte_domain::written_id::WrittenId;
use ponte_platform::fields::Fields;
use ponte_platform::wire_money::WireMoney;
use rust_decimal::Decimal;
use utoipa::ToSchema;

use super::view::{RewardSchema, RoundingName};
use crate::call::known_only;
use crate::problem::Problem;
use crate::{limits, read};

/// What a PUT says of a campaign: all of it.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field into the domain's campaign")]
pub(crate) struct CampaignBody {
    /// May be sent back as GET answered it; the path decides.
    id: Option<u32>,
    /// Shown to the seller.
    #[schema(min_length = 1, max_length = 100, example = "Giftback 15%")]
    description: String,
    /// `TextoComplementar`.
    #[schema(max_length = 200, example = "Válido por 30 dias")]
    text: Option<String>,
    /// Switched on.
    #[schema(default = true)]
    active: Option<bool>,
    /// First day, by the store's calendar.
    #[schema(format = Date, example = "2026-01-01")]
    from: String,
    /// Last day, inclusive.
    #[schema(format = Date, example = "2026-12-31")]
    to: String,
    /// Days of the week, 1 Monday to 7 Sunday; empty means every day.
    #[schema(max_items = 7)]
    weekdays: Option<Vec<u8>>,
    /// CNPJs of the stores in which it runs; empty means all.
    #[schema(max_items = 500)]
    stores: Option<Vec<String>>,
    /// The least that a sale must come to.
    minimum_sale: Option<WireMoney>,
    #[schema(inline)]
    reward: RewardSchema,
    /// The most that one sale gives.
    cap: Option<WireMoney>,
    rounding: Option<RoundingName>,
    /// To a multiple of what the bonus is rounded; a cent by default.
    rounding_unit: Option<WireMoney>,
    /// Days before the bonus can be spent; 0 means at once.
    #[schema(minimum = 0, maximum = 365, default = 0)]
    start_delay_days: Option<u16>,
    /// Days in which it can be spent.
    #[schema(minimum = 1, maximum = 1825, example = 30)]
    valid_days: u16,
    /// Only these products earn (`Codigo` or `Ean`); empty means all.
    #[schema(max_items = 500)]
    included_products: Option<Vec<String>>,
    /// These products never earn.
    #[schema(max_items = 500)]
    excluded_products: Option<Vec<String>>,
    /// Payment forms that earn nothing. Absent: 19 (cashback) and 21 (store credit); an empty list: none.
    #[schema(max_items = 99)]
    barren_payment_forms: Option<Vec<u32>>,
    /// Whether the part of the sale that bonus money paid earns again.
    #[schema(default = false)]
    redeemed_part_earns: Option<bool>,
    /// Between equal bonuses the lower number comes first.
    #[schema(minimum = -1000, maximum = 1000, default = 0)]
    priority: Option<i32>,
    /// What a sale must be like for the bonus to be spent in it.
    redemption: Option<RedemptionBody>,
    /// The version that was read: 409 when the campaign was changed since.
    version: Option<u64>,
}

/// What a sale must be like for a bonus to be spent in it; what is absent asks nothing.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the object, which is read field by field")]
pub(crate) struct RedemptionBody {
    /// The least that the sale must come to.
    minimum_sale: Option<WireMoney>,
    /// The most of the sale that bonuses of this campaign may pay.
    #[schema(value_type = Option<f64>, exclusive_minimum = 0, maximum = 100)]
    maximum_share_percentage: Option<WireMoney>,
}

impl CampaignBody {
    pub(super) const NAMES: &[&str] = &[
        "description",
        "text",
        "active",
        "from",
        "to",
        "weekdays",
        "stores",
        "minimum_sale",
        "reward",
        "cap",
        "rounding",
        "rounding_unit",
        "start_delay_days",
        "valid_days",
        "included_products",
        "excluded_products",
        "barren_payment_forms",
        "redeemed_part_earns",
        "priority",
        "redemption",
        "version",
    ];
}

/// Reads and checks a campaign.
pub(super) fn campaign(fields: &Fields<'_>, id: CampaignId) -> Result<Campaign, Problem> {
    let from = read::required(read::date(fields, "from")?, "from")?;
    let to = read::required(read::date(fields, "to")?, "to")?;
    if to < from {
        return Err(Problem::field("to", "the same day as `from` or later"));
    }
    Ok(Campaign {
        id,
        description: read::required_text(fields, "description", limits::CAMPAIGN_DESCRIPTION_CHARS)?,
        text: read::text(fields, "text", limits::CAMPAIGN_TEXT_CHARS)?.unwrap_or_default(),
        active: fields.boolean("active")?.unwrap_or(true),
        from,
        to,
        weekdays: weekdays(fields)?,
        stores: stores(fields)?,
        minimum_sale: fields.money("minimum_sale")?.unwrap_or_default(),
        reward: reward(fields)?,
        cap: read::amount_above_zero(fields, "cap")?,
        rounding: rounding(fields)?,
        rounding_unit: read::amount_above_zero(fields, "rounding_unit")?.unwrap_or(Money::from_cents(1)),
        start_delay_days: read::whole(fields, "start_delay_days", &limits::START_DELAY_DAYS)?.unwrap_or(0),
        valid_days: read::required(read::whole(fields, "valid_days", &limits::VALID_DAYS)?, "valid_days")?,
        included_products: products(fields, "included_products")?,
        excluded_products: products(fields, "excluded_products")?,
        barren_payment_forms: barren_forms(fields)?,
        redeemed_part_earns: fields.boolean("redeemed_part_earns")?.unwrap_or(false),
        priority: priority(fields)?,
        terms: terms(fields)?,
    })
}

fn weekdays(fields: &Fields<'_>) -> Result<Vec<u8>, Problem> {
    let day = |text: String| text.parse().ok().filter(|day| (1..=7).contains(day));
    let mut days = read::list(fields, "weekdays", 7, "days of the week from 1 (Monday) to 7 (Sunday)", day)?;
    days.sort_unstable();
    Ok(days)
}

fn stores(fields: &Fields<'_>) -> Result<Vec<String>, Problem> {
    let cnpj = |written: &WrittenId| Cnpj::from_written(written).map(|cnpj| cnpj.to_string());
    read::identifiers(fields, "stores", CAMPAIGN_LIST, "valid CNPJs", cnpj)
}

fn products(fields: &Fields<'_>, name: &'static str) -> Result<Vec<String>, Problem> {
    let code = |written: &WrittenId| {
        let text = written.as_str();
        let fits =
            (1..=limits::PRODUCT_CODE_CHARS).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
    };
    let must = format!("product codes of at most {} characters", limits::PRODUCT_CODE_CHARS);
    read::identifiers(fields, name, CAMPAIGN_LIST, &must, code)
}

fn barren_forms(fields: &Fields<'_>) -> Result<Vec<u32>, Problem> {
    const NAME: &str = "barren_payment_forms";
    if !fields.has(NAME) && !fields.is_empty_list(NAME) {
        return Ok(default_barren_forms());
    }
    let form = |text: String| text.parse().ok().filter(|form: &u32| limits::PAYMENT_FORMS.contains(&u64::from(*form)));
    read::list(fields, NAME, 99, "payment forms from 1 to 99", form)
}

fn reward(fields: &Fields<'_>) -> Result<Reward, Problem> {
    let must = || Problem::field("reward", "either {\"percentage\": 15} or {\"fixed\": 10.00}");
    let reward = fields.object("reward").map_err(|_| must())?;
    let reward = read::required(reward, "reward")?;
    known_only(&reward, &["percentage", "fixed"], &[])?;
    let highest = Decimal::from(Rate::MAXIMUM_BASIS_POINTS / 100);
    match (read::percentage(&reward, "percentage", highest)?, read::amount_above_zero(&reward, "fixed")?) {
        (Some(rate), None) => Ok(Reward::Percentage(rate)),
        (None, Some(amount)) => Ok(Reward::Fixed(amount)),
        _ => Err(must()),
    }
}

fn rounding(fields: &Fields<'_>) -> Result<Rounding, Problem> {
    match fields.text("rounding")?.as_deref() {
        None | Some("half_even") => Ok(Rounding::HalfEven),
        Some("down") => Ok(Rounding::Down),
        Some(_) => Err(Problem::field("rounding", "`half_even` or `down`")),
    }
}

fn priority(fields: &Fields<'_>) -> Result<i32, Problem> {
    let priority = read::signed_whole(fields, "priority", &limits::PRIORITY)?.unwrap_or(0);
    i32::try_from(priority).map_err(|_| Problem::field("priority", "a small whole number"))
}

fn terms(fields: &Fields<'_>) -> Result<RedemptionTerms, Problem> {
    let Some(terms) = fields.object("redemption")? else { return Ok(RedemptionTerms::FREE) };
    known_only(&terms, &["minimum_sale", "maximum_share_percentage"], &[])?;
    Ok(RedemptionTerms {
        minimum_sale: terms.money("minimum_sale")?.unwrap_or_default(),
        maximum_share: read::percentage(&terms, "maximum_share_percentage", Decimal::ONE_HUNDRED)?
            .unwrap_or(Rate::WHOLE),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with(extra: &str) -> Result<Campaign, Problem> {
        let json = format!(
            r#"{{"description":"Giftback","from":"2026-01-01","to":"2026-12-31","valid_days":30,"reward":{{"percentage":15}}{extra}}}"#
        );
        campaign(&Fields::parse(&json).unwrap(), CampaignId(1))
    }

    #[test]
    fn a_minimal_campaign_gets_the_defaults() {
        let campaign = with("").unwrap();
        assert!(campaign.active && campaign.weekdays.is_empty() && campaign.stores.is_empty());
        assert_eq!(campaign.barren_payment_forms, [19, 21]);
        assert_eq!(
            (campaign.cap, campaign.rounding_unit, campaign.terms),
            (None, Money::from_cents(1), RedemptionTerms::FREE)
        );
        assert_eq!(with(r#","cap":null,"minimum_sale":0,"weekdays":[]"#).unwrap(), campaign);
    }

    #[test]
    fn an_empty_list_of_barren_forms_means_none() {
        assert!(with(r#","barren_payment_forms":[]"#).unwrap().barren_payment_forms.is_empty());
        assert!(with(r#","barren_payment_forms":[ ]"#).unwrap().barren_payment_forms.is_empty());
        assert_eq!(with(r#","barren_payment_forms":null"#).unwrap().barren_payment_forms, [19, 21]);
        assert_eq!(with(r#","barren_payment_forms":[3,3]"#).unwrap().barren_payment_forms, [3]);
    }

    #[test]
    fn lists_are_kept_in_one_comparable_form() {
        let campaign = with(r#","weekdays":[7,1,7],"stores":["11.222.333/0001-81","11222333000181"]"#).unwrap();
        assert_eq!(campaign.weekdays, [1, 7]);
        assert_eq!(campaign.stores, ["11222333000181"]);
    }

    #[test]
    fn what_cannot_be_a_campaign_is_refused() {
        let many = format!(r#","included_products":[{}"x"]"#, r#""x","#.repeat(CAMPAIGN_LIST));
        for extra in [
            r#","weekdays":[0]"#,
            r#","weekdays":[8]"#,
            r#","weekdays":[{}]"#,
            r#","stores":["11222333000182"]"#,
            r#","cap":0"#,
            r#","cap":-1"#,
            r#","rounding":"up""#,
            r#","rounding_unit":0.001"#,
            r#","start_delay_days":366"#,
            r#","barren_payment_forms":[0]"#,
            r#","priority":1.5"#,
            r#","minimum_sale":99999999"#,
            r#","redemption":{"maximum_share_percentage":0}"#,
            r#","redemption":{"maximum_share_percentage":101}"#,
            r#","redemption":5"#,
            r#","redemption":{"minimun_sale":5}"#,
            &many,
        ] {
            assert_eq!(with(extra).unwrap_err().status(), 400, "{extra}");
        }
    }

    #[test]
    fn a_campaign_does_not_end_before_it_begins() {
        let json = r#"{"description":"d","from":"2026-01-02","to":"2026-01-01","valid_days":1,"reward":{"fixed":1}}"#;
        assert!(campaign(&Fields::parse(json).unwrap(), CampaignId(1)).is_err());
    }

    #[test]
    fn a_reward_is_one_of_two() {
        let read = |json: &str| reward(&Fields::parse(json).unwrap());
        assert!(matches!(read(r#"{"reward":{"percentage":12.5}}"#), Ok(Reward::Percentage(_))));
        assert!(matches!(read(r#"{"reward":{"fixed":"10,00"}}"#), Ok(Reward::Fixed(_))));
        for json in [
            "{}",
            r#"{"reward":15}"#,
            r#"{"reward":{}}"#,
            r#"{"reward":{"percentage":15,"fixed":10}}"#,
            r#"{"reward":{"percentage":0}}"#,
            r#"{"reward":{"percentage":1000.01}}"#,
            r#"{"reward":{"fixed":0}}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
