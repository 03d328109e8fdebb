//! Folders of images: which files there are, and what their folders say.

use std::fs;
use std::path::{Path, PathBuf};

use super::decode::is_image;
use super::error::ImageFault;
use crate::bytes::io_fault;
use crate::{DataError, FileFault};

const TRAIN: [&str; 1] = ["train"];
const VALIDATION: [&str; 3] = ["validation", "val", "valid"];
const TEST: [&str; 1] = ["test"];
/// As many names as a message lists.
const LISTED: usize = 3;

/// What lies in a folder, each sorted by name; hidden files are left out.
pub(super) struct Listing {
    pub folders: Vec<PathBuf>,
    pub images: Vec<PathBuf>,
    pub others: Vec<PathBuf>,
}

/// Lists a folder.
pub(super) fn list(folder: &Path) -> Result<Listing, DataError> {
    let fault = |error| io_fault(error).at(folder);
    let (mut folders, mut images, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        let name = name(&path);
        if name.starts_with('.') || name == "Thumbs.db" {
            continue;
        }
        if path.is_dir() {
            folders.push(path);
        } else if is_image(&path) {
            images.push(path);
        } else {
            others.push(path);
        }
    }
    [&mut folders, &mut images, &mut others].into_iter().for_each(|paths| paths.sort());
    Ok(Listing { folders, images, others })
}

/// The last part of a path.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The folders of the parts of a set.
pub(super) struct PartFolders {
    pub train: PathBuf,
    pub validation: Option<PathBuf>,
    pub test: Option<PathBuf>,
}

/// Whether a folder may hold images by class: it holds folders.
pub(crate) fn may_hold_classes(folder: &Path) -> bool {
    list(folder).is_ok_and(|listing| !listing.folders.is_empty() || !listing.images.is_empty())
}

/// Finds the parts of a folder: `train/CLASS`, `validation/CLASS` and `test/CLASS`, or
/// `CLASS` alone. With `train` there may be no other folder.
pub(super) fn parts(folder: &Path) -> Result<PartFolders, DataError> {
    let listing = list(folder)?;
    let find = |names: &[&str]| {
        let named = |path: &&PathBuf| names.contains(&name(path).to_lowercase().as_str());
        listing.folders.iter().filter(named).cloned().collect::<Vec<_>>()
    };
    let only = |names: &[&str]| match find(names).as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        [one, two, ..] => {
            Err(mixed(folder, format!("holds both {} and {}: one is needed", name(one), name(two))))
        }
    };
    let Some(train) = only(&TRAIN)? else {
        return Ok(PartFolders { train: folder.to_path_buf(), validation: None, test: None });
    };
    let (validation, test) = (only(&VALIDATION)?, only(&TEST)?);
    let known = [Some(&train), validation.as_ref(), test.as_ref()];
    if let Some(other) = listing.folders.iter().find(|path| !known.contains(&Some(*path))) {
        let text = format!(
            "holds {} beside train: with train there may be validation and test only",
            name(other)
        );
        return Err(mixed(folder, text));
    }
    Ok(PartFolders { train, validation, test })
}

fn mixed(folder: &Path, text: String) -> DataError {
    FileFault::from(ImageFault::Mixed(text)).at(folder)
}

/// The class folders of a folder with their images, sorted by name.
pub(super) fn classes(folder: &Path) -> Result<Vec<(String, Vec<PathBuf>)>, DataError> {
    let listing = list(folder)?;
    if let (Some(image), false) = (listing.images.first(), listing.folders.is_empty()) {
        let text = format!(
            "holds images ({}) beside folders: every image must lie in the folder of its class",
            name(image)
        );
        return Err(mixed(folder, text));
    }
    listing.folders.iter().map(|class| Ok((name(class), of_class(class)?))).collect()
}

fn of_class(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let Listing { folders, images, others } = list(folder)?;
    if let Some(below) = folders.first() {
        let text = format!(
            "is a class folder that holds a folder ({}): images must lie in CLASS/*.png, without \
             folders below",
            name(below)
        );
        return Err(mixed(folder, text));
    }
    if !others.is_empty() {
        let mut names: Vec<String> = others.iter().take(LISTED).map(|path| name(path)).collect();
        if others.len() > LISTED {
            names.push(format!("… ({} in all)", others.len()));
        }
        return Err(FileFault::from(ImageFault::OtherFiles { names: names.join(", ") }).at(folder));
    }
    if images.is_empty() {
        return Err(FileFault::from(ImageFault::EmptyClass).at(folder));
    }
    Ok(images)
}
