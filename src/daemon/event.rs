//! What the threads report to the loop.

use std::sync::mpsc::SyncSender;

use crate::announce::PipeEvent;
use crate::observe::Sight;
use crate::program::Input;

/// What the threads report.
#[derive(Debug)]
pub(super) enum Event {
    /// Of the watch with this number.
    Sight(u32, Sight),
    Pipe(PipeEvent),
    Signal(i32),
    Input(Box<Input>),
}

/// A reporter that turns what a thread sends into events.
pub(super) fn to<T>(
    sender: &SyncSender<Event>,
    event: impl Fn(T) -> Event + Send + Sync + Clone + 'static,
) -> impl Fn(T) + Send + Sync + Clone + 'static {
    let sender = sender.clone();
    // The loop has ended when nobody receives: then nobody needs to know.
    move |what| drop(sender.send(event(what)))
}
