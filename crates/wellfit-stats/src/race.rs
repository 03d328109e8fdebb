//! Which arms need more seeds: a race that stops losers early and claims no more than
//! a full study would.

use crate::{CONFIDENCE, Estimate, StudentT, holm};

/// The chance, over all arms together, that the race leaves out the arm that the full
/// study would have picked.
const WRONGLY_OUT: f64 = 0.05;

/// The share of the level that is spent on all looks before the last one together.
const SPENT_EARLY: f64 = 0.1;

/// How many degrees of freedom the spread of all arms adds to an arm's own, at most.
const POOLED: f64 = 4.0;

/// The rules of a race, fixed before it starts.
///
/// Arms run seed by seed against the baseline, and are looked at after numbers of seeds
/// that are set beforehand ([`Race::looks`]). Two things happen at a look.
///
/// *Claims.* That an arm helps (gains more than the margin) is tested at each look at a
/// level of its own; the levels of all looks add up to 5 %, so that the chance of any
/// false claim at any look stays below that, whatever stops the race (alpha spending:
/// K. K. G. Lan, D. L. DeMets, *Discrete sequential boundaries for clinical trials*,
/// Biometrika 70, 1983; here as in J. L. Haybittle, *Repeated assessment of results in
/// clinical trials of cancer treatment*, British Journal of Radiology 44, 1971: little
/// before the end, 0.5 % for all looks together, and 4.5 % at the last). At a look the arms
/// share its level by Holm's correction over all of them, those that are out included.
/// Levels are added up and not joined by the looks' correlation: exact for Student's t
/// at any number of seeds, where boundaries made for known variances are not. The
/// interval of an arm is that of the look at which it stopped (C. Jennison,
/// B. W. Turnbull, *Interim analyses: the repeated confidence interval approach*,
/// Journal of the Royal Statistical Society B 51, 1989).
///
/// *Leaving out.* An arm is out when it is hardly the one that the full study would
/// pick. Its risk is the chance that all its seeds would show it clear of the margin, or
/// that they would show it ahead of the leader, whichever is smaller, for a winner is
/// both. At a look arms leave, the smallest risk first, while the risks of all that have
/// left, at this look and before, add up to at most 5 %: so the chance that the winner is
/// among them stays below that, and nothing is set aside for arms that put nothing at
/// risk. The chances are the predictive ones given the seeds so far (D. J. Spiegelhalter,
/// L. S. Freedman, P. R. Blackburn, *Monitoring clinical trials: conditional or
/// predictive power?*, Controlled Clinical Trials 7, 1986): the mean of all N seeds is
/// Student's t around the mean of the n that ran, with error s·√((N−n)/(nN)). Two or
/// three seeds say little of s, but all arms' seeds together say a lot: s² is an arm's
/// own variance and that of all arms, weighted by their degrees of freedom, with at most
/// 4 for the latter and never more than the other arms have (G. K. Smyth, *Linear models
/// and empirical Bayes methods for assessing differential expression in microarray
/// experiments*, Statistical Applications in Genetics and Molecular Biology 3, 2004, with
/// a prior whose weight is fixed). An arm whose every value is the same keeps its spread
/// of none. Leaving out makes no claim, so it spends no level and can make false claims
/// only fewer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Race {
    /// Seeds before the first look, at least 2.
    pub first: usize,
    /// Seeds of the full study.
    pub most: usize,
    /// Gains within ±margin are of no use.
    pub margin: f64,
}

/// Where a race stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// One for each arm.
    pub arms: Vec<Runner>,
    /// How many seeds, counted from the first, the baseline and every arm that is still
    /// in need next; `None` when the race is over.
    pub next: Option<usize>,
    /// The arm that helps most, once the race is over; `None`: none is known to help.
    pub winner: Option<usize>,
}

/// An arm in a race.
#[derive(Clone, Debug, PartialEq)]
pub struct Runner {
    /// Whether it needs more seeds.
    pub place: Place,
    /// Its gain over the seeds that counted. The interval holds for all looks together,
    /// so it is wider than Student's 95 %: much wider for an arm that left early.
    pub gain: Estimate,
    /// Whether it is known to help, for all arms and looks together.
    pub helps: bool,
    /// p of "the gain is within the margin" after correction for all arms and looks: at
    /// each look Holm's over the arms, times what the look's level is of 5 % the other
    /// way round; the smallest of its looks, and 1 before it has an interval.
    pub corrected_p: f64,
    /// p of "the gain is beyond the margin", likewise.
    pub corrected_p_within: f64,
}

/// Whether an arm is still in the race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It runs on, or was there at the end.
    In,
    /// It would hardly have helped: out after so many seeds.
    Useless(usize),
    /// Another arm is ahead for good: out after so many seeds.
    Behind(usize),
    /// None of so many trials gave a figure.
    Lost(usize),
}

impl Race {
    /// The numbers of seeds at which the race is looked at: every one up to 8, then in
    /// steps of a quarter, and the last.
    ///
    /// ```
    /// use wellfit_stats::Race;
    /// let race = Race { first: 3, most: 12, margin: 0.0 };
    /// assert_eq!(race.looks(), [3, 4, 5, 6, 7, 8, 10, 12]);
    /// ```
    pub fn looks(&self) -> Vec<usize> {
        let next = |&n: &usize| Some(n + (n / 4).max(1));
        std::iter::successors(Some(self.first.max(2)), next)
            .take_while(|&n| n < self.most)
            .chain([self.most.max(2)])
            .collect()
    }

    /// The level of each look: with [`Race::looks`], and adding up to 5 %.
    pub fn levels(&self) -> Vec<f64> {
        let alpha = 1.0 - CONFIDENCE;
        let early = self.looks().len() - 1;
        let each = SPENT_EARLY * alpha / early as f64;
        let last = if early == 0 { alpha } else { (1.0 - SPENT_EARLY) * alpha };
        std::iter::repeat_n(each, early).chain([last]).collect()
    }

    /// Where the race stands, given each arm's gains over the baseline (more is better;
    /// NaN for a trial that was lost, in the arm or in the baseline) by seed, in the
    /// order in which seeds run, the same for all arms. An arm that is out may have
    /// fewer; gains beyond a look that has not been reached are not looked at.
    ///
    /// The answer depends on the gains and the rules alone: the whole race is run
    /// again from its first seed, so that an interrupted one goes on as it would have.
    pub fn standing(&self, gains: &[Vec<f64>]) -> Standing {
        let blank = Runner {
            place: Place::In,
            gain: Estimate::of([]),
            helps: false,
            corrected_p: 1.0,
            corrected_p_within: 1.0,
        };
        let mut arms = vec![blank; gains.len()];
        let looks = self.looks();
        let (mut seen, mut risked) = (Vec::new(), 0.0);
        for (&n, level) in looks.iter().zip(self.levels()) {
            let is_in = |arm: usize| arms[arm].place == Place::In;
            let open: Vec<usize> = (0..gains.len()).filter(|&arm| is_in(arm)).collect();
            if open.iter().any(|&arm| gains[arm].len() < n) {
                return Standing { arms, next: Some(n), winner: None };
            }
            seen = gains.iter().map(|arm| &arm[..n.min(arm.len())]).collect();
            self.claim(&mut arms, &seen, &open, level);
            if n < self.most {
                risked = self.leave_out(&mut arms, &seen, &open, n, risked);
            }
            let left: Vec<&Runner> = arms.iter().filter(|arm| arm.place == Place::In).collect();
            if left.is_empty() || left.len() == 1 && left[0].helps {
                break;
            }
        }
        let winner = best(&arms, &seen, |arm| arm.place == Place::In && arm.helps);
        Standing { arms, next: None, winner }
    }

    /// Estimates the open arms' gains and says which help.
    fn claim(&self, arms: &mut [Runner], seen: &[&[f64]], open: &[usize], level: f64) {
        for &arm in open {
            let there: Vec<f64> = finite(seen[arm]).collect();
            arms[arm].gain = Estimate::of(there).with_confidence(1.0 - level);
        }
        // An arm that is out, or has no interval, counts among those that are tested.
        let corrected = |p: fn(&Estimate, f64) -> f64, arms: &[Runner]| {
            let p = arms.iter().enumerate().map(|(arm, runner)| {
                let p = p(&runner.gain, self.margin);
                if open.contains(&arm) && !p.is_nan() { p } else { 1.0 }
            });
            holm(&p.collect::<Vec<_>>())
        };
        let (beyond, within) =
            (corrected(Estimate::p_beyond, arms), corrected(Estimate::p_within, arms));
        let share = level / (1.0 - CONFIDENCE);
        for (runner, (beyond, within)) in arms.iter_mut().zip(beyond.into_iter().zip(within)) {
            runner.helps |= beyond <= level && runner.gain.mean > 0.0;
            runner.corrected_p = runner.corrected_p.min(beyond / share);
            runner.corrected_p_within = runner.corrected_p_within.min(within / share);
        }
    }

    /// Takes the arms out that the full study would hardly pick. `risked` is the risk of
    /// those that have left, and comes back with that of those that leave now.
    fn leave_out(
        &self,
        arms: &mut [Runner],
        seen: &[&[f64]],
        open: &[usize],
        n: usize,
        mut risked: f64,
    ) -> f64 {
        let leader = best(arms, seen, |arm| arm.place == Place::In && arm.gain.is_known());
        let gains = moderated(arms.iter().map(|arm| arm.gain.clone()).collect());
        // The leader is behind nobody.
        let lead = |&arm: &usize| {
            let leader = leader.filter(|&leader| leader != arm);
            let ahead = leader
                .map(|leader| both(seen[arm], seen[leader]).map(|(ours, theirs)| ours - theirs));
            Estimate::of(ahead.into_iter().flatten().collect::<Vec<_>>())
        };
        let leads = moderated(open.iter().map(lead).collect());
        let mut risks: Vec<Risk> = Vec::new();
        for (&arm, lead) in open.iter().zip(&leads) {
            if gains[arm].n == 0 {
                arms[arm].place = Place::Lost(n);
                continue;
            }
            let bound = self.margin + self.reach(&gains[arm]);
            let useful = self.chance_above(&gains[arm], bound);
            risks.push(Risk { arm, useful, ahead: self.chance_above(lead, 0.0) });
        }
        risks.sort_by(|a, b| a.of_winning().total_cmp(&b.of_winning()));
        for risk in risks {
            let left = WRONGLY_OUT - risked;
            if risk.of_winning() > left {
                break;
            }
            risked += risk.of_winning();
            arms[risk.arm].place =
                if risk.useful <= left { Place::Useless(n) } else { Place::Behind(n) };
        }
        risked
    }

    /// The predictive chance that the mean over all seeds lies above `bound`; 1 without
    /// an interval.
    fn chance_above(&self, estimate: &Estimate, bound: f64) -> f64 {
        if !estimate.has_interval() {
            return 1.0;
        }
        let error = estimate.error * (1.0 - self.done(estimate)).sqrt();
        if error == 0.0 {
            return if estimate.mean > bound { 1.0 } else { 0.0 };
        }
        StudentT::new(estimate.df).upper_tail((bound - estimate.mean) / error)
    }

    /// How far an interval over all seeds would reach, uncorrected, with the spread
    /// seen so far.
    fn reach(&self, estimate: &Estimate) -> f64 {
        let t = StudentT::new(self.most as f64 - 1.0).quantile(0.5 + CONFIDENCE / 2.0);
        if estimate.error == 0.0 { 0.0 } else { t * estimate.error * self.done(estimate).sqrt() }
    }

    /// The share of all seeds that an estimate has seen.
    fn done(&self, estimate: &Estimate) -> f64 {
        (estimate.n as f64 / self.most as f64).min(1.0)
    }
}

/// The chances that all seeds would show an arm
struct Risk {
    arm: usize,
    /// clear of the margin,
    useful: f64,
    /// and ahead of the leader.
    ahead: f64,
}

impl Risk {
    /// At least the chance that it is the full study's winner.
    fn of_winning(&self) -> f64 {
        self.useful.min(self.ahead)
    }
}

/// The estimates with errors that know the spread of all of them; see [`Race`].
fn moderated(estimates: Vec<Estimate>) -> Vec<Estimate> {
    let known = |e: &Estimate| e.has_interval() && e.error > 0.0;
    let variance = |e: &Estimate| e.error * e.error * e.n as f64;
    let (sum, freedom) = estimates
        .iter()
        .filter(|e| known(e))
        .fold((0.0, 0.0), |(sum, df), e| (sum + e.df * variance(e), df + e.df));
    let moderate = |e: Estimate| {
        if !known(&e) {
            return e;
        }
        let pooled = POOLED.min(freedom - e.df);
        let df = e.df + pooled;
        let variance = (pooled * sum / freedom + e.df * variance(&e)) / df;
        Estimate { error: (variance / e.n as f64).sqrt(), df, ..e }
    };
    estimates.into_iter().map(moderate).collect()
}

/// The arm with the largest mean among those that fit; one that lost trials only if no
/// steady one fits; the first of equals.
fn best(arms: &[Runner], seen: &[&[f64]], fits: impl Fn(&Runner) -> bool) -> Option<usize> {
    let steady = |arm: usize| seen[arm].iter().all(|gain| gain.is_finite());
    let fitting = (0..arms.len()).filter(|&arm| fits(&arms[arm]));
    fitting.rev().max_by(|&a, &b| {
        let means = arms[a].gain.mean.total_cmp(&arms[b].gain.mean);
        steady(a).cmp(&steady(b)).then(means)
    })
}

/// The gains that are there.
fn finite(gains: &[f64]) -> impl Iterator<Item = f64> {
    gains.iter().copied().filter(|gain| gain.is_finite())
}

/// The gains of seeds that are there in both arms.
fn both(ours: &[f64], theirs: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    let pairs = ours.iter().copied().zip(theirs.iter().copied());
    pairs.filter(|(a, b)| a.is_finite() && b.is_finite())
}
