//! Campaigns: `GET /console/v1/programs/{program}/campaigns`, `GET` and `PUT .../campaigns/{campaign}`.

mod body;
mod view;

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::campaign::Campaign;
use ponte_domain::ids::{CampaignId, ProgramId};
use ponte_domain::limits::CAMPAIGNS_PER_PROGRAM;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::table::Unless;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{Caller, Role, authenticate};
use crate::call::{Call, program_id};
use crate::console::Console;
use crate::limits;
use crate::problem::{Problem, answer};

use body::CampaignBody;
use view::CampaignView;

/// A campaign as it is stored. The till's Lambdas read the campaign alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignRecord {
    /// The campaign.
    #[serde(flatten)]
    pub campaign: Campaign,
    /// Raised with every change.
    pub version: u64,
}

/// A programme's campaigns.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignList {
    campaigns: Vec<CampaignView>,
}

/// Answers one call.
pub async fn handle(console: &Console, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(console, &Call::new(request, now)).await)
}

async fn route(console: &Console, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["programs", program, "campaigns"], "GET") => list(console, &caller, &program_id(program)?).await,
        (["programs", _, "campaigns"], _) => Err(Problem::method("GET")),
        (["programs", program, "campaigns", id], "GET") => {
            show(console, &caller, &program_id(program)?, campaign_id(id)?).await
        }
        (["programs", program, "campaigns", id], "PUT") => {
            put(console, call, &caller, &program_id(program)?, campaign_id(id)?).await
        }
        (["programs", _, "campaigns", _], _) => Err(Problem::method("GET, PUT")),
        _ => Err(Problem::no_route()),
    }
}

fn campaign_id(text: &str) -> Result<CampaignId, Problem> {
    let plain = (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse::<u32>().ok())
        .flatten();
    let known = plain.filter(|number| limits::CAMPAIGN_NUMBERS.contains(&u64::from(*number)));
    let wrong = || {
        Problem::bad(
            "invalid_campaign",
            format!("A campaign's number is from 1 to {}.", limits::CAMPAIGN_NUMBERS.end()),
        )
    };
    known.map(CampaignId).ok_or_else(wrong)
}

/// Lists a programme's campaigns, past ones included.
#[utoipa::path(get, path = "/console/v1/programs/{program}/campaigns", tag = "campaigns", operation_id = "list_campaigns",
    params(("program" = String, Path, description = "The programme's slug", pattern = "^[a-z0-9-]{1,40}$")),
    responses((status = 200, body = CampaignList), (status = 404, description = "No such programme")))]
async fn list(console: &Console, caller: &Caller, program: &ProgramId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    console.program(program).await?;
    let campaigns = all(console, program).await?;
    Ok(json(200, &CampaignList { campaigns: campaigns.into_iter().map(CampaignView::from).collect() }))
}

async fn all(console: &Console, program: &ProgramId) -> Result<Vec<CampaignRecord>, Problem> {
    let partition = keys::program_partition(program);
    Ok(console.table.query(&partition, keys::CAMPAIGN_PREFIX, CAMPAIGNS_PER_PROGRAM).await?)
}

/// Shows a campaign.
#[utoipa::path(get, path = "/console/v1/programs/{program}/campaigns/{campaign}", tag = "campaigns", operation_id = "get_campaign",
    params(
        ("program" = String, Path, description = "The programme's slug", pattern = "^[a-z0-9-]{1,40}$"),
        ("campaign" = u32, Path, description = "The campaign's number", minimum = 1, maximum = 2_147_483_647)),
    responses((status = 200, body = CampaignView), (status = 404, description = "No such campaign")))]
async fn show(
    console: &Console,
    caller: &Caller,
    program: &ProgramId,
    id: CampaignId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    let record: Option<CampaignRecord> = console.table.get(&keys::campaign(program, id)).await?;
    let message = || format!("The programme `{program}` has no campaign {}.", id.0);
    let record = record.ok_or_else(|| Problem::not_found("campaign_not_found", message()))?;
    Ok(json(200, &CampaignView::from(record)))
}

/// Makes or replaces a campaign.
///
/// The body is the whole campaign: what it does not name gets its default, whatever the campaign was before. What GET
/// answers can be sent back; its `version` then guards against a change meanwhile. A change does not touch bonuses that
/// were earned: their terms travel with them. Tills see it when the caches of the till's Lambdas are renewed (a minute, by
/// default). Needs the role manager.
#[utoipa::path(put, path = "/console/v1/programs/{program}/campaigns/{campaign}", tag = "campaigns", operation_id = "put_campaign",
    params(
        ("program" = String, Path, description = "The programme's slug", pattern = "^[a-z0-9-]{1,40}$"),
        ("campaign" = u32, Path, description = "The number the till knows it by", minimum = 1, maximum = 2_147_483_647)),
    request_body = CampaignBody,
    responses(
        (status = 200, body = CampaignView, description = "The campaign as it is now"),
        (status = 404, description = "No such programme"),
        (status = 409, description = "`too_many_campaigns`, `changed_meanwhile`")))]
async fn put(
    console: &Console,
    call: &Call<'_>,
    caller: &Caller,
    program: &ProgramId,
    id: CampaignId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let fields = call.body(CampaignBody::NAMES, &["id"])?;
    let campaign = body::campaign(&fields, id)?;
    let expected = fields.integer("version")?;
    console.program(program).await?;
    let key = keys::campaign(program, id);
    let read_version = console.table.get::<CampaignRecord>(&key).await?.map_or(0, |record| record.version);
    if expected.is_some_and(|expected| expected != read_version) {
        return Err(Problem::changed_meanwhile("campaign"));
    }
    if read_version == 0 {
        must_have_room(console, program).await?;
    }
    let record = CampaignRecord { campaign, version: read_version + 1 };
    if !console.table.put(&key, &record, Unless::VersionIsNot(read_version)).await? {
        return Err(Problem::changed_meanwhile("campaign"));
    }
    caller.did("put_campaign", format!("{program}/{}", id.0));
    Ok(json(200, &CampaignView::from(record)))
}

async fn must_have_room(console: &Console, program: &ProgramId) -> Result<(), Problem> {
    if all(console, program).await?.len() < CAMPAIGNS_PER_PROGRAM {
        return Ok(());
    }
    let message = format!(
        "The programme `{program}` has {CAMPAIGNS_PER_PROGRAM} campaigns, which is the most. Replace one that is over."
    );
    Err(Problem::conflict("too_many_campaigns", message))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ponte_platform::fields::Fields;

    #[test]
    fn a_campaigns_number_is_one_a_till_can_hold() {
        assert_eq!(campaign_id("12").unwrap(), CampaignId(12));
        for text in ["0", "-1", "+1", "", "x", "2147483648", "99999999999999999999"] {
            assert_eq!(campaign_id(text).unwrap_err().code(), "invalid_campaign", "{text}");
        }
    }

    #[test]
    fn a_stored_campaign_is_read_by_the_console_and_by_the_till() {
        let json = r#"{"description":"d","from":"2026-01-01","to":"2026-12-31","valid_days":30,"reward":{"percentage":12.5},"cap":50}"#;
        let campaign = body::campaign(&Fields::parse(json).unwrap(), CampaignId(12)).unwrap();
        let record = CampaignRecord { campaign, version: 3 };
        let item: serde_dynamo::Item = serde_dynamo::to_item(&record).unwrap();
        assert_eq!(serde_dynamo::from_item::<_, CampaignRecord>(item.clone()).unwrap(), record);
        assert_eq!(serde_dynamo::from_item::<_, Campaign>(item).unwrap(), record.campaign);
    }

    #[test]
    fn what_is_shown_can_be_sent_back() {
        let json = r#"{"description":"d","text":"t","from":"2026-01-01","to":"2026-12-31","valid_days":30,"reward":{"fixed":10},
            "weekdays":[7,1],"stores":["11.222.333/0001-81"],"minimum_sale":150,"cap":5,"rounding":"down","rounding_unit":1,
            "start_delay_days":2,"included_products":["a"],"excluded_products":["b"],"barren_payment_forms":[],
            "redeemed_part_earns":true,"priority":-3,"active":false,
            "redemption":{"minimum_sale":100,"maximum_share_percentage":50}}"#;
        let campaign = body::campaign(&Fields::parse(json).unwrap(), CampaignId(12)).unwrap();
        let shown =
            serde_json::to_string(&CampaignView::from(CampaignRecord { campaign: campaign.clone(), version: 1 }))
                .unwrap();
        let back = Fields::parse(&shown).unwrap();
        assert_eq!(back.names().find(|name| *name != "id" && !CampaignBody::NAMES.contains(name)), None);
        assert_eq!(body::campaign(&back, CampaignId(12)).unwrap(), campaign);
    }
}
