//! Words that page, pictures and terminal share.

use wellfit_diagnose::Judgement;
use wellfit_train::record::ScoreKind;

use crate::text::count;
use crate::view::View;

/// What a score is called, from the middle of a sentence to the head of a panel.
#[derive(Clone, Copy, Debug)]
pub struct ScoreWords {
    /// `accuracy`
    pub name: &'static str,
    /// `Accuracy (%)`
    pub panel: &'static str,
    /// `accuracy, %`
    pub head: &'static str,
    /// `gap, points`
    pub gap: &'static str,
}

/// What `score` is called.
pub fn score_words(score: ScoreKind) -> ScoreWords {
    match score {
        ScoreKind::Accuracy => ScoreWords {
            name: "accuracy",
            panel: "Accuracy (%)",
            head: "accuracy, %",
            gap: "gap, points",
        },
        ScoreKind::R2 => ScoreWords { name: "R²", panel: "R²", head: "R²", gap: "gap" },
    }
}

/// What the losses of a study's curves are called: by epoch each arm shows its own.
pub fn loss_panel(view: &View) -> String {
    let (study, score) = (&view.records.study, view.score());
    let measure = study.plan.measure(score);
    let name = match study.arms.iter().any(|arm| arm.plan.measure(score) != measure) {
        true => "each arm's own",
        false => measure.name(),
    };
    format!("Loss ({name})")
}

/// The command that trains the model that is handed over again, in the report's folder.
/// Without a recommendation, and where the model is of a fold, which only a study has: the
/// one that repeats the study.
pub fn repeat(view: &View) -> String {
    match &view.findings.answer.model {
        Some(model) if model.fold.is_none() => {
            let trial = &model.trial;
            format!("wellfit train trials/{trial}/plan.toml --out {trial}  # in the study's folder")
        }
        _ => "wellfit study study.toml --out again  # in the study's folder".into(),
    }
}

/// What a row says of an arm, in few words.
pub fn verdict(view: &View, arm: usize) -> String {
    let found = view.found(arm);
    if found.identical {
        return "identical".into();
    }
    match (found.judgement, found.left_race) {
        (None, _) if arm == 0 => "baseline".into(),
        (None, _) => "no figure".into(),
        (Some(Judgement::OverRegularised), _) => Judgement::OverRegularised.meaning().into(),
        (Some(Judgement::Undecided), Some(left)) => {
            format!("out after {}", count(left.seeds, "seed", "seeds"))
        }
        (Some(judgement), _) => judgement.word().into(),
    }
}
