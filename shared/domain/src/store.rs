//! A store and its settings, and a programme.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::ids::{ProgramId, StoreId};
use crate::ledger::SaleTotal;
use crate::money::{Money, Rate};
use crate::pin::{PinChannel, PinRules};

/// A bonus programme: its stores share balances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its slug.
    pub id: ProgramId,
    /// Its name.
    pub name: String,
    /// 0 certification, 1 production: the two never share a programme.
    pub environment: u8,
}

/// A store: a CNPJ in one environment, with what its till may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    /// Environment and CNPJ.
    pub id: StoreId,
    /// The programme whose accounts it uses.
    pub program: ProgramId,
    /// Shown to people.
    pub name: String,
    /// Switched on.
    pub active: bool,
    /// What it decides.
    pub settings: StoreSettings,
    /// Which system gives its bonuses. Written with the link of its salon; a store without one has only its till.
    #[serde(default, skip_serializing_if = "BonusTurns::is_empty")]
    pub bonuses: BonusTurns,
}

impl Store {
    /// Whether a sale that the till closes at this moment earns.
    #[must_use]
    pub fn till_earns(&self, at: Timestamp) -> bool {
        self.bonuses.giver(at) != Some(BonusSource::Trinks)
    }
}

/// Which system a store's bonuses come from. Never both, or a sale would earn twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BonusSource {
    /// The till calls Hub Fidelidade: Trinks' closings post nothing.
    Till,
    /// Trinks' closings earn and redeem: the till's sales redeem and earn nothing.
    Trinks,
}

impl BonusSource {
    /// The name it is written by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Till => "till",
            Self::Trinks => "trinks",
        }
    }
}

/// A system gives a store's bonuses from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BonusTurn {
    /// Which system.
    pub source: BonusSource,
    /// The first moment whose sales earn there.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub since: Timestamp,
}

/// Which system gave a store's bonuses when: its turns, the oldest first. News of a sale may come long after it, and a sale
/// belongs to the system whose turn it was when it was closed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BonusTurns(Vec<BonusTurn>);

impl BonusTurns {
    /// Turns that are remembered. What was before the oldest is nobody's at Trinks, as before the first.
    const MOST: usize = 12;

    /// No system was ever named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whose turn it was; `None` before the first.
    #[must_use]
    pub fn giver(&self, at: Timestamp) -> Option<BonusSource> {
        self.0.iter().rev().find(|turn| turn.since <= at).map(|turn| turn.source)
    }

    /// The turn that goes on.
    #[must_use]
    pub fn current(&self) -> Option<BonusTurn> {
        self.0.last().copied()
    }

    /// The turns before the one that goes on.
    #[must_use]
    pub fn former(&self) -> Self {
        Self(self.0.split_last().map(|(_, former)| former.to_vec()).unwrap_or_default())
    }

    /// With a turn from its moment on, whatever was to be from then on. One that only goes on with the turn before it has
    /// begun with that.
    #[must_use]
    pub fn with(mut self, turn: BonusTurn) -> Self {
        self.0.retain(|known| known.since < turn.since);
        if self.0.last().is_none_or(|last| last.source != turn.source) {
            self.0.push(turn);
        }
        self.0.drain(..self.0.len().saturating_sub(Self::MOST));
        self
    }
}

/// A store's decisions. Each flag is a question of its own to the shop.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoreSettings {
    /// A redemption needs a PIN.
    pub uses_pin: bool,
    /// Where PINs go when the till does not say.
    pub pin_channel: PinChannel,
    /// Its rules for PINs.
    pub pin: PinRules,
    /// Hours before a contact that a till entered for a member with money gets PINs.
    pub pin_contact_hold_hours: u16,
    /// `HabilitaBotaoNaoBonificar`.
    pub offers_decline_bonus_button: bool,
    /// The most of a sale that bonus money may pay.
    pub maximum_redemption_share: Rate,
    /// How its till means `ValorLiquido`: already without the redeemed part, or (as the page suggests) before it.
    pub net_excludes_redemption: bool,
    /// Personal fields that the programme does not need (address, RG, income) are stored all the same.
    pub keeps_full_profile: bool,
    /// `SaldoBonusAtual` of a sale without bonus: the customer's balance instead of the page's literal zero.
    pub balance_without_bonus: bool,
    /// Days that given-back money lives when its own time was over.
    pub reversal_grace_days: u16,
    /// IANA name of its time zone.
    pub time_zone: String,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            uses_pin: false,
            pin_channel: PinChannel::Sms,
            pin: PinRules::default(),
            pin_contact_hold_hours: 24,
            offers_decline_bonus_button: false,
            maximum_redemption_share: Rate::WHOLE,
            net_excludes_redemption: false,
            keeps_full_profile: false,
            balance_without_bonus: false,
            reversal_grace_days: 7,
            time_zone: "America/Sao_Paulo".to_owned(),
        }
    }
}

impl StoreSettings {
    /// The store's time zone. The name was checked when it was stored; should it have left the database since, UTC.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// The sale's total before the redemption, out of `ValorLiquido` as this store's till means it.
    #[must_use]
    pub fn sale_total(&self, net: Money, redeemed: Money) -> Money {
        if self.net_excludes_redemption { net.plus(redeemed) } else { net }
    }

    /// What a redemption knows of its sale.
    #[must_use]
    pub fn redemption_sale(&self, net: Option<Money>, redeemed: Money) -> SaleTotal {
        net.map_or(SaleTotal::Unstated, |net| SaleTotal::Known(self.sale_total(net, redeemed)))
    }

    /// What a question of balance knows of its sale. The till also asks outside any sale, with no value or zero.
    #[must_use]
    pub fn query_sale(&self, net: Option<Money>) -> SaleTotal {
        net.filter(|net| !net.is_zero()).map_or(SaleTotal::NoSale, SaleTotal::Known)
    }
}

/// A token's hash, and until when it is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenHash {
    /// SHA-256 of the token. A token has 256 random bits, so a plain hash cannot be turned back.
    pub sha256: [u8; 32],
    /// The old one of a rotation lapses; the current one has no end.
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

impl TokenHash {
    /// Compares in constant time.
    #[must_use]
    pub fn accepts(&self, sha256: &[u8; 32], now: Timestamp) -> bool {
        use subtle::ConstantTimeEq;
        let alive = self.valid_until.is_none_or(|until| now < until);
        bool::from(self.sha256.ct_eq(sha256)) && alive
    }
}

/// The token list after issuing a new token: the old ones lapse after the grace at the latest, and at most one
/// old one is kept.
#[must_use]
pub fn rotate(current: Vec<TokenHash>, fresh: [u8; 32], grace: jiff::SignedDuration, now: Timestamp) -> Vec<TokenHash> {
    let lapse = now.saturating_add(grace).unwrap_or(now);
    let newest = current
        .into_iter()
        .next()
        .map(|old| TokenHash { valid_until: Some(old.valid_until.map_or(lapse, |until| until.min(lapse))), ..old });
    let mut tokens = vec![TokenHash { sha256: fresh, valid_until: None }];
    tokens.extend(newest.filter(|old| old.valid_until.is_some_and(|until| now < until)));
    tokens
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn turns(turns: &[(BonusSource, i64)]) -> BonusTurns {
        let with =
            |known: BonusTurns, turn: &(BonusSource, i64)| known.with(BonusTurn { source: turn.0, since: at(turn.1) });
        turns.iter().fold(BonusTurns::default(), with)
    }

    use BonusSource::{Till, Trinks};

    #[test]
    fn a_sale_belongs_to_the_system_whose_turn_it_was() {
        let known = turns(&[(Till, 10), (Trinks, 20), (Till, 30)]);
        let givers = [9, 10, 19, 20, 29, 30, 99].map(|moment| known.giver(at(moment)));
        assert_eq!(
            givers,
            [None, Some(Till), Some(Till), Some(Trinks), Some(Trinks), Some(Till), Some(Till)],
            "a short mistake in between gives neither system what was the other's"
        );
    }

    #[test]
    fn a_turn_from_an_earlier_moment_on_takes_the_later_ones_place() {
        assert_eq!(turns(&[(Till, 10), (Trinks, 20), (Till, 30), (Trinks, 15)]), turns(&[(Till, 10), (Trinks, 15)]));
        assert_eq!(turns(&[(Trinks, 10), (Till, 20), (Trinks, 15)]), turns(&[(Trinks, 10)]), "it went on all along");
        assert_eq!(turns(&[(Trinks, 10), (Trinks, 5)]), turns(&[(Trinks, 5)]));
    }

    #[test]
    fn only_so_many_turns_are_remembered() {
        let many: Vec<_> = (0..40).map(|turn| (if turn % 2 == 0 { Till } else { Trinks }, turn)).collect();
        let known = turns(&many);
        assert_eq!((known.0.len(), known.giver(at(3)), known.giver(at(39))), (BonusTurns::MOST, None, Some(Trinks)));
    }

    #[test]
    fn turns_are_stored_as_a_list() {
        let known = turns(&[(Till, 10), (Trinks, 20)]);
        let text = serde_json::to_string(&known).unwrap();
        assert_eq!(text, r#"[{"source":"till","since":10},{"source":"trinks","since":20}]"#);
        assert_eq!(serde_json::from_str::<BonusTurns>(&text).unwrap(), known);
    }
}
