//! Whether following wellfit's recommendation pays, on test sets that it has not seen.

use std::path::Path;

use serde_json::json;
use wellfit::data::{
    DataRequest, Dataset, FASHION_MNIST_SAMPLE, Features, Holdout, Places, Splits, load,
};
use wellfit::findings::MARGIN;
use wellfit::stats::{Estimate, holm, two_way};
use wellfit::study::{StudyOptions, run as run_study};
use wellfit::{Plan, Study, diagnose, evaluate, read_model, write_file};

use crate::Size;
use crate::draw::{Group, stream};
use crate::pool::network;
use crate::results::{Failure, Results, mean, table};

/// A study that is undecided is given more seeds, as it says itself, up to the last of these.
const SEEDS: [usize; 4] = [5, 10, 20, 40];

/// What is compared with the baseline.
const REMEDIES: [(&str, &[&str]); 5] = [
    ("early stopping", &["early-stopping(patience=5)"]),
    ("dropout", &["dropout(0.3)"]),
    ("l2", &["l2(1e-3)"]),
    ("plateau", &["reduce-on-plateau(0.5, patience=1)"]),
    ("dropout, plateau", &["dropout(0.3)", "reduce-on-plateau(0.5, patience=1)"]),
];

/// Sub-samples of images: name, training samples, share of labels that are drawn anew.
const IMAGES: [(&str, usize, f64); 6] = [
    ("images 400", 400, 0.0),
    ("images 1200", 1200, 0.0),
    ("images 4000", 4000, 0.0),
    ("images 1200, 20 % noise", 1200, 0.2),
    ("images 1200, 40 % noise", 1200, 0.4),
    ("images 4000, 20 % noise", 4000, 0.2),
];
/// Test images of each.
const TEST_IMAGES: usize = 3000;

/// Files that `tabular.py` makes; one that is not there is left out, and said so.
const TABLES: [&str; 7] =
    ["iris", "wine", "breast_cancer", "digits", "diabetes", "breast_cancer_noise", "digits_noise"];

/// A data setting with its study's plan.
struct Setting {
    name: String,
    plan: Plan,
}

/// Runs the studies and keeps their figures. `tables` is the folder of tabular sets.
pub fn run(size: &Size, tables: &Path, results: &Results) -> Result<(), Failure> {
    let work = tempfile::tempdir()?;
    let (settings, absent) = settings(size, tables, work.path())?;
    let mut rows = Vec::new();
    let mut figures = Vec::new();
    for (i, setting) in settings.iter().enumerate() {
        let folder = work.path().join(format!("study-{i}"));
        let found = follow(setting, &folder, size)?;
        std::fs::remove_dir_all(&folder)?;
        rows.push(found.row(&setting.name));
        figures.push(found.json(&setting.name));
    }
    let head = [
        "data",
        "training, validation, test samples",
        "seeds",
        "recommended",
        "its test loss",
        "baseline's",
        "best arm on the test set",
        "worse than an arm beyond noise",
        "an arm beats the baseline",
        "the recommended does",
        "reached",
    ];
    let absent = match absent.is_empty() {
        true => String::new(),
        false => format!("Left out, for want of their files: {}.\n\n", absent.join(", ")),
    };
    let text = format!(
        "{} settings, a baseline and {} remedies each.\n\n{absent}{}",
        rows.len(),
        REMEDIES.len(),
        table(&head, &rows)
    );
    results.keep("recipe", json!(figures), &text)
}

/// What came of a recommendation.
struct Followed {
    samples: [usize; 3],
    seeds: usize,
    /// Whether wellfit decided; if not, the arm is taken that it leans to, or else the
    /// baseline kept.
    decided: bool,
    /// Whether it leans to an arm.
    leans: bool,
    recommended: String,
    best: String,
    /// Mean test losses: the recommended arm's, the baseline's, the best arm's.
    losses: [f64; 3],
    /// The arm that is better than the recommended one beyond noise.
    worse_than: Option<String>,
    something_helps: bool,
    recommended_helps: bool,
}

impl Followed {
    fn reached(&self) -> bool {
        self.worse_than.is_none() && (self.recommended_helps || !self.something_helps)
    }

    fn row(&self, name: &str) -> Vec<String> {
        let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        let [train, validation, test] = self.samples;
        let [recommended, baseline, best] = self.losses;
        let undecided = match (self.decided, self.leans) {
            (true, _) => "",
            (false, true) => " (leaning)",
            (false, false) => " (undecided)",
        };
        vec![
            name.to_owned(),
            format!("{train}, {validation}, {test}"),
            self.seeds.to_string(),
            format!("{}{undecided}", self.recommended),
            format!("{recommended:.4}"),
            format!("{baseline:.4}"),
            format!("{} {best:.4}", self.best),
            self.worse_than.clone().unwrap_or_else(|| "no".into()),
            yes(self.something_helps),
            yes(self.recommended_helps),
            yes(self.reached()),
        ]
    }

    fn json(&self, name: &str) -> serde_json::Value {
        let [recommended, baseline, best] = self.losses;
        json!({
            "data": name, "samples": self.samples, "seeds": self.seeds, "decided": self.decided,
            "leans": self.leans, "recommended": self.recommended, "test_loss": recommended, "baseline": baseline,
            "best_arm": self.best, "best": best, "worse_than": self.worse_than,
            "something_helps": self.something_helps, "recommended_helps": self.recommended_helps,
            "reached": self.reached(),
        })
    }
}

/// Runs the study, with more seeds while it asks for them, and measures every arm on the
/// test set.
fn follow(setting: &Setting, folder: &Path, size: &Size) -> Result<Followed, Failure> {
    let options = StudyOptions { threads: size.threads, ..StudyOptions::default() };
    let mut at = 0;
    let (study, answer, samples) = loop {
        let study = study(setting, SEEDS[at])?;
        let outcome = run_study(&study, folder, &options)?;
        let answer = diagnose(&outcome.records).answer;
        if answer.arm.is_some() || at + 1 == size.recipe_rounds {
            break (study, answer, outcome.records.data.samples);
        }
        at += 1;
    };
    let splits = load(&setting.plan.data, &Places::from_env(None))?;
    let losses = test_losses(&study, folder, &splits)?;
    let leaning = answer.leaning.as_ref().map(|leaning| leaning.arm);
    let chosen = answer.arm.or(leaning).unwrap_or(0);
    let loss = |arm: usize| mean(losses[arm].iter().map(|seed| mean(seed.iter().copied())));
    let margin = MARGIN * loss(0);
    let best =
        (1..losses.len()).fold(0, |best, arm| if loss(arm) < loss(best) { arm } else { best });
    let name = |arm: usize| study.arms[arm].name.clone();
    let better_than_chosen = better(&losses, chosen, margin);
    let helps = better(&losses, 0, margin);
    Ok(Followed {
        samples,
        seeds: SEEDS[at],
        decided: answer.arm.is_some(),
        leans: leaning.is_some(),
        recommended: name(chosen),
        best: name(best),
        losses: [loss(chosen), loss(0), loss(best)],
        worse_than: better_than_chosen.first().map(|&arm| name(arm)),
        something_helps: !helps.is_empty(),
        recommended_helps: chosen > 0 && gain(&losses[0], &losses[chosen]).is_above(0.0),
    })
}

fn study(setting: &Setting, seeds: usize) -> Result<Study, Failure> {
    let base = Study::new("recipe", setting.plan.clone(), seeds)?;
    let arm = |study: Study, (name, remedies): &(&str, &[&str])| study.with_arm(name, remedies);
    Ok(REMEDIES.iter().try_fold(base, arm)?)
}

/// The losses of the test samples by arm and seed, of the kept weights.
fn test_losses(
    study: &Study,
    folder: &Path,
    splits: &Splits,
) -> Result<Vec<Vec<Vec<f64>>>, Failure> {
    let test = splits.test.as_ref().ok_or("the setting has no test set")?;
    let mut losses = vec![Vec::new(); study.arms.len()];
    for trial in study.trials() {
        let weights = read_model(&folder.join("trials").join(&trial.name))?;
        let gave = evaluate(&trial.plan, &weights, splits, test, 1)?;
        losses[trial.arm].push(gave.losses.into_iter().map(f64::from).collect());
    }
    Ok(losses)
}

/// How much less `other` costs than `of`, over seeds and test samples.
fn gain(of: &[Vec<f64>], other: &[Vec<f64>]) -> Estimate {
    let row =
        |(of, other): (&Vec<f64>, &Vec<f64>)| of.iter().zip(other).map(|(a, b)| a - b).collect();
    let rows: Vec<Vec<f64>> = of.iter().zip(other).map(row).collect();
    two_way(&rows).unwrap_or_else(|| Estimate::of([]))
}

/// The arms that are better than `arm` by more than the margin, clear of the chance of
/// seeds and test samples, by Holm's correction over all of them; the first gains most.
fn better(losses: &[Vec<Vec<f64>>], arm: usize, margin: f64) -> Vec<usize> {
    let others: Vec<usize> = (0..losses.len()).filter(|&other| other != arm).collect();
    let gains: Vec<Estimate> =
        others.iter().map(|&other| gain(&losses[arm], &losses[other])).collect();
    let p = holm(&gains.iter().map(|gain| gain.p_beyond(margin)).collect::<Vec<_>>());
    let mut found: Vec<usize> =
        (0..others.len()).filter(|&i| p[i] <= 0.05 && gains[i].mean > 0.0).collect();
    found.sort_by(|&a, &b| gains[b].mean.total_cmp(&gains[a].mean));
    found.into_iter().map(|i| others[i]).collect()
}

/// The settings whose data are there, and the names of those whose are not.
fn settings(
    size: &Size,
    tables: &Path,
    work: &Path,
) -> Result<(Vec<Setting>, Vec<String>), Failure> {
    let mut found = Vec::new();
    let whole = load(&Plan::new(FASHION_MNIST_SAMPLE, Vec::new()).data, &Places::from_env(None))?;
    for (i, &(name, samples, noise)) in IMAGES.iter().take(size.recipe_settings).enumerate() {
        let folder = work.join(format!("images-{i}"));
        write_images(&folder, &whole, samples, noise, i as u64)?;
        let mut plan = Plan::new(folder.display().to_string(), network(&[64], 10));
        plan.data.validation = Some(Holdout::Fraction(0.25));
        (plan.train.epochs, plan.train.lr) = (20, 2e-3);
        found.push(Setting { name: name.into(), plan });
    }
    let mut absent = Vec::new();
    for name in TABLES.iter().take(size.recipe_settings) {
        let file = tables.join(format!("{name}.npz"));
        if !file.exists() {
            absent.push((*name).to_owned());
            continue;
        }
        let mut plan = Plan::new(file.display().to_string(), Vec::new());
        plan.data = DataRequest {
            validation: Some(Holdout::Fraction(0.25)),
            test: Some(Holdout::Fraction(0.25)),
            ..plan.data
        };
        let outputs = load(&plan.data, &Places::from_env(None))?.train.outputs();
        plan.model = Plan::new("", network(&[64], outputs)).model;
        (plan.train.epochs, plan.train.lr, plan.train.batch_size) = (60, 3e-3, 16);
        found.push(Setting { name: name.replace("_noise", ", 20 % noise"), plan });
    }
    Ok((found, absent))
}

/// A folder of IDX files with so many training images, and test images, whose labels are
/// noisy alike.
fn write_images(
    folder: &Path,
    whole: &Splits,
    samples: usize,
    noise: f64,
    seed: u64,
) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    let test = whole.test.as_ref().ok_or("the embedded set has a test split")?;
    for (prefix, set, n, step) in
        [("train", &whole.train, samples, 0), ("t10k", test, TEST_IMAGES, 1)]
    {
        let Features::Bytes(bytes) = set.features() else {
            return Err("the embedded images are bytes".into());
        };
        let rows = stream(Group::Samples, seed, step).without_replacement(n, set.len());
        let stored: Vec<u32> = set.stored_rows().collect();
        let mut draws = stream(Group::LabelNoise, seed, step);
        let (mut images, mut labels) = (Vec::new(), Vec::new());
        let own = labels_of(set);
        for row in rows {
            let from = stored[row] as usize * PIXELS;
            images.extend_from_slice(&bytes[from..from + PIXELS]);
            let (noisy, other) = (draws.uniform() < noise, draws.below(10) as u8);
            labels.push(if noisy { other } else { own[row] });
        }
        let count = (n as u32).to_be_bytes();
        let side = 28_u32.to_be_bytes();
        let images = [&[0, 0, 8, 3], &count[..], &side, &side, &images].concat();
        let labels = [&[0, 0, 8, 1], &count[..], &labels].concat();
        write_file(&folder.join(format!("{prefix}-images-idx3-ubyte")), &images)?;
        write_file(&folder.join(format!("{prefix}-labels-idx1-ubyte")), &labels)?;
    }
    Ok(())
}

/// Bytes of an image.
const PIXELS: usize = 28 * 28;

fn labels_of(set: &Dataset) -> Vec<u8> {
    set.labels_in_order().map(|label| label as u8).collect()
}
