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

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::results::{Failure, Results};
use crate::{Size, parallel};
use case::Case;
use twins::Measured;

/// The draws that rules were tuned on. All others are held back.
const TUNING: [u64; 3] = [1, 2, 4];

/// A planted run with everything that its truth is told from.
#[derive(Clone, Serialize, Deserialize)]
struct Planted {
    case: Case,
    measured: Measured,
}

/// Trains all runs of a draw with their twins and keeps them in `work`.
pub fn run(draw: u64, size: &Size, work: &Path) -> Result<(), Failure> {
    let train = |i: usize| -> Result<Planted, Failure> {
        let case = Case::of_draw(draw, i as u64);
        let measured = twins::measure(&case, size.fresh)?;
        Ok(Planted { case, measured })
    };
    let what = format!("planted runs of draw {draw}");
    let runs = parallel::map(&what, size.threads, size.planted, train);
    let runs = runs.into_iter().collect::<Result<Vec<_>, _>>()?;
    std::fs::create_dir_all(work)?;
    Ok(wellfit::write_file(&file(draw, work), &serde_json::to_vec(&runs)?)?)
}

/// Judges the runs of these draws, which are kept in `work`.
pub fn score(draws: &[u64], work: &Path, results: &Results) -> Result<(), Failure> {
    let kept = |draw: &u64| -> Result<Vec<Planted>, Failure> {
        let file = file(*draw, work);
        let runs = std::fs::read(&file).map_err(|error| {
            format!("{}: {error}; `planted --draw {draw}` makes it", file.display())
        })?;
        Ok(serde_json::from_slice(&runs)?)
    };
    let runs = draws.iter().map(kept).collect::<Result<Vec<_>, _>>()?;
    score::keep(&runs.concat(), draws, work, results)
}

fn file(draw: u64, work: &Path) -> PathBuf {
    work.join(format!("planted-{draw}.json"))
}
