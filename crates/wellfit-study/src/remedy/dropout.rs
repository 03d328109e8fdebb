//! `dropout(p, input=q)`

use wellfit_nn::Layer;
use wellfit_train::plan::Plan;

use super::{Arguments, Default, Group, Kind, Parameter, Remedy};

pub(super) static DROPOUT: Remedy = Remedy {
    name: "dropout",
    group: Group::Network,
    meaning: "zeroes random units in training: before each linear layer but the first, and on request the input",
    formula: "x·mask/(1 − p) in training with mask ~ Bernoulli(1 − p); x in evaluation",
    helps: "in wide networks that overfit, on linear layers above all. Small networks and short \
            runs lose by it: it slows training down",
    source: "N. Srivastava et al., Dropout: a simple way to prevent neural networks from \
             overfitting, 2014, https://jmlr.org/papers/v15/srivastava14a.html; \
             https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html",
    parameters: &[
        Parameter {
            name: "p",
            kind: Kind::Probability,
            default: Default::Required,
            meaning: "probability of a zero before each linear layer but the first",
        },
        Parameter {
            name: "input",
            kind: Kind::Probability,
            default: Default::Absent("none"),
            meaning: "probability of a zero before the first linear layer",
        },
    ],
    usual: "dropout(0.5)",
    range: Some("dropout(0.1..0.5)"),
    strength: Some(0),
    falling: false,
    relative: false,
    apply,
};

/// Puts a dropout layer directly before each linear layer that gets one; a dropout
/// layer that stands there already gets the new probability instead.
fn apply(arguments: &Arguments, plan: &mut Plan) -> Result<(), String> {
    let (hidden, input) = (arguments.number(0), arguments.optional_number(1));
    let old = std::mem::take(&mut plan.model.layers);
    let old_index = std::mem::take(&mut plan.model.init_index);
    let (layers, index) = (&mut plan.model.layers, &mut plan.model.init_index);
    let (mut linear_seen, mut placed) = (false, false);
    for (layer, origin) in old.into_iter().zip(old_index) {
        if let Layer::Linear { .. } = layer {
            let p = if linear_seen { Some(hidden) } else { input };
            linear_seen = true;
            if let Some(p) = p {
                placed = true;
                match layers.last_mut() {
                    Some(Layer::Dropout { p: there }) => *there = p,
                    _ => {
                        layers.push(Layer::Dropout { p });
                        index.push(None);
                    }
                }
            }
        }
        layers.push(layer);
        index.push(origin);
    }
    if placed {
        Ok(())
    } else {
        Err("the network has no linear layer after the first, so dropout has no place; \
             input=… puts it on the input"
            .into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Call;
    use crate::test_plan::plan_with;
    use wellfit_nn::Layer;

    const RELU: Layer = Layer::RELU;

    fn linear(out: usize) -> Layer {
        Layer::Linear { out, bias: true }
    }

    fn drop(p: f64) -> Layer {
        Layer::Dropout { p }
    }

    fn layers_after(call: &str, layers: Vec<Layer>) -> (Vec<Layer>, Vec<Option<usize>>) {
        let plan = call.parse::<Call>().unwrap().apply(&plan_with(layers)).unwrap();
        (plan.model.layers, plan.model.init_index)
    }

    #[test]
    fn it_goes_before_each_linear_layer_but_the_first() {
        let (layers, index) =
            layers_after("dropout(0.5)", vec![linear(8), RELU, linear(6), RELU, linear(2)]);
        assert_eq!(layers, [linear(8), RELU, drop(0.5), linear(6), RELU, drop(0.5), linear(2)]);
        assert_eq!(index, [Some(0), Some(1), None, Some(2), Some(3), None, Some(4)]);
    }

    #[test]
    fn the_articles_form_adds_the_input() {
        let (layers, index) =
            layers_after("dropout(0.5, input=0.25)", vec![linear(8), RELU, linear(2)]);
        assert_eq!(layers, [drop(0.25), linear(8), RELU, drop(0.5), linear(2)]);
        assert_eq!(index, [None, Some(0), Some(1), None, Some(2)]);
    }

    #[test]
    fn a_dropout_layer_that_is_there_gets_the_new_probability() {
        let (layers, index) =
            layers_after("dropout(0.5)", vec![linear(8), RELU, drop(0.1), linear(2)]);
        assert_eq!(layers, [linear(8), RELU, drop(0.5), linear(2)]);
        assert_eq!(index, [Some(0), Some(1), Some(2), Some(3)]);
    }

    #[test]
    fn a_network_without_a_place_for_it_is_an_error() {
        let error = "dropout(0.5)".parse::<Call>().unwrap().apply(&plan_with(vec![linear(2)]));
        assert!(error.unwrap_err().to_string().contains("input=…"));
        let (layers, _) = layers_after("dropout(0.5, input=0.1)", vec![linear(2)]);
        assert_eq!(layers, [drop(0.1), linear(2)]);
    }
}
