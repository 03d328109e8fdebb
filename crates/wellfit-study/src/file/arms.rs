//! `[[study.arm]]` and `[[study.grid]]`

use wellfit_train::plan::{Document, Field, Node, Place, Plan, PlanError, Section};

use super::inline::{assignments, inline};
use crate::arm::{Arm, Chain, Strength};
use crate::remedy::{RemedyError, Spacing};
use crate::study::BASELINE;

/// A grid with more combinations than this is a slip.
const MOST_COMBINATIONS: usize = 1000;

/// The baseline, then the arms, then the grids' combinations, in the file's order.
pub(super) fn read(
    section: &mut Section<'_>,
    document: &Document,
    base: &Plan,
) -> Result<Vec<Arm>, PlanError> {
    let mut arms = vec![Arm::plain(BASELINE, base.clone())];
    let mut list = |key| section.field(key).map_or(Ok(Vec::new()), |field| field.list());
    for field in list("arm")? {
        arms.extend(arm(field, document, base)?);
    }
    for field in list("grid")? {
        arms.extend(grid(field, document, base)?);
    }
    Ok(arms)
}

/// `{ name, remedies, set, strength }`: what `set` changes first, then the remedies in
/// order. Several arms where a remedy has a range of strengths.
fn arm(field: Field<'_>, document: &Document, base: &Plan) -> Result<Vec<Arm>, PlanError> {
    let place = field.node().place.clone();
    let mut section = field.section()?;
    let name = section.field("name").map(|field| field.text()).transpose()?;
    let set = section.field("set");
    let remedies = section.field("remedies");
    let own = section.field("strength").map(strength).transpose()?;
    section.finish()?;
    let mut chain = match &set {
        Some(changes) => {
            let plan = changed(document, base, &place, |document| document.merge(changes))?;
            Chain::new(plan, assignments(changes)?)
        }
        None => Chain::new(base.clone(), Vec::new()),
    };
    for remedy in remedies.map_or(Ok(Vec::new()), |field| field.list())? {
        let wrong = |error: RemedyError| {
            PlanError::about(remedy.path(), error.to_string()).at(remedy.node().place.clone())
        };
        chain = chain.then(remedy.text()?).map_err(wrong)?;
    }
    if name.is_none() && chain.is_empty() {
        let message = "an arm needs a name, remedies or set; without any it is the baseline";
        return Err(PlanError::new(message).at(place));
    }
    let mut arms = chain.arms(name);
    if own.is_some() {
        let [arm] = arms.as_mut_slice() else {
            let message = "an arm with a range of strengths cannot have a strength of its own";
            return Err(PlanError::new(message).at(place));
        };
        arm.strength = own;
    }
    Ok(arms)
}

/// `{ family, value, spacing, falling }`
fn strength(field: Field<'_>) -> Result<Strength, PlanError> {
    let mut section = field.section()?;
    let family = section.need("family")?.text()?.to_owned();
    let value = section.need("value")?.number()?;
    let spacing = match section.field("spacing") {
        Some(field) => field.choice(&Spacing::ALL.map(|spacing| (spacing.name(), spacing)))?,
        None => Spacing::Linear,
    };
    let falling = section.field("falling").map_or(Ok(false), |field| field.flag())?;
    section.finish()?;
    Ok(Strength { family, value, spacing, falling })
}

/// A table from keys of the plan to lists of values: an arm for every combination,
/// the last key moving fastest.
fn grid(field: Field<'_>, document: &Document, base: &Plan) -> Result<Vec<Arm>, PlanError> {
    let place = field.node().place.clone();
    let section = field.section()?;
    let mut axes: Vec<(&str, Vec<Field<'_>>)> = Vec::new();
    for (key, values) in section.rest() {
        refuse_foreign(key, values.node())?;
        let list = values.list()?;
        if list.is_empty() {
            return Err(values.error("must hold at least one value"));
        }
        axes.push((key, list));
    }
    if axes.is_empty() {
        let message = "a grid needs a key of the plan with a list of values, \
                       such as \"train.optimizer.lr\" = [1e-4, 1e-3]";
        return Err(PlanError::new(message).at(place));
    }
    let sizes = axes.iter().map(|(_, list)| list.len());
    let count = sizes.fold(1usize, usize::saturating_mul);
    if count > MOST_COMBINATIONS {
        let message = format!("{count} combinations; a grid may have {MOST_COMBINATIONS}");
        return Err(PlanError::new(message).at(place));
    }
    let short = short_names(&axes);
    let combination = |number: usize| {
        let mut rest = number;
        let mut chosen: Vec<&Field<'_>> = Vec::new();
        for (_, list) in axes.iter().rev() {
            chosen.push(&list[rest % list.len()]);
            rest /= list.len();
        }
        chosen.reverse();
        let plan = changed(document, base, &place, |document| {
            axes.iter().zip(&chosen).try_for_each(|((key, _), value)| document.put(key, value))
        })?;
        let each = |names: &[&str], sign: &str| -> Vec<String> {
            let pairs = names.iter().zip(&chosen);
            pairs.map(|(name, value)| format!("{name}{sign}{}", inline(value.node()))).collect()
        };
        let keys: Vec<&str> = axes.iter().map(|(key, _)| *key).collect();
        let (name, remedies) = (each(&short, "=").join(", "), each(&keys, " = "));
        Ok(Arm { remedies, ..Arm::plain(&name, plan) })
    };
    (0..count).map(combination).collect()
}

/// The keys' last steps, or the keys in full where two last steps are the same.
fn short_names<'a>(axes: &[(&'a str, Vec<Field<'_>>)]) -> Vec<&'a str> {
    let last = |key: &'a str| key.rsplit('.').next().unwrap_or(key);
    let unique = |key| axes.iter().filter(|(other, _)| last(other) == last(key)).count() == 1;
    axes.iter().map(|(key, _)| if unique(key) { last(key) } else { key }).collect()
}

/// The plan of the document with changes.
fn changed(
    document: &Document,
    base: &Plan,
    place: &Place,
    change: impl FnOnce(&mut Document) -> Result<(), PlanError>,
) -> Result<Plan, PlanError> {
    let mut document = document.clone();
    change(&mut document)?;
    let mut plan = Plan::read(&document, document.folder()).map_err(|error| match error.place {
        None => error.at(place.clone()),
        Some(_) => error,
    })?;
    plan.train.seed = base.train.seed;
    Ok(plan)
}

/// An arm changes the plan: not the study it belongs to, nor the seed that it shares
/// with the others.
pub(super) fn refuse_foreign(key: &str, node: &Node) -> Result<(), PlanError> {
    let message = match key.split('.').next().unwrap_or(key) {
        "data" | "model" | "train" if key != "train.seed" => return Ok(()),
        "train" => {
            "train.seed cannot differ between arms, which are paired by seed; use study.seeds"
        }
        _ => "an arm changes keys of the plan, which begin with data, model or train",
    };
    Err(PlanError::about(key, message).at(node.place.clone()))
}
