//! Real MCP servers and a real client, installed once into the target folder, at fixed versions. What cannot be
//! installed here is a reason to skip, in words.

use crate::binaries::workspace;
use crate::needs::on_path;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// One folder each: servers in one folder get each other's version of the SDK.
const NPM: [(&str, &str); 3] = [
    ("everything", "@modelcontextprotocol/server-everything@2026.8.31"),
    ("filesystem", "@modelcontextprotocol/server-filesystem@2026.8.31"),
    ("memory", "@modelcontextprotocol/server-memory@2026.8.31"),
];
const PYTHON: [(&str, &[&str]); 2] =
    [("client", &["mcp==2.3.0"]), ("python", &["mcp-server-time==2026.10.19", "mcp-server-git==2026.10.19"])];

/// What was installed.
#[derive(Debug, Clone)]
pub struct Servers {
    /// The Python that all of it was installed for.
    pub python: PathBuf,
    /// One folder per entry of the lists above.
    pub folder: PathBuf,
}

impl Servers {
    /// The folder of Python modules for `name`.
    #[must_use]
    pub fn modules(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The script of an npm server.
    #[must_use]
    pub fn script(&self, name: &str) -> PathBuf {
        self.folder
            .join(name)
            .join("node_modules/@modelcontextprotocol")
            .join(format!("server-{name}/dist/index.js"))
    }

    /// The same servers in another folder, where their user can read them.
    ///
    /// # Errors
    /// When they cannot be copied.
    pub fn copied_to(&self, folder: &Path) -> Result<Self, String> {
        run(Command::new("cp").arg("-r").arg("--preserve=timestamps").arg(&self.folder).arg(folder))?;
        run(Command::new("chmod").args(["-R", "a+rX"]).arg(folder))?;
        Ok(Self { folder: folder.to_path_buf(), ..self.clone() })
    }
}

/// Installs what is missing.
///
/// # Errors
/// With the reason why that cannot be done here.
pub fn installed() -> &'static Result<Servers, String> {
    static INSTALLED: OnceLock<Result<Servers, String>> = OnceLock::new();
    INSTALLED.get_or_init(install)
}

fn install() -> Result<Servers, String> {
    for program in ["node", "npm", "git", "cp", "chmod"] {
        on_path(program).ok_or_else(|| format!("needs {program}"))?;
    }
    let folder = target_folder().join("real-servers");
    let servers = Servers { python: python()?, folder };
    for (name, package) in NPM {
        once(&servers.folder.join(name), package, |folder| npm(folder, package))?;
    }
    for (name, packages) in PYTHON {
        let what = format!("{} for {}", packages.join(" "), servers.python.display());
        once(&servers.modules(name), &what, |folder| pip(&servers.python, folder, packages))?;
    }
    Ok(servers)
}

/// Does `install` in `folder` unless it was done before; a note in the folder says so, written last.
pub(crate) fn once(
    folder: &Path,
    what: &str,
    install: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<(), String> {
    let note = folder.join("installed");
    if fs::read_to_string(&note).is_ok_and(|noted| noted == what) {
        return Ok(());
    }
    let _ = fs::remove_dir_all(folder);
    let told = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(told)?;
    install(folder).map_err(|why| format!("needs {what}, which cannot be installed: {why}"))?;
    fs::write(note, what).map_err(told)
}

pub(crate) fn npm(folder: &Path, package: &str) -> Result<(), String> {
    run(Command::new("npm")
        .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", package])
        .current_dir(folder))
}

pub(crate) fn pip(python: &Path, folder: &Path, packages: &[&str]) -> Result<(), String> {
    run(Command::new(python).args(["-m", "pip", "install", "--quiet", "--target"]).arg(folder).args(packages))
}

pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program}: {}", said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("failed")))
}

/// A Python for everybody: one below root's home can be started by root only.
pub(crate) fn python() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("python3"));
    let fits = |python: &PathBuf| {
        let fresh = "import sys, pip; sys.exit(sys.version_info < (3, 10))";
        !python.starts_with("/root") && run(Command::new(python).args(["-c", fresh])).is_ok()
    };
    found
        .filter(|python| python.is_file())
        .find(fits)
        .ok_or_else(|| "needs Python 3.10 or later with pip".into())
}

pub(crate) fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}
