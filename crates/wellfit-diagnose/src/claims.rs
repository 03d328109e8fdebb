//! The article's claims and symptoms, held against the study's own records. Each
//! verdict asks where the whole 95 % interval over seeds lies; a claim that the
//! study has no arm for is listed as not measured.

use wellfit_data::Scale;
use wellfit_nn::Layer;
use wellfit_stats::{Estimate, Normal, format};
use wellfit_study::MARGIN;
use wellfit_study::StudyRecords;
use wellfit_train::plan::{Plan, ScheduleKind};
use wellfit_train::record::{Record, ScoreKind, WeightSummary};

use crate::overfitting::rise;
use crate::trials::{ArmTrials, Trial};
use crate::words::{self, Over};
use crate::{ArmFindings, Claim, Holds, Judgement};

/// Units of the article's hidden layer, and classes of its data.
const HIDDEN: usize = 1000;
const CLASSES: usize = 10;
/// The training accuracy that the article's network passes.
const PASSES: f64 = 0.95;
/// The validation accuracy that it stays near, and how near.
const NEAR: (f64, f64) = (0.89, 0.01);
/// A gap below this is very small: one point.
const SMALL_GAP: f64 = 0.01;
/// How many epochs the claim about plateau decay speaks of.
const LONG: usize = 30;
/// A range is far narrower when it is less than this share of the baseline's.
const FAR_NARROWER: f64 = 0.5;
/// A rate this many times the baseline's is high.
const HIGH_RATE: f64 = 10.0;
/// The largest of a normal sample's values stays below the bound with this chance.
const SURE: f64 = 0.95;

/// Every claim, in the article's order; none in a study that is not about the article's
/// network on the article's data (or the sample of them).
pub fn claims(records: &StudyRecords, trials: &[ArmTrials], arms: &[ArmFindings]) -> Vec<Claim> {
    let Some((baseline, others)) = trials.split_first() else { return Vec::new() };
    if !is_the_articles(records) {
        return Vec::new();
    }
    let article = Article { records, baseline, others, findings: arms.get(1..).unwrap_or(&[]) };
    let mut claims = vec![article.passes_95()];
    claims.extend(article.large_weights());
    claims.extend(article.smaller_gaps());
    claims.extend(article.narrower_weights());
    claims.extend(article.plateau());
    claims.extend(article.high_rates());
    claims
}

/// Whether the base plan trains the article's network, 784-1000-10 with a ReLU, on
/// Fashion-MNIST: what the claims are about.
fn is_the_articles(records: &StudyRecords) -> bool {
    let data = ["fashion-mnist", "fashion-mnist-sample"].contains(&records.data.source.as_str());
    let linear = |layer: &Layer, units| matches!(layer, Layer::Linear { out, .. } if *out == units);
    let network = match records.study.plan.model.layers.as_slice() {
        [hidden, relu, last] => {
            linear(hidden, HIDDEN) && *relu == Layer::RELU && linear(last, CLASSES)
        }
        _ => false,
    };
    data && network && records.data.score() == ScoreKind::Accuracy
}

struct Article<'a> {
    records: &'a StudyRecords,
    baseline: &'a ArmTrials<'a>,
    others: &'a [ArmTrials<'a>],
    /// Of the other arms.
    findings: &'a [ArmFindings],
}

/// A claim that nothing in the study measures.
fn not_measured(claim: impl Into<String>, why: impl Into<String>) -> Claim {
    Claim { claim: claim.into(), holds: Holds::NotMeasured, evidence: why.into() }
}

/// Whether the estimate is above the bound.
fn above(estimate: &Estimate, bound: f64) -> Holds {
    if !estimate.is_known() || bound.is_nan() {
        Holds::NotMeasured
    } else if estimate.low > bound {
        Holds::Holds
    } else if estimate.high <= bound {
        Holds::DoesNotHold
    } else {
        Holds::Undecided
    }
}

/// Whether the estimate is below the bound.
fn below(estimate: &Estimate, bound: f64) -> Holds {
    above(&estimate.scaled(-1.0), -bound)
}

/// Whether everything holds.
fn all(parts: &[Holds]) -> Holds {
    let worst = [Holds::NotMeasured, Holds::DoesNotHold, Holds::Undecided];
    let first = worst.into_iter().find(|holds| parts.contains(holds));
    if parts.is_empty() { Holds::NotMeasured } else { first.unwrap_or(Holds::Holds) }
}

impl Article<'_> {
    fn over(&self) -> Over {
        Over::of(&self.records.study)
    }

    fn passes_95(&self) -> Claim {
        let claim = "Without a remedy training accuracy passes 95 % while validation accuracy \
                     stays near 89 %";
        let train = self.baseline.estimate(|trial| trial.figures.last_train_score);
        let held = self.baseline.estimate(|trial| trial.figures.last.score);
        let (near, within) = NEAR;
        Claim {
            claim: claim.to_owned(),
            holds: all(&[
                above(&train, PASSES),
                above(&held, near - within),
                below(&held, near + within),
            ]),
            evidence: format!(
                "at the last epoch training {}, validation {} ({})",
                words::percent(&train),
                words::percent(&held),
                self.over().n(train.n)
            ),
        }
    }

    /// One claim for each weight matrix: its largest weight against the largest that
    /// a normal sample of the same size and spread would have.
    fn large_weights(&self) -> Vec<Claim> {
        let first = self.baseline.ended().next();
        let layers = first.map_or(0, |trial| weights(trial.record).count());
        let claims = (0..layers).filter_map(|layer| {
            let tensor = weights(first?.record).nth(layer)?;
            let size: usize = tensor.shape.iter().product();
            let over = |figure: fn(&WeightSummary) -> f64| {
                self.baseline.estimate(|trial| weight(trial, layer).map_or(f64::NAN, figure))
            };
            let largest = over(|tensor| tensor.max_over_std);
            let quantile = over(|tensor| tensor.quantiles.abs999 / tensor.std);
            let kurtosis = over(|tensor| tensor.kurtosis);
            let bound = Normal::largest(size, SURE);
            Some(Claim {
                claim: format!("Some weights of {} are far larger than the rest", tensor.name),
                holds: above(&largest, bound),
                evidence: format!(
                    "largest {} standard deviations ({} normal weights would stay below {}), \
                     99.9 % within {}, kurtosis {} (normal: 3) ({})",
                    format::estimate(&largest),
                    format::count(size),
                    format::number(bound, 1),
                    format::estimate(&quantile),
                    format::estimate(&kurtosis),
                    self.over().n(largest.n)
                ),
            })
        });
        let claims: Vec<Claim> = claims.collect();
        if claims.is_empty() {
            let claim = "Some weights are far larger than the rest";
            return vec![not_measured(claim, "no trial of the baseline kept its weights")];
        }
        claims
    }

    fn smaller_gaps(&self) -> Vec<Claim> {
        let claim = |(arm, found): (&ArmTrials, &ArmFindings)| {
            let name = &arm.arm.name;
            let title =
                format!("With {name} the gap between training and validation accuracy is smaller");
            let over = |figure: fn(&Trial) -> f64| {
                let sides = [(arm, self.baseline), (self.baseline, arm)];
                sides.map(|(of, with)| {
                    Estimate::of(of.paired(with).map(|(t, _)| figure(&t)).collect::<Vec<_>>()).mean
                })
            };
            let difference = arm.difference(self.baseline, |trial| trial.figures.last.gap);
            let holds = below(&difference, 0.0);
            if holds == Holds::NotMeasured {
                return not_measured(title, words::unmeasured(arm));
            }
            let [with, without] = over(|trial| trial.figures.last.gap);
            // A difference that is exactly none has no digits of its own.
            let digits = format::decimals(&difference.scaled(100.0)).max(1);
            let worse = match found.judgement {
                Some(judgement @ (Judgement::OverRegularised | Judgement::Hurts)) => {
                    format!("; {}", judgement.meaning())
                }
                _ => String::new(),
            };
            let evidence = format!(
                "{} → {} points at the last epoch, difference {} ({}){worse}",
                format::number(without * 100.0, digits),
                format::number(with * 100.0, digits),
                words::points(&difference),
                self.over().n(difference.n)
            );
            Claim { claim: title, holds, evidence }
        };
        self.others.iter().zip(self.findings).map(claim).collect()
    }

    /// Two claims for each arm that adds a penalty: the bulk of the weights, and their
    /// range.
    fn narrower_weights(&self) -> Vec<Claim> {
        let base = &self.records.study.plan.train.penalties;
        let penalised = self.others.iter().filter(|arm| {
            let penalties = &arm.arm.plan.train.penalties;
            !penalties.is_empty() && penalties != base
        });
        let claims = penalised.flat_map(|arm| {
            let name = &arm.arm.name;
            [
                self.narrower(
                    arm,
                    format!("With {name} the bulk of the weights is far narrower"),
                    "standard deviation",
                    |tensor| tensor.std,
                ),
                self.narrower(
                    arm,
                    format!("With {name} the range of the weights is far narrower"),
                    "largest weight",
                    |tensor| tensor.max_abs,
                ),
            ]
        });
        let claims: Vec<Claim> = claims.collect();
        if claims.is_empty() {
            let claim = "With a penalty the range of the weights is far narrower";
            return vec![not_measured(claim, "no arm of this study adds a penalty")];
        }
        claims
    }

    fn narrower(
        &self,
        arm: &ArmTrials,
        claim: String,
        what: &str,
        figure: fn(&WeightSummary) -> f64,
    ) -> Claim {
        let Some((first, _)) = arm.paired(self.baseline).next() else {
            return not_measured(claim, words::unmeasured(arm));
        };
        let (mut verdicts, mut evidence, mut n) = (Vec::new(), Vec::new(), 0);
        for (layer, tensor) in weights(first.record).enumerate() {
            // Inserted layers move names, so layers are matched by their order.
            let pairs: Vec<(f64, f64)> = arm
                .paired(self.baseline)
                .map(|(ours, theirs)| match (weight(&ours, layer), weight(&theirs, layer)) {
                    (Some(a), Some(b)) if a.shape == b.shape => (figure(a), figure(b)),
                    _ => (f64::NAN, f64::NAN),
                })
                .collect();
            let ratio = ratio(&pairs);
            let (ours, theirs): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            verdicts.push(below(&ratio, FAR_NARROWER));
            n = ratio.n;
            evidence.push(format!(
                "{} {} → {}, × {}",
                tensor.name,
                format::three_digits(Estimate::of(theirs).mean),
                format::three_digits(Estimate::of(ours).mean),
                format::estimate(&ratio)
            ));
        }
        let holds = all(&verdicts);
        if holds == Holds::NotMeasured {
            return not_measured(claim, "its weights cannot be compared with the baseline's");
        }
        let evidence = format!("{what} of {} ({})", evidence.join("; "), self.over().n(n));
        Claim { claim, holds, evidence }
    }

    /// Two claims for each arm that decays its rate on a plateau: no harm, and a very
    /// small gap. No harm: validation loss ends at most [`MARGIN`] above its lowest.
    fn plateau(&self) -> Vec<Claim> {
        let decays = |plan: &Plan| {
            let kind = plan.train.schedule.map(|schedule| schedule.kind);
            matches!(kind, Some(ScheduleKind::ReduceOnPlateau(_)))
        };
        let base = self.records.study.plan.train.schedule;
        let arms = self
            .others
            .iter()
            .filter(|arm| decays(&arm.arm.plan) && arm.arm.plan.train.schedule != base);
        let claims = arms.flat_map(|arm| {
            let name = &arm.arm.name;
            let no_harm = format!("With {name} {LONG} epochs or more do no harm");
            let small = format!("With {name} for {LONG} epochs or more the gap becomes very small");
            let run = arm.ended().map(|trial| trial.record.epochs.len()).min();
            match run {
                None => [no_harm, small].map(|claim| not_measured(claim, words::unmeasured(arm))),
                Some(run) if run < LONG => [no_harm, small].map(|claim| {
                    not_measured(claim, format!("{} were run", words::plural(run, "epoch")))
                }),
                Some(run) => [self.no_harm(arm, no_harm, run), self.small_gap(arm, small)],
            }
        });
        let claims: Vec<Claim> = claims.collect();
        if claims.is_empty() {
            let claim = format!("With plateau decay {LONG} epochs or more do no harm");
            return vec![not_measured(claim, "no arm of this study decays its rate on a plateau")];
        }
        claims
    }

    fn no_harm(&self, arm: &ArmTrials, claim: String, run: usize) -> Claim {
        let ((ours, lowest), (theirs, _)) = (rise(arm), rise(self.baseline));
        let margin = MARGIN * lowest;
        let evidence = format!(
            "after {run} epochs validation loss is {} above its lowest (no harm: at most {}); \
             without, {} ({})",
            format::estimate(&ours),
            format::three_digits(margin),
            format::estimate(&theirs),
            self.over().n(ours.n)
        );
        Claim { claim, holds: below(&ours, margin), evidence }
    }

    fn small_gap(&self, arm: &ArmTrials, claim: String) -> Claim {
        let gap = |arm: &ArmTrials| arm.estimate(|trial| trial.figures.last.gap);
        let (ours, theirs) = (gap(arm), gap(self.baseline));
        let evidence = format!(
            "gap at the last epoch {} (very small: below {} point); without, {} ({})",
            words::points(&ours),
            format::number(SMALL_GAP * 100.0, 0),
            words::points(&theirs),
            self.over().n(ours.n)
        );
        Claim { claim, holds: below(&ours, SMALL_GAP), evidence }
    }

    /// Two claims, each about the first arm that fits: a high rate on scaled and on
    /// unscaled inputs. It fails when it is worse than the baseline, or diverges.
    fn high_rates(&self) -> Vec<Claim> {
        [("scaled", true), ("unscaled", false)]
            .into_iter()
            .flat_map(|(word, scaled)| {
                let claim =
                    |name: &str| format!("A high learning rate fails on {word} inputs{name}");
                let arms = self.others.iter().zip(self.findings).filter(|(arm, _)| {
                    let plan = &arm.arm.plan;
                    let high = plan.train.lr >= HIGH_RATE * self.records.study.plan.train.lr;
                    high && is_scaled(plan) == scaled
                });
                let mut claims: Vec<Claim> = arms
                    .map(|(arm, found)| Claim {
                        claim: claim(&format!(" ({})", arm.arm.name)),
                        holds: failed(arm, found),
                        evidence: format!(
                            "learning rate {}: {}",
                            arm.arm.plan.train.lr, found.sentence
                        ),
                    })
                    .collect();
                if claims.is_empty() {
                    let why = format!(
                        "no arm of this study has {HIGH_RATE} times the baseline's learning rate \
                         or more on {word} inputs"
                    );
                    claims.push(not_measured(claim(""), why));
                }
                claims
            })
            .collect()
    }
}

/// Whether a plan scales its inputs: images are bytes, and bytes are scaled by default.
fn is_scaled(plan: &Plan) -> bool {
    plan.data.scale != Some(Scale::None)
}

/// Whether a rate failed.
fn failed(arm: &ArmTrials, found: &ArmFindings) -> Holds {
    match found.judgement {
        Some(Judgement::Hurts | Judgement::OverRegularised) => Holds::Holds,
        // It failed at least once; with other seeds it may not.
        _ if arm.diverged() > 0 => Holds::Undecided,
        Some(Judgement::Helps | Judgement::NoUsefulDifference) => Holds::DoesNotHold,
        _ if found.summary.primary.is_known() => Holds::Undecided,
        _ => Holds::NotMeasured,
    }
}

/// The weight matrices of a record, in the layers' order.
fn weights(record: &Record) -> impl Iterator<Item = &WeightSummary> {
    record.weights.iter().filter(|tensor| tensor.shape.len() > 1)
}

fn weight<'a>(trial: &Trial<'a>, layer: usize) -> Option<&'a WeightSummary> {
    weights(trial.record).nth(layer)
}

/// The geometric mean of a/b over pairs, with the interval of its logarithm.
fn ratio(pairs: &[(f64, f64)]) -> Estimate {
    let log = Estimate::of(pairs.iter().map(|(a, b)| (a / b).ln()).collect::<Vec<_>>());
    Estimate { mean: log.mean.exp(), low: log.low.exp(), high: log.high.exp(), ..log }
}
