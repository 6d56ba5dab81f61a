//! The world around a program, played in virtual time: HAProxy, ExaBGP with its sessions, dice. Pure.
//! In come what is done to them, and what a program says.
//! Out goes what they answer and send, the same in every run.
//!
//! [`rehearse`](crate::rehearse) plays an operator's regions with it, the simulator of `tests/` its histories of faults.

pub mod exabgp;
pub mod haproxy;
pub mod queue;
pub mod random;
pub mod waiting;
