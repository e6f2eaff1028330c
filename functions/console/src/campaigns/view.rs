//! Showing a campaign, in the form in which it is read.

use ponte_domain::campaign::Reward;
use ponte_domain::money::Rounding;
use ponte_platform::wire_money::WireMoney;
use serde::Serialize;
use utoipa::ToSchema;

use super::CampaignRecord;

/// A campaign. The fields are those of the PUT.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignView {
    id: u32,
    description: String,
    text: String,
    active: bool,
    #[schema(format = Date)]
    from: String,
    #[schema(format = Date)]
    to: String,
    weekdays: Vec<u8>,
    stores: Vec<String>,
    minimum_sale: WireMoney,
    #[schema(value_type = RewardSchema)]
    reward: RewardView,
    cap: Option<WireMoney>,
    #[schema(value_type = RoundingName)]
    rounding: Rounding,
    rounding_unit: WireMoney,
    start_delay_days: u16,
    valid_days: u16,
    included_products: Vec<String>,
    excluded_products: Vec<String>,
    barren_payment_forms: Vec<u32>,
    redeemed_part_earns: bool,
    priority: i32,
    redemption: RedemptionView,
    version: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum RewardView {
    Percentage(WireMoney),
    Fixed(WireMoney),
}

/// What a campaign gives: `{"percentage": 15}` of what earns, or `{"fixed": 10.00}`.
#[derive(ToSchema)]
#[schema(as = Reward, rename_all = "snake_case")]
#[allow(dead_code, reason = "documents the form of a reward")]
pub(crate) enum RewardSchema {
    /// In percent, above 0, at most 1000, with at most two decimals.
    Percentage(f64),
    /// In reais, above 0.
    Fixed(f64),
}

/// How the bonus is rounded.
#[derive(ToSchema)]
#[schema(as = Rounding, rename_all = "snake_case")]
#[allow(dead_code, reason = "documents the names of the domain's type")]
pub(crate) enum RoundingName {
    HalfEven,
    Down,
}

/// What a sale must be like for a bonus to be spent in it.
#[derive(Serialize, ToSchema)]
#[schema(as = RedemptionTerms)]
pub(crate) struct RedemptionView {
    /// The least that the sale must come to.
    minimum_sale: WireMoney,
    /// The most of the sale that bonuses of this campaign may pay.
    #[schema(value_type = f64, exclusive_minimum = 0, maximum = 100)]
    maximum_share_percentage: WireMoney,
}

impl From<CampaignRecord> for CampaignView {
    fn from(record: CampaignRecord) -> Self {
        let CampaignRecord { campaign, version } = record;
        Self {
            id: campaign.id.0,
            description: campaign.description,
            text: campaign.text,
            active: campaign.active,
            from: campaign.from.to_string(),
            to: campaign.to.to_string(),
            weekdays: campaign.weekdays,
            stores: campaign.stores,
            minimum_sale: campaign.minimum_sale.into(),
            reward: match campaign.reward {
                Reward::Percentage(rate) => RewardView::Percentage(WireMoney(rate.percentage())),
                Reward::Fixed(amount) => RewardView::Fixed(amount.into()),
            },
            cap: campaign.cap.map(WireMoney::from),
            rounding: campaign.rounding,
            rounding_unit: campaign.rounding_unit.into(),
            start_delay_days: campaign.start_delay_days,
            valid_days: campaign.valid_days,
            included_products: campaign.included_products,
            excluded_products: campaign.excluded_products,
            barren_payment_forms: campaign.barren_payment_forms,
            redeemed_part_earns: campaign.redeemed_part_earns,
            priority: campaign.priority,
            redemption: RedemptionView {
                minimum_sale: campaign.terms.minimum_sale.into(),
                maximum_share_percentage: WireMoney(campaign.terms.maximum_share.percentage()),
            },
            version,
        }
    }
}
