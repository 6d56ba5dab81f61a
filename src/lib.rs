//! Route health injection for HAProxy, through ExaBGP.
//!
//! ExaBGP runs this program as an `api` process. It watches HAProxy and tells ExaBGP which routes to announce.
//! Data flows one way, and the modules below stand in its order:
//!
//! ```text
//! HAProxy ──► observe ──► judge ──► decide ──► announce ──► ExaBGP
//!             (edge in)   (pure)    (pure)     (edge out)
//! ```
//!
//! A folder at an end of the flow touches the world; what lies between is pure, and time is an argument. Each
//! arrow is one type: [`observation::Observation`], [`health::Health`], [`decide::Desired`]. [`daemon`] is the loop
//! that drives them: observe, judge, decide, reconcile. Shutdown is reconciling with nothing; saying everything
//! again is forgetting what was told. An operator's wish joins between judge and decide: [`drain`], whose only other
//! effect is a variable of HAProxy's ([`switch`]). What is told of all this, to people and programs, is in [`report`] and
//! [`hook`]; what an operator types to change HAProxy or to declare a drain, in [`control`], which the loop never imports.
//!
//! Rooms of their own, too, have the commands before and after a move: [`validate`] (the configuration, exabgp.conf by
//! [`exabgp_conf`], Azure's rules, the running HAProxy), [`verify`] (what Azure's Route Servers learned), [`import`] and [`init`].
//!
//! Beside the flow stands [`second_chance`], which has the kernel hand packets of live connections to the region that holds
//! them; it shares words with the rest, and nothing else.
//!
//! Perhaps begin with [`daemon`], then [`health`], then [`announce::Dialogue`], which knows what hurts ExaBGP.

/// `TryFrom<String>` by `FromStr`, so that a value is read from a flag and from the file by the same code.
macro_rules! from_text {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }
    )*};
}

pub mod cli;

pub mod condition;
pub mod config;
pub mod route;

pub mod observe;

pub mod observation;

pub mod verdict;

pub mod glance;

pub mod damping;

pub mod change;
pub mod health;

pub mod judge;

pub mod drain;

pub mod decide;

pub mod announce;

pub mod switch;

pub mod daemon;

pub mod report;

pub mod mailbox;

pub mod hook;

pub mod control;

pub mod second_chance;

pub mod exabgp_conf;

pub mod validate;

pub mod verify;

pub mod install;

pub mod import;

pub mod init;
