//! The `OpenAPI` document of the administration API, out of the code's own types.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder, SecurityRequirement};
use utoipa::{Modify, OpenApi as _};

use crate::problem::ErrorBody;
use crate::trinks::{connections, dead_letters, messages, parked, quota, salons};
use crate::{
    adjustments, admin_keys, agenda_keys, campaigns, member_privacy, member_statement, pending_adjustments, programs,
    store_token, stores, transaction_story,
};

/// The document.
#[must_use]
pub fn openapi() -> OpenApi {
    Document::openapi()
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Ponte: administration", description = "Programmes, stores, campaigns, members, keys and Trinks.", version = "1"),
    paths(
        programs::list, programs::show, programs::put,
        stores::list, stores::show, stores::put,
        store_token::issue, store_token::revoke,
        campaigns::list, campaigns::show, campaigns::put,
        adjustments::post,
        pending_adjustments::list, pending_adjustments::resolve,
        transaction_story::show,
        member_statement::show,
        member_privacy::export, member_privacy::erase,
        admin_keys::list, admin_keys::issue, admin_keys::revoke,
        agenda_keys::list, agenda_keys::issue, agenda_keys::revoke,
        connections::list, connections::show, connections::put, connections::approve, connections::unpin,
        salons::list, salons::show, salons::put, salons::remove,
        quota::show, quota::release,
        messages::list, messages::show, messages::replay, messages::discard,
        dead_letters::list, dead_letters::peek, dead_letters::replay, dead_letters::discard,
        parked::list, parked::release, parked::discard,
    ),
    components(schemas(ErrorBody)),
    modifiers(&Common)
)]
struct Document;

/// What all routes share: the key, and the errors that any of them may answer.
struct Common;

/// Errors of every route. What a route says itself of a status stands.
const ERRORS: [(&str, &str); 7] = [
    ("400", "The request says something that cannot be: the code and the message say what"),
    ("401", "The key is missing, unknown or revoked"),
    ("403", "The key's role is too low"),
    ("404", "What the path names does not exist"),
    ("405", "The path does not know the method"),
    ("500", "A fault on our side; it was logged"),
    ("503", "The storage is unavailable for the moment; repeat after `Retry-After` seconds"),
];

impl Modify for Common {
    fn modify(&self, document: &mut OpenApi) {
        let scheme =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An administration key")).build();
        document.components.get_or_insert_default().add_security_scheme("console_key", SecurityScheme::Http(scheme));
        for item in document.paths.paths.values_mut() {
            for operation in operations(item) {
                complete(operation);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten()
}

fn complete(operation: &mut Operation) {
    operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("console_key", [])]);
    let responses = &mut operation.responses.responses;
    for (status, description) in ERRORS {
        responses.entry(status.to_owned()).or_insert_with(|| error(description).into());
    }
    for (status, response) in responses.iter_mut() {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
        {
            response.content.insert("application/json".to_owned(), error_content());
        }
    }
}

fn error(description: &str) -> Response {
    ResponseBuilder::new().description(description).build()
}

fn error_content() -> RefOr<Content> {
    RefOr::T(Content::new(Some(Ref::from_schema_name("ConsoleError"))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_route_is_documented_with_its_key_and_errors() {
        let mut document = openapi();
        let paths: Vec<String> = document.paths.paths.keys().cloned().collect();
        assert_eq!(paths.len(), 36, "{paths:#?}");
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
        let all = ids.len();
        ids.dedup();
        assert_eq!((ids.len(), all), (46, 46));
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
