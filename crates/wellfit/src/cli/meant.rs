//! Which model is meant by a folder, told where that is not the one recommended.

use std::path::{Path, PathBuf};

use wellfit::model_folder;

use super::{Failure, print};

/// The folder with the model. Of a study that recommends nothing it is the baseline's, and
/// a line on stderr says so.
pub fn meant(run: &Path, quiet: bool) -> Result<PathBuf, Failure> {
    let meant = model_folder(run)?;
    if let Some(trial) = meant.instead.filter(|_| !quiet) {
        print::note(&format!(
            "{} recommends nothing yet: this is its baseline, the trial {trial}",
            run.display()
        ));
    }
    Ok(meant.folder)
}
