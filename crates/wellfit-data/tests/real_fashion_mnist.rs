//! On the real Fashion-MNIST, as Debian's package dataset-fashion-mnist installs it.

use std::path::Path;

use wellfit_data::{DataRequest, Dataset, FASHION_MNIST, Features, Holdout, Places, Splits, load};

const FOLDER: &str = "/usr/share/datasets/fashion-mnist";

fn real(validation: Option<Holdout>) -> Splits {
    real_from(FASHION_MNIST, validation)
}

fn real_from(source: &str, validation: Option<Holdout>) -> Splits {
    let request = DataRequest { validation, ..DataRequest::of(source) };
    let places = Places { system: Path::new(FOLDER).parent().map(Into::into), ..Places::default() };
    load(&request, &places).unwrap()
}

fn bytes(set: &Dataset) -> &[u8] {
    match set.features() {
        Features::Bytes(bytes) => bytes,
        Features::Floats(_) | Features::Table(_) => panic!("images are bytes"),
    }
}

#[test]
#[ignore = "needs the Debian package dataset-fashion-mnist"]
fn the_real_files_are_read_and_recognised() {
    let splits = real(Some(Holdout::TestSplit));
    let validation = splits.validation.unwrap();
    assert_eq!(splits.origin, FOLDER);
    assert_eq!(splits.train.class_counts(), [6000; 10]);
    assert_eq!(validation.class_counts(), [1000; 10]);
    // The first training image is an ankle boot; its mean and that of all training
    // images, 0.2860 of 255, are widely published.
    assert_eq!(splits.train.labels()[0], 9);
    let sum: u64 = bytes(&splits.train).iter().map(|&byte| u64::from(byte)).sum();
    let mean = sum as f64 / (60_000.0 * 784.0 * 255.0);
    assert!((mean - 0.2860).abs() < 1e-4, "{mean}");
}

#[test]
#[ignore = "needs the Debian package dataset-fashion-mnist"]
fn a_tenth_of_the_real_training_images_validates_by_default() {
    let splits = real(None);
    assert_eq!(splits.train.class_counts(), [5400; 10]);
    assert_eq!(splits.validation.unwrap().class_counts(), [600; 10]);
    assert_eq!(splits.test.unwrap().len(), 10_000);
}

#[test]
#[ignore = "needs the Debian package dataset-fashion-mnist"]
fn named_by_its_folder_the_real_set_has_its_class_names_too() {
    let splits = real_from(FOLDER, None);
    assert_eq!(splits.train.class_names()[0], "T-shirt/top");
    assert_eq!(splits.test.unwrap().class_names()[9], "Ankle boot");
    assert_eq!(splits.origin, FOLDER);
}

/// What the script draws is a part of the real set, each image with its own label.
#[cfg(feature = "sample")]
#[test]
#[ignore = "needs the Debian package dataset-fashion-mnist"]
fn the_sample_is_a_part_of_the_real_set() {
    fn images(set: &Dataset) -> Vec<(&[u8], u32)> {
        bytes(set).chunks_exact(784).zip(set.labels().iter().copied()).collect()
    }
    let full = real(Some(Holdout::TestSplit));
    let request = DataRequest::of(wellfit_data::FASHION_MNIST_SAMPLE);
    let sample = load(&request, &Places::default()).unwrap();

    let train: std::collections::HashSet<_> = images(&full.train).into_iter().collect();
    assert!(images(&sample.train).iter().all(|image| train.contains(image)));

    let (validation, test) = (sample.validation.unwrap(), sample.test.unwrap());
    let mut held_out = [images(&validation), images(&test)].concat();
    let official = full.validation.unwrap();
    let mut official = images(&official);
    held_out.sort_unstable();
    official.sort_unstable();
    assert!(held_out == official, "validation and test are not the official test images");
}

/// The script itself says so, too.
#[test]
#[ignore = "needs the Debian package dataset-fashion-mnist and Python"]
fn the_committed_sample_is_what_the_script_writes() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/make_sample.py");
    let status = std::process::Command::new("python3").arg(script).arg("--check").status();
    assert!(status.unwrap().success());
}
