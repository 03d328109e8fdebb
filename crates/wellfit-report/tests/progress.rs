//! What `wellfit study` says without a terminal.

#![cfg(feature = "terminal")]

mod fixture;

use std::io::Write;
use std::sync::{Arc, Mutex};

use wellfit_report::Progress;
use wellfit_train::record::RunState;

/// Keeps what is written.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn lines(&self) -> Vec<String> {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().lines().map(Into::into).collect()
    }
}

#[test]
fn a_finished_trial_is_one_line_and_logged_lines_stay() {
    let records = fixture::article(1, 3);
    let page = Page::default();
    let progress = Progress::lines(3, Box::new(page.clone()));
    progress.already_done(1);
    let record = records.records[0][0].as_ref().unwrap();
    let mut lost = record.clone();
    lost.state = RunState::Diverged { epoch: 2, step: None };
    for (name, record) in [("baseline-s0", record), ("dropout-s0", &lost)] {
        progress.started(name, 3);
        record.epochs.iter().for_each(|row| progress.epoch(name, row));
        progress.log("plateau-s0: a line");
        progress.finished(name, record);
    }
    progress.end();
    let lines = page.lines();
    assert_eq!(lines[0], "1 trial already done");
    assert_eq!(lines[1], "plateau-s0: a line");
    assert!(lines[2].starts_with("[1/2] baseline-s0: 3 epochs, val 0."), "{lines:#?}");
    assert!(lines[2].ends_with("s left"), "{lines:#?}");
    assert!(lines[4].starts_with("[2/2] dropout-s0: diverged in epoch 2"), "{lines:#?}");
    assert_eq!(lines.len(), 5);
}

#[test]
fn several_threads_may_report_at_once() {
    let records = fixture::article(1, 20);
    let page = Page::default();
    let progress = Progress::lines(8, Box::new(page.clone()));
    std::thread::scope(|scope| {
        for record in records.records.iter().flatten().flatten() {
            let progress = &progress;
            scope.spawn(move || {
                progress.started(&record.arm, 20);
                record.epochs.iter().for_each(|row| progress.epoch(&record.arm, row));
                progress.finished(&record.arm, record);
            });
        }
    });
    assert_eq!(page.lines().len(), 8);
    assert!(page.lines()[7].starts_with("[8/8]"));
}

#[test]
fn trials_that_a_race_adds_are_counted() {
    let records = fixture::article(1, 3);
    let page = Page::default();
    let progress = Progress::lines(1, Box::new(page.clone()));
    let record = records.records[0][0].as_ref().unwrap();
    for name in ["baseline-s0", "baseline-s1"] {
        progress.started(name, 3);
        record.epochs.iter().for_each(|row| progress.epoch(name, row));
        progress.finished(name, record);
        progress.more(1);
    }
    let lines = page.lines();
    assert!(lines[0].starts_with("[1/1] ") && lines[1].starts_with("[2/2] "), "{lines:#?}");
}
