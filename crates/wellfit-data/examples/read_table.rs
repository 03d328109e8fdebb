//! Reads a table and says how long it took: `read_table FILE TARGET`. For measuring, with
//! `/usr/bin/time -v`.

use std::path::Path;
use std::time::Instant;

use wellfit_data::{DataRequest, Places, read_source};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("read_table FILE TARGET".into());
    };
    let mut request = DataRequest::of(file.as_str());
    request.table.target = vec![target];
    let started = Instant::now();
    let source = read_source(&request, &Places::default())?;
    let seconds = started.elapsed().as_secs_f64();
    let train = source.split(&request)?.train;
    let mib = Path::new(&file).metadata()?.len() as f64 / (1u64 << 20) as f64;
    println!(
        "{mib:.0} MiB in {seconds:.1} s, {:.0} MiB/s; {} samples to train on, of {}",
        mib / seconds,
        train.len(),
        train.shape()
    );
    Ok(())
}
