//! Sends a PIN that a till asked for.
//!
//! The PIN is made here, so that it is in no queue. Its hash is stored before the message leaves: a PIN that
//! arrived can always be validated, and a crash after sending sends no second one. A customer whose message was lost
//! asks again after two minutes.

use jiff::Timestamp;
use ponte_domain::ids::IdentityKey;
use ponte_domain::personal::{Email, Phone};
use ponte_domain::pin::{Pin, PinChallenge, PinChannel, PinMessage};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::member_store::{self, MemberKey};
use ponte_platform::secrets::Secret;
use ponte_platform::store_directory::StoreRecord;
use ponte_platform::table::Table;
use ponte_platform::telemetry;

use crate::channels::{Channels, NotSent, Recipient, Text};

/// What the sender builds once.
pub struct PinSender {
    /// The one table.
    pub table: Table,
    /// The secret of PIN hashes.
    pub identity: Secret,
    /// The ways to reach a customer.
    pub channels: Channels,
}

impl PinSender {
    /// Handles one message of the queue. An error means: deliver it again.
    pub async fn handle(&self, body: &str, now: Timestamp) -> Result<(), Failure> {
        let message: PinMessage =
            serde_json::from_str(body).map_err(|error| Failure::unreadable("PIN request", &error))?;
        let key = MemberKey { program: message.program, member: message.member };
        let Some(current) = member_store::pin(&self.table, &key, message.store).await? else {
            tracing::warn!(event = "pin_dropped", identifier = %message.request, "the request is gone");
            return Ok(());
        };
        let Some(recipient) = recipient(&current) else {
            tracing::warn!(event = "pin_dropped", identifier = %message.request, "the contact cannot be written to");
            return Ok(());
        };
        let store_record: Option<StoreRecord> = self.table.get(&keys::store(message.store)).await?;
        let store_name = store_record.map(|record| record.store.name).unwrap_or_default();
        let pin = Pin::from_random(random()?, current.digits);
        let hash = pin.hash(&self.identity_key().await?, &key.member, message.store);
        let Some(taken) = current.take_up(&message.request, hash, now) else {
            tracing::info!(event = "pin_dropped", identifier = %message.request, "sent before, replaced or expired");
            return Ok(());
        };
        if !member_store::put_pin(&self.table, &key, message.store, &taken).await? {
            // Another delivery of this message, or a newer request, was faster.
            return Ok(());
        }
        match self.channels.send(&recipient, &text(&store_name, &pin, &taken, now)).await {
            Ok(()) => {
                tracing::info!(event = "pin_sent", identifier = %message.request, channel = ?taken.channel, "sent");
            }
            Err(NotSent::Unknown(why)) => {
                tracing::error!(event = "pin_outcome_unknown", identifier = %message.request, why, "not repeated");
                telemetry::count("PinOutcomeUnknown", ("Channel", channel_name(taken.channel)));
            }
            Err(NotSent::Refused(why)) => {
                member_store::put_pin(&self.table, &key, message.store, &taken.put_back()).await?;
                telemetry::count("PinRefused", ("Channel", channel_name(taken.channel)));
                return Err(Failure::Unavailable(format!("the channel refused a PIN: {why}")));
            }
        }
        Ok(())
    }

    async fn identity_key(&self) -> Result<IdentityKey, Failure> {
        self.identity.identity_key().await
    }
}

fn random() -> Result<u64, Failure> {
    getrandom::u64().map_err(|error| Failure::Bug(format!("no randomness: {error}")))
}

fn recipient(challenge: &PinChallenge) -> Option<Recipient> {
    match challenge.channel {
        PinChannel::Sms => Phone::parse(challenge.contact.expose()).map(Recipient::Sms),
        PinChannel::Email => Email::parse(challenge.contact.expose()).map(Recipient::Email),
    }
}

fn channel_name(channel: PinChannel) -> &'static str {
    match channel {
        PinChannel::Sms => "sms",
        PinChannel::Email => "email",
    }
}

/// A letter of Portuguese without its accent; anything else beyond ASCII as a full stop.
fn without_accent(letter: char) -> char {
    let plain = |from: &str, to: char| from.contains(letter).then_some(to);
    let known = [("áàâãä", 'a'), ("éèêë", 'e'), ("íìîï", 'i'), ("óòôõö", 'o'), ("úùûü", 'u'), ("ç", 'c')];
    let known = known.into_iter().chain([
        ("ÁÀÂÃÄ", 'A'),
        ("ÉÈÊË", 'E'),
        ("ÍÌÎÏ", 'I'),
        ("ÓÒÔÕÖ", 'O'),
        ("ÚÙÛÜ", 'U'),
        ("Ç", 'C'),
    ]);
    let found = known.into_iter().find_map(|(accented, letter)| plain(accented, letter));
    found.unwrap_or(if letter.is_ascii() { letter } else { '.' })
}

fn text(store: &str, pin: &Pin, challenge: &PinChallenge, now: Timestamp) -> Text {
    /// Characters of a store's name in a text message, so that it stays one message.
    const STORE_CHARS: usize = 40;
    let minutes = (challenge.expires_at.duration_since(now).as_secs().max(0) + 59) / 60;
    let store: String = store.chars().map(without_accent).take(STORE_CHARS).collect();
    Text {
        subject: "Seu PIN para usar o bonus".to_owned(),
        body: format!(
            "{store}: seu PIN para usar o bonus e {}. Vale por {minutes} min. Informe somente no caixa.",
            pin.expose()
        ),
    }
}
