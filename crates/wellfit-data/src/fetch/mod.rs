//! Downloads of known data sets: checked by SHA-256, resumed where they stopped,
//! never half-written.
//!
//! A file grows as `NAME.part` and takes its name only when it is whole and its
//! checksum is right. A cut connection is taken up again with an HTTP range; so is a
//! download that was stopped or killed, when [`fetch`] is called again.

mod transfer;

#[cfg(test)]
mod tests;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{DataError, FASHION_MNIST, FASHION_MNIST_SAMPLE, Places};

/// A file of a known set, as its authors publish it.
struct Remote {
    name: &'static str,
    size: u64,
    sha256: &'static str,
}

const FASHION_MNIST_BASE: &str = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com";

/// <https://github.com/zalandoresearch/fashion-mnist#get-the-data> gives the same
/// files with their MD5 sums.
const FASHION_MNIST_FILES: [Remote; 4] = [
    Remote {
        name: "train-images-idx3-ubyte.gz",
        size: 26_421_880,
        sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    },
    Remote {
        name: "train-labels-idx1-ubyte.gz",
        size: 29_515,
        sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    },
    Remote {
        name: "t10k-images-idx3-ubyte.gz",
        size: 4_422_102,
        sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    },
    Remote {
        name: "t10k-labels-idx1-ubyte.gz",
        size: 5_148,
        sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
];

/// How a download is done.
///
/// | field | default | meaning |
/// |---|---|---|
/// | `base` | the authors' address | where the files are, without the last `/` |
/// | `folder` | `NAME` in the data folder, else in the cache | where they go; made if need be |
/// | `timeout` | 30 s | the longest silence before a connection counts as cut |
/// | `tries` | 5 | attempts in a row that bring nothing before it is given up |
/// | `pause` | 1 s | wait before another attempt |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchOptions {
    /// Where the files are: an `http://` address without the last `/`.
    pub base: String,
    /// Where they go; made if need be.
    pub folder: PathBuf,
    /// The longest silence before a connection counts as cut, above 0.
    pub timeout: Duration,
    /// Attempts in a row that bring no byte before it is given up.
    pub tries: u32,
    /// Wait before another attempt.
    pub pause: Duration,
}

impl FetchOptions {
    /// The defaults for a known set: into `NAME` below `places.data_dir`, else below
    /// `places.cache`, where [`load`](crate::load) finds it.
    ///
    /// # Errors
    /// When no such set can be downloaded, or `places` has neither folder.
    pub fn new(name: &str, places: &Places) -> Result<Self, DataError> {
        let (base, _) = published(name)?;
        let root = places.data_dir.as_ref().or(places.cache.as_ref());
        Ok(Self {
            base: base.to_string(),
            folder: root.ok_or(FetchFault::NoFolder)?.join(name),
            timeout: Duration::from_secs(30),
            tries: 5,
            pause: Duration::from_secs(1),
        })
    }
}

/// What happens during a download.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchEvent<'a> {
    /// A file is there already, and right.
    Present {
        /// The file's name.
        file: &'a str,
        /// Its bytes.
        size: u64,
    },
    /// A file begins.
    Started {
        /// The file's name.
        file: &'a str,
        /// Its bytes.
        size: u64,
        /// Bytes that an earlier attempt left.
        have: u64,
    },
    /// Bytes came in.
    Received {
        /// The file's name.
        file: &'a str,
        /// Its bytes.
        size: u64,
        /// How many of them are there.
        have: u64,
    },
    /// The connection broke; another attempt follows.
    Retrying {
        /// The file's name.
        file: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// A file is whole, right and in its place.
    Finished {
        /// The file's name.
        file: &'a str,
        /// Its bytes.
        size: u64,
    },
}

/// Why a download failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchFault {
    /// There is no such set to download.
    #[error("no data set \"{0}\" to download; \"{FASHION_MNIST}\" is one")]
    Unknown(String),
    /// The set is part of the program.
    #[error("data set \"{0}\" is embedded in the program: it needs no download")]
    Embedded(String),
    /// Nowhere to put it.
    #[error("no folder to download to: there is neither HOME nor XDG_CACHE_HOME; use --data-dir")]
    NoFolder,
    /// Another download is at work in this folder.
    #[error("{}: another download is writing to this folder", .0.display())]
    Busy(PathBuf),
    /// The server refuses.
    #[error("{url}: the server answers {status}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The address or the answer makes no sense.
    #[error("{url}: {reason}")]
    Protocol {
        /// The address.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// No bytes came, time and again.
    #[error(
        "{url}: {reason}; {have} of {size} bytes are kept, and the next download goes on from there"
    )]
    Cut {
        /// The address.
        url: String,
        /// The last attempt's trouble.
        reason: String,
        /// Bytes that are there.
        have: u64,
        /// Bytes that were to come.
        size: u64,
    },
    /// The server has a file of another length.
    #[error("{url}: the server has {found} bytes, expected are {expected}")]
    Length {
        /// The address.
        url: String,
        /// What the server has.
        found: String,
        /// What is expected.
        expected: u64,
    },
    /// The bytes are not those that were published.
    #[error("{url}: its SHA-256 is {found}, expected is {expected}; nothing is kept")]
    Checksum {
        /// The address.
        url: String,
        /// Of what came.
        found: String,
        /// Of what was published.
        expected: &'static str,
    },
    /// The observer said stop.
    #[error(
        "{file}: stopped; {have} of {size} bytes are kept, and the next download goes on from there"
    )]
    Stopped {
        /// The file's name.
        file: &'static str,
        /// Bytes that are there.
        have: u64,
        /// Bytes that were to come.
        size: u64,
    },
    /// The operating system says no.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl FetchFault {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| FetchFault::Io { path: path.to_path_buf(), error }
    }
}

/// Told what happens; `Break` stops the download, which can be taken up again.
type Observer<'a> = &'a mut dyn FnMut(&FetchEvent<'_>) -> ControlFlow<()>;

/// Downloads a known data set and gives its folder. Files that are there and right
/// are left alone.
///
/// # Errors
/// When the set is unknown, the server refuses or has other bytes than were
/// published, the connection breaks for good, the observer stops it, the folder is
/// in use by another download, or a file cannot be written.
pub fn fetch(
    name: &str,
    options: &FetchOptions,
    mut observer: impl FnMut(&FetchEvent<'_>) -> ControlFlow<()>,
) -> Result<PathBuf, DataError> {
    let (_, files) = published(name)?;
    fetch_files(files, options, &mut observer)?;
    Ok(options.folder.clone())
}

fn published(name: &str) -> Result<(&'static str, &'static [Remote]), FetchFault> {
    match name {
        FASHION_MNIST => Ok((FASHION_MNIST_BASE, &FASHION_MNIST_FILES)),
        FASHION_MNIST_SAMPLE => Err(FetchFault::Embedded(name.to_string())),
        _ => Err(FetchFault::Unknown(name.to_string())),
    }
}

fn fetch_files(
    files: &'static [Remote],
    options: &FetchOptions,
    observer: Observer<'_>,
) -> Result<(), FetchFault> {
    let folder = &options.folder;
    fs::create_dir_all(folder).map_err(FetchFault::io(folder))?;
    let _lock = lock(folder)?;
    let agent = transfer::agent(options.timeout);
    for file in files {
        let path = folder.join(file.name);
        if path.is_file() && sha256(&path)? == file.sha256 {
            let event = FetchEvent::Present { file: file.name, size: file.size };
            if observer(&event).is_break() {
                return Err(stopped(file, 0));
            }
            continue;
        }
        download(&agent, file, options, observer)?;
    }
    Ok(())
}

fn stopped(file: &Remote, have: u64) -> FetchFault {
    FetchFault::Stopped { file: file.name, have, size: file.size }
}

/// Held while a download is at work; the file stays, empty.
fn lock(folder: &Path) -> Result<File, FetchFault> {
    let path = folder.join(".lock");
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let file = file.map_err(FetchFault::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FetchFault::Busy(folder.to_path_buf())),
        Err(TryLockError::Error(error)) => Err(FetchFault::io(&path)(error)),
    }
}

/// One file: into its `.part`, checked, then into its place.
fn download(
    agent: &ureq::Agent,
    file: &'static Remote,
    options: &FetchOptions,
    observer: Observer<'_>,
) -> Result<(), FetchFault> {
    let url = format!("{}/{}", options.base.trim_end_matches('/'), file.name);
    let path = options.folder.join(format!("{}.part", file.name));
    let resumed = transfer::complete(agent, &url, file, &path, options, observer)?;
    let mut found = sha256(&path)?;
    if found != file.sha256 && resumed {
        // What an earlier attempt left may be at fault: once more, from the start.
        fs::remove_file(&path).map_err(FetchFault::io(&path))?;
        transfer::complete(agent, &url, file, &path, options, observer)?;
        found = sha256(&path)?;
    }
    if found != file.sha256 {
        fs::remove_file(&path).map_err(FetchFault::io(&path))?;
        return Err(FetchFault::Checksum { url, found, expected: file.sha256 });
    }
    let target = options.folder.join(file.name);
    fs::rename(&path, &target).map_err(FetchFault::io(&target))?;
    // The name lasts only once the folder is on disk, too.
    #[cfg(unix)]
    File::open(&options.folder)
        .and_then(|folder| folder.sync_all())
        .map_err(FetchFault::io(&options.folder))?;
    match observer(&FetchEvent::Finished { file: file.name, size: file.size }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(stopped(file, file.size)),
    }
}

/// A file's SHA-256 in hexadecimal.
fn sha256(path: &Path) -> Result<String, FetchFault> {
    let mut hasher = Sha256::new();
    let mut file = File::open(path).map_err(FetchFault::io(path))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match io::Read::read(&mut file, &mut buffer) {
            Ok(0) => break,
            Ok(n) => hasher.update(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FetchFault::io(path)(error)),
        }
    }
    Ok(hex(&hasher.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
