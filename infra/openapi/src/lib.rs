//! The documents that are printed from the code: the OpenAPI description and the table of refusals.

use std::fmt::Write as _;

use ponte_domain::refusal::TABLE;

/// `docs/openapi.json`: all HTTP interfaces, OpenAPI 3.1.
///
/// # Errors
/// When the document cannot be written as JSON.
pub fn openapi() -> Result<String, serde_json::Error> {
    let mut document = ponte_hub_fidelidade::openapi::document();
    document.merge(ponte_console::openapi());
    document.merge(ponte_agenda::openapi());
    "Ponte".clone_into(&mut document.info.title);
    document.info.description =
        Some("The loyalty partner of Hub Fidelidade, its administration, and booking at Trinks.".to_owned());
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// `docs/refusals.md`: every `Codigo`.
#[must_use]
pub fn refusals() -> String {
    let mut text = String::from(
        "# Refusals of Hub Fidelidade\n\n\
         Printed from `shared/domain/src/refusal.rs` by `cargo xtask openapi`; a test keeps the two equal. The body is\n\
         `{\"IdentificadorTransacao\", \"Codigo\", \"Mensagem\"}`. Nothing was changed when one of these is answered.\n\n\
         | Codigo | HTTP | Mensagem | O que fazer |\n|---|---|---|---|\n",
    );
    for row in TABLE {
        // Writing to a String cannot fail.
        let _ =
            writeln!(text, "| {} | {} | {} | {} |", row.code, row.status, row.message.replace("{}", "…"), row.action);
    }
    text
}
