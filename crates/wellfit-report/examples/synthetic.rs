//! Writes the report of a made-up study into a folder, to look at and to test in a
//! browser: `cargo run -p wellfit-report --example synthetic -- FOLDER [crowd|small|strengths]`.

#[path = "../tests/fixture/mod.rs"]
mod fixture;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = std::path::PathBuf::from(arguments.next().ok_or("name a folder")?);
    let records = match arguments.next().as_deref() {
        Some("crowd") => fixture::crowd(30, 20, 30),
        Some("small") => fixture::article(1, 1),
        Some("strengths") => fixture::strengths(5, 30),
        _ => fixture::article(5, 30),
    };
    std::fs::create_dir_all(&folder)?;
    let findings = fixture::findings(&records);
    wellfit_report::write_report(&folder, &records, &findings, None)?;
    print!("{}", wellfit_report::answer(&records, &findings, 80, false)?);
    print!("{}", wellfit_report::strengths(&records, &findings, 80, false)?);
    Ok(())
}
