//! `augment`, `noise`, `mixup` and `cutmix`: training samples that change in each epoch

use wellfit_data::Augment;
use wellfit_train::plan::Plan;

use super::{Arguments, Default, Group, Kind, Parameter, Remedy, Value};

const NONE: Default = Default::Absent("none");

pub(super) static AUGMENT: Remedy = Remedy {
    name: "augment",
    group: Group::Samples,
    meaning: "changes training images at random, anew in each epoch; without arguments by a preset",
    formula: "light: flip with 0.5, shift by up to 2 pixels; symbols (digits, letters): shift \
              by up to 2, rotate by up to 10°, zoom by up to 10 %; strong: flip, crop with a \
              padding of 4, rotate by up to 15°, zoom by up to 10 %, erase, brightness and \
              contrast by up to 20 %",
    helps: "with images, when training accuracy runs ahead of validation accuracy. Each change \
            must leave the class as it is: a mirrored 2 is no 2. It needs more epochs",
    source: "C. Shorten, T. Khoshgoftaar, A survey on image data augmentation for deep learning, \
             2019, https://doi.org/10.1186/s40537-019-0197-0",
    parameters: &[
        Parameter {
            name: "preset",
            kind: Kind::Word(&["light", "symbols", "strong"]),
            default: Default::Absent("light"),
            meaning: "changes that go together; unless single ones are named, light",
        },
        Parameter {
            name: "flip",
            kind: Kind::Probability,
            default: NONE,
            meaning: "probability of a mirror image, left to right",
        },
        Parameter {
            name: "shift",
            kind: Kind::Count(1),
            default: NONE,
            meaning: "pixels, at most, in each direction",
        },
        Parameter {
            name: "crop",
            kind: Kind::Count(1),
            default: NONE,
            meaning: "pixels of padding, out of which a window is cut",
        },
        Parameter {
            name: "rotate",
            kind: Kind::Positive,
            default: NONE,
            meaning: "degrees, at most, either way",
        },
        Parameter {
            name: "zoom",
            kind: Kind::Share,
            default: NONE,
            meaning: "share, at most, by which the size changes",
        },
        Parameter {
            name: "erase",
            kind: Kind::Probability,
            default: NONE,
            meaning: "probability that a rectangle of up to a fifth of the image is blanked",
        },
        Parameter {
            name: "brightness",
            kind: Kind::Share,
            default: NONE,
            meaning: "share, at most, by which brightness changes",
        },
        Parameter {
            name: "contrast",
            kind: Kind::Share,
            default: NONE,
            meaning: "share, at most, by which contrast changes",
        },
    ],
    usual: "augment",
    range: None,
    strength: None,
    falling: false,
    relative: false,
    apply: apply_augment,
};

pub(super) static NOISE: Remedy = Remedy {
    name: "noise",
    group: Group::Samples,
    meaning: "adds normal noise to every value of the training samples, tables and images alike",
    formula: "x + ε with ε ~ N(0, std²), after scaling, new for each value and epoch",
    helps: "with small tables of measurements. The values should be scaled first (standardise), \
            so that one std suits all of them",
    source: "C. Bishop, Training with noise is equivalent to Tikhonov regularization, 1995, \
             https://doi.org/10.1162/neco.1995.7.1.108",
    parameters: &[Parameter {
        name: "std",
        kind: Kind::Positive,
        default: Default::Is(Value::Number(0.1)),
        meaning: "the noise's standard deviation",
    }],
    usual: "noise",
    range: Some("noise(0.03..1)"),
    strength: Some(0),
    falling: false,
    relative: false,
    apply: |arguments, plan| put(plan, Augment::Noise { std: arguments.number(0) }),
};

pub(super) static MIXUP: Remedy = Remedy {
    name: "mixup",
    group: Group::Samples,
    meaning: "trains on blends of two samples and of their targets",
    formula: "λ·x + (1 − λ)·x′ with the same blend of targets, λ ~ Beta(alpha, alpha)",
    helps: "when a classifier learns its samples by heart or labels are noisy. Training loss \
            rises, since blends are harder than samples",
    source: "H. Zhang et al., mixup: beyond empirical risk minimization, 2018, \
             https://arxiv.org/abs/1710.09412",
    parameters: &[Parameter {
        name: "alpha",
        kind: Kind::Positive,
        default: Default::Is(Value::Number(0.2)),
        meaning: "how even the blends are",
    }],
    usual: "mixup",
    range: Some("mixup(0.1..1, 4)"),
    strength: Some(0),
    falling: false,
    relative: false,
    apply: |arguments, plan| put(plan, Augment::Mixup { alpha: arguments.number(0) }),
};

pub(super) static CUTMIX: Remedy = Remedy {
    name: "cutmix",
    group: Group::Samples,
    meaning: "replaces a rectangle of each training image by another image's, and as much of its target",
    formula: "a rectangle of the share 1 − λ of the image, λ ~ Beta(alpha, alpha); target \
              λ·y + (1 − λ)·y′",
    helps: "with images whose classes show in many places, and enough epochs. Tables have no \
            rectangles: mixup is for them",
    source: "S. Yun et al., CutMix: regularization strategy to train strong classifiers, 2019, \
             https://arxiv.org/abs/1905.04899",
    parameters: &[Parameter {
        name: "alpha",
        kind: Kind::Positive,
        default: Default::Is(Value::Number(1.0)),
        meaning: "how even the parts are",
    }],
    usual: "cutmix",
    range: Some("cutmix(0.2..2, 3)"),
    strength: Some(0),
    falling: false,
    relative: false,
    apply: |arguments, plan| put(plan, Augment::Cutmix { alpha: arguments.number(0) }),
};

fn apply_augment(arguments: &Arguments, plan: &mut Plan) -> Result<(), String> {
    let preset = arguments.optional_word(0);
    let single = singles(arguments);
    let changes = match (preset, single.is_empty()) {
        (Some(_), false) => {
            return Err("either a preset or single changes, not both".into());
        }
        (None, false) => single,
        (Some("strong"), true) => vec![
            Augment::Flip { p: 0.5 },
            Augment::Crop { padding: 4 },
            Augment::Rotate { degrees: 15.0 },
            Augment::Zoom { by: 0.1 },
            Augment::Erase { p: 0.5, area: ERASED },
            Augment::Brightness { by: 0.2 },
            Augment::Contrast { by: 0.2 },
        ],
        (Some("symbols"), true) => vec![
            Augment::Shift { pixels: 2 },
            Augment::Rotate { degrees: 10.0 },
            Augment::Zoom { by: 0.1 },
        ],
        _ => vec![Augment::Flip { p: 0.5 }, Augment::Shift { pixels: 2 }],
    };
    // What belongs to the other remedies stays behind them.
    let rest = plan.train.augment.iter().copied().filter(|augment| place(augment) > 0);
    plan.train.augment = changes.into_iter().chain(rest).collect();
    Ok(())
}

/// The largest share of an image that is blanked.
const ERASED: f64 = 0.2;

fn singles(arguments: &Arguments) -> Vec<Augment> {
    let number = |at| arguments.optional_number(at);
    [
        number(1).map(|p| Augment::Flip { p }),
        arguments.optional_count(2).map(|pixels| Augment::Shift { pixels }),
        arguments.optional_count(3).map(|padding| Augment::Crop { padding }),
        number(4).map(|degrees| Augment::Rotate { degrees }),
        number(5).map(|by| Augment::Zoom { by }),
        number(6).map(|p| Augment::Erase { p, area: ERASED }),
        number(7).map(|by| Augment::Brightness { by }),
        number(8).map(|by| Augment::Contrast { by }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Gives the change of its kind that is there the new strength, or puts it in its place:
/// changes of an image first, then noise, then blends.
fn put(plan: &mut Plan, change: Augment) -> Result<(), String> {
    let all = &mut plan.train.augment;
    match all.iter_mut().find(|there| there.name() == change.name()) {
        Some(there) => *there = change,
        None => {
            let at = all.iter().position(|there| place(there) > place(&change));
            all.insert(at.unwrap_or(all.len()), change);
        }
    }
    Ok(())
}

fn place(augment: &Augment) -> u8 {
    match augment {
        Augment::Noise { .. } => 1,
        Augment::Mixup { .. } | Augment::Cutmix { .. } => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Call, apply_chain};
    use crate::test_plan::article;
    use wellfit_data::Augment;

    fn names(calls: &[&str]) -> Vec<&'static str> {
        let calls: Vec<Call> = calls.iter().map(|call| call.parse().unwrap()).collect();
        let plan = apply_chain(&article(), &calls).unwrap();
        plan.train.augment.iter().map(Augment::name).collect()
    }

    #[test]
    fn changes_of_images_come_before_noise_and_noise_before_blends() {
        let wanted = ["flip", "shift", "noise", "mixup"];
        assert_eq!(names(&["augment", "noise", "mixup"]), wanted);
        assert_eq!(names(&["mixup", "noise(0.5)", "augment"]), wanted);
    }

    #[test]
    fn another_preset_or_single_changes_take_the_place_of_the_first() {
        assert_eq!(names(&["augment(strong)", "noise", "augment(shift=1)"]), ["shift", "noise"]);
        let single = names(&["augment(flip=0.5, rotate=20, contrast=0.3)"]);
        assert_eq!(single, ["flip", "rotate", "contrast"]);
    }

    #[test]
    fn a_preset_beside_single_changes_is_an_error_and_so_is_a_wrong_value() {
        for (call, words) in [
            ("augment(light, shift=2)", "either a preset or single changes"),
            ("augment(rotate=270)", "must be above 0 and at most 180, not 270"),
        ] {
            let error = call.parse::<Call>().unwrap().apply(&article()).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
