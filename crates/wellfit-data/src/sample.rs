//! `fashion-mnist-sample`: a part of Fashion-MNIST (© 2017 Zalando SE, MIT; the
//! notice stands beside the data), drawn by `scripts/make_sample.py`.

use std::path::PathBuf;

use crate::folder::Own;
use crate::idx::{Idx, Names, pair};
use crate::{DataError, Dataset};

macro_rules! part {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../sample/", $name, "-images-idx3-ubyte.gz")).as_slice(),
            include_bytes!(concat!("../sample/", $name, "-labels-idx1-ubyte.gz")).as_slice(),
        )
    };
}

/// Decompresses the embedded files.
pub(crate) fn read(class_names: Vec<String>) -> Result<Own, DataError> {
    let read = |(name, images, labels): (&str, &[u8], &[u8])| -> Result<Dataset, DataError> {
        let names = Names {
            images: PathBuf::from(format!("embedded {name} images")),
            labels: PathBuf::from(format!("embedded {name} labels")),
        };
        pair(
            Idx::from_bytes(images).map_err(|fault| fault.at(&names.images))?,
            Idx::from_bytes(labels).map_err(|fault| fault.at(&names.labels))?,
            Some(class_names.clone()),
            &names,
        )
    };
    Ok(Own {
        train: read(part!("train"))?,
        validation: Some(read(part!("validation"))?),
        test: Some(read(part!("t10k"))?),
    })
}
