//! Programmes: `GET /console/v1/programs`, `GET` and `PUT /console/v1/programs/{program}`.

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::ids::{Environment, ProgramId};
use ponte_domain::store::Program;
use ponte_platform::fields::Fields;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::table::Unless;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, Role, authenticate};
use crate::call::{Call, program_id};
use crate::console::Console;
use crate::problem::{Problem, answer};
use crate::{limits, read};

/// What a PUT says of a programme.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "`id` is there for the document only")]
pub(crate) struct ProgramBody {
    /// May be sent back as GET answered it; the path decides.
    id: Option<String>,
    /// Its name. Required for a new programme; absent, it stays.
    #[schema(min_length = 1, max_length = 100, example = "Rede Demonstração")]
    name: Option<String>,
    /// 0 homologação, 1 produção. Required for a new programme; it never changes.
    #[schema(minimum = 0, maximum = 1, example = 1)]
    tipo_ambiente: Option<u8>,
}

/// A programme.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProgramView {
    /// Its slug.
    #[schema(example = "demo")]
    id: String,
    name: String,
    /// 0 homologação, 1 produção.
    tipo_ambiente: u8,
}

/// All programmes.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProgramList {
    programs: Vec<ProgramView>,
}

impl From<Program> for ProgramView {
    fn from(program: Program) -> Self {
        Self { id: program.id.into(), name: program.name, tipo_ambiente: program.environment }
    }
}

/// Answers one call.
pub async fn handle(console: &Console, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(console, &Call::new(request, now)).await)
}

async fn route(console: &Console, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["programs"], "GET") => list(console, &caller).await,
        (["programs"], _) => Err(Problem::method("GET")),
        (["programs", id], "GET") => show(console, &caller, &program_id(id)?).await,
        (["programs", id], "PUT") => put(console, call, &caller, program_id(id)?).await,
        (["programs", _], _) => Err(Problem::method("GET, PUT")),
        _ => Err(Problem::no_route()),
    }
}

/// Lists the programmes.
#[utoipa::path(get, path = "/console/v1/programs", tag = "programs", operation_id = "list_programs",
    responses((status = 200, body = ProgramList)))]
async fn list(console: &Console, caller: &Caller) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    let programs: Vec<Program> = console.table.query(keys::PROGRAMS, "", limits::PROGRAMS).await?;
    Ok(json(200, &ProgramList { programs: programs.into_iter().map(ProgramView::from).collect() }))
}

/// Shows a programme.
#[utoipa::path(get, path = "/console/v1/programs/{program}", tag = "programs", operation_id = "get_program",
    params(("program" = String, Path, description = "The programme's slug", pattern = "^[a-z0-9-]{1,40}$")),
    responses((status = 200, body = ProgramView), (status = 404, description = "No such programme")))]
async fn show(console: &Console, caller: &Caller, id: &ProgramId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    Ok(json(200, &ProgramView::from(console.program(id).await?)))
}

/// Makes or renames a programme.
///
/// Its environment is fixed once it exists: balances of homologação and produção never meet. Needs the role manager.
#[utoipa::path(put, path = "/console/v1/programs/{program}", tag = "programs", operation_id = "put_program",
    params(("program" = String, Path, description = "The programme's slug", pattern = "^[a-z0-9-]{1,40}$")),
    request_body = ProgramBody,
    responses(
        (status = 200, body = ProgramView, description = "The programme as it is now"),
        (status = 409, description = "`environment_fixed`, `too_many_programs`, `changed_meanwhile`")))]
async fn put(console: &Console, call: &Call<'_>, caller: &Caller, id: ProgramId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let body = ProgramBody::read(&call.body(&["name", "tipo_ambiente"], &["id"])?)?;
    let existing: Option<Program> = console.table.get(&keys::program(&id)).await?;
    let made = existing.is_none();
    let program = match existing {
        Some(existing) => body.applied(existing)?,
        None => body.new_program(id)?,
    };
    if made {
        must_have_room(console).await?;
    }
    let unless = if made { Unless::Exists } else { Unless::Anything };
    let written = console.table.put_all(vec![
        console.table.transact_put(&keys::program(&program.id), &program, unless)?,
        console.table.transact_put(&keys::program_entry(&program.id), &program, Unless::Anything)?,
    ]);
    if !written.await? {
        return Err(Problem::changed_meanwhile("programme"));
    }
    caller.did("put_program", &program.id);
    Ok(json(200, &ProgramView::from(program)))
}

async fn must_have_room(console: &Console) -> Result<(), Problem> {
    let present: Vec<Program> = console.table.query(keys::PROGRAMS, "", limits::PROGRAMS).await?;
    if present.len() < limits::PROGRAMS {
        return Ok(());
    }
    Err(Problem::conflict(
        "too_many_programs",
        format!("There are {} programmes already, which is the most.", limits::PROGRAMS),
    ))
}

impl ProgramBody {
    fn read(fields: &Fields<'_>) -> Result<Self, Problem> {
        let name = read::text(fields, "name", limits::NAME_CHARS)?;
        let environment = fields.text("tipo_ambiente")?;
        let known = |text: String| {
            let environment = Environment::parse(&text).map(Environment::code);
            environment.ok_or_else(|| Problem::field("tipo_ambiente", "0 (homologação) or 1 (produção)"))
        };
        Ok(Self { id: None, name, tipo_ambiente: environment.map(known).transpose()? })
    }

    fn new_program(self, id: ProgramId) -> Result<Program, Problem> {
        Ok(Program {
            id,
            name: read::required(self.name, "name")?,
            environment: read::required(self.tipo_ambiente, "tipo_ambiente")?,
        })
    }

    fn applied(self, existing: Program) -> Result<Program, Problem> {
        if self.tipo_ambiente.is_some_and(|environment| environment != existing.environment) {
            let message = "A programme's environment cannot change: make another programme for the other environment.";
            return Err(Problem::conflict("environment_fixed", message));
        }
        Ok(Program { name: self.name.unwrap_or(existing.name), ..existing })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn body(json: &str) -> Result<ProgramBody, Problem> {
        ProgramBody::read(&Fields::parse(json).unwrap())
    }

    fn id() -> ProgramId {
        ProgramId::try_from("demo".to_owned()).unwrap()
    }

    #[test]
    fn a_new_programme_needs_name_and_environment() {
        assert!(body(r#"{"name":"Rede","tipo_ambiente":1}"#).unwrap().new_program(id()).is_ok());
        assert_eq!(body(r#"{"name":"Rede"}"#).unwrap().new_program(id()).unwrap_err().code(), "missing_field");
        assert_eq!(body(r#"{"name":"Rede","tipo_ambiente":2}"#).err().unwrap().code(), "invalid_field");
    }

    #[test]
    fn an_environment_never_changes() {
        let existing = Program { id: id(), name: "Rede".into(), environment: 1 };
        let renamed = body(r#"{"name":"Nova","tipo_ambiente":1}"#).unwrap().applied(existing.clone()).unwrap();
        assert_eq!(renamed.name, "Nova");
        assert_eq!(body(r#"{"tipo_ambiente":0}"#).unwrap().applied(existing).unwrap_err().code(), "environment_fixed");
    }
}
