//! What can go wrong when a report is written.

use std::path::PathBuf;

use thiserror::Error;

/// Why there is no report.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A file could not be written.
    #[error("cannot write {path}: {source}", path = path.display())]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Records or findings that are not those of the study.
    #[error(
        "the study has {arms} arms, but {what} cover {found}: records, findings and study must belong together"
    )]
    Mismatch {
        /// Arms of the study.
        arms: usize,
        /// "records" or "findings".
        what: &'static str,
        /// Arms there.
        found: usize,
    },
    /// A file whose name ends neither in `.svg` nor in `.png`.
    #[error(
        "cannot draw {path}: pictures are SVG and PNG; name FILE.svg, FILE.png or a folder",
        path = path.display()
    )]
    Ending {
        /// The file.
        path: PathBuf,
    },
    /// A picture too large to draw as PNG, or a failure of the encoder.
    #[error("cannot draw {width} × {height} pixels as PNG")]
    Png {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
}
