//! The committed documents are the code's own.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use ponte_domain::domain_event::{DomainEvent, News};
use serde_json::Value;

fn committed(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
}

#[test]
fn the_committed_openapi_document_is_the_codes_own() {
    let same = committed("openapi.json") == ponte_openapi::openapi().unwrap();
    assert!(same, "run `cargo xtask openapi` and commit the result");
}

#[test]
fn every_schema_that_is_referred_to_is_there() {
    let text = ponte_openapi::openapi().unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    for name in text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document.pointer(&format!("/components/schemas/{name}")).is_some(), "{name}");
    }
}

#[test]
fn every_route_needs_a_key_has_a_name_of_its_own_and_tells_its_errors() {
    let document: Value = serde_json::from_str(&ponte_openapi::openapi().unwrap()).unwrap();
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, route) in item.as_object().unwrap() {
            assert!(!route["security"].as_array().unwrap().is_empty(), "{method} {path}");
            assert!(names.insert(route["operationId"].as_str().unwrap()), "{method} {path}");
            // The till's interface answers what its contract has, and nothing else.
            let ours: &[&str] = if path.starts_with("/hub-fidelidade/") { &[] } else { &["404", "405", "500"] };
            for status in ["400", "401", "403", "503"].iter().chain(ours) {
                let body = &route["responses"][status]["content"]["application/json"]["schema"];
                assert!(body.is_object(), "{method} {path} {status}");
            }
        }
    }
}

#[test]
fn the_committed_table_of_refusals_is_the_codes_own() {
    let same = committed("refusals.md") == ponte_openapi::refusals();
    assert!(same, "run `cargo xtask openapi` and commit the result");
}

#[test]
fn no_interface_hides_anothers_schema_or_route() {
    let documents = [ponte_hub_fidelidade::openapi::document(), ponte_console::openapi(), ponte_agenda::openapi()];
    let mut known = std::collections::BTreeMap::new();
    for document in documents {
        let document = serde_json::to_value(&document).unwrap();
        for place in ["/components/schemas", "/components/securitySchemes", "/paths"] {
            for (name, content) in document.pointer(place).and_then(|found| found.as_object()).into_iter().flatten() {
                let before = known.insert(format!("{place} {name}"), content.clone());
                assert!(before.is_none_or(|before| before == *content), "{place} {name} is there twice");
            }
        }
    }
}

#[test]
fn the_examples_of_domain_events_are_events_and_every_kind_is_told() {
    let text = committed("domain-events.md");
    let examples = text.lines().filter(|line| line.starts_with('{'));
    for line in examples {
        let event: DomainEvent = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let (said, meant): (Value, Value) =
            (serde_json::from_str(line).unwrap(), serde_json::to_value(&event).unwrap());
        assert_eq!(said, meant, "an example has what the event has, and nothing else");
        assert_eq!(said["kind"], event.news.kind());
    }
    for kind in News::KINDS {
        assert!(text.contains(&format!("`{kind}`")), "{kind} is not in docs/domain-events.md");
    }
}
