//! A hostile stats page.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::haproxy::{Connection, Haproxy, Manner, UP, says, withstands};

/// What a real one says while the service is up.
const PAGE: &[u8] = include_bytes!("../captures/2.6.12/stats_page.txt");

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n";

fn withstands_a_page_that(hostile: Manner) {
    let haproxy = Haproxy::page(Arc::clone(&hostile));
    withstands(&haproxy, &hostile, &says(PAGE.to_vec()));
}

fn withstands_the_answer(bytes: impl Into<Vec<u8>>) {
    withstands_a_page_that(says(bytes.into()));
}

/// The table as the page has it, without the empty line that ends it at the socket.
fn table() -> &'static [u8] {
    UP.strip_suffix(b"\n").unwrap()
}

fn with_body(head: &str, body: &[u8]) -> Vec<u8> {
    [head.as_bytes(), b"\r\n", body].concat()
}

#[test]
fn a_page_that_asks_for_a_password_is_withstood() {
    let head = "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain\r\nWWW-Authenticate: Basic realm=\"x\"\r\nConnection: close\r\n";
    withstands_the_answer(with_body(head, table()));
}

#[test]
fn a_redirect_is_not_followed() {
    let followed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&followed);
    withstands_a_page_that(Arc::new(
        move |connection: &mut dyn Connection, question: &str| {
            let answer = if question.starts_with("GET /good") {
                seen.store(true, Ordering::SeqCst);
                PAGE.to_vec()
            } else {
                let head = "HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Type: text/plain\r\nConnection: close\r\n";
                with_body(head, table())
            };
            let _ = connection.write_all(&answer);
        },
    ));
    assert!(!followed.load(Ordering::SeqCst), "it was followed");
}

#[test]
fn an_html_page_with_status_200_is_withstood() {
    withstands_the_answer(with_body(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n",
        b"<html><body>http_back UP</body></html>",
    ));
}

#[test]
fn a_table_in_chunks_that_are_cut_is_withstood() {
    let count = AtomicUsize::new(0);
    // The last five bytes are the chunk that ends it.
    let whole = [
        with_body(
            &format!("{OK}Transfer-Encoding: chunked\r\n"),
            format!("{:x}\r\n", table().len()).as_bytes(),
        ),
        table().to_vec(),
        b"\r\n0\r\n\r\n".to_vec(),
    ]
    .concat();
    withstands_a_page_that(Arc::new(move |connection: &mut dyn Connection, _: &str| {
        let missing = [5, 7, 100, whole.len() / 2][count.fetch_add(1, Ordering::SeqCst) % 4];
        let _ = connection.write_all(&whole[..whole.len() - missing]);
    }));
}

#[test]
fn a_table_shorter_than_its_content_length_is_withstood() {
    let head = format!("{OK}Content-Length: {}\r\n", table().len() + 1);
    withstands_the_answer(with_body(&head, table()));
}

#[test]
fn chunks_of_a_length_that_is_none_are_withstood() {
    let head = format!("{OK}Transfer-Encoding: chunked\r\n");
    withstands_the_answer(with_body(
        &head,
        b"ffffffffffffffffff\r\n# pxname,\r\n0\r\n\r\n",
    ));
}

/// RFC 1952, with the deflated data in one block that is only stored.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let crc = !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    });
    let length = u16::try_from(bytes.len()).unwrap();
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend(bytes);
    packed.extend(crc.to_le_bytes());
    packed.extend(u32::from(length).to_le_bytes());
    packed
}

#[test]
fn a_packed_table_that_nobody_asked_for_is_withstood() {
    let head = format!("{OK}Content-Encoding: gzip\r\n");
    withstands_the_answer(with_body(&head, &gzip(table())));
}

#[test]
fn headers_without_an_end_are_withstood() {
    withstands_a_page_that(Arc::new(|connection: &mut dyn Connection, _: &str| {
        let _ = connection.write_all(OK.as_bytes());
        let line = format!("X-Again: {}\r\n", "x".repeat(1000));
        let _ = (0..100_000).try_for_each(|_| connection.write_all(line.as_bytes()));
    }));
}

#[test]
fn a_header_line_without_an_end_is_withstood() {
    withstands_a_page_that(Arc::new(|connection: &mut dyn Connection, _: &str| {
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nX-Long: ");
        let _ = (0..100_000).try_for_each(|_| connection.write_all(&[b'x'; 1000]));
    }));
}

#[test]
fn interim_answers_without_an_end_are_withstood() {
    withstands_a_page_that(Arc::new(|connection: &mut dyn Connection, _: &str| {
        let _ =
            (0..1_000_000).try_for_each(|_| connection.write_all(b"HTTP/1.1 100 Continue\r\n\r\n"));
    }));
}

#[test]
fn a_body_without_an_end_is_withstood() {
    withstands_a_page_that(Arc::new(|connection: &mut dyn Connection, _: &str| {
        let _ = connection.write_all(&with_body(OK, table()));
        let row = table().split(|byte| *byte == b'\n').nth(1).unwrap();
        let rows = [row, b"\n"].concat().repeat(100);
        let _ = (0..10_000).try_for_each(|_| connection.write_all(&rows));
    }));
}

#[test]
fn a_page_that_says_a_byte_in_50_ms_is_withstood() {
    withstands_a_page_that(Arc::new(|connection: &mut dyn Connection, _: &str| {
        let _ = PAGE.iter().take(200).try_for_each(|byte| {
            thread::sleep(Duration::from_millis(50));
            connection.write_all(&[*byte])
        });
    }));
}

#[test]
fn a_table_without_its_backends_row_is_withstood() {
    let rows: Vec<&[u8]> = table()
        .split_inclusive(|byte| *byte == b'\n')
        .take(3)
        .collect();
    withstands_the_answer(with_body(OK, &rows.concat()));
}

#[test]
fn the_sockets_answer_at_the_place_of_the_page_is_withstood() {
    withstands_the_answer(super::haproxy::up());
}

#[test]
fn binary_noise_at_the_place_of_the_page_is_withstood() {
    withstands_the_answer(
        (0..100_000u32)
            .flat_map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes())
            .collect::<Vec<u8>>(),
    );
}
