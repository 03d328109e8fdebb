//! Files that PyTorch and safetensors wrote, against NumPy and WeightWatcher; made by
//! `golden/make.py`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wellfit_weights::{
    FEWEST, Fault, Inspection, Layer, NoFit, NoSpectrum, Note, Options, PickleFault, PowerLaw,
    inspect,
};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn expected() -> Value {
    let text = std::fs::read_to_string(golden("expected.json")).expect("expected.json");
    serde_json::from_str(&text).expect("JSON")
}

fn found(name: &str) -> Inspection {
    inspect(&golden(name), Options::default(), |_| ControlFlow::Continue(()))
        .unwrap_or_else(|error| panic!("{error}"))
}

fn layer<'a>(found: &'a Inspection, name: &str) -> &'a Layer {
    found.layers.iter().find(|layer| layer.name == name).unwrap_or_else(|| panic!("{name}"))
}

fn fault(name: &str) -> Fault {
    let found = inspect(&golden(name), Options::default(), |_| ControlFlow::Continue(()));
    found.expect_err("a fault").fault
}

#[track_caller]
fn near(what: &str, found: f64, wanted: &Value, tolerance: f64) {
    let wanted = wanted.as_f64().unwrap_or_else(|| panic!("{what} is expected"));
    let room = tolerance * wanted.abs().max(1e-12);
    assert!((found - wanted).abs() <= room, "{what}: {found} is not {wanted}");
}

#[test]
fn figures_are_numpys() {
    for (name, tensors) in expected()["files"].as_object().unwrap() {
        let found = found(name);
        let tensors = tensors.as_object().unwrap();
        assert_eq!(found.layers.len(), tensors.len(), "{name}");
        for (tensor, wanted) in tensors {
            let Layer { shape, summary, spectrum, .. } = layer(&found, tensor);
            let what = |figure: &str| format!("{name}, {tensor}, {figure}");
            assert_eq!(serde_json::json!(shape), wanted["shape"], "{}", what("shape"));
            assert_eq!(summary.not_finite, wanted["not_finite"], "{}", what("not_finite"));
            if summary.count == 0 {
                assert!(matches!(spectrum, Err(NoSpectrum::Empty)) && summary.mean.is_nan());
                continue;
            }
            near(&what("min"), summary.min, &wanted["min"], 1e-15);
            near(&what("max"), summary.max, &wanted["max"], 1e-15);
            // A mean near zero is the difference of large sums.
            let mean = wanted["mean"].as_f64().unwrap();
            assert!((summary.mean - mean).abs() <= 1e-14 * summary.frobenius.max(1.0));
            near(&what("std"), summary.std, &wanted["std"], 1e-12);
            near(&what("near_zero"), summary.near_zero, &wanted["near_zero"], 1e-12);
            near(&what("frobenius"), summary.frobenius, &wanted["frobenius"], 1e-12);
            let Some(values) = wanted["singular_values"].as_array() else {
                assert!(spectrum.is_err(), "{tensor}");
                continue;
            };
            let spectrum = spectrum.as_ref().unwrap();
            assert_eq!(spectrum.singular_values.len(), values.len(), "{}", what("values"));
            for (found, wanted) in spectrum.singular_values.iter().zip(values) {
                let room = 2e-14 * spectrum.spectral_norm();
                assert!((found - wanted.as_f64().unwrap()).abs() <= room, "{found} {wanted}");
            }
        }
    }
}

/// 1 where there is a fit. Below 20 eigenvalues WeightWatcher has another estimator, and
/// wellfit none.
#[track_caller]
fn same_tail(what: &str, found: &Result<PowerLaw, NoFit>, wanted: &Value) -> usize {
    let eigenvalues = wanted["eigenvalues"].as_u64().unwrap() as usize;
    if eigenvalues < FEWEST {
        assert!(matches!(found, Err(NoFit::TooFew { .. })), "{what}: {found:?}");
        return 0;
    }
    let found = found.as_ref().unwrap();
    assert_eq!(found.of, eigenvalues, "{what}");
    near(&format!("{what}, alpha"), found.alpha, &wanted["alpha"], 1e-9);
    near(&format!("{what}, sigma"), found.standard_error, &wanted["standard_error"], 1e-9);
    near(&format!("{what}, D"), found.distance, &wanted["distance"], 1e-9);
    near(&format!("{what}, x_min"), found.x_min, &wanted["x_min"], 1e-9);
    assert_eq!(found.tail, wanted["tail"], "{what}");
    1
}

#[test]
fn power_laws_are_weightwatchers() {
    let expected = expected();
    let mut pooled = 0;
    let mut slices = 0;
    for (name, layers) in expected["weightwatcher"].as_object().unwrap() {
        let found = found(name);
        for (tensor, wanted) in layers.as_object().unwrap() {
            let what = format!("{name}, {tensor}");
            let spectrum = layer(&found, tensor).spectrum.as_ref().unwrap();
            pooled += same_tail(&what, &spectrum.tail, &wanted["pooled"]);
            near(&what, spectrum.stable_rank(), &wanted["pooled"]["stable_rank"], 1e-9);
            for (i, wanted) in wanted["slices"].as_array().unwrap().iter().enumerate() {
                let slice = spectrum.slices[i];
                let what = format!("{what}, slice {i}");
                slices += same_tail(&what, &slice.tail, wanted);
                near(&what, slice.stable_rank, &wanted["stable_rank"], 1e-9);
            }
        }
    }
    assert_eq!((pooled, slices), (4, 9), "fits that were compared");
}

#[test]
fn the_planted_exponent_is_found() {
    let found = found("tail.pth");
    let law = *found.layers[0].spectrum.as_ref().unwrap().tail.as_ref().unwrap();
    // Squared lengths were drawn with P(x > t) = t^−1.5: alpha is 2.5.
    assert!((law.alpha - 2.5).abs() < 3.0 * law.standard_error, "{law:?}");
}

#[test]
fn a_checkpoints_model_is_found_beside_its_optimiser() {
    let found = found("checkpoint.pt");
    let names: Vec<&str> = found.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["0.weight", "0.bias"]);
    assert_eq!(found.left, ["epoch", "loss", "optimizer_state_dict"]);
}

#[test]
fn types_that_are_not_analysed_are_listed() {
    let skipped = |name: &str| -> Vec<(String, String)> {
        let skipped = found(name).skipped.into_iter();
        let mut all: Vec<_> = skipped.map(|one| (one.name, one.dtype)).collect();
        all.sort();
        all
    };
    let pair = |name: &str, dtype: &str| (name.to_string(), dtype.to_string());
    assert_eq!(
        skipped("kinds.safetensors"),
        [pair("bool", "BOOL"), pair("f8", "F8_E4M3"), pair("int", "I64")]
    );
    assert_eq!(
        skipped("views.pt"),
        [pair("bool", "bool"), pair("f8", "float8_e4m3fn"), pair("int", "int64")]
    );
    assert_eq!(skipped("mlp.pt"), [pair("1.num_batches_tracked", "int64")]);
}

#[test]
fn weights_that_are_not_finite_are_told_and_not_fitted() {
    let found = found("odd.pt");
    let broken = layer(&found, "broken");
    assert_eq!(broken.summary.not_finite, 3);
    assert!(matches!(broken.spectrum, Err(NoSpectrum::NotFinite)));
    assert_eq!(broken.notes(), [Note::NotFinite { count: 3 }]);
    let zeros = layer(&found, "zeros").spectrum.as_ref().unwrap();
    assert!(zeros.spectral_norm() == 0.0 && zeros.stable_rank().is_nan() && zeros.tail.is_err());
    let same = layer(&found, "same");
    assert!((same.spectrum.as_ref().unwrap().stable_rank() - 11.0).abs() < 1e-12);
}

#[test]
fn files_that_hold_no_state_dict_are_refused_with_what_they_are() {
    for (name, words) in [
        ("legacy.pt", "before version 1.6"),
        ("module.pt", "torch.nn.modules"),
        ("sparse.pt", "torch._utils._rebuild_sparse_tensor"),
        ("expanded.pt", "tensor expanded of shape [1000] has the strides [0]"),
        ("script.pt", "TorchScript"),
        ("arrays.npz", "without data.pkl"),
        ("plain.pkl", "bare pickle"),
        ("make.py", "is no model file: it starts with"),
        ("", "without model.safetensors"),
        ("nothing.pt", "no such file"),
    ] {
        let fault = fault(name).to_string();
        assert!(fault.contains(words), "{name}: {fault}");
    }
    assert!(matches!(fault("module.pt"), Fault::Pickle(PickleFault::Global(_))));
}

/// Every byte may be missing, and many may be wrong: an error or figures, never a panic.
#[test]
fn damaged_files_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["checkpoint.pt", "views.pt", "kinds.safetensors"] {
        let whole = std::fs::read(golden(name)).unwrap();
        let path = folder.path().join(name);
        let look = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            inspect(&path, Options::default(), |_| ControlFlow::Continue(()))
        };
        for len in (0..whole.len()).step_by(97).chain([whole.len() - 1]) {
            assert!(look(&whole[..len]).is_err(), "{name} cut at {len}");
        }
        for at in (0..whole.len()).step_by(31) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x41;
            let _ = look(&bytes);
        }
    }
}

#[test]
fn a_reader_may_stop() {
    let mut seen = Vec::new();
    let stopped = inspect(&golden("mlp.pt"), Options::default(), |progress| {
        seen.push((progress.at, progress.name.to_string()));
        if progress.at == 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(stopped.unwrap_err().fault, Fault::Stopped));
    assert_eq!(seen, [(0, "0.weight".into()), (1, "0.bias".into())]);
}
