//! Is template.yaml sound, and does it deploy every Lambda there is?

use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::all_of;
use crate::layout::Layout;
use crate::process;
use crate::stack::REGION;
use crate::tools::Tools;

pub(super) fn check(layout: &Layout) -> Result<()> {
    let tools = Tools::test(layout)?;
    let mut sam = tools.command("sam");
    sam.current_dir(layout.root()).env("SAM_CLI_TELEMETRY", "0").env("AWS_DEFAULT_REGION", REGION).args([
        "validate",
        "--lint",
        "--template",
        "template.yaml",
    ]);
    let mut cfn_lint = tools.command("cfn-lint");
    cfn_lint.current_dir(layout.root());
    let mut checkov = Tools::checkov(layout)?.command("checkov");
    checkov.current_dir(layout.root()).args(["--config-file", ".checkov.yaml"]);
    all_of([
        every_lambda_is_deployed(layout),
        process::run(&mut sam),
        process::run(&mut cfn_lint),
        process::run(&mut checkov),
    ])
}

/// The binaries of functions/, those of the template and the events are the same set.
fn every_lambda_is_deployed(layout: &Layout) -> Result<()> {
    let binaries = binaries(layout)?;
    let deployed = deployed(&fs::read_to_string(layout.file("template.yaml"))?);
    let missing: Vec<_> = binaries.symmetric_difference(&deployed).cloned().collect();
    if !missing.is_empty() {
        bail!("either in functions/ or in template.yaml, but not in both: {}", missing.join(", "));
    }
    let without_event: Vec<_> =
        binaries.into_iter().filter(|name| !layout.file(&format!("events/{name}.json")).exists()).collect();
    if !without_event.is_empty() {
        bail!("no events/<lambda>.json for: {}", without_event.join(", "));
    }
    println!("{} Lambdas, each deployed, each with an event", deployed.len());
    Ok(())
}

/// `functions/<context>/src/bin/<binary>.rs`
fn binaries(layout: &Layout) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for context in fs::read_dir(layout.file("functions"))? {
        let folder = context?.path().join("src/bin");
        for file in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                names.extend(path.file_stem().map(Path::new).map(|stem| stem.display().to_string()));
            }
        }
    }
    Ok(names)
}

/// `BuildProperties: {Binary: <name>}` of each function.
fn deployed(template: &str) -> BTreeSet<String> {
    let names = template.lines().filter_map(|line| line.split_once("Binary:"));
    names.map(|(_, name)| name.trim().trim_end_matches('}').trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::deployed;

    #[test]
    fn binaries_are_read_from_either_style_of_yaml() {
        let template = "Metadata: {BuildMethod: rust-cargolambda, BuildProperties: {Binary: pin-sender}}\n  Binary: hub-fallback\n";
        assert_eq!(deployed(template).into_iter().collect::<Vec<_>>(), ["hub-fallback", "pin-sender"]);
    }
}
