//! `wellfit`: is my network overfitting, and what measurably fixes it?

mod cli;

use std::process::ExitCode;

use clap::Parser;

use cli::arguments::{Arguments, Command, DataCommand};
use cli::{
    Interrupt, check, compare, data, diagnose, evaluate, export, inspect, new, predict, remedies,
    report, show, study, train,
};

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let done = Interrupt::listen().and_then(|interrupt| match command {
        Command::Study(arguments) => study::study(arguments, &interrupt),
        Command::Train(arguments) => train::train(arguments, &interrupt),
        Command::New(arguments) => new::new(arguments),
        Command::Data(DataCommand::List(arguments)) => data::list(arguments),
        Command::Data(DataCommand::Fetch(arguments)) => data::fetch(arguments, &interrupt),
        Command::Data(DataCommand::Check(arguments)) => check::check(arguments),
        Command::Data(DataCommand::Show(arguments)) => show::show(arguments),
        Command::Remedies(arguments) => remedies::remedies(arguments),
        Command::Diagnose(arguments) => diagnose::diagnose(arguments),
        Command::Compare(arguments) => compare::compare(arguments),
        Command::Report(arguments) => report::report(arguments),
        Command::Evaluate(arguments) => evaluate::evaluate(arguments),
        Command::Predict(arguments) => predict::predict(arguments),
        Command::Export(arguments) => export::export(arguments),
        Command::Inspect(arguments) => inspect::inspect(arguments, &interrupt),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}
