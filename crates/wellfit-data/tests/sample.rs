//! The embedded sample.
#![cfg(feature = "sample")]

use wellfit_data::{
    DataRequest, FASHION_MNIST_SAMPLE, Holdout, Places, Scale, Shape, Whereabouts, list, load,
};

#[test]
fn the_sample_has_its_documented_parts_and_is_balanced() {
    let request = DataRequest::of(FASHION_MNIST_SAMPLE);
    let splits = load(&request, &Places::default()).unwrap();
    let known = &list(&Places::default())[1];
    assert_eq!(known.whereabouts, Whereabouts::Embedded);
    let (validation, test) = (splits.validation.unwrap(), splits.test.unwrap());
    let sizes = [known.train, known.validation, known.test];
    assert_eq!([splits.train.len(), validation.len(), test.len()], sizes);
    assert_eq!(splits.train.class_counts(), [600; 10]);
    assert_eq!(validation.class_counts(), [500; 10]);
    assert_eq!(test.class_counts(), [500; 10]);
    for set in [&splits.train, &validation, &test] {
        assert_eq!(set.shape(), Shape::Image { channels: 1, height: 28, width: 28 });
    }
    assert_eq!((splits.preparation.scale(), splits.origin.as_str()), (Scale::Unit, "embedded"));

    let fraction = DataRequest { validation: Some(Holdout::Fraction(0.25)), ..request };
    let splits = load(&fraction, &Places::default()).unwrap();
    assert_eq!(splits.train.class_counts(), [450; 10]);
    assert_eq!(splits.validation.unwrap().class_counts(), [150; 10]);
}
