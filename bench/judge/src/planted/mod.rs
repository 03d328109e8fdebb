//! Runs whose truth is known by counterfactual, and what judges say of them.
//!
//! | file | in → out |
//! |---|---|
//! | `case` | a number → what is trained on what |
//! | `twins` | a case → its run, and what every twin of it costs on a large fresh sample |
//! | `truth` | these → what the run is |
//! | `rivals` | the run's curves → what two threshold rules say |
//! | `score` | truths and verdicts → tables |

mod case;
mod rivals;
mod score;
mod truth;
mod twins;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::results::{Failure, Results};
use crate::{Size, parallel};
use case::{Case, Half};
use twins::Measured;

/// A planted run with everything that its truth is told from.
#[derive(Serialize, Deserialize)]
struct Planted {
    case: Case,
    measured: Measured,
}

/// Trains all runs with their twins and keeps them in `work`.
pub fn run(size: &Size, work: &Path) -> Result<(), Failure> {
    let train = |i: usize| -> Result<Planted, Failure> {
        let case = Case::new(i as u64);
        let measured = twins::measure(&case, size.fresh)?;
        Ok(Planted { case, measured })
    };
    let runs = parallel::map("planted runs", size.threads, size.planted, train);
    let runs = runs.into_iter().collect::<Result<Vec<_>, _>>()?;
    std::fs::create_dir_all(work)?;
    Ok(wellfit::write_file(&work.join(RUNS), &serde_json::to_vec(&runs)?)?)
}

/// Judges the runs that are kept in `work`: those that may be tuned on, and on request the
/// others.
pub fn score(held_back: bool, work: &Path, results: &Results) -> Result<(), Failure> {
    let halves = if held_back { &[Half::Tuning, Half::HeldBack][..] } else { &[Half::Tuning] };
    let file = work.join(RUNS);
    let runs = std::fs::read(&file)
        .map_err(|error| format!("{}: {error}; `planted` makes it", file.display()))?;
    score::keep(&serde_json::from_slice::<Vec<Planted>>(&runs)?, halves, work, results)
}

const RUNS: &str = "planted.json";
