//! Everything held on a member.

use std::collections::BTreeMap;

use jiff::Timestamp;
use lambda_http::{Body, Response};
use ponte_domain::ids::{ProgramId, StoreId};
use ponte_domain::ledger::{Account, ReleasedRedemption};
use ponte_domain::member::{FormerContact, Profile};
use ponte_domain::personal::{Email, PersonalText, Phone};
use ponte_domain::pin::{PinChallenge, PinChannel, PinState};
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::table::read_optional;
use ponte_platform::wire_money::WireMoney;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ErasureRecord, pins, trinks};
use crate::access::{Caller, Role};
use crate::call::Call;
use crate::console::{Console, no_member};
use crate::history::{Reach, walk};
use crate::problem::Problem;
use crate::stores::PinChannelName;
use crate::views::{ExpiredLotView, LotView, OpenRedemptionView, PostingView, StoreRef, instant};
use crate::{limits, read};

/// Whose data.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct ExportBody {
    /// The member's CPF.
    #[schema(example = "11144477735")]
    cpf: String,
    /// `next` of the page before.
    #[schema(max_length = 400)]
    cursor: Option<String>,
    /// Postings at most.
    #[schema(minimum = 1, maximum = 1000, default = 1000)]
    limit: Option<u16>,
}

/// Everything held on a member.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberExport {
    program: String,
    /// The pseudonym under which postings and sales are kept.
    member: String,
    /// `null` when the member was erased, or never registered.
    profile: Option<ProfileView>,
    account: Option<AccountView>,
    /// PINs that were asked for, by store. A PIN itself is never stored.
    pins: Vec<PinView>,
    /// What Trinks told of the member, by salon.
    trinks_clients: Vec<trinks::ClientView>,
    /// The last erasure, if there was one.
    erasure: Option<ErasureView>,
    /// The newest first.
    postings: Vec<PostingView>,
    /// The next page's `cursor`; `null` when this was the last. A page may have fewer postings than asked for.
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Profile)]
struct ProfileView {
    cpf: String,
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    #[schema(format = Date)]
    birth_date: Option<String>,
    /// Other fields, by the till's name for them; only of stores that keep them.
    extra: BTreeMap<String, String>,
    contact_history: Vec<FormerContactView>,
    #[schema(format = DateTime)]
    since: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = FormerContact)]
struct FormerContactView {
    #[schema(value_type = PinChannelName)]
    channel: PinChannel,
    value: String,
    #[schema(format = DateTime)]
    replaced_at: String,
    store: StoreRef,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
struct AccountView {
    balance: WireMoney,
    ledger_balance: WireMoney,
    debt: WireMoney,
    lots: Vec<LotView>,
    open_redemptions: Vec<OpenRedemptionView>,
    released_redemptions: Vec<ReleasedRedemptionView>,
    expired_lots: Vec<ExpiredLotView>,
    /// How many postings there are.
    postings: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ReleasedRedemption)]
struct ReleasedRedemptionView {
    transaction: String,
    store: StoreRef,
    given_back: WireMoney,
    #[schema(format = DateTime)]
    at: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PinTrace)]
struct PinView {
    store: StoreRef,
    #[schema(value_type = PinChannelName)]
    channel: PinChannel,
    #[schema(format = DateTime)]
    requested_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
    wrong_attempts: u8,
    /// `requested`, `sent`, `validated` or `used`.
    #[schema(example = "used")]
    state: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ErasureTrace)]
struct ErasureView {
    #[schema(format = DateTime)]
    erased_at: String,
    reason: String,
    key: String,
}

/// Exports everything held on a member (LGPD, art. 18).
///
/// Sales keep, under the same pseudonym, the fiscal note and the values that their postings show. Needs the role owner.
#[utoipa::path(post, path = "/console/v1/programs/{program}/members/export", tag = "privacy", operation_id = "export_member",
    params(("program" = String, Path, description = "The programme's slug", pattern = "^[a-z0-9-]{1,40}$")),
    request_body = ExportBody,
    responses((status = 200, body = MemberExport), (status = 404, description = "Nothing is held on this CPF in the programme")))]
pub(crate) async fn export(
    console: &Console,
    call: &Call<'_>,
    caller: &Caller,
    program: &ProgramId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Owner)?;
    let body = call.body(&["cpf", "cursor", "limit"], &[])?;
    let limit = read::whole(&body, "limit", &limits::EXPORT_POSTINGS)?.unwrap_or(limits::EXPORT_POSTINGS_DEFAULT);
    let cursor = read::text(&body, "cursor", limits::CURSOR_CHARS)?;
    let cpf = read::cpf(&body)?;
    let key = console.member(program, cpf).await?;
    let places =
        (keys::profile(program, &key.member), keys::account(program, &key.member), keys::erasure(program, &key.member));
    let [profile, account, erasure] = console.table.get_many([&places.0, &places.1, &places.2]).await?;
    let profile: Option<Profile> = read_optional("profile", profile)?;
    let account: Option<Account> = read_optional("account", account)?;
    let erasure: Option<ErasureRecord> = read_optional("erasure", erasure)?;
    let pins = pins(console, &key).await?;
    let clients = trinks::clients(console, &key, cpf).await?;
    if profile.is_none() && account.is_none() && erasure.is_none() && pins.is_empty() && clients.is_empty() {
        return Err(no_member(program));
    }
    let last = account.as_ref().and_then(|account| account.last.clone());
    let reach = Reach { postings: limit, time: limits::EXPORT_TIME };
    let page = walk(&console.table, &key, last, cursor.as_deref(), reach).await?;
    caller.did("export_member", format!("{program}/{}", key.member.as_str()));
    let export = MemberExport {
        program: program.to_string(),
        member: key.member.as_str().to_owned(),
        profile: profile.map(ProfileView::from),
        account: account.map(|account| AccountView::new(&account, call.now)),
        pins: pins.into_iter().map(PinView::from).collect(),
        trinks_clients: clients.iter().filter_map(trinks::Known::picture).map(trinks::ClientView::from).collect(),
        erasure: erasure.map(ErasureView::from),
        postings: page.postings.into_iter().map(PostingView::from).collect(),
        next: page.next,
    };
    Ok(json(200, &export))
}

impl From<Profile> for ProfileView {
    fn from(profile: Profile) -> Self {
        let text = |text: &PersonalText| text.expose().to_owned();
        Self {
            cpf: profile.cpf.expose_digits(),
            name: profile.name.as_ref().map(text),
            phone: profile.phone.as_ref().map(Phone::expose).map(str::to_owned),
            email: profile.email.as_ref().map(Email::expose).map(str::to_owned),
            birth_date: profile.birth_date.map(|date| date.to_string()),
            extra: profile.extra.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            contact_history: profile.contact_history.iter().map(FormerContactView::from).collect(),
            since: instant(profile.since),
        }
    }
}

impl From<&FormerContact> for FormerContactView {
    fn from(former: &FormerContact) -> Self {
        Self {
            channel: former.channel,
            value: former.value.expose().to_owned(),
            replaced_at: instant(former.replaced_at),
            store: former.store.into(),
        }
    }
}

impl AccountView {
    fn new(account: &Account, now: Timestamp) -> Self {
        let expired = account.expired.iter().map(|gone| ExpiredLotView { lot: gone.lot.0, amount: gone.amount.into() });
        Self {
            balance: account.balance(now).into(),
            ledger_balance: account.ledger_balance().into(),
            debt: account.debt.into(),
            lots: account.lots.iter().map(|lot| LotView::new(lot, now)).collect(),
            open_redemptions: account.open.iter().map(|open| OpenRedemptionView::new(open, now)).collect(),
            released_redemptions: account.released.iter().map(ReleasedRedemptionView::from).collect(),
            expired_lots: expired.collect(),
            postings: account.postings,
        }
    }
}

impl From<&ReleasedRedemption> for ReleasedRedemptionView {
    fn from(released: &ReleasedRedemption) -> Self {
        Self {
            transaction: released.transaction.to_string(),
            store: released.store.into(),
            given_back: released.reversal.given_back.into(),
            at: instant(released.reversal.at),
        }
    }
}

impl From<(StoreId, PinChallenge)> for PinView {
    fn from((store, pin): (StoreId, PinChallenge)) -> Self {
        Self {
            store: store.into(),
            channel: pin.channel,
            requested_at: instant(pin.requested_at),
            expires_at: instant(pin.expires_at),
            wrong_attempts: pin.wrong,
            state: match pin.state {
                PinState::Requested => "requested",
                PinState::Sent { .. } => "sent",
                PinState::Validated { .. } => "validated",
                PinState::Used => "used",
            },
        }
    }
}

impl From<ErasureRecord> for ErasureView {
    fn from(record: ErasureRecord) -> Self {
        Self { erased_at: instant(record.erased_at), reason: record.reason, key: record.key }
    }
}
