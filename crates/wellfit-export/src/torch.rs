//! `model.py`.
use crate::{ExportError, Model};

/// The text of `model.py`.
pub fn torch_module(model: Model) -> Result<String, ExportError> {
    model.check()?;
    Ok(String::new())
}
