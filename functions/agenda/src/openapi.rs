//! The `OpenAPI` document of the agenda, out of the code's own types.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder, SecurityRequirement};
use utoipa::{Modify, OpenApi as _};

use crate::problem::ErrorBody;
use crate::{
    appointment, book, cancel, confirm, free_hours, payment_forms, professionals, request_status, reschedule, services,
};

/// The document.
#[must_use]
pub fn openapi() -> OpenApi {
    Document::openapi()
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Ponte: agenda", description = "Booking at Trinks for chatbots and sites.", version = "1"),
    paths(
        services::list, professionals::list, payment_forms::list, free_hours::show,
        book::book, appointment::show, reschedule::reschedule, confirm::confirm, cancel::cancel,
        request_status::show,
    ),
    components(schemas(ErrorBody)),
    modifiers(&Common)
)]
struct Document;

/// What all routes share: the key, and the errors that any of them may answer.
struct Common;

/// Errors of every route. What a route says itself of a status stands.
const ERRORS: [(&str, &str); 11] = [
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
];

impl Modify for Common {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A key of the agenda")).build();
        document.components.get_or_insert_default().add_security_scheme("agenda_key", SecurityScheme::Http(scheme));
        for item in document.paths.paths.values_mut() {
            for operation in operations(item) {
                complete(operation);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post].into_iter().flatten()
}

fn complete(operation: &mut Operation) {
    operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("agenda_key", [])]);
    let responses = &mut operation.responses.responses;
    for (status, description) in ERRORS {
        responses.entry(status.to_owned()).or_insert_with(|| error(description).into());
    }
    for (status, response) in responses.iter_mut() {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
        {
            // A route's own body (the alternatives of 409) stands.
            response.content.entry("application/json".to_owned()).or_insert_with(error_content);
        }
    }
}

fn error(description: &str) -> Response {
    ResponseBuilder::new().description(description).build()
}

fn error_content() -> RefOr<Content> {
    RefOr::T(Content::new(Some(Ref::from_schema_name("AgendaError"))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_route_is_documented_with_its_key_and_errors() {
        let mut document = openapi();
        assert_eq!(document.paths.paths.len(), 9);
        let mut ids = Vec::new();
        for item in document.paths.paths.values_mut() {
            for operation in operations(item) {
                assert!(operation.security.is_some());
                for (status, _) in ERRORS {
                    assert!(operation.responses.responses.contains_key(status));
                }
                ids.push(operation.operation_id.clone().unwrap());
            }
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 10);
    }

    #[test]
    fn every_schema_that_is_referred_to_is_there() {
        let text = serde_json::to_string(&openapi()).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        for name in text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(document.pointer(&format!("/components/schemas/{name}")).is_some(), "{name}");
        }
    }
}
