//! `label-smoothing(alpha=…)` and `class-weights`

use wellfit_data::Task;
use wellfit_train::plan::{ClassWeights, LossSettings, Plan};

use super::{Default, Group, Kind, Parameter, Remedy, Value};

pub(super) static LABEL_SMOOTHING: Remedy = Remedy {
    name: "label-smoothing",
    group: Group::Classes,
    meaning: "asks for a little less than certainty: part of each target is spread over all classes",
    formula: "target = (1 − alpha)·onehot + alpha/K for K classes",
    helps: "when a classifier grows too sure of itself (validation loss rises while accuracy \
            stays) or some labels are wrong. Probabilities become more modest",
    source: "C. Szegedy et al., Rethinking the Inception architecture for computer vision, 2016, \
             section 7, https://arxiv.org/abs/1512.00567; \
             https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html",
    parameters: &[Parameter {
        name: "alpha",
        kind: Kind::BelowOne,
        default: Default::Is(Value::Number(0.1)),
        meaning: "the part that is spread",
    }],
    usual: "label-smoothing",
    range: Some("label-smoothing(0.02..0.2, 4)"),
    strength: Some(0),
    falling: false,
    relative: false,
    apply: |arguments, plan| {
        let alpha = arguments.number(0);
        cross_entropy(plan, |smoothing, _| *smoothing = alpha)
    },
};

pub(super) static CLASS_WEIGHTS: Remedy = Remedy {
    name: "class-weights",
    group: Group::Classes,
    meaning: "lets every class count the same in the loss, however few samples it has",
    formula: "weight of class k = n/(K·n_k) for n_k of n training samples",
    helps: "when classes differ much in size and the small ones matter: look at balanced \
            accuracy. Plain accuracy and the probabilities of large classes get worse",
    source: "G. King, L. Zeng, Logistic regression in rare events data, 2001, \
             https://doi.org/10.1093/oxfordjournals.pan.a004868; \
             https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html",
    parameters: &[],
    usual: "class-weights",
    range: None,
    strength: None,
    falling: false,
    relative: false,
    apply: |_, plan| cross_entropy(plan, |_, weights| *weights = ClassWeights::Balanced),
};

/// Changes the cross-entropy of the plan, which is its loss unless it says otherwise.
fn cross_entropy(
    plan: &mut Plan,
    change: impl FnOnce(&mut f64, &mut ClassWeights),
) -> Result<(), String> {
    if plan.data.task == Some(Task::Regression) {
        return Err("it is for classes, and the plan predicts numbers (data.task)".into());
    }
    match plan.train.loss.get_or_insert(LossSettings::CROSS_ENTROPY) {
        LossSettings::CrossEntropy { label_smoothing, class_weights } => {
            change(label_smoothing, class_weights);
            Ok(())
        }
        other => Err(format!(
            "it is for classes, which cross-entropy is for, and train.loss is {}",
            other.name()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Call, apply_chain};
    use crate::test_plan::article;
    use wellfit_data::Task;
    use wellfit_train::plan::{ClassWeights, LossSettings};

    #[test]
    fn smoothing_and_weights_stand_together() {
        let calls = ["label-smoothing(0.2)", "class-weights"].map(|c| c.parse::<Call>().unwrap());
        let wanted = LossSettings::CrossEntropy {
            label_smoothing: 0.2,
            class_weights: ClassWeights::Balanced,
        };
        assert_eq!(apply_chain(&article(), &calls).unwrap().train.loss, Some(wanted));
    }

    #[test]
    fn numbers_to_predict_are_an_error_with_a_reason() {
        for call in ["label-smoothing", "class-weights"] {
            let call: Call = call.parse().unwrap();
            let mut plan = article();
            plan.train.loss = Some(LossSettings::Mse);
            let error = call.apply(&plan).unwrap_err().to_string();
            assert!(error.contains("train.loss is mse"), "{error}");
            let mut plan = article();
            plan.data.task = Some(Task::Regression);
            assert!(call.apply(&plan).unwrap_err().to_string().contains("predicts numbers"));
        }
    }
}
