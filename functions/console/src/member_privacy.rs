//! LGPD: `POST /console/v1/programs/{program}/members/export` and `.../members/erasure`.

mod erasure;
mod export;
mod trinks;

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::ids::StoreId;
use ponte_domain::pin::PinChallenge;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::member_store::MemberKey;
use serde::{Deserialize, Serialize};

use crate::access::authenticate;
use crate::call::{Call, program_id};
use crate::console::Console;
use crate::limits;
use crate::problem::{Problem, answer};

// `#[derive(OpenApi)]` needs the generated companions of the handlers.
pub(crate) use erasure::{__path_erase, erase};
pub(crate) use export::{__path_export, export};

/// The record that a member was erased. It stands under the pseudonym and names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRecord {
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub erased_at: Timestamp,
    /// Why.
    pub reason: String,
    /// With which key.
    pub key: String,
}

/// Answers one call.
pub async fn handle(console: &Console, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(console, &Call::new(request, now)).await)
}

async fn route(console: &Console, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["programs", program, "members", "export"], "POST") => {
            export(console, call, &caller, &program_id(program)?).await
        }
        (["programs", program, "members", "erasure"], "POST") => {
            erase(console, call, &caller, &program_id(program)?).await
        }
        (["programs", _, "members", "export" | "erasure"], _) => Err(Problem::method("POST")),
        _ => Err(Problem::no_route()),
    }
}

/// A PIN as it is stored, with the key that says at which store.
#[derive(Deserialize)]
struct PinItem {
    sk: String,
    #[serde(flatten)]
    pin: PinChallenge,
}

/// A member's PINs, by store.
async fn pins(console: &Console, key: &MemberKey) -> Result<Vec<(StoreId, PinChallenge)>, Failure> {
    let partition = keys::pin_partition(&key.program, &key.member);
    let items: Vec<PinItem> = console.table.query(&partition, keys::PIN_PREFIX, limits::PINS_PER_MEMBER).await?;
    let store = |item: &PinItem| item.sk.strip_prefix(keys::PIN_PREFIX).and_then(|store| store.parse().ok());
    let named = items.into_iter().map(|item| Ok((store(&item).ok_or_else(|| unreadable(&item.sk))?, item.pin)));
    named.collect()
}

fn unreadable(sk: &str) -> Failure {
    Failure::Bug(format!("the key {sk} names no store"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ponte_domain::ids::TransactionId;
    use ponte_domain::personal::PersonalText;
    use ponte_domain::pin::{PinChannel, PinState};

    #[test]
    fn a_stored_pin_is_read_with_its_store() {
        let pin = PinChallenge {
            version: 2,
            request: TransactionId::parse("r").unwrap(),
            channel: PinChannel::Sms,
            contact: PersonalText::parse("+5511900000000").unwrap(),
            window_since: Timestamp::UNIX_EPOCH,
            window_sends: 1,
            window_wrong: 0,
            requested_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
            wrong: 0,
            attempts: 5,
            digits: 6,
            state: PinState::Sent { hash: [9; 32] },
        };
        let mut item: serde_dynamo::Item = serde_dynamo::to_item(&pin).unwrap();
        item.as_mut().insert("sk".into(), serde_dynamo::AttributeValue::S("PIN#1#11222333000181".into()));
        let read: PinItem = serde_dynamo::from_item(item).unwrap();
        assert_eq!((read.sk.as_str(), read.pin), ("PIN#1#11222333000181", pin));
    }
}
