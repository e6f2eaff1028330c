//! Postings, lots and sales, as several routes show them. Money is exact; instants are UTC; a member is a pseudonym.

use jiff::Timestamp;
use ponte_domain::ids::{Note, StoreId};
use ponte_domain::ledger::{
    Detail, Lot, OpenRedemption, PendingStatus, Posting, RedemptionTerms, ReversedThing, Sale, Scope,
};
use ponte_platform::wire_money::WireMoney;
use serde::Serialize;
use utoipa::ToSchema;

/// One change of an account.
#[derive(Serialize, ToSchema)]
#[schema(as = Posting)]
pub(crate) struct PostingView {
    /// `redeem`, `earn`, `reverse`, `adjust` or `expire`.
    #[schema(example = "earn")]
    operation: &'static str,
    /// Its `IdentificadorTransacao`.
    transaction: String,
    /// Where; `null` for postings of the programme itself (adjustments, expiry).
    store: Option<StoreRef>,
    /// 1 for the account's first posting.
    sequence: u64,
    #[schema(format = DateTime)]
    at: String,
    /// How it changed the ledger balance.
    change: WireMoney,
    /// The ledger balance after it.
    balance_after: WireMoney,
    detail: DetailView,
}

/// A store.
#[derive(Serialize, ToSchema)]
#[schema(as = StoreRef)]
pub(crate) struct StoreRef {
    tipo_ambiente: u8,
    cnpj: String,
}

/// A fiscal note.
#[derive(Serialize, ToSchema)]
#[schema(as = Note)]
pub(crate) struct NoteView {
    series: String,
    number: String,
}

/// What a posting did.
#[derive(Serialize, ToSchema)]
#[schema(as = PostingDetail)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum DetailView {
    /// Bonus money paid a part of a sale.
    Redeem {
        amount: WireMoney,
        /// Another redemption of the same amount and sale was open moments before: look whether the till repeated it.
        probable_repeat: bool,
    },
    /// A sale was closed.
    Earn {
        note: NoteView,
        bonus: WireMoney,
        campaign: Option<u32>,
        /// The redemption that the sale closed.
        redemption: Option<String>,
    },
    /// A sale or an open redemption was undone.
    Reverse {
        /// The sale that was undone.
        note: Option<NoteView>,
        /// The open redemption that was undone.
        redemption: Option<String>,
        given_back: WireMoney,
        taken_back: WireMoney,
    },
    /// A person corrected the balance.
    Adjust {
        reason: String,
        author: String,
        /// The sale whose difference this settles.
        settles: Option<String>,
    },
    /// Money's time was over.
    Expire { lots: Vec<ExpiredLotView> },
}

/// What a lot still held when its time was over.
#[derive(Serialize, ToSchema)]
#[schema(as = ExpiredLot)]
pub(crate) struct ExpiredLotView {
    pub(crate) lot: u64,
    pub(crate) amount: WireMoney,
}

/// Bonus money earned at once.
#[derive(Serialize, ToSchema)]
#[schema(as = Lot)]
pub(crate) struct LotView {
    id: u64,
    /// `null` for a manual credit.
    campaign: Option<u32>,
    amount: WireMoney,
    remaining: WireMoney,
    #[schema(format = DateTime)]
    valid_from: String,
    #[schema(format = DateTime)]
    valid_until: String,
    /// The least that a sale must come to for it to be spent there.
    minimum_sale: WireMoney,
    /// The most of a sale that it may pay, in percent.
    #[schema(value_type = f64)]
    maximum_share_percentage: WireMoney,
    /// `usable`, `not_yet` or `expired` (its expiry is posted with the next posting).
    #[schema(example = "usable")]
    state: &'static str,
}

/// A redemption that waits for its fiscal note.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenRedemption)]
pub(crate) struct OpenRedemptionView {
    transaction: String,
    store: StoreRef,
    amount: WireMoney,
    #[schema(format = DateTime)]
    at: String,
    /// Whole minutes since then.
    age_minutes: i64,
}

/// A closed sale.
#[derive(Serialize, ToSchema)]
#[schema(as = Sale)]
pub(crate) struct SaleView {
    store: StoreRef,
    note: NoteView,
    /// The `IdentificadorTransacao` that closed it.
    transaction: String,
    #[schema(format = DateTime)]
    at: String,
    /// `ValorLiquido` as it was sent.
    net: WireMoney,
    redemption: Option<SaleRedemptionView>,
    bonus: Option<SaleBonusView>,
    reversal: Option<ReversalView>,
    /// The till's figure and ours differ, and nobody has resolved it.
    pending: bool,
}

/// What bonus money paid of a sale.
#[derive(Serialize, ToSchema)]
#[schema(as = SaleRedemption)]
pub(crate) struct SaleRedemptionView {
    transaction: String,
    amount: WireMoney,
}

/// What a sale earned.
#[derive(Serialize, ToSchema)]
#[schema(as = SaleBonus)]
pub(crate) struct SaleBonusView {
    lot: u64,
    amount: WireMoney,
    campaign: u32,
}

/// The figures of a reversal.
#[derive(Serialize, ToSchema)]
#[schema(as = Reversal)]
pub(crate) struct ReversalView {
    given_back: WireMoney,
    taken_back: WireMoney,
    balance: WireMoney,
    #[schema(format = DateTime)]
    at: String,
}

/// An instant, as `2026-01-31T12:00:00Z`.
pub(crate) fn instant(at: Timestamp) -> String {
    at.to_string()
}

/// An instant without its fraction of a second: what tokens and lots are stored with.
pub(crate) fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// The name of a pending adjustment's status.
pub(crate) fn status_name(status: PendingStatus) -> &'static str {
    match status {
        PendingStatus::Open => "open",
        PendingStatus::Settled => "settled",
        PendingStatus::Dismissed => "dismissed",
        PendingStatus::Void => "void",
    }
}

impl From<StoreId> for StoreRef {
    fn from(id: StoreId) -> Self {
        Self { tipo_ambiente: id.environment.code(), cnpj: id.cnpj.to_string() }
    }
}

impl From<Note> for NoteView {
    fn from(note: Note) -> Self {
        Self { series: note.series, number: note.number }
    }
}

impl From<Posting> for PostingView {
    fn from(posting: Posting) -> Self {
        Self {
            operation: posting.key.operation.as_str(),
            transaction: posting.key.transaction.to_string(),
            store: match posting.key.scope {
                Scope::Store(store) => Some(store.into()),
                Scope::Program(_) => None,
            },
            sequence: posting.sequence,
            at: instant(posting.at),
            change: posting.change.into(),
            balance_after: posting.balance_after.into(),
            detail: posting.detail.into(),
        }
    }
}

impl From<Detail> for DetailView {
    fn from(detail: Detail) -> Self {
        match detail {
            Detail::Redeem { amount, probable_repeat } => Self::Redeem { amount: amount.into(), probable_repeat },
            Detail::Earn { note, bonus, campaign, redemption } => Self::Earn {
                note: note.into(),
                bonus: bonus.into(),
                campaign: campaign.map(|campaign| campaign.0),
                redemption: redemption.map(|id| id.to_string()),
            },
            Detail::Reverse { of, given_back, taken_back } => {
                let (note, redemption) = match of {
                    ReversedThing::Sale(note) => (Some(note.into()), None),
                    ReversedThing::Redemption(id) => (None, Some(id.to_string())),
                };
                Self::Reverse { note, redemption, given_back: given_back.into(), taken_back: taken_back.into() }
            }
            Detail::Adjust { reason, author, settles } => {
                Self::Adjust { reason, author, settles: settles.map(|id| id.to_string()) }
            }
            Detail::Expire { lots } => {
                let lots = lots.into_iter().map(|gone| ExpiredLotView { lot: gone.lot.0, amount: gone.amount.into() });
                Self::Expire { lots: lots.collect() }
            }
        }
    }
}

impl LotView {
    pub(crate) fn new(lot: &Lot, now: Timestamp) -> Self {
        let RedemptionTerms { minimum_sale, maximum_share } = lot.terms;
        Self {
            id: lot.id.0,
            campaign: lot.campaign.map(|campaign| campaign.0),
            amount: lot.amount.into(),
            remaining: lot.remaining.into(),
            valid_from: instant(lot.valid_from),
            valid_until: instant(lot.valid_until),
            minimum_sale: minimum_sale.into(),
            maximum_share_percentage: WireMoney(maximum_share.percentage()),
            state: match (lot.is_expired(now), lot.is_valid(now)) {
                (true, _) => "expired",
                (false, true) => "usable",
                (false, false) => "not_yet",
            },
        }
    }
}

impl OpenRedemptionView {
    pub(crate) fn new(open: &OpenRedemption, now: Timestamp) -> Self {
        Self {
            transaction: open.transaction.to_string(),
            store: open.store.into(),
            amount: open.amount.into(),
            at: instant(open.at),
            age_minutes: now.duration_since(open.at).as_mins().max(0),
        }
    }
}

impl From<Sale> for SaleView {
    fn from(sale: Sale) -> Self {
        Self {
            store: sale.store.into(),
            note: sale.note.into(),
            transaction: sale.transaction.to_string(),
            at: instant(sale.at),
            net: sale.net.into(),
            redemption: sale.redemption.map(|tied| SaleRedemptionView {
                transaction: tied.transaction.to_string(),
                amount: tied.amount.into(),
            }),
            bonus: sale.bonus.map(|bonus| SaleBonusView {
                lot: bonus.lot.0,
                amount: bonus.amount.into(),
                campaign: bonus.campaign.0,
            }),
            reversal: sale.reversal.map(|reversal| ReversalView {
                given_back: reversal.given_back.into(),
                taken_back: reversal.taken_back.into(),
                balance: reversal.balance.into(),
                at: instant(reversal.at),
            }),
            pending: sale.pending,
        }
    }
}
