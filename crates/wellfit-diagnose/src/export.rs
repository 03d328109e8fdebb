//! `results.json` and `results.csv`: the study for other programs.

use serde_json::{Map, Value, json};
use wellfit_stats::Estimate;
use wellfit_study::{Cell, Folds, Racing, StudyRecords};
use wellfit_train::plan::{Extra, Metric};
use wellfit_train::record::{EpochRow, Record, ScoreKind};

use crate::{Against, ArmFindings, Axis, StrengthFamily, StudyFindings, Summary, TestFigures};

/// The version of `results.json` that this program writes.
pub const RESULTS_SCHEMA: u32 = 1;

/// The content of `results.json`. A figure that is not known is `null`. Metrics are
/// those of the last epoch unless named best; `primary` is the score that arms are
/// judged by.
pub fn results_json(records: &StudyRecords, findings: &StudyFindings) -> String {
    let study = &records.study;
    let spared = spared(records);
    let arms: Vec<Value> = study
        .arms
        .iter()
        .zip(&findings.arms)
        .enumerate()
        .map(|(index, (arm, found))| {
            json!({
                "name": arm.name,
                "remedies": arm.remedies,
                "strength": arm.strength.as_ref().map(|strength| json!({
                    "family": strength.family,
                    "value": strength.value,
                    "spacing": strength.spacing.name(),
                })),
                "trials": trials(records, found, index, &spared),
                "summary": summary(&found.summary, records.data.score()),
                "against_baseline": found.against_baseline.as_ref().map(against),
                "tests": found.against_baseline.as_ref().map(tests),
                "judgement": found.judgement,
                "sentence": found.sentence,
                "left_race": found.left_race,
                "identical": found.identical,
            })
        })
        .collect();
    let answer = &findings.answer;
    let results = json!({
        "schema": RESULTS_SCHEMA,
        "study": study.name,
        "primary": study.primary.name(),
        "judge_at": study.judge_at.name(),
        "folds": study.folds.map(|Folds { of, repeats }| json!({ "of": of, "repeats": repeats })),
        "margin": findings.margin,
        "headline": answer.headline,
        "overfitting": {
            "verdict": findings.overfitting.verdict,
            "sentence": findings.overfitting.sentence,
            "rise": figure("mean", &findings.overfitting.rise),
        },
        "verdict": findings.verdict,
        "arms": arms,
        "strengths": findings.strengths.iter().map(|of| strengths(records, of)).collect::<Vec<_>>(),
        "race": findings.race.as_ref().map(|race| json!({
            "looks": race.looks,
            "over": race.over,
            "winner": race.winner.and_then(|arm| study.arms.get(arm)).map(|arm| &arm.name),
            "trials": race.trials,
            "of": race.of,
            "sentence": race.sentence,
        })),
        "inside": findings.inside,
        "why_undecided": findings.why_undecided,
        "why_primary": findings.why_primary,
        "claims": findings.claims,
        "caveats": findings.caveats,
        "recommendation": {
            "arm": answer.arm.and_then(|arm| findings.arms.get(arm)).map(|arm| &arm.name),
            "decided": answer.decided,
            "leaning": answer.leaning.as_ref().map(|leaning| json!({
                "arm": findings.arms.get(leaning.arm).map(|arm| &arm.name),
                "gain": figure("mean", &leaning.gain),
                "corrected_p": leaning.corrected_p,
            })),
            "recipe": answer.recipe,
            "details": answer.details,
            "final_figure": answer.final_figure,
            "test": answer.test.as_ref().map(|test| test_figures(records, test)),
            "luck": answer.luck,
            "model": answer.model,
        },
    });
    format!("{results:#}\n")
}

/// What the test set said of the arm that it was opened for.
fn test_figures(records: &StudyRecords, of: &TestFigures) -> Value {
    let score = of.score_kind.columns()[1].trim_start_matches("val_");
    let judged = records.study.primary.extra().map(|extra| extra.columns()[1]);
    let judged = judged.map(|column| column.trim_start_matches("val_"));
    let both = |loss: Option<&Estimate>, value: Option<&Estimate>, primary: Option<&Estimate>| {
        let figure = |of: Option<&Estimate>| of.map(|of| Value::Object(figure("mean", of)));
        let mut all = json!({ "loss": figure(loss), score: figure(value) });
        if let (Some(judged), Some(object)) = (judged, all.as_object_mut()) {
            object.insert(judged.to_owned(), json!(figure(primary)));
        }
        all
    };
    json!({
        "arm": records.study.arms.get(of.arm).map(|arm| &arm.name),
        "opened": of.opened,
        "samples": of.samples,
        "figures": both(Some(&of.loss), Some(&of.score), of.primary.as_ref()),
        "against_baseline": both(
            of.loss_difference.as_ref(),
            of.score_difference.as_ref(),
            of.primary_difference.as_ref(),
        ),
        "joined_later": of.joined,
    })
}

/// The trial whose model is handed over and the content of `recommended/about.json`, which
/// says that `onnx`, if any, is the same model for other programs; `None` when nothing is
/// recommended.
pub fn model_json(
    records: &StudyRecords,
    findings: &StudyFindings,
    onnx: Option<&str>,
) -> Option<(String, String)> {
    let model = findings.answer.model.as_ref()?;
    let arm = findings.answer.arm.and_then(|arm| records.study.arms.get(arm))?;
    let mut about = json!({
        "schema": RESULTS_SCHEMA,
        "study": records.study.name,
        "arm": arm.name,
        "trial": model.trial,
        "seed": model.seed,
        "fold": model.fold,
        "val_loss": model.val_loss,
        "sentence": model.sentence,
    });
    if let Some(onnx) = onnx {
        about["onnx"] = json!(onnx);
    }
    Some((model.trial.clone(), format!("{about:#}\n")))
}

/// A family's validation curve.
fn strengths(records: &StudyRecords, of: &StrengthFamily) -> Value {
    let name = |at: usize| records.study.arms.get(of.points.get(at)?.arm).map(|arm| &arm.name);
    let strengths = records.study.arms.iter().filter_map(|arm| arm.strength.as_ref());
    let mut own = strengths.filter(|strength| strength.family == of.family);
    let spacing = own.next().map(|strength| strength.spacing);
    let both = |[training, validation]: [&Estimate; 2]| {
        let figures = [(of.metrics[0], training), (of.metrics[1], validation)];
        figures
            .map(|(metric, estimate)| (metric.to_owned(), Value::Object(figure("mean", estimate))))
    };
    let points: Vec<Value> = (0..of.points.len())
        .map(|at| {
            let point = &of.points[at];
            let mut row: Map<String, Value> =
                both([&point.training, &point.validation]).into_iter().collect();
            row.insert("arm".to_owned(), json!(name(at)));
            row.insert("strength".to_owned(), json!(point.strength));
            if of.axis != Axis::Strength {
                row.insert(axis(of.axis).to_owned(), json!(point.place));
            }
            row.insert("difference".to_owned(), Value::Object(figure("mean", &point.difference)));
            row.insert("helps".to_owned(), json!(point.helps));
            Value::Object(row)
        })
        .collect();
    json!({
        "family": of.family,
        "spacing": spacing.map(|spacing| spacing.name()),
        "baseline": Value::Object(both([&of.baseline[0], &of.baseline[1]]).into_iter().collect()),
        "points": points,
        "best": of.best.and_then(name),
        "recommended": of.recommended.and_then(name),
        "open_ended": of.open_ended,
        "axis": axis(of.axis),
        "learning_curve": of.learning,
        "sentence": of.sentence,
    })
}

/// What a point's place along an axis is called.
fn axis(of: Axis) -> &'static str {
    match of {
        Axis::Strength => "strength",
        Axis::Samples => "samples",
        Axis::Parameters => "parameters",
    }
}

fn trials(
    records: &StudyRecords,
    found: &ArmFindings,
    arm: usize,
    spared: &impl Fn(usize, usize) -> bool,
) -> Vec<Value> {
    let cells = records.study.cells().into_iter().enumerate();
    cells
        .map(|(i, Cell { seed, fold })| {
            let record = record(records, arm, i);
            json!({
                "seed": seed,
                "fold": fold,
                "state": state(record, spared(arm, i)),
                "epochs": record.map(|record| record.epochs.len()),
                "best_epoch": record.and_then(|record| record.best_epoch),
                "verdict": found.verdicts.get(i),
            })
        })
        .collect()
}

fn record(records: &StudyRecords, arm: usize, cell: usize) -> Option<&Record> {
    records.records.get(arm)?.get(cell)?.as_ref()
}

fn state(record: Option<&Record>, spared: bool) -> &'static str {
    let absent = if spared { "spared" } else { "missing" };
    record.map_or(absent, |record| record.state.name())
}

/// Whether a race does without the trial of an arm and a seed, if it is not there.
fn spared(records: &StudyRecords) -> impl Fn(usize, usize) -> bool {
    let racing = Racing::of(&records.study, records.data.score(), &records.records);
    move |arm, seed| racing.as_ref().is_some_and(|racing| !racing.needs(arm, seed))
}

/// An estimate under the name of its mean.
fn figure(mean: &str, estimate: &Estimate) -> Map<String, Value> {
    let Estimate { mean: value, low, high, n, .. } = estimate;
    [(mean, json!(value)), ("low", json!(low)), ("high", json!(high)), ("n", json!(n))]
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect()
}

fn summary(of: &Summary, score: ScoreKind) -> Value {
    let ([train, val], best_val) = (score.columns(), best_val(score));
    let mut all: Map<String, Value> = [
        ("primary", &of.primary),
        ("best_val_loss", &of.best_val_loss),
        (best_val, &of.best_val_score),
        ("best_gap", &of.best_gap),
        ("val_loss", &of.last_val_loss),
        (val, &of.last_val_score),
        (train, &of.last_train_score),
        ("gap", &of.last_gap),
    ]
    .into_iter()
    .map(|(metric, estimate)| (metric.to_owned(), Value::Object(figure("mean", estimate))))
    .collect();
    for score in &of.extras {
        let val = Metric::Val(score.extra).name();
        all.insert(format!("best_{val}"), Value::Object(figure("mean", &score.best)));
        all.insert(val.to_owned(), Value::Object(figure("mean", &score.last)));
    }
    all.insert("seconds_per_epoch".to_owned(), json!(of.seconds_per_epoch));
    all.insert("lost".to_owned(), json!(of.lost));
    all.insert("missing".to_owned(), json!(of.missing));
    Value::Object(all)
}

fn against(of: &Against) -> Value {
    let ([_, val], best_val) = (of.score.columns(), best_val(of.score));
    let metrics = [
        ("primary", Some(&of.primary)),
        ("primary_with_data", of.primary_with_data.as_ref()),
        ("best_val_loss", Some(&of.best_val_loss)),
        (best_val, Some(&of.best_val_score)),
        ("best_gap", Some(&of.best_gap)),
        ("val_loss", Some(&of.last_val_loss)),
        (val, Some(&of.last_val_score)),
        ("gap", Some(&of.last_gap)),
    ];
    let differences = metrics.into_iter().filter_map(|(metric, estimate)| {
        let estimate = estimate?;
        let mut figure = figure("difference", estimate);
        figure.insert("p".to_owned(), json!(estimate.p));
        Some((metric.to_owned(), Value::Object(figure)))
    });
    Value::Object(differences.collect())
}

/// What the judgement goes by, and what checks it.
fn tests(of: &Against) -> Value {
    json!({
        "corrected_p": of.corrected_p,
        "corrected_p_within": of.corrected_p_within,
        "bootstrap": of.bootstrap,
        "sign_flip_p": of.sign_flip_p,
    })
}

/// The validation score at the kept epoch, as a column.
fn best_val(score: ScoreKind) -> &'static str {
    match score {
        ScoreKind::Accuracy => "best_val_accuracy",
        ScoreKind::R2 => "best_val_r2",
    }
}

/// The columns of `results.csv`.
fn columns(score: ScoreKind) -> [&'static str; 14] {
    let ([train, val], best_val) = (score.columns(), best_val(score));
    [
        "arm",
        "seed",
        "fold",
        "state",
        "epochs",
        "best_epoch",
        "train_eval_loss",
        train,
        "val_loss",
        val,
        "best_val_loss",
        best_val,
        "gap",
        "seconds",
    ]
}

/// The content of `results.csv`: a row a trial, in the order of arms, seeds and folds, also
/// for trials that have not been run (state `missing`, or `spared` in a race). Figures are those of the last
/// epoch unless named best (the kept one); `seconds` is the whole trial's. Numbers
/// are the shortest that read back to the same f64; what was not measured is empty. In
/// regression R² stands in the accuracies' places. The scores of `train.metrics` come
/// last, on the validation set at the last and at the kept epoch.
pub fn results_csv(records: &StudyRecords) -> String {
    let extras = extras(records);
    let mut text = columns(records.data.score()).join(",");
    for val in extras.iter().map(|extra| Metric::Val(*extra).name()) {
        text.push_str(&format!(",{val},best_{val}"));
    }
    text.push('\n');
    let spared = spared(records);
    for (index, arm) in records.study.arms.iter().enumerate() {
        for (i, cell) in records.study.cells().into_iter().enumerate() {
            let record = record(records, index, i);
            let row = row(&arm.name, cell, record, spared(index, i));
            text.push_str(&row.join(","));
            let last = record.and_then(|record| record.epochs.last());
            for row in extras.iter().flat_map(|&extra| {
                [last, record.and_then(Record::best)].map(|row| row?.metric(Metric::Val(extra)))
            }) {
                text.push(',');
                text.push_str(&number(row));
            }
            text.push('\n');
        }
    }
    text
}

/// The scores that any arm measures besides those of every run, in the arms' order.
fn extras(records: &StudyRecords) -> Vec<Extra> {
    let mut all: Vec<Extra> = Vec::new();
    for extra in records.study.arms.iter().flat_map(|arm| &arm.plan.train.metrics) {
        if !extra.is_standard() && !all.contains(extra) {
            all.push(*extra);
        }
    }
    all
}

fn row(
    arm: &str,
    Cell { seed, fold }: Cell,
    record: Option<&Record>,
    spared: bool,
) -> [String; 14] {
    let last = record.and_then(|record| record.epochs.last());
    let kept = record.and_then(Record::best);
    let whole = |n: Option<usize>| n.map_or(String::new(), |n| n.to_string());
    let seconds = record.map(|record| record.epochs.iter().map(|row| row.seconds).sum());
    [
        field(arm),
        seed.to_string(),
        whole(fold),
        state(record, spared).to_owned(),
        whole(record.map(|record| record.epochs.len())),
        whole(record.and_then(|record| record.best_epoch)),
        number(last.map(|row| row.train_eval_loss)),
        number(last.map(|row| row.train_score)),
        number(last.and_then(|row| row.val_loss)),
        number(last.and_then(|row| row.val_score)),
        number(kept.and_then(|row| row.val_loss)),
        number(kept.and_then(|row| row.val_score)),
        number(last.and_then(EpochRow::gap)),
        number(seconds),
    ]
}

/// The shortest text that reads back to the same number; `nan`, `inf`, `-inf`.
fn number(value: Option<f64>) -> String {
    match value {
        None => String::new(),
        Some(value) if value.is_nan() => "nan".to_owned(),
        Some(value) => value.to_string(),
    }
}

/// Text as a field of CSV (RFC 4180): quoted where it must be.
pub fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn fields_are_quoted_only_where_they_must_be() {
        for (field, text) in
            [("T-shirt/top", "T-shirt/top"), ("a, b", "\"a, b\""), ("6\" nail", "\"6\"\" nail\"")]
        {
            assert_eq!(super::field(field), text);
        }
    }
}
