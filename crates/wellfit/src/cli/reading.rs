//! How far a large file has been read, on stderr.

use std::path::Path;
use std::sync::OnceLock;

use wellfit::data::LoadProgress;
use wellfit::report::{Bar, Counted};

/// Smaller files are there at once.
const LARGE: u64 = 32 << 20;
/// So many images take their time, too.
const MANY: u64 = 2_000;

/// A bar while a large file is read; nothing for a small one.
pub struct Reading {
    quiet: bool,
    bar: OnceLock<Bar>,
}

impl Reading {
    /// Shows nothing when `quiet`.
    pub fn new(quiet: bool) -> Reading {
        Reading { quiet, bar: OnceLock::new() }
    }

    /// Shows how far `source` has been read.
    pub fn show(&self, source: &str, progress: LoadProgress) {
        let LoadProgress { done, of, rows } = progress;
        // Of a folder every file is a sample.
        let is_large = if done == rows { of >= MANY } else { of >= LARGE };
        if self.quiet || !is_large {
            return;
        }
        let name = Path::new(source).file_name().unwrap_or_default().to_string_lossy();
        let bar = self.bar.get_or_init(|| Bar::new(Counted::Things, false));
        let percent = (100.0 * done as f64 / of as f64) as u64;
        bar.show(&format!("% of {name} read, {rows} rows"), percent, 100);
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = self.bar.get() {
            bar.end();
        }
    }
}
