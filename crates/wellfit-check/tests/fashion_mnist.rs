//! Real images: what is found in Fashion-MNIST, and how long it takes.

use std::time::Instant;

use wellfit_check::{Effort, Level, check, text};
use wellfit_data::{DataRequest, Places, read_source};

#[test]
#[ignore = "needs Debian's dataset-fashion-mnist"]
fn fashion_mnist_is_checked_in_seconds_and_nothing_grave_is_found() {
    let request = DataRequest::of("fashion-mnist");
    let source = read_source(&request, &Places::from_env(None)).expect("Fashion-MNIST");
    let parts = source.split(&request).expect("parts");
    for effort in [Effort::Quick, Effort::Full] {
        let begun = Instant::now();
        let checked = check(&parts, &request, effort);
        let seconds = begun.elapsed().as_secs_f64();
        println!("{effort:?}: {seconds:.2} s\n{}", text(&checked, 100));
        assert!(checked.count(Level::Error) == 0);
        assert!(seconds < 30.0, "{seconds} s");
    }
}
