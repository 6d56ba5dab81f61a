//! The world around a program, played in virtual time. Pure, and the same in every run.
//! In come a program's commands and questions, and what happens to the machines.
//! Out go what HAProxy shows, what ExaBGP answers, and what its neighbors hold.
//!
//! [`rehearse`](crate::rehearse) plays an operator's regions with it, the simulator of `tests/` its histories of faults.

pub mod exabgp;
pub mod haproxy;
pub mod queue;
pub mod random;
pub mod waiting;
