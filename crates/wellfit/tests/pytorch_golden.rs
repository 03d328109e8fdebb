//! `wellfit train` gives the histories, and ends with the tensors, that PyTorch gives
//! for the same weights and the same order of batches. The cases are in
//! `tests/golden`, with the script that made them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use wellfit_train::read_tensors;

/// Samples in the cases' training and validation sets.
const TRAIN: f64 = 200.0;
const VALIDATION: f64 = 80.0;

/// A history as columns by name.
struct History {
    names: Vec<String>,
    rows: Vec<Vec<f64>>,
}

impl History {
    fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut lines = text.lines().map(|line| line.split(','));
        let names = lines.next().into_iter().flatten().map(str::to_owned).collect();
        let number = |field: &str| field.parse().map_err(|e| format!("{field:?}: {e}"));
        let rows = lines.map(|line| line.map(number).collect()).collect::<Result<_, _>>()?;
        Ok(Self { names, rows })
    }

    fn column(&self, name: &str) -> Result<Vec<f64>, String> {
        let at = self.names.iter().position(|n| n == name).ok_or(format!("no column {name}"))?;
        Ok(self.rows.iter().map(|row| row[at]).collect())
    }
}

/// How far a figure of this name may be from PyTorch's. `curved`: the rate follows a
/// line or a cosine, which PyTorch works out from the step before.
fn tolerance(name: &str, wanted: f64, curved: bool) -> f64 {
    match name {
        "lr" if curved => 1e-12 * wanted,
        "epoch" | "lr" => 0.0,
        // One sample, and room for the rounding of the quotient.
        "train_accuracy" => 1.01 / TRAIN,
        "val_accuracy" => 1.01 / VALIDATION,
        _ => 1e-5 * (1.0 + wanted.abs()),
    }
}

/// Trains the plan in `case` and compares.
fn check(case: &Path, out: &Path) -> Result<(), String> {
    let program = env!("CARGO_BIN_EXE_wellfit");
    let run = Command::new(program)
        .arg("train")
        .arg(case.join("plan.toml"))
        .arg("--out")
        .arg(out)
        .output()
        .map_err(|e| format!("{program}: {e}"))?;
    let stderr = String::from_utf8_lossy(&run.stderr);
    if !run.status.success() {
        return Err(format!("{}: {stderr}", run.status));
    }
    let said: Vec<&str> = stderr.lines().filter(|line| line.contains("reducing")).collect();
    let cuts = fs::read_to_string(case.join("cuts.txt")).map_err(|e| e.to_string())?;
    let cuts: Vec<&str> = cuts.lines().collect();
    if said != cuts {
        return Err(format!("the rate was cut so: {said:?}, but PyTorch cut it so: {cuts:?}"));
    }
    let plan = fs::read_to_string(case.join("plan.toml")).map_err(|e| e.to_string())?;
    let curved = ["cosine", "one-cycle", "warmup"].iter().any(|word| plan.contains(word));
    let wanted = History::read(&case.join("history.csv"))?;
    let found = History::read(&out.join("history.csv"))?;
    for name in &wanted.names {
        let (wanted, found) = (wanted.column(name)?, found.column(name)?);
        if wanted.len() != found.len() {
            return Err(format!("{} epochs, but PyTorch has {}", found.len(), wanted.len()));
        }
        for (epoch, (wanted, found)) in wanted.into_iter().zip(found).enumerate() {
            let off = (found - wanted).abs();
            if off.is_nan() || off > tolerance(name, wanted, curved) {
                let epoch = epoch + 1;
                return Err(format!("epoch {epoch}: {name} is {found}, PyTorch's {wanted}"));
            }
        }
    }
    let wanted = case.join("last.safetensors");
    if wanted.exists() { check_tensors(&out.join("last.safetensors"), &wanted) } else { Ok(()) }
}

/// Compares two model files tensor by tensor: names, types, shapes and values.
fn check_tensors(found: &Path, wanted: &Path) -> Result<(), String> {
    let (kinds, wanted_kinds) = (kinds(found)?, kinds(wanted)?);
    if kinds != wanted_kinds {
        return Err(format!("tensors {kinds:?}, PyTorch's {wanted_kinds:?}"));
    }
    let read = |path| read_tensors(path).map_err(|e| e.to_string());
    for (found, wanted) in read(found)?.iter().zip(&read(wanted)?) {
        assert_eq!(found.name, wanted.name);
        for (e, (&found, &tensor)) in found.data.iter().zip(&wanted.data).enumerate() {
            let (found, tensor) = (f64::from(found), f64::from(tensor));
            let off = (found - tensor).abs();
            let most = if wanted.shape.is_empty() { 0.0 } else { 2e-4 * (1.0 + tensor.abs()) };
            if off.is_nan() || off > most {
                let name = &wanted.name;
                return Err(format!("{name}[{e}] is {found} at last, PyTorch's {tensor}"));
            }
        }
    }
    Ok(())
}

/// Name, type and shape of every tensor in a model file, by name.
fn kinds(path: &Path) -> Result<Vec<(String, Value, Value)>, String> {
    let bytes = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or("no header")?;
    let length = u64::from_le_bytes(*length) as usize;
    let header: Value = serde_json::from_slice(&rest[..length]).map_err(|e| e.to_string())?;
    let tensors = header.as_object().into_iter().flatten();
    let tensors = tensors.filter(|(name, _)| *name != "__metadata__");
    let kind =
        |(name, t): (&String, &Value)| (name.clone(), t["dtype"].clone(), t["shape"].clone());
    let mut kinds: Vec<_> = tensors.map(kind).collect();
    kinds.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(kinds)
}

#[test]
fn histories_and_last_tensors_agree_with_pytorch() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden");
    let entries = fs::read_dir(&golden).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = entries.filter(|p| p.join("plan.toml").exists()).collect();
    cases.sort();
    assert!(cases.len() >= 163, "only {} cases in {}", cases.len(), golden.display());

    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pytorch_golden");
    if out.exists() {
        fs::remove_dir_all(&out).unwrap();
    }
    let mut failures = Vec::new();
    for case in cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        if let Err(failure) = check(&case, &out.join(&name)) {
            failures.push(format!("{name}: {failure}"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
