//! A frame is a length, then that many bytes of JSON.
//!
//! Towards the guest the length is followed by the clock: the guest has no other. Lengths and the clock are
//! little-endian. A length is checked against its bound before any memory is taken.

/// Bytes before the payload of a frame to the supervisor: the length.
pub const TO_SUPERVISOR_HEADER: usize = 4;
/// Bytes before the payload of a frame to the guest: the length, then the clock.
pub const TO_GUEST_HEADER: usize = 12;

/// Longest payload the supervisor takes from a guest: the largest value, escaped, with room for its envelope.
pub const MAX_TO_SUPERVISOR: usize = 8 * 1024 * 1024;
/// Longest payload a guest is sent: the largest tool result with room for its envelope.
pub const MAX_TO_GUEST: usize = 65 * 1024 * 1024;

/// A length outside its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameTooLong {
    /// The length that the header claims, in bytes.
    pub claimed: usize,
    /// The bound it breaks, in bytes.
    pub bound: usize,
}

impl std::fmt::Display for FrameTooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a frame of {} bytes where at most {} are allowed", self.claimed, self.bound)
    }
}

impl std::error::Error for FrameTooLong {}

/// The header of a frame to the supervisor.
///
/// # Errors
/// When the payload is longer than [`MAX_TO_SUPERVISOR`].
pub fn to_supervisor(payload: &[u8]) -> Result<[u8; TO_SUPERVISOR_HEADER], FrameTooLong> {
    length(payload.len(), MAX_TO_SUPERVISOR).map(u32::to_le_bytes)
}

/// The payload's length, from the header of a frame to the supervisor.
///
/// # Errors
/// When it is zero or longer than [`MAX_TO_SUPERVISOR`].
pub fn from_guest(header: [u8; TO_SUPERVISOR_HEADER]) -> Result<usize, FrameTooLong> {
    length(u32::from_le_bytes(header) as usize, MAX_TO_SUPERVISOR).map(|n| n as usize)
}

/// The header of a frame to the guest. `clock_us` is the wall clock in microseconds since the Unix epoch.
///
/// # Errors
/// When the payload is longer than [`MAX_TO_GUEST`].
pub fn to_guest(payload: &[u8], clock_us: u64) -> Result<[u8; TO_GUEST_HEADER], FrameTooLong> {
    let [a, b, c, d] = length(payload.len(), MAX_TO_GUEST)?.to_le_bytes();
    let [e, f, g, h, i, j, k, l] = clock_us.to_le_bytes();
    Ok([a, b, c, d, e, f, g, h, i, j, k, l])
}

/// The payload's length and the clock in microseconds, from the header of a frame to the guest.
///
/// # Errors
/// When the length is zero or over [`MAX_TO_GUEST`].
pub fn from_supervisor(header: [u8; TO_GUEST_HEADER]) -> Result<(usize, u64), FrameTooLong> {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = header;
    let payload = length(u32::from_le_bytes([a, b, c, d]) as usize, MAX_TO_GUEST)? as usize;
    Ok((payload, u64::from_le_bytes([e, f, g, h, i, j, k, l])))
}

fn length(claimed: usize, bound: usize) -> Result<u32, FrameTooLong> {
    match u32::try_from(claimed) {
        Ok(length) if length > 0 && claimed <= bound => Ok(length),
        _ => Err(FrameTooLong { claimed, bound }),
    }
}
