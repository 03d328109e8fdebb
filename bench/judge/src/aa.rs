//! A/A studies: arms that are the same but for the seed. Whoever wins there wins by luck.

use serde_json::json;
use wellfit::findings::MARGIN;
use wellfit::record::Record;
use wellfit::stats::{Estimate, Sample, holm};
use wellfit::study::Arm;

use crate::draw::{Group, stream};
use crate::pool::{
    CHECKED, Setting, baseline, check_answer, figure, gains, settings, study, train_pool, winner,
};
use crate::results::{Failure, Results, mean, percent, share, table};
use crate::{Size, parallel};

/// Arms beside the baseline, as in the study that `wellfit study` runs without a file.
const ARMS: usize = 7;
/// Seeds of each arm.
const SEEDS: [usize; 3] = [3, 5, 10];
/// At most this share may find a winner.
const MOST_WINNERS: f64 = 0.065;
/// This share of intervals should cover.
const COVERAGE: [f64; 2] = [0.93, 0.97];

/// What one study said.
struct Said {
    /// The arm that wellfit's answer names, if it is not the baseline.
    answered: Option<usize>,
    /// Some arm is called better or worse than the baseline, without any margin.
    differs: bool,
    /// Whether the interval of each arm's difference covers 0.
    differences: Vec<bool>,
    /// Whether the interval of each arm's mean covers the pool's mean.
    means: Vec<bool>,
}

/// Runs the studies and keeps their figures.
pub fn run(size: &Size, results: &Results) -> Result<(), Failure> {
    let mut rows = Vec::new();
    let mut figures = Vec::new();
    for setting in settings()? {
        let pool = train_pool(&setting, &[baseline(&setting.plan)], size.aa_pool, size.threads)?;
        let pool: Vec<_> = pool.into_iter().flatten().collect();
        let truth = mean(pool.iter().map(figure));
        let spread =
            Sample::new(pool.iter().map(figure).collect())?.std().unwrap_or(f64::NAN) / truth;
        for (which, seeds) in SEEDS.into_iter().enumerate() {
            let said = parallel::map("A/A studies", size.threads, size.aa_studies, |i| {
                let step = (i * SEEDS.len() + which) as u64;
                let drawn = stream(Group::Study, 0, step)
                    .without_replacement((ARMS + 1) * seeds, pool.len());
                let arms = drawn.chunks(seeds);
                let records = arms.map(|arm| arm.iter().map(|&i| pool[i].clone()).collect());
                let records: Vec<Vec<Record>> = records.collect();
                let said = Said::of(&records, truth);
                if i < CHECKED {
                    let study = study(&setting, &same_arms(&setting), records);
                    check_answer(&study, said.answered)?;
                }
                Ok::<Said, Failure>(said)
            });
            let said = said.into_iter().collect::<Result<Vec<_>, _>>()?;
            let answered = share(said.iter().map(|said| said.answered.is_some()));
            let differs = share(said.iter().map(|said| said.differs));
            let differences = share(said.iter().flat_map(|said| said.differences.clone()));
            let means = share(said.iter().flat_map(|said| said.means.clone()));
            let ok = differs <= MOST_WINNERS
                && answered <= MOST_WINNERS
                && (COVERAGE[0]..=COVERAGE[1]).contains(&differences);
            rows.push(vec![
                setting.name.to_owned(),
                percent(spread),
                seeds.to_string(),
                percent(answered),
                percent(differs),
                percent(differences),
                percent(means),
                if ok { "yes" } else { "no" }.to_owned(),
            ]);
            figures.push(json!({
                "setting": setting.name, "pool": pool.len(), "studies": said.len(),
                "seeds": seeds, "arms": ARMS, "relative_spread": spread,
                "answers_name_a_winner": answered, "any_difference_called": differs,
                "coverage_of_differences": differences, "coverage_of_means": means, "reached": ok,
            }));
        }
    }
    let head = [
        "setting",
        "spread of the pool",
        "seeds",
        "wellfit names a winner",
        "any arm called different, no margin",
        "95 % intervals of differences that cover 0",
        "of means that cover the pool's",
        "reached",
    ];
    let text = format!(
        "{} studies for each row, of a baseline and {ARMS} arms, drawn from a pool of {} trained \
         seeds.\n\n{}",
        size.aa_studies,
        size.aa_pool,
        table(&head, &rows)
    );
    results.keep("aa", json!(figures), &text)
}

/// Arms that do what the baseline does.
fn same_arms(setting: &Setting) -> Vec<Arm> {
    let same = |i: usize| Arm { name: format!("same {i}"), ..baseline(&setting.plan) };
    std::iter::once(baseline(&setting.plan)).chain((1..=ARMS).map(same)).collect()
}

impl Said {
    fn of(records: &[Vec<Record>], truth: f64) -> Said {
        let gains = gains(records);
        let figures = |arm: &Vec<Record>| arm.iter().map(figure).collect::<Vec<_>>();
        let covers = |values: Vec<f64>, truth: f64| {
            let estimate = Estimate::of(values);
            estimate.low <= truth && truth <= estimate.high
        };
        let p = |gains: &Vec<f64>| Estimate::of(gains.clone()).p_beyond(0.0);
        Said {
            answered: winner(&gains, MARGIN * mean(figures(&records[0]))),
            differs: holm(&gains.iter().map(p).collect::<Vec<_>>()).iter().any(|&p| p <= 0.05),
            differences: gains.iter().map(|gains| covers(gains.clone(), 0.0)).collect(),
            means: records.iter().map(|arm| covers(figures(arm), truth)).collect(),
        }
    }
}
