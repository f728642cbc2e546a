//! The guest's executable, copied once into sealed memory.
//!
//! Every guest is executed from the same descriptor: nobody can exchange the file between two runs, and the
//! jail needs no file in its root. Executing it asks no Landlock right, because a memfd is on no mount.

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// Largest guest executable, bytes. An unstripped one is about 150 MB.
const MAX_IMAGE_BYTES: u64 = 512 << 20;

/// How often sealing is tried. The kernel waits up to 150 ms for whoever else looks at the pages just then (reclaim,
/// DAMON) and gives up with EBUSY (`memfd_wait_for_pins`, mm/memfd.c); nobody looks for long.
const SEAL_TRIES: u32 = 20;

/// The segment that names a loader (elf(5)).
const PT_INTERP: u32 = 3;

/// "May be executed", said aloud: vm.memfd_noexec = 1 takes it from whoever does not (memfd_create(2), Linux 6.3).
const MFD_EXEC: MFdFlags = MFdFlags::from_bits_retain(0x10);

/// A guest executable that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageError {
    /// It, or the jailer, cannot be read or started.
    #[error("{path} cannot be used: {cause}. Build all three binaries with `cargo build`, or reinstall")]
    Unreadable { path: PathBuf, cause: std::io::Error },
    /// A part is missing, or it is something else.
    #[error(
        "the guest executable {0} is damaged: it is no whole 64-bit ELF program. Build it again, or reinstall"
    )]
    Damaged(PathBuf),
    /// It asks for a loader, and there is none in an empty root.
    #[error(
        "the guest executable {0} is not statically linked. Build with the flags of .cargo/config.toml; a RUSTFLAGS \
         variable in the environment replaces them"
    )]
    NotStatic(PathBuf),
    /// The kernel did not give us sealed memory.
    #[error(
        "the guest executable cannot be copied into sealed memory: {0}. A seccomp filter or a security module around \
         this process must allow memfd_create(2) and its seals"
    )]
    Unsealed(std::io::Error),
}

/// A sealed copy, and what identifies it.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) descriptor: OwnedFd,
    /// Hex SHA-256 of the file.
    pub(crate) digest: String,
}

/// Reads, checks, copies and seals.
pub(crate) fn load(path: &Path) -> Result<Image, ImageError> {
    let bytes = read(path)?;
    let descriptor = seal(&bytes).map_err(ImageError::Unsealed)?;
    Ok(Image { descriptor, digest: hex(&Sha256::digest(&bytes)) })
}

/// Hex SHA-256 of what [`load`] would load.
pub(crate) fn digest(path: &Path) -> Result<String, ImageError> {
    Ok(hex(&Sha256::digest(read(path)?)))
}

fn read(path: &Path) -> Result<Vec<u8>, ImageError> {
    let unreadable = |cause| ImageError::Unreadable { path: path.to_path_buf(), cause };
    if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_IMAGE_BYTES {
        return Err(unreadable(std::io::Error::other(format!("larger than {MAX_IMAGE_BYTES} bytes"))));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let segments = segments(&bytes).ok_or_else(|| ImageError::Damaged(path.to_path_buf()))?;
    if segments.contains(&PT_INTERP) {
        return Err(ImageError::NotStatic(path.to_path_buf()));
    }
    Ok(bytes)
}

fn seal(bytes: &[u8]) -> std::io::Result<OwnedFd> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let create = |flags| memfd_create(c"oubliette-guest", flags);
    // Kernels before 6.3 do not know the flag, and need none.
    let mut file = std::fs::File::from(create(flags | MFD_EXEC).or_else(|_| create(flags))?);
    file.write_all(bytes)?;
    let seals =
        SealFlag::F_SEAL_SEAL | SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_WRITE;
    let mut tries = 1;
    loop {
        match fcntl(&file, FcntlArg::F_ADD_SEALS(seals)) {
            Err(nix::errno::Errno::EBUSY) if tries < SEAL_TRIES => tries += 1,
            sealed => {
                sealed?;
                return Ok(file.into());
            }
        }
    }
}

/// The types of the segments of a 64-bit ELF file (elf(5)); nothing when one of them is not in it as a whole.
fn segments(elf: &[u8]) -> Option<Vec<u32>> {
    const CLASS_64: &[u8] = b"\x7fELF\x02";
    let u16_at = |at: usize| elf.get(at..at + 2).and_then(|b| b.try_into().ok()).map(u16::from_le_bytes);
    let u32_at =
        |at: usize| elf.get(at..at.checked_add(4)?).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let u64_at =
        |at: usize| elf.get(at..at.checked_add(8)?).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
    let (table, size, count) = (u64_at(32)?, usize::from(u16_at(54)?), usize::from(u16_at(56)?));
    let table = usize::try_from(table).ok().filter(|_| elf.starts_with(CLASS_64) && count > 0)?;
    let segment = |n: usize| {
        let header = table.checked_add(n * size)?;
        let end = u64_at(header.checked_add(8)?)?.checked_add(u64_at(header.checked_add(32)?)?)?;
        elf.get(..usize::try_from(end).ok()?).and(u32_at(header))
    };
    (0..count).map(segment).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{PT_INTERP, segments};

    #[test]
    fn a_whole_program_is_told_from_a_part_of_one() {
        let whole = std::fs::read("/proc/self/exe").unwrap();
        let found = segments(&whole).unwrap();
        assert!(found.len() > 2 && !found.contains(&PT_INTERP), "{found:?}");
        for length in [0, 4, 30, 64, 4096, 100_000] {
            assert_eq!(segments(&whole[..length]), None, "{length} bytes of it");
        }
        assert_eq!(segments(b"#!/bin/sh\nexec something else, and some more words of it\n"), None);
    }
}
