//! Parquet
use super::{Choose, RawTable};
use crate::FileFault;
use crate::progress::Watch;
use std::path::Path;
pub(super) fn read(
    _: &Path,
    _: Option<&[String]>,
    _: Choose<'_>,
    _: Watch<'_>,
) -> Result<RawTable, FileFault> {
    Err(FileFault::UnknownKind)
}
