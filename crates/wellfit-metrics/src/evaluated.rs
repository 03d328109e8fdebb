//! A model and a set become everything that `wellfit evaluate` says.

use serde_json::{Map, Value, json};
use wellfit_stats::{Estimate, Interval};

use crate::{ClassReport, Classified, NumberReport, Predicted};

/// The version of `evaluation.json` that this program writes.
pub const EVALUATION_SCHEMA: u32 = 1;

/// What a model gives on a set.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The model's folder.
    pub model: String,
    /// Where the samples came from.
    pub data: String,
    /// Which of them: `validation set`, `file`.
    pub set: String,
    /// The mean loss of single samples.
    pub loss: LossFigure,
    /// All scores.
    pub report: Report,
    /// What the listed samples ([`ClassReport::mistakes`], [`NumberReport::worst`]) are
    /// called, in their order: the rows that they are read from, or files' names.
    pub rows: Vec<String>,
    /// What a reader must know, in sentences.
    pub notes: Vec<String>,
}

/// A mean loss with its 95 % interval.
#[derive(Clone, Debug, PartialEq)]
pub struct LossFigure {
    /// `cross-entropy`, `mse`, `huber`.
    pub name: String,
    /// The mean.
    pub value: f64,
    /// Student's, over the samples.
    pub interval: Option<Interval>,
}

impl LossFigure {
    /// Of the losses of single samples.
    pub fn of(name: &str, losses: &[f32]) -> LossFigure {
        let values: Vec<f64> = losses.iter().map(|&loss| f64::from(loss)).collect();
        let value = values.iter().sum::<f64>() / values.len() as f64;
        let Estimate { low, high, .. } = Estimate::of(values);
        let interval = (low.is_finite() && high.is_finite()).then_some(Interval { low, high });
        LossFigure { name: name.to_owned(), value, interval }
    }
}

/// Everything of a set, whatever its samples have.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// Classes.
    Classes(ClassReport),
    /// Numbers.
    Numbers(NumberReport),
}

impl Report {
    /// Of classified samples and their classes' names.
    pub fn of_classes(set: &Classified, names: &[String]) -> Report {
        Report::Classes(ClassReport::of(set, names))
    }

    /// Of predicted numbers and their targets' names.
    pub fn of_numbers(set: &Predicted, names: &[String]) -> Report {
        Report::Numbers(NumberReport::of(set, names))
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        match self {
            Report::Classes(report) => report.samples,
            Report::Numbers(report) => report.samples,
        }
    }

    /// The samples that are listed, from 0.
    pub fn listed(&self) -> Vec<usize> {
        match self {
            Report::Classes(report) => report.mistakes.iter().map(|of| of.sample).collect(),
            Report::Numbers(report) => report.worst.iter().map(|of| of.sample).collect(),
        }
    }
}

impl Evaluated {
    /// The content of `evaluation.json`.
    pub fn json(&self) -> Value {
        let mut all: Map<String, Value> = Map::new();
        all.insert("schema".into(), EVALUATION_SCHEMA.into());
        all.insert("model".into(), self.model.clone().into());
        all.insert("data".into(), self.data.clone().into());
        all.insert("set".into(), self.set.clone().into());
        let LossFigure { name, value, interval } = &self.loss;
        let (low, high) = (interval.map(|i| i.low), interval.map(|i| i.high));
        all.insert(
            "loss".into(),
            json!({ "name": name, "value": value, "low": low, "high": high }),
        );
        let (mut report, list) = match &self.report {
            Report::Classes(report) => (report.json(), "mistakes"),
            Report::Numbers(report) => (report.json(), "worst"),
        };
        if let Some(listed) = report[list].as_array_mut() {
            for (one, row) in listed.iter_mut().zip(&self.rows) {
                one["row"] = row.clone().into();
            }
        }
        if let Value::Object(report) = report {
            all.extend(report);
        }
        all.insert("notes".into(), json!(self.notes));
        Value::Object(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_holds_rows_and_the_loss_with_its_interval() {
        let names = ["a", "b"].map(String::from);
        let set = Classified::new(vec![0, 1], vec![0.25, 0.75, 0.5, 0.5], 2).unwrap();
        let evaluated = Evaluated {
            model: "run".into(),
            data: "file.csv".into(),
            set: "file".into(),
            loss: LossFigure::of("cross-entropy", &[1.0, 2.0]),
            report: Report::of_classes(&set, &names),
            rows: vec!["7".into(), "9".into()],
            notes: vec!["careful".into()],
        };
        let json = evaluated.json();
        assert_eq!((&json["schema"], &json["loss"]["value"]), (&json!(1), &json!(1.5)));
        assert!(json["loss"]["low"].as_f64().unwrap() < 1.5);
        assert_eq!(json["mistakes"][0]["row"], "7");
        assert_eq!((json["samples"].clone(), evaluated.report.listed()), (json!(2), vec![0, 1]));
        assert_eq!(json["notes"][0], "careful");
        assert_eq!(LossFigure::of("mse", &[1.0]).interval, None);
    }
}
