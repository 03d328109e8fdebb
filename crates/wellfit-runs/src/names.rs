//! What a column's name says: the table of names in `docs/runs.md`.

use crate::ScoreKind;

/// What data a column was measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Split {
    Train,
    Validation,
    Test,
    Unsaid,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// A loss; of several, that with the lowest rank.
    Loss {
        rank: u8,
    },
    /// One of several losses that make up the whole.
    PartOfLoss,
    /// A score; of several, that with the lowest rank.
    Score {
        kind: ScoreKind,
        rank: u8,
    },
    Epoch,
    Step,
    Index,
    Other,
}

/// What a name says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Meaning {
    pub split: Split,
    pub figure: Figure,
    /// Measured in evaluation mode, though on training data.
    pub evaluation: bool,
    /// Averaged over an epoch, says the name.
    pub by_epoch: bool,
    /// What is left of the name without the data that it was measured on: the same for
    /// `accuracy` and `val_acc`.
    pub base: String,
}

const TRAIN: [&str; 4] = ["train", "training", "trn", "tr"];
const VALIDATION: [&str; 4] = ["val", "valid", "validation", "dev"];
const EVALUATION: [&str; 2] = ["eval", "evaluation"];
const HELD_OUT: [&str; 2] = ["heldout", "holdout"];
const TEST: [&str; 2] = ["test", "tst"];

/// A name with one of these is no figure of a run.
const OTHER: [&str; 25] = [
    "lr",
    "learning",
    "time",
    "seconds",
    "runtime",
    "second",
    "scale",
    "grad",
    "gradient",
    "norm",
    "best",
    "min",
    "max",
    "std",
    "var",
    "gap",
    "diff",
    "difference",
    "delta",
    "vs",
    "patience",
    "weight",
    "per",
    "memory",
    "penalty",
];

/// The rank of the first figure of single steps, which come after all others.
pub(crate) const FIRST_STEPWISE: u8 = 20;

/// Words that say how a figure was gathered, not what it is.
const STEPWISE: [&str; 5] = ["step", "batch", "iter", "iteration", "running"];
const GENERAL: [&str; 11] = [
    "avg",
    "average",
    "mean",
    "total",
    "overall",
    "main",
    "metric",
    "metrics",
    "model",
    "value",
    "objective",
];

/// Words that say nothing here; the last three are Lightning's first data loader.
const SILENT: [&str; 5] = ["epoch", "metrics", "dataloader", "idx", "0"];

/// What a whole loss may be called.
const LOSSES: [&str; 9] =
    ["nll", "cost", "objective", "logloss", "crossentropy", "bce", "ce", "criterion", "xent"];

/// Scores that rise, the more telling first.
const RISES: [&[&str]; 8] = [
    &["r2", "r2score"],
    &["map"],
    &["f1", "f1score", "fbeta", "fscore"],
    &["auc", "auroc", "rocauc", "aucpr", "auprc", "prauc"],
    &["iou", "miou", "jaccard", "dice"],
    &[
        "mcc",
        "matthews",
        "matthewscorrcoef",
        "kappa",
        "pearson",
        "pearsonr",
        "spearman",
        "spearmanr",
    ],
    &["bleu", "rouge", "rouge1", "rouge2", "rougel", "meteor", "psnr", "ssim", "ndcg", "mrr"],
    &["precision", "recall", "sensitivity", "specificity", "score", "reward", "fitness"],
];

/// Scores that fall, the more telling first.
const FALLS: [&[&str]; 4] = [
    &["error", "err", "errors"],
    &["wer", "cer", "ter", "perplexity", "ppl"],
    &["mae", "rmse", "mse", "absolute", "squared"],
    &["mape", "smape", "rmsle", "msle", "brier", "fid", "deviation"],
];

/// What a column's name says.
pub(crate) fn meaning(name: &str) -> Meaning {
    let name = name.trim();
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let (train, evaluation) = (has(&TRAIN), has(&EVALUATION));
    let held_out = has(&VALIDATION) || has(&HELD_OUT) || name.starts_with("metrics/");
    let split = match (train, held_out, has(&TEST)) {
        (true, false, false) => Split::Train,
        (false, true, false) => Split::Validation,
        (false, false, true) => Split::Test,
        (false, false, false) if evaluation => Split::Validation,
        _ => Split::Unsaid,
    };
    let several = [train, held_out, has(&TEST)].into_iter().filter(|&said| said).count() > 1;

    let is_split = |word: &&str| {
        [&TRAIN[..], &VALIDATION, &EVALUATION, &HELD_OUT, &TEST]
            .iter()
            .any(|list| list.contains(word))
    };
    let rest: Vec<&str> = words.iter().map(String::as_str).filter(|word| !is_split(word)).collect();
    let base = rest.iter().filter(|word| !matches!(**word, "epoch" | "step" | "batch" | "metrics"));
    let base = base.map(|&word| if word == "acc" { "accuracy" } else { word });
    Meaning {
        split,
        figure: if several { Figure::Other } else { figure(name, &rest) },
        evaluation: train && evaluation,
        by_epoch: rest.contains(&"epoch"),
        base: base.collect::<Vec<_>>().join("_"),
    }
}

fn figure(name: &str, rest: &[&str]) -> Figure {
    match rest {
        [] if name.is_empty() => return Figure::Index,
        ["unnamed", "0"] | ["index"] | ["level", "0"] => return Figure::Index,
        ["epoch" | "epochs"]
        | ["epoch", "num" | "number" | "index" | "no" | "nr" | "id"]
        | ["current" | "cur" | "trainer", "epoch"] => return Figure::Epoch,
        ["step" | "steps" | "iteration" | "iterations" | "iter" | "iters"]
        | ["global" | "trainer", "step"] => return Figure::Step,
        _ => {}
    }
    if rest.iter().any(|word| OTHER.contains(word)) {
        return Figure::Other;
    }
    let late = |rank: u8| {
        rank + FIRST_STEPWISE * u8::from(rest.iter().any(|word| STEPWISE.contains(word)))
    };
    let what: Vec<&str> = rest
        .iter()
        .copied()
        .filter(|word| !STEPWISE.contains(word) && !SILENT.contains(word))
        .collect();
    let is_loss = |word: &&str| matches!(*word, "loss" | "losses");
    if what.iter().any(is_loss) {
        let more: Vec<&str> = what.iter().copied().filter(|word| !is_loss(word)).collect();
        return match &more[..] {
            [] => Figure::Loss { rank: late(0) },
            more if more.iter().all(|word| GENERAL.contains(word)) => {
                Figure::Loss { rank: late(1) }
            }
            ["cross", "entropy"] | ["log"] | ["function"] => Figure::Loss { rank: late(2) },
            [word] if LOSSES.contains(word) => Figure::Loss { rank: late(2) },
            _ => Figure::PartOfLoss,
        };
    }
    if let Some(score) = score(&what) {
        let Figure::Score { kind, rank } = score else { return score };
        return Figure::Score { kind, rank: late(rank) };
    }
    let telling: Vec<&str> =
        what.into_iter().filter(|word| LOSSES.contains(word) || !GENERAL.contains(word)).collect();
    match &telling[..] {
        [.., "cross", "entropy"] => Figure::Loss { rank: late(3) },
        [.., word] if LOSSES.contains(word) => Figure::Loss { rank: late(3) },
        _ => Figure::Other,
    }
}

fn score(what: &[&str]) -> Option<Figure> {
    let has = |word: &str| what.contains(&word);
    let counted = |word: &&str| {
        let digits = word.strip_prefix("top").or_else(|| word.strip_prefix("acc"));
        digits
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    if has("accuracy") || has("acc") || what.iter().any(counted) {
        let kind = if has("balanced") { ScoreKind::Rises } else { ScoreKind::Accuracy };
        let first = has("top1") || has("acc1") || (has("top") && has("1"));
        let several = has("top") || has("k") || what.iter().any(counted);
        return Some(Figure::Score {
            kind,
            rank: if several && !first { 2 } else { u8::from(has("balanced")) },
        });
    }
    let place = |lists: &[&[&str]]| {
        lists.iter().position(|list| what.iter().any(|word| list.contains(word)))
    };
    let is_map = |word: &&str| {
        word.strip_prefix("map").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
    };
    if what.iter().any(is_map) {
        // Of mAP at one threshold and over many, the latter.
        let many = has("95") || (has("map") && !has("5"));
        return Some(Figure::Score { kind: ScoreKind::Rises, rank: if many { 4 } else { 5 } });
    }
    // "error" in "mean absolute error" says less than "absolute".
    let measured = what.iter().any(|word| FALLS[2].contains(word) || FALLS[3].contains(word));
    match (place(&FALLS), place(&RISES)) {
        (Some(_), _) if measured => Some(Figure::Score { kind: ScoreKind::Falls, rank: 17 }),
        (Some(place), _) => Some(Figure::Score { kind: ScoreKind::Falls, rank: 15 + place as u8 }),
        (None, Some(place)) => {
            Some(Figure::Score { kind: ScoreKind::Rises, rank: 3 + 2 * place as u8 })
        }
        (None, None) => None,
    }
}

/// `valLoss`, `val_loss`, `val/Loss` and `valloss` are all [`val`, `loss`].
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = 0;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            words.push(String::new());
            small = 0;
            continue;
        }
        if c.is_uppercase() && small >= 2 {
            words.push(String::new());
        }
        small = if c.is_lowercase() { small + 1 } else { 0 };
        let word = words.last_mut().expect("never empty");
        word.extend(c.to_lowercase());
    }
    words.into_iter().filter(|word| !word.is_empty()).flat_map(|word| parted(&word)).collect()
}

/// `valloss` is written without anything between its words.
fn parted(word: &str) -> Vec<String> {
    let heads = TRAIN[..2].iter().chain(&VALIDATION).chain(&EVALUATION).chain(&TEST);
    let parts = heads.filter_map(|head| word.strip_prefix(head).map(|tail| (*head, tail)));
    let mut parts =
        parts.filter(|(_, tail)| matches!(*tail, "loss" | "acc" | "accuracy" | "error"));
    match parts.next() {
        Some((head, tail)) => vec![head.to_string(), tail.to_string()],
        None => vec![word.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_and_figure(name: &str) -> (Split, Figure) {
        let meaning = meaning(name);
        (meaning.split, meaning.figure)
    }

    #[test]
    fn the_usual_names_of_losses_are_known() {
        for name in [
            "val_loss",
            "valid_loss",
            "validation_loss",
            "eval_loss",
            "Val Loss",
            "valLoss",
            "val/loss",
            "Loss/val",
            "validation/epoch_loss",
            "dev_loss",
            "valloss",
            "valid/Loss",
        ] {
            assert_eq!(
                split_and_figure(name),
                (Split::Validation, Figure::Loss { rank: 0 }),
                "{name}"
            );
        }
        for name in [
            "train_loss",
            "training_loss",
            "Train Loss",
            "trainLoss",
            "train/epoch_loss",
            "train_loss_epoch",
            "trainloss",
            "train/Loss",
        ] {
            assert_eq!(split_and_figure(name), (Split::Train, Figure::Loss { rank: 0 }), "{name}");
        }
        assert_eq!(split_and_figure("loss"), (Split::Unsaid, Figure::Loss { rank: 0 }));
        assert_eq!(split_and_figure("test_loss"), (Split::Test, Figure::Loss { rank: 0 }));
        assert_eq!(split_and_figure("train_loss_step"), (Split::Train, Figure::Loss { rank: 20 }));
        assert_eq!(split_and_figure("train/box_loss"), (Split::Train, Figure::PartOfLoss));
        for name in [
            "test-logloss-mean",
            "test/binary_logloss",
            "test_binary_cross_entropy",
            "test_objective",
        ] {
            assert_eq!(split_and_figure(name), (Split::Test, Figure::Loss { rank: 3 }), "{name}");
        }
    }

    #[test]
    fn a_training_loss_in_evaluation_mode_says_so() {
        let found = meaning("train_eval_loss");
        assert_eq!((found.split, found.evaluation), (Split::Train, true));
        assert!(!meaning("train_loss").evaluation);
    }

    #[test]
    fn scores_are_told_apart_by_whether_they_rise() {
        for (name, expected) in [
            ("val_accuracy", ScoreKind::Accuracy),
            ("val_acc", ScoreKind::Accuracy),
            ("val_sparse_categorical_accuracy", ScoreKind::Accuracy),
            ("metrics/accuracy_top1", ScoreKind::Accuracy),
            ("val_balanced_accuracy", ScoreKind::Rises),
            ("val_f1", ScoreKind::Rises),
            ("val_r2", ScoreKind::Rises),
            ("metrics/mAP50-95(B)", ScoreKind::Rises),
            ("val_mae", ScoreKind::Falls),
            ("val_mean_absolute_error", ScoreKind::Falls),
            ("val_error_rate", ScoreKind::Falls),
            ("eval_wer", ScoreKind::Falls),
        ] {
            let found = meaning(name);
            assert_eq!(found.split, Split::Validation, "{name}");
            let Figure::Score { kind, .. } = found.figure else { panic!("{name}: {found:?}") };
            assert_eq!(kind, expected, "{name}");
        }
    }

    #[test]
    fn the_more_telling_score_comes_first() {
        let rank = |name| match meaning(name).figure {
            Figure::Score { rank, .. } => rank,
            other => panic!("{name}: {other:?}"),
        };
        assert!(rank("metrics/mAP50-95(B)") < rank("metrics/mAP50(B)"));
        assert!(rank("metrics/mAP_0.5:0.95") < rank("metrics/mAP_0.5"));
        assert!(rank("metrics/mAP50(B)") < rank("metrics/precision(B)"));
        assert!(rank("metrics/accuracy_top1") < rank("metrics/accuracy_top5"));
        assert!(rank("val_accuracy") < rank("val_f1"));
    }

    #[test]
    fn rates_times_and_bests_are_no_figures() {
        for name in [
            "lr",
            "learning_rate",
            "time",
            "train_penalty",
            "best_val_loss",
            "loss_scale",
            "grad_norm",
            "eval_samples_per_second",
            "evaluation_loss_vs_iterations",
            "train_seconds",
            "lr/pg0",
            "seconds",
            "train_minus_val_loss",
        ] {
            assert_eq!(meaning(name).figure, Figure::Other, "{name}");
        }
    }

    #[test]
    fn clocks_are_known() {
        for name in ["epoch", "Epoch", "                  epoch", "train/epoch", "epochs"] {
            assert_eq!(meaning(name).figure, Figure::Epoch, "{name}");
        }
        for name in ["step", "global_step", "train/global_step", "Iteration", "_step"] {
            assert_eq!(meaning(name).figure, Figure::Step, "{name}");
        }
        for name in ["", "Unnamed: 0", "index"] {
            assert_eq!(meaning(name).figure, Figure::Index, "{name}");
        }
    }

    #[test]
    fn twins_share_their_base() {
        assert_eq!(meaning("accuracy").base, meaning("val_acc").base);
        assert_eq!(meaning("train/Accuracy").base, meaning("valid/Accuracy").base);
        assert_ne!(meaning("val_f1").base, meaning("val_acc").base);
    }
}
