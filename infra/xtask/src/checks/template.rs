//! Are template.yaml and infra/stacks sound, do they deploy every Lambda there is, and does `sam deploy` take them?

use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::fs;

use super::all_of;
use super::times::Times;
use crate::builds;
use crate::layout::Layout;
use crate::process;
use crate::stack::{self, REGION};
use crate::tools::Tools;

/// Where the stacks lie as CloudFormation expands them; .checkov.yaml says so too.
const EXPANDED: &str = ".local/expanded";

pub(super) fn check(layout: &Layout, times: &mut Times) -> Result<()> {
    times.step("Lambdas, template and events", || every_lambda_is_deployed(layout))?;
    let (test, local) = (Tools::test(layout)?, Tools::local(layout)?);
    let own = local.command("python");
    times.step("our own checks of the template", || {
        let mut own = own;
        own.current_dir(layout.root()).arg("infra/template_checks.py");
        own.args(["--self-test", "--expanded-folder", EXPANDED]);
        process::run(&mut own)
    })?;
    let mut sam = test.command("sam");
    sam.current_dir(layout.root()).env("SAM_CLI_TELEMETRY", "0").env("AWS_DEFAULT_REGION", REGION).args([
        "validate",
        "--lint",
        "--template",
        "template.yaml",
    ]);
    let mut cfn_lint = test.command("cfn-lint");
    cfn_lint.current_dir(layout.root());
    let mut checkov = Tools::checkov(layout)?.command("checkov");
    checkov.current_dir(layout.root()).args(["--config-file", ".checkov.yaml"]);
    times.step("sam validate, cfn-lint, checkov", || {
        all_of([process::run(&mut sam), process::run(&mut cfn_lint), process::run(&mut checkov)])
    })
}

/// infra/local/sam_deploy.py: the README's own command, to an emulated AWS of its own.
pub(super) fn sam_deploy(layout: &Layout) -> Result<()> {
    let apart = layout.for_sam_deploy();
    let (local, test) = (Tools::local(layout)?, Tools::test(layout)?);
    stack::forget(&apart)?;
    let endpoint = stack::start_emulator(&apart, &local)?;
    let mut command = local.command("python");
    command.arg(layout.file("infra/local/sam_deploy.py")).args(["--endpoint", &endpoint]);
    command.arg("--sam").arg(test.program("sam")).arg("--artifacts").arg(layout.program_folder());
    let outcome = process::run(command.arg("--folder").arg(apart.state().join("staged")));
    stack::stop(&apart);
    outcome
}

/// The binaries of functions/, those of infra/stacks and the events are the same set.
fn every_lambda_is_deployed(layout: &Layout) -> Result<()> {
    let binaries = builds::lambdas(layout)?;
    let mut deployed = BTreeSet::new();
    for file in fs::read_dir(layout.file("infra/stacks"))? {
        deployed.extend(binaries_of(&fs::read_to_string(file?.path())?));
    }
    let missing: Vec<_> = binaries.symmetric_difference(&deployed).cloned().collect();
    if !missing.is_empty() {
        bail!("either in functions/ or in infra/stacks, but not in both: {}", missing.join(", "));
    }
    let without_event: Vec<_> =
        binaries.into_iter().filter(|name| !layout.file(&format!("events/{name}.json")).exists()).collect();
    if !without_event.is_empty() {
        bail!("no events/<lambda>.json for: {}", without_event.join(", "));
    }
    println!("{} Lambdas, each deployed, each with an event", deployed.len());
    Ok(())
}

/// `CodeUri: ../../target/lambda/<name>` of each function.
fn binaries_of(template: &str) -> BTreeSet<String> {
    let names = template.lines().filter_map(|line| line.split_once("CodeUri: ../../target/lambda/"));
    names.map(|(_, name)| name.trim().trim_matches(['"', '}', '/']).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::binaries_of;

    #[test]
    fn binaries_are_read_from_where_their_code_lies() {
        let template =
            "    CodeUri: ../../target/lambda/pin-sender\n      CodeUri: ../../target/lambda/hub-fallback/\n";
        assert_eq!(binaries_of(template).into_iter().collect::<Vec<_>>(), ["hub-fallback", "pin-sender"]);
    }
}
