//! `wellfit export RUN`

use std::fs;
use std::path::{Path, PathBuf};

use wellfit::{FileError, SavedModel, model_folder, write_file, write_tensors_with};

use super::arguments::{ExportArguments, ExportTo};
use super::{Failure, print};

/// A run's model → a file or a folder for other programs.
pub fn export(arguments: ExportArguments) -> Result<(), Failure> {
    let ExportArguments { run, to, out, prepared, quiet } = arguments;
    let model = SavedModel::open(&run)?;
    let name = name(&run);
    let out = match out {
        Some(out) => out,
        None => model_folder(&run)?.join(to.default_name()),
    };
    match to {
        ExportTo::Onnx => {
            let bytes = model.onnx(&name, prepared)?;
            to_file(&out)?;
            write_file(&out, &bytes)?;
        }
        ExportTo::Safetensors => {
            to_file(&out)?;
            write_tensors_with(&out, &model.weights, &notes(&model))?;
        }
        ExportTo::Pytorch => {
            let text = model.torch_module(&name, prepared)?;
            let fail = FileError::on("make the folder", &out);
            if out.is_file() {
                return Err(Failure::input(format!(
                    "{} is a file, but a PyTorch model is a folder: name one with --out",
                    out.display()
                )));
            }
            fs::create_dir_all(&out).map_err(fail)?;
            write_tensors_with(&out.join("model.safetensors"), &model.weights, &notes(&model))?;
            write_file(&out.join("model.py"), text.as_bytes())?;
        }
    }
    if !quiet {
        print::note(&format!("{}: {}", to.name(), out.display()));
    }
    Ok(())
}

/// A folder cannot be written as a file, and the folder around a file must be there.
fn to_file(out: &Path) -> Result<(), Failure> {
    if out.is_dir() {
        return Err(Failure::input(format!(
            "{} is a folder: name a file with --out",
            out.display()
        )));
    }
    match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            Ok(fs::create_dir_all(folder).map_err(FileError::on("make the folder", folder))?)
        }
        _ => Ok(()),
    }
}

/// What a model's file says besides its tensors.
fn notes(model: &SavedModel) -> Vec<(&'static str, String)> {
    let targets = &model.schema.targets;
    let names = serde_json::Value::from(&targets.names[..]).to_string();
    let key = match targets.task {
        wellfit::data::Task::Classification => "classes",
        wellfit::data::Task::Regression => "targets",
    };
    vec![
        ("format", "pt".into()),
        ("task", targets.task.name().into()),
        (key, names),
        ("plan", model.plan.to_toml()),
    ]
}

/// What a model is called: its run's folder, or its study's.
pub fn name(run: &Path) -> String {
    let run = fs::canonicalize(run).unwrap_or_else(|_| PathBuf::from(run));
    let own = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    match own(&run) {
        Some(name) if name == "recommended" => run.parent().and_then(own).unwrap_or(name),
        Some(name) => name,
        None => "model".into(),
    }
}
