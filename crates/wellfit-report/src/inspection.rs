//! A model's weights: tables in plain text, pictures in files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wellfit_stats::format;
use wellfit_study::slug;
use wellfit_weights::{Inspection, Layer, NEAR_ZERO, Note};

use crate::ReportError;
use crate::picture::{MOST_LAYERS, WIDE, has_picture, layers};
use crate::terminal::{Style, cut, length, wrap};
use crate::text::{brief, count, dimensions, short};
use crate::write::write_picture;

/// Columns of sentences.
const WIDTH: usize = 80;
/// Letters of a layer's name; of longer ones the end is shown.
const NAME: usize = 40;
/// Layers that a note names.
const NAMED: usize = 6;

/// A model's layers in two tables, of their values and of their norms and spectra, and
/// what a reader must know about them. `colour` makes the first line bold and explanations
/// dim with ANSI codes.
pub fn inspection_summary(found: &Inspection, colour: bool) -> String {
    let style = Style { colour };
    let mut lines = vec![style.bold(&head(found)), String::new()];
    let values = found.layers.iter().map(values_row);
    lines.extend(table(VALUES, values, style));
    let spectra: Vec<[String; 7]> = found.layers.iter().filter_map(spectrum_row).collect();
    if !spectra.is_empty() {
        lines.push(String::new());
        lines.extend(table(SPECTRA, spectra.into_iter(), style));
    }
    lines.push(String::new());
    for (i, sentence) in explanations(found).iter().chain(&notes(found)).enumerate() {
        let head = if i == 0 { "" } else { "note" };
        let sentence = cut(sentence, usize::MAX);
        lines.extend(style.headed(head, wrap(&sentence, WIDTH - 8, usize::MAX)));
    }
    lines.join("\n") + "\n"
}

/// `model.safetensors (safetensors, float32): 4 tensors, 795,010 values`
fn head(found: &Inspection) -> String {
    let kinds: BTreeSet<String> = found.layers.iter().map(|l| l.number.to_string()).collect();
    let kinds =
        kinds.into_iter().fold(found.format.name().to_string(), |all, kind| all + ", " + &kind);
    let values: u64 = found.layers.iter().map(|layer| layer.summary.count).sum();
    let path = cut(&found.path.to_string_lossy(), 200);
    let tensors = count(found.layers.len(), "tensor", "tensors");
    format!("{path} ({kinds}): {tensors}, {} values", format::count(values as usize))
}

const VALUES: [&str; 8] = ["layer", "shape", "values", "mean", "std", "min", "max", "near 0"];
const SPECTRA: [&str; 7] = ["layer", "Frobenius", "spectral", "stable rank", "alpha", "D", "tail"];

fn values_row(layer: &Layer) -> [String; 8] {
    let summary = &layer.summary;
    [
        name(layer),
        dimensions(&layer.shape),
        format::count(summary.count as usize),
        short(summary.mean),
        short(summary.std),
        short(summary.min),
        short(summary.max),
        per_cent(summary.near_zero),
    ]
}

/// The row of a layer with more than one dimension.
fn spectrum_row(layer: &Layer) -> Option<[String; 7]> {
    let spectrum = layer.spectrum.as_ref().ok();
    (layer.shape.len() > 1).then(|| {
        let of = |value: Option<f64>| short(value.unwrap_or(f64::NAN));
        let tail = spectrum.and_then(|spectrum| spectrum.tail.as_ref().ok());
        let unknown = || format::UNKNOWN.to_string();
        [
            name(layer),
            short(layer.summary.frobenius),
            of(spectrum.map(|spectrum| spectrum.spectral_norm())),
            of(spectrum.map(|spectrum| spectrum.stable_rank())),
            tail.map_or_else(unknown, |law| {
                format!("{} ± {}", short(law.alpha), brief(law.standard_error))
            }),
            of(tail.map(|law| law.distance)),
            tail.map_or_else(unknown, |law| format!("{} of {}", law.tail, law.of)),
        ]
    })
}

fn name(layer: &Layer) -> String {
    let clean = cut(&layer.name, usize::MAX);
    let letters = length(&clean);
    if letters <= NAME {
        return clean;
    }
    std::iter::once('…').chain(clean.chars().skip(letters + 1 - NAME)).collect()
}

fn per_cent(share: f64) -> String {
    if share.is_finite() { format!("{:.1} %", share * 100.0) } else { format::UNKNOWN.into() }
}

/// Columns as wide as they need, the first to the left and the others to the right.
fn table<const N: usize>(
    heads: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    style: Style,
) -> Vec<String> {
    let rows: Vec<[String; N]> = std::iter::once(heads.map(String::from)).chain(rows).collect();
    let widths: [usize; N] =
        std::array::from_fn(|i| rows.iter().map(|row| length(&row[i])).max().unwrap_or(0));
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).enumerate().map(|(i, (cell, width))| {
            let pad = " ".repeat(width - length(cell));
            if i == 0 { cell.clone() + &pad } else { pad + cell }
        });
        cells.collect::<Vec<_>>().join("  ")
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines[0] = style.dim(&lines[0]);
    lines
}

/// What the columns mean.
fn explanations(found: &Inspection) -> [String; 1] {
    let near = format!("near 0: |w| < {NEAR_ZERO}.");
    let spectra = found.layers.iter().any(|layer| layer.spectrum.is_ok());
    let law = " alpha ± its standard error: the exponent of the power law that the largest \
               eigenvalues of WᵀW follow; D: their distance from it; tail: how many they are. A \
               convolution's matrices, one for each position of its kernel, are pooled.";
    [if spectra { near + law } else { near }]
}

/// What must be known, each with the layers that it is about.
fn notes(found: &Inspection) -> Vec<String> {
    let mut all: Vec<(Note, Vec<&str>)> = Vec::new();
    for layer in &found.layers {
        for note in layer.notes() {
            match all.iter_mut().find(|(seen, _)| seen.to_string() == note.to_string()) {
                Some((_, layers)) => layers.push(&layer.name),
                None => all.push((note, vec![&layer.name])),
            }
        }
    }
    let mut notes: Vec<String> = all
        .into_iter()
        .map(|(note, layers)| match layers.len() == found.layers.len() && layers.len() > 1 {
            true => format!("every layer: {note}"),
            false => format!("{}: {note}", some(&layers)),
        })
        .collect();
    if !found.skipped.is_empty() {
        let each = found.skipped.iter().map(|one| format!("{} ({})", one.name, one.dtype));
        notes.push(format!("not analysed: {}", some(&each.collect::<Vec<_>>())));
    }
    if !found.left.is_empty() {
        notes.push(format!("beside the model's weights, not looked at: {}", some(&found.left)));
    }
    notes
}

/// The names of a few things, and how many others there are.
fn some(names: &[impl AsRef<str>]) -> String {
    let named: Vec<&str> = names.iter().take(NAMED).map(AsRef::as_ref).collect();
    match names.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// Where pictures go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PicturePlace {
    /// One picture: a file whose name ends in `.svg` or `.png`.
    File(PathBuf),
    /// A picture a layer, as SVG and PNG.
    Folder(PathBuf),
}

impl PicturePlace {
    /// What a path means.
    ///
    /// # Errors
    /// [`ReportError::Ending`]: a file of another kind.
    pub fn of(path: &Path) -> Result<PicturePlace, ReportError> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            _ if path.is_dir() => Ok(PicturePlace::Folder(path.to_path_buf())),
            None => Ok(PicturePlace::Folder(path.to_path_buf())),
            Some("svg" | "png") => Ok(PicturePlace::File(path.to_path_buf())),
            Some(_) => Err(ReportError::Ending { path: path.to_path_buf() }),
        }
    }
}

/// Draws the layers of a model that have more than one dimension; a single picture shows
/// the first [`MOST_LAYERS`] of them. The files that were written.
///
/// # Errors
/// A file or folder that cannot be written.
pub fn write_inspection(
    place: &PicturePlace,
    found: &Inspection,
) -> Result<Vec<PathBuf>, ReportError> {
    let shown: Vec<&Layer> = found.layers.iter().filter(|layer| has_picture(layer)).collect();
    let draw = |shown: &[&Layer], of| layers(shown, of, WIDE).with_border(16.0);
    let folder = match place {
        PicturePlace::File(path) => {
            let first = &shown[..shown.len().min(MOST_LAYERS)];
            write_picture(path, "weights", &draw(first, shown.len()))?;
            return Ok(vec![path.clone()]);
        }
        PicturePlace::Folder(folder) => folder,
    };
    fs::create_dir_all(folder)
        .map_err(|source| ReportError::Write { path: folder.clone(), source })?;
    let mut written = Vec::new();
    for (i, layer) in shown.iter().enumerate() {
        let picture = draw(&[layer], 1);
        // File systems take names of up to 255 bytes.
        let name: String = slug(&layer.name).chars().take(200).collect();
        for ending in ["svg", "png"] {
            let file = folder.join(format!("{:03}-{name}.{ending}", i + 1));
            write_picture(&file, "weights", &picture)?;
            written.push(file);
        }
    }
    Ok(written)
}
