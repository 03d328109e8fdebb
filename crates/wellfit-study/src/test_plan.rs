//! Plans for this crate's tests.

use wellfit_data::DataRequest;
use wellfit_nn::{Layer, Optimizer};
use wellfit_train::plan::{Model, Plan, Train};

/// The article's network under the article's training, on the sample.
pub(crate) fn article() -> Plan {
    let linear = |out| Layer::Linear { out, bias: true };
    plan_with(vec![linear(1000), Layer::RELU, linear(10)])
}

/// A plan whose network is `layers`.
pub(crate) fn plan_with(layers: Vec<Layer>) -> Plan {
    Plan {
        data: DataRequest {
            source: "fashion-mnist-sample".into(),
            validation: None,
            test: None,
            split_seed: 0,
            subset: None,
            scale: None,
        },
        model: Model { init: None, init_index: (0..layers.len()).map(Some).collect(), layers },
        train: Train {
            seed: 0,
            epochs: 30,
            batch_size: 32,
            drop_last: false,
            shuffle: true,
            optimizer: Optimizer::Adam {
                betas: (0.9, 0.999),
                eps: 1e-8,
                weight_decay: 0.0,
                decoupled: false,
            },
            lr: 1e-3,
            schedule: None,
            penalties: Vec::new(),
            early_stopping: None,
        },
    }
}
