//! A file of 10 million rows, in a process of its own, so that its memory can be measured.

mod support;

use std::fs::File;
use std::io::{BufWriter, Write};

use support::{has_note, names};
use wellfit_runs::{Options, read};

const ROWS: u32 = 10_000_000;

#[test]
#[ignore = "writes 280 MB and takes some seconds"]
fn ten_million_rows_are_read_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.csv");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    writeln!(file, "step,loss,acc,val_loss,val_acc").unwrap();
    for step in 0..ROWS {
        writeln!(file, "{step},0.{},0.{},0.{},0.8", 9 - step % 7, step % 9, 9 - step % 5).unwrap();
    }
    file.flush().unwrap();

    let before = peak_bytes();
    let runs = read(&path, &Options::default()).unwrap();
    let grown = peak_bytes().zip(before).map(|(after, before)| after - before);

    assert_eq!(runs.len(), 1);
    let run = &runs[0];
    assert_eq!(names(run), ["loss", "val_loss", "acc", "val_acc"]);
    assert!((50_000..=100_000).contains(&run.at.len()), "{}", run.at.len());
    assert!(*run.at.last().unwrap() > f64::from(ROWS) * 0.999);
    assert!(has_note(run, "10000000"), "{:?}", run.notes);
    println!("memory: {grown:?} bytes more than before");
    assert!(grown.is_none_or(|grown| grown < 30_000_000), "{grown:?}");
}

/// The most memory that this process has had, where the system says it.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
