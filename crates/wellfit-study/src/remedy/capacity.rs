//! `smaller(factor=…)` and `shallower(layers=…)`: networks with fewer weights

use wellfit_nn::Layer;
use wellfit_train::plan::Plan;

use super::network::holds_weights;
use super::{Arguments, Default, Group, Kind, Parameter, Remedy, Value};

pub(super) static SMALLER: Remedy = Remedy {
    name: "smaller",
    group: Group::Network,
    meaning: "makes every hidden layer narrower, convolutions, too; the last layer stays",
    formula: "out ← max(1, round(out·factor))",
    helps: "when the network is far larger than the data need: training accuracy near 100 % \
            and validation far below. A network that is too small underfits",
    source: "V. Vapnik, A. Chervonenkis, On the uniform convergence of relative frequencies of \
             events to their probabilities, 1971, https://doi.org/10.1137/1116025",
    parameters: &[Parameter {
        name: "factor",
        kind: Kind::Share,
        default: Default::Is(Value::Number(0.5)),
        meaning: "new width = width·factor, rounded, at least 1",
    }],
    usual: "smaller",
    range: Some("smaller(0.1..0.75, 4)"),
    strength: Some(0),
    falling: true,
    relative: true,
    apply: apply_smaller,
};

pub(super) static SHALLOWER: Remedy = Remedy {
    name: "shallower",
    group: Group::Network,
    meaning: "takes hidden layers away from the back, each with its activation, norm, dropout and \
              pool; `flatten` stays",
    formula: "the last `layers` hidden layers f are left out of the chain of layers",
    helps: "when a shorter network learns the training samples as well: it has less to remember \
            them with. Without any hidden layer the network is a linear model",
    source: "V. Vapnik, A. Chervonenkis, On the uniform convergence of relative frequencies of \
             events to their probabilities, 1971, https://doi.org/10.1137/1116025",
    parameters: &[Parameter {
        name: "layers",
        kind: Kind::Count(1),
        default: Default::Is(Value::Count(1)),
        meaning: "how many",
    }],
    usual: "shallower",
    range: Some("shallower(1..2)"),
    strength: Some(0),
    falling: false,
    relative: true,
    apply: apply_shallower,
};

const FIXED: &str = "the network starts from the weights of init, whose shapes are given";

fn apply_smaller(arguments: &Arguments, plan: &mut Plan) -> Result<(), String> {
    if plan.model.init.is_some() {
        return Err(FIXED.into());
    }
    let factor = arguments.number(0);
    let layers = &mut plan.model.layers;
    let Some(last) = layers.iter().rposition(holds_weights) else {
        return Err("the network has no layer with weights".into());
    };
    if let Layer::Residual { .. } = layers[last] {
        return Err("the network ends with a residual layer, which keeps the width that comes \
                    into it, and outputs cannot be fewer"
            .into());
    }
    let before = layers.clone();
    narrow(&mut layers[..last], factor, false);
    match layers[..] == before[..] {
        true => Err("the network has no hidden layer that could be narrower".into()),
        false => Ok(()),
    }
}

/// Makes layers narrower; `narrowed`: what comes into them has been, too. A residual ends
/// with the width that comes into it. Whether what comes out is narrower.
fn narrow(layers: &mut [Layer], factor: f64, mut narrowed: bool) -> bool {
    for layer in layers {
        match layer {
            Layer::Linear { out, .. } | Layer::Conv2d { out, .. } => {
                *out = width(*out, factor);
                narrowed = true;
            }
            Layer::Residual { layers } => {
                // Its last layer gives the width that came in, whatever that is now.
                let end = layers.iter().rposition(holds_weights);
                let (inner, rest) = layers.split_at_mut(end.unwrap_or(0));
                narrow(inner, factor, narrowed);
                if narrowed {
                    narrow(rest, factor, narrowed);
                }
            }
            _ => {}
        }
    }
    narrowed
}

fn width(out: usize, factor: f64) -> usize {
    ((out as f64 * factor).round() as usize).max(1)
}

fn apply_shallower(arguments: &Arguments, plan: &mut Plan) -> Result<(), String> {
    if plan.model.init.is_some() {
        return Err(FIXED.into());
    }
    let layers = &plan.model.layers;
    let weighted: Vec<usize> = (0..layers.len()).filter(|&at| holds_weights(&layers[at])).collect();
    let (wanted, hidden) = (arguments.count(0), weighted.len().saturating_sub(1));
    if wanted > hidden {
        return Err(match hidden {
            0 => "the network has no hidden layer".into(),
            1 => format!("the network has one hidden layer, not {wanted}"),
            n => format!("the network has {n} hidden layers, not {wanted}"),
        });
    }
    // From the first of those that go to the last layer.
    let gone = weighted[hidden - wanted]..weighted[hidden];
    let stays = |at: &usize| !gone.contains(at) || layers[*at] == Layer::Flatten;
    plan.model.layers = (0..layers.len()).filter(stays).map(|at| layers[at].clone()).collect();
    // Without weights to start from, names refer to this network.
    plan.model.init_index = (0..plan.model.layers.len()).map(Some).collect();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Call;
    use crate::test_plan::{conv, flatten, linear, plan_with};
    use wellfit_nn::Layer;

    const RELU: Layer = Layer::RELU;
    const DROPOUT: Layer = Layer::Dropout { p: 0.5 };

    fn after(call: &str, layers: Vec<Layer>) -> Result<Vec<Layer>, String> {
        let call: Call = call.parse().unwrap();
        match call.apply(&plan_with(layers)) {
            Ok(plan) => {
                assert_eq!(plan.model.layers.len(), plan.model.init_index.len());
                Ok(plan.model.layers)
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn residual(layers: Vec<Layer>) -> Layer {
        Layer::Residual { layers }
    }

    #[test]
    fn smaller_narrows_all_layers_but_the_last() {
        let net = vec![conv(8), RELU, flatten(), linear(5), RELU, linear(2)];
        let half = vec![conv(4), RELU, flatten(), linear(3), RELU, linear(2)];
        assert_eq!(after("smaller", net.clone()), Ok(half));
        let least = vec![conv(1), RELU, flatten(), linear(1), RELU, linear(2)];
        assert_eq!(after("smaller(0.01)", net), Ok(least));
    }

    #[test]
    fn residual_layers_end_with_the_width_that_comes_in() {
        let net = vec![linear(8), residual(vec![linear(6), RELU, linear(8)]), linear(2)];
        let half = vec![linear(4), residual(vec![linear(3), RELU, linear(4)]), linear(2)];
        assert_eq!(after("smaller", net), Ok(half));
        // The input's own width stays.
        let net = vec![residual(vec![linear(6), RELU, linear(8)]), linear(2)];
        let half = vec![residual(vec![linear(3), RELU, linear(8)]), linear(2)];
        assert_eq!(after("smaller", net), Ok(half));
        let error = after("smaller", vec![linear(2), residual(vec![linear(2)])]).unwrap_err();
        assert!(error.contains("ends with a residual"), "{error}");
    }

    #[test]
    fn shallower_takes_hidden_layers_with_what_belongs_to_them() {
        let net = || vec![linear(8), RELU, DROPOUT, linear(6), RELU, DROPOUT, linear(2)];
        assert_eq!(after("shallower", net()), Ok(vec![linear(8), RELU, DROPOUT, linear(2)]));
        assert_eq!(after("shallower(2)", net()), Ok(vec![linear(2)]));
        let net = vec![DROPOUT, conv(8), RELU, conv(4), RELU, flatten(), linear(2)];
        let short = vec![DROPOUT, conv(8), RELU, flatten(), linear(2)];
        assert_eq!(after("shallower", net), Ok(short));
    }

    #[test]
    fn a_network_without_so_many_hidden_layers_is_an_error() {
        let one = || vec![linear(8), RELU, linear(2)];
        for (call, layers, words) in [
            ("shallower(2)", one(), "one hidden layer, not 2"),
            ("shallower", vec![linear(2)], "no hidden layer"),
            ("smaller", vec![linear(2)], "no hidden layer that could be narrower"),
            ("smaller", vec![linear(1), RELU, linear(2)], "no hidden layer that could be narrower"),
        ] {
            let error = after(call, layers).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let mut plan = plan_with(one());
        plan.model.init = Some("w.safetensors".into());
        for call in ["smaller", "shallower"] {
            let error = call.parse::<Call>().unwrap().apply(&plan).unwrap_err().to_string();
            assert!(error.contains("whose shapes are given"), "{error}");
        }
    }
}
