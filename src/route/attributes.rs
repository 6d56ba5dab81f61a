//! What a route carries beside its next hop.

use std::cmp::Reverse;

use super::community::{Community, ExtendedCommunity, LargeCommunity};
use super::number::{AsPath, LocalPreference, Med, Origin};
use crate::value::Joined;

/// What a route carries beside its next hop; what is absent is ExaBGP's default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes {
    /// Exactly what the neighbor sees; absent: ExaBGP's `local-as` alone.
    pub as_path: Option<AsPath>,
    /// MULTI_EXIT_DISC.
    pub med: Option<Med>,
    /// LOCAL_PREF.
    pub local_preference: Option<LocalPreference>,
    /// ORIGIN; absent: igp.
    pub origin: Option<Origin>,
    /// Communities of RFC 1997.
    pub community: Vec<Community>,
    /// Communities of RFC 8092.
    pub large_community: Vec<LargeCommunity>,
    /// Communities of RFC 4360.
    pub extended_community: Vec<ExtendedCommunity>,
}

impl Attributes {
    /// Whether routers prefer `other`, by what they compare before they come to addresses (RFC 4271, 9.1.2.2). What a community
    /// means is not known.
    pub fn is_less_preferred_than(&self, other: &Self) -> bool {
        let rank = |of: &Self| {
            let preference = of.local_preference.map_or(100, LocalPreference::get);
            let length = of.as_path.as_ref().map_or(1, AsPath::len);
            let origin = of.origin.unwrap_or(Origin::Igp);
            (
                Reverse(preference),
                length,
                origin,
                of.med.map_or(0, Med::get),
            )
        };
        rank(self) > rank(other)
    }

    /// Whether both have the same communities.
    pub fn has_communities_of(&self, other: &Self) -> bool {
        self.community == other.community
            && self.large_community == other.large_community
            && self.extended_community == other.extended_community
    }

    /// How these differ from those before, in words; absent: not at all. The length of the AS path comes first, as routers compare
    /// it first.
    pub fn difference(&self, before: &Self) -> Option<String> {
        // Without an AS path, ExaBGP sends its own AS number alone.
        let length = |of: &Self| of.as_path.as_ref().map_or(1, AsPath::len);
        match (length(before), length(self)) {
            (was, is) if was < is => Some(format!("with a longer AS path ({is}, was {was})")),
            (was, is) if was > is => Some(format!("with a shorter AS path ({is}, was {was})")),
            _ => {
                let names = self.differing(before).joined(", ");
                (!names.is_empty()).then(|| format!("with another {names}"))
            }
        }
    }

    /// The names of those that differ.
    fn differing(&self, before: &Self) -> impl Iterator<Item = &'static str> {
        [
            ("AS path", self.as_path != before.as_path),
            ("med", self.med != before.med),
            (
                "local preference",
                self.local_preference != before.local_preference,
            ),
            ("origin", self.origin != before.origin),
            ("community", self.community != before.community),
            (
                "large community",
                self.large_community != before.large_community,
            ),
            (
                "extended community",
                self.extended_community != before.extended_community,
            ),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
    }

    /// Whether a router has a reason to prefer `other` to these. What a community means only the peer knows: any other one
    /// is taken as a reason.
    pub fn is_avoided_for(&self, other: &Self) -> bool {
        let length = |of: &Self| of.as_path.as_ref().map_or(1, AsPath::len);
        // What ExaBGP sends to an iBGP neighbor unless said, and what routers take a missing MED for.
        let preference = |of: &Self| of.local_preference.map_or(100, LocalPreference::get);
        let med = |of: &Self| of.med.map_or(0, Med::get);
        length(self) > length(other)
            || preference(self) < preference(other)
            || med(self) > med(other)
            || !self.has_communities_of(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_routers_prefer_is_no_last_resort() {
        let level = Attributes::default();
        let avoided = |last: Attributes| last.is_avoided_for(&level);
        let preference = |value: &str| Attributes {
            local_preference: Some(value.parse().unwrap()),
            ..Attributes::default()
        };
        assert!(!avoided(level.clone()));
        // RFC 4271, 9.1.1: the higher local preference; 9.1.2.2: the lower MED.
        assert!(
            avoided(preference("50")) && !avoided(preference("100")) && !avoided(preference("200"))
        );
        let better = Attributes {
            med: Some("10".parse().unwrap()),
            ..Attributes::default()
        };
        assert!(avoided(better.clone()) && !level.is_avoided_for(&better));
    }
}
