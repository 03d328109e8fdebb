//! Many seeds of several arms, trained once; studies are drawn from them.

use wellfit::data::{DataRequest, Places, Splits, Subset, load};
use wellfit::model::{Activation, Optimizer};
use wellfit::plan::Metric;
use wellfit::record::{Record, RunState, ScoreKind};
use wellfit::stats::{Estimate, holm};
use wellfit::study::{Arm, BASELINE, DataFacts, JudgeAt};
use wellfit::{Layer, Plan, Study, StudyRecords, TrainOptions, diagnose, train};

use crate::parallel;
use crate::results::Failure;
use crate::source::{Law, Source, splits};

/// Data and a plan.
pub struct Setting {
    /// What tables call it.
    pub name: &'static str,
    /// The baseline's plan.
    pub plan: Plan,
    /// What it is trained and judged on.
    pub splits: Splits,
}

/// Linear layers of these widths with ReLU between them.
pub fn network(hidden: &[usize], outputs: usize) -> Vec<Layer> {
    let linear = |out| Layer::Linear { out, bias: true };
    let hidden = hidden.iter().flat_map(|&out| [linear(out), Layer::Activation(Activation::Relu)]);
    hidden.chain([linear(outputs)]).collect()
}

fn made(name: &'static str, source: Source, samples: [usize; 2], hidden: &[usize]) -> Setting {
    let validation = source.draw(1, samples[1]);
    Setting {
        name,
        plan: Plan::new(name, network(hidden, source.outputs())),
        splits: splits(source.draw(0, samples[0]), Some(validation)),
    }
}

/// The settings of the pools: numbers, classes, images, and one whose scores are skewed.
pub fn settings() -> Result<Vec<Setting>, Failure> {
    let source = |law, inputs, classes, noise, label_noise, seed| Source {
        law,
        inputs,
        classes,
        noise,
        label_noise,
        seed,
    };
    let mut classes = made("classes", source(Law::Teacher, 12, 4, 0.1, 0.15, 1), [300, 600], &[48]);
    (classes.plan.train.epochs, classes.plan.train.lr) = (25, 3e-3);
    let mut numbers = made("numbers", source(Law::Teacher, 10, 0, 0.4, 0.0, 2), [250, 500], &[48]);
    (numbers.plan.train.epochs, numbers.plan.train.lr) = (30, 3e-3);
    // Few samples and a high rate: now and then a run goes astray, so that scores have a
    // long tail on one side.
    let mut skewed = made("skewed", source(Law::Clusters, 6, 3, 0.9, 0.0, 3), [60, 300], &[16]);
    (skewed.plan.train.epochs, skewed.plan.train.lr) = (15, 0.3);
    skewed.plan.train.optimizer =
        Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 };

    let mut plan = Plan::new(wellfit::data::FASHION_MNIST_SAMPLE, network(&[32], 10));
    plan.data.subset = Some(Subset::Count(600));
    (plan.train.epochs, plan.train.lr) = (10, 2e-3);
    let mut images = load(&plan.data, &Places::from_env(None))?;
    images.validation =
        images.validation.map(|set| set.take(&Vec::from_iter(0..1000))).transpose()?;
    let images = Setting { name: "images", plan, splits: images };
    Ok(vec![classes, numbers, images, skewed])
}

/// The records of so many seeds of each arm, `[arm][seed]`, without what studies drawn
/// from them do not need.
pub fn train_pool(
    setting: &Setting,
    arms: &[Arm],
    seeds: usize,
    threads: usize,
) -> Result<Vec<Vec<Record>>, Failure> {
    let score = ScoreKind::of(setting.splits.train.task());
    let measure = setting.plan.measure(score);
    let one = |i: usize| -> Result<Record, Failure> {
        let arm = &arms[i / seeds];
        let mut plan = arm.plan.clone();
        plan.train.seed = (i % seeds) as u64;
        let options = TrainOptions {
            arm: arm.name.clone(),
            threads: &|| 1,
            measure: Some(measure),
            ..TrainOptions::default()
        };
        let record = train(&plan, &setting.splits, options)?.record;
        let (best_samples, last_samples, weights) = (None, None, Vec::new());
        Ok(Record { best_samples, last_samples, weights, ..record })
    };
    let records = parallel::map(setting.name, threads, arms.len() * seeds, one);
    let records = records.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(records.chunks(seeds).map(<[Record]>::to_vec).collect())
}

/// The plan as a study's first arm.
pub fn baseline(plan: &Plan) -> Arm {
    Arm::plain(BASELINE, plan.clone())
}

/// What a trial is judged by: validation loss at the kept epoch; NaN if it was lost.
pub fn figure(record: &Record) -> f64 {
    let ended = matches!(record.state, RunState::Complete | RunState::StoppedEarly);
    record.best().filter(|_| ended).and_then(|row| row.val_loss).unwrap_or(f64::NAN)
}

/// Of how many studies of a row wellfit's whole answer is compared with [`winner`]'s.
pub const CHECKED: usize = 20;

/// The arm, from 0, that a study of these gains over the baseline (by arm and seed) names:
/// of those that help clear of the margin, by Holm's correction, the one that gains most;
/// one that lost trials only where no other helps. What `diagnose` decides, without all
/// that it writes beside it, which takes a thousand times as long.
pub fn winner(gains: &[Vec<f64>], margin: f64) -> Option<usize> {
    let there = |arm: &Vec<f64>| {
        Estimate::of(arm.iter().copied().filter(|gain| gain.is_finite()).collect::<Vec<_>>())
    };
    let estimates: Vec<Estimate> = gains.iter().map(there).collect();
    let p = holm(&estimates.iter().map(|gain| gain.p_beyond(margin)).collect::<Vec<_>>());
    let steady = |arm: usize| gains[arm].iter().all(|gain| gain.is_finite());
    (0..gains.len()).filter(|&arm| p[arm] <= 0.05 && estimates[arm].mean > 0.0).max_by(|&a, &b| {
        steady(a).cmp(&steady(b)).then(estimates[a].mean.total_cmp(&estimates[b].mean))
    })
}

/// Whether wellfit's whole answer to a study names the arm (from 0, without the baseline).
///
/// # Errors
/// Where it does not.
pub fn check_answer(study: &StudyRecords, named: Option<usize>) -> Result<(), Failure> {
    let answer = diagnose(study).answer.arm.filter(|&arm| arm > 0).map(|arm| arm - 1);
    match answer == named {
        true => Ok(()),
        false => Err(format!("wellfit answers {answer:?}, and the rule says {named:?}").into()),
    }
}

/// Gains over the first arm, by arm and seed; NaN where a trial was lost.
pub fn gains(records: &[Vec<Record>]) -> Vec<Vec<f64>> {
    let over = |arm: &Vec<Record>| {
        let pairs = records[0].iter().zip(arm);
        pairs.map(|(base, record)| figure(base) - figure(record)).collect()
    };
    records[1..].iter().map(over).collect()
}

/// A study whose arms have these records, seed by seed.
pub fn study(setting: &Setting, arms: &[Arm], records: Vec<Vec<Record>>) -> StudyRecords {
    let seeds = records.first().map_or(0, Vec::len);
    let sets = &setting.splits;
    let len = |part: &Option<wellfit::Dataset>| part.as_ref().map_or(0, wellfit::Dataset::len);
    let classes = sets.train.class_names().to_vec();
    let DataRequest { source, .. } = &setting.plan.data;
    StudyRecords {
        study: Study {
            name: setting.name.into(),
            plan: setting.plan.clone(),
            seeds: (0..seeds as u64).collect(),
            folds: None,
            primary: Metric::ValLoss,
            primary_by_data: false,
            judge_at: JudgeAt::Best,
            arms: arms.to_vec(),
            racing: false,
        },
        opening: None,
        records: records.into_iter().map(|arm| arm.into_iter().map(Some).collect()).collect(),
        data: DataFacts {
            source: source.clone(),
            origin: sets.origin.clone(),
            samples: [sets.train.len(), len(&sets.validation), len(&sets.test)],
            targets: if classes.is_empty() {
                sets.train.output_names().to_vec()
            } else {
                Vec::new()
            },
            classes,
            validation_is_test: false,
            class_samples: sets.train.class_counts(),
        },
    }
}
