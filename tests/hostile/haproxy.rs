//! Something in HAProxy's place: a socket or a page, and what it answers.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::exabgp::Setup;
use super::wait::eventually;

/// Looks that a hostile answer is given.
const LOOKS: usize = 4;

/// `show info` of a real HAProxy.
pub const INFO: &[u8] = include_bytes!("../captures/2.6.12/show_info.txt");
/// `show stat http_back 7 -1` of the same, with both servers up.
pub const UP: &[u8] = include_bytes!("../captures/2.6.12/http_back.csv");
/// `show stat` with every server down.
const DOWN: &[u8] = include_bytes!("../captures/2.6.12/all_down.csv");

/// What a sane HAProxy says while the service is up.
pub fn up() -> Vec<u8> {
    [INFO, UP].concat()
}

/// What it says while the service is down.
pub fn down() -> Vec<u8> {
    [INFO, DOWN].concat()
}

/// A connection of either kind.
pub trait Connection: Read + Write {}

impl<T: Read + Write> Connection for T {}

/// How a connection is served, whose question has been read.
pub type Manner = Arc<dyn Fn(&mut dyn Connection, &str) + Send + Sync>;

/// Answers with these bytes.
pub fn says(bytes: Vec<u8>) -> Manner {
    // The other end may have closed: that is its right.
    Arc::new(move |connection, _| drop(connection.write_all(&bytes)))
}

/// Something at the other end of `--stats`.
pub struct Haproxy {
    stats: String,
    manner: Arc<Mutex<Manner>>,
    looks: Arc<AtomicUsize>,
    folder: tempfile::TempDir,
    waiting: Option<UnixListener>,
}

impl Haproxy {
    /// A stats socket that nobody accepts connections from yet.
    pub fn closed_socket(manner: Manner) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("haproxy.sock");
        let listener = UnixListener::bind(&path).unwrap();
        Self {
            stats: path.to_str().unwrap().to_owned(),
            manner: Arc::new(Mutex::new(manner)),
            looks: Arc::default(),
            folder,
            waiting: Some(listener),
        }
    }

    /// A stats socket.
    pub fn socket(manner: Manner) -> Self {
        let mut haproxy = Self::closed_socket(manner);
        haproxy.accept();
        haproxy
    }

    /// A stats page.
    pub fn page(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let haproxy = Self {
            stats: format!("http://{}/haproxy?stats", listener.local_addr().unwrap()),
            manner: Arc::new(Mutex::new(manner)),
            looks: Arc::default(),
            folder: tempfile::tempdir().unwrap(),
            waiting: None,
        };
        let serve = haproxy.server("\r\n\r\n");
        thread::spawn(move || listener.incoming().flatten().for_each(serve));
        haproxy
    }

    /// Begins to accept.
    pub fn accept(&mut self) {
        let listener = self.waiting.take().unwrap();
        let serve = self.server("\n");
        thread::spawn(move || listener.incoming().flatten().for_each(serve));
    }

    /// Serves each connection in a thread of its own, once its question has come to its end.
    fn server<C: Connection + Send + 'static>(&self, end: &'static str) -> impl Fn(C) + use<C> {
        let (manner, looks) = (Arc::clone(&self.manner), Arc::clone(&self.looks));
        move |mut connection| {
            looks.fetch_add(1, Ordering::SeqCst);
            let manner = Arc::clone(&manner.lock().unwrap());
            thread::spawn(move || {
                let (mut question, mut byte) = (String::new(), [0]);
                while !question.ends_with(end) && matches!(connection.read(&mut byte), Ok(1)) {
                    question.push(char::from(byte[0]));
                }
                manner(&mut connection, &question);
            });
        }
    }

    pub fn path(&self) -> &str {
        assert!(self.folder.path().exists());
        &self.stats
    }

    pub fn setup(&self) -> Setup {
        Setup::new(self.path())
    }

    /// Answers otherwise from now on.
    pub fn turns(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// Connections so far.
    pub fn looks(&self) -> usize {
        self.looks.load(Ordering::SeqCst)
    }

    pub fn eventually_is_looked_at(&self, times: usize) {
        let before = self.looks();
        eventually("it looks at HAProxy again", || {
            self.looks() >= before + times
        });
    }
}

/// From the start and once the service is announced, this manner neither announces nor withdraws it, and does no harm.
pub fn withstands(haproxy: &Haproxy, hostile: &Manner, sane: &Manner) {
    let _ = withstands_with(haproxy.setup(), LOOKS, haproxy, hostile, sane);
}

/// The same, started otherwise and looked at so often; returns its log.
pub fn withstands_with(
    setup: Setup,
    looks: usize,
    haproxy: &Haproxy,
    hostile: &Manner,
    sane: &Manner,
) -> String {
    let mut service = setup.start();
    haproxy.eventually_is_looked_at(looks);
    service.has_announced_nothing();
    service.is_well();

    haproxy.turns(Arc::clone(sane));
    service.eventually_announces();
    let said = service.routes();

    haproxy.turns(Arc::clone(hostile));
    haproxy.eventually_is_looked_at(looks);
    assert_eq!(
        service.routes(),
        said,
        "the service is held while it cannot be told"
    );

    haproxy.turns(Arc::clone(sane));
    haproxy.eventually_is_looked_at(looks);
    assert_eq!(service.routes(), said, "the service stays as it was");
    service.is_well();
    service.log()
}
