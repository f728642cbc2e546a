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

/// "May be executed", said aloud: vm.memfd_noexec = 1 takes it from whoever does not (memfd_create(2), Linux 6.3).
const MFD_EXEC: MFdFlags = MFdFlags::from_bits_retain(0x10);

/// A guest executable that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageError {
    /// It cannot be read.
    #[error(
        "the guest executable {path}: {cause}. Build all three binaries with `cargo build`, or reinstall"
    )]
    Unreadable { path: PathBuf, cause: std::io::Error },
    /// It asks for a loader, and there is none in an empty root.
    #[error(
        "the guest executable {0} is not statically linked. Build with the flags of .cargo/config.toml; a RUSTFLAGS \
         variable in the environment replaces them"
    )]
    NotStatic(PathBuf),
    /// The kernel did not give us sealed memory.
    #[error("the guest executable cannot be copied into sealed memory: {0}")]
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
    if asks_for_loader(&bytes) {
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

/// Whether a 64-bit ELF file has a `PT_INTERP` program header (elf(5)).
fn asks_for_loader(elf: &[u8]) -> bool {
    const PT_INTERP: u32 = 3;
    let u16_at = |at: usize| elf.get(at..at + 2).and_then(|b| b.try_into().ok()).map(u16::from_le_bytes);
    let u32_at = |at: usize| elf.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let u64_at = |at: usize| elf.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
    let (Some(table), Some(size), Some(count)) = (u64_at(32), u16_at(54), u16_at(56)) else { return true };
    let Ok(table) = usize::try_from(table) else { return true };
    (0..usize::from(count)).any(|n| u32_at(table + n * usize::from(size)) == Some(PT_INTERP))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
