//! Folders of images by class, against what Pillow makes of the same files
//! (`golden/images.py`), and bad ones.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use wellfit_data::{
    DataError, DataRequest, Dataset, Features, Holdout, Places, RawSplits, Shape, Task,
    read_labelled, read_samples, read_source,
};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/images")
}

/// What Pillow made of the files, by name.
fn expected() -> HashMap<String, Vec<u8>> {
    let text = fs::read_to_string(golden().join("expected.txt")).unwrap();
    let bytes = |hex: &str| -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    };
    text.lines()
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, hex)| (name.to_string(), bytes(hex)))
        .collect()
}

/// A folder with a copy of each image under the given path.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (to, from) in files {
        let to = folder.path().join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(golden().join(from), to).unwrap();
    }
    folder
}

fn request(folder: &Path) -> DataRequest {
    DataRequest::of(folder.to_str().unwrap())
}

fn raw(request: &DataRequest) -> Result<RawSplits, DataError> {
    read_source(request, &Places::default())?.split(request)
}

fn told(folder: &Path, change: impl Fn(&mut DataRequest)) -> String {
    let mut request = request(folder);
    change(&mut request);
    let error = raw(&request).unwrap_err().to_string();
    error
        .replace(&format!("{}/", folder.display()), "")
        .replace(&format!("{}", folder.display()), "FOLDER")
}

fn bytes(set: &Dataset) -> &[u8] {
    match set.features() {
        Features::Bytes(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

/// Two classes, so that there is something to tell apart, and parts that need no splitting.
fn pair(a: &str, b: &str) -> tempfile::TempDir {
    folder(
        &[("train/a/1.png", a), ("train/b/1.png", b), ("test/a/1.png", a), ("val/b/1.png", b)].map(
            |(to, from)| {
                let ending = from.rsplit('.').next().unwrap();
                (&*Box::leak(to.replace("png", ending).into_boxed_str()), from)
            },
        ),
    )
}

fn near(found: &[u8], wanted: &[u8], by: u8, what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let most = found.iter().zip(wanted).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    assert!(most <= by, "{what}: differs by {most}");
}

#[test]
fn every_kind_of_png_and_jpeg_is_read_as_pillow_reads_it() {
    let expected = expected();
    // JPEG leaves decoders some freedom in rounding.
    let files = [
        ("grey.png", 0),
        ("noise.png", 0),
        ("grey16.png", 0),
        ("alpha.png", 1),
        ("palette.png", 0),
        ("bit.png", 0),
        ("grey.jpg", 2),
        ("colour.jpg", 3),
        ("progressive.jpeg", 3),
        ("cmyk.jpg", 4),
    ];
    for (name, by) in files {
        let set = pair(name, name);
        for (channels, wanted) in [(3, name.to_string()), (1, format!("{name} grey"))] {
            let mut request = request(set.path());
            request.images.channels = Some(channels);
            let splits = raw(&request).unwrap();
            let train = splits.train;
            assert_eq!(train.shape(), Shape::Image { channels, height: 12, width: 15 });
            assert_eq!((train.len(), train.class_names().join(" ")), (2, "a b".into()));
            let image = &bytes(&train)[..channels * 180];
            near(image, &expected[&wanted], by + u8::from(name == "alpha.png"), &wanted);
            assert_eq!(&bytes(&train)[channels * 180..], image);
            assert_eq!(splits.test.unwrap().labels(), [0]);
            assert_eq!(splits.validation.unwrap().labels(), [1]);
        }
    }
}

#[test]
fn images_are_resized_as_pillow_resizes_them() {
    let expected = expected();
    for (name, by) in [("noise.png", 1), ("colour.jpg", 4)] {
        for (rows, columns) in [(5, 4), (14, 20)] {
            let set = pair(name, name);
            let mut request = request(set.path());
            request.images.size = Some((rows, columns));
            let train = raw(&request).unwrap().train;
            assert_eq!(train.shape(), Shape::Image { channels: 3, height: rows, width: columns });
            let what = format!("{name} {rows}x{columns}");
            near(&bytes(&train)[..3 * rows * columns], &expected[&what], by, &what);
        }
    }
}

#[test]
fn colour_wins_where_any_image_has_it() {
    let shape = |a, b| raw(&request(pair(a, b).path())).unwrap().train.shape();
    assert_eq!(shape("grey.png", "grey.jpg"), Shape::Image { channels: 1, height: 12, width: 15 });
    assert_eq!(shape("grey.png", "noise.png"), Shape::Image { channels: 3, height: 12, width: 15 });
}

#[test]
fn samples_come_in_the_order_of_their_names() {
    let set = folder(&[
        ("10/b.png", "grey.png"),
        ("10/a.PNG", "bit.png"),
        ("9/z.png", "bit.png"),
        ("9/.hidden.png", "noise.png"),
        ("9/y.png", "bit.png"),
        ("README.md", "expected.txt"),
        (".cache/x.png", "noise.png"),
    ]);
    let mut request = request(set.path());
    let other = folder(&[("11/a.png", "bit.png")]);
    request.validation = Some(Holdout::File(other.path().into()));
    let error = raw(&request).unwrap_err().to_string();
    assert!(error.contains("class \"11\" is not among the training data's (9, 10)"), "{error}");
    request.validation = Some(Holdout::Fraction(0.5));
    let source = read_source(&request, &Places::default()).unwrap();
    let splits = source.split(&request).unwrap();
    assert_eq!(splits.train.class_names(), ["9", "10"]);
    // All stored samples: 10/a, 10/b, 9/y, 9/z.
    assert_eq!(splits.train.labels(), [1, 1, 0, 0]);
    assert_eq!(bytes(&splits.train)[180..360], expected()["grey.png grey"]);
}

#[test]
fn held_out_folders_and_samples_are_read_as_the_training_images_were() {
    let train = folder(&[
        ("cat/1.png", "grey.png"),
        ("dog/1.png", "bit.png"),
        ("dog/2.png", "grey.png"),
        ("cat/2.png", "bit.png"),
    ]);
    let held = folder(&[("dog/1.jpg", "grey.jpg")]);
    let mut asked = request(train.path());
    asked.validation = Some(Holdout::File(held.path().into()));
    let splits = raw(&asked).unwrap();
    assert_eq!(splits.validation.unwrap().labels(), [1]);
    let schema = splits.train.schema();
    let flat = folder(&[("b.png", "noise.png"), ("a.png", "grey.png")]);
    let file = read_samples(flat.path(), &schema).unwrap();
    assert!(!file.has_targets && file.names[0].ends_with("a.png") && file.set.len() == 2);
    assert_eq!(bytes(&file.set)[..180], expected()["grey.png grey"]);
    assert_eq!(bytes(&file.set)[180..], expected()["noise.png grey"]);
    let one = read_samples(&flat.path().join("a.png"), &schema).unwrap();
    assert_eq!((one.set.len(), one.has_targets), (1, false));
    assert!(read_samples(held.path(), &schema).unwrap().has_targets);
    assert_eq!(read_labelled(held.path(), &schema).unwrap().labels(), [1]);
    let error = read_labelled(flat.path(), &schema).unwrap_err().to_string();
    assert!(error.ends_with("put them into a folder for each class"), "{error}");
    // Another size is an error, unless the training images were resized, too.
    asked.images.size = Some((6, 6));
    let resized = raw(&asked).unwrap().train.schema();
    let json = serde_json::to_string(&resized).unwrap();
    assert!(json.contains("\"resized\":true"), "{json}");
    assert_eq!(read_samples(flat.path(), &resized).unwrap().set.shape().len(), 36);
    asked.images.size = None;
    asked.validation = None;
    let small = folder(&[("cat/1.png", "grey.png"), ("cat/2.png", "grey.png")]);
    let mut other = schema.clone();
    if let wellfit_data::SampleKind::Bytes { shape, .. } = &mut other.samples {
        *shape = Shape::Image { channels: 1, height: 8, width: 9 };
    }
    let error = read_samples(small.path(), &other).unwrap_err().to_string();
    assert!(
        error.ends_with("is 15 wide and 12 high; the training images are 8×9 (rows × columns)"),
        "{error}"
    );
}

#[test]
fn folders_that_say_nothing_are_refused() {
    let set = folder(&[("a/1.png", "grey.png")]);
    assert_eq!(
        told(set.path(), |_| {}),
        "FOLDER: holds one class only (\"a\"): there is nothing to tell apart"
    );
    let set = folder(&[("a/1.png", "grey.png"), ("b/1.png", "grey.png"), ("x.png", "grey.png")]);
    assert_eq!(
        told(set.path(), |_| {}),
        "FOLDER: holds images (x.png) beside folders: every image must lie in the folder of its class"
    );
    let set = folder(&[("a/1.png", "grey.png"), ("b/c/1.png", "grey.png")]);
    assert!(told(set.path(), |_| {}).starts_with("b: is a class folder that holds a folder (c)"));
    let set = folder(&[
        ("a/1.png", "grey.png"),
        ("b/1.png", "grey.png"),
        ("b/2.gif", "grey.png"),
        ("b/notes.txt", "grey.png"),
    ]);
    assert_eq!(
        told(set.path(), |_| {}),
        "b: holds files that are no .png, .jpg or .jpeg: 2.gif, notes.txt; remove them"
    );
    let set = folder(&[("a/1.png", "grey.png")]);
    fs::create_dir(set.path().join("b")).unwrap();
    assert!(told(set.path(), |_| {}).starts_with("b: is an empty class folder"));
    let set = folder(&[
        ("train/a/1.png", "grey.png"),
        ("train/b/1.png", "grey.png"),
        ("more/a/1.png", "grey.png"),
    ]);
    assert_eq!(
        told(set.path(), |_| {}),
        "FOLDER: holds more beside train: with train there may be validation and test only"
    );
    let set = folder(&[
        ("train/a/1.png", "grey.png"),
        ("train/b/1.png", "grey.png"),
        ("test/c/1.png", "grey.png"),
    ]);
    assert_eq!(
        told(set.path(), |_| {}),
        "test: class \"c\" is not among the training data's (a, b)"
    );
    let set = pair("grey.png", "grey.png");
    assert!(
        told(set.path(), |r| r.task = Some(Task::Regression))
            .contains("a folder of images has classes")
    );
    assert_eq!(
        told(set.path(), |r| r.table.target = vec!["y".into()]),
        "FOLDER: data.target is about tables (.csv, .tsv, .parquet), and this is none"
    );
    let empty = tempfile::tempdir().unwrap();
    assert!(told(empty.path(), |_| {}).contains("holds no IDX files"));
}

#[test]
fn images_of_different_sizes_are_refused_without_a_size() {
    let set = pair("grey.png", "grey.png");
    let small = png(4, 3, 8, &[7; 12]);
    fs::write(set.path().join("train/b/2.png"), small).unwrap();
    let error = told(set.path(), |_| {});
    assert_eq!(
        error,
        "train/b/2.png: is 4 wide and 3 high, train/a/1.png 15 wide and 12 high: say \
         data.size = [12, 15] (rows, columns) to resize all"
    );
    let mut asked = request(set.path());
    asked.images.size = Some((4, 4));
    assert_eq!(raw(&asked).unwrap().train.len(), 3);
}

#[test]
fn damaged_images_are_named() {
    let set = pair("noise.png", "noise.png");
    let jpeg = fs::read(golden().join("colour.jpg")).unwrap();
    let whole = fs::read(golden().join("noise.png")).unwrap();
    let mut wrong = whole.clone();
    wrong[60] ^= 1;
    for (name, bytes, starts) in [
        ("2.png", &whole[..whole.len() / 2], "train/b/2.png: is no PNG image that can be read: "),
        ("2.png", &wrong[..], "train/b/2.png: is no PNG image that can be read: "),
        ("2.png", b"not a png", "train/b/2.png: is no PNG image that can be read: "),
        ("2.png", b"", "train/b/2.png: is empty (0 bytes)"),
        ("2.jpg", &jpeg[..jpeg.len() / 2], "train/b/2.jpg: is no JPEG image that can be read: "),
        ("2.jpg", &whole[..], "train/b/2.jpg: is no JPEG image that can be read: "),
        ("2.jpeg", &jpeg[..20], "train/b/2.jpeg: is no JPEG image that can be read: "),
    ] {
        let path = set.path().join("train/b").join(name);
        fs::write(&path, bytes).unwrap();
        let error = told(set.path(), |_| {});
        assert!(error.starts_with(starts), "{} bytes of {name}: {error}", bytes.len());
        fs::remove_file(path).unwrap();
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", set.path().join("train/b/2.png")).unwrap();
        let error = told(set.path(), |_| {});
        assert_eq!(error, "train/b/2.png: no such file or folder");
    }
}

#[test]
fn a_png_that_lies_about_its_size_is_refused_before_room_is_made() {
    let set = pair("grey.png", "grey.png");
    let path = set.path().join("train/a/0.png");
    for (width, height, wanted) in [
        (
            60_000,
            60_000,
            "promises 60000×60000 pixels in LEN bytes, more than 134 million: it is damaged or \
             made up",
        ),
        (
            10_000,
            10_000,
            "promises 10000×10000 pixels in LEN bytes, which cannot hold so many: it is damaged \
             or made up",
        ),
        (16, 12, "is no PNG image that can be read: IDAT"),
        (0, 12, "is no PNG image that can be read: "),
    ] {
        let file = png(width, height, 8, &[0; 5]);
        fs::write(&path, &file).unwrap();
        let error = told(set.path(), |r| r.images.size = Some((4, 4)));
        let wanted = wanted.replace("LEN", &file.len().to_string());
        assert!(error.starts_with(&format!("train/a/0.png: {wanted}")), "{error}");
    }
}

#[test]
fn damaged_bytes_never_make_it_panic() {
    let set = pair("grey.png", "grey.png");
    for name in
        ["noise.png", "palette.png", "colour.jpg", "progressive.jpeg", "grey.jpg", "cmyk.jpg"]
    {
        let whole = fs::read(golden().join(name)).unwrap();
        let path = set.path().join("train/b").join(format!("9{name}"));
        for at in (0..whole.len()).step_by(5) {
            let mut bytes = whole.clone();
            bytes[at] ^= [0xff, 0x01, 0x80][at % 3];
            fs::write(&path, &bytes).unwrap();
            let mut asked = request(set.path());
            asked.images.size = Some((4, 4));
            let _ = raw(&asked);
        }
        fs::remove_file(path).unwrap();
    }
}

/// A grey PNG whose header says so many pixels, with these bytes of pixels.
fn png(width: u32, height: u32, depth: u8, pixels: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    for row in pixels.chunks((width as usize).max(1)) {
        raw.push(0);
        raw.extend_from_slice(row);
    }
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut zlib, &raw).unwrap();
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([depth, 0, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [(b"IHDR", header), (b"IDAT", zlib.finish().unwrap()), (b"IEND", vec![])] {
        let mut checksum = flate2::Crc::new();
        checksum.update(name);
        checksum.update(&data);
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(name);
        file.extend(data);
        file.extend(checksum.sum().to_be_bytes());
    }
    file
}
