//! Sizes of the builds.

use std::io::Write as _;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::till::Till;

/// Bytes of the local header, central directory and end record around one file called `bootstrap`.
const ZIP_FRAME: usize = 30 + 9 + 46 + 9 + 22;

/// Sizes of one build.
#[derive(Debug, Clone)]
pub(crate) struct Size {
    /// Its binary.
    pub(crate) function: &'static str,
    /// Bytes of the program.
    pub(crate) binary: usize,
    /// Bytes of the zip that is uploaded.
    pub(crate) zip: usize,
}

/// Sizes of these builds.
pub(crate) fn measure(till: &Till, functions: &[&'static str]) -> Result<Vec<Size>> {
    let size = |&function: &&'static str| {
        let path = till.lambdas.join(function).join("bootstrap");
        let program =
            std::fs::read(&path).with_context(|| format!("no {}: cargo xtask bench builds it", path.display()))?;
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
        deflated.write_all(&program)?;
        Ok(Size { function, binary: program.len(), zip: deflated.finish()?.len() + ZIP_FRAME })
    };
    functions.iter().map(size).collect()
}
