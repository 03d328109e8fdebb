//! The report's files, each written beside and renamed.

use std::io::Write;
use std::path::Path;

use wellfit_check::Checked;
use wellfit_diagnose::StudyFindings;
use wellfit_study::StudyRecords;

use crate::chart::Picture;
use crate::chart::png::png;
use crate::chart::svg::{Ground, svg};
use crate::picture::{self, WIDE};
use crate::view::View;
use crate::{ReportError, page};

/// Writes `report.html` and `effects`, `curves`, `weights` and, where arms differ in a
/// strength, `strengths` as `.svg` and `.png` into an existing folder. A file is replaced only by a whole one.
///
/// Trials that are missing leave gaps, never an error: a report can be written while
/// a study runs. `checked` is what a check of the study's data gave, where there was one.
///
/// # Errors
/// A file that cannot be written, or records and findings of different studies.
pub fn write_report(
    folder: &Path,
    records: &StudyRecords,
    findings: &StudyFindings,
    checked: Option<&Checked>,
) -> Result<(), ReportError> {
    let view = View { checked, ..View::new(records, findings)? };
    for (name, picture) in pictures(&view) {
        let text = svg(&picture, Ground::White, name);
        replace(&folder.join(format!("{name}.svg")), text.as_bytes())?;
        replace(&folder.join(format!("{name}.png")), &png(&picture)?)?;
    }
    replace(&folder.join("report.html"), page::html(&view).as_bytes())
}

/// The pictures that stand in files, by name.
fn pictures(view: &View) -> Vec<(&'static str, Picture)> {
    let shown = view.shown();
    let panels = picture::panels(view, &shown);
    let strengths = (!view.findings.strengths.is_empty())
        .then(|| ("strengths", picture::strengths(view, WIDE)));
    let pictures = [
        ("effects", picture::effects(view, WIDE)),
        ("curves", picture::curves(view, &shown, WIDE)),
        ("weights", picture::weights(view, &panels, WIDE)),
    ];
    let all = pictures.into_iter().chain(strengths);
    all.map(|(name, picture)| (name, picture.with_border(16.0))).collect()
}

/// Writes a picture to a file whose name ends in `.png` or `.svg`; `name` makes an SVG's
/// inner names its own.
///
/// # Errors
/// [`ReportError::Ending`]: another ending; a file that cannot be written, a picture too
/// large for a PNG.
pub fn write_picture(path: &Path, name: &str, picture: &Picture) -> Result<(), ReportError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("png") => replace(path, &png(picture)?),
        Some("svg") => replace(path, svg(picture, Ground::White, name).as_bytes()),
        _ => Err(ReportError::Ending { path: path.to_path_buf() }),
    }
}

/// Writes a file beside its place, then renames it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    let error = |source| ReportError::Write { path: path.to_path_buf(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(error)?;
    file.write_all(bytes).map_err(error)?;
    file.as_file().sync_all().map_err(error)?;
    make_readable(file.as_file()).map_err(error)?;
    file.persist(path).map_err(|e| error(e.error))?;
    Ok(())
}

/// Temporary files are for their owner alone; reports are to be shown.
#[cfg(unix)]
fn make_readable(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}
