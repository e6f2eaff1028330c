//! The `OpenAPI` document of the agenda, out of the code's own types.

use ponte_platform::openapi::Interface;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

use crate::problem::ErrorBody;
use crate::{
    appointment, book, cancel, confirm, free_hours, payment_forms, professionals, request_status, reschedule, services,
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
    info(title = "Ponte: agenda", description = "Booking at Trinks for chatbots and sites.", version = "1"),
    paths(
        services::list,
        professionals::list,
        payment_forms::list,
        free_hours::show,
        book::book,
        appointment::show,
        reschedule::reschedule,
        confirm::confirm,
        cancel::cancel,
        request_status::show,
    ),
    components(schemas(ErrorBody))
)]
struct Document;

/// What all routes share.
const INTERFACE: Interface = Interface {
    key: ("agenda_key", "A key of the agenda"),
    errors: &[
        ("400", "`invalid_fields` (all in `details`), `invalid_json`, `idempotency_key_missing`"),
        ("401", "The key is missing, unknown or revoked"),
        ("403", "`store_inactive`: the key's store is switched off"),
        ("404", "What the path names does not exist"),
        ("405", "The path does not know the method"),
        ("409", "`salon_not_linked`: the key's store is linked to no salon"),
        ("413", "`body_too_large`"),
        ("429", "`quota_spent`, `month_spent`: no call to Trinks is left; repeat after `Retry-After` seconds"),
        ("500", "A fault on our side; it was logged"),
        ("502", "`trinks_key_refused`, `trinks_unreadable`: an operator has to see to it"),
        (
            "503",
            "`trinks_unavailable`, `unavailable`, or `outcome_unknown` (it may have been done): repeat with the same key after `Retry-After` seconds",
        ),
    ],
    error_schema: "AgendaError",
};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_route_of_the_agenda_is_documented() {
        let document = serde_json::to_value(openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let routes: usize = paths.values().map(|item| item.as_object().unwrap().len()).sum();
        assert_eq!((paths.len(), routes), (9, 10), "{:#?}", paths.keys());
    }
}
