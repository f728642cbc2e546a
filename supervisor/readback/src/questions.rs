//! Everything a guest is ever asked in its own name. Each call is one the kernel refuses, or one that only reads.

use crate::stopped::Stopped;
use crate::{Answers, Refusal};

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn ask(_stopped: &mut Stopped) -> Result<Answers, Refusal> {
    Err(Refusal::new("a call in the guest's name", "not built for this architecture", "an x86-64 host"))
}

#[cfg(target_arch = "x86_64")]
pub(crate) use of_x86_64::ask;

#[cfg(target_arch = "x86_64")]
mod of_x86_64 {
    use super::{Answers, Refusal, Stopped};
    use crate::Answer;
    use crate::borrowed::{Borrowed, int};
    use crate::strangers::{Listener, Stillborn, innermost_number};
    use nix::errno::Errno;
    use nix::libc::{self, c_int};

    /// RFC 5737, and the limited broadcast address; in network order.
    const NOBODYS_ADDRESS: [u8; 4] = [192, 0, 2, 1];
    const BROADCAST_ADDRESS: [u8; 4] = [255; 4];
    /// Not privileged, so that only Landlock can answer EACCES.
    const PORT: u16 = u16::MAX;

    /// Members of `struct utsname` have 65 bytes each; the host's name is the second.
    const NAME_BYTES: usize = 65;

    pub(crate) fn ask(stopped: &mut Stopped) -> Result<Answers, Refusal> {
        let pid = stopped.pid();
        let number = innermost_number(pid)?;
        let listener = Listener::beside(pid);
        let stillborn = Stillborn::beside(pid);
        let mut guest = Borrowed::new(stopped)?;
        let itself = guest.call(libc::SYS_gettid, [0; 5])?;
        if itself != Ok(u64::from(number)) {
            return Err(Refusal::new("gettid()", format!("{itself:?} where {number} was expected"), ""));
        }
        Ok(Answers {
            read_dir: read_dir(&mut guest)?,
            bind_tcp: with_socket(&mut guest, libc::AF_INET, libc::SYS_bind, &internet(NOBODYS_ADDRESS))?,
            connect_tcp: with_socket(
                &mut guest,
                libc::AF_INET,
                libc::SYS_connect,
                &internet(BROADCAST_ADDRESS),
            )?,
            abstract_unix_socket: listener.and_then(|listener| {
                with_socket(&mut guest, libc::AF_UNIX, libc::SYS_connect, &abstract_name(&listener.name))
            }),
            signal: stillborn.and_then(|stillborn| {
                guest.call(libc::SYS_kill, [u64::from(stillborn.number()?), 0, 0, 0, 0])
            }),
            securebits: guest.call(libc::SYS_prctl, [int(libc::PR_GET_SECUREBITS), 0, 0, 0, 0])?,
            mdwe: guest.call(libc::SYS_prctl, [int(libc::PR_GET_MDWE), 0, 0, 0, 0])?,
            death_signal: death_signal(&mut guest)?,
            dumpable: guest.call(libc::SYS_prctl, [int(libc::PR_GET_DUMPABLE), 0, 0, 0, 0])?,
            host_name: host_name(&mut guest)?,
        })
    }

    fn read_dir(guest: &mut Borrowed<'_>) -> Result<Answer, Refusal> {
        let path = guest.lend(b"/\0")?;
        let flags = int(libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC);
        let opened = guest.call(libc::SYS_openat, [int(libc::AT_FDCWD), path, flags, 0, 0])?;
        close(guest, opened)?;
        Ok(opened)
    }

    /// What `call` answers about this address, on a socket that is closed again.
    fn with_socket(
        guest: &mut Borrowed<'_>,
        family: c_int,
        call: i64,
        address: &[u8],
    ) -> Result<Answer, Refusal> {
        let kind = int(libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK);
        let socket = guest.call(libc::SYS_socket, [int(family), kind, 0, 0, 0])?;
        let Ok(number) = socket else {
            return Err(Refusal::new(
                format!("socket({family})"),
                format!("{socket:?} in the guest's name"),
                "",
            ));
        };
        let at = guest.lend(address)?;
        let answer = guest.call(call, [number, at, address.len() as u64, 0, 0])?;
        close(guest, socket)?;
        Ok(answer)
    }

    fn close(guest: &mut Borrowed<'_>, opened: Answer) -> Result<(), Refusal> {
        let Ok(number) = opened else { return Ok(()) };
        let closed = guest.call(libc::SYS_close, [number, 0, 0, 0, 0])?;
        closed.map(drop).map_err(|errno| Refusal::new(format!("close({number})"), errno, ""))
    }

    fn death_signal(guest: &mut Borrowed<'_>) -> Result<Answer, Refusal> {
        let at = guest.lend(&[0; size_of::<c_int>()])?;
        let answer = guest.call(libc::SYS_prctl, [int(libc::PR_GET_PDEATHSIG), at, 0, 0, 0])?;
        let [a, b, c, d, ..] = guest.lent()?;
        Ok(answer.map(|_| u64::from(u32::from_ne_bytes([a, b, c, d]))))
    }

    fn host_name(guest: &mut Borrowed<'_>) -> Result<Result<String, Errno>, Refusal> {
        let at = guest.lend(&[0])?;
        let answer = guest.call(libc::SYS_uname, [at, 0, 0, 0, 0])?;
        let told = guest.lent()?;
        let name = told.iter().skip(NAME_BYTES).take(NAME_BYTES).take_while(|byte| **byte != 0).copied();
        Ok(answer.map(|_| String::from_utf8_lossy(&name.collect::<Vec<u8>>()).into_owned()))
    }

    /// `struct sockaddr_in`.
    fn internet(address: [u8; 4]) -> Vec<u8> {
        [&family(libc::AF_INET)[..], &PORT.to_be_bytes(), &address, &[0; 8]].concat()
    }

    /// `struct sockaddr_un` with an abstract name (unix(7)).
    fn abstract_name(name: &[u8]) -> Vec<u8> {
        [&family(libc::AF_UNIX)[..], &[0], name].concat()
    }

    fn family(family: c_int) -> [u8; 2] {
        libc::sa_family_t::try_from(family).unwrap_or_default().to_ne_bytes()
    }
}
