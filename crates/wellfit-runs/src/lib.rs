//! Training runs as curves, wherever they come from.
//!
//! [`read`] takes a file or a folder, [`read_text`] what stood on stdin, and both give
//! [`Curves`]: one for each run that is found there.
//!
//! | format | file |
//! |---|---|
//! | CSV and TSV: Keras's, Lightning's and fastai's `CSVLogger`, Ultralytics's `results.csv`, pandas's `to_csv`, wellfit's `history.csv`, any with usual names | `table` |
//! | JSON: lists by name (Keras's `history.history`), records, a record a line, Hugging Face's `trainer_state.json` | `json` |
//! | what Keras prints | `console` |
//! | burn's experiment folder | `burn` |
//! | TensorBoard's event files | `events` |
//! | folders of these | `folder` |
//!
#![doc = include_str!("../../../docs/runs.md")]

mod burn;
mod cell;
mod choose;
mod console;
mod curves;
mod error;
mod events;
mod file;
mod folder;
mod gather;
mod input;
mod join;
mod json;
mod names;
mod options;
mod points;
mod protobuf;
mod python;
mod rows;
mod steps;
mod table;
mod tfrecord;
mod words;

use std::fs;
use std::path::Path;

pub use curves::*;
pub use error::{Fault, ReadError};
pub use options::Options;

use input::Input;

/// Reads the runs of a file or folder; at least one.
///
/// # Errors
///
/// [`ReadError`] names the file and says what is wrong with it.
pub fn read(path: &Path, options: &Options) -> Result<Vec<Curves>, ReadError> {
    let name = path.display().to_string();
    if path.is_dir() {
        return folder::read(path, options);
    }
    let read = match path.metadata() {
        Ok(data) if data.is_file() => file::read(Input::File(path), Some(path), &name, options),
        // A pipe is read once.
        Ok(_) => fs::read(path)
            .map_err(Fault::Io)
            .and_then(|bytes| file::read(Input::Bytes(&bytes), Some(path), &name, options)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Fault::Missing),
        Err(error) => Err(Fault::Io(error)),
    };
    read.map_err(|fault| ReadError { name, fault })
}

/// Reads the runs of a file whose bytes are there already, under a name of its own.
///
/// # Errors
///
/// As [`read`] does.
pub fn read_text(name: &str, bytes: &[u8], options: &Options) -> Result<Vec<Curves>, ReadError> {
    file::read(Input::Bytes(bytes), None, name, options)
        .map_err(|fault| ReadError { name: name.to_string(), fault })
}
