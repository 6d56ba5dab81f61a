//! What a probe finds.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A probe's finding: whether what it looks for holds, or that it cannot be told, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Absent: it cannot be told.
    pub holds: Option<bool>,
    /// In words and figures.
    pub why: String,
    /// Nobody answered: the time was over, or there was no way. A refusal is an answer.
    pub is_silence: bool,
    /// Whether the page says that it is the asked host's own; absent: there is no page, or a host name was asked.
    pub is_own: Option<bool>,
    /// The NVA that the page says it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<IpAddr>,
}

/// The header of an answer that says which NVA gives it, by its address.
pub const NVA_NAME: &str = "haproxy-rhi-nva";

impl Finding {
    /// A finding with its reason.
    pub fn new(holds: Option<bool>, why: impl Into<String>) -> Self {
        Self {
            holds,
            why: why.into(),
            is_silence: false,
            is_own: None,
            name: None,
        }
    }

    /// Nobody answered, so that it does not hold.
    pub fn silence(why: impl Into<String>) -> Self {
        Self {
            is_silence: true,
            ..Self::new(Some(false), why)
        }
    }

    /// Why a healthy answer may be another host's than the sibling's: an application's page at the wrong port is 200, too.
    pub fn doubt(&self) -> Option<String> {
        if self.holds != Some(true) || self.is_own != Some(false) {
            return None;
        }
        Some(match self.name {
            Some(name) => format!("with the name of {name}"),
            None => format!("without the header {NVA_NAME}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_healthy_answer_that_does_not_name_the_asked_host_is_doubted() {
        let of = |holds, is_own, name: Option<&str>| {
            let finding = Finding {
                is_own,
                name: name.map(|name| name.parse().unwrap()),
                ..Finding::new(holds, "status 200")
            };
            finding.doubt()
        };
        let nameless = "without the header haproxy-rhi-nva";
        assert_eq!(of(Some(true), Some(false), None).unwrap(), nameless);
        let others = "with the name of 192.0.2.1";
        let other = of(Some(true), Some(false), Some("192.0.2.1"));
        assert_eq!(other.unwrap(), others);
        for (holds, is_own) in [
            (Some(true), Some(true)),
            (Some(true), None),
            (Some(false), Some(false)),
            (None, Some(false)),
        ] {
            assert_eq!(of(holds, is_own, None), None, "{holds:?} {is_own:?}");
        }
    }
}
