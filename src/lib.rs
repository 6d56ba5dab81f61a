//! Route health injection for HAProxy, through ExaBGP.
//!
//! ExaBGP runs this program as an `api` process. It watches HAProxy and tells ExaBGP which routes to announce.
//! Data flows one way:
//!
//! ```text
//!                      ┌──────────── program ────────────┐
//! HAProxy ──► observe ─┼─► judge ──► decide ──► announce ─┼─► ExaBGP
//!            (edge in) └─────────────(pure)──────────────┘   (edge out: announce::pipe)
//! ```
//!
//! [`program`] is the whole of what decides: what happened goes in, what is to be done comes out, and time is an argument. It reads no
//! clock, starts no thread, opens no file and logs nothing. [`daemon`] is its edges: the clock, the signals, the files, the threads and
//! one channel. The scenarios and the simulator in `tests/` drive the same struct; [`world`] plays HAProxy and
//! ExaBGP around it.
//!
//! Each room says in its first three lines what it is, what comes in and what goes out. No room uses one of a floor above it, and
//! neither rooms nor files use each other in a circle: `tests/pure.rs` checks all of that.
//!
//! - **Before the flow**: [`config`] is what an operator configured, in the words of [`condition`], [`route`] and [`value`], in a
//!   file or in flags; [`exabgp`] has what can be said to ExaBGP and heard of it; [`cli`] is the command line.
//! - **Observing**: [`observe`] has the threads that look; an [`observation::Observation`] is what they saw, and
//!   `program::sight` says when to look again.
//! - **Judging**: [`verdict`] says whether a condition holds, [`glance`] which level one look speaks for, [`last_resort`] what
//!   follows where none does; [`health`] which [`standing`] is in force, by the looks before it (its table is `health::step`).
//!   [`damping`] keeps back what flaps, [`takeover`] says whether a sibling is silent. [`judge`] has the health of every service,
//!   and tells each [`change`].
//! - **Deciding**: [`drain`] has what operators declare, `program::drains` how far it has come; [`decide`] makes both into
//!   the routes that should be out.
//! - **Telling**: [`announce`] has the dialogue with ExaBGP; [`switch`] sets variables of HAProxy's; [`note`] is what the log
//!   is told. [`report`] is for people and for programs that watch, [`hook`] for programs that are run. A [`mailbox`] lies
//!   between the loop and a thread that is slow.
//!
//! What an operator types stands beside the loop, which never imports it: [`control`] changes HAProxy and declares drains;
//! [`validate`] holds the configuration against exabgp.conf (read by [`exabgp_conf`]), haproxy.cfg (read by
//! [`haproxy_cfg`]), Azure's rules and the running HAProxy; [`verify`] compares what is meant with what Azure's Route Servers
//! learned, which [`azure`] asks them; [`screen`] shows all regions at once; [`init`] and [`import`] make a configuration, which [`install`] writes;
//! [`rehearse`] plays the failures of configured regions before they happen, [`replay`] what a [`record`] has of them after they did.
//!
//! [`failure`] is how each of these commands ends, and the table of exit statuses; [`respawn`] how a process leaves that cannot go on.
//!
//! [`files`] is the one way in which files are opened, read and replaced, [`child`] that in which programs are run; [`place`] says what
//! the files of a running process are called, [`account`] what users and groups are, [`foreign`] how text of others is shown, [`svg`] what pictures are made
//! of. In [`means`] each thread notes whether what it works with works.
//!
//! `src/second_chance/` is a program of its own, `haproxy-rhi-second-chance`: it has the kernel hand packets of live connections
//! to the region that holds them. Nothing here knows of it, but for the file that its heartbeat keeps for [`report::status`].
//!
//! The threads of `run`, by their names. Whatever may block has a thread of its own, so that the loop never blocks:
//!
//! ```text
//! look         polls, probe (one each) ────┐                        ┌─► stdout   ExaBGP's pipe
//! listen       events between polls ───────┤                        │
//! orders       drains that are declared ───┼─► the loop (main) ─────┼─► switch   HAProxy's variables
//! stdin        ExaBGP's answers ───────────┤   program::take        ├─► ledger, recorder, keeper (status, metrics), log
//! signals      SIGTERM, SIGHUP ────────────┘                        ├─► page     this status, in a variable of HAProxy's
//!                                                                   └─► hook     (one each, while it runs)
//! watchdog     ends a process whose loop has not turned for 30 s
//! resolve      asks a name server for a probe that names a host; nobody waits for it beyond the probe's time
//! ```
//!
//! Where something new begins. From there the compiler or a test leads on:
//!
//! | new | begins in | for example |
//! | --- | --- | --- |
//! | a condition | `condition::Condition`; a probe in `condition::probe`, which `observe::probe` runs | `Frontend(FrontendRule)` |
//! | an attribute of a route | `route::Attributes`, and its word in `exabgp::said` and `exabgp::held` | `pub med: Option<Med>` |
//! | a key of config.json | `config::file`, and `config/schema.json`, which `tests/properties` holds against the parser | `pub hold: Span` |
//! | a rule of `validate` | the table in `validate::rule`, and the room that finds it | `NOT_LISTED "EX003" "since 4.2.20 …";` |
//! | a metric | a row of a table in `report::metrics`; rules and dashboard are in `systemd/prometheus` | `Family::gauge("haproxy_rhi_…", …)` |
//! | a command | `cli::Task`, its line in `main.rs`, and a room of its own that has its arguments | `Validate(ValidateTask)` |
//! | a word of ExaBGP's, or a version of it | the table in `exabgp::dialect` | `read_back: "show adj-rib out extensive"` |
//! | a word of HAProxy's | `observation::ServerState`, or `haproxy_cfg::words` | `is("DRAIN")` |
//! | a step of health | the table in `health::step` | `(_, Known(better)) if better < stands => Rise(better)` |
//!
//! Perhaps begin with [`program::Program::take`], then [`health`], then [`announce::Dialogue`], which knows what hurts
//! ExaBGP.

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

/// `Serialize` by `Display`, so that a file is written in the words in which it is read.
macro_rules! as_text {
    ($($name:ident),*) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

// The floors, from the ground up: a room uses those of its own floor and below, and no circle is among them.
// (tests/pure.rs checks it.)

// Floor: the ground.
pub mod account;
pub mod child;
pub mod failure;
pub mod files;
pub mod foreign;
pub mod mailbox;
pub mod means;
pub mod place;
pub mod svg;
pub mod value;

// Floor: the words of the configuration, of routes, of ExaBGP and of HAProxy.
pub mod condition;
pub mod config;
pub mod exabgp;
pub mod exabgp_conf;
pub mod haproxy_cfg;
pub mod route;

// Floor: what decides. Pure.
pub mod observation;

pub mod change;
pub mod damping;
pub mod glance;
pub mod health;
pub mod judge;
pub mod last_resort;
pub mod note;
pub mod standing;
pub mod takeover;
pub mod verdict;

pub mod decide;
pub mod drain;

pub mod announce;
pub mod program;

// Floor: what is played around a program, and what is written of one. Pure.
pub mod record;
pub mod world;

// Floor: the edges, and what is told.
pub mod daemon;
pub mod hook;
pub mod observe;
pub mod report;
pub mod respawn;
pub mod switch;

// Floor: what an operator types.
pub mod azure;
pub mod control;
pub mod import;
pub mod init;
pub mod install;
pub mod rehearse;
pub mod replay;
pub mod screen;
pub mod validate;
pub mod verify;

// Floor: the command line.
pub mod cli;
