//! The recorder on a disk that is full, slow, or another's.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::drain::Orders;
use crate::record::{Event, Reader};

const S: Duration = Duration::from_secs(1);
const CONFIG: &str = r#"{"record": "/x", "services": {"web": {"prefixes": ["9.9.9.9/32"], "next_hop": "192.0.2.1",
    "levels": [{"name": "up", "when": {"file": {"path": "/run/ready"}}}]}}}"#;

/// A process whose calls are recorded, one each second.
struct Process {
    folder: tempfile::TempDir,
    settings: Settings,
    program: Program,
    recorder: Recorder,
    start: Instant,
    now: Instant,
    calls: usize,
}

impl Process {
    fn new(bounds: Bounds) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let config = folder.path().join("config.json");
        std::fs::write(&config, CONFIG).unwrap();
        let path = folder.path().join("record");
        Self {
            settings: Settings::of_file(config),
            program: Program::new([].into(), start),
            recorder: Recorder::within(bounds, path, start, Some(Vec::new())).unwrap(),
            folder,
            start,
            now: start,
            calls: 0,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("record")
    }

    fn call(&mut self, inputs: Vec<Input>) {
        self.now += S;
        self.calls += 1;
        self.recorder
            .called(&self.program, &self.settings, &inputs, self.now);
        let outputs = self.program.take(inputs, self.now);
        self.recorder.ended(&outputs, self.now);
    }

    /// So many calls; the disk is as fast as the loop.
    fn calls(&mut self, count: usize) {
        let config = self.settings.config().cloned().unwrap();
        self.call(vec![Input::Configuration(Box::new(config))]);
        for _ in 1..count {
            self.call(vec![Input::Orders(Orders::default())]);
            self.written();
        }
    }

    fn written(&mut self) {
        self.recorder.hand_over();
        while self.recorder.state.waiting.load(Relaxed) > 0 {
            thread::yield_now();
        }
    }

    /// The end: which lives are whole, and how many calls are read.
    fn read(self) -> (Vec<bool>, usize) {
        self.recorder.finish(60 * S);
        let path = self.folder.path().join("record");
        let (mut lives, mut calls, mut reader) = (Vec::new(), 0, Reader::new(self.start));
        let mut tell = |event| match event {
            Event::Life(life) => lives.push(life.is_whole()),
            Event::Call(_) => calls += 1,
            Event::Cut => panic!("nothing is cut"),
        };
        for path in [earlier(&path), path] {
            let Ok(text) = std::fs::read(&path) else {
                continue;
            };
            reader.file(text.as_slice(), &mut tell).unwrap();
        }
        reader.end(&mut tell).unwrap();
        (lives, calls)
    }
}

#[test]
fn a_record_is_for_its_group_and_no_more() {
    let mut process = Process::new(BOUNDS);
    process.calls(3);
    let mode = std::fs::metadata(process.path()).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o640);
    assert_eq!(process.read(), (vec![true], 3));
}

#[test]
fn what_goes_on_in_another_file_is_one_life() {
    let size = 2_000;
    let mut process = Process::new(Bounds { size, ..BOUNDS });
    process.calls(60);
    assert!(earlier(&process.path()).exists());
    assert_eq!(process.read(), (vec![true], 60));
}

#[test]
fn there_are_two_files_at_most_and_what_is_left_of_a_life_is_not_whole() {
    let size = 2_000;
    let mut process = Process::new(Bounds { size, ..BOUNDS });
    process.calls(600);
    for path in [process.path(), earlier(&process.path())] {
        assert!(std::fs::metadata(path).unwrap().len() < size + 1_000);
    }
    assert_eq!(process.folder.path().read_dir().unwrap().count(), 3);
    let (lives, calls) = process.read();
    assert_eq!(lives, [false]);
    assert!((10..600).contains(&calls), "{calls}");
}

#[test]
fn a_process_goes_on_where_the_one_before_stopped() {
    let mut process = Process::new(BOUNDS);
    process.calls(3);
    process.written();
    let (path, start) = (process.path(), process.start);
    process.recorder = Recorder::start(path, start, Some(Vec::new())).unwrap();
    process.calls(4);
    assert_eq!(process.read(), (vec![true, true], 7));
}

#[test]
fn two_processes_write_one_after_the_other() {
    let mut process = Process::new(BOUNDS);
    process.calls(2);
    let (path, start) = (process.path(), process.start);
    let next = Recorder::start(path, start, Some(Vec::new())).unwrap();
    let mut last = std::mem::replace(&mut process.recorder, next);
    process.call(Vec::new());
    process.recorder.hand_over();
    last.called(&process.program, &process.settings, &[], process.now);
    last.ended(&[], process.now);
    last.finish(60 * S);
    assert_eq!(process.read(), (vec![true, true], 4));
}

#[test]
fn what_is_no_record_is_left_alone_and_the_record_begins_when_it_is_gone() {
    let retry = Duration::ZERO;
    let mut process = Process::new(Bounds { retry, ..BOUNDS });
    std::fs::write(process.path(), "precious").unwrap();
    process.calls(5);
    let fault = process.recorder.means().account().fault;
    assert!(fault.unwrap().1.contains("does not begin with"));
    assert_eq!(std::fs::read(process.path()).unwrap(), b"precious");
    std::fs::remove_file(process.path()).unwrap();
    // A try, and what comes after it.
    process.calls(5);
    assert_eq!(process.recorder.means().account().fault, None);
    let (lives, calls) = process.read();
    assert_eq!(lives, [false]);
    assert!((1..=5).contains(&calls), "{calls}");
}

#[test]
fn a_slow_disk_makes_a_hole_after_which_the_record_begins_anew() {
    let waiting = 1_000;
    let mut process = Process::new(Bounds { waiting, ..BOUNDS });
    process.calls(2);
    // As if the thread had so much to do.
    process.recorder.state.waiting.fetch_add(5_000, Relaxed);
    (0..10).for_each(|_| process.call(Vec::new()));
    process.recorder.state.waiting.fetch_sub(5_000, Relaxed);
    (0..10).for_each(|_| {
        process.call(Vec::new());
        process.written();
    });
    let (lives, calls) = process.read();
    assert_eq!(lives, [true, false]);
    assert_eq!(calls, 12);
}
