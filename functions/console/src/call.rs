//! One call: its method, the path after `/console/v1/`, its query and its body.

use std::ops::Deref;

use jiff::Timestamp;
use lambda_http::Request;
use ponte_domain::documents::Cnpj;
use ponte_domain::ids::{Environment, ProgramId, StoreId};
use ponte_platform::call;
use ponte_platform::fields::Fields;
use ponte_platform::http::body_text;

use crate::problem::Problem;

/// What stands before every path of ours.
const ROOT: [&str; 2] = ["console", "v1"];

/// One call.
pub(crate) struct Call<'r>(call::Call<'r>);

impl<'r> Deref for Call<'r> {
    type Target = call::Call<'r>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'r> Call<'r> {
    pub(crate) fn new(request: &'r Request, now: Timestamp) -> Self {
        Self(call::Call::new(request, ROOT, now))
    }

    /// The body's properties. One that is neither accepted nor `ignored` (what the matching GET answers beyond what can
    /// be set) is refused: a mistyped setting must not be lost silently.
    pub(crate) fn body(&self, accepted: &[&str], ignored: &[&str]) -> Result<Fields<'r>, Problem> {
        let fields = Fields::parse(body_text(self.request())?)?;
        known_only(&fields, accepted, ignored)?;
        Ok(fields)
    }

    /// The same for a body that may be absent.
    pub(crate) fn optional_body(&self, accepted: &[&str]) -> Result<Fields<'r>, Problem> {
        let text = body_text(self.request())?;
        let fields = Fields::parse(if text.trim().is_empty() { "{}" } else { text })?;
        known_only(&fields, accepted, &[])?;
        Ok(fields)
    }
}

/// Refuses an object with a property that is neither accepted nor ignored.
pub(crate) fn known_only(fields: &Fields<'_>, accepted: &[&str], ignored: &[&str]) -> Result<(), Problem> {
    let known = |name: &str| accepted.iter().chain(ignored).any(|known| known.eq_ignore_ascii_case(name));
    let Some(unknown) = fields.names().find(|name| !known(name)) else { return Ok(()) };
    let shown: String = unknown.chars().filter(|c| !c.is_control()).take(60).collect();
    Err(Problem::bad("unknown_field", format!("`{shown}` is not known here. Known: {}.", accepted.join(", "))))
}

/// A programme's slug out of the path.
pub(crate) fn program_id(text: &str) -> Result<ProgramId, Problem> {
    let wrong = |_| Problem::bad("invalid_program", "A programme's id is 1 to 40 of a-z, 0-9 and -.");
    ProgramId::try_from(text.to_owned()).map_err(wrong)
}

/// A store out of the path: `{tipo_ambiente}/{cnpj}`.
pub(crate) fn store_id(environment: &str, cnpj: &str) -> Result<StoreId, Problem> {
    let no_environment =
        || Problem::bad("invalid_environment", "tipo_ambiente in the path is 0 (homologação) or 1 (produção).");
    let no_cnpj = || Problem::bad("invalid_cnpj", "The CNPJ in the path is not valid: its check digits do not match.");
    Ok(StoreId {
        environment: Environment::parse(environment).ok_or_else(no_environment)?,
        cnpj: Cnpj::parse(cnpj).ok_or_else(no_cnpj)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ponte_platform::http::{path_after, percent_decoded};

    use super::*;

    #[test]
    fn the_path_is_read_after_any_stage() {
        for path in
            ["/console/v1/programs/demo", "/prod/console/v1/programs/demo", "/console/console/v1/programs/demo/"]
        {
            assert_eq!(path_after(path, ROOT), ["programs", "demo"], "{path}");
        }
        assert!(path_after("/programs", ROOT).is_empty());
        assert!(path_after("", ROOT).is_empty());
    }

    #[test]
    fn an_encoded_part_is_decoded_and_a_broken_one_kept() {
        assert_eq!(path_after("/console/v1/keys/%7Bx%7d", ROOT), ["keys", "{x}"]);
        for broken in ["%", "%7", "%zz", "%+7", "%ff", "a%2"] {
            assert_eq!(percent_decoded(broken), broken);
        }
    }

    #[test]
    fn a_mistyped_property_is_named() {
        let fields = Fields::parse(r#"{"name":"x","minimun_sale":1}"#).unwrap();
        let problem = known_only(&fields, &["name", "minimum_sale"], &[]).unwrap_err();
        assert_eq!(problem.code(), "unknown_field");
        assert!(known_only(&fields, &["NAME"], &["minimun_sale"]).is_ok());
    }

    #[test]
    fn a_store_needs_a_known_environment_and_a_valid_cnpj() {
        assert!(store_id("1", "11222333000181").is_ok());
        assert_eq!(store_id("2", "11222333000181").unwrap_err().code(), "invalid_environment");
        assert_eq!(store_id("1", "11222333000182").unwrap_err().code(), "invalid_cnpj");
    }
}
