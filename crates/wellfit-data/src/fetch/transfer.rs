//! One file over HTTP: range requests, retries, and what servers answer.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::thread;
use std::time::Duration;

use ureq::http::StatusCode;
use ureq::{Agent, Body};

use super::{FetchEvent, FetchFault, FetchOptions, Observer, Remote, stopped};

/// A connection counts as cut after so much silence, however long the file takes.
pub(super) fn agent(timeout: Duration) -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(timeout))
        .timeout_recv_response(Some(timeout))
        .timeout_per_read(Some(timeout))
        .user_agent(concat!("wellfit/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// How an attempt ended, if not in an error that ends the download.
enum Attempt {
    /// Every byte is there.
    Whole,
    /// The server cannot go on where the part ends: from the start, then.
    StartOver,
    /// Worth another attempt.
    Cut(String),
}

/// The growing file.
struct Part<'a> {
    path: &'a Path,
    file: File,
    have: u64,
}

impl<'a> Part<'a> {
    fn open(path: &'a Path) -> Result<Self, FetchFault> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
        let mut file = file.map_err(FetchFault::io(path))?;
        let have = file.seek(SeekFrom::End(0)).map_err(FetchFault::io(path))?;
        Ok(Self { path, file, have })
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), FetchFault> {
        self.file.write_all(bytes).map_err(FetchFault::io(self.path))?;
        self.have += bytes.len() as u64;
        Ok(())
    }

    fn clear(&mut self) -> Result<(), FetchFault> {
        let cleared = self.file.set_len(0).and_then(|()| self.file.rewind());
        self.have = 0;
        cleared.map_err(FetchFault::io(self.path))
    }
}

/// Brings the part to the file's full length and onto the disk. Whether some of it
/// was there before.
pub(super) fn complete(
    agent: &Agent,
    url: &str,
    remote: &Remote,
    path: &Path,
    options: &FetchOptions,
    observer: Observer<'_>,
) -> Result<bool, FetchFault> {
    let mut part = Part::open(path)?;
    if part.have > remote.size {
        part.clear()?;
    }
    let (file, size) = (remote.name, remote.size);
    let resumed = part.have > 0;
    if observer(&FetchEvent::Started { file, size, have: part.have }).is_break() {
        return Err(stopped(remote, part.have));
    }
    // Progress is to get further than ever before: a server that cuts every
    // connection at the same place and knows no ranges brings none.
    let (mut furthest, mut fruitless) = (part.have, 0);
    while part.have < size {
        let ended = attempt(agent, url, remote, &mut part, observer)?;
        fruitless = if part.have > furthest { 0 } else { fruitless + 1 };
        furthest = furthest.max(part.have);
        match ended {
            Attempt::Whole => {}
            Attempt::StartOver => part.clear()?,
            Attempt::Cut(reason) => {
                if fruitless >= options.tries {
                    let url = url.to_string();
                    return Err(FetchFault::Cut { url, reason, have: part.have, size });
                }
                if observer(&FetchEvent::Retrying { file, reason: &reason }).is_break() {
                    return Err(stopped(remote, part.have));
                }
                thread::sleep(options.pause);
            }
        }
    }
    part.file.sync_all().map_err(FetchFault::io(path))?;
    Ok(resumed)
}

fn attempt(
    agent: &Agent,
    url: &str,
    remote: &Remote,
    part: &mut Part<'_>,
    observer: Observer<'_>,
) -> Result<Attempt, FetchFault> {
    let asked = part.have;
    let mut request = agent.get(url);
    if asked > 0 {
        request = request.header("Range", format!("bytes={asked}-"));
    }
    let response = match request.call() {
        Ok(response) => response,
        Err(error) if worth_another_attempt(&error) => return Ok(Attempt::Cut(error.to_string())),
        Err(error) => {
            return Err(FetchFault::Protocol { url: url.into(), reason: error.to_string() });
        }
    };
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let length = |found| FetchFault::Length { url: url.into(), found, expected: remote.size };
    match response.status() {
        StatusCode::OK => {
            let announced = header("content-length").and_then(|text| text.parse::<u64>().ok());
            if let Some(bytes) = announced
                && bytes != remote.size
            {
                return Err(length(bytes.to_string()));
            }
            // No ranges here: what came before comes again.
            part.clear()?;
        }
        StatusCode::PARTIAL_CONTENT => {
            let start = header("content-range").and_then(range_start);
            if start != Some(asked) {
                return Ok(match asked {
                    0 => Attempt::Cut("the server sends another part than asked".to_string()),
                    _ => Attempt::StartOver,
                });
            }
        }
        StatusCode::RANGE_NOT_SATISFIABLE if asked > 0 => return Ok(Attempt::StartOver),
        status if status.is_server_error() => {
            return Ok(Attempt::Cut(format!("the server answers {}", status.as_u16())));
        }
        status => {
            return Err(FetchFault::Status { url: url.into(), status: status.as_u16() });
        }
    }
    receive(response.into_body(), remote, part, observer)?
        .map_or_else(|| Err(length("more".to_string())), Ok)
}

/// Appends the body. `None`: it goes on after the file's length, and was thrown away.
fn receive(
    body: Body,
    remote: &Remote,
    part: &mut Part<'_>,
    observer: Observer<'_>,
) -> Result<Option<Attempt>, FetchFault> {
    let (file, size) = (remote.name, remote.size);
    let mut body = body.into_reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = match body.read(&mut buffer) {
            Ok(0) if part.have == size => return Ok(Some(Attempt::Whole)),
            Ok(0) => {
                return Ok(Some(Attempt::Cut("the connection ended early".to_string())));
            }
            Ok(n) => n,
            // The last bytes are in; how the connection ends is of no interest.
            Err(_) if part.have == size => return Ok(Some(Attempt::Whole)),
            Err(error) => return Ok(Some(Attempt::Cut(error.to_string()))),
        };
        if part.have + n as u64 > size {
            part.clear()?;
            return Ok(None);
        }
        part.append(&buffer[..n])?;
        let event = FetchEvent::Received { file, size, have: part.have };
        if let ControlFlow::Break(()) = observer(&event) {
            return Err(stopped(remote, part.have));
        }
    }
}

/// The first byte of `bytes 5-9/10`.
fn range_start(text: &str) -> Option<u64> {
    text.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

fn worth_another_attempt(error: &ureq::Error) -> bool {
    use ureq::Error::{ConnectionFailed, HostNotFound, Io, Timeout};
    matches!(error, Io(_) | Timeout(_) | HostNotFound | ConnectionFailed)
}
