//! The contract between the supervisor and the guest: everything that crosses the guest's one socket.
//!
//! Both sides are blocking or asynchronous as they like; this crate holds the bytes' meaning and their bounds.
//! Read it top to bottom: [`frame`] (how bytes become a message), [`envelope`] (JSON-RPC 2.0),
//! [`message`] (methods and what they carry), [`offers`] (what a server has besides tools), [`limits`] (how much of each).
//!
//! The order of a run, seen from the guest:
//!
//! ```text
//! ← guest.prepare   the last filter and the size of the heap; the only frame read before lockdown
//! → guest.ready     locked down; from here on only read, write and exit_group
//! ← run.start       the program
//! → tool.call, server.ask, server.describe, file.read, file.list, file.stat, timer.sleep
//!                   requests, answered in any order
//! → console.write, progress.emit    notifications
//! → run.finished | run.fault                                        the last frame
//! ```

pub mod envelope;
pub mod frame;
pub mod limits;
pub mod message;
pub mod offers;

/// Changes whenever a frame of one side would be misread by the other.
pub const VERSION: u32 = 1;

/// The number of the guest's one descriptor: its end of the socketpair. The last filter names it too.
pub const SOCKET_NUMBER: i32 = 3;

/// Exit status of a guest that sent its last frame.
pub const EXIT_DONE: i32 = 0;
/// Exit status after a [`message::Fault`].
pub const EXIT_FAULT: i32 = 77;
/// Exit status when the socket closed or carried nonsense.
pub const EXIT_LINK: i32 = 78;
