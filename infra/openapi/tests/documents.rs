//! The committed documents are the code's own.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

fn committed(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
}

#[test]
fn the_committed_openapi_document_is_the_codes_own() {
    let same = committed("openapi.json") == ponte_openapi::openapi().unwrap();
    assert!(same, "run `cargo xtask openapi` and commit the result");
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
