//! From a plan's request to splits: where data are found, and how they are divided.

mod support;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use support::{idx, labels, npy, write_pair, zip};
use wellfit_data::{
    DataRequest, Dataset, FASHION_MNIST, Fold, Holdout, Places, Scale, Splits, Subset, Whereabouts,
    list, load, read_source,
};

fn request(source: impl AsRef<Path>) -> DataRequest {
    DataRequest::of(source.as_ref().to_str().unwrap())
}

fn nowhere(request: &DataRequest) -> Result<Splits, String> {
    load(request, &Places::default()).map_err(|error| error.to_string())
}

fn told(request: &DataRequest) -> String {
    nowhere(request).expect_err("this should have been refused")
}

fn rows(set: &Option<Dataset>) -> Vec<u32> {
    set.as_ref().unwrap().stored_rows().collect()
}

fn write_npz(path: &Path, n: usize, features: usize, classes: usize) {
    let x = npy("<f4", &[n, features], &vec![0; 4 * n * features]);
    let y = npy("|u1", &[n], &labels(n, classes));
    fs::write(path, zip(&[("x.npy", &x), ("y.npy", &y)], true)).unwrap();
}

/// A folder with 100 training and 20 test samples of 2 classes.
fn idx_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_pair(folder.path(), "train", &labels(100, 2));
    write_pair(folder.path(), "t10k", &labels(20, 2));
    folder
}

#[test]
fn by_default_a_tenth_of_the_training_samples_validates_and_the_own_test_split_tests() {
    let folder = idx_folder();
    let splits = nowhere(&request(folder.path())).unwrap();
    assert_eq!(splits.train.class_counts(), [45, 45]);
    assert_eq!(splits.validation.unwrap().class_counts(), [5, 5]);
    assert_eq!(splits.test.unwrap().len(), 20);
    assert_eq!(splits.preparation.scale(), Scale::Unit);
    assert!(!splits.validation_is_test);
    assert_eq!(splits.origin, folder.path().to_str().unwrap());
}

#[test]
fn an_own_validation_split_is_used_unless_the_plan_says_otherwise() {
    let folder = idx_folder();
    write_pair(folder.path(), "validation", &labels(10, 2));
    let own = nowhere(&request(folder.path())).unwrap();
    assert_eq!((own.train.len(), own.validation.unwrap().len()), (100, 10));
    let fraction = Some(Holdout::Fraction(0.3));
    let asked = nowhere(&DataRequest { validation: fraction, ..request(folder.path()) }).unwrap();
    assert_eq!((asked.train.len(), asked.validation.unwrap().len()), (70, 30));
}

#[test]
fn the_test_split_as_validation_leaves_no_test() {
    let folder = idx_folder();
    let validation = Some(Holdout::TestSplit);
    let asked = DataRequest { validation, ..request(folder.path()) };
    let splits = nowhere(&asked).unwrap();
    assert_eq!((splits.train.len(), splits.validation.unwrap().len()), (100, 20));
    assert!(splits.test.is_none());
    assert!(splits.validation_is_test);

    let both = DataRequest { test: Some(Holdout::TestSplit), ..asked.clone() };
    assert!(told(&both).contains("are both the set's own test split"));

    let drawn = DataRequest { test: Some(Holdout::Fraction(0.2)), ..asked };
    let splits = nowhere(&drawn).unwrap();
    assert_eq!((splits.train.len(), splits.test.unwrap().len()), (80, 20));
    assert!(splits.validation_is_test);
}

#[test]
fn a_subset_and_the_test_leave_the_validation_samples_alone() {
    let folder = idx_folder();
    let plain = nowhere(&request(folder.path())).unwrap();
    let subset = Some(Subset::Count(30));
    let test = Some(Holdout::Fraction(0.2));
    let asked = DataRequest { subset, test, ..request(folder.path()) };
    let splits = nowhere(&asked).unwrap();
    assert_eq!(rows(&splits.validation), rows(&plain.validation));
    assert_eq!(splits.train.class_counts(), [15, 15]);
    assert_eq!(splits.test.as_ref().unwrap().len(), 20);
    let held_out = [rows(&splits.validation), rows(&splits.test)].concat();
    assert!(splits.train.stored_rows().all(|row| !held_out.contains(&row)));

    let moved = nowhere(&DataRequest { split_seed: 1, ..asked.clone() }).unwrap();
    assert_ne!(rows(&moved.validation), rows(&plain.validation));
    let large = DataRequest { subset: Some(Subset::Count(91)), ..request(folder.path()) };
    assert!(told(&large).contains("data.subset = 91 is more than the 90 training samples"));
}

#[test]
fn held_out_files_are_of_the_same_kind_and_shape() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_npz(&path("train.npz"), 40, 3, 2);
    write_npz(&path("held.npz"), 10, 3, 2);
    write_npz(&path("wide.npz"), 10, 4, 2);
    write_npz(&path("classes.npz"), 10, 3, 3);
    let with = |validation: &Path, test: Option<Holdout>| DataRequest {
        validation: Some(Holdout::File(validation.to_path_buf())),
        test,
        ..request(path("train.npz"))
    };
    let splits = nowhere(&with(&path("held.npz"), None)).unwrap();
    assert_eq!((splits.train.len(), splits.validation.unwrap().len()), (40, 10));
    assert!(splits.test.is_none());
    assert_eq!(splits.preparation.scale(), Scale::None);

    let words = |name: &str| told(&with(&path(name), None));
    assert!(words("wide.npz").contains("holds samples of 4 values floats, the training data of 3"));
    assert!(words("classes.npz").contains("label 2 of sample 2 is not below 2"));
    assert!(words("none.npz").ends_with("none.npz: no such file or folder"));
    assert!(words("train.npz").contains("data.validation is the file that data.source names"));
    let twice = Some(Holdout::File(folder.path().join(".").join("held.npz")));
    assert!(told(&with(&path("held.npz"), twice)).contains("are both"));
    let other = idx_folder();
    assert!(told(&with(other.path(), None)).ends_with("same kind as the source (NPZ)"));
    let own = DataRequest { test: Some(Holdout::TestSplit), ..request(path("train.npz")) };
    assert!(told(&own).contains("data.test = \"test\": "), "{}", told(&own));
    let idx =
        DataRequest { validation: Some(Holdout::File(path("held.npz"))), ..request(other.path()) };
    assert!(told(&idx).ends_with("same kind as the source (IDX)"));
}

#[test]
fn idx_data_are_held_out_as_a_folder_of_one_pair_or_as_an_images_file() {
    let folder = idx_folder();
    let held = tempfile::tempdir().unwrap();
    write_pair(held.path(), "test", &labels(8, 2));
    let with = |path: PathBuf| DataRequest {
        validation: Some(Holdout::File(path)),
        ..request(folder.path())
    };
    let images = held.path().join("test-images-idx3-ubyte.gz");
    for path in [held.path().to_path_buf(), images.clone()] {
        assert_eq!(nowhere(&with(path)).unwrap().validation.unwrap().len(), 8);
    }
    assert_eq!(nowhere(&request(&images)).unwrap_err(), {
        // As a source of 8 samples it is too small for a tenth of each class.
        "data.validation = 0.1 leaves no sample of class 1 (1) for validation: the class has \
         4 of 8 samples; choose another share or leave the class out"
    });
    write_pair(held.path(), "train", &labels(8, 2));
    assert!(told(&with(held.path().to_path_buf())).contains("holds 2 sets of IDX files"));
    fs::remove_file(held.path().join("test-labels-idx1-ubyte.gz")).unwrap();
    assert!(told(&with(images)).contains("test-labels-idx1-ubyte is needed beside it"));
}

#[test]
fn a_source_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert_eq!(
        told(&request("fashion-mnits")),
        "data.source = \"fashion-mnits\": neither a known data set (fashion-mnist, \
         fashion-mnist-sample) nor a file or folder"
    );
    assert!(told(&request(path("none"))).ends_with("none: no such file or folder"));
    assert!(told(&request("none.npz")).ends_with("none.npz: no such file or folder"));
    assert!(told(&request(folder.path())).contains("holds no IDX files"));
    fs::write(path("table.xyz"), "a,b\n1,2\n").unwrap();
    assert!(told(&request(path("table.xyz"))).contains("is of a kind that is not read; tables"));
    fs::write(path("empty.npz"), "").unwrap();
    assert!(told(&request(path("empty.npz"))).ends_with("empty.npz: is empty (0 bytes)"));
    fs::create_dir(path("folder.npz")).unwrap();
    assert!(told(&request(path("folder.npz"))).contains("holds no IDX files"));
}

#[test]
fn unit_scale_is_for_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("floats.npz");
    write_npz(&path, 40, 3, 2);
    let unit = DataRequest { scale: Some(Scale::Unit), ..request(&path) };
    assert!(told(&unit).contains("the values are floats"));
    let bytes = idx_folder();
    let none = DataRequest { scale: Some(Scale::None), ..request(bytes.path()) };
    assert_eq!(nowhere(&none).unwrap().preparation.scale(), Scale::None);
}

#[test]
fn fashion_mnist_is_found_in_the_documented_order() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name);
    // Where it is looked for, the first place first; the length tells them apart.
    let found_in = [
        "variable/FashionMNIST/raw",
        "cache/fashion-mnist",
        "system/fashion-mnist",
        "keras/datasets/fashion-mnist",
        "torch1/FashionMNIST/raw",
        "torch2/FashionMNIST/raw",
    ];
    for (i, name) in found_in.iter().enumerate() {
        write_pair(&path(name), "train", &labels(100 + 10 * i, 10));
        write_pair(&path(name), "t10k", &labels(10, 10));
    }
    let places = Places {
        data_dir: None,
        wellfit_data: Some(path("variable")),
        cache: Some(path("cache")),
        system: Some(path("system")),
        keras: Some(path("keras")),
        torchvision: vec![path("torch1"), path("torch2")],
    };
    let all = DataRequest { validation: Some(Holdout::TestSplit), ..request(FASHION_MNIST) };
    for (i, name) in found_in.iter().enumerate() {
        let splits = load(&all, &places).unwrap();
        assert_eq!(splits.train.len(), 100 + 10 * i, "{name}");
        assert_eq!(splits.train.class_names()[9], "Ankle boot");
        let expected = format!(
            "{} (its training labels are not those published as fashion-mnist)",
            path(name).display()
        );
        assert_eq!(splits.origin, expected);
        assert_eq!(list(&places)[0].whereabouts, Whereabouts::Folder(path(name)));
        // Half a set does not count.
        fs::remove_file(path(name).join("t10k-labels-idx1-ubyte.gz")).unwrap();
    }
    let Whereabouts::Absent(advice) = &list(&places)[0].whereabouts else { panic!() };
    let words = load(&all, &places).unwrap_err().to_string();
    for way in ["wellfit data fetch", "dataset-fashion-mnist", "--data-dir", "WELLFIT_DATA"] {
        assert!(words.contains(way) && advice.contains(way), "{way}: {words}");
    }
    for name in found_in {
        assert!(words.contains(path(name).to_str().unwrap()), "{name}: {words}");
    }
}

#[test]
fn a_data_folder_that_the_user_names_is_the_only_place() {
    let root = tempfile::tempdir().unwrap();
    let cache = root.path().join("cache");
    write_pair(&cache.join(FASHION_MNIST), "train", &labels(100, 10));
    write_pair(&cache.join(FASHION_MNIST), "t10k", &labels(10, 10));
    let with = |data_dir: &Path| Places {
        data_dir: Some(data_dir.to_path_buf()),
        cache: Some(cache.clone()),
        ..Places::default()
    };
    let mine = root.path().join("mine");
    let words = load(&request(FASHION_MNIST), &with(&mine)).unwrap_err().to_string();
    assert!(words.contains(mine.to_str().unwrap()) && !words.contains("cache,"), "{words}");
    for place in ["", "fashion-mnist", "FashionMNIST/raw"] {
        let folder = mine.join(place);
        write_pair(&folder, "train", &labels(100, 10));
        write_pair(&folder, "t10k", &labels(10, 10));
        let splits = load(&request(FASHION_MNIST), &with(&mine)).unwrap();
        assert!(splits.origin.starts_with(folder.to_str().unwrap().trim_end_matches('/')));
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn known_sets_are_checked_like_any_other() {
    let root = tempfile::tempdir().unwrap();
    write_pair(root.path(), "train", &labels(100, 11));
    write_pair(root.path(), "t10k", &labels(10, 10));
    let places = Places { data_dir: Some(root.path().to_path_buf()), ..Places::default() };
    let words = |request| load(&request, &places).unwrap_err().to_string();
    assert!(words(request(FASHION_MNIST)).contains("label 10 of sample 10 is not below 10"));
    let labels = root.path().join("train-labels-idx1-ubyte.gz");
    fs::write(&labels, idx(&[99], &[0; 99])).unwrap();
    assert!(words(request(FASHION_MNIST)).contains("holds 99 labels, but "));
    fs::write(&labels, "").unwrap();
    assert!(words(request(FASHION_MNIST)).contains("train-labels-idx1-ubyte.gz: is empty"));
}

#[test]
fn places_follow_the_environment() {
    let places = |variables: &[(&str, &str)]| {
        Places::from_variables(None, |name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| OsString::from(value))
        })
    };
    let home = places(&[("HOME", "/home/me")]);
    assert_eq!(home.cache, Some("/home/me/.cache/wellfit".into()));
    assert_eq!(home.keras, Some("/home/me/.keras".into()));
    assert_eq!(home.wellfit_data, None);
    assert!(home.torchvision.contains(&"data".into()));
    assert!(home.torchvision.contains(&"/home/me/data".into()));
    let absolute = if cfg!(windows) { "C:\\cache" } else { "/cache" };
    let set = places(&[
        ("HOME", "/home/me"),
        ("XDG_CACHE_HOME", absolute),
        ("KERAS_HOME", "/keras"),
        ("WELLFIT_DATA", "/data"),
    ]);
    assert_eq!(set.cache, Some(Path::new(absolute).join("wellfit")));
    assert_eq!(set.keras, Some("/keras".into()));
    assert_eq!(set.wellfit_data, Some("/data".into()));
    let odd = places(&[("HOME", "/h"), ("XDG_CACHE_HOME", "relative"), ("WELLFIT_DATA", "")]);
    assert_eq!(odd.cache, Some("/h/.cache/wellfit".into()));
    assert_eq!(odd.wellfit_data, None);
    assert_eq!(places(&[]).cache, None);
}

#[test]
fn folds_divide_what_the_test_part_leaves_and_its_own_validation_split() {
    let folder = idx_folder();
    write_pair(folder.path(), "validation", &labels(20, 2));
    let mut request = request(folder.path());
    request.test = Some(Holdout::Fraction(0.2));
    let plain = nowhere(&request).unwrap();
    let source = read_source(&request, &Places::default()).unwrap();
    let mut judged = Vec::new();
    for index in 0..4 {
        let fold = Fold { index, of: 4, repeat: 0 };
        let splits = source.fold(&request, fold).unwrap().prepare(&request).unwrap();
        // The test part is that of a plain split; 80 + 20 samples are left.
        assert_eq!(rows(&splits.test), rows(&plain.test));
        // 50 of each class in 4 folds: 12 or 13 are held out, 25 in all.
        let mut counts = splits.train.class_counts();
        counts.sort_unstable();
        assert_eq!(counts, [37, 38], "fold {index}");
        judged.extend(rows(&splits.validation));
    }
    judged.sort_unstable();
    let test = rows(&plain.test);
    assert_eq!(judged, (0..120).filter(|row| !test.contains(row)).collect::<Vec<_>>());
    request.subset = Some(Subset::Fraction(0.5));
    let fold = Fold { index: 0, of: 4, repeat: 0 };
    assert_eq!(source.fold(&request, fold).unwrap().train.len(), 38);
}

#[test]
fn folds_and_a_validation_set_of_its_own_exclude_each_other() {
    let folder = idx_folder();
    let mut request = request(folder.path());
    request.validation = Some(Holdout::TestSplit);
    let source = read_source(&request, &Places::default()).unwrap();
    let error = source.fold(&request, Fold { index: 0, of: 2, repeat: 0 }).unwrap_err();
    assert!(error.to_string().contains("study.folds takes the place of data.validation"));
    // A fraction is replaced.
    request.validation = Some(Holdout::Fraction(0.3));
    let splits = source.fold(&request, Fold { index: 0, of: 2, repeat: 0 }).unwrap();
    assert_eq!((splits.train.len(), splits.test.unwrap().len()), (50, 20));
}
