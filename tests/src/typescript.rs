//! TypeScript's own compiler, installed once into the target folder, at a fixed version.

use crate::needs::on_path;
use crate::servers::{npm, once, target_folder};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const PACKAGE: &str = "typescript@5.9.3";

/// What the files of a catalog are compiled as: strict, modules, nothing of Node or of a browser.
const PROJECT: &str = r#"{
  "compilerOptions": { "strict": true, "noEmit": true, "types": [], "target": "es2022", "module": "esnext",
    "moduleResolution": "bundler", "allowImportingTsExtensions": true, "noUnusedLocals": true },
  "include": ["servers/**/*.ts"]
}"#;

/// The folder that the compiler was installed in.
///
/// # Errors
/// With the reason why that cannot be done here.
pub fn installed() -> &'static Result<PathBuf, String> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        for program in ["node", "npm"] {
            on_path(program).ok_or_else(|| format!("needs {program}"))?;
        }
        let folder = target_folder().join("typescript");
        once(&folder, PACKAGE, |folder| npm(folder, PACKAGE))?;
        Ok(folder)
    })
}

/// `tsc --strict --noEmit` over the files below `tree/servers`.
///
/// # Errors
/// With the first complaints of the compiler.
pub fn check(tree: &Path) -> Result<(), String> {
    let compiler = installed().as_ref().map_err(Clone::clone)?.join("node_modules/typescript/bin/tsc");
    std::fs::write(tree.join("tsconfig.json"), PROJECT).map_err(|error| error.to_string())?;
    let output = Command::new("node")
        .arg("--max-old-space-size=4096")
        .arg(compiler)
        .args(["--pretty", "false", "--project"])
        .arg(tree)
        .output()
        .map_err(|error| format!("node: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints: Vec<&str> = said.lines().take(20).collect();
    Err(format!("{}, {} lines:\n{}", output.status, said.lines().count(), complaints.join("\n")))
}

/// What a script of the tests that uses the compiler's parser prints.
///
/// # Errors
/// When it fails.
pub fn script(script: &Path, argument: &Path) -> Result<String, String> {
    let modules = installed().as_ref().map_err(Clone::clone)?.join("node_modules");
    let output = Command::new("node").arg(script).arg(argument).env("NODE_PATH", modules).output();
    let output = output.map_err(|error| format!("node: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{}: {}", script.display(), String::from_utf8_lossy(&output.stderr)))
}
