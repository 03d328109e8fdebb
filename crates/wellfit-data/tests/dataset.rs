//! What a set checks, and parts of it.

use wellfit_data::{Dataset, Features, Shape};

fn names(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("class {i}")).collect()
}

#[test]
fn a_set_checks_its_values_and_labels() {
    let bytes = |shape, values: usize, labels: &[u32], classes| {
        Dataset::from_bytes(shape, vec![0; values], labels.to_vec(), names(classes))
            .map_err(|error| error.to_string())
            .map(|set| set.len())
    };
    let vector = Shape::Vector(3);
    assert_eq!(bytes(vector, 6, &[0, 1], 2), Ok(2));
    let image = Shape::Image { channels: 2, height: 1, width: 3 };
    assert_eq!(bytes(image, 6, &[0], 1), Ok(1));
    let told = |shape, values, labels, classes| bytes(shape, values, labels, classes).unwrap_err();
    assert_eq!(
        told(vector, 7, &[0, 1], 2),
        "7 values and 2 labels do not fit: 2 samples of 3 values are 6 values"
    );
    assert_eq!(
        told(vector, 6, &[0, 2], 2),
        "label 2 of sample 1 is not below 2, the number of classes"
    );
    assert_eq!(told(vector, 0, &[], 2), "there are no samples; at least one is needed");
    assert_eq!(told(Shape::Vector(0), 0, &[0], 2), "a sample of shape 0 values has no values");
    let huge = Shape::Image { channels: usize::MAX, height: usize::MAX, width: usize::MAX };
    assert!(told(huge, 1, &[0], 1).contains("do not fit"));
}

#[test]
fn values_that_are_not_finite_are_refused_by_place() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let values = vec![0.0, 1.0, 2.0, 3.0, 4.0, value];
        let set = Dataset::from_floats(Shape::Vector(2), values, vec![0; 3], names(1));
        let words = set.unwrap_err().to_string();
        let expected = format!("value {value} at column 1 of sample 2 is not a finite float32");
        assert_eq!(words, expected);
    }
}

#[test]
fn a_part_shares_values_and_keeps_the_asked_order() {
    let set = Dataset::from_bytes(
        Shape::Vector(1),
        vec![10, 11, 12, 13, 14],
        vec![0, 1, 2, 0, 1],
        names(3),
    )
    .unwrap();
    let part = set.take(&[4, 2, 0, 4]).unwrap();
    assert_eq!(part.len(), 4);
    assert_eq!(part.stored_rows().collect::<Vec<_>>(), [4, 2, 0, 4]);
    assert_eq!(part.labels_in_order().collect::<Vec<_>>(), [1, 2, 0, 1]);
    assert_eq!(part.class_counts(), [1, 2, 1]);
    let part_of_part = part.take(&[1, 3]).unwrap();
    assert_eq!(part_of_part.stored_rows().collect::<Vec<_>>(), [2, 4]);
    let (Features::Bytes(a), Features::Bytes(b)) = (set.features(), part_of_part.features()) else {
        panic!("bytes became something else")
    };
    assert!(std::sync::Arc::ptr_eq(a, b));
    assert_eq!(
        part.take(&[4]).unwrap_err().to_string(),
        "row 4 is not below 4, the number of samples"
    );
    assert!(part.take(&[]).is_err());
}
