//! What can be said of an arm that is undecided: whether it is at least better, and
//! whether more seeds can tell.

use wellfit_stats::{CONFIDENCE, Estimate, Normal, POWER, holm};
use wellfit_train::plan::Metric;

use crate::arms::gain;
use crate::trials::ArmTrials;
use crate::words;
use crate::{ArmFindings, Judgement, Leaning};

/// The arm to lean to when none is known to help: of the undecided ones that are better
/// than the baseline, for all arms together and with the chance of the validation samples
/// counted in as far as it is known, the one that gains most. That it is better is sure at
/// 5 %, as any claim; whether by more than the margin is open. An arm that lost trials is
/// no choice.
pub fn leaning(metric: Metric, trials: &[ArmTrials], arms: &[ArmFindings]) -> Option<Leaning> {
    let gains: Vec<Option<Estimate>> = arms.iter().map(|arm| whole_gain(metric, arm)).collect();
    let p = |known: &Option<Estimate>| known.as_ref().map_or(f64::NAN, |gain| gain.p_beyond(0.0));
    let corrected = holm(&gains.iter().map(p).collect::<Vec<_>>());
    let better = |&(arm, gain): &(usize, &Estimate)| {
        let open = arms[arm].judgement == Some(Judgement::Undecided);
        let steady = trials[arm].diverged() == 0 && trials[arm].failures().next().is_none();
        open && steady && gain.mean > 0.0 && corrected[arm] <= 1.0 - CONFIDENCE
    };
    let known = gains.iter().enumerate().filter_map(|(arm, gain)| Some((arm, gain.as_ref()?)));
    let (arm, gain) = known.filter(better).max_by(|a, b| a.1.mean.total_cmp(&b.1.mean))?;
    Some(Leaning { arm, gain: gain.clone(), corrected_p: corrected[arm] })
}

/// What an arm gains, over seeds and validation samples, or over seeds alone where single
/// samples are not known.
fn whole_gain(metric: Metric, arm: &ArmFindings) -> Option<Estimate> {
    let against = arm.against_baseline.as_ref()?;
    Some(gain(metric, against.primary_with_data.as_ref().unwrap_or(&against.primary)))
}

/// Why arms are undecided though their intervals are clear of zero: the interval reaches
/// into the margin, or the claim would not hold for all arms together. `None` where no arm
/// is; those that left a race are said to have left it.
pub fn why(metric: Metric, arms: &[ArmFindings], margin: f64) -> Option<String> {
    let open = arms.iter().filter(|arm| {
        arm.judgement == Some(Judgement::Undecided) && arm.left_race.is_none() && !arm.identical
    });
    let intervals = open.filter_map(|arm| Some(&arm.against_baseline.as_ref()?.primary));
    let clear: Vec<bool> = intervals
        .filter(|interval| interval.is_above(0.0) || interval.is_below(0.0))
        .map(|interval| interval.is_above(margin) || interval.is_below(-margin))
        .collect();
    let within = clear.iter().any(|clear| !clear);
    let together = clear.iter().any(|clear| *clear).then(|| arms.len() - 1);
    let margin = words::margin(metric, margin);
    (!clear.is_empty()).then(|| words::why_undecided(within, together, &margin))
}

/// That validation samples are too few for a question, whatever the seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FewSamples {
    /// How many there are.
    pub samples: usize,
    /// About how many would show a difference as small as the margin with a chance of
    /// four in five, past the first step of Holm's correction.
    pub needed: usize,
}

/// Whether the interval over validation samples alone, that of seeds without end, lies
/// neither clear of the margin nor within it. `None`: it does, or it is not known.
pub fn few_samples(
    arm: &ArmFindings,
    samples: usize,
    margin: f64,
    arms: usize,
) -> Option<FewSamples> {
    let against = arm.against_baseline.as_ref()?;
    let with_data = against.primary_with_data.as_ref()?;
    let by_samples = (with_data.error.powi(2) - against.primary.error.powi(2)).max(0.0).sqrt();
    let reach = Normal::quantile(0.5 + CONFIDENCE / 2.0) * by_samples;
    let mean = with_data.mean.abs();
    let told = mean - reach > margin || mean + reach <= margin;
    if told || !(reach > 0.0 && margin > 0.0) {
        return None;
    }
    let level = (1.0 - CONFIDENCE) / arms.max(1) as f64;
    let steps = Normal::quantile(1.0 - level / 2.0) + Normal::quantile(POWER);
    let needed = samples as f64 * (steps * by_samples / margin).powi(2);
    (needed > samples as f64).then(|| FewSamples { samples, needed: two_digits(needed) })
}

/// Rounded up to two significant digits: it is no more exact than that.
fn two_digits(n: f64) -> usize {
    let unit = 10_f64.powf((n.log10().floor() - 1.0).max(0.0));
    ((n / unit).ceil() * unit) as usize
}

#[cfg(test)]
mod tests {
    use super::two_digits;

    #[test]
    fn numbers_of_samples_are_rounded_up_to_two_digits() {
        assert_eq!([3.2, 99.5, 3361.0, 120_001.0].map(two_digits), [4, 100, 3400, 130_000]);
    }
}
