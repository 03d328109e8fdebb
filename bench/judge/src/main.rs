//! How far wellfit's judgements can be trusted, measured. README.md says what and how.
//!
//! ```sh
//! bench/judge/run                                   # everything
//! cargo run --release -p judge-bench -- aa --quick  # a part, small
//! ```

mod aa;
mod draw;
mod parallel;
mod planted;
mod pool;
mod racing;
mod recipe;
mod results;
mod source;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;

use results::{Failure, Results};

const PARTS: [&str; 5] = ["planted", "score", "aa", "racing", "recipe"];

const USAGE: &str = "\
usage: judge-bench PART... [--draw N]... [--quick] [--work DIR] [--out DIR] [--threads N]

PART is one of
  planted        trains runs whose truth is known by their twins
  score          judges them
  aa             studies of arms that are the same
  racing         races against full studies
  recipe         recommended recipes on test sets
  all            all of these

  --draw N       the planted runs of this draw, 1 unless said; more than once for several.
                 Rules are tuned on draws 1, 2 and 4. all: these and draw 5
  --quick        small: shows that everything runs, measures nothing
  --work DIR     where planted runs are kept (target/judge)
  --tables DIR   where tabular.py has put its files (target/judge/tables)
  --out DIR      where judge.md and judge.json are (docs; with --quick target/judge-quick)
  --threads N    instead of all cores";

/// How much is trained and drawn.
pub struct Size {
    /// Trained seeds of an A/A pool.
    pub aa_pool: usize,
    /// A/A studies for each number of seeds.
    pub aa_studies: usize,
    /// Trained seeds of each arm of a race's pool.
    pub race_pool: usize,
    /// Races for each number of seeds.
    pub race_studies: usize,
    /// Rounds of seeds that an undecided study is given.
    pub recipe_rounds: usize,
    /// At most so many sets of images, and of tables.
    pub recipe_settings: usize,
    /// Planted runs of a draw.
    pub planted: usize,
    /// Fresh samples that a planted run's twins are measured on.
    pub fresh: usize,
    /// Threads for all of it.
    pub threads: usize,
}

impl Size {
    const FULL: Size = Size {
        aa_pool: 240,
        aa_studies: 2000,
        race_pool: 120,
        race_studies: 1000,
        recipe_rounds: 4,
        recipe_settings: 9,
        planted: 400,
        fresh: 16_000,
        threads: 1,
    };
    const QUICK: Size = Size {
        aa_pool: 90,
        aa_studies: 20,
        race_pool: 22,
        race_studies: 10,
        recipe_rounds: 1,
        recipe_settings: 1,
        planted: 20,
        fresh: 2000,
        threads: 1,
    };
}

fn main() -> ExitCode {
    match Call::read(std::env::args().skip(1)).and_then(|call| call.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What the command line asks for.
struct Call {
    parts: Vec<String>,
    size: Size,
    /// Draws of planted runs.
    draws: Vec<u64>,
    /// Where planted runs are kept, to be judged again.
    work: PathBuf,
    /// Where the tables are.
    tables: PathBuf,
    out: PathBuf,
}

impl Call {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Call, Failure> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (mut parts, mut quick, mut threads) = (Vec::new(), false, cores);
        let mut draws = Vec::new();
        let (mut out, mut work, mut tables) = (None, None, None);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value\n{USAGE}"));
            match argument.as_str() {
                "--quick" => quick = true,
                "--draw" => draws.push(value()?.parse::<NonZeroU32>()?.get().into()),
                "--work" => work = Some(PathBuf::from(value()?)),
                "--tables" => tables = Some(PathBuf::from(value()?)),
                "--out" => out = Some(PathBuf::from(value()?)),
                "--threads" => threads = value()?.parse()?,
                "all" => {
                    draws = vec![1, 2, 4, 5];
                    parts.extend(PARTS.map(String::from));
                }
                part if PARTS.contains(&part) => parts.push(argument),
                _ => return Err(format!("unknown argument {argument:?}\n{USAGE}").into()),
            }
        }
        if parts.is_empty() {
            return Err(USAGE.into());
        }
        if draws.is_empty() {
            draws.push(1);
        }
        let (size, kept, folder) = match quick {
            true => (Size::QUICK, "target/judge-quick", "target/judge-quick"),
            false => (Size::FULL, "target/judge", "docs"),
        };
        let size = Size { threads, ..size };
        let (work, out) = (work.unwrap_or(kept.into()), out.unwrap_or(folder.into()));
        let tables = tables.unwrap_or("target/judge/tables".into());
        Ok(Call { parts, size, draws, work, tables, out })
    }

    fn run(&self) -> Result<(), Failure> {
        let results = Results::new(&self.out)?;
        for part in &self.parts {
            match part.as_str() {
                "planted" => {
                    for &draw in &self.draws {
                        planted::run(draw, &self.size, &self.work)?;
                    }
                }
                "score" => planted::score(&self.draws, &self.work, &results)?,
                "aa" => aa::run(&self.size, &results)?,
                "racing" => racing::run(&self.size, &results)?,
                "recipe" => recipe::run(&self.size, &self.tables, &results)?,
                other => unreachable!("{other} was refused above"),
            }
        }
        Ok(())
    }
}
