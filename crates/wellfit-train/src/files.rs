//! Files that are whole or not there: written beside, flushed, renamed into place.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A file or folder that could not be read or written.
#[derive(Debug, Error)]
#[error("cannot {action} {}: {source}", path.display())]
pub struct FileError {
    /// What was tried: `read`, `write`, `make the folder`…
    pub action: &'static str,
    /// Where.
    pub path: PathBuf,
    /// Why it failed.
    pub source: io::Error,
}

impl FileError {
    /// For `map_err`.
    pub fn on(action: &'static str, path: &Path) -> impl Fn(io::Error) -> FileError {
        move |source| FileError { action, path: path.to_path_buf(), source }
    }
}

/// What the name of a file that is being written ends with.
pub(crate) const PARTIAL: &str = ".partial";

/// Writes a file so that a reader, or a power cut, finds the old contents or the new
/// ones, never a part. The folder must be there. When it fails, for instance on a
/// full disk, the old file stays and nothing is left behind.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(PARTIAL);
    let partial = path.with_file_name(name);
    let written = (|| {
        let mut file = File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&partial, path)?;
        sync_folder(path.parent())
    })();
    written.map_err(|error| {
        // The first error is the one to tell; the part may not even be there.
        let _ = fs::remove_file(&partial);
        FileError::on("write", path)(error)
    })
}

/// Makes a rename outlast a power cut.
fn sync_folder(folder: Option<&Path>) -> io::Result<()> {
    match folder {
        Some(folder) if cfg!(unix) => {
            let here = folder.as_os_str().is_empty();
            File::open(if here { Path::new(".") } else { folder })?.sync_all()
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        write_file(&path, b"a longer first text").unwrap();
        write_file(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_names_the_path_and_keeps_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        write_file(&path, b"old").unwrap();
        // A folder in the way of the part stands for a disk that takes no more.
        fs::create_dir(folder.path().join(".record.json.partial")).unwrap();
        let error = write_file(&path, b"new").unwrap_err();
        assert!(error.to_string().contains("record.json"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");

        let below_a_file = path.join("x");
        assert!(write_file(&below_a_file, b"new").is_err());
    }
}
