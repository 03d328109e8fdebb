//! An inspection as JSON. What is not known, or not finite, is null.

use serde_json::{Value, json};

use crate::layer::{Inspection, Layer, Slice, Spectrum};
use crate::power_law::{NoFit, PowerLaw};
use crate::summary::{Histogram, NEAR_ZERO};

/// Raised when a key changes its meaning.
const SCHEMA: u32 = 1;

/// All figures of a model.
pub fn json(found: &Inspection) -> Value {
    let Inspection { path, format, layers, skipped, left } = found;
    let skipped: Vec<Value> = skipped
        .iter()
        .map(|one| json!({ "name": one.name, "dtype": one.dtype, "shape": one.shape }))
        .collect();
    json!({
        "schema": SCHEMA,
        "path": path.to_string_lossy(),
        "format": format.name(),
        "near_zero_below": NEAR_ZERO,
        "layers": layers.iter().map(layer).collect::<Vec<Value>>(),
        "skipped": skipped,
        "left": left,
    })
}

fn layer(layer: &Layer) -> Value {
    let Layer { name, number, shape, summary, spectrum: found } = layer;
    let Histogram { width, first, counts } = &summary.histogram;
    let notes: Vec<String> = layer.notes().iter().map(|note| note.to_string()).collect();
    json!({
        "name": name,
        "dtype": number.to_string(),
        "shape": shape,
        "count": summary.count,
        "not_finite": summary.not_finite,
        "mean": summary.mean,
        "std": summary.std,
        "min": summary.min,
        "max": summary.max,
        "near_zero": summary.near_zero,
        "frobenius_norm": summary.frobenius,
        "histogram": { "width": width, "first": first, "counts": counts },
        "spectrum": found.as_ref().ok().map(spectrum),
        "notes": notes,
    })
}

fn spectrum(spectrum: &Spectrum) -> Value {
    json!({
        "matrices": spectrum.kernel.positions,
        "rows": spectrum.kernel.rows,
        "columns": spectrum.kernel.columns,
        "spectral_norm": spectrum.spectral_norm(),
        "stable_rank": spectrum.stable_rank(),
        "power_law": tail(&spectrum.tail),
        "singular_values": spectrum.singular_values,
        "slices": spectrum.slices.iter().map(slice).collect::<Vec<Value>>(),
    })
}

fn slice(slice: &Slice) -> Value {
    json!({
        "spectral_norm": slice.spectral_norm,
        "stable_rank": slice.stable_rank,
        "power_law": tail(&slice.tail),
    })
}

fn tail(tail: &Result<PowerLaw, NoFit>) -> Value {
    tail.as_ref().map_or(Value::Null, |law| {
        json!({
            "alpha": law.alpha,
            "standard_error": law.standard_error,
            "x_min": law.x_min,
            "distance": law.distance,
            "tail": law.tail,
            "eigenvalues": law.of,
        })
    })
}
