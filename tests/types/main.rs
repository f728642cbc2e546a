//! The TypeScript that programs and models read of upstream tools: TypeScript's own compiler reads it here.

mod arguments;
mod names;
mod random;

use catalog::Catalog;
use oubliette_tests::binaries::{Stage, make_folder, workspace};
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
            accepted(&Tree::of(&stage, &of?, &format!("{name}-accepted"))?, name == "all")
        });
        let of = folder.clone();
        trials
            .once(&format!("{name}/names are reversible and stable"), &needs(&[]), move || names::real(&of?));
        let of = folder.clone();
        trials.once(&format!("{name}/arguments are validated, and examples fit"), &needs(&[]), move || {
            arguments::validated(&of?, name == "all")
        });
        let stage = trials.stage();
        trials.once(&format!("{name}/is the same in every process"), &needs(&[]), move || {
            let folder = folder?;
            let first = Tree::of(&stage, &folder, &format!("{name}-first"))?;
            same(&first, &Tree::of(&stage, &folder, &format!("{name}-second"))?)
        });
    }
    trials.once("hostile names are told apart", &[], names::hostile);
    let stage = trials.stage();
    trials.once("random schemas are accepted by tsc --strict", &[Need::TypeScript], move || {
        let folder = stage.folder().join("random");
        make_folder(&folder)?;
        std::fs::write(folder.join("random.json"), random::catalog()).map_err(|error| error.to_string())?;
        accepted(&Tree::of(&stage, &folder, "random-accepted")?, false)
    });
    Ok(trials.run())
}

/// A folder of generated files; removed with the stage.
struct Tree {
    at: PathBuf,
    /// Of the catalogs that it was made of.
    folder: PathBuf,
}

impl Tree {
    /// The files of every catalog in `folder`, written by a process of its own.
    fn of(stage: &Stage, folder: &Path, name: &str) -> Result<Self, Failed> {
        let tree = Self { at: stage.folder().join(name), folder: folder.to_path_buf() };
        let mut command = Command::new(stage.product()?.join("catalog-files"));
        let written = command.arg(&tree.at).args(catalogs::files(folder)?).output();
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

/// Of real servers there must be room for everything.
fn accepted(tree: &Tree, real: bool) -> Verdict {
    let begun = Instant::now();
    typescript::check(&tree.at)?;
    let checked = begun.elapsed();
    let census = typescript::script(&workspace().join("tests/types/census.cjs"), &tree.at)?;
    let census: BTreeMap<String, Census> =
        serde_json::from_str(&census).map_err(|error| error.to_string())?;
    for file in catalogs::files(&tree.folder)? {
        let name = catalogs::name(&file);
        let catalog = Catalog::build(vec![catalogs::definitions(&file)?]);
        let why = catalog.unknowns(&name).ok_or_else(|| format!("{name} is not there"))?;
        let identifier =
            catalog.servers().first().map(|server| server.identifier.clone()).unwrap_or_default();
        let counted = census.get(&identifier).ok_or_else(|| format!("{identifier} has no files"))?;
        println!(
            "{name}: {} files, {} bytes, {} unknown (unsaid {}, broken {}, cut {})",
            counted.files, counted.bytes, counted.unknown, why.unsaid, why.broken, why.cut
        );
        ensure!(!real || why.cut == 0, "{name}: {} schemas were left out", why.cut);
        let known = why.unsaid + why.broken + why.cut;
        ensure!(
            counted.unknown <= known,
            "{name}: {} unknown, {known} of them with a reason",
            counted.unknown
        );
    }
    println!("checked by tsc in {} ms", checked.as_millis());
    ensure!(census.values().all(|counted| counted.any == 0), "there is an `any`: {census:?}");
    Ok(())
}

/// Two processes have different seeds for their maps.
fn same(first: &Tree, second: &Tree) -> Verdict {
    let differ = Command::new("diff").arg("-rq").args([&first.at, &second.at]).output();
    let differ = differ.map_err(|error| format!("diff: {error}"))?;
    ensure!(differ.status.success(), "{}", String::from_utf8_lossy(&differ.stdout));
    Ok(())
}
