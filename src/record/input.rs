//! An input of the program, as an item of a line, and back.

use super::mask::masked;
use super::seen::Seen;
use super::shape::{Item, Order};
use crate::config;
use crate::drain::{self, Orders};
use crate::program::Input;

impl Seen {
    /// An input as an item. `text`: the configuration file's. `None`: the result of a probe that no configuration has any more.
    pub(super) fn item(&mut self, input: &Input, text: &str) -> Option<Item> {
        Some(match input {
            Input::Configuration(config) => {
                self.configured(config);
                Item::Configuration(masked(text))
            }
            Input::Orders(orders) => {
                let orders = orders.0.iter();
                let order = |(name, order): (&String, _)| (name.clone(), self.order(order));
                Item::Orders(orders.map(order).collect())
            }
            Input::Watching(watch, result) => Item::Watching(*watch, result.clone()),
            Input::Looked(watch, look) => Item::Looked(self.look(*watch, look)),
            Input::Probed(watch, probe, reading) => {
                Item::Probed(self.probed(*watch, probe, reading)?)
            }
            Input::Heard(message) => Item::Heard(message.clone()),
            Input::Written => Item::Written,
            Input::Kept(number) => Item::Kept(*number),
            Input::Switched(result) => Item::Switched(result.clone()),
            Input::Leave(reason) => Item::Leave(reason.clone()),
        })
    }

    fn order(&self, order: &drain::Order) -> Order {
        Order {
            read: self.time(order.read),
            age: order.age,
            id: order.id.clone(),
            by: order.by.clone(),
            reason: order.reason.clone(),
            force: order.force,
        }
    }

    /// An item as an input.
    pub(super) fn input(&mut self, item: Item) -> Result<Input, String> {
        Ok(match item {
            Item::Configuration(text) => {
                let config = config::parse(&text).map_err(|(line, column, what)| {
                    format!("its configuration, at {line}:{column}: {what}")
                })?;
                self.configured(&config);
                Input::Configuration(Box::new(config))
            }
            Item::Orders(orders) => {
                let order = |(name, order)| Ok((name, self.declared(order)?));
                let orders = orders.into_iter().map(order);
                Input::Orders(Orders(orders.collect::<Result<_, String>>()?))
            }
            Item::Watching(watch, result) => Input::Watching(watch, result),
            Item::Looked(look) => Input::Looked(look.watch, self.looked(look)?),
            Item::Probed(probed) => {
                let watch = probed.watch;
                let (probe, reading) = self.found(probed)?;
                Input::Probed(watch, probe, reading)
            }
            Item::Heard(message) => Input::Heard(message),
            Item::Written => Input::Written,
            Item::Kept(number) => Input::Kept(number),
            Item::Switched(result) => Input::Switched(result),
            Item::Leave(reason) => Input::Leave(reason),
        })
    }

    fn declared(&self, order: Order) -> Result<drain::Order, String> {
        Ok(drain::Order {
            read: self.instant(order.read)?,
            age: order.age,
            id: order.id,
            by: order.by,
            reason: order.reason,
            force: order.force,
        })
    }
}
