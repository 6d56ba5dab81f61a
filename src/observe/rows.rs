//! HAProxy's answers, read: `show info` and the CSV of `show stat` (management.txt section 9.1).
//!
//! Columns are found by their names in the header; fields are bytes, since `last_chk` repeats what a server said.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use csv_core::{ReadRecordResult, Reader};

use crate::foreign;
use crate::observation::{BackendRow, Process, Proxy, ServerRow, ServerState};

/// Rows of wanted proxies in one answer: HAProxy itself is slow long before.
pub const MOST_ROWS: usize = 20_000;

/// Proxies by name.
pub type Proxies = BTreeMap<String, Proxy>;

/// Proxies by name, from one CSV table with its header line.
///
/// # Errors
/// It is not such a table: a column is missing, a row is cut, a number is none.
pub fn table(csv: &[u8]) -> Result<Proxies, String> {
    let mut proxies = Proxies::new();
    add_table(&mut proxies, csv, |_| true)?;
    Ok(proxies)
}

/// Adds the rows of those proxies whose names are wanted: a frontend and a backend of one name may come in a table each.
///
/// # Errors
/// As [`table`].
pub fn add_table(
    proxies: &mut Proxies,
    csv: &[u8],
    wanted: impl Fn(&[u8]) -> bool,
) -> Result<(), String> {
    records(csv, |records| add(proxies, records, wanted))
}

/// The numbers of each name in a table: HAProxy's `iid`, which are valid in one process only. A frontend and a
/// backend of one name have two.
///
/// # Errors
/// As [`table`].
pub fn numbers(csv: &[u8]) -> Result<BTreeMap<String, BTreeSet<u32>>, String> {
    records(csv, |mut records| {
        let header = records.next()?.ok_or("no CSV header")?;
        let number = header
            .position("iid")
            .ok_or("no column 'iid' in the CSV header")?;
        let columns = Columns::of(header)?;
        let mut numbers: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        while let Some(record) = records.next()? {
            let row = Row {
                record,
                columns: &columns,
            };
            numbers
                .entry(row.text(columns.pxname))
                .or_default()
                .insert(row.number(number)?);
        }
        Ok(numbers)
    })
}

fn records<T>(
    csv: &[u8],
    read: impl FnOnce(Records<'_>) -> Result<T, String>,
) -> Result<T, String> {
    let Some(body) = csv.strip_prefix(b"# ") else {
        return Err("no CSV header".to_owned());
    };
    READER.with_borrow_mut(|reader| read(Records::of(body, reader)))
}

fn add(
    proxies: &mut Proxies,
    mut records: Records<'_>,
    wanted: impl Fn(&[u8]) -> bool,
) -> Result<(), String> {
    let columns = Columns::of(records.next()?.ok_or("no CSV header")?)?;
    let mut rows = 0;
    while let Some(record) = records.next()? {
        let row = Row {
            record,
            columns: &columns,
        };
        if !wanted(row.bytes(columns.pxname)) {
            continue;
        }
        rows += 1;
        if rows > MOST_ROWS {
            return Err(format!(
                "over {MOST_ROWS} rows of the proxies that were asked for"
            ));
        }
        let proxy = proxies.entry(row.text(columns.pxname)).or_default();
        match row.bytes(columns.kind) {
            b"0" => proxy.frontend = Some(row.text(columns.status)),
            b"1" => {
                let usable = row
                    .number(columns.act)?
                    .saturating_add(row.number(columns.bck)?);
                proxy.backend = Some(BackendRow {
                    status: row.text(columns.status),
                    usable,
                });
            }
            b"2" => proxy.servers.push(row.server()?),
            // A listener of a frontend.
            b"3" => {}
            _ => return Err(row.is_of_no_kind()),
        }
    }
    Ok(())
}

thread_local! {
    /// To make one takes longer than to read an answer with it: it is made once. (A copy would not do: csv-core 0.1.13
    /// leaves half of the automaton out of it.)
    static READER: RefCell<Reader> = RefCell::new(Reader::new());
}

/// A table's records, each with as many fields as the first.
struct Records<'csv> {
    reader: &'csv mut Reader,
    rest: &'csv [u8],
    /// The fields of one record, one after another, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    width: Option<usize>,
}

impl<'csv> Records<'csv> {
    fn of(csv: &'csv [u8], reader: &'csv mut Reader) -> Self {
        reader.reset();
        // Room for HAProxy's widest row today; it grows where a field is longer.
        Self {
            reader,
            rest: csv,
            bytes: vec![0; 4096],
            ends: vec![0; 256],
            width: None,
        }
    }

    /// The next one; absent at the end.
    fn next(&mut self) -> Result<Option<Record<'_>>, String> {
        let (mut length, mut fields) = (0, 0);
        loop {
            let room = self.bytes.get_mut(length..).unwrap_or_default();
            let ends = self.ends.get_mut(fields..).unwrap_or_default();
            let (result, read, written, ended) = self.reader.read_record(self.rest, room, ends);
            self.rest = self.rest.get(read..).unwrap_or_default();
            (length, fields) = (length + written, fields + ended);
            match result {
                // An empty rest tells the reader that this is the end.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.bytes.resize(self.bytes.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record => break,
            }
        }
        let width = *self.width.get_or_insert(fields);
        if width != fields {
            return Err(format!(
                "a broken row: {fields} fields, and the header has {width}"
            ));
        }
        Ok(Some(Record {
            bytes: &self.bytes,
            ends: self.ends.get(..fields).unwrap_or_default(),
        }))
    }
}

/// One record's fields.
#[derive(Clone, Copy)]
struct Record<'table> {
    bytes: &'table [u8],
    ends: &'table [usize],
}

impl<'table> Record<'table> {
    fn get(self, index: usize) -> Option<&'table [u8]> {
        let begin = index
            .checked_sub(1)
            .map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.bytes.get(begin..*self.ends.get(index)?)
    }

    fn position(self, name: &str) -> Option<usize> {
        (0..self.ends.len()).find(|index| self.get(*index) == Some(name.as_bytes()))
    }
}

/// Where the columns are that matter.
struct Columns {
    pxname: usize,
    svname: usize,
    status: usize,
    weight: usize,
    act: usize,
    bck: usize,
    kind: usize,
    check_status: usize,
    tracked: usize,
}

impl Columns {
    fn of(header: Record<'_>) -> Result<Self, String> {
        let find = |name: &str| {
            header
                .position(name)
                .ok_or_else(|| format!("no column '{name}' in the CSV header"))
        };
        Ok(Self {
            pxname: find("pxname")?,
            svname: find("svname")?,
            status: find("status")?,
            weight: find("weight")?,
            act: find("act")?,
            bck: find("bck")?,
            kind: find("type")?,
            check_status: find("check_status")?,
            tracked: find("tracked")?,
        })
    }
}

struct Row<'table> {
    record: Record<'table>,
    columns: &'table Columns,
}

impl Row<'_> {
    fn bytes(&self, column: usize) -> &[u8] {
        self.record.get(column).unwrap_or_default()
    }

    /// A field as text that is safe in a log line. A control character becomes U+FFFD, so that a name with one is
    /// another name.
    fn text(&self, column: usize) -> String {
        let text = String::from_utf8_lossy(self.bytes(column));
        foreign::plain(&text).take(256).collect()
    }

    /// A count; an empty field is 0.
    fn number(&self, column: usize) -> Result<u32, String> {
        let text = self.text(column);
        if text.is_empty() {
            Ok(0)
        } else {
            text.parse()
                .map_err(|_| format!("'{text}' where a number belongs in the CSV"))
        }
    }

    fn is_of_no_kind(&self) -> String {
        let columns = self.columns;
        let (proxy, name, kind) = (
            self.text(columns.pxname),
            self.text(columns.svname),
            self.text(columns.kind),
        );
        format!("row '{proxy}/{name}' of type '{kind}', which is not known, in the CSV")
    }

    fn server(&self) -> Result<ServerRow, String> {
        let columns = self.columns;
        if self.bytes(columns.svname).is_empty() {
            return Err(format!(
                "a server without a name in '{}' in the CSV",
                self.text(columns.pxname)
            ));
        }
        let (status, check) = (self.text(columns.status), self.text(columns.check_status));
        let weight = self.number(columns.weight)?;
        let words = if check.is_empty() {
            status.clone()
        } else {
            format!("{status} {}", check.trim_start_matches("* "))
                .trim_start()
                .to_owned()
        };
        let tracks = self.text(columns.tracked);
        Ok(ServerRow {
            name: self.text(columns.svname),
            backup: self.number(columns.bck)? > 0,
            weight,
            state: ServerState::of(&status, weight, &check),
            words,
            tracks: tracks
                .split_once('/')
                .map(|(proxy, server)| (proxy.to_owned(), server.to_owned())),
            remembered: None,
        })
    }
}

/// The process that answered `show info`.
///
/// # Errors
/// The text has no `Pid`.
pub fn process(info: &[u8]) -> Result<Process, String> {
    let text = String::from_utf8_lossy(info);
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    let pid = field("Pid")
        .and_then(|pid| pid.parse().ok())
        .ok_or("no Pid in the answer to 'show info'")?;
    let version = field("Version").unwrap_or_default().trim();
    let version = foreign::plain(version).take(64).collect();
    let stopping = field("Stopping").is_some_and(|value| value.trim() != "0");
    let uptime = field("Uptime_sec").and_then(|seconds| seconds.trim().parse().ok());
    Ok(Process {
        version,
        pid,
        stopping,
        uptime,
    })
}

/// An answer's blocks, one a command: each ends with an empty line that is not inside a quoted field.
pub fn blocks(answer: &[u8]) -> Vec<&[u8]> {
    let mut blocks = Vec::new();
    let mut rest = answer;
    while !rest.is_empty() {
        let end = block_end(rest);
        let (block, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        blocks.push(block);
        rest = after.strip_prefix(b"\n").unwrap_or(after);
    }
    blocks
}

/// The length of the first block, with its last line feed.
fn block_end(bytes: &[u8]) -> usize {
    let csv = bytes.starts_with(b"# ");
    let (mut quoted, mut previous) = (false, b'\n');
    for (at, byte) in bytes.iter().copied().enumerate() {
        match byte {
            b'"' if csv => quoted = !quoted,
            b'\n' if previous == b'\n' && !quoted => return at,
            _ => {}
        }
        previous = byte;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_end_at_an_empty_line_outside_quotes() {
        assert_eq!(
            blocks(b"a: 1\nb: 2\n\n# x,y\n1,\"p\n\nq\"\n\nNo such proxy.\n\n"),
            [
                b"a: 1\nb: 2\n".as_slice(),
                b"# x,y\n1,\"p\n\nq\"\n",
                b"No such proxy.\n"
            ]
        );
        assert_eq!(blocks(b""), Vec::<&[u8]>::new());
        assert_eq!(blocks(b"\nx\n\n"), [b"".as_slice(), b"x\n"]);
    }

    #[test]
    fn a_table_that_is_none_is_an_error() {
        for text in [
            "",
            "# ",
            "# pxname,svname\n",
            "pxname,svname",
            "<html>",
            "No such proxy.\n",
        ] {
            assert!(
                table(text.as_bytes()).is_err(),
                "{text:?} was taken for a table"
            );
        }
    }
}
