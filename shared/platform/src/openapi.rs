//! What the `OpenAPI` documents of our JSON interfaces have in common: every route needs the interface's key, and may
//! answer the interface's errors.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder, SecurityRequirement};

/// What all routes of an interface share.
#[derive(Debug, Clone, Copy)]
pub struct Interface {
    /// The name of its bearer key in the document, and what that is.
    pub key: (&'static str, &'static str),
    /// Statuses that any route may answer, and why. What a route says itself of a status stands.
    pub errors: &'static [(&'static str, &'static str)],
    /// The schema of an error's body. A route's own body stands.
    pub error_schema: &'static str,
}

impl Interface {
    /// Adds to every route what all share.
    pub fn complete(&self, document: &mut OpenApi) {
        let (key, description) = self.key;
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build();
        document.components.get_or_insert_default().add_security_scheme(key, SecurityScheme::Http(scheme));
        for operation in document.paths.paths.values_mut().flat_map(operations) {
            operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(key, [])]);
            self.complete_responses(operation);
        }
    }

    fn complete_responses(&self, operation: &mut Operation) {
        let responses = &mut operation.responses.responses;
        for (status, description) in self.errors {
            let error = || ResponseBuilder::new().description(*description).build().into();
            responses.entry((*status).to_owned()).or_insert_with(error);
        }
        for (status, response) in responses.iter_mut() {
            if let RefOr::T(response) = response
                && status.starts_with(['4', '5'])
            {
                let body = || RefOr::T(Content::new(Some(Ref::from_schema_name(self.error_schema))));
                response.content.entry("application/json".to_owned()).or_insert_with(body);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = item;
    [get, put, post, delete, options, head, patch, trace].into_iter().flatten()
}
