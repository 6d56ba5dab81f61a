//! A row of a BIRD's routing table.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use anyhow::{Context, Result};

/// One route of a table, as `show route … all` prints it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableRow {
    /// The prefix.
    pub prefix: String,
    /// The session that it came by: `nva` at a Route Server, `ne_rs4`, `ne_rs5`, `we_rs4`, `we_rs5` at the MSEE.
    pub session: String,
    /// The neighbor that announced it.
    pub from: Option<Ipv4Addr>,
    /// The next hop that was announced.
    pub next_hop: Option<IpAddr>,
    /// The AS path.
    pub as_path: Vec<u32>,
    /// `IGP`, `EGP` or `Incomplete`.
    pub origin: String,
    /// The MED, if there is one.
    pub med: Option<u32>,
    /// The communities.
    pub communities: Vec<(u16, u16)>,
    /// The large communities.
    pub large_communities: Vec<(u32, u32, u32)>,
    /// The extended communities, as BIRD writes them.
    pub extended_communities: String,
    /// Whether it is the one in use.
    pub best: bool,
}

/// As the documentation shows a row: next hop, with a star at the best, and AS path.
impl fmt::Display for TableRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.best { "*" } else { "" };
        let from = self
            .from
            .map(|from| format!("{from}{star}"))
            .unwrap_or_default();
        let path: Vec<String> = self.as_path.iter().map(u32::to_string).collect();
        write!(f, "{:<18} {:<22} {}", self.prefix, from, path.join(" "))
    }
}

pub(crate) fn parse(text: &str) -> Result<Vec<TableRow>> {
    let mut rows: Vec<TableRow> = Vec::new();
    let mut prefix = String::new();
    for line in text.lines() {
        // `9.9.9.9/32   unicast [ne_rs4 06:40:01.123 from 172.16.159.4] * (100) [AS65010i]`; the prefix stands
        // in its first row only.
        if let Some((head, rest)) = line.split_once(" [") {
            if let Some(first) = head
                .split_whitespace()
                .next()
                .filter(|word| word.contains('/'))
            {
                first.clone_into(&mut prefix);
            }
            let (source, flags) = rest
                .split_once(']')
                .with_context(|| format!("not a route: '{line}'"))?;
            let mut words = source.split_whitespace();
            rows.push(TableRow {
                prefix: prefix.clone(),
                session: words.next().unwrap_or_default().to_owned(),
                from: words
                    .skip_while(|word| *word != "from")
                    .nth(1)
                    .and_then(|from| from.parse().ok()),
                best: flags.trim_start().starts_with('*'),
                ..TableRow::default()
            });
        } else if let (Some(row), Some((name, value))) =
            (rows.last_mut(), line.trim().split_once(": "))
        {
            attribute(row, name, value.trim())
                .with_context(|| format!("not an attribute: '{line}'"))?;
        }
    }
    Ok(rows)
}

fn attribute(row: &mut TableRow, name: &str, value: &str) -> Result<()> {
    match name {
        "BGP.origin" => value.clone_into(&mut row.origin),
        "BGP.as_path" => row.as_path = numbers(value)?,
        // Of IPv6 a link-local one may follow.
        "BGP.next_hop" => row.next_hop = value.split(' ').next().map(str::parse).transpose()?,
        "BGP.med" => row.med = Some(value.parse()?),
        "BGP.community" => {
            row.communities = tuples(value)?
                .iter()
                .filter_map(|tuple: &Vec<u16>| Some((*tuple.first()?, *tuple.get(1)?)))
                .collect();
        }
        "BGP.large_community" => {
            row.large_communities = tuples(value)?
                .iter()
                .filter_map(|tuple: &Vec<u32>| {
                    Some((*tuple.first()?, *tuple.get(1)?, *tuple.get(2)?))
                })
                .collect();
        }
        "BGP.ext_community" => value.clone_into(&mut row.extended_communities),
        _ => {}
    }
    Ok(())
}

/// `(65010,1) (65010,2)`, or with a space after the comma.
fn tuples<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    text: &str,
) -> Result<Vec<Vec<T>>> {
    text.split(')')
        .filter(|tuple| tuple.contains('('))
        .map(|tuple| numbers(tuple))
        .collect()
}

fn numbers<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    text: &str,
) -> Result<Vec<T>> {
    text.split(|c: char| !c.is_ascii_digit())
        .filter(|number| !number.is_empty())
        .map(|number| {
            number
                .parse()
                .with_context(|| format!("not a number: '{number}'"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn two_rows_and_their_attributes_are_read() {
        let rows = parse(
            "Table master4:
9.9.9.9/32           unicast [ne_rs4 06:40:01.123 from 172.16.159.4] * (100) [AS65010i]
\tvia 172.16.156.70 on b-ne
\tType: BGP univ
\tBGP.origin: IGP
\tBGP.as_path: 65515 65010
\tBGP.next_hop: 172.16.156.70
\tBGP.med: 50
\tBGP.local_pref: 100
\tBGP.community: (65010,1) (65535,0)
\tBGP.large_community: (65010, 1, 2)
                     unicast [we_rs5 06:40:01.200 from 172.16.139.5] (100) [AS65010i]
\tvia 172.16.136.70 on b-we
\tBGP.as_path: 65515 65010 65010 65010
",
        )
        .unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].communities, [(65010, 1), (65535, 0)]);
        assert_eq!(rows[0].large_communities, [(65010, 1, 2)]);
        assert_eq!(
            (rows[0].med, rows[0].best, rows[1].best),
            (Some(50), true, false)
        );
        assert_eq!(rows[1].as_path, [65515, 65010, 65010, 65010]);
        assert_eq!(
            rows[1].to_string(),
            "9.9.9.9/32         172.16.139.5           65515 65010 65010 65010"
        );
    }

    #[test]
    fn a_prefix_that_is_not_there_has_no_rows() {
        assert!(parse("Network not found\n").unwrap().is_empty());
    }
}
