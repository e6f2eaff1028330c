//! Where things are: the repository's files, the tools, and the state of one local stack.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Paths of the repository and of one local stack (there may be two: `dev`'s and `test`'s).
#[derive(Clone)]
pub(crate) struct Layout {
    root: PathBuf,
    state: PathBuf,
}

impl Layout {
    pub(crate) fn new(state: &Path) -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .context("xtask is not at infra/xtask of its repository")?
            .to_path_buf();
        Ok(Self { state: root.join(state), root })
    }

    /// A stack of its own for the end-to-end tests, beside the developer's.
    pub(crate) fn for_tests(&self) -> Self {
        self.apart("test")
    }

    /// An emulated AWS of its own for the real `sam deploy`.
    pub(crate) fn for_sam_deploy(&self) -> Self {
        self.apart("sam-deploy")
    }

    fn apart(&self, name: &str) -> Self {
        Self { root: self.root.clone(), state: self.state.join(name) }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// A file of the repository.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The installed tools are shared by all local stacks.
    pub(crate) fn tool_folder(&self, name: &str) -> PathBuf {
        self.root.join(".local").join(name)
    }

    /// Where cargo-lambda leaves `<binary>/bootstrap` of what is shipped: infra/stacks names it.
    pub(crate) fn release_folder(&self) -> PathBuf {
        self.root.join("target/lambda")
    }

    /// Where the benchmark has its own builds of the same, for this machine.
    pub(crate) fn measured_folder(&self) -> PathBuf {
        self.root.join("target/lambda-measured")
    }

    /// Where `cargo build` leaves programs, the local Lambdas among them.
    pub(crate) fn program_folder(&self) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.root.join("target"), PathBuf::from);
        target.join("debug")
    }

    /// A program that `cargo build` made.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.program_folder().join(name)
    }

    /// Everything that the emulated AWS holds.
    pub(crate) fn emulator_folder(&self) -> PathBuf {
        self.state.join("emulator")
    }

    pub(crate) fn log_file(&self, process: &str) -> PathBuf {
        self.state.join("logs").join(format!("{process}.log"))
    }

    /// Which rights the Lambdas used: one line for each check that the emulated AWS made.
    pub(crate) fn rights_record(&self) -> PathBuf {
        self.state.join("rights.jsonl")
    }

    /// How scripts find the running stack.
    pub(crate) fn stack_file(&self) -> PathBuf {
        self.state.join("stack.json")
    }

    /// The demonstration stores' tokens: the API shows a token once, so it is kept here.
    pub(crate) fn demo_file(&self) -> PathBuf {
        self.state.join("demo.json")
    }

    /// What the stack "sent" by SMS and e-mail.
    pub(crate) fn outbox(&self) -> PathBuf {
        self.state.join("outbox.jsonl")
    }
}
