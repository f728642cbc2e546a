//! The real binaries: built by cargo where they are missing or stale, then copied to a folder that everybody
//! may read, because a clone may lie in a folder that only its owner may enter.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Names a folder with finished binaries (release ones, installed ones); nothing is built then.
pub const FOLDER_VARIABLE: &str = "OUBLIETTE_TEST_BINARIES";

const PRODUCT: [&str; 3] = ["oubliette", "oubliette-jailer", "oubliette-guest"];
const HOSTILE_GUEST: &str = "oubliette-hostile-guest";
const ABLATED_JAILER: &str = "oubliette-ablated-jailer";
/// Programs of the harness itself.
const OWN: [&str; 7] = [
    "scripted-upstream",
    "fixture-upstream",
    "jail-driver",
    "faulty-jailer",
    "outer-filter",
    "catalog-files",
    "suite-client",
];
/// One build for both programs that no product contains.
const FEATURES: [&str; 2] = ["--features", "oubliette-jailer/ablation,oubliette-guest/hostile"];

/// The root of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .components()
        .collect::<PathBuf>()
        .canonicalize()
        .unwrap_or_default()
}

/// Copies of the binaries, below one temporary folder.
#[derive(Debug)]
pub struct Stage {
    folder: PathBuf,
    product: OnceLock<Result<(), String>>,
    hostile: OnceLock<Result<(), String>>,
}

impl Stage {
    /// A new, empty stage.
    ///
    /// # Errors
    /// When the temporary folder cannot be made.
    pub fn new() -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("oubliette-tests-{}", std::process::id()));
        make_folder(&folder)?;
        Ok(Self { folder, product: OnceLock::new(), hostile: OnceLock::new() })
    }

    /// The temporary folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A folder with the three binaries, and the harness's own programs beside them.
    ///
    /// # Errors
    /// When they cannot be built or copied.
    pub fn product(&self) -> Result<PathBuf, String> {
        let folder = self.folder.join("bin");
        self.product.get_or_init(|| copy_product(&folder)).clone().map(|()| folder)
    }

    /// A folder with the real supervisor and the real jailer, and the hostile guest in the guest's place; beside
    /// them the jailer that leaves layers out.
    ///
    /// # Errors
    /// When they cannot be built or copied.
    pub fn hostile(&self) -> Result<PathBuf, String> {
        let folder = self.folder.join("hostile");
        self.hostile.get_or_init(|| copy_hostile(&folder)).clone().map(|()| folder)
    }

    /// A jailer that leaves these layers out; their names are in `containment/ablated_jailer/ablation.rs`.
    ///
    /// # Errors
    /// When it cannot be built or copied.
    pub fn ablated_jailer(&self, left_out: &[&str]) -> Result<PathBuf, String> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let built = self.hostile()?.join(ABLATED_JAILER);
        let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.folder.join(format!("without-{}", left_out.join("-")));
        let jailer = folder.join("oubliette-jailer");
        if !jailer.exists() {
            make_folder(&folder)?;
            let list = fs::write(folder.join("left-out"), left_out.join("\n"));
            list.and_then(|()| fs::hard_link(&built, &jailer))
                .map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        Ok(jailer)
    }

    /// Removes the folder and everything in it.
    pub fn remove(&self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Makes a folder that everybody may enter.
///
/// # Errors
/// When that fails.
pub fn make_folder(folder: &Path) -> Result<(), String> {
    let told = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(told)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(told)
}

fn copy_product(to: &Path) -> Result<(), String> {
    let from = finished(&[])?;
    make_folder(to)?;
    for name in PRODUCT {
        copy(&from.join(name), &to.join(name))?;
    }
    OWN.iter().try_for_each(|name| copy(&own_folder()?.join(name), &to.join(name)))
}

fn copy_hostile(to: &Path) -> Result<(), String> {
    let from = finished(&FEATURES)?;
    make_folder(to)?;
    copy(&from.join("oubliette"), &to.join("oubliette"))?;
    copy(&from.join("oubliette-jailer"), &to.join("oubliette-jailer"))?;
    copy(&from.join(ABLATED_JAILER), &to.join(ABLATED_JAILER))?;
    copy(&from.join(HOSTILE_GUEST), &to.join("oubliette-guest"))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let copied = fs::copy(from, to).and_then(|_| fs::set_permissions(to, fs::Permissions::from_mode(0o755)));
    copied.map_err(|error| format!("cannot copy {} to {}: {error}", from.display(), to.display()))
}

/// Has cargo finish the binaries, with the profile this test was built with. Without features beyond `features`,
/// and with the same selection of packages each time: so nothing heavy is compiled twice.
fn finished(features: &[&str]) -> Result<PathBuf, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    if let Some(folder) = std::env::var_os(FOLDER_VARIABLE) {
        return Ok(folder.into());
    }
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = own_folder()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--bins"]).args(features).current_dir(workspace());
    // What cargo says of the test's own package makes build scripts that look at it run again, and all behind them.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|it| it.starts_with("CARGO_PKG_") || it.starts_with("CARGO_MANIFEST_")) {
            build.env_remove(name);
        }
    }
    if folder.ends_with("release") {
        build.arg("--release");
    }
    let output = build.output().map_err(|error| format!("cannot start cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("`cargo build` failed:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(folder)
}

/// Where cargo puts binaries: one above the folder of test executables.
fn own_folder() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| format!("cannot find this executable: {error}"))?;
    own.parent()
        .and_then(Path::parent)
        .map(Path::to_path_buf)
        .ok_or_else(|| "this executable has no folder".into())
}
