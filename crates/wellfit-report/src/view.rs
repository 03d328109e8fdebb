//! What every part of the report looks at: records, findings and what follows from
//! both, such as the arms' order.

use wellfit_check::Checked;
use wellfit_diagnose::{ArmFindings, Over, StudyFindings};
use wellfit_study::StudyRecords;
use wellfit_train::record::{Record, ScoreKind};

use crate::ReportError;
use crate::curves::Curves;

/// A study's records and findings, checked to belong together.
pub struct View<'a> {
    /// What the trials gave.
    pub records: &'a StudyRecords,
    /// What they say.
    pub findings: &'a StudyFindings,
    /// What a check of the data gave, where there was one.
    pub checked: Option<&'a Checked>,
    /// By arm.
    pub curves: Vec<Curves>,
}

impl<'a> View<'a> {
    /// Looks at both.
    ///
    /// # Errors
    /// [`ReportError::Mismatch`] when they are of different studies.
    pub fn new(
        records: &'a StudyRecords,
        findings: &'a StudyFindings,
    ) -> Result<Self, ReportError> {
        let arms = records.study.arms.len();
        for (what, found) in [("records", records.records.len()), ("findings", findings.arms.len())]
        {
            if found != arms {
                return Err(ReportError::Mismatch { arms, what, found });
            }
        }
        let curves = records.records.iter().map(|arm| Curves::of(arm.iter().flatten())).collect();
        Ok(View { records, findings, checked: None, curves })
    }

    /// What figures are means over.
    pub fn over(&self) -> Over {
        Over::of(&self.records.study)
    }

    /// What an arm has several trials of: seeds, or in a cross-validation folds, or both.
    pub fn trial_words(&self) -> [&'static str; 2] {
        match self.over() {
            Over::Folds { seeds: 2.., .. } => ["trial", "trials"],
            over => [over.one(), over.many()],
        }
    }

    /// What the networks are scored by.
    pub fn score(&self) -> ScoreKind {
        self.records.data.score()
    }

    /// How many arms.
    pub fn arms(&self) -> usize {
        self.findings.arms.len()
    }

    /// An arm's name.
    pub fn name(&self, arm: usize) -> &'a str {
        &self.records.study.arms[arm].name
    }

    /// What was found out about an arm.
    pub fn found(&self, arm: usize) -> &'a ArmFindings {
        &self.findings.arms[arm]
    }

    /// The records of an arm's trials, in the order of seeds and folds.
    pub fn trials(&self, arm: usize) -> impl Iterator<Item = &'a Record> {
        self.records.records[arm].iter().flatten()
    }

    /// The arms by what they gain over the baseline in the primary score, paired by seed, best
    /// first: means over different seeds say nothing of an order. Arms without a figure come
    /// last; by their means where the baseline has none.
    pub fn best_first(&self) -> Vec<usize> {
        let sign = if self.records.study.primary.higher_is_better() { -1.0 } else { 1.0 };
        let mean = |arm: usize| self.found(arm).summary.primary.mean;
        let by_mean = self.arms() == 0 || mean(0).is_nan();
        let figure = |arm: usize| match &self.found(arm).against_baseline {
            _ if by_mean => mean(arm),
            Some(against) => against.primary.mean,
            None => 0.0,
        };
        let score = |arm: usize| match sign * figure(arm) {
            unknown if unknown.is_nan() => f64::INFINITY,
            // Minus zero would come before the baseline's.
            known => known + 0.0,
        };
        let mut arms: Vec<usize> = (0..self.arms()).collect();
        arms.sort_by(|a, b| score(*a).total_cmp(&score(*b)));
        arms
    }

    /// The arms that pictures show first: the baseline, and the recommended arm or,
    /// without one, the best of the others.
    pub fn shown(&self) -> Vec<usize> {
        let recommended = self.findings.answer.arm.filter(|arm| (1..self.arms()).contains(arm));
        let other = recommended.or_else(|| self.best_first().into_iter().find(|arm| *arm != 0));
        let mut shown: Vec<usize> = (0..self.arms().min(1)).collect();
        shown.extend(other);
        shown
    }

    /// How many trials an arm was judged by, where that is not the same of all arms.
    pub fn uneven_seeds(&self) -> Option<Vec<usize>> {
        let seeds = self.findings.arms.iter().map(|arm| arm.summary.seeds.len());
        let seeds: Vec<usize> = seeds.collect();
        seeds.windows(2).any(|pair| pair[0] != pair[1]).then_some(seeds)
    }

    /// The largest number of trials that any arm was judged by.
    pub fn seeds(&self) -> usize {
        self.findings.arms.iter().map(|arm| arm.summary.seeds.len()).max().unwrap_or(0)
    }

    /// The last epoch that any curve has.
    pub fn epochs(&self) -> usize {
        self.curves.iter().map(Curves::epochs).max().unwrap_or(0)
    }
}
