//! What can be wrong with images, in words: what, where, and what would be right.

use std::path::PathBuf;

use thiserror::Error;

/// What can be wrong with an image or a folder of images.
#[derive(Debug, Error)]
pub enum ImageFault {
    /// A folder that holds neither class folders nor parts.
    #[error(
        "holds no images: a folder for each class is needed, with .png, .jpg or .jpeg files in \
         it (CLASS/*.png), or train/CLASS/*.png and, if there are, validation/CLASS and test/CLASS"
    )]
    NoClasses,
    /// A folder of one class.
    #[error("holds one class only (\"{0}\"): there is nothing to tell apart")]
    OneClass(String),
    /// A class without images.
    #[error("is an empty class folder: it holds no .png, .jpg or .jpeg file; fill or remove it")]
    EmptyClass,
    /// Folders where images are expected, or the reverse.
    #[error("{0}")]
    Mixed(String),
    /// Files that are no images.
    #[error("holds files that are no .png, .jpg or .jpeg: {names}; remove them")]
    OtherFiles {
        /// The first of them.
        names: String,
    },
    /// A held-out class that training does not have.
    #[error("class \"{class}\" is not among the training data's ({known})")]
    UnknownClass {
        /// The class.
        class: String,
        /// The classes of training.
        known: String,
    },
    /// An image that cannot be decoded.
    #[error("is no {kind} image that can be read: {why}")]
    Unreadable {
        /// By its ending: PNG or JPEG.
        kind: &'static str,
        /// What the decoder says.
        why: String,
    },
    /// An image of more pixels than its bytes can hold, or than is sensible.
    #[error("promises {columns}×{rows} pixels in {bytes} bytes{limit}: it is damaged or made up")]
    Lies {
        /// Pixels in a row.
        columns: u64,
        /// Rows.
        rows: u64,
        /// Bytes of the file.
        bytes: u64,
        /// Which limit it breaks.
        limit: &'static str,
    },
    /// Images of different sizes.
    #[error(
        "is {columns} wide and {rows} high, {} {first_columns} wide and {first_rows} high: say \
         data.size = [{first_rows}, {first_columns}] (rows, columns) to resize all", of.display()
    )]
    OtherSize {
        /// Its columns.
        columns: usize,
        /// Its rows.
        rows: usize,
        /// The image that it must be like.
        of: PathBuf,
        /// That image's columns.
        first_columns: usize,
        /// That image's rows.
        first_rows: usize,
    },
    /// An image of another size than those of training.
    #[error("is {columns} wide and {rows} high; the training images are {wanted} (rows × columns)")]
    OtherThanTrained {
        /// Its columns.
        columns: usize,
        /// Its rows.
        rows: usize,
        /// What the training images are.
        wanted: String,
    },
    /// Images where training had none.
    #[error("holds images; the training data are none")]
    Unexpected,
    /// Images without classes where they are needed.
    #[error("does not say the images' classes: put them into a folder for each class")]
    NoLabels,
    /// A key of image folders with another source.
    #[error("data.{0} is about folders of images, and this is none")]
    NotImages(&'static str),
    /// A folder of images to predict numbers.
    #[error("data.task = \"regression\" needs numbers; a folder of images has classes")]
    Regression,
}
