//! NPY files: one array each, the samples in one file and what they are to give in another
//! beside it.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::arrays;
use crate::bytes::{Bytes, open_file};
use crate::npy::{self, Fault, Header};
use crate::{DataError, Dataset, FileFault, Targets, Task};

/// Reads samples and, from the file beside it, what they are to give: `x.npy` goes with
/// `y.npy`, `NAME_x.npy` with `NAME_y.npy`, `X_train.npy` with `y_train.npy`.
pub(crate) fn read(
    path: &Path,
    task: Option<Task>,
    class_names: Option<Vec<String>>,
) -> Result<Dataset, DataError> {
    let candidates = companions(path);
    let Some(beside) = candidates.iter().find(|path| path.is_file()) else {
        let expected = match candidates.first() {
            Some(path) => path.display().to_string(),
            None => "a file named alike, with y in place of x,".to_owned(),
        };
        return Err(FileFault::NoTargetsFile { expected }.at(path));
    };
    let (targets, count) =
        array(beside, |header, bytes| arrays::targets(header, bytes, task, class_names))?;
    let (shape, features, _) =
        array(path, |header, bytes| arrays::samples(header, bytes, Some((&targets, count))))?;
    Dataset::checked(shape, features, targets).map_err(|fault| FileFault::from(fault).at(path))
}

/// Reads samples and, if there is a file beside it, what they are to give.
pub(crate) fn read_samples(
    path: &Path,
    task: Task,
    class_names: Option<Vec<String>>,
    without: impl FnOnce(u64) -> Targets,
) -> Result<(Dataset, bool), DataError> {
    if companions(path).iter().any(|path| path.is_file()) {
        return Ok((read(path, Some(task), class_names)?, true));
    }
    let (shape, features, count) =
        array(path, |header, bytes| arrays::samples(header, bytes, None))?;
    let set = Dataset::checked(shape, features, without(count));
    Ok((set.map_err(|fault| FileFault::from(fault).at(path))?, false))
}

/// Where the targets of these samples may lie: the name with a part `x` as `y`.
fn companions(path: &Path) -> Vec<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let parts: Vec<&str> = stem.split('_').collect();
    let Some(at) = parts.iter().rposition(|part| matches!(*part, "x" | "X")) else {
        return Vec::new();
    };
    let named = |y| {
        let mut parts = parts.clone();
        parts[at] = y;
        path.with_file_name(format!("{}.npy", parts.join("_")))
    };
    vec![named("y"), named("Y")]
}

fn array<T>(
    path: &Path,
    read: impl FnOnce(Header, &mut Bytes<'_>) -> Result<T, Fault>,
) -> Result<T, DataError> {
    let (file, len): (File, u64) = open_file(path).map_err(|fault| fault.at(path))?;
    let open = Bytes::new(BufReader::with_capacity(1 << 16, file), len);
    let mut bytes = open.map_err(|fault| fault.at(path))?;
    let values = npy::header(&mut bytes).and_then(|header| {
        header.check_promise(len)?;
        read(header, &mut bytes)
    });
    values.map_err(|fault| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match fault {
            Fault::Array(fault) => FileFault::Array { array: stem, fault }.at(path),
            Fault::File(fault) => fault.at(path),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_lie_beside_the_samples() {
        for (x, y) in [
            ("x.npy", "y.npy"),
            ("X.npy", "y.npy"),
            ("digits_x.npy", "digits_y.npy"),
            ("X_train.npy", "y_train.npy"),
            ("a_x_b.npy", "a_y_b.npy"),
        ] {
            assert_eq!(companions(Path::new(x))[0], Path::new(y));
        }
        for name in ["data.npy", "xy.npy", "y.npy"] {
            assert!(companions(Path::new(name)).is_empty());
        }
    }
}
