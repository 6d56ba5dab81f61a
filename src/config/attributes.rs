//! The keys of the path attributes, which a service and each of its parts may have.

use serde::Deserialize;

use super::fault::{Fault, fault};
use super::locate::Place;
use crate::route::Attributes;

/// A struct that has the keys of the path attributes beside its own. (serde's `flatten` would lose the positions.)
macro_rules! with_attributes {
    ($(#[$meta:meta])* struct $name:ident { $($(#[$field_meta:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$meta])*
        #[expect(missing_docs, reason = "a key means what the field of the same name does in what is made of it")]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $kind,)*
            pub as_path: Option<$crate::route::AsPath>,
            pub med: Option<$crate::route::Med>,
            pub local_preference: Option<$crate::route::LocalPreference>,
            #[serde(default, deserialize_with = "crate::value::object::some_word")]
            pub origin: Option<$crate::route::Origin>,
            pub community: Option<Vec<$crate::route::Community>>,
            pub large_community: Option<Vec<$crate::route::LargeCommunity>>,
            pub extended_community: Option<Vec<$crate::route::ExtendedCommunity>>,
        }

        impl $name {
            /// Its attributes, and the defaults where it has none.
            pub fn attributes(&self, defaults: &$crate::route::Attributes) -> $crate::route::Attributes {
                $crate::route::Attributes {
                    as_path: self.as_path.clone().or_else(|| defaults.as_path.clone()),
                    med: self.med.or(defaults.med),
                    local_preference: self.local_preference.or(defaults.local_preference),
                    origin: self.origin.or(defaults.origin),
                    community: self.community.clone().unwrap_or_else(|| defaults.community.clone()),
                    large_community: self
                        .large_community
                        .clone()
                        .unwrap_or_else(|| defaults.large_community.clone()),
                    extended_community: self
                        .extended_community
                        .clone()
                        .unwrap_or_else(|| defaults.extended_community.clone()),
                }
            }
        }
    };
}

pub(super) use with_attributes;

/// How often to prepend.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "u64")]
pub struct Times(pub u8);

impl TryFrom<u64> for Times {
    type Error = String;

    fn try_from(value: u64) -> Result<Self, String> {
        match u8::try_from(value) {
            Ok(times) if times < u8::MAX => Ok(Self(times)),
            _ => Err(format!("prepend '{value}' is out of range; write 0 to 254")),
        }
    }
}

/// The same attributes with the first AS number so many times more.
pub(super) fn prepended(
    mut attributes: Attributes,
    times: Option<u8>,
    place: &Place,
) -> Result<Attributes, Fault> {
    let Some(times) = times else {
        return Ok(attributes);
    };
    attributes.as_path = match attributes.as_path.map(|path| path.prepended(times)) {
        Some(Ok(path)) => Some(path),
        Some(Err(what)) => return fault(place.clone(), what),
        None => {
            return fault(
                place.clone(),
                "prepend needs an as_path to repeat the first AS number of; add one, such as [65010]",
            );
        }
    };
    Ok(attributes)
}
