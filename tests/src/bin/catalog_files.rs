//! Writes every file that a program sees of the servers in some catalogs: `catalog-files INTO CATALOG…`.

use catalog::Catalog;
use oubliette_tests::catalogs;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(into) = arguments.next() else {
        eprintln!("usage: catalog-files INTO CATALOG…");
        return ExitCode::from(2);
    };
    let servers: Result<Vec<_>, _> = arguments.map(|file| catalogs::definitions(Path::new(&file))).collect();
    match servers.and_then(|servers| write(&Catalog::build(servers), Path::new(&into), "/servers")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn write(catalog: &Catalog, into: &Path, folder: &str) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| format!("{folder}: {error}");
    fs::create_dir_all(into.join(&folder[1..])).map_err(|error| told(&error))?;
    for entry in catalog.list(folder).map_err(|error| told(&error))? {
        let path = format!("{folder}/{}", entry.name);
        if entry.directory {
            write(catalog, into, &path)?;
            continue;
        }
        let text = catalog.read(&path).map_err(|error| told(&error))?;
        fs::write(into.join(&path[1..]), text).map_err(|error| told(&error))?;
    }
    Ok(())
}
