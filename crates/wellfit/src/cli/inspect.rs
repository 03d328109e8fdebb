//! `wellfit inspect MODEL`

use std::ops::ControlFlow;

use wellfit::report::{Bar, Counted, PicturePlace, inspection_summary, write_inspection};
use wellfit::weights::{Fault, Options, WeightsError, inspect as look, json};

use super::arguments::{InspectArguments, InspectFormat};
use super::{Failure, Interrupt, print};

/// Model → figures of each layer → tables, JSON, pictures.
pub fn inspect(arguments: InspectArguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let InspectArguments { model, format, picture, all, quiet } = arguments;
    let picture = picture.as_deref().map(PicturePlace::of).transpose()?;
    let bar = Bar::new(Counted::Things, quiet);
    let found = look(&model, Options { all }, |progress| {
        bar.show(progress.name, progress.at as u64, progress.of as u64);
        if interrupt.is_raised() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.end();
    let found = match found {
        Err(WeightsError { fault: Fault::Stopped, .. }) => {
            return Err(Failure::interrupted("interrupted: nothing was printed or drawn"));
        }
        found => found?,
    };
    print::result(&match format {
        InspectFormat::Text => inspection_summary(&found, print::colour()),
        InspectFormat::Json => format!("{:#}\n", json(&found)),
    })?;
    if let Some(place) = picture {
        let written = write_inspection(&place, &found)?;
        if !quiet {
            let (PicturePlace::File(path) | PicturePlace::Folder(path)) = &place;
            let files = if written.len() == 1 { "file" } else { "files" };
            print::note(&format!("pictures: {} ({} {files})", path.display(), written.len()));
        }
    }
    Ok(())
}
