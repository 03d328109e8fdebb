//! `wellfit data check FILE|PLAN`, and the quick check before training.

use std::fs;
use std::path::Path;

use wellfit::check::{Checked, Effort, Finding, Level, brief, check as look, text};
use wellfit::data::{DataRequest, Places, RawSplits, read_source};
use wellfit::plan::{Document, quoted};
use wellfit::{FileError, Plan, write_file};

use super::arguments::{CheckArguments, RunArguments};
use super::plan::change_target;
use super::proposed::is_data;
use super::{Failure, print};

/// The file in a study's folder that keeps what the check before it found.
const FILE: &str = "data_check.json";

/// Data → findings, and whether they pass the gate.
pub fn check(arguments: CheckArguments) -> Result<(), Failure> {
    let request = request(&arguments)?;
    let source = read_source(&request, &Places::from_env(arguments.places.data_dir.clone()))?;
    let checked = look(&source.split(&request)?, &request, Effort::Full);
    print::result(&match arguments.json {
        true => json(&checked)?,
        false => text(&checked, print::WIDTH),
    })?;
    pass(&checked, arguments.fail_on)
}

/// A plan's `[data]`, or that of a data file with everything else at its default; then the
/// options' changes.
fn request(arguments: &CheckArguments) -> Result<DataRequest, Failure> {
    let CheckArguments { data, target, set, .. } = arguments;
    let mut document = match is_data(data) {
        false => Document::read(data)?,
        // The network is not looked at; a plan needs one.
        true => {
            let source = quoted(&data.to_string_lossy());
            let layers = "layers = [{ type = \"linear\", out = 1 }]";
            let text = format!("[data]\nsource = {source}\n\n[model]\n{layers}\n");
            Document::parse(&data.display().to_string(), &text)?
        }
    };
    change_target(&mut document, target)?;
    for assignment in set {
        document.set(assignment)?;
    }
    Ok(Plan::read(&document, document.folder())?.data)
}

fn json(checked: &Checked) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(checked);
    Ok(text.map_err(|error| Failure::failed(error.to_string()))? + "\n")
}

/// Whether nothing is as grave as the gate says.
fn pass(checked: &Checked, gate: Option<Level>) -> Result<(), Failure> {
    let grave = |finding: &&Finding| gate.is_some_and(|gate| finding.level >= gate);
    let found: Vec<String> = checked
        .findings
        .iter()
        .filter(grave)
        .map(|finding| format!("\n  {}: {}", finding.level.name(), finding.kind.name()))
        .collect();
    match found.len() {
        0 => Ok(()),
        1 => Err(Failure::gate(format!("stopped by --fail-on: 1 finding:{}", found.concat()))),
        n => Err(Failure::gate(format!("stopped by --fail-on: {n} findings:{}", found.concat()))),
    }
}

/// The quick check before training.
pub fn before(request: &DataRequest, raw: &RawSplits) -> Checked {
    look(raw, request, Effort::Quick)
}

/// What is told of it before training, in at most five lines.
pub fn told(checked: &Checked, file: Option<&Path>, run: &RunArguments) -> Vec<String> {
    let data = file.map_or_else(|| checked.source.clone(), |file| file.display().to_string());
    let sets = run.set.iter().filter(|set| set.trim_start().starts_with("data."));
    let sets: String = sets.map(|set| format!(" --set '{set}'")).collect();
    let targets = run.target.iter().map(|target| format!(" --target '{target}'"));
    let targets: String = targets.collect();
    brief(checked, &format!("wellfit data check {data}{targets}{sets}"))
}

/// Why nothing is trained under `--strict`; `None` without an error among the findings.
pub fn refusal(checked: &Checked) -> Option<String> {
    let mut errors = checked.findings.iter().filter(|finding| finding.level == Level::Error);
    let first = errors.next()?;
    let Finding { kind, evidence, advice, .. } = first;
    Some(format!("--strict: the data have an error: {}\n  {evidence}\n  {advice}", kind.title()))
}

/// Keeps what was found beside a study's results.
pub fn keep(folder: &Path, checked: &Checked) -> Result<(), Failure> {
    Ok(write_file(&folder.join(FILE), json(checked)?.as_bytes())?)
}

/// What was found before the study in this folder; `None` where nobody looked, or an older
/// or newer version wrote it.
pub fn kept(folder: &Path) -> Result<Option<Checked>, Failure> {
    let path = folder.join(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = fs::read(&path).map_err(FileError::on("read", &path))?;
    match serde_json::from_slice::<Checked>(&bytes) {
        Ok(checked) if checked.schema <= wellfit::check::SCHEMA => Ok(Some(checked)),
        Ok(newer) => Err(Failure::input(format!(
            "{}: schema {} is of a newer wellfit",
            path.display(),
            newer.schema
        ))),
        Err(error) => Err(Failure::input(format!("{}: {error}", path.display()))
            .hint("the study goes on without it: remove the file")),
    }
}
