//! `wellfit export RUN`

use std::fs;

use wellfit::{FileError, SavedModel, write_file, write_tensors_with};

use super::arguments::{ExportArguments, ExportTo};
use super::meant::meant;
use super::{Failure, print};

/// A run's model → a file or a folder for other programs.
pub fn export(arguments: ExportArguments) -> Result<(), Failure> {
    let ExportArguments { run, to, out, prepared, quiet } = arguments;
    let folder = meant(&run, quiet)?;
    let model = SavedModel::open(&folder)?;
    let out = match out {
        Some(out) => out,
        None => folder.join(to.default_name()),
    };
    match to {
        ExportTo::Onnx => {
            let bytes = model.onnx(prepared)?;
            print::room_for(&out)?;
            write_file(&out, &bytes)?;
        }
        ExportTo::Safetensors => {
            print::room_for(&out)?;
            write_tensors_with(&out, &model.weights, &notes(&model))?;
        }
        ExportTo::Pytorch => {
            let text = model.torch_module(prepared)?;
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
