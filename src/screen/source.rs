//! Where an NVA's status is: `NAME=SOURCE` of the command line.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::condition::Url;
use crate::config::Name;

/// An NVA's status, and the region that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The region.
    pub region: String,
    /// Where the status is.
    pub place: Place,
}

/// Where a status is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A process's status file.
    File(PathBuf),
    /// The page of its HAProxy.
    Page(Url),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Page(url) => f.write_str(url.as_str()),
        }
    }
}

impl Place {
    /// The word for a source without a status.
    pub fn silent(&self) -> &'static str {
        match self {
            Self::File(_) => "unreadable",
            Self::Page(_) => "unreachable",
        }
    }
}

const SHAPE: &str = "write NAME=SOURCE, such as north=http://172.16.156.70/haproxy-rhi-status, or the path of a status file";

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, place) = text
            .split_once('=')
            .filter(|(name, _)| !name.contains('/'))
            .ok_or_else(|| format!("'{text}' has no region's name before it; {SHAPE}"))?;
        let Name(region) = name.parse()?;
        Ok(Self {
            region,
            place: place.parse()?,
        })
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains("://") {
            return text.parse().map(Self::Page);
        }
        if text.contains('/') || text.ends_with(".json") {
            return Ok(Self::File(text.into()));
        }
        Err(match text {
            "" => format!("no source follows the region's name; {SHAPE}"),
            _ => format!("'{text}' is neither a URL of http:// nor a path; {SHAPE}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_file_or_a_page_with_a_name_before_it() {
        let of = |text: &str| text.parse::<Source>();
        let file = of("north=/run/x.status.json").unwrap();
        assert_eq!(file.place, Place::File("/run/x.status.json".into()));
        assert_eq!(of("west=we.json").unwrap().place.to_string(), "we.json");
        let page = of("north=http://192.0.2.1/status?a=b").unwrap();
        assert_eq!(
            (page.region.as_str(), page.place.to_string().as_str()),
            ("north", "http://192.0.2.1/status?a=b")
        );
        for (text, why) in [
            ("http://192.0.2.1/a=b", "has no region's name before it"),
            ("/run/x.status.json", "has no region's name before it"),
            ("north", "has no region's name before it"),
            ("north=", "no source follows"),
            ("north=172.16.156.70", "neither a URL of http:// nor a path"),
            ("north=ftp://192.0.2.1/", "does not begin with http://"),
            ("north=http://a@192.0.2.1/", "has a user in it"),
            ("north=http://192.0.2.1:0/", "its port is no number"),
            ("no\u{1b}rth=/run/x", "is not usable"),
            ("=/run/x", "is not usable"),
        ] {
            let error = of(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
