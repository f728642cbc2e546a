//! Layer `image`: it runs the installed guest, from sealed memory that nobody can exchange or read.

use super::process::Process;
use super::row::{Found, Row, Rows, Unproven};
use crate::guest::image::{self, ImageError};
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use std::fs::File;
use std::path::Path;

const SOURCE: &str = "/proc/PID/exe";
const MAPS: &str = "/proc/PID/maps";

pub(crate) fn rows(guest: &Process, installed: &Path) -> Vec<Row> {
    let mut rows = Rows::of("image");
    rows.equal("executable", "/memfd:oubliette-guest (deleted)", guest.link("exe"), SOURCE);
    let digest = digest_of(installed).unwrap_or_else(|unproven| unproven.why);
    rows.equal("sha256, the installed guest's", digest, digest_of(&guest.path("exe")), SOURCE);
    rows.equal("seals", "seal shrink grow write", seals(guest), "fcntl(exe, F_GET_SEALS)");
    let mappings = guest.read("maps");
    let executable = mappings.clone().map(|maps| names(&maps, |rights| rights.contains('x')));
    rows.equal("memory that can be executed", "/memfd:oubliette-guest [vdso]", executable, MAPS);
    let both = mappings.map(|maps| names(&maps, |rights| rights.contains('x') && rights.contains('w')));
    rows.equal("memory that can be written and executed", "", both, MAPS);
    rows.rows
}

/// The names of mappings with such rights, each once. The page of `vsyscall` is in every process or in none.
fn names(maps: &str, have: impl Fn(&str) -> bool) -> String {
    let mut names: Vec<&str> = Vec::new();
    for line in maps.lines() {
        // RANGE RIGHTS OFFSET DEVICE INODE NAME (proc_pid_maps(5)).
        let mut words = line.split_whitespace().skip(1);
        let (rights, name) = (words.next().unwrap_or_default(), words.nth(3).unwrap_or("without a name"));
        if have(rights) && name != "[vsyscall]" {
            names.push(name);
        }
    }
    names.sort_unstable();
    names.dedup();
    names.join(" ")
}

/// SHA-256 of an executable.
pub(crate) fn digest_of(path: &Path) -> Found {
    image::digest(path).map_err(|error| Unproven {
        why: match error {
            ImageError::Unreadable { path, cause } => format!("{}: {cause}", path.display()),
            other => other.to_string(),
        },
        needs: NEEDS.into(),
    })
}

const NEEDS: &str = "root: who may execute it may not read it";

fn seals(guest: &Process) -> Found {
    let file = File::open(guest.path("exe")).map_err(|error| Unproven {
        why: format!("{}: {error}", guest.path("exe").display()),
        needs: NEEDS.into(),
    })?;
    let bits = fcntl(&file, FcntlArg::F_GET_SEALS).map_err(|error| guest.unproven("exe", &error.into()))?;
    let names = [
        (SealFlag::F_SEAL_SEAL, "seal"),
        (SealFlag::F_SEAL_SHRINK, "shrink"),
        (SealFlag::F_SEAL_GROW, "grow"),
        (SealFlag::F_SEAL_WRITE, "write"),
    ];
    let set = SealFlag::from_bits_retain(bits);
    let named: Vec<&str> =
        names.iter().filter(|(seal, _)| set.contains(*seal)).map(|(_, name)| *name).collect();
    Ok(named.join(" "))
}
