//! What Ponte tells whoever listens: WhatsApp, the CRM, a data warehouse. Events name members by pseudonym; who may know more
//! looks it up. docs/domain-events.md tells it to them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::ids::{CampaignId, MemberId, ProgramId, StoreId, TransactionId};
use crate::ledger::{Detail, Posting, Scope};
use crate::money::{Balance, Money};
use crate::trinks::{AppointmentId, EstablishmentId, SalonClientId, SalonProfessionalId};

/// One event. Delivered at least once; in order within its `group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainEvent {
    /// The same for every delivery of the same event: what consumers deduplicate by.
    pub id: String,
    /// Within which events keep their order: a member's account, an appointment.
    pub group: String,
    /// The place in its group: gaps are events of another kind, never lost ones.
    pub sequence: u64,
    /// When it happened.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// The programme.
    pub program: ProgramId,
    /// What happened.
    #[serde(flatten)]
    pub news: News,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum News {
    /// A sale earned a bonus.
    BonusEarned(BonusNews),
    /// Bonus money paid a part of a sale.
    BonusRedeemed(BonusNews),
    /// A sale or a redemption was undone.
    BonusReversed(BonusNews),
    /// A person corrected a balance.
    BonusAdjusted(BonusNews),
    /// Money's time was over.
    BonusExpired(BonusNews),
    /// Money's time will be over soon.
    BonusExpiring {
        /// Whose.
        member: MemberId,
        /// How much.
        #[serde(rename = "amount_cents")]
        amount: Money,
        /// When.
        #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
        expires_at: Timestamp,
    },
    /// A member joined, or their data changed.
    MemberChanged {
        /// Whose.
        member: MemberId,
        /// They joined.
        joined: bool,
    },
    /// An appointment was made.
    AppointmentCreated(AppointmentNews),
    /// An appointment was moved, or is of another status.
    AppointmentChanged(AppointmentNews),
    /// An appointment was cancelled.
    AppointmentCancelled(AppointmentNews),
    /// A client of a salon came, or their data changed. Whoever is a member is told of as such too.
    ClientChanged {
        /// The salon.
        salon: EstablishmentId,
        /// Which.
        client: SalonClientId,
        /// The member that they are, once that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member: Option<MemberId>,
    },
    /// A professional of a salon came, changed or left.
    ProfessionalChanged {
        /// The salon.
        salon: EstablishmentId,
        /// Which.
        professional: SalonProfessionalId,
        /// Works there.
        active: bool,
    },
    /// A salon was created or changed, or belongs to the connection no more.
    SalonChanged {
        /// Which.
        salon: EstablishmentId,
        /// It belongs to the connection.
        associated: bool,
    },
}

/// A change of a member's money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BonusNews {
    /// Whose.
    pub member: MemberId,
    /// Where; none for postings of the programme itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreId>,
    /// The posting's `IdentificadorTransacao`.
    pub transaction: TransactionId,
    /// How the balance changed.
    #[serde(rename = "change_cents")]
    pub change: Balance,
    /// The ledger balance after it.
    #[serde(rename = "balance_cents")]
    pub balance: Balance,
    /// By which campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
}

/// An appointment, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppointmentNews {
    /// The salon.
    pub salon: EstablishmentId,
    /// Which.
    pub appointment: AppointmentId,
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<SalonClientId>,
    /// When, by the salon's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<DateTime>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
    /// Where it stands: `confirmed`, `finished`, `no_show` and so on, or Trinks' own word.
    pub status: String,
    /// It was moved to another hour.
    pub moved: bool,
}

impl News {
    /// The names of all kinds.
    pub const KINDS: [&'static str; 13] = [
        "bonus_earned",
        "bonus_redeemed",
        "bonus_reversed",
        "bonus_adjusted",
        "bonus_expired",
        "bonus_expiring",
        "member_changed",
        "appointment_created",
        "appointment_changed",
        "appointment_cancelled",
        "client_changed",
        "professional_changed",
        "salon_changed",
    ];

    /// The name by which consumers choose.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::BonusEarned(_) => "bonus_earned",
            Self::BonusRedeemed(_) => "bonus_redeemed",
            Self::BonusReversed(_) => "bonus_reversed",
            Self::BonusAdjusted(_) => "bonus_adjusted",
            Self::BonusExpired(_) => "bonus_expired",
            Self::BonusExpiring { .. } => "bonus_expiring",
            Self::MemberChanged { .. } => "member_changed",
            Self::AppointmentCreated(_) => "appointment_created",
            Self::AppointmentChanged(_) => "appointment_changed",
            Self::AppointmentCancelled(_) => "appointment_cancelled",
            Self::ClientChanged { .. } => "client_changed",
            Self::ProfessionalChanged { .. } => "professional_changed",
            Self::SalonChanged { .. } => "salon_changed",
        }
    }
}

/// The group of the news of a member's money.
#[must_use]
pub fn member_group(program: &ProgramId, member: &MemberId) -> String {
    format!("member#{program}#{}", member.as_str())
}

impl DomainEvent {
    /// The event of a posting; `None` for one that moved nothing (a sale that earned no bonus).
    #[must_use]
    pub fn of_posting(posting: &Posting) -> Option<Self> {
        let store = match &posting.key.scope {
            Scope::Store(store) => Some(*store),
            Scope::Program(_) => None,
        };
        let campaign = match &posting.detail {
            Detail::Earn { campaign, .. } => *campaign,
            _ => None,
        };
        let news = BonusNews {
            member: posting.member.clone(),
            store,
            transaction: posting.key.transaction.clone(),
            change: posting.change,
            balance: posting.balance_after,
            campaign,
        };
        let news = match &posting.detail {
            Detail::Earn { bonus, .. } if bonus.is_zero() => return None,
            Detail::Earn { .. } => News::BonusEarned(news),
            Detail::Redeem { .. } => News::BonusRedeemed(news),
            Detail::Reverse { .. } => News::BonusReversed(news),
            Detail::Adjust { .. } => News::BonusAdjusted(news),
            Detail::Expire { .. } => News::BonusExpired(news),
        };
        Some(Self {
            id: format!("posting#{}", posting.key),
            group: member_group(&posting.program, &posting.member),
            sequence: posting.sequence,
            at: posting.at,
            program: posting.program.clone(),
            news,
        })
    }
}
