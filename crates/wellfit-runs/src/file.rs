//! One file, or what stood on stdin: which format it has.

use std::path::Path;

use crate::error::Fault;
use crate::events::EventFile;
use crate::folder::is_event_file;
use crate::input::Input;
use crate::json::Document;
use crate::rows::Rows;
use crate::table::Table;
use crate::{Curves, Options, console, events, gather, json, tfrecord};

/// So much of a file tells its format.
const HEAD: u64 = 1 << 16;

/// Reads the runs of a file.
///
/// # Errors
///
/// Whatever [`Fault`] says of files.
pub(crate) fn read(
    input: Input<'_>,
    path: Option<&Path>,
    name: &str,
    options: &Options,
) -> Result<Vec<Curves>, Fault> {
    let head = input.head(HEAD)?;
    if head.iter().all(u8::is_ascii_whitespace) {
        return Err(Fault::Empty);
    }
    if tfrecord::is_record(&head) || path.is_some_and(is_event_file) {
        let file = EventFile { folder: String::new(), name: name.to_string(), input };
        return events::read(&[file], name, options);
    }
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Err(Fault::Utf16);
    }
    if head.iter().any(is_binary) {
        return Err(Fault::Binary(kind(&head)));
    }
    let text = String::from_utf8_lossy(&head);
    let start = text.trim_start();
    if start.starts_with('{') || (start.starts_with('[') && !console::is_console(&text)) {
        return from_json(input, name, options);
    }
    if console::is_console(&text) {
        let rows = console::read(input)?;
        return gather::read(&rows, name, "Keras's console output", options);
    }
    let table = Table::new(input)?;
    let mut curves = gather::read(&table, name, table.origin(), options)?;
    if table.is_wellfit() {
        let record = path.is_some_and(|path| path.with_file_name("record.json").is_file());
        let note = if record {
            "history.csv alone was read; record.json beside it has the losses of single samples"
        } else {
            "there is no record.json beside it: the losses of single samples are not known"
        };
        curves.iter_mut().for_each(|curves| curves.notes.push(note.to_string()));
    }
    Ok(curves)
}

fn from_json(input: Input<'_>, name: &str, options: &Options) -> Result<Vec<Curves>, Fault> {
    match json::read(input)? {
        Document::Lists(rows) => {
            let keras = rows.names().iter().any(|name| name == "val_loss");
            let origin = if keras { "looks like Keras's history as JSON" } else { "JSON lists" };
            gather::read(&rows, name, origin, options)
        }
        Document::Records(records) => {
            let mut curves = gather::read(&records, name, records.origin(), options)?;
            let evaluated = records.evaluated().filter(|_| options.val_size.is_none());
            if let Some((size, exact)) = evaluated {
                let about = if exact { "" } else { "about " };
                for curves in &mut curves {
                    curves.val_size = Some(size);
                    curves
                        .notes
                        .push(format!("{about}{size} held-out samples, by the evaluation's speed"));
                }
            }
            Ok(curves)
        }
    }
}

/// Control characters that no text has. Progress bars use some: bell, backspace, escape.
fn is_binary(byte: &u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, 0x07..=0x0d | 0x1b | 0x7f)
}

/// What a file that is no text may be.
fn kind(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 7] = [
        (b"\x1f\x8b", "gzip"),
        (b"PK\x03\x04", "a zip archive, such as PyTorch's files"),
        (b"\x80\x04", "a Python pickle; write json.dump(history.history, file)"),
        (b"\x80\x05", "a Python pickle; write json.dump(history.history, file)"),
        (b"\x89HDF", "HDF5, such as Keras's weights"),
        (b"\x93NUMPY", "a NumPy array"),
        (b"\x89PNG", "a picture"),
    ];
    KINDS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, kind)| *kind)
}
