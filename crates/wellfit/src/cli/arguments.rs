//! What may be written after `wellfit`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Is my network overfitting, and what measurably fixes it?
#[derive(Parser)]
#[command(version, arg_required_else_help = true, infer_long_args = false)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Compare remedies over several seeds and report (without FILE: the article's
    /// arms on the embedded sample)
    Study(StudyArguments),
    /// Train one plan
    Train(TrainArguments),
    /// Data sets: what is there, and downloads
    #[command(subcommand)]
    Data(DataCommand),
    /// List every remedy with its arguments, defaults and meaning
    Remedies(RemediesArguments),
    /// Draw a study's report again, or sum up a training run again
    Report(ReportArguments),
}

#[derive(Args)]
pub struct StudyArguments {
    /// A study file or a plan file (TOML)
    pub file: Option<PathBuf>,
    /// How many seeds
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pub seeds: Option<u64>,
    /// Epochs of each trial
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pub epochs: Option<u64>,
    /// Trials side by side [default: as many as fit the last-level cache]
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pub jobs: Option<u64>,
    #[command(flatten)]
    pub run: RunArguments,
}

#[derive(Args)]
pub struct TrainArguments {
    /// A plan file (TOML)
    pub file: PathBuf,
    #[command(flatten)]
    pub run: RunArguments,
}

/// What `study` and `train` share.
#[derive(Args)]
pub struct RunArguments {
    /// The folder for results; one that holds the same work goes on [default: runs/NAME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Threads; never changes a result [default: the machine's]
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pub threads: Option<u64>,
    /// The (first) seed
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Set any key of the file, such as train.epochs=5; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    #[command(flatten)]
    pub places: PlacesArguments,
    /// Show no progress and no log
    #[arg(long, short)]
    pub quiet: bool,
    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct PlacesArguments {
    /// Where known data sets are looked for, and nowhere else
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
pub enum DataCommand {
    /// Show the known data sets and where they are
    List(ListArguments),
    /// Download a known data set and check it
    Fetch(FetchArguments),
}

#[derive(Args)]
pub struct ListArguments {
    #[command(flatten)]
    pub places: PlacesArguments,
    /// Print the list as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct FetchArguments {
    /// The data set's name, such as fashion-mnist
    pub name: String,
    #[command(flatten)]
    pub places: FetchPlacesArguments,
    /// Another server's address of the files (http)
    #[arg(long, value_name = "URL")]
    pub from: Option<String>,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args)]
pub struct FetchPlacesArguments {
    /// The folder for data sets [default: wellfit's cache]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

#[derive(Args)]
pub struct RemediesArguments {
    /// Print the list as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct ReportArguments {
    /// A folder that `study` or `train` made
    pub run: PathBuf,
    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
}

fn at_least_one() -> clap::builder::RangedU64ValueParser<u64> {
    clap::value_parser!(u64).range(1..=1_000_000)
}

impl RunArguments {
    /// Threads that were asked for, or the machine's.
    pub fn threads(&self) -> usize {
        let machine = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(machine, |threads| threads as usize)
    }
}
