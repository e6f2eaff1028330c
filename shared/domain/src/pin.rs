//! PIN: a short-lived number that shows that the customer is there and agrees.
//!
//! Random, 4 to 8 digits, kept only as a keyed hash, few attempts, one redemption (design section 4, point 9).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::ids::{IdentityKey, MemberId, ProgramId, StoreId, TransactionId};
use crate::limits;
use crate::personal::PersonalText;
use crate::refusal::Refusal;

/// Where a PIN is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinChannel {
    /// `TipoPin` 1.
    Sms,
    /// `TipoPin` 2.
    Email,
}

impl PinChannel {
    /// `TipoPin`.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Sms => 1,
            Self::Email => 2,
        }
    }
}

/// A store's rules for PINs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinRules {
    /// Digits, 4 to 8.
    pub digits: u8,
    /// How long a PIN can be typed, and once validated, used.
    pub lifetime_seconds: i64,
    /// Wrong ones before it is spent.
    pub attempts: u8,
    /// Before it may be sent again; at least two minutes.
    pub resend_seconds: i64,
}

impl Default for PinRules {
    fn default() -> Self {
        Self {
            digits: 6,
            lifetime_seconds: 600,
            attempts: limits::PIN_ATTEMPTS,
            resend_seconds: limits::PIN_RESEND_SECONDS,
        }
    }
}

/// A PIN itself. It prints masked and is never stored.
#[derive(Clone)]
pub struct Pin(String);

impl Pin {
    /// Reads a PIN as it was typed: 1 to 8 digits; leading zeros count.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        ((1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self(text.to_owned()))
    }

    /// A PIN of so many digits out of random bits. 64 bits over at most 10^8 values: the bias is far below
    /// one in a hundred thousand million.
    #[must_use]
    pub fn from_random(random: u64, digits: u8) -> Self {
        let digits = usize::from(digits.clamp(4, 8));
        Self(format!("{:08}", random % 100_000_000).chars().skip(8 - digits).collect())
    }

    /// The digits, for the message to the customer. Never for logs.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored in its place.
    #[must_use]
    pub fn hash(&self, key: &IdentityKey, member: &MemberId, store: StoreId) -> [u8; 32] {
        let store = store.to_string();
        key.digest("pin", &[member.as_str().as_bytes(), store.as_bytes(), self.0.as_bytes()])
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Pin(***)")
    }
}

/// A PIN's life, per (store, member). Versioned: every change is written on the condition that nobody else
/// changed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinChallenge {
    /// Raised with every change.
    pub version: u64,
    /// The `IdentificadorTransacao` (or a random id) of the request: the sender sends one PIN for it.
    pub request: TransactionId,
    /// Where it goes.
    pub channel: PinChannel,
    /// The contact that was meant when it was asked for: a change since then must not redirect it.
    pub contact: PersonalText,
    /// When the count of sends and wrong PINs began.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub window_since: Timestamp,
    /// PINs asked for since then.
    pub window_sends: u8,
    /// Wrong PINs since then, over all challenges.
    pub window_wrong: u8,
    /// When it was asked for.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub requested_at: Timestamp,
    /// Until when it can be typed, and once validated, used.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
    /// Wrong PINs so far.
    pub wrong: u8,
    /// Wrong PINs allowed.
    pub attempts: u8,
    /// Digits of the PIN.
    pub digits: u8,
    /// Where it stands.
    pub state: PinState,
}

/// Where a PIN stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinState {
    /// Asked for; the sender has not taken it up.
    Requested,
    /// The sender made it and is sending it, or sent it: an unknown outcome is not blindly repeated.
    Sent {
        /// Its keyed hash.
        hash: [u8; 32],
    },
    /// The customer's number was right.
    Validated {
        /// Its keyed hash, for a till that asks again.
        hash: [u8; 32],
        /// The `IdentificadorTransacao` of the validation.
        by: Option<TransactionId>,
    },
    /// A redemption used it up.
    Used,
}

/// What asking for a PIN comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum PinRequest {
    /// Write this, then queue it.
    Send(PinChallenge),
    /// The same request again, and nothing was sent yet: queue it again.
    Requeue(PinChallenge),
    /// The same request again, already sent: answer as before.
    AlreadySent,
}

/// Decides on a request for a PIN.
///
/// # Errors
/// [`Refusal::PinResendTooSoon`] when another request was made less than the store's interval ago, or the day's PINs are
/// used up ([`limits::PIN_SENDS_PER_WINDOW`], [`limits::PIN_WRONG_PER_WINDOW`]).
pub fn request(
    current: Option<&PinChallenge>,
    id: TransactionId,
    channel: PinChannel,
    contact: PersonalText,
    rules: &PinRules,
    now: Timestamp,
) -> Result<PinRequest, Refusal> {
    if let Some(current) = current {
        let age = now.duration_since(current.requested_at);
        let repeated = current.request == id && now < current.expires_at;
        match &current.state {
            PinState::Requested if repeated => return Ok(PinRequest::Requeue(current.clone())),
            PinState::Sent { .. } | PinState::Validated { .. } if repeated && age.as_secs() < rules.resend_seconds => {
                return Ok(PinRequest::AlreadySent);
            }
            // A used PIN's customer may buy again at once; the interval only keeps messages apart.
            _ if age.as_secs() < rules.resend_seconds => {
                return Err(Refusal::PinResendTooSoon { wait_seconds: rules.resend_seconds - age.as_secs().max(0) });
            }
            _ => {}
        }
    }
    let window = SignedDuration::from_hours(limits::PIN_WINDOW_HOURS);
    let counted = current.filter(|current| now.duration_since(current.window_since) < window);
    let (since, sends, wrong) = counted.map_or((now, 0, 0), |it| (it.window_since, it.window_sends, it.window_wrong));
    if sends >= limits::PIN_SENDS_PER_WINDOW || wrong >= limits::PIN_WRONG_PER_WINDOW {
        let left = window.as_secs() - now.duration_since(since).as_secs();
        return Err(Refusal::PinResendTooSoon { wait_seconds: left.max(0) });
    }
    Ok(PinRequest::Send(PinChallenge {
        version: current.map_or(0, |current| current.version) + 1,
        request: id,
        channel,
        contact,
        window_since: since,
        window_sends: sends + 1,
        window_wrong: wrong,
        requested_at: now,
        expires_at: now.saturating_add(SignedDuration::from_secs(rules.lifetime_seconds)).unwrap_or(now),
        wrong: 0,
        attempts: rules.attempts,
        digits: rules.digits,
        state: PinState::Requested,
    }))
}

impl PinChallenge {
    /// The sender takes the request up: the PIN's hash is stored before the message leaves, so that a PIN that
    /// arrived can always be validated. `None` when it was taken up before, or is another request by now.
    #[must_use]
    pub fn take_up(&self, request: &TransactionId, hash: [u8; 32], now: Timestamp) -> Option<PinChallenge> {
        let waiting = self.state == PinState::Requested && self.request == *request && now < self.expires_at;
        waiting.then(|| PinChallenge { state: PinState::Sent { hash }, version: self.version + 1, ..self.clone() })
    }

    /// The message certainly did not leave: the request waits again.
    #[must_use]
    pub fn put_back(&self) -> PinChallenge {
        PinChallenge { state: PinState::Requested, version: self.version + 1, ..self.clone() }
    }

    /// Checks a typed PIN in constant time. Returns the answer, and the challenge to write when it changed.
    /// A validation lasts [`PinChallenge::expires_at`]; a wrong or expired PIN is `false`.
    ///
    /// # Errors
    /// [`Refusal::PinAttemptsExceeded`] once the attempts are used up.
    pub fn validate(
        &self,
        typed: &[u8; 32],
        by: Option<TransactionId>,
        now: Timestamp,
    ) -> Result<(bool, Option<PinChallenge>), Refusal> {
        let (hash, validated) = match &self.state {
            PinState::Sent { hash } => (hash, false),
            PinState::Validated { hash, .. } => (hash, true),
            PinState::Requested | PinState::Used => return Ok((false, None)),
        };
        if self.wrong >= self.attempts || self.window_wrong >= limits::PIN_WRONG_PER_WINDOW {
            return Err(Refusal::PinAttemptsExceeded);
        }
        if now >= self.expires_at {
            return Ok((false, None));
        }
        let right: bool = hash.ct_eq(typed).into();
        let next =
            |state: PinState, wrong: u8| PinChallenge { state, wrong, version: self.version + 1, ..self.clone() };
        Ok(match (right, validated) {
            (true, true) => (true, None),
            (true, false) => (true, Some(next(PinState::Validated { hash: *hash, by }, self.wrong))),
            (false, _) => {
                let counted = next(self.state.clone(), self.wrong.saturating_add(1));
                (false, Some(PinChallenge { window_wrong: self.window_wrong.saturating_add(1), ..counted }))
            }
        })
    }

    /// Uses the validation up for one redemption: the challenge to write together with the posting.
    ///
    /// # Errors
    /// [`Refusal::PinExpired`] when its time is over, [`Refusal::PinRequired`] when it was not validated.
    pub fn spend(&self, now: Timestamp) -> Result<PinChallenge, Refusal> {
        match &self.state {
            PinState::Validated { .. } | PinState::Sent { .. } if now >= self.expires_at => Err(Refusal::PinExpired),
            PinState::Validated { .. } => {
                Ok(PinChallenge { state: PinState::Used, version: self.version + 1, ..self.clone() })
            }
            PinState::Requested | PinState::Sent { .. } | PinState::Used => Err(Refusal::PinRequired),
        }
    }
}

/// The event "a till asks for a PIN", as it travels to the sender. It names who asked for what; the PIN itself is
/// made by the sender and travels in no queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinMessage {
    /// The programme.
    pub program: ProgramId,
    /// The member, by pseudonym.
    pub member: MemberId,
    /// The store that asks.
    pub store: StoreId,
    /// Which request: a repeated message sends nothing twice.
    pub request: TransactionId,
}
