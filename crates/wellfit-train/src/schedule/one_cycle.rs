//! Up and down again in one run.

use wellfit_nn::StepSettings;

use super::cosine::between;
use crate::plan::OneCycleSettings;

/// What `step` (from 0) of a run of `all` steps is told. The rate rises along half a
/// cosine from max_lr/div_factor to max_lr over pct_start·all steps, and falls along
/// another to the first rate/final_div_factor at the last step; the momentum moves
/// against it.
///
/// Source: <https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html>
/// with `total_steps = all` and two phases. Where pct_start·all is 1, PyTorch divides
/// by zero; here such a run begins at max_lr.
pub fn at(settings: &OneCycleSettings, step: f64, all: f64) -> StepSettings {
    let first_lr = settings.max_lr / settings.div_factor;
    let last_lr = first_lr / settings.final_div_factor;
    let (top, end) = (settings.pct_start * all - 1.0, all - 1.0);
    let rises = top > 0.0 && step <= top;
    let share = |from: f64, to: f64| if to > from { (step - from) / (to - from) } else { 0.0 };
    let (lr, momentum) = if rises {
        let share = share(0.0, top);
        (
            between(first_lr, settings.max_lr, share),
            between(settings.max_momentum, settings.base_momentum, share),
        )
    } else {
        let share = share(top, end);
        (
            between(settings.max_lr, last_lr, share),
            between(settings.base_momentum, settings.max_momentum, share),
        )
    };
    StepSettings { momentum: settings.cycle_momentum.then_some(momentum), ..StepSettings::rate(lr) }
}
