//! Words that page, pictures and terminal share.

use wellfit_diagnose::Judgement;
use wellfit_study::slug;

use crate::view::View;

/// The command that trains the recommended arm again, in the report's folder.
/// Without a recommendation: the one that repeats the study.
pub fn repeat(view: &View) -> String {
    let study = &view.records.study;
    match (view.findings.answer.arm, study.seeds.first()) {
        (Some(arm), Some(seed)) if arm < view.arms() => {
            let trial = format!("{}-s{seed}", slug(view.name(arm)));
            format!("wellfit train trials/{trial}/plan.toml --out {trial}  # in the study's folder")
        }
        _ => "wellfit study study.toml --out again  # in the study's folder".into(),
    }
}

/// What a row says of an arm, in few words.
pub fn verdict(view: &View, arm: usize) -> &'static str {
    match view.found(arm).judgement {
        None if arm == 0 => "baseline",
        None => "no figure",
        Some(Judgement::OverRegularised) => Judgement::OverRegularised.meaning(),
        Some(judgement) => judgement.word(),
    }
}
