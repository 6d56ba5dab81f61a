//! Resource IDs: what Azure calls a thing.

use std::fmt;
use std::str::FromStr;

/// A resource's ID, such as `/subscriptions/…/resourceGroups/…/providers/Microsoft.Network/virtualHubs/hub-rs`. Only letters
/// and digits, of any alphabet, and what names may have besides: it becomes a part of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceId(String);

/// Octets. Names have at most 90 letters, so no resource's ID is longer.
const LONGEST: usize = 1024;

impl ResourceId {
    /// The resource's own name.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The path of a URL, percent-encoded outside ASCII (RFC 3986, section 2.5). `path`: an ID, or a path below one.
    pub fn in_url(path: &str) -> String {
        let octet = |byte: u8| match byte.is_ascii() {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        };
        path.bytes().map(octet).collect()
    }

    /// A resource below it.
    pub fn below(&self, kind: &str, name: &str) -> Result<Self, String> {
        format!("{}/{kind}/{name}", self.0).parse()
    }

    /// Parses an ID of a kind such as `virtualHubs`, in any case, as Azure does.
    pub fn of_kind(text: &str, kind: &str) -> Result<Self, String> {
        let id: Self = text.parse()?;
        let is = id.0.rsplit('/').nth(1).unwrap_or_default();
        match is.eq_ignore_ascii_case(kind) {
            true => Ok(id),
            false => Err(format!(
                "'{text}' is another kind of resource: the ID ends in /{kind}/NAME"
            )),
        }
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ResourceId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_plain = |c: char| c.is_alphanumeric() || "/._-()".contains(c);
        let parts: Vec<&str> = text.split('/').collect();
        let is_one = match parts.as_slice() {
            ["", subscriptions, _, groups, _, providers, _, kinds @ ..] => {
                subscriptions.eq_ignore_ascii_case("subscriptions")
                    && groups.eq_ignore_ascii_case("resourceGroups")
                    && providers.eq_ignore_ascii_case("providers")
                    && !kinds.is_empty()
                    && kinds.len() % 2 == 0
            }
            _ => false,
        };
        let is_empty = |part: &&str| matches!(*part, "" | "." | "..");
        if !is_one
            || text.len() > LONGEST
            || !text.chars().all(is_plain)
            || parts.iter().skip(1).any(is_empty)
        {
            return Err(format!(
                "'{}' is not a resource ID; write it as Azure shows it, such as \
                 /subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Network/virtualHubs/NAME",
                text.escape_debug()
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUB: &str =
        "/subscriptions/s-1/resourceGroups/lab/providers/Microsoft.Network/virtualHubs/hub-rs";

    #[test]
    fn an_id_names_a_resource_and_nothing_else() {
        let id: ResourceId = HUB.parse().unwrap();
        assert_eq!(id.name(), "hub-rs");
        assert!(ResourceId::of_kind(HUB, "VirtualHubs").is_ok());
        assert!(ResourceId::of_kind(HUB, "networkInterfaces").is_err());
        assert_eq!(
            id.below("bgpConnections", "nva").unwrap().to_string(),
            format!("{HUB}/bgpConnections/nva")
        );
        assert!(id.below("bgpConnections", "a?b").is_err());
        let other = HUB.replace("lab", "netz-süd");
        assert!(other.parse::<ResourceId>().is_ok());
        assert!(ResourceId::in_url(&other).contains("/netz-s%C3%BCd/"));
        for text in [
            "",
            "hub-rs",
            "/subscriptions/s/resourceGroups/g\u{202e}/providers/M/virtualHubs/x",
            "/subscriptions/s/resourceGroups/g",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualHubs",
            "/subscriptions/s/resourceGroups/../providers/Microsoft.Network/virtualHubs/x",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualHubs/x?a=b",
            "/subscriptions/s/resourceGroups//providers/Microsoft.Network/virtualHubs/x",
            "https://evil.example/subscriptions/s/resourceGroups/g/providers/M/virtualHubs/x",
        ] {
            assert!(text.parse::<ResourceId>().is_err(), "{text}");
        }
    }
}
