//! How far a file has been read.

/// How far a large file has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadProgress {
    /// Bytes read, of the compressed file where it is compressed; of a folder, files.
    pub done: u64,
    /// Bytes in all, or files.
    pub of: u64,
    /// Samples read.
    pub rows: u64,
}

/// Who wants to know how far a file has been read.
pub(crate) type Watch<'a> = &'a dyn Fn(LoadProgress);

/// Nobody wants to know.
pub(crate) fn unwatched(_: LoadProgress) {}
