//! Initial weights from a file.

use std::collections::BTreeMap;
use std::path::Path;

use wellfit_nn::{Spec, Tensor};

use crate::tensors::{TensorFileError, read_tensors};

/// Replaces `parameters` (those of `spec`, in order) by the file's. Layer `i` of the
/// network is layer `index[i]` of the file, by PyTorch's names (`1.weight`); a layer
/// that the file does not have (`None`) keeps its random weights.
///
/// # Errors
/// A tensor that is missing, unknown, of another shape or not float32.
pub fn initialise(
    spec: &Spec,
    index: &[Option<usize>],
    path: &Path,
    parameters: &mut [Tensor],
) -> Result<(), TensorFileError> {
    let tensors = read_tensors(path)?;
    let mut file: BTreeMap<String, Tensor> =
        tensors.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
    for (info, parameter) in spec.parameters().iter().zip(parameters) {
        let Some(layer) = index.get(info.layer.top()).copied().flatten() else { continue };
        let (_, rest) = info.name.split_once('.').expect("a name begins with its layer");
        let name = format!("{layer}.{rest}");
        let Some(found) = file.remove(&name) else {
            let (path, shape) = (path.to_path_buf(), info.shape.clone());
            return Err(TensorFileError::Missing { path, tensor: name, shape });
        };
        if found.shape != info.shape {
            return Err(TensorFileError::Shape {
                path: path.to_path_buf(),
                tensor: name,
                found: found.shape,
                wanted: info.shape.clone(),
            });
        }
        parameter.data = found.data;
    }
    match file.into_keys().next() {
        Some(tensor) => Err(TensorFileError::Unknown { path: path.to_path_buf(), tensor }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use wellfit_nn::Layer;

    use super::*;
    use crate::plan::Plan;
    use crate::tensors::write_tensors;

    fn tensor(name: &str, shape: &[usize], value: f32) -> Tensor {
        let data = vec![value; shape.iter().product()];
        Tensor { name: name.into(), shape: shape.to_vec(), data }
    }

    fn file() -> Vec<Tensor> {
        vec![
            tensor("0.weight", &[4, 3], 1.0),
            tensor("0.bias", &[4], 2.0),
            tensor("2.weight", &[2, 4], 3.0),
            tensor("2.bias", &[2], 4.0),
        ]
    }

    fn linear(out: usize) -> Layer {
        Layer::Linear { out, bias: true }
    }

    /// The first value of each parameter after `tensors` went through a file.
    fn initialised(
        layers: Vec<Layer>,
        index: &[Option<usize>],
        tensors: &[Tensor],
    ) -> Result<Vec<f32>, TensorFileError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("init.safetensors");
        write_tensors(&path, tensors).unwrap();
        let spec = Plan::new("x", layers)
            .spec(wellfit_nn::Shape::Flat(3), crate::plan::Outputs::Targets(2))
            .unwrap();
        let info = spec.parameters();
        let mut parameters: Vec<Tensor> =
            info.iter().map(|info| tensor(&info.name, &info.shape, 0.0)).collect();
        initialise(&spec, index, &path, &mut parameters)?;
        Ok(parameters.iter().map(|parameter| parameter.data[0]).collect())
    }

    #[test]
    fn names_are_pytorchs_and_survive_inserted_layers() {
        let plain = vec![linear(4), Layer::RELU, linear(2)];
        let index = [Some(0), Some(1), Some(2)];
        assert_eq!(initialised(plain, &index, &file()).unwrap(), [1.0, 2.0, 3.0, 4.0]);

        let drop = Layer::Dropout { p: 0.5 };
        let longer = vec![drop.clone(), linear(4), Layer::RELU, drop, linear(2)];
        let index = [None, Some(0), Some(1), None, Some(2)];
        assert_eq!(initialised(longer, &index, &file()).unwrap(), [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn a_tensor_that_does_not_fit_is_named_with_both_shapes() {
        let layers = || vec![linear(4), Layer::RELU, linear(2)];
        let index = [Some(0), Some(1), Some(2)];
        let refused =
            |tensors: &[Tensor]| initialised(layers(), &index, tensors).unwrap_err().to_string();
        let mut tensors = file();
        tensors[0] = tensor("0.weight", &[3, 4], 1.0);
        let error = refused(&tensors);
        assert!(
            error.contains("0.weight has shape [3, 4], but the network needs [4, 3]"),
            "{error}"
        );

        let error = refused(&file()[..3]);
        assert!(error.contains("2.bias of shape [2] is missing"), "{error}");

        let mut tensors = file();
        tensors.push(tensor("5.weight", &[1], 0.0));
        assert!(refused(&tensors).contains("5.weight belongs to no layer"));
    }

    #[test]
    fn a_file_that_is_no_safetensors_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("init.safetensors");
        for bytes in [&b""[..], b"PK\x03\x04", &[255; 64], &[0; 8]] {
            std::fs::write(&path, bytes).unwrap();
            let error = read_tensors(&path).unwrap_err();
            assert!(matches!(error, TensorFileError::Format { .. }), "{error}");
        }
        let error = read_tensors(&folder.path().join("missing")).unwrap_err();
        assert!(matches!(error, TensorFileError::File(_)), "{error}");
    }

    #[test]
    fn another_number_type_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("half.safetensors");
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F16, vec![2], &[0; 4]);
        let bytes = safetensors::serialize([("0.weight", view.unwrap())], None).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let error = read_tensors(&path).unwrap_err().to_string();
        assert!(error.contains("0.weight holds F16 numbers"), "{error}");
    }
}
