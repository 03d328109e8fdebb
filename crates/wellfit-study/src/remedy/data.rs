//! `feature-selection`, `standardise` and `outliers`: what is fitted on the training part

use wellfit_data::{Keep, Outliers, Scale, Select, SelectBy};
use wellfit_train::plan::Plan;

use super::{Arguments, Default, Group, Kind, Parameter, Remedy, Value};

pub(super) static FEATURE_SELECTION: Remedy = Remedy {
    name: "feature-selection",
    group: Group::Data,
    meaning: "learns from part of the features alone, ranked on the training part",
    formula: "anova-f: the features with the largest F = variance between classes / variance \
              within (in regression of the correlation); the others are named in [data] select",
    helps: "with many features and few samples, some of which say nothing. With few features it \
            mostly takes away what would help",
    source: "I. Guyon, A. Elisseeff, An introduction to variable and feature selection, 2003, \
             https://jmlr.org/papers/v3/guyon03a.html",
    parameters: &[
        Parameter {
            name: "by",
            kind: Kind::Word(&[
                "variance",
                "correlation",
                "mutual-information",
                "anova-f",
                "l1-path",
            ]),
            default: Default::Is(Value::Word("anova-f")),
            meaning: "how features are ranked",
        },
        Parameter {
            name: "keep",
            kind: Kind::CountOrShare,
            default: Default::Is(Value::Number(0.5)),
            meaning: "how many stay, or which share of them",
        },
    ],
    usual: "feature-selection",
    range: Some("feature-selection(keep=0.2..0.8, steps=4)"),
    strength: Some(1),
    falling: true,
    relative: false,
    apply: |arguments, plan| {
        let word = arguments.word(0);
        let by = SelectBy::ALL.into_iter().find(|by| by.name() == word);
        let keep = match arguments.value(1) {
            Value::Count(n) => Keep::Count(n),
            _ => Keep::Fraction(arguments.number(1)),
        };
        let by = by.ok_or_else(|| format!("features are not ranked by {word}"))?;
        plan.data.prepare.select = Some(Select { by, keep });
        Ok(())
    },
};

pub(super) static STANDARDISE: Remedy = Remedy {
    name: "standardise",
    group: Group::Data,
    meaning: "scales each column (of images each channel) to mean 0 and standard deviation 1",
    formula: "(x − mean)/standard deviation, both of the training part",
    helps: "when columns have different units or sizes: a network learns slowly from values \
            that are large or far from 0. Tables are scaled so unless the plan says otherwise",
    source: "Y. LeCun et al., Efficient BackProp, 1998, section 4.3, \
             https://doi.org/10.1007/3-540-49430-8_2",
    parameters: &[],
    usual: "standardise",
    range: None,
    strength: None,
    falling: false,
    relative: false,
    apply: |_, plan| {
        plan.data.scale = Some(Scale::Standard);
        Ok(())
    },
};

pub(super) static OUTLIERS: Remedy = Remedy {
    name: "outliers",
    group: Group::Data,
    meaning: "tames numbers far from the rest of their column, by bounds of the training part",
    formula: "winsorise: values beyond the quantiles q and 1 − q become these; clip: those \
              beyond quartile ± iqr·(Q3 − Q1) become that bound; drop: training samples with \
              such a value are left out",
    helps: "when single wild values (typing errors, failed sensors) stretch a column's scale. \
            It hurts where the extremes are what matters",
    source: "J. Tukey, Exploratory data analysis, 1977; \
             https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.mstats.winsorize.html",
    parameters: &[
        Parameter {
            name: "type",
            kind: Kind::Word(&["winsorise", "clip", "drop"]),
            default: Default::Is(Value::Word("winsorise")),
            meaning: "what becomes of them",
        },
        Parameter {
            name: "quantile",
            kind: Kind::Share,
            default: Default::Absent("0.01"),
            meaning: "q of winsorise, below 0.5",
        },
        Parameter {
            name: "iqr",
            kind: Kind::Positive,
            default: Default::Absent("1.5"),
            meaning: "how many interquartile ranges, of clip and drop",
        },
    ],
    usual: "outliers",
    range: Some("outliers(quantile=0.005..0.1, steps=4)"),
    strength: Some(1),
    falling: false,
    relative: false,
    apply: apply_outliers,
};

fn apply_outliers(arguments: &Arguments, plan: &mut Plan) -> Result<(), String> {
    let kind = arguments.word(0);
    let (quantile, iqr) = (arguments.optional_number(1), arguments.optional_number(2));
    let bound = iqr.unwrap_or(1.5);
    let outliers = match (kind, quantile, iqr) {
        ("winsorise", _, Some(_)) => return Err("iqr belongs to clip and drop".into()),
        ("winsorise", ..) => Outliers::Winsorise { quantile: quantile.unwrap_or(0.01) },
        (_, Some(_), _) => return Err(format!("quantile belongs to winsorise, not to {kind}")),
        ("clip", ..) => Outliers::Clip { iqr: bound },
        _ => Outliers::Drop { iqr: bound },
    };
    plan.data.prepare.outliers = Some(outliers);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Call, Calls};
    use crate::test_plan::article;
    use wellfit_data::{Keep, Outliers, Select, SelectBy};

    fn apply(call: &str) -> Result<wellfit_train::plan::Plan, String> {
        call.parse::<Call>().unwrap().apply(&article()).map_err(|error| error.to_string())
    }

    #[test]
    fn features_are_kept_by_number_or_by_share() {
        for (call, by, keep) in [
            ("feature-selection", SelectBy::AnovaF, Keep::Fraction(0.5)),
            ("feature-selection(l1-path, 10)", SelectBy::L1Path, Keep::Count(10)),
            ("feature-selection(variance, keep=1)", SelectBy::Variance, Keep::Count(1)),
        ] {
            assert_eq!(apply(call).unwrap().data.prepare.select, Some(Select { by, keep }));
        }
        assert!("feature-selection(keep=1.5)".parse::<Call>().is_err());
        let several = "feature-selection(keep=5..20, steps=3)".parse();
        let Ok(Calls::Several(several)) = several else { panic!("{several:?}") };
        assert!(several.falling);
        assert_eq!(several.calls[1].1.to_string(), "feature-selection(keep=10)");
    }

    #[test]
    fn outliers_take_the_setting_of_their_type() {
        for (call, wanted) in [
            ("outliers", Outliers::Winsorise { quantile: 0.01 }),
            ("outliers(quantile=0.05)", Outliers::Winsorise { quantile: 0.05 }),
            ("outliers(clip)", Outliers::Clip { iqr: 1.5 }),
            ("outliers(\"drop\", iqr=3)", Outliers::Drop { iqr: 3.0 }),
        ] {
            assert_eq!(apply(call).unwrap().data.prepare.outliers, Some(wanted));
        }
        for (call, words) in [
            ("outliers(clip, quantile=0.1)", "quantile belongs to winsorise, not to clip"),
            ("outliers(iqr=2)", "iqr belongs to clip and drop"),
            ("outliers(quantile=0.5)", "must be above 0 and below 0.5"),
        ] {
            let error = apply(call).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
