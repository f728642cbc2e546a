//! Clients of MCP that others wrote, installed once into the target folder, at fixed versions.

use crate::conformance;
use crate::needs::on_path;
use crate::servers::{npm, once, pip, python, run, target_folder};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// One folder each.
const NPM: [(&str, &str); 3] = [
    ("client", "@modelcontextprotocol/client@2.4.0"),
    ("sdk", "@modelcontextprotocol/sdk@1.32.2"),
    ("inspector", "@modelcontextprotocol/inspector@2.12.0"),
];
const PYTHON: [(&str, &str); 2] = [("mcp", "mcp==2.3.0"), ("fastmcp", "fastmcp==4.1.2")];

/// What was installed.
#[derive(Debug, Clone)]
pub struct Clients {
    /// One folder per entry of the lists above.
    pub folder: PathBuf,
    /// The Python that the modules were installed for.
    pub python: PathBuf,
    /// A Node that is new enough for all of them.
    pub node: PathBuf,
}

impl Clients {
    /// The same clients in another folder, where their user can read them.
    ///
    /// # Errors
    /// When they cannot be copied.
    pub fn copied_to(&self, folder: &Path) -> Result<Self, String> {
        run(Command::new("cp").arg("-r").arg("--preserve=timestamps").arg(&self.folder).arg(folder))?;
        let node = folder.join("node-24");
        run(Command::new("cp").arg(&self.node).arg(&node))?;
        run(Command::new("chmod").args(["-R", "a+rX"]).arg(folder))?;
        Ok(Self { folder: folder.to_path_buf(), python: self.python.clone(), node })
    }
}

/// Installs what is missing.
///
/// # Errors
/// With the reason why that cannot be done here.
pub fn installed() -> &'static Result<Clients, String> {
    static INSTALLED: OnceLock<Result<Clients, String>> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        on_path("npm").ok_or("needs npm")?;
        let folder = target_folder().join("clients");
        let clients = Clients { folder, python: python()?, node: conformance::node()? };
        for (name, package) in NPM {
            once(&clients.folder.join(name), package, |folder| npm(folder, package))?;
        }
        for (name, package) in PYTHON {
            let what = format!("{package} for {}", clients.python.display());
            once(&clients.folder.join(name), &what, |folder| pip(&clients.python, folder, &[package]))?;
        }
        Ok(clients)
    })
}
