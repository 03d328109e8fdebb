//! What can be wrong with a model file, in words: what, where, and what would be right.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a model could not be inspected.
#[derive(Debug, Error)]
#[error("{}: {fault}", path.display())]
pub struct WeightsError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a model file.
#[derive(Debug, Error)]
pub enum Fault {
    /// Nothing is there.
    #[error("no such file or folder")]
    Missing,
    /// A folder without a model.
    #[error(
        "is a folder without model.safetensors; name a model file, or the folder of a run (a \
         study keeps its runs in trials/)"
    )]
    NoModel,
    /// A device, a pipe, a socket.
    #[error("is neither a file nor a folder")]
    NotFile,
    /// No bytes.
    #[error("is empty (0 bytes)")]
    Empty,
    /// The operating system says no.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// No file that is read here.
    #[error(
        "is no model file: it starts with {}; safetensors files and PyTorch state dicts \
         (torch.save) are read", beginning(.start)
    )]
    NotModel {
        /// Its first bytes.
        start: Vec<u8>,
    },
    /// PyTorch's format before 1.6, or another pickle.
    #[error(
        "is a bare pickle, which PyTorch wrote before version 1.6; with PyTorch, \
         torch.save(torch.load(FILE), NEW) writes the form that is read"
    )]
    Legacy,
    /// A safetensors header longer than its file.
    #[error(
        "its header says that it is {promised} bytes long, but {found} bytes follow: truncated, \
         or no safetensors file"
    )]
    HeaderLength {
        /// What the header says.
        promised: u64,
        /// Bytes after that.
        found: u64,
    },
    /// A safetensors header longer than any model's.
    #[error("its header says that it is {promised} bytes long, more than the {most} that are read")]
    HeaderTooLong {
        /// What the header says.
        promised: u64,
        /// What is read.
        most: u64,
    },
    /// A safetensors header that is no JSON object of tensors.
    #[error("its safetensors header is damaged: {0}")]
    Header(String),
    /// A tensor whose description cannot be right.
    #[error("tensor {name} {reason}")]
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// Fewer values than promised.
    #[error("is truncated: its tensors need {needed} bytes of values, {found} are there")]
    Truncated {
        /// Bytes that the tensors need.
        needed: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// More bytes than the tensors need.
    #[error(
        "goes on after its last tensor: {needed} bytes of values are described, {found} are there"
    )]
    Trailing {
        /// Bytes that the tensors need.
        needed: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// A zip archive that is damaged, or none of PyTorch's.
    #[error("{0}")]
    Archive(String),
    /// A pickle that holds something else than a state dict.
    #[error("{0}")]
    Pickle(#[from] PickleFault),
    /// Nothing to look at.
    #[error("holds no tensor")]
    NoTensors,
    /// A tensor that does not fit into memory.
    #[error("tensor {name} needs {bytes} bytes of memory, more than there are")]
    Memory {
        /// Its name.
        name: String,
        /// What it needs.
        bytes: u64,
    },
    /// Somebody asked to stop.
    #[error("stopped before it was done")]
    Stopped,
}

/// Why a pickle was not read. None of it was run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PickleFault {
    /// It ends too early.
    #[error("its pickle is truncated")]
    Truncated,
    /// An instruction that no state dict needs.
    #[error(
        "its pickle has the instruction 0x{code:02x} at byte {at}, which no state dict needs: save \
         model.state_dict()"
    )]
    Opcode {
        /// The instruction.
        code: u8,
        /// Where.
        at: usize,
    },
    /// A class or function that does not belong to a state dict of tensors.
    #[error(
        "its pickle asks for {0}, which is no part of a state dict; nothing of it was run. Save \
         model.state_dict()"
    )]
    Global(String),
    /// Instructions that make no sense.
    #[error("its pickle is damaged at byte {at}: {what}")]
    Damaged {
        /// Where.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// More objects than any state dict has, or deeper ones.
    #[error("its pickle holds more objects than a state dict has")]
    TooMany,
}

impl Fault {
    /// With the file it is about.
    pub(crate) fn of(self, path: &Path) -> WeightsError {
        WeightsError { path: path.to_path_buf(), fault: self }
    }

    /// What is wrong with one tensor.
    pub(crate) fn tensor(name: &str, reason: impl Into<String>) -> Fault {
        Fault::Tensor { name: shown(name), reason: reason.into() }
    }

    /// A tensor that is too large.
    pub(crate) fn memory(name: &str, bytes: u64) -> Fault {
        Fault::Memory { name: shown(name), bytes }
    }
}

/// A stranger's name as it may be shown: without control characters, which could move
/// the cursor, and not longer than people read.
pub(crate) fn shown(name: &str) -> String {
    let mut letters = name.chars().filter(|letter| !letter.is_control());
    let mut shown: String = letters.by_ref().take(100).collect();
    if letters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// A file's first bytes as text, where they are some, else as numbers.
fn beginning(start: &[u8]) -> String {
    let whole = match std::str::from_utf8(start) {
        // The last character may be cut.
        Err(error) if error.error_len().is_none() => &start[..error.valid_up_to()],
        _ => start,
    };
    let text = std::str::from_utf8(whole).ok().filter(|text| !text.is_empty());
    let letters = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    match text.filter(|text| text.chars().all(letters)) {
        Some(text) => format!("the text {text:?}"),
        None => format!("the bytes {start:02x?}"),
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Fault::Missing,
            _ => Fault::Io(error),
        }
    }
}
