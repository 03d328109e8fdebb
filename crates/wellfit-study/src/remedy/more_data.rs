//! `more-data(factor)`: more or fewer training samples, and the learning curve

use wellfit_data::Subset;
use wellfit_train::plan::Plan;

use super::{Arguments, Default, Group, Kind, Parameter, Remedy, Value};

pub(super) static MORE_DATA: Remedy = Remedy {
    name: "more-data",
    group: Group::Data,
    meaning: "learns from so many times the training samples; a range of factors up to 1 is the \
              learning curve, which says what more samples would bring",
    formula: "data.subset ← data.subset·factor; without a subset all samples are 1, and the \
              factor is at most 1",
    helps: "a network that overfits nearly always gains by more samples. The learning curve says \
            by how much before they are gathered: where it is flat, they are not worth it",
    source: "C. Cortes et al., Learning curves: asymptotic values and rate of convergence, 1993, \
             https://papers.nips.cc/paper/1993/hash/1aa48fc4880bb0c9b8a3bf979d3b917e-Abstract.html",
    parameters: &[Parameter {
        name: "factor",
        kind: Kind::Positive,
        default: Default::Required,
        meaning: "training samples = those of the plan·factor",
    }],
    usual: "more-data(0.5)",
    range: Some("more-data(0.1..1, 5)"),
    strength: Some(0),
    falling: false,
    relative: true,
    apply,
};

/// A product this little above all samples is a rounding error.
const ROUNDING: f64 = 1e-9;

fn apply(arguments: &Arguments, plan: &mut Plan) -> Result<(), String> {
    let factor = arguments.number(0);
    plan.data.subset = Some(match plan.data.subset {
        Some(Subset::Count(samples)) => {
            let wanted = (samples as f64 * factor).round();
            // No set holds more samples than this.
            if wanted < 1.0 || wanted > f64::from(u32::MAX) {
                let least = Value::Number(1.0 / samples as f64);
                return Err(format!(
                    "data.subset = {samples} times {factor} is {wanted} samples; the factor must \
                     be at least {least} and leave no more samples than there are"
                ));
            }
            Subset::Count(wanted as usize)
        }
        there => {
            let share = match there {
                Some(Subset::Fraction(share)) => share,
                _ => 1.0,
            };
            let wanted = share * factor;
            if wanted > 1.0 + ROUNDING {
                return Err(format!(
                    "the plan learns from {} of its training samples, and {factor} times as many \
                     are more than there are; the factor must be at most {}, or set data.subset \
                     to a part of them",
                    if share == 1.0 { "all".to_owned() } else { Value::Number(share).to_string() },
                    Value::Number(1.0 / share)
                ));
            }
            Subset::Fraction(wanted.min(1.0))
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use wellfit_data::Subset;

    use super::super::{Call, Calls, Spacing};
    use crate::test_plan::article;

    fn after(subset: Option<Subset>, call: &str) -> Result<Option<Subset>, String> {
        let mut plan = article();
        plan.data.subset = subset;
        let changed = call.parse::<Call>().unwrap().apply(&plan);
        changed.map(|plan| plan.data.subset).map_err(|error| error.to_string())
    }

    #[test]
    fn it_multiplies_what_the_plan_learns_from() {
        for (subset, call, wanted) in [
            (None, "more-data(0.25)", Subset::Fraction(0.25)),
            (None, "more-data(1)", Subset::Fraction(1.0)),
            (Some(Subset::Fraction(0.1)), "more-data(4)", Subset::Fraction(0.4)),
            (Some(Subset::Fraction(0.3)), "more-data(3.3333333334)", Subset::Fraction(1.0)),
            (Some(Subset::Count(600)), "more-data(10)", Subset::Count(6000)),
            (Some(Subset::Count(5)), "more-data(0.5)", Subset::Count(3)),
        ] {
            assert_eq!(after(subset, call), Ok(Some(wanted)), "{subset:?} {call}");
        }
    }

    #[test]
    fn more_than_all_samples_or_none_is_an_error_that_says_so() {
        let told = |subset, call| after(subset, call).unwrap_err();
        let all = told(None, "more-data(2)");
        assert!(all.contains("from all of its training samples") && all.contains("at most 1"));
        let part = told(Some(Subset::Fraction(0.5)), "more-data(2.5)");
        assert!(part.contains("from 0.5 of its") && part.contains("at most 2"), "{part}");
        let none = told(Some(Subset::Count(10)), "more-data(0.01)");
        assert!(none.contains("data.subset = 10 times 0.01"), "{none}");
        told(Some(Subset::Count(10)), "more-data(1e300)");
        for wrong in ["more-data(0)", "more-data(-1)", "more-data(nan)", "more-data"] {
            wrong.parse::<Call>().expect_err(wrong);
        }
    }

    #[test]
    fn a_range_of_factors_is_the_learning_curve() {
        let Ok(Calls::Several(curve)) = "more-data(0.1..1, 5)".parse() else { panic!("no range") };
        let factors: Vec<f64> = curve.calls.iter().map(|(factor, _)| *factor).collect();
        assert_eq!(factors, [0.1, 0.178, 0.316, 0.562, 1.0]);
        assert_eq!(curve.spacing, Spacing::Logarithmic);
    }
}
