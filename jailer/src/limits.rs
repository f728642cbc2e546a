//! Sets the resource limits; soft and hard are the same.

use crate::error::{Taken, advise, at, ensure};
use crate::rootfs::Emptied;
use jail_spec::{Resource, ResourceLimit, Step};
use nix::errno::Errno;
use nix::sys::resource::{Resource as Kernel, getrlimit, setrlimit};

const STEP: Step = Step::Limits;

/// Proof: the limits are set.
pub(crate) struct Limited(());

/// After the root: the mounts need descriptors that RLIMIT_NOFILE forbids. Before the privileges: with none left
/// the kernel would still lower a limit, but a failure could no longer be told from a missing capability.
pub(crate) fn set(_root: Emptied, limits: &[ResourceLimit]) -> Taken<Limited> {
    let mut evidence = Vec::with_capacity(limits.len());
    for limit in limits {
        let (resource, value) = (kernel(limit.resource), limit.value);
        let advice = [(Errno::EPERM, "the supervisor's own hard limit is lower: raise it in its unit")];
        setrlimit(resource, value, value)
            .map_err(|errno| advise(at(STEP, format!("setrlimit({resource:?}, {value})"))(errno), &advice))?;
        let now = getrlimit(resource).map_err(at(STEP, format!("getrlimit({resource:?})")))?;
        ensure(now == (value, value), STEP, format!("getrlimit({resource:?}) = {value}"), now)?;
        evidence.push(format!("{:?} {value}", limit.resource).to_uppercase());
    }
    Ok((Limited(()), evidence.join(", ")))
}

fn kernel(resource: Resource) -> Kernel {
    match resource {
        Resource::As => Kernel::RLIMIT_AS,
        Resource::Core => Kernel::RLIMIT_CORE,
        Resource::Cpu => Kernel::RLIMIT_CPU,
        Resource::Data => Kernel::RLIMIT_DATA,
        Resource::Fsize => Kernel::RLIMIT_FSIZE,
        Resource::Memlock => Kernel::RLIMIT_MEMLOCK,
        Resource::Msgqueue => Kernel::RLIMIT_MSGQUEUE,
        Resource::Nice => Kernel::RLIMIT_NICE,
        Resource::Nofile => Kernel::RLIMIT_NOFILE,
        Resource::Nproc => Kernel::RLIMIT_NPROC,
        Resource::Rtprio => Kernel::RLIMIT_RTPRIO,
        Resource::Sigpending => Kernel::RLIMIT_SIGPENDING,
        Resource::Stack => Kernel::RLIMIT_STACK,
    }
}
