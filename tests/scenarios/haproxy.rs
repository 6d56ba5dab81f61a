//! What HAProxy says, from a story's short form: `http_back 2 of 2 up`. It is told as HAProxy 2.6.12 would answer on its
//! stats socket, in rows of its captures, for the program's own parser to read.
//!
//! Parts, with `; ` between them:
//!
//! | part                               | what                                                                     |
//! |------------------------------------|--------------------------------------------------------------------------|
//! | `http_back 1 of 2 up`              | `backend01` is UP and `backend02` DOWN                                   |
//! | `http_back: web1 UP, web2 UP INI`  | servers, each in HAProxy's words: its status, and its check's result     |
//! | `http_front PAUSED`                | a frontend, and its status                                               |
//! | `pid 6001`                         | another process than before: it was reloaded                             |
//! | `stopping`                         | a process that a reload has left behind                                  |
//! | `no proxies`                       | none of those that are asked for                                         |
//!
//! Behind a server's words may stand `backup`, `weight 50` and `tracks checks/s1`, in this order. `UP` and `DOWN` alone are `UP L4OK`
//! and `DOWN L4CON`. The backend's own row says what its servers make of it, unless `BACKEND UP (UNPUB)` stands among them.
//! `UP (UNPUB)`, `PAUSED` and `DOWN INI` are written after HAProxy's documentation, not captured.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// Whose rows are taken, the first that fits.
const CAPTURES: [&str; 6] = [
    "mixed.csv",
    "just_started.csv",
    "stable.csv",
    "going_up.csv",
    "going_down.csv",
    "all_down.csv",
];

static CAPTURED: LazyLock<Captured> = LazyLock::new(Captured::read);

struct Captured {
    info: String,
    header: String,
    rows: Vec<Row>,
}

impl Captured {
    fn read() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/2.6.12");
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let tables = CAPTURES.map(read);
        let header = tables.first().unwrap().lines().next().unwrap().to_owned();
        // A row with quotes has commas that separate nothing.
        let plain = |line: &&str| !line.is_empty() && !line.contains('"');
        let rows = tables
            .iter()
            .flat_map(|table| table.lines().skip(1).filter(plain));
        let rows = rows
            .map(|line| Row(line.split(',').map(str::to_owned).collect()))
            .collect();
        Self {
            info: read("show_info.txt"),
            header,
            rows,
        }
    }

    fn column(&self, name: &str) -> usize {
        self.header
            .trim_start_matches("# ")
            .split(',')
            .position(|column| column == name)
            .unwrap()
    }

    fn row(&self, fits: impl Fn(&Row) -> bool) -> Option<Row> {
        self.rows.iter().find(|row| fits(row)).cloned()
    }
}

#[derive(Debug, Clone)]
struct Row(Vec<String>);

impl Row {
    fn get(&self, column: &str) -> &str {
        self.0.get(CAPTURED.column(column)).unwrap()
    }

    fn with(mut self, column: &str, value: &str) -> Self {
        value.clone_into(self.0.get_mut(CAPTURED.column(column)).unwrap());
        self
    }

    /// What HAProxy takes for one that gets requests.
    fn is_counted(&self) -> bool {
        first_word(self.get("status")) == "UP" && self.get("weight") != "0"
    }
}

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

/// What HAProxy would answer.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pid: Option<u32>,
    stopping: bool,
    proxies: BTreeMap<String, Vec<Row>>,
}

impl State {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut state = Self::default();
        for part in text.split("; ").filter(|part| *part != "no proxies") {
            match (part, part.strip_prefix("pid "), part.split_once(": ")) {
                ("stopping", ..) => state.stopping = true,
                (_, Some(pid), _) => {
                    state.pid = Some(
                        pid.parse()
                            .map_err(|_| format!("'{pid}' is no process's number"))?,
                    );
                }
                (_, _, Some((proxy, items))) => state.add(proxy, backend(proxy, items)?),
                _ => {
                    let (proxy, words) = part.split_once(' ').ok_or_else(|| unknown(part))?;
                    state.add(
                        proxy,
                        counted(proxy, words)
                            .or_else(|| frontend(proxy, words))
                            .ok_or_else(|| unknown(part))?,
                    );
                }
            }
        }
        Ok(state)
    }

    fn add(&mut self, proxy: &str, rows: Vec<Row>) {
        self.proxies
            .entry(proxy.to_owned())
            .or_default()
            .extend(rows);
    }

    /// The answer to a question about the process and these proxies: a block of each.
    pub(super) fn answer(&self, names: &[String]) -> Vec<u8> {
        let mut answer = self.info();
        for name in names {
            answer.push_str(
                &self
                    .proxies
                    .get(name)
                    .map_or("No such proxy.\n".to_owned(), |rows| table(rows)),
            );
            answer.push('\n');
        }
        answer.into_bytes()
    }

    fn info(&self) -> String {
        let line = |line: &str| match (first_word(line), self.pid) {
            ("Pid:", Some(pid)) => format!("Pid: {pid}\n"),
            ("Stopping:", _) => format!("Stopping: {}\n", u8::from(self.stopping)),
            _ => format!("{line}\n"),
        };
        CAPTURED.info.lines().map(line).collect()
    }
}

fn table(rows: &[Row]) -> String {
    let rows = rows.iter().map(|row| format!("{}\n", row.0.join(",")));
    format!("{}\n{}", CAPTURED.header, rows.collect::<String>())
}

fn unknown(part: &str) -> String {
    format!(
        "'{part}' is nothing that HAProxy says; expected 'http_back 2 of 2 up', 'http_back: web1 UP, web2 DOWN', 'http_front OPEN', \
         'pid 6001', 'stopping' or 'no proxies'"
    )
}

/// `1 of 2 up`.
fn counted(proxy: &str, words: &str) -> Option<Vec<Row>> {
    let (up, all) = words.strip_suffix(" up")?.split_once(" of ")?;
    let (up, all): (usize, usize) = (up.parse().ok()?, all.parse().ok()?);
    let word = |number: usize| if number <= up { "UP" } else { "DOWN" };
    let items = (1..=all).map(|number| format!("backend{number:02} {}", word(number)));
    backend(proxy, &items.collect::<Vec<String>>().join(", "))
        .ok()
        .filter(|_| up <= all)
}

fn frontend(proxy: &str, status: &str) -> Option<Vec<Row>> {
    let is_status = ["OPEN", "PAUSED", "STOP", "FULL"].contains(&status);
    let row = CAPTURED
        .row(|row| row.get("type") == "0")
        .filter(|_| is_status)?;
    Some(vec![row.with("pxname", proxy).with("status", status)])
}

/// Servers, and the backend's own row behind them.
fn backend(proxy: &str, items: &str) -> Result<Vec<Row>, String> {
    let (mut servers, mut said) = (Vec::new(), None);
    for item in items.split(", ").filter(|item| !item.is_empty()) {
        match item.strip_prefix("BACKEND ") {
            Some(status) => said = Some(status),
            None => servers.push(server(item)?.with("sid", &(servers.len() + 1).to_string())),
        }
    }
    let count = |column: &str| {
        servers
            .iter()
            .filter(|row| row.is_counted() && row.get(column) == "1")
            .count()
    };
    let (active, backup) = (count("act"), count("bck"));
    let lives = active + backup > 0 || servers.is_empty();
    let row = CAPTURED.row(|row| row.get("type") == "1" && (row.get("status") == "UP") == lives);
    let row = row
        .unwrap()
        .with("act", &active.to_string())
        .with("bck", &backup.to_string());
    let status = said.unwrap_or_else(|| row.get("status")).to_owned();
    servers.push(row.with("status", &status));
    Ok(servers
        .into_iter()
        .map(|row| row.with("pxname", proxy))
        .collect())
}

/// `backend01 UP 1/3 L4CON backup weight 50`.
fn server(item: &str) -> Result<Row, String> {
    let (name, words) = item
        .split_once(' ')
        .ok_or_else(|| format!("'{item}' does not say how the server is"))?;
    let mut words: Vec<&str> = words.split(' ').collect();
    let tracked = taken(&mut words, "tracks").unwrap_or_default();
    let weight = taken(&mut words, "weight").unwrap_or("1");
    let backup = words.pop_if(|word| *word == "backup").is_some();
    let is_check = |word: &&str| word.starts_with(|letter: char| letter.is_ascii_uppercase());
    let check = words
        .last()
        .copied()
        .filter(|word| words.len() > 1 && is_check(word));
    words.truncate(words.len() - usize::from(check.is_some()));
    let status = words.join(" ");
    let check = check.unwrap_or(match status.as_str() {
        "UP" if tracked.is_empty() => "L4OK",
        "DOWN" if tracked.is_empty() => "L4CON",
        _ => "",
    });
    let fits = |row: &Row, with_check: bool| {
        row.get("type") == "2"
            && first_word(row.get("status")) == first_word(&status)
            && row.get("tracked").is_empty() == tracked.is_empty()
            && (!with_check || row.get("check_status") == check)
    };
    if CAPTURED
        .row(|row| row.get("check_status") == check)
        .is_none()
    {
        return Err(format!(
            "'{check}' in '{item}' is no check's result in the captures, such as L4OK or L7STS"
        ));
    }
    let row = CAPTURED
        .row(|row| fits(row, true))
        .or_else(|| CAPTURED.row(|row| fits(row, false)));
    let row = row.ok_or_else(|| {
        format!("'{status}' in '{item}' is no server's status in the captures, such as UP, DOWN 1/2 or MAINT")
    })?;
    let (act, bck) = if backup { ("0", "1") } else { ("1", "0") };
    let row = row
        .with("svname", name)
        .with("status", &status)
        .with("weight", weight)
        .with("check_status", check);
    Ok(row
        .with("act", act)
        .with("bck", bck)
        .with("tracked", tracked))
}

/// The last two words, where the first of them is this one.
fn taken<'text>(words: &mut Vec<&'text str>, name: &str) -> Option<&'text str> {
    let place = words
        .len()
        .checked_sub(2)
        .filter(|place| words.get(*place) == Some(&name))?;
    words.split_off(place).pop()
}
