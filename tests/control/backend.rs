//! A server behind HAProxy: a thread that answers on a unix socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use super::wait::PATIENCE;

/// What its threads share.
#[derive(Default)]
struct Manner {
    sick: AtomicBool,
    requests: AtomicUsize,
    checks: AtomicUsize,
    held: Mutex<bool>,
    released: Condvar,
}

/// A server behind HAProxy.
pub struct Backend {
    manner: Arc<Manner>,
}

impl Backend {
    pub fn at(path: &Path) -> Self {
        let manner = Arc::new(Manner::default());
        let listener = UnixListener::bind(path).unwrap();
        let shared = Arc::clone(&manner);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let manner = Arc::clone(&shared);
                thread::spawn(move || manner.serve(connection));
            }
        });
        Self { manner }
    }

    /// Its checks fail from now on, or succeed again.
    pub fn is_sick(&self, sick: bool) {
        self.manner.sick.store(sick, Ordering::SeqCst);
    }

    /// It answers no request from now on, until it is released.
    pub fn hold(&self) {
        *self.manner.held.lock().unwrap() = true;
    }

    pub fn release(&self) {
        *self.manner.held.lock().unwrap() = false;
        self.manner.released.notify_all();
    }

    /// Clients' requests so far, also those that are held.
    pub fn requests(&self) -> usize {
        self.manner.requests.load(Ordering::SeqCst)
    }

    pub fn checks(&self) -> usize {
        self.manner.checks.load(Ordering::SeqCst)
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.release();
    }
}

impl Manner {
    fn serve(&self, mut connection: UnixStream) {
        let Ok(head) = connection.try_clone().map(BufReader::new) else {
            return;
        };
        let mut lines = head.lines().map_while(Result::ok);
        let Some(request) = lines.next() else { return };
        let _ = lines.find(String::is_empty);
        let status = if request.contains("/check") {
            self.checks.fetch_add(1, Ordering::SeqCst);
            if self.sick.load(Ordering::SeqCst) {
                "503 Service Unavailable"
            } else {
                "200 OK"
            }
        } else {
            self.requests.fetch_add(1, Ordering::SeqCst);
            let held = self.held.lock().unwrap();
            drop(
                self.released
                    .wait_timeout_while(held, PATIENCE, |held| *held)
                    .unwrap(),
            );
            "200 OK"
        };
        // HAProxy may have gone away: that is its right.
        let _ = write!(
            connection,
            "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
}
