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
