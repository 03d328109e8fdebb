//! `batch-norm` and `layer-norm`

use wellfit_nn::Layer;
use wellfit_train::plan::Plan;

use super::network::{holds_weights, is_weighted};
use super::{Group, Remedy};

pub(super) static BATCH_NORM: Remedy = Remedy {
    name: "batch-norm",
    group: Group::Network,
    meaning: "puts a batch norm after each linear layer and convolution but the last, before its \
              activation",
    formula: "(x − mean)/√(variance + 10⁻⁵)·w + b by feature or channel: mean and variance are \
              the batch's in training, running ones in evaluation",
    helps: "in deep networks and convolutions, and when training depends on a lucky learning \
            rate. With batches of a few samples its noise hurts",
    source: "S. Ioffe, C. Szegedy, Batch normalization, 2015, https://arxiv.org/abs/1502.03167; \
             https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html",
    parameters: &[],
    usual: "batch-norm",
    range: None,
    strength: None,
    falling: false,
    relative: false,
    apply: |_, plan| insert(plan, &Layer::BatchNorm, is_weighted),
};

pub(super) static LAYER_NORM: Remedy = Remedy {
    name: "layer-norm",
    group: Group::Network,
    meaning: "puts a layer norm after each linear layer but the last, before its activation",
    formula: "(x − mean)/√(variance + 10⁻⁵)·w + b over the features of each sample",
    helps: "where batch norm would and batches are small, since no sample depends on the others \
            of its batch",
    source: "J. Ba, J. Kiros, G. Hinton, Layer normalization, 2016, \
             https://arxiv.org/abs/1607.06450; \
             https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html",
    parameters: &[],
    usual: "layer-norm",
    range: None,
    strength: None,
    falling: false,
    relative: false,
    apply: |_, plan| insert(plan, &Layer::LayerNorm, |layer| matches!(layer, Layer::Linear { .. })),
};

/// Puts `norm` directly after each layer that `fits`, but not after the network's last
/// one with weights. A norm that stands there already stays, or is replaced by this one.
fn insert(plan: &mut Plan, norm: &Layer, fits: fn(&Layer) -> bool) -> Result<(), String> {
    let model = &mut plan.model;
    let mut places = 0;
    let new = inserted(&model.layers, norm, fits, true, &mut places);
    if places == 0 {
        let after = match norm {
            Layer::LayerNorm => "linear layer",
            _ => "linear layer or convolution",
        };
        return Err(format!("the network has no {after} before its last one to put it after"));
    }
    let kept = |at: &usize| new.iter().any(|(origin, _)| *origin == Some(*at));
    let same = |(origin, layer): &(Option<usize>, Layer)| {
        origin.is_none_or(|at| model.layers[at] == *layer)
    };
    if model.init.is_some()
        && !((0..model.layers.len()).all(|at| kept(&at)) && new.iter().all(same))
    {
        return Err("the network starts from the weights of init, and their names would no \
                    longer fit its residual layers or other norms"
            .into());
    }
    let old = std::mem::take(&mut model.init_index);
    model.init_index = new.iter().map(|(origin, _)| origin.and_then(|at| old[at])).collect();
    model.layers = new.into_iter().map(|(_, layer)| layer).collect();
    Ok(())
}

/// The layers with their norms, each with its place before. `outputs`: the last of them
/// that has weights gives the network's outputs. `places` counts the norms.
fn inserted(
    layers: &[Layer],
    norm: &Layer,
    fits: fn(&Layer) -> bool,
    outputs: bool,
    places: &mut usize,
) -> Vec<(Option<usize>, Layer)> {
    let last = layers.iter().rposition(holds_weights).filter(|_| outputs);
    let mut new = Vec::new();
    let mut at = 0;
    while at < layers.len() {
        let (layer, is_last) = (&layers[at], last == Some(at));
        if let Layer::Residual { layers } = layer {
            let inner = inserted(layers, norm, fits, is_last, places);
            let layers = inner.into_iter().map(|(_, layer)| layer).collect();
            new.push((Some(at), Layer::Residual { layers }));
        } else {
            new.push((Some(at), layer.clone()));
        }
        at += 1;
        if fits(layer) && !is_last {
            *places += 1;
            let there = layers.get(at).filter(|l| matches!(l, Layer::BatchNorm | Layer::LayerNorm));
            new.push((there.filter(|there| *there == norm).map(|_| at), norm.clone()));
            at += usize::from(there.is_some());
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::super::{Call, apply_chain};
    use crate::test_plan::{conv, flatten, linear, plan_with};
    use wellfit_nn::Layer;

    const RELU: Layer = Layer::RELU;
    const BATCH: Layer = Layer::BatchNorm;
    const NORM: Layer = Layer::LayerNorm;

    fn layers_after(
        calls: &[&str],
        layers: Vec<Layer>,
    ) -> Result<(Vec<Layer>, Vec<Option<usize>>), String> {
        let calls: Vec<Call> = calls.iter().map(|call| call.parse().unwrap()).collect();
        let plan = apply_chain(&plan_with(layers), &calls).map_err(|error| error.to_string())?;
        Ok((plan.model.layers, plan.model.init_index))
    }

    #[test]
    fn batch_norm_goes_between_each_hidden_layer_and_its_activation() {
        let (layers, index) = layers_after(
            &["batch-norm"],
            vec![conv(4), RELU, flatten(), linear(6), RELU, linear(2)],
        )
        .unwrap();
        assert_eq!(layers, [conv(4), BATCH, RELU, flatten(), linear(6), BATCH, RELU, linear(2)]);
        assert_eq!(index, [Some(0), None, Some(1), Some(2), Some(3), None, Some(4), Some(5)]);
    }

    #[test]
    fn layer_norm_is_for_linear_layers_and_takes_the_place_of_a_batch_norm() {
        let net = || vec![conv(4), RELU, flatten(), linear(6), BATCH, RELU, linear(2)];
        let (layers, index) = layers_after(&["layer-norm"], net()).unwrap();
        assert_eq!(layers, [conv(4), RELU, flatten(), linear(6), NORM, RELU, linear(2)]);
        assert_eq!(index[4], None);
        let (back, _) = layers_after(&["batch-norm", "layer-norm", "batch-norm"], net()).unwrap();
        assert_eq!(back[1..3], [BATCH, RELU]);
        assert_eq!(back.iter().filter(|layer| **layer == BATCH).count(), 2);
        let error = layers_after(&["layer-norm"], vec![conv(4), flatten(), linear(2)]);
        assert!(error.unwrap_err().contains("no linear layer before its last one"));
    }

    #[test]
    fn residual_layers_get_theirs_inside() {
        let inner = |layers| Layer::Residual { layers };
        let net = vec![linear(4), RELU, inner(vec![linear(4), RELU, linear(4)]), linear(2)];
        let (layers, _) = layers_after(&["batch-norm"], net).unwrap();
        let wanted = inner(vec![linear(4), BATCH, RELU, linear(4), BATCH]);
        assert_eq!(layers, [linear(4), BATCH, RELU, wanted, linear(2)]);
        // The last layer with weights may stand inside: its outputs are the network's.
        let net = vec![linear(2), inner(vec![linear(4), RELU, linear(2)])];
        let (layers, _) = layers_after(&["batch-norm"], net).unwrap();
        let wanted = inner(vec![linear(4), BATCH, RELU, linear(2)]);
        assert_eq!(layers, [linear(2), BATCH, wanted]);
    }

    #[test]
    fn weights_of_a_file_keep_their_names_or_the_norm_is_refused() {
        let mut plan = plan_with(vec![linear(4), RELU, linear(2)]);
        plan.model.init = Some("w.safetensors".into());
        let call: Call = "batch-norm".parse().unwrap();
        let after = call.apply(&plan).unwrap();
        assert_eq!(after.model.init_index, [Some(0), None, Some(1), Some(2)]);
        let mut plan =
            plan_with(vec![linear(4), Layer::Residual { layers: vec![linear(4)] }, linear(2)]);
        plan.model.init = Some("w.safetensors".into());
        assert!(call.apply(&plan).unwrap_err().to_string().contains("weights of init"));
    }

    #[test]
    fn a_network_without_a_hidden_layer_is_an_error() {
        let error = layers_after(&["batch-norm"], vec![linear(2)]).unwrap_err();
        assert!(error.contains("no linear layer or convolution before its last one"), "{error}");
    }
}
