//! Connections that outlive a move of their route: the two regions with the repository's files and the second chance switched
//! on, under load, and what becomes of connections and requests that are never tried again.

#![cfg(test)]

mod attacks;
mod boot;
mod by_hand;
mod checks;
mod corners;
mod files;
#[path = "../regions/four.rs"]
mod four;
mod local_users;
mod made;
mod moves;
mod nvas;
mod pair;
mod reloading;
mod switching;
mod transfers;
mod two_nvas;
mod waiting;
