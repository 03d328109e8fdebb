//! All that can be said of a set at once.

use serde_json::{Map, Value, json};
use wellfit_stats::{Interval, resample, wilson};

use crate::weights::Weights;
use crate::{
    Calibration, ClassScores, Classified, Confusion, Extra, Predicted, Ranking, Undefined,
};

/// Resamples of a bootstrap, at most; fewer where there are very many samples.
pub const RESAMPLES: usize = 1000;
/// Never fewer.
const LEAST_RESAMPLES: usize = 100;
/// Samples times columns times resamples, about.
const WORK: usize = 500_000_000;
/// How many mistakes are listed.
const LISTED: usize = 10;
/// Points of a picture, at most.
const POINTS: usize = 2000;
/// The same set gives the same intervals.
const SEED: u64 = 0;

/// A score with its 95 % interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Which.
    pub extra: Extra,
    /// The score, or why there is none.
    pub value: Result<f64, Undefined>,
    /// Wilson's for accuracy, else by the bootstrap over samples; of the largest error
    /// there is none.
    pub interval: Option<Interval>,
}

/// Everything of classified samples.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassReport {
    /// The classes' names.
    pub classes: Vec<String>,
    /// Number of samples.
    pub samples: usize,
    /// Scores.
    pub figures: Vec<Figure>,
    /// Who is taken for whom.
    pub confusion: Confusion,
    /// Scores of each class.
    pub per_class: Vec<ClassScores>,
    /// ROC AUC of each class against the rest; NaN where it is not defined.
    pub aucs: Vec<f64>,
    /// The reliability curve.
    pub calibration: Calibration,
    /// The mistakes that were surest, the surest first.
    pub mistakes: Vec<Mistake>,
}

/// A sample that is taken for another class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mistake {
    /// Which of the set's samples, from 0.
    pub sample: usize,
    /// Its class.
    pub class: usize,
    /// What it is taken for.
    pub predicted: usize,
    /// The probability of that.
    pub probability: f64,
    /// The probability of its class.
    pub of_class: f64,
}

/// Everything of predicted numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberReport {
    /// Number of samples.
    pub samples: usize,
    /// Scores, averaged over targets.
    pub figures: Vec<Figure>,
    /// By target.
    pub targets: Vec<TargetScores>,
    /// The samples with the largest errors, in shares of their target's RMSE; the worst
    /// first.
    pub worst: Vec<Residual>,
}

/// Scores of one target.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetScores {
    /// Its name.
    pub name: String,
    /// RMSE.
    pub rmse: f64,
    /// MAE.
    pub mae: f64,
    /// R²; NaN where the target is the same for all.
    pub r2: f64,
    /// Mean of ŷ − y.
    pub bias: f64,
    /// 5, 25, 50, 75 and 95 % of the residuals ŷ − y lie below these.
    pub quantiles: [f64; 5],
    /// Targets and what was predicted, for a picture: of all samples, or of 2,000 that
    /// are evenly spread over the set.
    pub points: Vec<(f64, f64)>,
}

/// A prediction that is far off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residual {
    /// Which of the set's samples, from 0.
    pub sample: usize,
    /// Which target, from 0.
    pub target: usize,
    /// What it is.
    pub truth: f64,
    /// What was predicted.
    pub predicted: f64,
}

/// How many resamples a set gets.
fn resamples(samples: usize, columns: usize) -> usize {
    (WORK / samples.saturating_mul(columns).max(1)).clamp(LEAST_RESAMPLES, RESAMPLES)
}

impl ClassReport {
    /// Of a set; `classes` are the classes' names, in order.
    ///
    /// # Panics
    /// If there are fewer names than classes.
    pub fn of(set: &Classified, classes: &[String]) -> ClassReport {
        let extras: Vec<Extra> = [
            Extra::Accuracy,
            Extra::BalancedAccuracy,
            Extra::F1Macro,
            Extra::Auc,
            Extra::AveragePrecision,
        ]
        .into_iter()
        .chain((set.classes() > 5).then_some(Extra::Top(5)))
        .chain([Extra::LogLoss, Extra::Brier, Extra::Ece])
        .collect();
        let ranking = Ranking::of(set);
        let scores = |weights: Weights<'_>| Extra::weighted(&extras, set, Some(&ranking), weights);
        let confusion = Confusion::of(set);
        let values = scores(Weights::Once);
        let drawn = |counts: &[u32]| plain(&scores(Weights::Drawn(counts)));
        let n = resamples(set.len(), set.classes());
        let mut intervals = resample(set.len(), &plain(&values), n, SEED, drawn);
        intervals[0] = wilson(confusion.hits(), confusion.samples());
        let figure = |((extra, value), interval): ((&Extra, _), _)| Figure {
            extra: *extra,
            value,
            interval,
        };
        let each = || 0..set.classes();
        ClassReport {
            classes: each().map(|class| classes[class].clone()).collect(),
            samples: set.len(),
            figures: extras.iter().zip(values).zip(intervals).map(figure).collect(),
            per_class: each().map(|class| confusion.scores(class)).collect(),
            aucs: each().map(|class| ranking.auc_of(class).unwrap_or(f64::NAN)).collect(),
            confusion,
            calibration: Calibration::of(set),
            mistakes: mistakes(set),
        }
    }

    /// As JSON: `scores`, `confusion`, `classes`, `calibration`, `mistakes`. What is not
    /// defined is null.
    pub fn json(&self) -> Value {
        let names = &self.classes;
        let class = |(i, scores): (usize, &ClassScores)| {
            json!({
                "name": names[i],
                "precision": scores.precision,
                "recall": scores.recall,
                "f1": scores.f1,
                "auc": self.aucs[i],
                "samples": scores.support,
                "predicted": scores.predicted,
            })
        };
        let rows = self.confusion.counts().chunks(self.confusion.classes());
        let bins = self.calibration.bins.iter().map(|bin| {
            json!({
                "from": bin.low,
                "to": bin.high,
                "samples": bin.samples,
                "confidence": bin.confidence,
                "accuracy": bin.accuracy,
            })
        });
        let mistakes = self.mistakes.iter().map(|mistake| {
            json!({
                "sample": mistake.sample,
                "class": names[mistake.class],
                "predicted": names[mistake.predicted],
                "probability": mistake.probability,
                "of_class": mistake.of_class,
            })
        });
        json!({
            "samples": self.samples,
            "scores": figures(&self.figures),
            "classes": self.per_class.iter().enumerate().map(class).collect::<Vec<_>>(),
            "confusion": rows.collect::<Vec<_>>(),
            "calibration": bins.collect::<Vec<_>>(),
            "mistakes": mistakes.collect::<Vec<_>>(),
        })
    }
}

fn plain(values: &[Result<f64, Undefined>]) -> Vec<f64> {
    values.iter().map(|value| value.unwrap_or(f64::NAN)).collect()
}

fn mistakes(set: &Classified) -> Vec<Mistake> {
    let wrong = (0..set.len()).filter(|&i| !set.is_hit(i)).map(|sample| {
        let (class, predicted) = (set.labels()[sample] as usize, set.predicted()[sample] as usize);
        let row = set.probabilities(sample);
        let (probability, of_class) = (row[predicted], row[class]);
        Mistake { sample, class, predicted, probability, of_class }
    });
    let mut all: Vec<Mistake> = wrong.collect();
    let least_of_class = |a: &Mistake, b: &Mistake| a.of_class.total_cmp(&b.of_class);
    all.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(least_of_class(a, b)));
    all.truncate(LISTED);
    all
}

impl NumberReport {
    /// Of a set; `targets` are the targets' names, in order.
    ///
    /// # Panics
    /// If there are fewer names than targets.
    pub fn of(set: &Predicted, targets: &[String]) -> NumberReport {
        const EXTRAS: [Extra; 5] =
            [Extra::Rmse, Extra::Mae, Extra::MedianAbsoluteError, Extra::MaxError, Extra::R2];
        let scores = |weights: Weights<'_>| EXTRAS.map(|extra| extra.of_weighted(set, weights));
        let values = scores(Weights::Once);
        let drawn = |counts: &[u32]| plain(&scores(Weights::Drawn(counts)));
        let n = resamples(set.len(), 8 * set.columns());
        let intervals = resample(set.len(), &plain(&values), n, SEED, drawn);
        let figure = |((extra, value), interval): ((Extra, _), Option<Interval>)| Figure {
            extra,
            value,
            interval: interval.filter(|_| extra != Extra::MaxError),
        };
        let by_target: Vec<TargetScores> = (0..set.columns())
            .map(|target| TargetScores::of(set, target, &targets[target]))
            .collect();
        NumberReport {
            samples: set.len(),
            figures: EXTRAS.into_iter().zip(values).zip(intervals).map(figure).collect(),
            worst: worst(set, &by_target),
            targets: by_target,
        }
    }

    /// As JSON: `scores`, `targets`, `worst`. What is not defined is null.
    pub fn json(&self) -> Value {
        let target = |of: &TargetScores| {
            let [q05, q25, q50, q75, q95] = of.quantiles;
            json!({
                "name": of.name,
                "rmse": of.rmse,
                "mae": of.mae,
                "r2": of.r2,
                "bias": of.bias,
                "residuals": { "q05": q05, "q25": q25, "q50": q50, "q75": q75, "q95": q95 },
            })
        };
        let worst = self.worst.iter().map(|of| {
            json!({
                "sample": of.sample,
                "target": self.targets[of.target].name,
                "truth": of.truth,
                "predicted": of.predicted,
            })
        });
        json!({
            "samples": self.samples,
            "scores": figures(&self.figures),
            "targets": self.targets.iter().map(target).collect::<Vec<_>>(),
            "worst": worst.collect::<Vec<_>>(),
        })
    }
}

impl TargetScores {
    fn of(set: &Predicted, target: usize, name: &str) -> TargetScores {
        let column = |values: fn(&Predicted, usize, usize) -> f64| {
            (0..set.len()).map(|i| values(set, i, target) as f32).collect()
        };
        // One column of a set that was checked.
        let one = Predicted::new(column(Predicted::target), column(Predicted::prediction), 1);
        let score = |extra: Extra| match &one {
            Ok(one) => extra.of_weighted(one, Weights::Once).unwrap_or(f64::NAN),
            Err(_) => f64::NAN,
        };
        let mut residuals: Vec<f64> = (0..set.len()).map(|i| set.error(i, target)).collect();
        let bias = residuals.iter().sum::<f64>() / residuals.len() as f64;
        residuals.sort_by(f64::total_cmp);
        let quantiles = [0.05, 0.25, 0.5, 0.75, 0.95].map(|share| {
            let at = share * (residuals.len() - 1) as f64;
            let first = at.floor() as usize;
            let next = residuals[(first + 1).min(residuals.len() - 1)];
            residuals[first] + (next - residuals[first]) * (at - first as f64)
        });
        let (rmse, mae, r2) = (score(Extra::Rmse), score(Extra::Mae), score(Extra::R2));
        let every = set.len().div_ceil(POINTS);
        let point = |i| (set.target(i, target), set.prediction(i, target));
        let points = (0..set.len()).step_by(every).map(point).collect();
        TargetScores { name: name.to_owned(), rmse, mae, r2, bias, quantiles, points }
    }
}

fn worst(set: &Predicted, targets: &[TargetScores]) -> Vec<Residual> {
    let places = (0..set.len()).flat_map(|i| (0..set.columns()).map(move |target| (i, target)));
    let size = |&(i, target): &(usize, usize)| {
        let rmse = targets[target].rmse;
        if rmse > 0.0 { set.error(i, target).abs() / rmse } else { 0.0 }
    };
    let mut all: Vec<(usize, usize)> = places.filter(|place| size(place) > 0.0).collect();
    all.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.cmp(b)));
    all.truncate(LISTED);
    let residual = |(sample, target)| Residual {
        sample,
        target,
        truth: set.target(sample, target),
        predicted: set.prediction(sample, target),
    };
    all.into_iter().map(residual).collect()
}

/// By name: `{value, low, high}`, and `why` where there is no value.
fn figures(all: &[Figure]) -> Value {
    let figure = |figure: &Figure| {
        let (low, high) = (figure.interval.map(|i| i.low), figure.interval.map(|i| i.high));
        let mut value = json!({ "value": figure.value.ok(), "low": low, "high": high });
        if let (Err(why), Some(object)) = (&figure.value, value.as_object_mut()) {
            object.insert("why".into(), why.to_string().into());
        }
        (figure.extra.name().replace('-', "_"), value)
    };
    Value::Object(all.iter().map(figure).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("class {i}")).collect()
    }

    #[test]
    fn a_report_of_classes_has_everything_with_intervals() {
        // Of 60 samples every fifth is mistaken, with a probability of its own.
        let labels: Vec<u32> = (0..60).map(|i| i % 3).collect();
        let rows: Vec<f64> = (0..60u32)
            .flat_map(|i| {
                let sure = 0.6 + f64::from(i) * 0.005;
                let taken = if i % 5 == 0 { (i + 1) % 3 } else { i % 3 };
                (0..3).map(move |c| if c == taken { sure } else { (1.0 - sure) / 2.0 })
            })
            .collect();
        let set = Classified::new(labels, rows, 3).unwrap();
        let report = ClassReport::of(&set, &names(3));
        for figure in &report.figures {
            let (value, interval) = (figure.value.unwrap(), figure.interval.unwrap());
            assert!(interval.low <= value && interval.low < interval.high, "{figure:?}");
        }
        assert_eq!(report.figures[0].value, Ok(0.8));
        assert_eq!(report.mistakes.len(), 10);
        assert_eq!(report.mistakes[0].sample, 55);
        let json = report.json();
        assert_eq!(json["scores"]["accuracy"]["value"], 0.8);
        assert_eq!(json["confusion"][0][0], report.confusion.at(0, 0));
        assert_eq!(json["classes"][2]["name"], "class 2");
        assert_eq!(json, ClassReport::of(&set, &names(3)).json());
    }

    #[test]
    fn what_is_not_defined_is_null_and_says_why() {
        let set = Classified::new(vec![0, 0], [[0.75, 0.25]; 2].concat(), 2).unwrap();
        let json = ClassReport::of(&set, &names(2)).json();
        assert_eq!(json["scores"]["auc"]["value"], Value::Null);
        assert_eq!(json["scores"]["auc"]["why"], "not defined: class 1 has no sample");
        assert_eq!(json["classes"][0]["auc"], Value::Null);
    }

    #[test]
    fn a_report_of_numbers_has_residuals_by_target_and_the_worst() {
        let targets: Vec<f32> = (0..40).flat_map(|i| [i as f32, 100.0 * i as f32]).collect();
        let mut predictions: Vec<f32> = targets.iter().map(|y| y + 1.0).collect();
        predictions[2 * 7] += 50.0;
        let set = Predicted::new(targets, predictions, 2).unwrap();
        let report = NumberReport::of(&set, &names(2));
        assert_eq!(report.worst[0].sample, 7);
        assert_eq!((report.worst[0].truth, report.worst[0].predicted), (7.0, 58.0));
        assert_eq!(report.targets[1].quantiles, [1.0; 5]);
        assert_eq!((report.targets[1].bias, report.targets[1].mae), (1.0, 1.0));
        let of = |extra| report.figures.iter().find(|figure| figure.extra == extra).unwrap();
        assert_eq!(of(Extra::MaxError).value, Ok(51.0));
        assert_eq!(of(Extra::MaxError).interval, None);
        assert!(of(Extra::Rmse).interval.is_some());
        assert_eq!(report.json()["worst"][0]["target"], "class 0");
    }
}
