//! What the threads report to the loop.

use std::sync::mpsc;

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

/// The way to the loop. Boxed, since the channel reserves room for all its events at the start.
pub(super) type Sender = mpsc::SyncSender<Box<Event>>;

/// A reporter that turns what a thread sends into events.
pub(super) fn to<T>(
    sender: &Sender,
    event: impl Fn(T) -> Event + Send + Sync + Clone + 'static,
) -> impl Fn(T) + Send + Sync + Clone + 'static {
    let sender = sender.clone();
    // Sending fails only once the loop has ended.
    move |what| drop(sender.send(Box::new(event(what))))
}
