//! What may be written after `wellfit`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use wellfit::check::Level;
use wellfit::comparison::{JudgementGate, Margin, Primary};
use wellfit::runs::Options;
use wellfit::study::JudgeAt;
use wellfit::verdict::{Format, Gate, Target};

/// Is my network overfitting, and what measurably fixes it?
#[derive(Parser)]
#[command(version, arg_required_else_help = true, infer_long_args = false)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Compare remedies over several seeds and report: those of a study file, or, for a
    /// data file, those that make sense for it (without FILE: the article's arms on the
    /// embedded sample)
    Study(StudyArguments),
    /// Train one plan, or a baseline network on a data file
    Train(TrainArguments),
    /// Print a sensible plan for a data file, with the reason for each choice
    New(NewArguments),
    /// Data sets: what is there, and downloads
    #[command(subcommand)]
    Data(DataCommand),
    /// List every remedy with its arguments, defaults and meaning; of one also its
    /// formula, when it helps and its source
    Remedies(RemediesArguments),
    /// Judge training runs, wellfit's or other programs': does it overfit, since when,
    /// how surely, and what to do
    Diagnose(DiagnoseArguments),
    /// Say whether the runs A, wellfit's or other programs', are better than the runs B
    Compare(CompareArguments),
    /// Draw a study's report again, or sum up a training run again
    Report(ReportArguments),
    /// Say what a trained model makes of each sample of a file
    Predict(PredictArguments),
    /// Score a trained model on a part of its data or on a file: scores with intervals, who
    /// is taken for whom, calibration, the worst samples
    Evaluate(EvaluateArguments),
    /// Write a trained model for other programs: ONNX, PyTorch, safetensors
    Export(ExportArguments),
    /// Look at a model's weights, of any framework: norms, singular values, the power
    /// law of the spectrum's tail
    Inspect(InspectArguments),
}

#[derive(Args)]
pub struct StudyArguments {
    /// A study file or a plan file (TOML); or data: a table (CSV, TSV, Parquet), arrays
    /// (NPZ), a folder of images, IDX files, a known set
    pub file: Option<PathBuf>,
    /// How many seeds; of a race, how many at most
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pub seeds: Option<u64>,
    /// Cross-validate with so many folds, in the place of a validation set; 1: none
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pub folds: Option<u64>,
    /// How many times the folds are drawn
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pub repeats: Option<u64>,
    /// Race: add seeds, at most as many as --seeds says, only where the ranking is open;
    /// losers stop early
    #[arg(long)]
    pub race: bool,
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
    /// A plan file (TOML), or data, as for `study`
    pub file: PathBuf,
    #[command(flatten)]
    pub run: RunArguments,
}

#[derive(Args)]
pub struct NewArguments {
    /// A table (CSV, TSV, Parquet), arrays (NPZ), a folder of images, IDX files, a known set
    pub data: PathBuf,
    /// The column of a table that is to be predicted; several times for several numbers
    #[arg(long, value_name = "COLUMN")]
    pub target: Vec<String>,
    /// Also propose what to compare: a study file
    #[arg(long)]
    pub study: bool,
    /// Write the plan to this new file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub places: PlacesArguments,
}

/// What `study` and `train` share.
#[derive(Args)]
pub struct RunArguments {
    /// The column of a table that is to be predicted; several times for several numbers
    /// [default: what the plan says; of a data file a column called target, label, class
    /// or y]
    #[arg(long, value_name = "COLUMN")]
    pub target: Vec<String>,
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
    /// Train nothing when the check of the data finds an error
    #[arg(long)]
    pub strict: bool,
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
    /// Look for what is wrong with data: leaks, repeats, columns that give the target away,
    /// drift between the parts
    Check(CheckArguments),
    /// Look at training samples, as they are stored and as a plan's augmentation changes
    /// them: images as a picture, others as a table
    Show(ShowArguments),
}

#[derive(Args)]
pub struct CheckArguments {
    /// A data file, folder or known set, or a plan or study file (TOML)
    #[arg(value_name = "FILE|PLAN")]
    pub data: PathBuf,
    /// The column to predict, of a table; may be repeated
    #[arg(long, value_name = "COLUMN")]
    pub target: Vec<String>,
    /// Set any key of the plan, such as data.validation=0.2; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// End with code 3 when there is such a finding, or a graver one
    #[arg(long, value_name = "LEVEL", value_parser = named(Level::ALL, Level::name))]
    pub fail_on: Option<Level>,
    #[command(flatten)]
    pub places: PlacesArguments,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct ShowArguments {
    /// A plan file (.toml), a known data set's name, or a path of data
    #[arg(value_name = "PLAN|DATA")]
    pub what: String,
    /// The picture of images: FILE.png or FILE.svg [default: samples.png]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The epoch whose changes are shown, for images the first of seven
    #[arg(long, value_name = "N", default_value = "1", value_parser = at_least_one())]
    pub epoch: u64,
    /// The column to predict, for a table without a plan
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Set any key of the plan, such as data.subset=100; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    #[command(flatten)]
    pub places: PlacesArguments,
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
    /// One of them, of which all is said
    pub name: Option<String>,
    /// Print the list as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct DiagnoseArguments {
    /// Folders of runs or studies, metrics files of other programs, or - for what comes in
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How the verdicts are written
    #[arg(long, default_value = "text", value_parser = named(Format::ALL, Format::name))]
    pub format: Format,
    /// What the advised lines are pasted into [default: what wrote the run]
    #[arg(long = "for", value_name = "TARGET", value_parser = named(Target::ALL, Target::name))]
    pub target: Option<Target>,
    /// End with code 3 when a run is one of these, such as overfit,diverged:0.9 with the
    /// least confidence
    #[arg(long, value_name = "LIST[:CONFIDENCE]")]
    pub fail_on: Option<Gate>,
    #[command(flatten)]
    pub columns: ColumnArguments,
    /// Validation samples, for runs that do not record them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub val_size: Option<u64>,
}

/// Which columns of other programs' files are what.
#[derive(Args)]
pub struct ColumnArguments {
    /// The column with the training loss (or score) [default: guessed and shown]
    #[arg(long, value_name = "NAME")]
    pub train_col: Option<String>,
    /// The column with the validation loss (or score) [default: guessed and shown]
    #[arg(long, value_name = "NAME")]
    pub val_col: Option<String>,
    /// The column with the training score [default: guessed and shown]
    #[arg(long, value_name = "NAME")]
    pub train_score_col: Option<String>,
    /// The column with the validation score [default: guessed and shown]
    #[arg(long, value_name = "NAME")]
    pub val_score_col: Option<String>,
    /// Whether the score is to rise [default: by its name]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub higher_is_better: Option<bool>,
}

impl ColumnArguments {
    /// What the readers of runs are told.
    pub fn options(&self) -> Options {
        Options {
            train_col: self.train_col.clone(),
            val_col: self.val_col.clone(),
            train_score_col: self.train_score_col.clone(),
            val_score_col: self.val_score_col.clone(),
            higher_is_better: self.higher_is_better,
            val_size: None,
        }
    }
}

#[derive(Args)]
#[command(override_usage = "wellfit compare [OPTIONS] <A>... --against <B>...")]
pub struct CompareArguments {
    /// The runs that are judged, several seeds of them: run folders, folders of those, or
    /// metrics files and folders of other programs
    #[arg(required = true, value_name = "A")]
    pub a: Vec<PathBuf>,
    /// The runs that they are compared with
    #[arg(long, required = true, num_args = 1.., value_name = "B")]
    pub against: Vec<PathBuf>,
    /// The held-out figure that is judged [default: loss, where every run has one]
    #[arg(long, value_name = "FIGURE", value_parser = named(Primary::ALL, Primary::name))]
    pub primary: Option<Primary>,
    /// The epoch that is judged: the kept one, or else the best by the figure; or the last
    #[arg(long, value_name = "EPOCH", default_value = "best", value_parser = named(JudgeAt::ALL, JudgeAt::name))]
    pub judge_at: JudgeAt,
    /// Pair runs in their order where they are not paired by seed
    #[arg(long, conflicts_with_all = ["unpaired", "folds"])]
    pub paired: bool,
    /// Pair no runs, not even those of one seed
    #[arg(long, conflicts_with = "folds")]
    pub unpaired: bool,
    /// The runs are the folds of a cross-validation, in the same order on both sides
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u64).range(2..))]
    pub folds: Option<u64>,
    /// Differences within ±X are of no use: a number, or a share of B's loss or error
    /// [default: 1%]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub margin: Option<Margin>,
    /// End with code 3 when the judgement is one of these, such as hurts,undecided
    #[arg(long, value_name = "LIST")]
    pub fail_on: Option<JudgementGate>,
    /// How the comparison is written
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = named(CompareFormat::ALL, CompareFormat::name))]
    pub format: CompareFormat,
    #[command(flatten)]
    pub columns: ColumnArguments,
}

/// A form of a comparison.
#[derive(Clone, Copy)]
pub enum CompareFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl CompareFormat {
    const ALL: [CompareFormat; 2] = [CompareFormat::Text, CompareFormat::Json];

    fn name(self) -> &'static str {
        match self {
            CompareFormat::Text => "text",
            CompareFormat::Json => "json",
        }
    }
}

/// One of several values by its name.
fn named<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [T; N],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.map(name)).try_map(move |given| {
        all.into_iter().find(|one| name(*one) == given).ok_or("no such value")
    })
}

#[derive(Args)]
pub struct ReportArguments {
    /// A folder that `study` or `train` made
    pub run: PathBuf,
    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct EvaluateArguments {
    /// A folder that `train` or `study` made; of a study's the recommended model is taken
    pub run: PathBuf,
    /// A file of samples with what they are to give [default: the run's own data]
    pub data: Option<PathBuf>,
    /// Which part of the run's own data [default: validation]
    #[arg(long, value_enum, value_name = "PART", conflicts_with = "data")]
    pub on: Option<Part>,
    /// Write evaluation.json and pictures into a folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print everything as JSON
    #[arg(long)]
    pub json: bool,
    /// Threads; never changes a result [default: the machine's]
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pub threads: Option<u64>,
    #[command(flatten)]
    pub places: PlacesArguments,
    /// Say nothing but results and errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// A part of a run's data.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// What was trained on, as it was read
    Train,
    /// What the kept epoch was chosen by
    Validation,
    /// What is opened once
    Test,
}

#[derive(Args)]
pub struct PredictArguments {
    /// A folder that `train` or `study` made; of a study's the recommended model is taken
    pub run: PathBuf,
    /// Samples like those that the model learnt from: a table, an array, images
    pub file: PathBuf,
    /// How the predictions are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = PredictFormat::Csv)]
    pub format: PredictFormat,
    /// Write to a file [default: print]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the probability of every class, not only that of the predicted one
    #[arg(long)]
    pub probabilities: bool,
    /// Say nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PredictFormat {
    /// A header and a line a sample
    Csv,
    /// A JSON object a line
    Jsonl,
}

#[derive(Args)]
pub struct ExportArguments {
    /// A folder that `train` or `study` made; of a study's the recommended model is taken
    pub run: PathBuf,
    /// What is written
    #[arg(long, value_enum, value_name = "FORM", default_value_t = ExportTo::Onnx)]
    pub to: ExportTo,
    /// Where [default: in the model's folder: model.onnx, exported.safetensors, pytorch/]
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// Leave out the preparation: the model takes prepared features
    #[arg(long)]
    pub prepared: bool,
    /// Say nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportTo {
    /// One file with preparation, network and outputs, for every ONNX runtime
    Onnx,
    /// The weights alone, with the names of the classes and the plan
    Safetensors,
    /// A folder with the weights and a module that loads and uses them
    Pytorch,
}

impl ExportTo {
    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ExportTo::Onnx => "onnx",
            ExportTo::Safetensors => "safetensors",
            ExportTo::Pytorch => "pytorch",
        }
    }

    /// What is written in the model's folder when nobody says where.
    pub fn default_name(self) -> &'static str {
        match self {
            ExportTo::Onnx => "model.onnx",
            ExportTo::Safetensors => "exported.safetensors",
            ExportTo::Pytorch => "pytorch",
        }
    }
}

#[derive(Args)]
pub struct InspectArguments {
    /// A safetensors file, a PyTorch state dict (.pt, .pth), or a run's folder
    pub model: PathBuf,
    /// How the figures are printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = InspectFormat::Text)]
    pub format: InspectFormat,
    /// Draw histograms and spectra: FILE.svg, FILE.png, or a folder for a picture a layer
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
    /// Compute the singular values of every layer, also where that takes many minutes
    #[arg(long)]
    pub all: bool,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InspectFormat {
    /// Tables for people
    Text,
    /// Everything, for programs
    Json,
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
