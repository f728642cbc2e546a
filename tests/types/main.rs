//! The TypeScript that programs and models read of upstream tools: TypeScript's own compiler reads it here.

use oubliette_tests::binaries::{Stage, workspace};
use oubliette_tests::needs::Need;
use oubliette_tests::trials::Trials;
use oubliette_tests::{Failed, Verdict, catalogs, ensure, typescript};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

fn main() -> Result<ExitCode, Failed> {
    let mut trials = Trials::new()?;
    for (name, more, folder) in
        [("sample", None, Ok(catalogs::sample())), ("all", Some(Need::Catalogs), catalogs::folder())]
    {
        let needs = |own: &[Need]| -> Vec<Need> { more.into_iter().chain(own.iter().copied()).collect() };
        let (stage, of) = (trials.stage(), folder.clone());
        trials.once(&format!("{name}/is accepted by tsc --strict"), &needs(&[Need::TypeScript]), move || {
            accepted(&Tree::of(&stage, &of?, &format!("{name}-accepted"))?)
        });
        let stage = trials.stage();
        trials.once(&format!("{name}/is the same in every process"), &needs(&[]), move || {
            let folder = folder?;
            let first = Tree::of(&stage, &folder, &format!("{name}-first"))?;
            same(&first, &Tree::of(&stage, &folder, &format!("{name}-second"))?)
        });
    }
    Ok(trials.run())
}

/// A folder of generated files; removed with the stage.
struct Tree(PathBuf);

impl Tree {
    /// The files of every catalog in `folder`, written by a process of its own.
    fn of(stage: &Stage, folder: &Path, name: &str) -> Result<Self, Failed> {
        let tree = Self(stage.folder().join(name));
        let mut command = Command::new(stage.product()?.join("catalog-files"));
        let written = command.arg(&tree.0).args(catalogs::files(folder)?).output();
        let written = written.map_err(|error| format!("catalog-files: {error}"))?;
        ensure!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
        Ok(tree)
    }
}

#[derive(Debug, Deserialize)]
struct Census {
    files: usize,
    bytes: usize,
    any: usize,
    unknown: usize,
}

fn accepted(tree: &Tree) -> Verdict {
    let begun = Instant::now();
    typescript::check(&tree.0)?;
    let checked = begun.elapsed();
    let census = typescript::script(&workspace().join("tests/types/census.cjs"), &tree.0)?;
    let census: BTreeMap<String, Census> =
        serde_json::from_str(&census).map_err(|error| error.to_string())?;
    for (server, counted) in &census {
        println!("{server}: {} files, {} bytes, {} unknown", counted.files, counted.bytes, counted.unknown);
    }
    println!("checked by tsc in {} ms", checked.as_millis());
    ensure!(census.values().all(|counted| counted.any == 0), "there is an `any`: {census:?}");
    Ok(())
}

/// Two processes have different seeds for their maps.
fn same(first: &Tree, second: &Tree) -> Verdict {
    let differ = Command::new("diff").arg("-rq").args([&first.0, &second.0]).output();
    let differ = differ.map_err(|error| format!("diff: {error}"))?;
    ensure!(differ.status.success(), "{}", String::from_utf8_lossy(&differ.stdout));
    Ok(())
}
