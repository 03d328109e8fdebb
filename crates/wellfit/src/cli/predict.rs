//! `wellfit predict RUN FILE`

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::json;
use wellfit::data::{SampleFile, Task, read_samples};
use wellfit::findings::csv_field;
use wellfit::{FileError, ModelError, Predictions, SavedModel};

use super::arguments::{PredictArguments, PredictFormat};
use super::meant::meant;
use super::{Failure, print};

/// Samples that are prepared, run and written together.
const CHUNK: usize = 1 << 14;

/// A run's model + a file of samples → a line for each.
pub fn predict(arguments: PredictArguments) -> Result<(), Failure> {
    let PredictArguments { run, file, format, out, probabilities, quiet } = arguments;
    let model = SavedModel::open(&meant(&run, quiet)?)?;
    let samples = read_samples(&file, &model.schema)?;
    let unknown = model.preparation.unknown_categories(&samples.set);
    if unknown > 0 && !quiet {
        let values = if unknown == 1 { "value is a category" } else { "values are categories" };
        print::note(&format!(
            "{unknown} {values} that training never saw: none of the column's features is 1"
        ));
    }
    let rows = Rows { format, probabilities, names: &model.schema.targets.names };
    let write = |out: &mut dyn Write| write(&model, &samples, &rows, &file, out);
    let Some(path) = out else {
        let mut out = BufWriter::new(io::stdout().lock());
        return match write(&mut out).and_then(|()| out.flush().map_err(Stop::Write)) {
            // A reader that has gone away (`| head`) is no failure.
            Err(Stop::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(Stop::Write(error)) => {
                Err(Failure::failed(format!("cannot write the predictions: {error}")))
            }
            Err(Stop::Failed(failure)) => Err(failure),
            Ok(()) => Ok(()),
        };
    };
    print::room_for(&path)?;
    let partial = partial(&path);
    let written = (|| {
        let mut out = BufWriter::new(File::create(&partial).map_err(Stop::Write)?);
        write(&mut out)?;
        let file = out.into_inner().map_err(|error| Stop::Write(error.into_error()))?;
        file.sync_all().and_then(|()| fs::rename(&partial, &path)).map_err(Stop::Write)
    })();
    written.map_err(|stop| {
        // The first error is the one to tell; the part may not even be there.
        let _ = fs::remove_file(&partial);
        match stop {
            Stop::Write(error) => FileError::on("write", &path)(error).into(),
            Stop::Failed(failure) => failure,
        }
    })?;
    if !quiet {
        print::note(&format!("{} predictions: {}", samples.set.len(), path.display()));
    }
    Ok(())
}

/// Where a file is written until it is whole.
fn partial(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.partial"))
}

/// Why writing stopped.
enum Stop {
    Write(io::Error),
    Failed(Failure),
}

/// Prepares all samples, then runs and writes them in parts.
fn write(
    model: &SavedModel,
    samples: &SampleFile,
    rows: &Rows,
    file: &Path,
    out: &mut dyn Write,
) -> Result<(), Stop> {
    let failed = |error: ModelError| Stop::Failed(error.into());
    let set = model.prepare(&samples.set).map_err(failed)?;
    let mut text = rows.header(set.task());
    for begin in (0..set.len()).step_by(CHUNK) {
        let end = set.len().min(begin + CHUNK);
        let chunk: Vec<u32> = (begin as u32..end as u32).collect();
        let chunk = set.take(&chunk).map_err(|error| failed(error.into()))?;
        let predictions = model.predict_prepared(&chunk).map_err(failed)?;
        for (at, row) in (begin..end).enumerate() {
            let name = samples.names.get(row).map(String::as_str);
            if !finite(&predictions, at) {
                let sample = name.map_or_else(|| (row + 1).to_string(), str::to_owned);
                return Err(Stop::Failed(Failure::failed(format!(
                    "{}: the prediction for sample {sample} is not finite: the network overflows \
                     on its values",
                    file.display()
                ))));
            }
            rows.row(row, name, &predictions, at, &mut text);
        }
        out.write_all(text.as_bytes()).map_err(Stop::Write)?;
        text.clear();
    }
    Ok(())
}

fn finite(predictions: &Predictions, at: usize) -> bool {
    let values = match predictions.task() {
        Task::Classification => predictions.probabilities(at),
        Task::Regression => predictions.numbers(at),
    };
    values.iter().all(|value| value.is_finite())
}

/// How a line is written.
struct Rows<'a> {
    format: PredictFormat,
    /// Whether the probability of every class is written, not only the predicted one's.
    probabilities: bool,
    /// Of the classes or targets.
    names: &'a [String],
}

impl Rows<'_> {
    /// The first line of a CSV file; JSON lines have none.
    fn header(&self, task: Task) -> String {
        let columns: Vec<String> = match (self.format, task) {
            (PredictFormat::Jsonl, _) => return String::new(),
            (_, Task::Regression) => self.names.to_vec(),
            (_, Task::Classification) if self.probabilities => {
                let each = self.names.iter().map(|name| format!("p_{name}"));
                std::iter::once("prediction".into()).chain(each).collect()
            }
            (_, Task::Classification) => vec!["prediction".into(), "probability".into()],
        };
        let columns = columns.iter().map(|column| format!(",{}", csv_field(column)));
        format!("row{}\n", columns.collect::<String>())
    }

    /// The line of the sample in this row (from 0), which may have a name.
    fn row(&self, row: usize, name: Option<&str>, of: &Predictions, at: usize, text: &mut String) {
        match self.format {
            PredictFormat::Csv => {
                match name {
                    Some(name) => text.push_str(&csv_field(name)),
                    None => text.push_str(&(row + 1).to_string()),
                }
                let values = match of.task() {
                    Task::Regression => of.numbers(at),
                    Task::Classification => {
                        let class = of.class(at);
                        text.push(',');
                        text.push_str(&csv_field(&self.names[class]));
                        let all = of.probabilities(at);
                        if self.probabilities { all } else { &all[class..=class] }
                    }
                };
                // The shortest digits that give the same float32.
                values.iter().for_each(|value| text.push_str(&format!(",{value:?}")));
            }
            PredictFormat::Jsonl => {
                let row = name.map_or_else(|| json!(row + 1), |name| json!(name));
                // By hand, so that classes stand in their own order.
                let by_name = |values: &[f32]| {
                    let each = self.names.iter().zip(values);
                    let each = each.map(|(name, value)| format!("{}:{value:?}", json!(name)));
                    format!("{{{}}}", each.collect::<Vec<_>>().join(","))
                };
                let rest = match of.task() {
                    Task::Regression => by_name(of.numbers(at)),
                    Task::Classification => {
                        let (class, all) = (of.class(at), of.probabilities(at));
                        let probability = match self.probabilities {
                            true => format!("\"probabilities\":{}", by_name(all)),
                            false => format!("\"probability\":{:?}", all[class]),
                        };
                        format!("{},{probability}", json!(self.names[class]))
                    }
                };
                text.push_str(&format!("{{\"row\":{row},\"prediction\":{rest}}}"));
            }
        }
        text.push('\n');
    }
}
