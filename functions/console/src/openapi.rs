//! The `OpenAPI` document of the administration API, out of the code's own types.

use ponte_platform::openapi::Interface;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

use crate::problem::ErrorBody;
use crate::trinks::{connections, dead_letters, messages, parked, quota, salons};
use crate::{
    adjustments, admin_keys, agenda_keys, campaigns, member_privacy, member_statement, pending_adjustments, programs,
    store_token, stores, transaction_story,
};

/// The document.
#[must_use]
pub fn openapi() -> OpenApi {
    let mut document = Document::openapi();
    INTERFACE.complete(&mut document);
    document
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Ponte: administration",
        description = "Programmes, stores, campaigns, members, keys and Trinks.",
        version = "1"
    ),
    paths(
        programs::list,
        programs::show,
        programs::put,
        stores::list,
        stores::show,
        stores::put,
        store_token::issue,
        store_token::revoke,
        campaigns::list,
        campaigns::show,
        campaigns::put,
        adjustments::post,
        pending_adjustments::list,
        pending_adjustments::resolve,
        transaction_story::show,
        member_statement::show,
        member_privacy::export,
        member_privacy::erase,
        admin_keys::list,
        admin_keys::issue,
        admin_keys::revoke,
        agenda_keys::list,
        agenda_keys::issue,
        agenda_keys::revoke,
        connections::list,
        connections::show,
        connections::put,
        connections::approve,
        connections::unpin,
        salons::list,
        salons::show,
        salons::put,
        salons::remove,
        quota::show,
        quota::release,
        messages::list,
        messages::show,
        messages::replay,
        messages::discard,
        dead_letters::list,
        dead_letters::peek,
        dead_letters::replay,
        dead_letters::discard,
        parked::list,
        parked::release,
        parked::discard,
    ),
    components(schemas(ErrorBody))
)]
struct Document;

/// What all routes share.
const INTERFACE: Interface = Interface {
    key: ("console_key", "An administration key"),
    errors: &[
        ("400", "The request says something that cannot be: the code and the message say what"),
        ("401", "The key is missing, unknown or revoked"),
        ("403", "The key's role is too low"),
        ("404", "What the path names does not exist"),
        ("405", "The path does not know the method"),
        ("500", "A fault on our side; it was logged"),
        ("503", "The storage is unavailable for the moment; repeat after `Retry-After` seconds"),
    ],
    error_schema: "ConsoleError",
};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_route_of_the_console_is_documented() {
        let document = serde_json::to_value(openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let routes: usize = paths.values().map(|item| item.as_object().unwrap().len()).sum();
        assert_eq!((paths.len(), routes), (36, 46), "{:#?}", paths.keys());
    }
}
