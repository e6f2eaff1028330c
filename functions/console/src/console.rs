//! What the console's Lambdas share: the table, the first key, the identity secret.

use lambda_http::Error;
use ponte_domain::documents::Cpf;
use ponte_domain::ids::{IdentityKey, MemberId, ProgramId};
use ponte_domain::store::Program;
use ponte_platform::aws::Aws;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::member_store::MemberKey;
use ponte_platform::secrets::Secret;
use ponte_platform::settings;
use ponte_platform::table::Table;

use crate::deploy_key::DeployKey;
use crate::problem::Problem;

/// One console Lambda's connections.
pub struct Console {
    pub(crate) table: Table,
    pub(crate) deploy_key: DeployKey,
    /// Only the Lambdas that look members up by CPF have it.
    identity: Option<Secret>,
}

impl Console {
    /// Connects as the environment says.
    ///
    /// # Errors
    /// A setting is missing.
    pub fn from_env() -> Result<Self, Error> {
        Self::over(&Aws::from_env()?)
    }

    /// The same, for Lambdas that need other services too.
    ///
    /// # Errors
    /// A setting is missing.
    pub(crate) fn over(aws: &Aws) -> Result<Self, Error> {
        let deploy_key = DeployKey::new(aws.secrets(), settings::required("PONTE_ADMIN_SECRET_ID")?);
        let identity = settings::optional("PONTE_SECRET_ID").map(|id| Secret::new(aws.secrets(), id));
        Ok(Self::new(Table::from_env(aws)?, deploy_key, identity))
    }

    /// With given connections: how tests run the handlers over another table.
    #[must_use]
    pub fn new(table: Table, deploy_key: DeployKey, identity: Option<Secret>) -> Self {
        Self { table, deploy_key, identity }
    }

    /// The key of pseudonyms.
    pub(crate) async fn identity_key(&self) -> Result<IdentityKey, Failure> {
        let unset = || Failure::Bug("PONTE_SECRET_ID is not set for this Lambda".into());
        self.identity.as_ref().ok_or_else(unset)?.identity_key().await
    }

    /// The pseudonym of a CPF in a programme.
    pub(crate) async fn member(&self, program: &ProgramId, cpf: Cpf) -> Result<MemberKey, Failure> {
        let member = MemberId::derive(&self.identity_key().await?, program, cpf);
        Ok(MemberKey { program: program.clone(), member })
    }

    /// A programme that must be there.
    pub(crate) async fn program(&self, id: &ProgramId) -> Result<Program, Problem> {
        self.table.get(&keys::program(id)).await?.ok_or_else(|| no_program(id))
    }
}

/// 404 for a programme.
pub(crate) fn no_program(id: &ProgramId) -> Problem {
    Problem::not_found(
        "program_not_found",
        format!("There is no programme `{id}`. Make it with PUT /console/v1/programs/{id}."),
    )
}

/// 404 for a member. It does not repeat the CPF.
pub(crate) fn no_member(id: &ProgramId) -> Problem {
    Problem::not_found("member_not_found", format!("Nobody with this CPF is known in the programme `{id}`."))
}
