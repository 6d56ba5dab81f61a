//! Tables that fit a terminal.

use std::io::{self, IsTerminal};

use super::command::ServerWish;
use super::name::ServerName;
use super::view::{Frontend, Server};
use crate::condition::ProxyName;
use crate::observation::ServerState;
use crate::report::status::{WIDTH, colours};
use crate::value::Joined;

/// A column is not cut below this.
const NARROWEST: usize = 8;

/// How a table is shown.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// With colours.
    pub colour: bool,
    /// Cut to a terminal's width; otherwise names stay whole, for a program that looks for them.
    pub cut: bool,
}

impl Style {
    /// The style that fits stdout.
    pub fn of_stdout() -> Self {
        let terminal = io::stdout().is_terminal();
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        Self {
            colour: terminal && colours() && !dumb,
            cut: terminal,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colour {
    Plain,
    Good,
    Bad,
    Odd,
}

/// A column's head, and whether it is aligned to the right.
struct Column(&'static str, bool);

type Cell = (String, Colour);

/// The table of servers.
pub fn servers<'row>(
    rows: impl Iterator<Item = (&'row ServerName, &'row Server)>,
    style: Style,
) -> String {
    let columns = [
        Column("BACKEND", false),
        Column("SERVER", false),
        Column("STATE", false),
        Column("WEIGHT", true),
        Column("CHECK", false),
        Column("SESSIONS", true),
        Column("QUEUE", true),
        Column("SINCE", true),
    ];
    let cells = |(name, server): (&ServerName, &Server)| {
        let check = match (&server.tracks, server.check.as_str()) {
            (Some(_), _) => "follows",
            (None, "") => "-",
            (None, check) => check,
        };
        let colour = match server.state {
            ServerState::Usable if server.admin.wish() == ServerWish::Ready => Colour::Good,
            ServerState::Down => Colour::Bad,
            _ => Colour::Odd,
        };
        let backup = if server.backup { " backup" } else { "" };
        vec![
            plain(&name.backend),
            plain(&name.server),
            (format!("{}{backup}", server.state_words()), colour),
            plain(server.weight),
            plain(check),
            plain(server.sessions),
            plain(server.queue),
            plain(age(server.since)),
        ]
    };
    table(&columns, rows.map(cells).collect(), style)
}

/// The table of frontends.
pub fn frontends<'row>(
    rows: impl Iterator<Item = (&'row ProxyName, &'row Frontend)>,
    style: Style,
) -> String {
    let columns = [
        Column("FRONTEND", false),
        Column("STATE", false),
        Column("SESSIONS", true),
        Column("LIMIT", true),
    ];
    let cells = |(name, frontend): (&ProxyName, &Frontend)| {
        let colour = if frontend.is_open() {
            Colour::Good
        } else {
            Colour::Odd
        };
        vec![
            plain(name),
            (frontend.status.clone(), colour),
            plain(frontend.sessions),
            plain(frontend.limit),
        ]
    };
    table(&columns, rows.map(cells).collect(), style)
}

fn plain(text: impl ToString) -> Cell {
    (text.to_string(), Colour::Plain)
}

/// `59s`, `3m`, `5h`, `12d`.
fn age(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds}s"),
        120..=7_199 => format!("{}m", seconds / 60),
        7_200..=172_799 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

fn table(columns: &[Column], rows: Vec<Vec<Cell>>, style: Style) -> String {
    let length =
        |row: &Vec<Cell>, at: usize| row.get(at).map_or(0, |(text, _)| text.chars().count());
    let mut widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(at, Column(head, _))| {
            rows.iter()
                .map(|row| length(row, at))
                .max()
                .unwrap_or(0)
                .max(head.len())
        })
        .collect();
    let gaps = 2 * columns.len().saturating_sub(1);
    // The widest column is cut first.
    while style.cut && widths.iter().sum::<usize>() + gaps > WIDTH {
        match widths.iter_mut().max().filter(|width| **width > NARROWEST) {
            Some(widest) => *widest -= 1,
            None => break,
        }
    }
    let head = columns.iter().map(|Column(head, _)| plain(head)).collect();
    let mut text = String::new();
    for row in std::iter::once(&head).chain(&rows) {
        let cells = row.iter().zip(columns).zip(&widths);
        let line = cells
            .map(|((cell, Column(_, right)), width)| shown(cell, *right, *width, style))
            .joined("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn shown((text, colour): &Cell, right: bool, width: usize, style: Style) -> String {
    let length = text.chars().count();
    let cut: String = if length > width {
        text.chars()
            .take(width.saturating_sub(1))
            .chain(['…'])
            .collect()
    } else {
        text.clone()
    };
    let blanks = " ".repeat(width.saturating_sub(length));
    let code = match colour {
        Colour::Good => "32",
        Colour::Bad => "31",
        Colour::Odd => "33",
        Colour::Plain => "",
    };
    let cut = if style.colour && !code.is_empty() {
        format!("\x1b[{code}m{cut}\x1b[0m")
    } else {
        cut
    };
    if right { blanks + &cut } else { cut + &blanks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::view::Admin;

    const PLAIN: Style = Style {
        colour: false,
        cut: false,
    };

    fn server(status: &str, state: ServerState, admin: u32) -> Server {
        Server {
            status: status.to_owned(),
            state,
            check: "L7OK".to_owned(),
            admin: Admin(admin),
            weight: 100,
            backup: false,
            tracks: None,
            sessions: 12_345,
            queue: 7,
            since: 4_000,
        }
    }

    fn shown(rows: &[(&str, &str, Server)], style: Style) -> String {
        let rows: Vec<(ServerName, &Server)> = rows
            .iter()
            .map(|(backend, name, row)| (ServerName::of(backend, name).unwrap(), row))
            .collect();
        servers(rows.iter().map(|(name, row)| (name, *row)), style)
    }

    #[test]
    fn a_table_of_usual_names_fits_a_terminal() {
        let text = shown(
            &[
                (
                    "http_back",
                    "backend01",
                    server("UP", ServerState::Usable, 0),
                ),
                (
                    "http_back",
                    "backend02",
                    server("DOWN 1/2", ServerState::Down, 8),
                ),
            ],
            PLAIN,
        );
        assert_eq!(
            text,
            "BACKEND    SERVER     STATE            WEIGHT  CHECK  SESSIONS  QUEUE  SINCE\n\
             http_back  backend01  UP                  100  L7OK      12345      7    66m\n\
             http_back  backend02  DOWN 1/2, drain     100  L7OK      12345      7    66m\n"
        );
        assert!(text.lines().all(|line| line.len() <= WIDTH));
    }

    #[test]
    fn a_terminal_cuts_long_names_and_a_pipe_leaves_them_whole() {
        let (backend, name) = (
            "a-backend-with-quite-a-long-name-of-its-own",
            "and-a-server-with-another",
        );
        let rows = [(
            backend,
            name,
            server("MAINT (via be/s)", ServerState::Maint, 2),
        )];
        let whole = shown(&rows, PLAIN);
        assert!(
            whole.contains(backend) && whole.contains(name) && whole.contains("MAINT (via be/s)"),
            "{whole}"
        );
        let cut = shown(
            &rows,
            Style {
                colour: false,
                cut: true,
            },
        );
        assert!(
            cut.lines().all(|line| line.chars().count() <= WIDTH),
            "{cut}"
        );
        assert!(
            cut.contains("a-backend") && cut.contains('…') && cut.contains("66m"),
            "{cut}"
        );
    }

    #[test]
    fn colours_change_nothing_but_the_colour() {
        let rows = [
            ("be", "a", server("UP", ServerState::Usable, 0)),
            ("be", "b", server("DOWN", ServerState::Down, 0)),
            ("be", "c", server("DRAIN", ServerState::Drain, 8)),
        ];
        let coloured = shown(
            &rows,
            Style {
                colour: true,
                cut: false,
            },
        );
        for code in [
            "\x1b[32mUP\x1b[0m",
            "\x1b[31mDOWN\x1b[0m",
            "\x1b[33mDRAIN\x1b[0m",
        ] {
            assert!(coloured.contains(code), "{coloured:?}");
        }
        let bare = ["\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"]
            .iter()
            .fold(coloured, |text, code| text.replace(code, ""));
        assert_eq!(bare, shown(&rows, PLAIN));
    }

    #[test]
    fn an_age_has_one_unit() {
        for (seconds, text) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (7_199, "119m"),
            (7_200, "2h"),
            (172_800, "2d"),
        ] {
            assert_eq!(age(seconds), text);
        }
    }
}
