//! Guests: making one, talking to it, and making sure that nothing of it is left.
//!
//! [`jail`] starts the jailer with its one message and waits for the lockdown; [`leaf`] is the cgroup,
//! [`owner`] whose it is, [`remover`] what removes it when we cannot, [`image`] the sealed executable, [`control`] the jailer's socket, [`link`] the guest's,
//! [`posture`] what the kernel says about the finished guest, [`blocker`] what to do when a step fails,
//! [`tier`] how much of all that this host gives.

pub(crate) mod blocker;
mod control;
pub(crate) mod image;
pub(crate) mod jail;
pub(crate) mod leaf;
pub(crate) mod link;
pub(crate) mod owner;
mod posture;
pub(crate) mod remover;
pub(crate) mod tier;
