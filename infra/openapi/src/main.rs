//! `cargo xtask openapi`: writes the documents. Run it in the workspace's root.

use std::error::Error;
use std::fs;

fn main() -> Result<(), Box<dyn Error>> {
    fs::write("docs/openapi.json", ponte_openapi::openapi()?)?;
    fs::write("docs/refusals.md", ponte_openapi::refusals())?;
    println!("wrote docs/openapi.json and docs/refusals.md");
    Ok(())
}
