//! Folders of images by class: `CLASS/*.png`, also `.jpg` and `.jpeg`.

mod decode;
mod error;
mod folder;
mod resize;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::ImageFault;

pub(crate) use folder::may_hold_classes;

use self::decode::{Head, Pixels};
use crate::folder::Own;
use crate::progress::Watch;
use crate::schema::ReadAs;
use crate::table::class_order;
use crate::table::names::listed;
use crate::{
    DataError, Dataset, Features, FileFault, ImageRequest, LoadProgress, Shape, Targets, Task,
    memory,
};

/// What every image is made to be.
#[derive(Clone, Copy)]
struct Look {
    rows: usize,
    columns: usize,
    channels: usize,
    /// Whether images of another size are resized.
    resized: bool,
}

impl Look {
    fn shape(self) -> Shape {
        Shape::Image { channels: self.channels, height: self.rows, width: self.columns }
    }
}

/// What is told about an image of another size.
enum Like<'a> {
    /// The first image.
    First(&'a Path),
    /// Those of training.
    Trained,
}

/// Whether a file is an image, by its ending.
pub(crate) fn is_image(path: &Path) -> bool {
    decode::is_image(path)
}

/// Reads a folder of images with its own parts.
pub(crate) fn read(
    folder: &Path,
    request: &ImageRequest,
    task: Option<Task>,
    watch: Watch<'_>,
) -> Result<Own, DataError> {
    if task == Some(Task::Regression) {
        return Err(FileFault::from(ImageFault::Regression).at(folder));
    }
    let parts = folder::parts(folder)?;
    let classes = folder::classes(&parts.train)?;
    let fault = |fault: ImageFault| FileFault::from(fault).at(&parts.train);
    let names: Vec<String> = classes.iter().map(|(name, _)| name.clone()).collect();
    let names = match names.as_slice() {
        [] => return Err(fault(ImageFault::NoClasses)),
        [one] => return Err(fault(ImageFault::OneClass(one.clone()))),
        _ => class_order(&names).into_iter().map(|at| names[at].clone()).collect::<Vec<_>>(),
    };
    let (files, labels) = labelled(&parts.train, classes, &names)?;
    // Before the images are read, see that nothing is wrong with the other parts.
    let further = |part: Option<PathBuf>| -> Result<_, DataError> {
        part.map(|part| labelled(&part, folder::classes(&part)?, &names)).transpose()
    };
    let (validation, test) = (further(parts.validation)?, further(parts.test)?);
    let look = look(request, &files)?;
    let of = |files: &[PathBuf], labels: Vec<u32>| {
        let features = pixels(files, look, &Like::First(&files[0]), watch)?;
        set(look, features, Targets::classes(labels, names.clone()))
    };
    let train = of(&files, labels)?;
    let like = |part: Option<(Vec<PathBuf>, Vec<u32>)>| {
        part.map(|(held, labels)| {
            let features = pixels(&held, look, &Like::First(&files[0]), watch)?;
            set(look, features, Targets::classes(labels, names.clone()))
        })
        .transpose()
    };
    Ok(Own { train, validation: like(validation)?, test: like(test)? })
}

/// Images to judge by or to predict on.
pub(crate) struct Further {
    pub set: Dataset,
    pub has_targets: bool,
    /// Their paths.
    pub names: Vec<String>,
}

/// Reads images as those of training were read: a folder of class folders, a folder of
/// images, or an image. Without class folders all have class 0.
pub(crate) fn read_like(
    path: &Path,
    shape: Shape,
    resized: bool,
    classes: &[String],
    needs_targets: bool,
    watch: Watch<'_>,
) -> Result<Further, DataError> {
    let fault = |fault: ImageFault| FileFault::from(fault).at(path);
    let Shape::Image { channels: channels @ (1 | 3), height: rows, width: columns } = shape else {
        return Err(fault(ImageFault::Unexpected));
    };
    let look = Look { rows, columns, channels, resized };
    let (files, labels) = if path.is_dir() {
        let listing = folder::list(path)?;
        match (listing.folders.is_empty(), listing.images.is_empty()) {
            (true, true) => return Err(fault(ImageFault::NoClasses)),
            (true, false) => (listing.images, None),
            (false, _) => {
                let (files, labels) = labelled(path, folder::classes(path)?, classes)?;
                (files, Some(labels))
            }
        }
    } else {
        (vec![path.to_path_buf()], None)
    };
    let has_targets = labels.is_some();
    if needs_targets && !has_targets {
        return Err(fault(ImageFault::NoLabels));
    }
    let labels = labels.unwrap_or_else(|| vec![0; files.len()]);
    let features = pixels(&files, look, &Like::Trained, watch)?;
    let set = set(look, features, Targets::classes(labels, classes.to_vec()))?;
    let names = files.iter().map(|file| file.display().to_string()).collect();
    Ok(Further { set, has_targets, names })
}

/// All images with the number of their class.
fn labelled(
    folder: &Path,
    classes: Vec<(String, Vec<PathBuf>)>,
    names: &[String],
) -> Result<(Vec<PathBuf>, Vec<u32>), DataError> {
    let (mut files, mut labels) = (Vec::new(), Vec::new());
    for (class, images) in classes {
        let Some(label) = names.iter().position(|name| *name == class) else {
            let known = listed(names);
            return Err(FileFault::from(ImageFault::UnknownClass { class, known }).at(folder));
        };
        labels.extend(std::iter::repeat_n(label as u32, images.len()));
        files.extend(images);
    }
    match files.is_empty() {
        true => Err(FileFault::from(ImageFault::NoClasses).at(folder)),
        false => Ok((files, labels)),
    }
}

/// What the images are made to be: as the plan says, else as the first is; colour if any is.
fn look(request: &ImageRequest, files: &[PathBuf]) -> Result<Look, DataError> {
    let head = |file: &PathBuf| decode::head(file).map_err(|fault| fault.at(file));
    let (rows, columns) = match request.size {
        Some(size) => size,
        None => {
            let Head { rows, columns, .. } = head(&files[0])?;
            (rows, columns)
        }
    };
    let channels = match request.channels {
        Some(channels) => channels,
        None => {
            let mut channels = 1;
            for file in files {
                channels = channels.max(head(file)?.channels);
                if channels == 3 {
                    break;
                }
            }
            channels
        }
    };
    Ok(Look { rows, columns, channels, resized: request.size.is_some() })
}

/// The bytes of all images, each `[channels][rows][columns]`.
fn pixels(
    files: &[PathBuf],
    look: Look,
    like: &Like<'_>,
    watch: Watch<'_>,
) -> Result<Features, DataError> {
    let size = look.shape().len();
    let dims = [files.len(), look.channels, look.rows, look.columns];
    let dims = || dims.map(|dim| dim as u64).to_vec();
    let too_large = || FileFault::TooLarge { dims: dims() }.at(&files[0]);
    let mut values = Vec::new();
    let all = size.checked_mul(files.len()).ok_or_else(too_large)?;
    memory::check(all as u64).map_err(|fault| fault.at(&files[0]))?;
    values.try_reserve_exact(all).map_err(|_| too_large())?;
    for (done, file) in (1..).zip(files) {
        one(file, look, like, &mut values).map_err(|fault| fault.at(file))?;
        if done % 256 == 0 || done == files.len() {
            let (done, of) = (done as u64, files.len() as u64);
            watch(LoadProgress { done, of, rows: done });
        }
    }
    Ok(Features::Bytes(values.into()))
}

fn one(file: &Path, look: Look, like: &Like<'_>, into: &mut Vec<u8>) -> Result<(), FileFault> {
    let image = decode::read(file)?;
    let (rows, columns) = (image.rows, image.columns);
    if !look.resized && (rows, columns) != (look.rows, look.columns) {
        return Err(match like {
            Like::First(first) => ImageFault::OtherSize {
                columns,
                rows,
                of: first.to_path_buf(),
                first_columns: look.columns,
                first_rows: look.rows,
            },
            Like::Trained => {
                let wanted = format!("{}×{}", look.rows, look.columns);
                ImageFault::OtherThanTrained { columns, rows, wanted }
            }
        }
        .into());
    }
    let image = image.into_channels(look.channels);
    let to = (look.rows, look.columns);
    let values = resize::resize(&image.values, image.channels, (rows, columns), to);
    let Pixels { channels, .. } = image;
    for channel in 0..channels {
        into.extend(values.iter().skip(channel).step_by(channels));
    }
    Ok(())
}

fn set(look: Look, features: Features, targets: Targets) -> Result<Dataset, DataError> {
    let set = Dataset::new(look.shape(), features, targets)?;
    let schema = set.own_schema(ReadAs { resized: look.resized, ..ReadAs::default() });
    Ok(set.with_schema(Arc::new(schema)))
}

impl From<ImageFault> for FileFault {
    fn from(fault: ImageFault) -> Self {
        FileFault::Image(Box::new(fault))
    }
}
