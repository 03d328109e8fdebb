//! `wellfit train FILE`

use std::io::IsTerminal;
use std::path::Path;

use wellfit::data::{Places, Splits, read_source_watched};
use wellfit::proposal::Want;
use wellfit::record::{EpochRow, Event, Record, RunState, ScoreKind};
use wellfit::report::{Progress, train_summary};
use wellfit::verdict::{Facts, Show, Target, json_value, judge_record, told};
use wellfit::{Decision, Observer, Plan, Start, TrainOptions, Verdict, train_in, write_record};

use super::arguments::TrainArguments;
use super::reading::Reading;
use super::{Failure, Interrupt, check, plan, print};

/// What a record calls the run that it is of, wherever its folder goes.
pub const HERE: &str = ".";

/// Plan → data → record.
pub fn train(arguments: TrainArguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let TrainArguments { file, run: options } = arguments;
    let document = plan::read(&file, &options, Want::Plan)?;
    let plan = Plan::read(&document, document.folder())?;
    let name = plan::name(&file);
    let folder = options.out.clone().unwrap_or_else(|| plan::default_folder(&name));
    let places = Places::from_env(options.places.data_dir.clone());
    let reading = Reading::new(options.quiet);
    let show = |progress| reading.show(&plan.data.source, progress);
    let source = read_source_watched(&plan.data, &places, &show);
    reading.end();
    let source = source?;
    let raw = source.split(&plan.data)?;
    let checked = check::before(&plan.data, &raw);
    if let Some(refusal) = check::refusal(&checked).filter(|_| options.strict) {
        return Err(Failure::input(refusal));
    }
    drop(source);
    let splits = raw.prepare(&plan.data)?;

    let mut live = Live::new(&name, options.quiet);
    live.progress.log(&found(&plan, &splits));
    for line in check::told(&checked, Some(&file), &options) {
        live.progress.log(&line);
    }
    live.progress.started(&name, plan.train.epochs);
    let trained = train_in(
        &folder,
        &plan,
        &splits,
        TrainOptions {
            threads: &|| options.threads(),
            stop: interrupt.flag(),
            observer: Some(&mut live),
            open_test: true,
            ..TrainOptions::default()
        },
    );
    live.progress.end();
    let (record, start) = trained.map_err(|error| plan::locate(error, &document))?;
    if record.state == RunState::Interrupted {
        return Err(stopped(&record, &plan));
    }
    if start == Start::AlreadyDone && !options.quiet {
        print::note("this run was done already; nothing was trained");
    }
    let verdict = judge_record(HERE, &record, Facts::of(&plan));
    let record = keep(record, &folder, &verdict, start)?;
    if options.json {
        print::result(&summary_json(&record, &folder)?)?;
    } else {
        print::result(&summary(&record, &verdict))?;
        print::result(&format!("files: {}\n", folder.display()))?;
    }
    match record.state {
        RunState::Diverged { epoch, .. } => Err(Failure::failed(format!(
            "the run diverged in epoch {epoch}: its loss is not finite"
        ))
        .hint("a smaller learning rate, or data that are scaled, may help")),
        _ => Ok(()),
    }
}

/// A run's figures, what it is judged to be, and what was found inside the network.
pub fn summary(record: &Record, verdict: &Verdict) -> String {
    let inside = verdict.findings.iter().filter(|finding| finding.sight.is_some());
    let lines = inside.flat_map(|finding| told(verdict, finding, Show::default()));
    let lines: String = lines.map(|line| line + "\n").collect();
    format!("{}{}\n{lines}", train_summary(record, print::colour()), verdict.headline)
}

/// The record with the verdict in it, on disk too. A run that was done before may lie where
/// nobody can write.
fn keep(
    mut record: Record,
    folder: &Path,
    verdict: &Verdict,
    start: Start,
) -> Result<Record, Failure> {
    let done = start == Start::AlreadyDone;
    if done && record.diagnosis.is_some() {
        return Ok(record);
    }
    record.diagnosis = Some(json_value(verdict, Target::Wellfit));
    match write_record(folder, &record) {
        Err(error) if !done => Err(error.into()),
        _ => Ok(record),
    }
}

/// Where the data were found, and how many there are.
fn found(plan: &Plan, splits: &Splits) -> String {
    let len = |part: &Option<wellfit::data::Dataset>| part.as_ref().map_or(0, |part| part.len());
    format!(
        "data: {} ({}), {} training, {} validation, {} test samples",
        plan.data.source,
        splits.origin,
        splits.train.len(),
        len(&splits.validation),
        len(&splits.test)
    )
}

fn stopped(record: &Record, plan: &Plan) -> Failure {
    let (done, all) = (record.epochs.len(), plan.train.epochs);
    Failure::interrupted(format!(
        "interrupted: {done} of {all} epochs are done and saved. To go on:\n  {}",
        Interrupt::again()
    ))
}

/// The record without what only programs that read `record.json` want.
pub fn summary_json(record: &Record, folder: &Path) -> Result<String, Failure> {
    let text = |error: serde_json::Error| Failure::failed(error.to_string());
    let mut value = serde_json::to_value(record).map_err(text)?;
    if let Some(object) = value.as_object_mut() {
        for key in ["best_samples", "last_samples", "weights", "watch"] {
            object.remove(key);
        }
        object.insert("folder".into(), folder.to_string_lossy().into());
    }
    Ok(serde_json::to_string_pretty(&value).map_err(text)? + "\n")
}

/// Shows a run while it goes on: a bar on a terminal, a line an epoch elsewhere.
struct Live<'a> {
    name: &'a str,
    progress: Progress,
    lines: bool,
}

impl<'a> Live<'a> {
    fn new(name: &'a str, quiet: bool) -> Live<'a> {
        let progress = if quiet { Progress::quiet() } else { Progress::new(1) };
        Live { name, progress, lines: !std::io::stderr().is_terminal() }
    }
}

impl Observer for Live<'_> {
    fn epoch(&mut self, row: &EpochRow) -> Decision {
        self.progress.epoch(self.name, row);
        if self.lines {
            self.progress.log(&line(row));
        }
        Decision::Continue
    }

    fn event(&mut self, event: &Event) {
        self.progress.log(&event.to_string());
    }
}

/// An epoch in a line.
fn line(row: &EpochRow) -> String {
    let score = |value: f64| match row.score {
        ScoreKind::Accuracy => format!("{:.2} %", 100.0 * value),
        ScoreKind::R2 => format!("R² {value:.4}"),
    };
    let (loss, train) = (row.train_eval_loss, score(row.train_score));
    let mut line = format!("epoch {:>3}  train {loss:.4} {train}", row.epoch);
    if let (Some(loss), Some(val)) = (row.val_loss, row.val_score) {
        line.push_str(&format!("  val {loss:.4} {}", score(val)));
    }
    format!("{line}  {:.2} s", row.seconds)
}
