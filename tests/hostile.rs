//! The real binary between a hostile HAProxy and a hostile ExaBGP: whatever they say, nothing is announced by it, it
//! neither leaves nor grows, and once they are sane it does its work.
//!
//! Pipes stand in ExaBGP's place, a socket that the test answers in HAProxy's. No root, no network but loopback.

#![cfg(test)]

#[path = "hostile/configuration.rs"]
mod configuration;
#[path = "hostile/dialogue.rs"]
mod dialogue;
#[path = "hostile/events.rs"]
mod events;
#[path = "hostile/exabgp.rs"]
mod exabgp;
#[path = "hostile/faults.rs"]
mod faults;
#[path = "hostile/haproxy.rs"]
mod haproxy;
#[path = "hostile/messages.rs"]
mod messages;
#[path = "hostile/page.rs"]
mod page;
#[path = "hostile/screen.rs"]
mod screen;
#[path = "hostile/socket.rs"]
mod socket;
#[path = "hostile/wait.rs"]
mod wait;
