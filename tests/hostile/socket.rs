//! A hostile stats socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::haproxy::{
    Connection, Haproxy, INFO, Manner, UP, says, up, withstands, withstands_with,
};
use super::wait::{eventually, within};

/// No answer is longer.
const LONGEST_ANSWER: usize = 12_000_000;

fn withstands_a_socket_that(hostile: Manner) {
    let haproxy = Haproxy::socket(Arc::clone(&hostile));
    withstands(&haproxy, &hostile, &says(up()));
}

fn withstands_the_answer(bytes: Vec<u8>) {
    withstands_a_socket_that(says(bytes));
}

/// A sane `show info`, and then this.
fn after_info(table: &[u8]) -> Vec<u8> {
    [INFO, table].concat()
}

/// The header of the capture and its rows, changed.
fn rows(change: impl Fn(usize, &str) -> Option<String>) -> Vec<u8> {
    let text = std::str::from_utf8(UP).unwrap();
    let rows = text
        .trim_end()
        .lines()
        .enumerate()
        .filter_map(|(at, row)| change(at, row));
    rows.map(|row| row + "\n")
        .chain(["\n".to_owned()])
        .collect::<String>()
        .into_bytes()
}

/// Until the other end closes, or for ten seconds.
fn while_it_is_open(mut step: impl FnMut() -> std::io::Result<()>) {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) && step().is_ok() {}
}

#[test]
fn haproxy_that_accepts_and_says_nothing_is_withstood() {
    withstands_a_socket_that(Arc::new(|connection: &mut dyn Connection, _: &str| {
        while_it_is_open(|| match connection.read(&mut [0; 64]) {
            Ok(0) | Err(_) => Err(std::io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(()),
        });
    }));
}

#[test]
fn haproxy_that_accepts_nobody_is_withstood() {
    let mut haproxy = Haproxy::closed_socket(says(up()));
    // As connections that were given up stay in the backlog of a frozen HAProxy.
    let address = SocketAddrUnix::new(haproxy.path()).unwrap();
    let mut backlog = Vec::new();
    loop {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket =
            rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
        if rustix::net::connect(&socket, &address).is_err() {
            break;
        }
        backlog.push(socket);
        assert!(backlog.len() < 100_000, "a backlog without an end");
    }
    let mut service = haproxy.setup().start();
    eventually("it says that HAProxy does not answer", || {
        service.log().contains("state unknown")
    });
    thread::sleep(Duration::from_secs(1));
    assert_eq!(service.routes(), Vec::<String>::new());
    service.is_well();
    drop(backlog);
    haproxy.accept();
    service.eventually_announces();
}

#[test]
fn haproxy_that_says_a_byte_in_50_ms_is_withstood() {
    withstands_a_socket_that(Arc::new(|connection: &mut dyn Connection, _: &str| {
        let mut bytes = up().into_iter();
        while_it_is_open(|| {
            thread::sleep(Duration::from_millis(50));
            connection.write_all(&[bytes.next().unwrap_or(b'\n')])
        });
    }));
}

/// Says this again and again, for as long as it is taken, and 300 MB at most; `most` is the most that was.
fn endless(first: Vec<u8>, again: Vec<u8>, most: Arc<AtomicUsize>) -> Manner {
    Arc::new(move |connection: &mut dyn Connection, _: &str| {
        let mut sent = 0;
        if connection.write_all(&first).is_ok() {
            while_it_is_open(|| {
                connection.write_all(&again)?;
                sent += again.len();
                if sent < 300 << 20 {
                    Ok(())
                } else {
                    Err(std::io::ErrorKind::FileTooLarge.into())
                }
            });
        }
        most.fetch_max(sent, Ordering::SeqCst);
    })
}

#[test]
fn an_answer_without_an_end_is_read_to_a_bound_only() {
    let most = Arc::new(AtomicUsize::new(0));
    // Rows, as a HAProxy of so many servers would write them.
    let again = rows(|at, row| (at == 1).then(|| row.to_owned())).repeat(500);
    let again = again
        .split(|byte| *byte == b'\n')
        .filter(|row| !row.is_empty());
    let again: Vec<u8> = again.flat_map(|row| [row, b"\n"].concat()).collect();
    withstands_a_socket_that(endless(
        after_info(UP.trim_ascii_end()),
        again,
        Arc::clone(&most),
    ));
    let most = most.load(Ordering::SeqCst);
    assert!(
        most > 0 && most < LONGEST_ANSWER + (4 << 20),
        "{most} bytes of an answer were taken"
    );
}

#[test]
fn haproxy_that_answers_without_end_that_it_does_not_know_the_command_is_withstood() {
    let most = Arc::new(AtomicUsize::new(0));
    let again =
        b"Unknown command: 'show', but maybe one of the following ones is a better match:\n\n"
            .repeat(200);
    withstands_a_socket_that(endless(Vec::new(), again, most));
}

#[test]
fn an_answer_of_100_mb_is_withstood() {
    let noise: Vec<u8> = noise(1, 1 << 20).collect();
    withstands_a_socket_that(Arc::new(move |connection: &mut dyn Connection, _: &str| {
        let _ = (0..100).try_for_each(|_| connection.write_all(&noise));
    }));
}

#[test]
fn an_answer_that_is_cut_anywhere_is_withstood() {
    let count = AtomicUsize::new(0);
    withstands_a_socket_that(Arc::new(move |connection: &mut dyn Connection, _: &str| {
        let whole = up();
        // A prime number of bytes further at each look: at the ends of lines and within them.
        let length = count.fetch_add(997, Ordering::SeqCst) % whole.len();
        let _ = connection.write_all(&whole[..length]);
    }));
}

#[test]
fn an_answer_cut_after_each_of_its_rows_is_withstood() {
    let count = AtomicUsize::new(0);
    let whole = up();
    let ends: Vec<usize> = whole
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at + 1)
        .collect();
    // Without the last one, with which it is whole; the last four are the rows of the table.
    let ends = ends[ends.len() - 5..ends.len() - 1].to_vec();
    withstands_a_socket_that(Arc::new(move |connection: &mut dyn Connection, _: &str| {
        let length = ends[count.fetch_add(1, Ordering::SeqCst) % ends.len()];
        let _ = connection.write_all(&whole[..length]);
    }));
}

/// Bytes without a pattern, the same every time: Marsaglia's xorshift.
fn noise(seed: u32, length: usize) -> impl Iterator<Item = u8> {
    let mut state = seed.max(1);
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    })
    .take(length)
}

#[test]
fn binary_noise_is_withstood() {
    let count = AtomicUsize::new(0);
    withstands_a_socket_that(Arc::new(move |connection: &mut dyn Connection, _: &str| {
        let at = u32::try_from(count.fetch_add(1, Ordering::SeqCst)).unwrap();
        let noise: Vec<u8> = noise(at + 7, 20_000).collect();
        // Some of it ends as an answer does, and some begins as one.
        let answer = match at % 3 {
            0 => noise,
            1 => [noise, b"\n\n".to_vec()].concat(),
            _ => [
                INFO.to_vec(),
                b"# pxname,".to_vec(),
                noise,
                b"\n\n".to_vec(),
            ]
            .concat(),
        };
        let _ = connection.write_all(&answer);
    }));
}

#[test]
fn a_table_without_a_column_that_matters_is_withstood() {
    let text = String::from_utf8(UP.to_vec()).unwrap();
    withstands_the_answer(after_info(
        text.replacen(",status,", ",state,", 1).as_bytes(),
    ));
}

#[test]
fn rows_of_another_length_than_the_header_are_withstood() {
    withstands_the_answer(after_info(&rows(|at, row| {
        Some(if at == 2 {
            format!("{row},1")
        } else {
            row.to_owned()
        })
    })));
}

#[test]
fn servers_that_are_up_in_other_proxies_are_withstood() {
    withstands_the_answer(after_info(&rows(|_, row| {
        Some(row.replace("http_back,", "http_bask,"))
    })));
}

#[test]
fn servers_that_are_up_without_their_backends_row_are_withstood() {
    withstands_the_answer(after_info(&rows(|_, row| {
        (!row.contains(",BACKEND,")).then(|| row.to_owned())
    })));
}

#[test]
fn numbers_that_are_none_are_withstood() {
    withstands_the_answer(after_info(&rows(|_, row| {
        Some(row.replace(",UP,1,1,", ",UP,99999999999999999999,-1,"))
    })));
}

#[test]
fn nul_bytes_are_withstood() {
    withstands_the_answer(vec![0; 100_000]);
}

/// What is not shown in a log is still there when it is read.
#[test]
fn a_status_with_bytes_in_it_that_are_not_shown_is_not_up() {
    let haproxy = Haproxy::socket(says(after_info(&rows(|_, row| {
        Some(row.replace(",UP,", ",U\0P\x08,"))
    }))));
    let mut service = haproxy.setup().start();
    haproxy.eventually_is_looked_at(4);
    service.has_announced_nothing();
    haproxy.turns(says(up()));
    service.eventually_announces();
    service.is_well();
}

#[test]
fn a_name_with_bytes_in_it_that_are_not_shown_is_another() {
    withstands_the_answer(after_info(&rows(|_, row| {
        Some(row.replace("http_back,", "http_\x01back,"))
    })));
}

#[test]
fn permission_denied_is_withstood() {
    withstands_the_answer(after_info(b"Permission denied\n\n"));
}

#[test]
fn a_page_at_the_place_of_the_socket_is_withstood() {
    withstands_the_answer(
        b"HTTP/1.1 400 Bad request\r\nContent-Type: text/html\r\n\r\n<html>UP</html>\n\n".to_vec(),
    );
}

#[test]
fn an_empty_answer_is_withstood() {
    withstands_the_answer(Vec::new());
}

/// The shortest header that is one.
const HEADER: &str = "# pxname,svname,status,weight,act,bck,type,check_status,tracked\n";
/// No more rows of proxies that were asked for are read.
const MOST_ROWS: usize = 20_000;

/// As many rows as fit into an answer, and no more than these.
fn crowd(most: usize, row: impl Fn(usize) -> String) -> Vec<u8> {
    let mut answer = after_info(HEADER.as_bytes());
    for row in (0..most).map(row) {
        if answer.len() + row.len() + 1 >= LONGEST_ANSWER {
            break;
        }
        answer.extend(row.bytes());
    }
    answer.push(b'\n');
    answer
}

/// With time enough to read all of it, and the words that say that it was read so far.
fn withstands_the_crowd(answer: Vec<u8>, words: &str) {
    withstands_the_crowd_for(2, answer, words);
}

fn withstands_the_crowd_for(connections: usize, answer: Vec<u8>, words: &str) {
    let hostile = says(answer);
    let haproxy = Haproxy::socket(Arc::clone(&hostile));
    let log = withstands_with(
        haproxy.setup().with("--timeout", "5s"),
        connections,
        &haproxy,
        &hostile,
        &says(up()),
    );
    assert!(log.contains(words), "{log}");
}

const TOO_MANY: &str = "over 20000 rows";
const NO_BACKEND: &str = "HAProxy has no backend 'http_back'";

#[test]
fn as_many_servers_as_fit_into_an_answer_are_withstood() {
    withstands_the_crowd(
        crowd(usize::MAX, |_| "http_back,s,,,,,2,,\n".to_owned()),
        TOO_MANY,
    );
}

/// Rows as long as HAProxy's own: the bounds of rows and of bytes agree.
#[test]
fn as_many_rows_as_are_promised_fit_into_an_answer() {
    let row = rows(|at, row| (at == 1).then(|| row.to_owned()));
    let row = String::from_utf8(row)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned();
    assert!(row.len() > 150 && row.starts_with("http_back,"), "{row}");
    let mut answer = after_info(UP.trim_ascii_end());
    answer.push(b'\n');
    (0..MOST_ROWS - 10).for_each(|_| answer.extend(format!("{row}{:200}\n", "").bytes()));
    answer.push(b'\n');
    assert!(
        answer.len() > 6_000_000 && answer.len() < LONGEST_ANSWER,
        "{}",
        answer.len()
    );
    let haproxy = Haproxy::socket(says(answer));
    let service = haproxy.setup().with("--timeout", "5s").start();
    service.eventually_announces();
}

#[test]
fn as_many_servers_as_are_read_are_withstood() {
    withstands_the_crowd(
        crowd(MOST_ROWS, |at| format!("http_back,{at},,,,,2,,\n")),
        NO_BACKEND,
    );
}

#[test]
fn as_many_proxies_as_fit_into_an_answer_are_withstood() {
    withstands_the_crowd(
        crowd(usize::MAX, |at| format!("{at:x},,,,,,0,,\n")),
        NO_BACKEND,
    );
}

#[test]
fn as_many_servers_that_follow_other_proxies_as_are_read_are_withstood() {
    let follower = |at| format!("http_back,s,UP,1,1,0,2,,{at:x}/x\n");
    withstands_the_crowd(crowd(MOST_ROWS, follower), NO_BACKEND);
}

/// Each table has as many rows as are read, and there are as many tables as fit into an answer.
#[test]
fn as_many_servers_of_followed_proxies_as_fit_into_an_answer_are_withstood() {
    let mut answer = crowd(64, |at| format!("http_back,s,UP,1,1,0,2,,p{at}/x\n"));
    for proxy in 0..64 {
        answer.extend(HEADER.bytes());
        answer.extend(format!("p{proxy},s,,,,,2,,\n").repeat(13_000).bytes());
        answer.push(b'\n');
    }
    assert!(
        answer.len() < LONGEST_ANSWER && answer.len() > LONGEST_ANSWER * 9 / 10,
        "{}",
        answer.len()
    );
    // A look asks twice: for the crowd, and for whom it follows.
    withstands_the_crowd_for(4, answer, TOO_MANY);
}

/// Each of them is looked up among all of them.
#[test]
fn a_crowd_of_followers_does_not_hold_up_a_withdrawal() {
    let haproxy = Haproxy::socket(says(up()));
    let mut service = haproxy.setup().with("--timeout", "5s").start();
    service.eventually_announces();
    let mut crowd = crowd(MOST_ROWS - 1, |at| {
        format!("http_back,{at:x},UP,1,1,0,2,L4OK,http_back/x\n")
    });
    crowd.truncate(crowd.len() - 1);
    crowd.extend(b"http_back,BACKEND,UP,1,1,0,1,,\n\n");
    haproxy.turns(says(crowd));
    eventually("it reads the crowd", || {
        service.log().contains("0 not checked yet")
    });
    haproxy.turns(says(super::haproxy::down()));
    within(Duration::from_secs(5), "it withdraws the service", || {
        service
            .routes()
            .last()
            .is_some_and(|line| line.starts_with("withdraw"))
    });
    service.is_well();
}

/// After a reload, say: whoever is followed is asked for in the same look, not in the next one.
#[test]
fn servers_that_begin_to_follow_others_move_nothing() {
    let text = String::from_utf8(UP.to_vec()).unwrap();
    let follow = text.replace(",0,,2,0,,0,L4OK,", ",0,other/backend01,2,0,,0,L4OK,");
    let followed = text.replace("http_back", "other");
    assert!(
        follow.contains("other/backend01") && followed.contains("\nother,backend01,"),
        "{follow}{followed}"
    );
    let haproxy = Haproxy::socket(says(up()));
    let mut service = haproxy.setup().start();
    service.eventually_announces();
    haproxy.turns(Arc::new(
        move |connection: &mut dyn Connection, question: &str| {
            let more = if question.contains("show stat other") {
                followed.as_bytes()
            } else {
                b""
            };
            let _ = connection.write_all(&[INFO, follow.as_bytes(), more].concat());
        },
    ));
    haproxy.eventually_is_looked_at(4);
    assert!(
        !service.log().contains("state unknown"),
        "{}",
        service.log()
    );
    service.is_well();
}

/// What HAProxy says must not become what HAProxy is told.
#[test]
fn a_name_that_is_followed_is_no_command_for_haproxy() {
    let asked = Arc::new(std::sync::Mutex::new(String::new()));
    let heard = Arc::clone(&asked);
    let text = String::from_utf8(UP.to_vec()).unwrap();
    // The field before the type.
    let forged = text.replacen(
        ",0,,2,0,,0,L4OK,",
        ",0,x;shutdown frontend http_front;show stat x/y,2,0,,0,L4OK,",
        1,
    );
    assert_ne!(text, forged);
    let answer = after_info(forged.as_bytes());
    let hostile: Manner = Arc::new(move |connection: &mut dyn Connection, question: &str| {
        heard.lock().unwrap().push_str(question);
        let _ = connection.write_all(&answer);
    });
    let haproxy = Haproxy::socket(Arc::clone(&hostile));
    let mut service = haproxy.setup().start();
    haproxy.eventually_is_looked_at(4);
    let asked = asked.lock().unwrap().clone();
    assert!(asked.contains("show stat http_back"), "{asked}");
    assert!(!asked.contains("shutdown"), "HAProxy was told: {asked}");
    service.is_well();
}

#[test]
fn a_hanging_haproxy_does_not_keep_it_from_leaving() {
    let haproxy = Haproxy::socket(Arc::new(|connection: &mut dyn Connection, _: &str| {
        let _ = connection.read(&mut [0; 64]);
    }));
    let mut service = haproxy.setup().with("--timeout", "30s").start();
    eventually("it looks at HAProxy", || haproxy.looks() > 0);
    service.close_stdin();
    service.leaves_within(Duration::from_secs(2));
}
