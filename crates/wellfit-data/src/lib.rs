//! Files and known data sets become checked [`Dataset`]s and splits.
//!
//! [`load`] answers a plan's `[data]` section: it finds the source (a known data
//! set, a folder of IDX files, an IDX file, an NPZ file), reads and checks it, and
//! splits it. What is random about a split depends on `split_seed` alone. Images
//! stay bytes and are decompressed straight into their place: nothing is held twice.
//!
//! ```
//! use wellfit_data::{Dataset, Shape};
//!
//! let names = vec!["dark".to_string(), "light".to_string()];
//! let set = Dataset::from_bytes(Shape::Vector(2), vec![0, 9, 250, 255], vec![0, 1], names)?;
//! assert_eq!(set.class_counts(), [1, 1]);
//! # Ok::<(), wellfit_data::DataError>(())
//! ```
//!
//! | feature | adds |
//! |---|---|
//! | `sample` | the embedded set `fashion-mnist-sample` (about 7 MB) |
//! | `fetch` | downloads of known sets |

mod arrays;
mod augment;
mod bytes;
mod dataset;
mod error;
#[cfg(feature = "fetch")]
mod fetch;
mod folder;
mod idx;
mod images;
mod known;
mod load;
mod memory;
mod npy;
mod npy_file;
mod npz;
mod parts;
mod places;
mod prepare;
mod progress;
mod request;
#[cfg(feature = "sample")]
mod sample;
mod samples;
mod schema;
mod split;
mod table;
mod zip;

pub use augment::{Augment, AugmentError, AugmentedEpoch, Augmenter};
pub use dataset::{Dataset, Features, Shape, Targets};
pub use error::{ArrayFault, DataError, FileFault, SetFault, SplitFault};
#[cfg(feature = "fetch")]
pub use fetch::{FetchEvent, FetchFault, FetchOptions, fetch};
pub use folder::read_idx_folder;
pub use idx::{Idx, read_idx, read_idx_pair};
pub use images::ImageFault;
pub use known::{FASHION_MNIST, FASHION_MNIST_SAMPLE, Known, Whereabouts, list};
pub use load::{load, load_watched, read_source, read_source_watched};
pub use npz::read_npz;
pub use parts::{RawSource, RawSplits, Sources};
pub use places::Places;
pub use prepare::{
    ArrayInput, Categories, Input, InputColumn, InputKind, Numbers, PREPARATION_SCHEMA,
    Preparation, PrepareFault, resample,
};
pub use progress::LoadProgress;
pub use request::{
    DataRequest, Holdout, ImageRequest, Keep, MISSING_VALUES, Missing, Outliers, PrepareRequest,
    Resample, Scale, Select, SelectBy, SplitRule, Splits, Subset, TableRequest, Task, Unknown,
};
pub use samples::{SampleFile, read_labelled, read_samples};
pub use schema::{ColumnSchema, SampleKind, SampleSchema, TargetSchema};
pub use split::{Fold, Parts, fold, partition, subset};
pub use table::{Column, ColumnValues, MISSING, Place, Table, TableFault};
